"""Estimates of many pairs at once are those of the pairs one by one: values, standard errors, warnings, saturation."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skib.mutual_info import KSG, GaussianCopula, mutual_info_matrix
from skib.mutual_info._matrix import _copula

N = 400


@pytest.fixture(scope="module")
def frame():
    """Columns of every sort: smooth, tied, with atoms, copies, strongly dependent, of dates, wide, and constant."""
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=(N, 4)) + 0.5 * rng.normal(size=(N, 1)), rng.normal(size=N)
    columns = {f"x{j}": column for j, column in enumerate(x.T)}
    columns |= {
        "copy": np.exp(x[:, 0]),
        "minus": -x[:, 0],
        "near": x[:, 0] + 0.01 * noise,
        "strong": x[:, 0] + 0.2 * noise,
    }
    columns |= {"relu": np.maximum(x[:, 1], 0), "rounded": x[:, 2].round(1), "single": x[:, 3].astype(np.float32)}
    columns |= {"levels": rng.integers(0, 5, N), "bool": x[:, 2] > 0, "constant": np.full(N, 2.0)}
    columns |= {"wide": 2**60 + rng.integers(0, 10**6, N)}
    dates = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 10**6, N), unit="s")
    return pd.DataFrame(columns | {"date": dates})


ESTIMATORS = (
    GaussianCopula(),
    GaussianCopula(bias_correction=False),
    KSG(),
    KSG(3, marginals="standard"),
    KSG(2, marginals=None),
)


class OneByOneGaussianCopula(GaussianCopula):
    """Fitted to pair by pair, for a subclass may have another ``fit``."""


class OneByOneKSG(KSG):
    """Likewise."""


def recorded(function):
    with warnings.catch_warnings(record=True) as records:
        warnings.simplefilter("always")
        result = function()
    return result, [(r.category, re.sub("OneByOne", "", str(r.message))) for r in records]


def require_equal(matrix, expected):
    for name in ("mutual_info", "std_error"):
        values = getattr(matrix, name)
        assert_allclose(values, getattr(expected, name), rtol=0, atol=1e-12)
        assert_array_equal(values, values.T)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)
@pytest.mark.parametrize("missing", [False, True])
def test_pairs_equal_fits_one_by_one(frame, estimator, missing):
    if missing:
        frame = frame.assign(x1=frame["x1"].where(np.arange(N) > 30))
    own = (OneByOneGaussianCopula if isinstance(estimator, GaussianCopula) else OneByOneKSG)(**estimator.get_params())
    matrix, found = recorded(lambda: mutual_info_matrix(frame, estimator=estimator))
    expected, issued = recorded(lambda: mutual_info_matrix(frame, estimator=own))
    require_equal(matrix, expected)
    assert found == issued
    assert len(found) > 1


@pytest.mark.parametrize("size", [1, 3, 100])
def test_blocks_of_columns_and_rows_do_not_matter(frame, monkeypatch, size):
    table = frame.iloc[:, :8]
    expected, _ = recorded(lambda: mutual_info_matrix(table, estimator=GaussianCopula()))
    monkeypatch.setattr(_copula, "_NUMBERS_PER_PRODUCT", 8 * size)
    monkeypatch.setattr(_copula, "_LEAST_COLUMNS", size)
    monkeypatch.setattr(_copula, "_NUMBERS_PER_TASK", 1)
    matrix, _ = recorded(lambda: mutual_info_matrix(table, estimator=GaussianCopula()))
    require_equal(matrix, expected)


def test_same_bits_for_every_n_jobs(monkeypatch):
    monkeypatch.setattr(_copula, "_NUMBERS_PER_TASK", 8 * N)
    x = np.random.default_rng(0).normal(size=(N, 20))
    for estimator in (GaussianCopula(), KSG()):
        one, two = (mutual_info_matrix(x, estimator=estimator, n_jobs=n_jobs) for n_jobs in (1, 2))
        assert_array_equal(one.mutual_info, two.mutual_info)
        assert_array_equal(one.std_error, two.std_error)


@pytest.mark.parametrize("r", [0.0, 0.5, 0.9, 0.97, 0.98, 0.999])
def test_standard_errors_are_those_of_the_terms(r):
    rng = np.random.default_rng(0)
    x = rng.normal(size=2000)
    table = np.column_stack([x, r * x + np.sqrt(1 - r**2) * rng.normal(size=2000)])
    fitted = GaussianCopula().fit(table[:, :1], table[:, 1])
    expected = np.sqrt(fitted.pointwise_.var(ddof=1) / 2000 + 0.5 / 2000**2)
    matrix = mutual_info_matrix(table, estimator=GaussianCopula())
    assert matrix.std_error.loc[0, 1] == pytest.approx(expected, abs=1e-12)
    assert matrix.mutual_info.loc[0, 1] == pytest.approx(fitted.pointwise_.mean(), abs=1e-12)


@pytest.mark.parametrize(
    "estimator", [GaussianCopula(bias_correction="no"), KSG(n_neighbors=0), KSG(marginals="ranks")]
)
def test_parameters_are_validated(estimator):
    with pytest.raises(ValueError, match="must be"):
        mutual_info_matrix(np.random.default_rng(0).normal(size=(50, 3)), estimator=estimator)


def test_few_rows_and_text_are_refused_as_by_fit(frame):
    with pytest.raises(ValueError, match="needs at least 21 rows, got n_samples = 20"):
        mutual_info_matrix(frame.iloc[:20, :3], estimator=KSG(20))
    with pytest.raises(ValueError, match="text"):
        mutual_info_matrix(frame.iloc[:, :3].assign(town=["a", "b"] * (N // 2)), estimator=GaussianCopula())


def test_negative_estimates_are_warned_of():
    grid = np.stack(np.meshgrid(np.arange(30.0), np.arange(30.0)), axis=-1).reshape(-1, 2)
    _, found = recorded(lambda: mutual_info_matrix(grid, estimator=KSG(marginals=None)))
    _, issued = recorded(lambda: mutual_info_matrix(grid, estimator=OneByOneKSG(marginals=None)))
    assert found == issued
    assert any("information is never negative" in text for _, text in found)
