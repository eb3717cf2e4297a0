"""Estimators of all pairs of rows say what they cost before they begin."""

import numpy as np
import pytest

from skib import CostWarning
from skib.entropy import KolchinskyTracey, LeaveOneOutKDE
from skib.metrics import HSIC
from skib.mutual_info import CauchySchwarz, ChainRule, MatrixRenyi, permutation_test

N_SAMPLES = 600_000
X, Y = np.random.default_rng(0).normal(size=(2, N_SAMPLES))


@pytest.mark.parametrize("estimator", [KolchinskyTracey(), LeaveOneOutKDE(), LeaveOneOutKDE("scott")], ids=repr)
def test_entropies(estimator):
    with pytest.raises(CostWarning, match=f"on {N_SAMPLES} rows takes about"):  # an error: the work does not begin
        estimator.fit(X[:, None])


@pytest.mark.parametrize(
    "estimator", [HSIC(), CauchySchwarz(), ChainRule(KolchinskyTracey()), MatrixRenyi(alpha=2)], ids=repr
)
def test_measures_of_dependence(estimator):
    with pytest.raises(CostWarning, match=f"on {N_SAMPLES} rows takes about"):
        estimator.fit(X[:, None], Y)


def test_permutations_count():
    few = slice(20_000)
    with pytest.raises(CostWarning, match="on 20000 rows takes about 9 minutes of one core"):
        HSIC().permuted_estimates(X[few, None], Y[few], [np.arange(20_000)] * 1000)
    with pytest.raises(CostWarning, match="on 20000 rows 501 times takes about"):  # one of them takes seconds
        permutation_test(HSIC(), X[few, None], Y[few], n_permutations=1000)
    with pytest.raises(CostWarning, match="on 20000 rows takes about"):
        HSIC().score_features(np.random.default_rng(0).normal(size=(20_000, 600)), Y[few])


def test_eigenvalues():
    few = slice(10_000)
    with pytest.raises(CostWarning, match=r"MatrixRenyi\(\) on 10000 rows takes about 6 minutes of one core"):
        MatrixRenyi().fit(X[few, None], Y[few])
