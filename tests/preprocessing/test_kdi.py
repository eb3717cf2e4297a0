"""The kernel density integral transform against its definition, its two limits and its symmetries."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import pearsonr, spearmanr
from sklearn.preprocessing import MinMaxScaler, QuantileTransformer

from skib.preprocessing import KDITransformer
from skib.preprocessing._smoothed import smoothed


def lognormal(n_samples=2000, seed=0):
    return np.random.default_rng(seed).lognormal(size=(n_samples, 1))


def kernel(u):
    """Proportional to the sum of |u|^j / j! exp(-|u|) up to 4, of unit variance."""
    t = np.abs(u) * np.sqrt(14)  # without this factor the variance is 14
    return np.sqrt(14) / 10 * (1 + t + t**2 / 2 + t**3 / 6 + t**4 / 24) * np.exp(-t)


def test_the_kernel_is_a_density_of_unit_variance():
    assert quad(lambda u: 2 * kernel(u), 0, 20)[0] == pytest.approx(1)
    assert quad(lambda u: 2 * u * u * kernel(u), 0, 20)[0] == pytest.approx(1)
    one = smoothed(np.zeros(1), 1.0)
    places = np.linspace(-4, 4, 9)
    np.testing.assert_allclose(one.density(places), kernel(places), rtol=1e-12)
    for place in places:
        assert one.distribution(np.array([place]))[0] == pytest.approx(0.5 + quad(kernel, 0, place)[0], abs=1e-10)
    errors = one.density_std_error(np.ones(1), 1)
    assert errors[0] ** 2 == pytest.approx(quad(lambda u: 2 * kernel(u) ** 2, 0, 20)[0])


def test_equals_its_definition():
    x = lognormal(200)
    h = x.std()

    def distribution(place):
        return np.mean([0.5 + quad(kernel, 0, (place - value) / h)[0] for value in x[:, 0]])

    low, high = distribution(x.min()), distribution(x.max())
    fitted = KDITransformer().fit(x)
    places = np.quantile(x, [0.1, 0.5, 0.83, 0.99])
    expected = [(distribution(place) - low) / (high - low) for place in places]
    np.testing.assert_allclose(fitted.transform(places[:, None])[:, 0], expected, atol=1e-8)
    assert fitted.bandwidth_[0] == pytest.approx(h)


def test_a_gaussian_kernel_differs_little():
    from scipy.stats import norm

    x = lognormal(500)
    levels = norm.cdf((x - x.T) / x.std()).mean(axis=1)
    levels = (levels - levels.min()) / np.ptp(levels)
    assert np.abs(levels - KDITransformer().fit_transform(x)[:, 0]).max() < 0.01


def test_the_limits_are_ranks_and_distances():
    x = lognormal()
    ranks = QuantileTransformer(n_quantiles=2000).fit_transform(x)
    shares = MinMaxScaler().fit_transform(x)
    # The figures of the original implementation on such data are 0.0057 and 0.0007.
    assert np.abs(KDITransformer(0.01).fit_transform(x) - ranks).max() <= 0.0057
    assert np.abs(KDITransformer(100.0).fit_transform(x) - shares).max() <= 0.0007
    np.testing.assert_allclose(KDITransformer(0.0).fit_transform(x), ranks, atol=1e-12)
    for alpha in (1e6, 1e9, np.inf):
        np.testing.assert_allclose(KDITransformer(alpha).fit_transform(x), shares, atol=1e-9)
    errors = [np.abs(KDITransformer(a).fit_transform(x) - ranks).max() for a in (0.1, 0.03, 0.01, 0.003)]
    assert errors == sorted(errors, reverse=True)
    errors = [np.abs(KDITransformer(a).fit_transform(x) - shares).max() for a in (3.0, 10.0, 30.0, 1e3, 1e4)]
    assert errors == sorted(errors, reverse=True)


@pytest.mark.parametrize("alpha", [0.0, 0.1, 1.0, 30.0, np.inf])
def test_inverse(alpha):
    x = np.column_stack([lognormal(300)[:, 0], np.random.default_rng(1).normal(size=300)])
    fitted = KDITransformer(alpha).fit(x)
    levels = fitted.transform(x)
    assert (np.argsort(levels, axis=0) == np.argsort(x, axis=0)).all()
    assert (levels.min(axis=0) == 0).all() and (levels.max(axis=0) == 1).all()
    np.testing.assert_allclose(fitted.inverse_transform(levels), x, rtol=1e-8, atol=1e-8)
    grid = np.linspace(0, 1, 33)[:, None] * [1, 1]
    np.testing.assert_allclose(fitted.transform(fitted.inverse_transform(grid)), grid, atol=1e-10)
    ends = fitted.inverse_transform([[-1.0, 2.0], [np.nan, 0.5]])
    np.testing.assert_allclose(ends[0], [x[:, 0].min(), x[:, 1].max()])
    assert np.isnan(ends[1, 0]) and np.isfinite(ends[1, 1])


@pytest.mark.parametrize("alpha", [0.0, 0.3, np.inf])
@pytest.mark.parametrize("factor", [2.0**-1000, 2.0**-1040, 1.0, 2.0**1000])
def test_units_change_nothing(alpha, factor):
    x = np.round(lognormal(50), 4)
    plain = KDITransformer(alpha).fit_transform(x)
    np.testing.assert_allclose(KDITransformer(alpha).fit_transform(factor * x), plain, atol=1e-6)
    np.testing.assert_allclose(KDITransformer(alpha).fit_transform(8 * x - 64), plain, atol=1e-9)


def test_the_widest_range_does_not_overflow():
    x = np.array([-1.0, 0.0, 0.5, 1.0])[:, None] * np.finfo(float).max
    fitted = KDITransformer(np.inf).fit(x)
    np.testing.assert_allclose(fitted.transform(x)[:, 0], [0, 0.5, 0.75, 1])
    np.testing.assert_allclose(fitted.inverse_transform([[0.75]]), x[2:3])


def test_missing_values_stay_and_change_nothing():
    x = lognormal(100)
    gaps = x.copy()
    gaps[::7] = np.nan
    levels = KDITransformer().fit_transform(gaps)
    assert np.isnan(levels[::7]).all()
    np.testing.assert_array_equal(
        levels[~np.isnan(gaps)], KDITransformer().fit_transform(x[~np.isnan(gaps[:, 0])])[:, 0]
    )
    empty = KDITransformer().fit(np.column_stack([x, np.full(100, np.nan)]))
    assert np.isnan(empty.transform(np.column_stack([x, x]))[:, 1]).all()
    frame = pd.DataFrame({"a": pd.array([1, None, 3, 4], dtype="Int64")})
    assert KDITransformer(np.inf).set_output(transform="pandas").fit_transform(frame)["a"].isna().tolist() == [
        False,
        True,
        False,
        False,
    ]


def test_new_values_and_constant_columns():
    x = np.column_stack([np.arange(10.0), np.full(10, 3.0)])
    fitted = KDITransformer().fit(x)
    np.testing.assert_array_equal(fitted.transform([[-5.0, 3.0], [50.0, 3.0]]), [[0, 0], [1, 0]])
    np.testing.assert_array_equal(fitted.inverse_transform([[0.0, 0.7]]), [[0.0, 3.0]])


def test_correlation_lies_between_those_of_values_and_ranks():
    rng = np.random.default_rng(0)
    x = rng.normal(size=500)
    y = np.exp(2 * x) + rng.normal(size=500)
    found = pearsonr(*KDITransformer().fit_transform(np.column_stack([x, y])).T)[0]
    assert pearsonr(x, y)[0] < found < spearmanr(x, y)[0]


def test_errors():
    x = lognormal(20)
    for table, message in [
        (np.append(x, [[np.inf]], axis=0), "infinity"),
        (pd.DataFrame({"a": list("abc")}), "'a'.* holds a category per row, but KDITransformer needs numbers"),
        (pd.DataFrame({"a": pd.date_range("2024", periods=3)}), "holds a date per row"),
    ]:
        with pytest.raises(ValueError, match=message):
            KDITransformer().fit(table)
    with pytest.raises(ValueError, match="alpha"):
        KDITransformer(-1.0).fit(x)
    with pytest.raises(ValueError, match="X has 2 features, but KDITransformer is expecting 1"):
        KDITransformer().fit(x).inverse_transform([[0.1, 0.2]])
