"""The code of a row by which units are active: its entropy, its redundancy, and its nearest neighbors."""

from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted, validate_data

from skib._columns import opened, require_finite
from skib._kernels.hamming import hamming_neighbors
from skib._parallel import N_JOBS, blocks, run_tasks
from skib._sklearn import BaseEstimator, HasMethods, Interval, OneToOneFeatureMixin, TransformerMixin, fit_context
from skib._typing import EntropyEstimator, TableLike
from skib._validation import check_numbers
from skib.entropy import Grassberger

# Values that are compared with the threshold at a time: some tens of megabytes.
_VALUES_PER_BLOCK = 2**22
# Words of a pair of rows that one task compares: a tenth of a second.
_WORDS_PER_TASK = 2**26


class NeuralCode(TransformerMixin, BaseEstimator):
    r"""Rows of activations as codes of bits: which units are active.

    .. math:: c_j(x) = 1[z_j(x) > \theta]

    The units of ReLU networks that are active determine the linear region of the input; rows of the same code are in
    the same region. Units that are active in all training rows, or in none, are left out.

    Parameters
    ----------
    threshold : float, default=0.0
        Activation :math:`\theta` above which a unit is active: 0 for ReLU and tanh, 0.5 for the logistic function.
    packed : bool, default=False
        Whether ``transform`` packs 8 bits in each byte, as ``numpy.packbits`` does.
    entropy : entropy estimator, default=None
        Estimator of the entropy of the codes; ``None`` means :class:`skib.entropy.Grassberger`. With nearly as many
        codes as rows none is right; :class:`skib.entropy.NSB` is the least wrong.
    n_jobs : int, default=None
        Number of threads (as in joblib) over blocks of rows of ``kneighbors``; the result is the same for every value.

    Attributes
    ----------
    support_ : ndarray of shape (n_features,)
        Mask of the units that are in the code.
    codes_ : ndarray of shape (n_samples, n_words)
        The codes of the training rows, 64 bits in each word of uint64.
    labels_ : ndarray of shape (n_samples,)
        The number of the code of each training row, from 0; rows of equal codes have the same.
    n_codes_ : int
        Number of distinct codes.
    redundancy_ : float
        Redundancy ratio, 1 - `n_codes_` / n_samples: 0 where each row has a code of its own.
    entropy_ : float
        H of the code, in nats. The code is a function of the row, so that this is the information it has of the row.
    entropy_estimator_ : estimator
        The fitted estimator of the entropy.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    Warns
    -----
    SaturatedEstimateWarning
        If nearly every row has a code of its own, so that the entropy is that of the number of rows.
    ConstantInputWarning
        If all rows have the same code.

    See Also
    --------
    CodebookBottleneck : Codes of few bits.
    code_associations : Which unit stands for which label.
    skib.entropy.Grassberger : The default estimator.

    Notes
    -----
    Pass the units of several layers side by side, ``np.hstack(layers)``. Arrays of numbers, memory maps among them, are
    read in blocks of rows: the memory is an eighth of a byte per unit and row.

    A redundancy of 0 does not mean that a network has learned anything: random weights of many units have it, too. What
    matters besides is whether rows of a class have codes that are near to each other: compare the classes of
    ``kneighbors``.

    References
    ----------
    .. [1] F. He, S. Lei, J. Ji, D. Tao, "Neural networks behave as hash encoders: an empirical study",
       arXiv:2101.05490, 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.preprocessing import NeuralCode
    >>> activations = np.array([[0.0, 1.5, 2.0], [0.3, 0.0, 1.0], [0.0, 0.7, 0.1], [0.0, 2.0, 3.0]])
    >>> code = NeuralCode().fit(activations)
    >>> code.support_.tolist()  # the last unit is always active
    [True, True, False]
    >>> code.n_codes_, code.redundancy_  # three of four rows have the same code
    (2, 0.5)
    >>> distances, neighbors = code.kneighbors(activations[:1], n_neighbors=2)
    >>> distances.tolist(), neighbors.tolist()
    ([[0, 0]], [[0, 2]])
    """

    support_: NDArray[np.bool_]
    codes_: NDArray[np.uint64]
    labels_: NDArray[np.int64]
    n_codes_: int
    redundancy_: float
    entropy_: float
    entropy_estimator_: Any

    _parameter_constraints = {
        "threshold": [Interval(Real, None, None, closed="neither")],
        "packed": ["boolean"],
        "entropy": [HasMethods(["fit"]), None],
        "n_jobs": N_JOBS,
    }

    def __init__(
        self,
        threshold: float = 0.0,
        *,
        packed: bool = False,
        entropy: EntropyEstimator | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.threshold = threshold
        self.packed = packed
        self.entropy = entropy
        self.n_jobs = n_jobs

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: TableLike, y: object = None) -> Self:
        """Find the units that vary, and count the codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Activations, one row per input and one column per unit.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted transformer.
        """
        values = self._values(X, reset=True)
        ever, always = np.zeros(values.shape[1], bool), np.ones(values.shape[1], bool)
        for bits in self._blocks_of_bits(values, slice(None)):
            ever |= bits.any(axis=0)
            always &= bits.all(axis=0)
        self.support_ = ever & ~always
        self.codes_ = self._words(values)
        self.labels_ = _numbers_of_codes(self.codes_)
        self.n_codes_ = int(self.labels_.max()) + 1
        self.redundancy_ = 1 - self.n_codes_ / len(values)
        estimator = Grassberger() if self.entropy is None else clone(self.entropy)
        self.entropy_estimator_ = estimator.fit(self.labels_[:, None])
        self.entropy_ = self.entropy_estimator_.entropy_
        return self

    def transform(self, X: TableLike) -> NDArray[Any]:
        """Return the bits of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Activations.

        Returns
        -------
        bits : ndarray of shape (n_samples, n_units) or (n_samples, n_bytes)
            Whether each unit of `support_` is active; with `packed`, these bits in uint8, eight to a byte.
        """
        check_is_fitted(self)
        parts = self._blocks_of_bits(self._values(X, reset=False), self.support_)
        return np.concatenate([np.packbits(bits, axis=1) if self.packed else bits for bits in parts])

    def kneighbors(
        self, X: TableLike | None = None, n_neighbors: int = 5, return_distance: bool = True
    ) -> NDArray[np.int64] | tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Find the training rows whose codes differ in the fewest bits.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), default=None
            Activations. ``None``: the training rows, none of which is a neighbor of itself.
        n_neighbors : int, default=5
            Number of neighbors of each row.
        return_distance : bool, default=True
            Whether to return the distances as well.

        Returns
        -------
        distances : ndarray of shape (n_samples, n_neighbors)
            Numbers of differing bits, in rising order, int64. Only returned if `return_distance` is True.
        neighbors : ndarray of shape (n_samples, n_neighbors)
            Numbers of the training rows. Of rows at the same distance the first come first.
        """
        check_is_fitted(self)
        n_rows = len(self.codes_) - (X is None)
        if not isinstance(n_neighbors, Integral) or not 1 <= n_neighbors <= n_rows:
            raise ValueError(f"n_neighbors must be a whole number from 1 to {n_rows}, the rows; got {n_neighbors!r}")
        words = self.codes_ if X is None else self._words(self._values(X, reset=False))
        size = max(_WORDS_PER_TASK // max(self.codes_.size, 1), 1)
        tasks = [
            (words[part], self.codes_, part.start if X is None else -len(words), n_neighbors)
            for part in blocks(len(words), size)
        ]
        found = run_tasks(_neighbors, tasks, n_jobs=self.n_jobs, description="neighbors of codes")
        distances, neighbors = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return (distances, neighbors) if return_distance else neighbors

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[Any]:
        """Return the names of the columns of what ``transform`` returns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the units; ``None``: those of ``fit``.

        Returns
        -------
        names : ndarray of str
            Names of the units of `support_`, or "neuralcode0", "neuralcode1", ... of packed bytes.
        """
        names = OneToOneFeatureMixin.get_feature_names_out(self, input_features)
        if self.packed:
            return np.array([f"neuralcode{j}" for j in range(-(-int(self.support_.sum()) // 8))], dtype=object)
        return names[self.support_]

    def _values(self, X, *, reset):
        """Validate activations; arrays of numbers keep their type, so that a memory map is not copied."""
        X = opened("X", X)
        if isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "biuf":
            return validate_data(self, X, dtype=None, ensure_all_finite=False, reset=reset)
        return check_numbers(self, X, reset=reset)

    def _blocks_of_bits(self, values, units) -> Iterator[NDArray[np.bool_]]:
        for rows in blocks(len(values), max(_VALUES_PER_BLOCK // values.shape[1], 1)):
            block = values[rows]
            require_finite("X", block)
            yield (block > self.threshold)[:, units]

    def _words(self, values):
        n_words = -(-int(self.support_.sum()) // 64)
        words = np.zeros((len(values), n_words), np.uint64)
        start = 0
        for bits in self._blocks_of_bits(values, self.support_):
            packed = np.packbits(bits, axis=1)
            words.view(np.uint8)[start : start + len(bits), : packed.shape[1]] = packed
            start += len(bits)
        return words


def _neighbors(queries, codes, first_row, n_neighbors):
    distances, neighbors = np.empty((2, len(queries), n_neighbors), np.int64)
    hamming_neighbors(queries, codes, first_row, distances, neighbors)
    return distances, neighbors


def _numbers_of_codes(words):
    """Number the distinct rows of words."""
    if not words.shape[1]:
        return np.zeros(len(words), np.int64)
    whole = words.view(np.dtype((np.void, words.dtype.itemsize * words.shape[1])))[:, 0]
    return np.unique(whole, return_inverse=True)[1].astype(np.int64)
