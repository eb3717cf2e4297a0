"""Mutual information as a difference of differential entropies, I(X;Y|Z) = H(X|Z) - H(X|Y,Z)."""

from typing import NamedTuple

import numpy as np
from sklearn.base import clone

from skib._columns import classes_and_numbers
from skib._cost import warn_of_pairs
from skib._entropies import in_units_of_noise, information_within
from skib._kernels.counts import joint_codes
from skib._linear_algebra import independent_columns
from skib._statistics import SATURATION
from skib._validation import require_samples
from skib.entropy import KolchinskyTracey, PlugIn


class Condition(NamedTuple):
    """The condition of a conditional entropy: columns of numbers, and a class of every row."""

    numbers: np.ndarray  # (n_samples, n_columns), without columns for classes
    codes: np.ndarray  # (n_samples,), all 0 for numbers

    def and_also(self, other):
        """Return both conditions jointly."""
        return Condition(np.hstack([self.numbers, other.numbers]), joint_codes([self.codes, other.codes]))

    def of_rows(self, order):
        """Return the condition with its rows in another order."""
        return Condition(self.numbers[order], self.codes[order])


def condition(values, n_samples, name):
    """Validate the target `name` of n_samples rows, and return it as a Condition; None is no condition."""
    if values is None:
        return Condition(np.empty((n_samples, 0)), np.zeros(n_samples, np.int64))
    codes, numbers = classes_and_numbers(values, n_samples, name)
    return Condition(numbers, codes)


class NoisyEntropy:
    """Entropies under the noise that a `KolchinskyTracey` assumes, less the entropy of that noise.

    Rows are in units of the noise, whose scale is that of all rows of a variable: it is the same for the whole and for
    each class, and its own entropy cancels in the difference.
    """

    def __init__(self, entropy):
        self.entropy = entropy
        self.bound = int(entropy.bound == "upper")  # index of the estimate among the bounds
        self.saturated = False
        self.pointwise = True

    def prepare(self, numbers):
        """Return the numbers of a variable in units of its noise."""
        return in_units_of_noise(numbers, self.entropy.variance_for(numbers)) if numbers.size else numbers

    def terms(self, numbers, codes):
        """Compute the lower and the upper bound given the class, one term per row."""
        sizes = np.bincount(codes)
        warn_of_pairs(self.entropy, int(np.sqrt(sizes @ sizes)), numbers.shape[1])
        bounds = information_within(numbers, codes)
        most = sizes @ np.log(sizes) / len(codes)
        self.saturated |= bool(bounds[self.bound].mean() > SATURATION * most > 0)
        return bounds

    def ceiling(self, codes):
        """Return the largest information about a target of numbers, within the classes given."""
        return np.log(len(codes)) - PlugIn().entropy_of_counts(np.bincount(codes))


class FittedEntropy:
    """Entropies by an estimator that is fitted to the rows of every class."""

    bound = 0  # index of the only estimate
    saturated = False

    def __init__(self, entropy):
        self.entropy = entropy
        self.pointwise = True

    def prepare(self, numbers):
        """Return the numbers of a variable, in no more columns than they have dimensions."""
        return self._independent(numbers) if numbers.size else numbers

    def terms(self, numbers, codes):
        """Compute the estimate given the class, one term per row."""
        terms = np.empty((1, len(codes)))
        for rows in np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1]):
            try:
                terms[0, rows] = self._fit(numbers[rows])
            except ValueError as error:
                if len(rows) == len(codes):
                    raise
                raise ValueError(
                    f"a class of y or `given` has {len(rows)} of {len(codes)} rows: {error}; merge or drop it"
                ) from error
        return terms

    def ceiling(self, codes):
        """Return infinity: the information about a target of numbers has no bound."""
        return np.inf

    def _fit(self, numbers):
        if self._independent(numbers).shape[1] < numbers.shape[1]:
            raise ValueError(
                f"{len(numbers)} rows of X, y and `given` together lie in fewer dimensions than these have columns: a "
                "linear relation between them is exact, or X is constant within a class, and the mutual information is "
                "infinite; add noise of a declared size, or use KolchinskyTracey, which assumes one"
            )
        fitted = clone(self.entropy).fit(numbers)
        if not hasattr(fitted, "entropy_"):
            raise TypeError(f"entropy={self.entropy!r} has no attribute entropy_ after fit; pass an entropy estimator")
        self.pointwise &= hasattr(fitted, "pointwise_")
        return getattr(fitted, "pointwise_", fitted.entropy_)

    def _independent(self, numbers):
        require_samples(self.entropy, len(numbers), numbers.shape[1] + 1)
        return independent_columns(numbers)[0]  # the volume of their unit cancels in the difference


def entropies_by(estimator):
    """Return the entropies of an estimator, under its noise or fitted."""
    return NoisyEntropy(estimator) if isinstance(estimator, KolchinskyTracey) else FittedEntropy(estimator)


class Difference:
    """H(X|Z) - H(X|Y,Z) for fixed rows of X and Z, and many Y."""

    def __init__(self, entropies, x, z):
        self.entropies = entropies
        self.x = entropies.prepare(x)
        self.z = z._replace(numbers=entropies.prepare(z.numbers))
        self.whole = self._terms_of_x(self.z)

    def fit(self, y):
        """Return the terms of each bound, and of the bounds that hold for any entropies between their own bounds."""
        y = y._replace(numbers=self.entropies.prepare(y.numbers))
        (joint, alone), (rest, rest_alone) = self.whole, self._terms_of_x(y.and_also(self.z))
        return joint - alone - (rest - rest_alone), joint - alone[::-1] - rest[::-1] + rest_alone

    def ceiling(self, y):
        """Return the largest mean that `fit` could return: H(Y|Z) if y holds classes."""
        given = np.bincount(self.z.codes)
        if y.numbers.size:
            return self.entropies.ceiling(self.z.codes)
        both = np.bincount(joint_codes([y.codes, self.z.codes]))
        return PlugIn().entropy_of_counts(both) - PlugIn().entropy_of_counts(given)

    def _terms_of_x(self, given):
        """Compute the terms of H(X, W | C) and of H(W | C), for the numbers W and the classes C of a condition."""
        together = self.entropies.terms(np.hstack([self.x, given.numbers]), given.codes)
        if not given.numbers.size:
            return together, np.zeros_like(together)
        try:
            return together, self.entropies.terms(given.numbers, given.codes)
        except ValueError as error:
            raise ValueError(f"H(y), of the numbers of y and `given` in place of X: {error}") from error
