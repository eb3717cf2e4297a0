"""Mutual information as a difference of differential entropies, I(X;Y|Z) = H(X|Z) - H(X|Y,Z)."""

from typing import NamedTuple

import numpy as np
from sklearn.base import clone

from skib._columns import is_discrete
from skib._entropies import information_within
from skib._kernels.counts import joint_codes
from skib._linear_algebra import independent_columns
from skib._statistics import SATURATION
from skib._validation import check_target, target_codes
from skib.entropy import KolchinskyTracey, PlugIn
from skib.entropy._differential import require_rows


class Condition(NamedTuple):
    """What an entropy is conditional on: columns of numbers, and the class of every row."""

    numbers: np.ndarray  # (n_samples, n_columns), without columns for classes
    codes: np.ndarray  # (n_samples,), all 0 for numbers

    def and_also(self, other):
        """Both conditions at once."""
        return Condition(np.hstack([self.numbers, other.numbers]), joint_codes([self.codes, other.codes]))

    def of_rows(self, order):
        """The condition with its rows in another order."""
        return Condition(self.numbers[order], self.codes[order])


def condition(values, n_samples, name):
    """The companion `name` of n_samples rows as a Condition; None is no condition."""
    numbers, codes = np.empty((n_samples, 0)), np.zeros(n_samples, np.int64)
    if values is None:
        return Condition(numbers, codes)
    if is_continuous(values) and not is_discrete(values):
        return Condition(check_target(values, n_samples, name), codes)
    return Condition(numbers, target_codes(values, n_samples, name))


def is_continuous(y):
    """Whether y holds floats or dates, as an array of them or as objects."""
    dtype = getattr(y, "dtype", None)
    kind = getattr(dtype, "kind", None) or np.asarray(y).dtype.kind
    if str(dtype) == "category":
        return False
    if kind == "O":
        return all(isinstance(value, float | np.floating) for value in np.ravel(np.asarray(y)))
    return kind in "fmM"


class NoisyEntropy:
    """Entropies under the noise that a `KolchinskyTracey` assumes, less the entropy of that noise.

    Rows are in units of the noise, which all rows of a variable set together: it is the same for the whole and for each
    class, and its own entropy cancels in the difference.
    """

    def __init__(self, entropy):
        self.entropy = entropy
        self.asked = int(entropy.bound == "upper")
        self.saturated = False
        self.pointwise = True

    def prepare(self, numbers):
        """The numbers of a variable in units of its noise."""
        return numbers / np.sqrt(self.entropy.variance_for(numbers)) if numbers.size else numbers

    def terms(self, numbers, codes):
        """Lower and upper bound given the class, a term per row."""
        bounds = information_within(numbers, codes)
        sizes = np.bincount(codes)
        most = sizes @ np.log(sizes) / len(codes)
        self.saturated |= bool(bounds[self.asked].mean() > SATURATION * most > 0)
        return bounds

    def ceiling(self, codes):
        """The most that a companion of numbers can be told of, within the classes given."""
        return np.log(len(codes)) - PlugIn().entropy_of_counts(np.bincount(codes))


class FittedEntropy:
    """Entropies by an estimator that is fitted to the rows of every class."""

    asked = 0
    saturated = False

    def __init__(self, entropy):
        self.entropy = entropy
        self.pointwise = True

    def prepare(self, numbers):
        """The numbers of a variable, in no more columns than they have dimensions."""
        return self._independent(numbers) if numbers.size else numbers

    def terms(self, numbers, codes):
        """The estimate given the class, a term per row."""
        terms = np.empty((1, len(codes)))
        for rows in np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1]):
            try:
                terms[0, rows] = self._fit(numbers[rows])
            except ValueError as error:
                if len(rows) == len(codes):
                    raise
                raise ValueError(
                    f"a class of y or `given` has {len(rows)} of {len(codes)} rows: {error}; merge or drop it, or pass "
                    "floats if it is a number"
                ) from error
        return terms

    def ceiling(self, codes):
        """Nothing bounds what a companion of numbers can be told of."""
        return np.inf

    def _fit(self, numbers):
        if self._independent(numbers).shape[1] < numbers.shape[1]:
            raise ValueError(
                f"{len(numbers)} rows of X, y and `given` lie in fewer dimensions than they have apart: a linear "
                "relation between them is exact, or X is constant within a class, and the mutual information is "
                "infinite; add noise of a declared size, or use KolchinskyTracey, which assumes one"
            )
        fitted = clone(self.entropy).fit(numbers)
        if not hasattr(fitted, "entropy_"):
            raise TypeError(f"entropy={self.entropy!r} has no attribute entropy_ after fit; pass an entropy estimator")
        self.pointwise &= hasattr(fitted, "pointwise_")
        return getattr(fitted, "pointwise_", fitted.entropy_)

    def _independent(self, numbers):
        require_rows(self.entropy, len(numbers), numbers.shape[1] + 1)
        return independent_columns(numbers)


def entropies_by(estimator):
    """How the entropies of an estimator are taken."""
    return NoisyEntropy(estimator) if isinstance(estimator, KolchinskyTracey) else FittedEntropy(estimator)


class Difference:
    """H(X|Z) - H(X|Y,Z) with the rows of X and Z fixed, for one Y after the other."""

    def __init__(self, entropies, x, z):
        self.entropies = entropies
        self.x = entropies.prepare(x)
        self.z = z._replace(numbers=entropies.prepare(z.numbers))
        self.whole = self._terms_of_x(self.z)

    def fit(self, y):
        """A term per row of each bound, and of the bounds that hold whatever the two entropies are within theirs."""
        y = y._replace(numbers=self.entropies.prepare(y.numbers))
        (joint, alone), (rest, rest_alone) = self.whole, self._terms_of_x(y.and_also(self.z))
        return joint - alone - (rest - rest_alone), joint - alone[::-1] - rest[::-1] + rest_alone

    def ceiling(self, y):
        """The most that `fit` could return: of classes H(Y|Z)."""
        given = np.bincount(self.z.codes)
        if y.numbers.size:
            return self.entropies.ceiling(self.z.codes)
        both = np.bincount(joint_codes([y.codes, self.z.codes]))
        return PlugIn().entropy_of_counts(both) - PlugIn().entropy_of_counts(given)

    def _terms_of_x(self, given):
        """Terms of H(X, W | C) and of H(W | C), for the numbers W and the classes C that are given."""
        together = self.entropies.terms(np.hstack([self.x, given.numbers]), given.codes)
        alone = self.entropies.terms(given.numbers, given.codes) if given.numbers.size else np.zeros_like(together)
        return together, alone
