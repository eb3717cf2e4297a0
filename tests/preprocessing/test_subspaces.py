"""Directions found through links that no linear method sees: their angles, their number, and what changes nothing."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import subspace_angles
from scipy.stats import norm
from sklearn.base import clone
from sklearn.cross_decomposition import CCA, PLSRegression
from sklearn.datasets import load_iris
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline

from skib import ConstantInputWarning, UnreliableEstimateWarning
from skib.preprocessing import SlicedInverseRegression, SteinSubspace

BOTH = [SteinSubspace(random_state=0), SlicedInverseRegression(random_state=0)]


def rows(n_samples=1000, n_features=6, seed=0):
    """Standard normal rows, with a generator for what depends on them."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_samples, n_features)), rng


def angle(transformer, truth):
    """Largest angle between the subspace found and the true one, in radians."""
    return subspace_angles(transformer.components_.T, truth).max()


def two_index_model(n_samples=1500, seed=0):
    """Two outputs, of even, odd and mixed links of two directions among six correlated columns."""
    x, rng = rows(n_samples, seed=seed)
    x = x @ (np.eye(6) + 0.3)
    truth = np.zeros((6, 2))
    truth[:3, 0], truth[2:5, 1] = [1, -1, 1], [1, 1, -1]
    a, b = (x @ truth / np.std(x @ truth, axis=0)).T
    links = np.column_stack([a**2 + 0.5 * b, np.tanh(a) * b])
    return x, links + 0.5 * rng.normal(size=links.shape), truth


# --- where linear methods see nothing


def test_a_parabola_which_linear_methods_do_not_see():
    x, rng = rows(3000, 8)
    y = x[:, 0] ** 2 + rng.normal(size=3000)  # whose best score is 2 / 3
    fitted, new = slice(0, 2000), slice(2000, None)
    for linear in (PLSRegression(2), CCA(1), LinearRegression()):
        assert linear.fit(x[fitted], y[fitted]).score(x[new], y[new]) < 0.02
    model = make_pipeline(SteinSubspace(1), KNeighborsRegressor(40)).fit(x[fitted], y[fitted])
    oracle = KNeighborsRegressor(40).fit(x[fitted, :1], y[fitted]).score(x[new, :1], y[new])
    assert 0.55 < oracle < 2 / 3 + 0.05
    assert model.score(x[new], y[new]) > oracle - 0.05
    assert KNeighborsRegressor(40).fit(x[fitted], y[fitted]).score(x[new], y[new]) < 0.45  # in all eight columns


@pytest.mark.parametrize("seed", range(3))
def test_several_directions_and_outputs(seed):
    x, y, truth = two_index_model(seed=seed)
    subspace = SteinSubspace(random_state=0).fit(x, y)
    assert subspace.n_components_ == 2
    assert angle(subspace, truth) < 0.25


def test_angles_fall_as_the_root_of_the_number_of_rows():
    """Of a first and a second order: ten times as many rows, twice, divide the root mean square angle by ten."""
    for order, link in [("first", np.tanh), ("second", np.square), ("both", lambda t: t + t**2)]:
        sizes, angles = [400, 40_000], []
        for n_samples in sizes:
            found = []
            for seed in range(10):
                x, rng = rows(n_samples, 5, seed)
                y = link(x[:, 0]) + rng.normal(size=n_samples)
                found.append(angle(SteinSubspace(1, order=order).fit(x, y), np.eye(5)[:, :1]))
            angles.append(np.sqrt(np.mean(np.square(found))))
        # A mean of 10 * 4 squares has a relative standard error of sqrt(2 / 40), and its root half of that.
        error = np.sqrt(2) * np.sqrt(2 / 40) / 2
        assert np.log(angles[0] / angles[1]) == pytest.approx(np.log(10), abs=4 * error)


# --- moments


def test_eigenvalues_are_the_shares_of_variance_of_the_hermite_polynomials():
    """y = a x1 + b (x2^2 - 1) + c x3 x4 + noise has shares a^2, 2 b^2 and, for both of x3 and x4, c^2 / 2."""
    n_samples = 200_000
    x, rng = rows(n_samples, 6)
    y = x[:, 0] + 0.5 * (x[:, 1] ** 2 - 1) + 0.6 * x[:, 2] * x[:, 3] + rng.normal(size=n_samples)
    variance = 1 + 0.5 + 0.36 + 1
    for order, shares in [("first", [1]), ("second", [0.5, 0.18, 0.18]), ("both", [1, 0.5, 0.18, 0.18])]:
        found = SteinSubspace(1, order=order).fit(x, y).eigenvalues_
        expected = np.zeros(len(found))
        expected[: len(shares)] = np.array(shares) / variance
        # Products of polynomials of degree 4 with y have a variance of at most some 10.
        np.testing.assert_allclose(found, expected, atol=4 * np.sqrt(10 / n_samples))


def test_first_order_is_the_subspace_of_canonical_correlations():
    x, y, _ = two_index_model(300)
    subspace = SteinSubspace(2, order="first").fit(x, y)
    cca = CCA(2, max_iter=10_000, tol=1e-14).fit(x, y)
    assert angle(subspace, cca.x_rotations_ / cca._x_std[:, None]) < 1e-6
    scores = cca.transform(x, y)
    correlations = [np.corrcoef(scores[0][:, i], scores[1][:, i])[0, 1] for i in range(2)]
    np.testing.assert_allclose(subspace.eigenvalues_, np.square(correlations), rtol=1e-6)


def test_second_order_equals_its_definition():
    x, y, _ = two_index_model(200)
    z = np.linalg.solve(np.linalg.cholesky(np.cov(x.T, bias=True)), (x - x.mean(axis=0)).T).T
    r = np.linalg.solve(np.linalg.cholesky(np.cov(y.T, bias=True)), (y - y.mean(axis=0)).T).T
    e = r - z @ (z.T @ r) / 200
    squares = [np.outer(row, row) - np.eye(6) for row in z]
    hessians = [
        np.mean([left * square for left, square in zip(column, squares, strict=True)], axis=0) for column in e.T
    ]
    values = np.linalg.eigvalsh(sum(h @ h for h in hessians) / 2)[::-1]
    np.testing.assert_allclose(SteinSubspace(1, order="second").fit(x, y).eigenvalues_, values, rtol=1e-9, atol=1e-12)


def test_inverse_regression_of_classes_is_linear_discriminant_analysis():
    x, species = load_iris(return_X_y=True)
    sir = SlicedInverseRegression(2).fit(x, species)
    lda = LinearDiscriminantAnalysis(solver="eigen").fit(x, species)
    assert angle(sir, lda.scalings_[:, :2]) < 1e-6
    between = sum(np.mean(species == k) * np.outer(d, d) for k, d in enumerate(lda.means_ - x.mean(axis=0)))
    values = np.linalg.eigvals(np.linalg.solve(np.cov(x.T, bias=True), between)).real
    np.testing.assert_allclose(sir.eigenvalues_, np.sort(values)[::-1][:2], rtol=1e-9)
    assert SlicedInverseRegression(random_state=0).fit(x, np.array(["b", "c", "a"])[species]).n_components_ == 2


def test_inverse_regression_of_numbers():
    x, rng = rows(2000)
    y = np.exp(3 * (x[:, 0] - x[:, 5]) + rng.normal(size=2000))  # of which least squares sees the largest rows alone
    truth = np.array([[1.0, 0, 0, 0, 0, -1]]).T
    sir = SlicedInverseRegression(random_state=0).fit(x, y)
    assert sir.n_components_ == 1
    assert angle(sir, truth) < 0.1
    np.testing.assert_array_equal(sir.components_, SlicedInverseRegression(1).fit(x, np.log(y)).components_)
    assert angle(SteinSubspace(1, order="first").fit(x, y), truth) > 2 * angle(sir, truth)
    two = SlicedInverseRegression(random_state=0).fit(x, np.column_stack([x[:, 0], rng.normal(size=2000) + x[:, 1]]))
    assert two.n_components_ == 2
    assert angle(two, np.eye(6)[:, :2]) < 0.1


def test_even_links_are_missed_by_the_first_order_and_by_slices():
    x, rng = rows(2000)
    y = x[:, 0] ** 2 + rng.normal(size=2000)
    for missing in (SteinSubspace(1, order="first"), SlicedInverseRegression(1)):
        assert missing.fit(x, y).eigenvalues_[0] < 0.05
    indicators = np.eye(2)[(np.abs(x[:, 0]) > norm.ppf(0.75)).astype(int)]  # classes that differ in spread alone
    assert angle(SteinSubspace(1).fit(x, indicators), np.eye(6)[:, :1]) < 0.1


# --- the number of directions


@pytest.mark.parametrize("estimator", BOTH, ids=repr)
def test_level_of_the_test(estimator):
    x, rng = rows(200, 5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnreliableEstimateWarning)
        pvalues = [
            clone(estimator).set_params(random_state=seed, n_permutations=19).fit(x, rng.normal(size=200)).pvalues_[0]
            for seed in range(200)
        ]
    assert np.mean(np.array(pvalues) <= 0.05) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 200)
    assert np.mean(pvalues) == pytest.approx(0.525, abs=4 * np.sqrt(1 / 12 / 200))  # uniform on 1/20, ..., 1


def test_one_direction_too_many_is_as_rare_as_the_level():
    numbers = []
    for seed in range(80):
        x, rng = rows(300, 5, seed)
        linear = 2 * (seed % 2)
        y = linear * x[:, 0] + x[:, 0] ** 2 + np.exp(x[:, 0] / 2) * rng.normal(size=300)  # noise that depends on x, too
        numbers.append(SteinSubspace(random_state=seed, n_permutations=39).fit(x, y).n_components_)
    assert min(numbers) == 1
    assert np.mean(np.array(numbers) > 1) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 80)


@pytest.mark.parametrize("estimator", BOTH, ids=repr)
def test_same_bits_for_any_number_of_jobs(estimator):
    x, y, _ = two_index_model(400)
    one, two = (clone(estimator).set_params(random_state=3, n_jobs=jobs).fit(x, y) for jobs in (1, 2))
    np.testing.assert_array_equal(one.pvalues_, two.pvalues_)
    np.testing.assert_array_equal(one.components_, two.components_)


# --- what changes nothing


@pytest.mark.parametrize("estimator", [SteinSubspace(2), SlicedInverseRegression(2)], ids=repr)
def test_scales_and_mixtures_of_columns_change_nothing(estimator):
    x, y, _ = two_index_model(300)
    coordinates = estimator.fit(x, y).transform(x)
    rng = np.random.default_rng(1)
    mixed = x @ rng.normal(size=(6, 6)) + 5
    for other in (x * 2.0 ** np.array([-900, 0, 10, 300, 900, -3]), mixed, np.column_stack([x, x[:, 0], 0 * x[:, 0]])):
        found = estimator.fit(other, y).transform(other)
        signs = np.sign(np.sum(found * coordinates, axis=0))
        np.testing.assert_allclose(found * signs, coordinates, atol=1e-8)
    if isinstance(estimator, SteinSubspace):
        found = estimator.fit(x, y @ [[1e6, 2.0], [3.0, -1e-6]] - 7).transform(x)
        np.testing.assert_allclose(np.abs(found), np.abs(coordinates), atol=1e-8)


@pytest.mark.parametrize("estimator", [SteinSubspace(2), SlicedInverseRegression(2)], ids=repr)
def test_columns_far_from_0_are_no_constants(estimator):
    x, y, _ = two_index_model(300)
    x, y = (np.round(part * 2**10) / 2**10 for part in (x, y))  # so that sums with large integers are exact
    coordinates = estimator.fit(x, y).transform(x)
    for shift in ([2.0**40, 0, 0, 0, 0, 0], 2.0**41):
        np.testing.assert_allclose(estimator.fit(x + shift, y + 2.0**40).transform(x + shift), coordinates, atol=2e-3)


@pytest.mark.parametrize("estimator", BOTH, ids=repr)
def test_coordinates_and_back(estimator):
    x, y, _ = two_index_model(400)
    estimator = clone(estimator).set_params(n_components=2).fit(x, y)
    t = estimator.transform(x)
    np.testing.assert_allclose(t, (x - estimator.mean_) @ estimator.components_.T, atol=1e-12)
    np.testing.assert_allclose(t.T @ t / 400, np.eye(2), atol=1e-10)
    back = estimator.inverse_transform(t)
    np.testing.assert_allclose(estimator.transform(back), t, atol=1e-10)
    np.testing.assert_allclose(back, LinearRegression().fit(t, x).predict(t), atol=1e-10)
    weights = estimator.components_ * x.std(axis=0)
    assert (weights[[0, 1], np.abs(weights).argmax(axis=1)] > 0).all()


def test_names_and_frames():
    x, y, _ = two_index_model(200)
    frame = pd.DataFrame(x, columns=list("abcdef"))
    out = SlicedInverseRegression(2).set_output(transform="pandas").fit_transform(frame, y)
    assert list(out.columns) == ["slicedinverseregression0", "slicedinverseregression1"]
    target = pd.DataFrame({"u": y[:, 0].astype(np.float32), "v": y[:, 1]})
    assert SteinSubspace(2).fit(frame, target).get_feature_names_out().tolist() == ["steinsubspace0", "steinsubspace1"]


def test_normal_scores_of_columns():
    """Skewed columns of a Gaussian copula, with outliers: ranks find the direction of their scores."""
    normal, rng = rows(3000)
    x = np.column_stack([np.exp(2 * normal[:, 0]), np.sinh(3 * normal[:, 1]), normal[:, 2] ** 3, normal[:, 3:]])
    y = (normal[:, 0] + normal[:, 1]) ** 2 + rng.normal(size=3000)
    truth = np.array([[1.0, 1, 0, 0, 0, 0]]).T
    subspace = SteinSubspace(alpha=0.01, marginals="rank", random_state=0).fit(x, y)
    assert subspace.n_components_ == 1
    assert angle(subspace, truth) < 0.1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnreliableEstimateWarning)
        assert angle(SteinSubspace(1).fit(x, y), truth / x.std(axis=0)[:, None]) > 0.3
    same = SteinSubspace(1, marginals="rank").fit(normal, y)
    np.testing.assert_array_equal(same.components_, subspace.components_)
    coordinates = subspace.transform(x)
    np.testing.assert_array_equal(same.transform(normal), coordinates)
    assert np.corrcoef(coordinates[:, 0], normal[:, 0] + normal[:, 1])[0, 1] > 0.99
    back = subspace.transform(subspace.inverse_transform(coordinates))
    assert np.sqrt(np.mean((back - coordinates) ** 2)) < 0.02


# --- rows that are not Gaussian, and other bad input


def test_what_an_elliptical_distribution_does():
    """The first order is right for it; the second one finds more directions than there are, with a warning."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 5)) / np.sqrt(rng.chisquare(6, size=(4000, 1)) / 6)
    y = x[:, 0] + 0.5 * x[:, 0] ** 2 + rng.normal(size=4000)
    assert angle(SteinSubspace(1, order="first").fit(x, y), np.eye(5)[:, :1]) < 0.25
    with pytest.warns(UnreliableEstimateWarning, match="rank correlation of 0.[12].*where Gaussian rows have 0"):
        second = SteinSubspace(random_state=0).fit(x, y)
    assert second.n_components_ > 1
    radius = rng.uniform(size=(4000, 1)) / np.linalg.norm(rng.normal(size=(4000, 5)), axis=1, keepdims=True)
    sphere = rng.normal(size=(4000, 5))
    sphere /= np.linalg.norm(sphere, axis=1, keepdims=True)
    with pytest.warns(UnreliableEstimateWarning, match="rank correlation of -"):
        SteinSubspace(1).fit(sphere, sphere[:, 0] ** 2 + 0.1 * radius[:, 0])


def test_gaussian_rows_are_not_warned_of():
    for seed in range(20):
        x, y, _ = two_index_model(300, seed)
        SteinSubspace(2).fit(x, y)
    x, rng = rows(30, 20)
    SteinSubspace(2).fit(x, x[:, 0] + rng.normal(size=30))


def test_more_columns_than_rows():
    x, rng = rows(40, 100)
    for order, n_eigenvalues in [("first", 1), ("both", 39)]:
        with pytest.warns(UnreliableEstimateWarning, match="the 40 rows of X extend in 39 directions"):
            subspace = SteinSubspace(1, order=order).fit(x, x[:, 0])
        np.testing.assert_allclose(
            np.abs(subspace.transform(x)[:, 0]), np.abs((x[:, 0] - x[:, 0].mean()) / x[:, 0].std())
        )
        assert len(subspace.eigenvalues_) == n_eigenvalues


@pytest.mark.parametrize("estimator", BOTH, ids=repr)
def test_nothing_to_find(estimator):
    x, rng = rows(200)
    estimator = clone(estimator).set_params(n_components=None, random_state=0)
    with pytest.warns(UnreliableEstimateWarning, match=r"no direction of X is significant \(p = 0\.\d+, alpha = 0.05"):
        assert estimator.fit(x, rng.normal(size=200)).n_components_ == 1
    with pytest.warns(ConstantInputWarning, match="y is constant"):
        assert estimator.fit(x, np.ones(200)).transform(x).shape == (200, 1)
    with pytest.raises(ValueError, match="all 200 rows of X are equal"):
        estimator.fit(np.ones((200, 2)), x[:, 0])


def test_errors():
    x, _ = rows(50)
    with pytest.raises(ValueError, match="n_components=7 is more than the 6 directions"):
        SteinSubspace(7).fit(x, x[:, 0])
    with pytest.raises(ValueError, match="n_components=2 is more than the 1 directions that X and y can have"):
        SlicedInverseRegression(2).fit(x, x[:, 0] > 0)
    with pytest.raises(ValueError, match="requires y to be passed"):
        SteinSubspace().fit(x, None)
    with pytest.raises(ValueError, match="y holds text .* one column of 0 and 1 for each class"):
        SteinSubspace().fit(x, ["a", "b"] * 25)
    with pytest.raises(ValueError, match="NaN"):
        SteinSubspace().fit(x, np.full(50, np.nan))
    with pytest.raises(ValueError, match="order"):
        SteinSubspace(order="third").fit(x, x[:, 0])
    with pytest.raises(NotFittedError):
        SteinSubspace().inverse_transform(x)
