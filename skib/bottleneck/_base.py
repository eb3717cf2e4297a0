"""The base of the information-bottleneck solvers: what each stores, and what new rows are mapped to."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from skib._sklearn import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from skib._typing import Floats, TableLike
from skib._validation import weight_shares
from skib.bottleneck._held_out import row_gains, smoothed_gains
from skib.bottleneck._information import affinities, log_centers, solution_of
from skib.bottleneck._joint import Joint, normalized, read_rows, warn_of_empty_rows


class EncoderMixin(ClassNamePrefixFeaturesOutMixin, TransformerMixin):
    """Mixin of all that encode rows x by clusters q(t|x), their ``transform``.

    It is no ``ClusterMixin``, whose checks fit negative rows; the tags declare a clusterer nevertheless.
    """

    encoder_: Floats
    cluster_centers_: Floats
    cluster_weights_: Floats
    labels_: NDArray[np.int64]
    rate_: float
    relevance_: float
    entropy_: float

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.estimator_type = "clusterer"
        return tags

    def fit_predict(self, X: TableLike, y: object = None, **fit_params: Any) -> NDArray[np.int64]:
        """Fit to rows and return their clusters.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows, as for ``fit``.
        y : None
            Ignored.
        **fit_params : dict
            Further arguments of ``fit``, such as `sample_weight`.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            The cluster of each row, `labels_`.
        """
        return self.fit(X, y, **fit_params).labels_

    def predict(self, X: TableLike) -> NDArray[np.int64]:
        """Find the most probable cluster of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows, as for ``fit``.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            The cluster of largest q(t|x).
        """
        return np.argmax(self.transform(X), axis=1)

    @property
    def _n_features_out(self):
        return len(self.cluster_weights_)


class BottleneckMixin(EncoderMixin):
    """Mixin of the solvers that cluster rows p(y|x) into a bottleneck T.

    A solver derives from it first and from ``BaseEstimator`` second. Its ``fit(X, y=None, sample_weight=None)`` reads
    the rows by ``read_joint`` and ends with ``return self._set_encoder(joint, encoder)``. A solver whose encoder is
    not the nearest center overrides ``_encode``, or ``_encode_rows`` if new rows differ from those of the score.
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        tags.input_tags.sparse = True
        return tags

    def transform(self, X: TableLike) -> Floats:
        """Encode rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Counts, or probabilities p(y|x).

        Returns
        -------
        encoder : ndarray of shape (n_samples, n_clusters)
            The q(t|x) of each row. That of a row which is all zero is the prior q(t), with a warning.
        """
        check_is_fitted(self)
        conditional, is_empty = normalized(read_rows(self, X, reset=False))
        warn_of_empty_rows(is_empty, "lead to no cluster")
        encoder = self._encode_rows(conditional)
        encoder[is_empty] = self.cluster_weights_
        return encoder

    def score(self, X: TableLike, y: object = None, sample_weight: ArrayLike | None = None) -> float:
        """Estimate the information about Y that the clusters have on held-out rows.

        The score is the mean of log q(y|t)/p(y) over the weighted rows, their y and their q(t|x), with the q(y|t) and
        p(y) of the fitted rows. Each q(y|t) is drawn to p(y), by one observation for every y that occurs if the fitted
        rows are counts, and by one in all if not.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Counts, or probabilities p(y|x). Of whole numbers, each observation is predicted from the cluster that the
            other observations of its row lead to. A single observation has no others: it is predicted by p(y), and its
            row scores 0, also if it was meant as a p(y|x) of zeros and a 1. Rows that are not all of whole numbers are
            taken for exact: every further cluster that tells them apart raises the score.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows. None: all weigh alike.

        Returns
        -------
        score : float
            Held-out information in nats, for the choice of parameters. It is negative if the clusters predict worse
            than p(y).
        """
        check_is_fitted(self)
        rows = read_rows(self, X, reset=False)
        gains = smoothed_gains(self.cluster_centers_, self.cluster_weights_, self._groups, *self._observed)
        terms = row_gains(rows, gains, self._encode)
        return float(weight_shares(sample_weight, rows.shape[0]) @ terms)

    def _encode(self, affinity):
        """Return q(t|x) of rows with these affinities, shape (n, k): here the nearest center."""
        return np.eye(affinity.shape[1])[np.argmax(affinity, axis=1)]

    def _log_centers(self):
        return log_centers(self.cluster_centers_, self._groups)

    def _encode_rows(self, conditional):
        """Return q(t|x) of rows p(y|x), dense or CSR."""
        return self._encode(affinities(conditional, self._log_centers()))

    def _set_encoder(self, joint: Joint, encoder: Floats) -> Self:
        """Store an encoder and all that follows from it.

        Clusters without weight are left out, and the others are numbered by falling weight, those of one weight by
        falling q(y|t), first y first. Rows without weight are
        encoded as new ones, and empty rows by the prior.
        """
        solution = solution_of(joint, encoder[:, _cluster_order(joint, encoder)])
        self.cluster_weights_, self.cluster_centers_ = solution.cluster_weights, solution.cluster_centers
        self._groups = joint.groups
        self._observed = joint.n_observations, joint.are_counts
        self.rate_, self.relevance_, self.entropy_ = solution.rate, solution.relevance, solution.entropy
        self.encoder_, new = solution.encoder, np.flatnonzero(joint.weights == 0)
        self.encoder_[new] = self._encode_rows(joint.conditional[new])
        self.encoder_[joint.is_empty] = self.cluster_weights_
        self.labels_ = np.argmax(self.encoder_, axis=1)
        return self


def _cluster_order(joint, encoder):
    """Return the numbers of the clusters that have a weight; weights and centers that differ by rounding are equal."""
    weights = joint.weights @ encoder
    kept = np.flatnonzero(weights > 0)
    centers = (joint.conditional.T @ (joint.weights[:, None] * encoder[:, kept])) / weights[kept]
    keys = np.round(-np.vstack([weights[kept], centers]), 9)
    return kept[np.lexsort(keys[::-1])]


def require_clusters(estimator, n_clusters, n_rows):
    """Refuse more clusters than there are rows."""
    if n_clusters > n_rows:
        raise ValueError(
            f"n_samples={n_rows} should be >= n_clusters={n_clusters}: {type(estimator).__name__} puts rows together; "
            "pass more rows, or lower n_clusters"
        )
