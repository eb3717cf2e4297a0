"""Canonical correlations against their definition, nulls, errors; the weights of PWCCA against the paper's formula."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import eigh

from skib import ConstantInputWarning, UnreliableEstimateWarning
from skib.metrics import cca, pwcca, svcca


def by_covariances(x, y):
    """Squared correlations are the eigenvalues of Sxx^-1 Sxy Syy^-1 Syx; with them, the unit variates of x."""
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    cross = x.T @ y
    squares, directions = eigh(cross @ np.linalg.solve(y.T @ y, cross.T), x.T @ x)
    order = np.argsort(squares)[::-1][: min(x.shape[1], y.shape[1])]
    return np.sqrt(np.clip(squares[order], 0, 1)), x @ directions[:, order]


@settings(max_examples=30)
@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 99))
def test_correlations_and_weights_equal_the_formulas(p, q, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(60, p)) * np.arange(1, p + 1) + 5
    y = np.outer(x[:, 0], np.arange(1, q + 1)) + 3 * rng.normal(size=(60, q))
    correlations, variates = by_covariances(x, y)
    result = cca(x, y)
    assert result.correlations == pytest.approx(correlations, abs=1e-7)
    assert result.mean.value == pytest.approx(correlations.mean(), abs=1e-7)
    weights = np.abs(variates.T @ (x - x.mean(axis=0))).sum(axis=1)
    assert pwcca(x, y).value == pytest.approx(weights @ correlations / weights.sum(), abs=1e-6)


def test_pwcca_knows_the_weights_in_closed_form():
    # The variates are the units themselves; the first is ten times larger, and the only one that Y has.
    rng = np.random.default_rng(0)
    q = np.linalg.qr(np.column_stack([np.ones(400), rng.normal(size=(400, 3))]))[0][:, 1:]
    x, y = q[:, :2] * [10, 1], q[:, [0, 2]]
    assert pwcca(x, y).value == pytest.approx(10 / 11, abs=1e-10)
    assert pwcca(y, x).value == pytest.approx(1 / 2, abs=1e-10)
    assert cca(x, y).mean.value == pytest.approx(1 / 2, abs=1e-10)


def test_invariant_to_linear_maps():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(300, 10)), rng.normal(size=(300, 10))
    assert cca(x, x @ rng.normal(size=(10, 10)) - 4).mean.value == pytest.approx(1, abs=1e-9)
    assert cca(x @ rng.normal(size=(10, 10)), y).correlations == pytest.approx(cca(x, y).correlations, abs=1e-9)
    assert cca(y, x).correlations == pytest.approx(cca(x, y).correlations, abs=1e-12)


@pytest.mark.parametrize(("n", "p", "q"), [(500, 50, 50), (500, 100, 200), (2000, 50, 50)])
def test_null_of_independent_layers(n, p, q):
    rng = np.random.default_rng(0)
    pairs = [(rng.normal(size=(n, p)), rng.normal(size=(n, q))) for _ in range(10)]
    for results in ([cca(*pair).mean for pair in pairs], [pwcca(*pair) for pair in pairs]):
        values = np.array([result.value for result in results])
        # Wachter's law is a limit: beside the error, a part in 200, as measured for 50 and 50 columns.
        assert abs(values.mean() - results[0].null) < 4 * values.std(ddof=1) / np.sqrt(10) + 5e-3 * results[0].null


def test_published_nulls():
    rng = np.random.default_rng(0)
    for (n, p), truth in {(500, 50): 0.273, (500, 200): 0.562, (5000, 50): 0.085}.items():
        assert cca(*rng.normal(size=(2, n, p))).mean.null == pytest.approx(truth, abs=0.003)


def require_errors_as_the_spread(found):
    """Require the mean standard error of one measure of many samples to be the standard deviation of its values."""
    spread = np.std([one.value for one in found], ddof=1)
    assert np.mean([one.std_error for one in found]) == pytest.approx(spread, rel=4 / np.sqrt(2 * len(found)))


def test_standard_error_is_the_spread_over_samples():
    mixing = np.random.default_rng(1).normal(size=(5, 5))
    found = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(1000, 5))
        found.append(cca(x, x @ mixing + rng.normal(size=(1000, 5))).mean)
    require_errors_as_the_spread(found)


@pytest.mark.parametrize("noise", [0.5, 3.0])
def test_standard_error_of_weights_that_turn(noise):
    # Half of the directions are noise, so that their variates, and the weights, differ in every sample.
    mixings = np.random.default_rng(1).normal(size=(2, 5, 10))
    found = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        z = rng.normal(size=(500, 5))
        found.append(pwcca(*(z @ mixing + noise * rng.normal(size=(500, 10)) for mixing in mixings)))
    require_errors_as_the_spread(found)


@pytest.mark.parametrize("variance", [0.95, 0.99])
def test_standard_error_for_a_number_of_principal_components(variance):
    mixings = np.random.default_rng(1).normal(size=(2, 5, 10))
    found = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        z = rng.normal(size=(200, 5))
        found.append(svcca(*(z @ mixing + 0.5 * rng.normal(size=(200, 10)) for mixing in mixings), variance=variance))
    numbers = [one.n_directions for one in found]
    usual = max(numbers, key=numbers.count)
    some = [one.mean for one in found if one.n_directions == usual]
    require_errors_as_the_spread(some)


@pytest.mark.parametrize("measure", [cca, svcca, pwcca])
def test_an_error_in_few_rows_and_of_units_that_rarely_vary(measure):
    x, y = np.random.default_rng(0).normal(size=(2, 59, 20))
    x[:, 0] = np.arange(59) == 7
    for rows in (x, x[:, :1], x[:, :5]):
        found = measure(rows, y)
        assert np.isfinite(getattr(found, "mean", found).std_error)


def test_fewer_rows_than_units_is_called_so():
    x, y = np.random.default_rng(0).normal(size=(2, 50, 80))
    with pytest.warns(UnreliableEstimateWarning, match="at least 49 canonical correlations are 1"):
        result = cca(x, y)
    assert result.n_directions == (49, 49)
    assert result.mean.value == pytest.approx(1) and result.mean.null == 1
    with pytest.warns(UnreliableEstimateWarning, match="at least 12"):
        result = cca(x[:, :30], y[:, :31])
    assert np.sum(result.correlations > 1 - 1e-9) == 12


def test_dependent_units_have_no_directions_of_their_own():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 3)), rng.normal(size=(200, 4))
    for dtype in (np.float64, np.float32):
        more = np.column_stack([x, x[:, 0] + x[:, 1], np.full(200, 0.1)]).astype(dtype)
        result = cca(more, y)
        assert result.n_directions == (3, 4)
        assert result.correlations == pytest.approx(cca(x, y).correlations, abs=1e-6)


def test_svcca_drops_small_directions():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(500, 3))
    x, y = (z @ rng.normal(size=(3, 40)) + 0.01 * rng.normal(size=(500, 40)) for _ in range(2))
    result = svcca(x, y)
    assert result.n_directions == (3, 3)
    assert result.mean.value > 0.99 > cca(x, y).mean.value
    assert svcca(x, y, variance=1.0).correlations == pytest.approx(cca(x, y).correlations, abs=1e-8)


@pytest.mark.parametrize("measure", [cca, svcca, pwcca])
def test_bad_input(measure):
    x = np.random.default_rng(0).normal(size=(30, 3))
    with pytest.warns(ConstantInputWarning, match="Y is constant over all 30 rows"):
        result = measure(x, np.full((30, 2), 0.1))
    assert np.isnan(getattr(result, "mean", result).value)
    with pytest.raises(ValueError, match="NaN"):
        measure(x, np.where(x > 2, np.nan, x))
    with pytest.raises(ValueError, match="X has 30 rows but Y has 29"):
        measure(x, x[1:])
    with pytest.raises(ValueError, match="positions_as_rows"):
        measure(np.ones((30, 2, 4, 4)), x)


def test_variance_is_a_share():
    x = np.random.default_rng(0).normal(size=(30, 3))
    with pytest.raises(ValueError, match="variance must be a share"):
        svcca(x, x, variance=99)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [1e-30, 1e-8, 1e8, 1e30])
def test_units_may_differ_in_size_by_any_factor(dtype, scale):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 3)).astype(dtype)
    y = x[:, [2]] + 0.5 * rng.normal(size=(500, 1))
    scaled = x * np.array([1, 1, scale], dtype)
    assert cca(scaled, y).n_directions == (3, 1)
    assert cca(scaled, y).mean.value == pytest.approx(cca(x, y).mean.value, rel=1e-5)
    assert pwcca(y, scaled).value == pytest.approx(pwcca(y, x).value, rel=1e-5)
