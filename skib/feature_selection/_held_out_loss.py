"""The loss of a model on held-out rows, as they are and with a column drawn anew."""

from typing import Any, NamedTuple

import numpy as np
from sklearn.base import is_classifier
from sklearn.compose import TransformedTargetRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LassoCV, LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skib._columns import holds_classes, target_columns
from skib._parallel import with_drawn_seeds

# Draws of one prediction, and the values that these may take.
_DRAWS, _VALUES = 50, 4_000_000
# A draw count at which a p-value is precise enough: it ends with so many draws that are as good as the data.
_ENOUGH = 20
_LEAST_PROBABILITY = 1e-12
# Of the cross-validation of the lasso.
_FOLDS = 5
# Of spreads beyond these the squares would leave the range of floats.
_SMALLEST, _LARGEST = 1e-150, 1e150


class Target(NamedTuple):
    """The target: numbers, or codes of the classes that a model predicts."""

    values: np.ndarray  # as a model is fitted to them
    strata: np.ndarray | None  # codes of classes, for even halves

    @property
    def is_classes(self):
        """Whether the loss is that of probabilities."""
        return self.strata is not None


def read_target(estimator, y, n_samples):
    """Validate one column y: classes for a classifier, numbers for a regressor."""
    columns = target_columns(y, n_samples)
    if len(columns) > 1:
        raise ValueError(f"y should be one target, got {len(columns)} columns; select columns for each by itself")
    (column,) = columns
    classes = holds_classes(column) if estimator is None else is_classifier(estimator)
    if not classes:
        if column.source in ("text", "category"):
            raise ValueError(f"y holds classes, but {estimator!r} is a regressor; pass a classifier")
        require_squares("y", column.values)
        return Target(column.values + column.offset, None)
    codes = column.codes()
    if np.ptp(codes) == 0 and not isinstance(estimator, FrozenEstimator):
        raise ValueError(f"y has one class in all {n_samples} rows, of which no model can be fitted; pass two or more")
    return Target(_labels(column), codes)


def require_squares(name, values):
    """Raise an error where squared deviations would overflow, or vanish."""
    spread = np.ptp(values / 2, axis=0)
    if np.any((spread > _LARGEST) | ((spread > 0) & (spread < _SMALLEST))):
        raise ValueError(f"{name} varies by more than 1e150 or by less than 1e-150; pass it in another unit")


def _labels(column):
    """Return the classes as a model names them."""
    if column.text is not None:
        return np.asarray(column.text)
    return column.values + column.offset if column.labels is None else np.asarray(column.labels)


def default_model(is_classes, n_train):
    """Return a linear model: a logistic regression, or a lasso with a penalty from cross-validation."""
    if is_classes:
        return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    lasso = make_pipeline(StandardScaler(), LassoCV(cv=min(_FOLDS, max(n_train, 2))))
    # Its smallest penalty is 1e-15 whatever the unit of y, which would leave no column of a small y.
    return TransformedTargetRegressor(lasso, transformer=StandardScaler())


def split_rows(estimator, target, test_size, seed):
    """Return the rows to fit the model to, and those to test; all are tested by a model that is fitted already."""
    rows = np.arange(len(target.values))
    if isinstance(estimator, FrozenEstimator):
        return rows[:0], rows
    strata = target.strata
    if strata is not None and np.bincount(strata).min() < 2:
        strata = None
    try:
        train, test = train_test_split(rows, test_size=test_size, stratify=strata, random_state=seed)
    except ValueError:  # fewer rows in a half than classes
        train, test = train_test_split(rows, test_size=test_size, random_state=seed)
    return np.sort(train), np.sort(test)


class HeldOut(NamedTuple):
    """A fitted model and the rows on which it is tested."""

    model: Any
    x: np.ndarray
    y: np.ndarray
    classes: np.ndarray | None

    def losses(self, x, n_draws=1):
        """Return the mean loss over the rows, of each of some draws of them that stand one below the other."""
        names = getattr(self.model, "feature_names_in_", None)
        x = x if names is None else _named(x, names)
        if self.classes is None:
            losses = (np.asarray(self.model.predict(x), float).reshape(n_draws, -1) - self.y) ** 2
        else:
            probabilities = self.model.predict_proba(x).reshape(n_draws, len(self.y), -1)
            known = np.flatnonzero(self.classes >= 0)
            losses = np.full((n_draws, len(self.y)), -np.log(_LEAST_PROBABILITY))
            own = probabilities[:, known, self.classes[known]]
            losses[:, known] = -np.log(np.maximum(own, _LEAST_PROBABILITY))
        return losses.mean(axis=1)

    def redrawn(self, column, drawn):
        """Return the mean losses with a column in place of which stand the draws."""
        x = np.tile(self.x, (len(drawn), 1))
        x[:, column] = drawn.ravel()
        return self.losses(x, len(drawn))


def held_out(estimator, x, target, train, test, generator):
    """Fit a clone to the training rows."""
    model = with_drawn_seeds(estimator, generator)
    if len(train):
        model.fit(x[train], target.values[train])
    classes = None
    if target.is_classes:
        if not hasattr(model, "predict_proba"):
            raise TypeError(
                f"{estimator!r} has no predict_proba; wrap it in sklearn.calibration.CalibratedClassifierCV"
            )
        places = {label: i for i, label in enumerate(model.classes_.tolist())}
        classes = np.array([places.get(label, -1) for label in target.values[test].tolist()])
    return HeldOut(model, x[test], target.values[test], classes)


class ColumnTest(NamedTuple):
    """The test of one column."""

    pvalue: float
    increase: float  # of the loss, by redrawing


def randomization_test(model, column, draw, n_draws):
    """Test whether the loss is lower than with the column drawn anew, by at most so many draws.

    The p-value is (1 + r) / (1 + n_draws) with r draws of at most the loss, or h / l if the h-th of these is the l-th
    draw, h = 20 (J. Besag, P. Clifford, "Sequential Monte Carlo p-values", Biometrika 78, 1991).
    """
    observed = float(model.losses(model.x)[0])
    size = max(1, min(_DRAWS, _VALUES // max(model.x.size, 1)))
    losses = np.empty(0)
    while len(losses) < n_draws:
        losses = np.append(losses, model.redrawn(column, draw(min(size, n_draws - len(losses)))))
        reached = np.flatnonzero(losses <= observed + 1e-12 * abs(observed))
        if len(reached) >= _ENOUGH:
            n_used = reached[_ENOUGH - 1] + 1
            return ColumnTest(_ENOUGH / n_used, float(losses.mean()) - observed)
    return ColumnTest((1 + len(reached)) / (1 + n_draws), float(losses.mean()) - observed)


def _named(x, names):
    from pandas import DataFrame

    return DataFrame(x, columns=names)
