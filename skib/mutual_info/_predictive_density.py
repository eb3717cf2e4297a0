"""Predictive distributions of held-out targets: log probabilities of classes, log densities of numbers."""

import numpy as np

from skib._cross_fitting import shuffled_folds
from skib._parallel import with_drawn_seeds
from skib._sklearn import safe_indexing
from skib._warnings import drop_warnings

# No number counts as predicted better than to this share of its spread: float32 rounds in the seventh digit.
RESOLUTION = 1e-6
# Rows added to the count of each class (Krichevsky and Trofimov).
_PSEUDO_COUNT = 0.5
_INNER_FOLDS = 3
# The warning of scikit-learn, in place of which one of all folds is issued.
_MANY_CLASSES = "The number of unique classes"


class ClassDensity:
    """Log probabilities of class labels, from their shares or by a classifier."""

    def __init__(self, labels, codes):
        self.labels, self.codes = labels, codes
        self.values = self.strata = codes
        self.n_classes = codes.max() + 1
        self.code_of = dict(zip(labels.tolist(), codes.tolist(), strict=True))

    def marginal(self, train, test):
        """Return the log of the smoothed shares of the classes among the rows of `train`."""
        return np.log(self._shares(train)[self.codes[test]])

    def conditional(self, estimator, X, train, test, generator):
        """Return the log of the probabilities of the labels of `test` by `estimator`, fitted to the rows of `train`.

        A class that is absent from `train` keeps its smoothed share, so that its rows have a gain of 0.
        """
        shares = self._shares(train)
        seen = np.isin(np.arange(self.n_classes), self.codes[train])
        if seen.sum() == 1:
            return np.log(shares[self.codes[test]])
        with drop_warnings(_MANY_CLASSES):
            model = with_drawn_seeds(estimator, generator).fit(safe_indexing(X, train), self.labels[train])
        predicted = np.asarray(model.predict_proba(safe_indexing(X, test)), dtype=float)
        p = np.tile(shares, (len(test), 1))
        p[:, [self.code_of[label] for label in np.asarray(model.classes_).tolist()]] = predicted * shares[seen].sum()
        return _log(_finite(p[np.arange(len(test)), self.codes[test]], estimator))

    def unseen(self, train, test):
        """Count the rows of `test` with a class that no row of `train` has."""
        return int(np.sum(~np.isin(self.codes[test], self.codes[train])))

    def _shares(self, train):
        counts = np.bincount(self.codes[train], minlength=self.n_classes) + _PSEUDO_COUNT
        return counts / counts.sum()


class GaussianDensity:
    """Log densities of numbers, of one Gaussian or of a Gaussian around the prediction of a regressor."""

    def __init__(self, y):
        self.values, self.strata, self.n_classes = y, None, 0
        self.floor = RESOLUTION * np.std(y)

    def marginal(self, train, test):
        """Return the log density of the Gaussian with the mean and the variance of the rows of `train`."""
        y = self.values[train]
        return self._log_density(self.values[test] - y.mean(), y.std(ddof=1))

    def conditional(self, estimator, X, train, test, generator):
        """Return the log density around the prediction of `estimator`, fitted to the rows of `train`.

        The spread is that of residuals held out within `train`: residuals of training rows would be too small.
        """
        if len(train) < _INNER_FOLDS:
            raise ValueError(
                f"cv leaves {len(train)} rows to fit a regressor to, which needs at least {_INNER_FOLDS}; pass more "
                "rows, or more folds"
            )
        inner = shuffled_folds(len(train), _INNER_FOLDS, generator)
        residuals = [self._residuals(estimator, X, train[a], train[b], generator) for a, b in inner]
        spread = np.sqrt(np.mean(np.concatenate(residuals) ** 2))
        return self._log_density(self._residuals(estimator, X, train, test, generator), spread)

    def unseen(self, train, test):
        """Return 0: every number has a density."""
        return 0

    def _residuals(self, estimator, X, train, test, generator):
        with np.errstate(divide="ignore", invalid="ignore"):  # of the penalties that RidgeCV leaves out, on few rows
            model = with_drawn_seeds(estimator, generator).fit(safe_indexing(X, train), self.values[train])
        predicted = np.asarray(model.predict(safe_indexing(X, test)), dtype=float).reshape(len(test))
        return self.values[test] - _finite(predicted, estimator)

    def _log_density(self, residuals, spread):
        spread = max(spread, self.floor)
        return -0.5 * (residuals / spread) ** 2 - np.log(spread) - 0.5 * np.log(2 * np.pi)


def mixed(log_p, log_q, weight):
    """Return the log of (1 - weight) p + weight q, which is never far below log q."""
    return np.logaddexp(np.log1p(-weight) + log_p, np.log(weight) + log_q)


def _finite(predicted, estimator):
    if not np.isfinite(predicted).all():
        raise ValueError(f"{estimator!r} predicts NaN or infinity for held-out rows; scale its input or regularize it")
    return predicted


def _log(p):
    with np.errstate(divide="ignore"):  # the mixture with the marginal distribution is finite
        return np.log(np.clip(p, 0, 1))
