"""The base of the estimators: what they store, and the warning of negative estimates."""

import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from skib import UnreliableEstimateWarning
from skib.mutual_info import MutualInfoMixin

MANY_ROWS = np.zeros((10_000, 1))


class Fixed(MutualInfoMixin, BaseEstimator):
    def __init__(self, value=0.0, std_error=0.01):
        self.value, self.std_error = value, std_error

    def fit(self, X, y):
        return self._set_estimate(self.value, np.inf, len(X), std_error=self.std_error)


class Bound(Fixed):
    is_lower_bound = True


@pytest.mark.parametrize(("value", "std_error"), [(-0.06, 0.01), (-0.3, 0.05), (-0.06, np.nan)])
def test_negative_beyond_chance_warns(value, std_error):
    with pytest.warns(UnreliableEstimateWarning, match="information is never negative"):
        assert Fixed(value, std_error).fit(MANY_ROWS, MANY_ROWS).mutual_info_ == value


@pytest.mark.parametrize("estimator", [Fixed(-0.04, 0.001), Fixed(-0.3, 0.1), Fixed(0.1), Bound(-1.0)])
def test_chance_and_lower_bounds_do_not_warn(estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert estimator.fit(MANY_ROWS, MANY_ROWS).mutual_info_ == estimator.value


def test_chance_is_larger_where_rows_are_few():
    few_rows = np.zeros((60, 1))
    Fixed(-0.127, 0.025).fit(few_rows, few_rows)  # KSG on 60 independent rows
    with pytest.warns(UnreliableEstimateWarning):
        Fixed(-0.3, 0.025).fit(few_rows, few_rows)
