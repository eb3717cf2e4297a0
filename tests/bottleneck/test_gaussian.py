"""Gaussian bottleneck: closed forms, optimality, canonical correlation, held-out score, ranks, conditions."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import eigh, subspace_angles
from sklearn.base import clone
from sklearn.cross_decomposition import CCA
from sklearn.datasets import load_iris, load_wine
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.kernel_approximation import Nystroem
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skib
from skib.bottleneck import GaussianIB

MIX_X, MIX_Y = (np.random.default_rng(seed).normal(size=(d, d)) for seed, d in ((6, 8), (7, 3)))


def draw(n_samples, seed, correlations=(0.9, 0.5)):
    """Rows of 8 and 3 mixed Gaussian columns, with these canonical correlations and a third one of 0."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n_samples, 8)), rng.normal(size=(n_samples, 3))
    for i, r in enumerate(correlations):
        y[:, i] = r * x[:, i] + np.sqrt(1 - r**2) * y[:, i]
    return x @ MIX_X, y @ MIX_Y


def log_det(matrix):
    return np.linalg.slogdet(matrix)[1]


def information(weights, X, y, given=None):
    """I(X;T) and I(T;Y) of T = A (x - mean) + noise from the log-determinants of sample covariances."""
    if given is not None:
        design = np.column_stack([np.ones(len(given)), given])
        X, y = (part - design @ np.linalg.lstsq(design, part, rcond=None)[0] for part in (X, y))
    n_x = X.shape[1]
    joint = np.cov(np.hstack([X, y]).T, bias=True)
    rest = joint[:n_x, :n_x] - joint[:n_x, n_x:] @ np.linalg.solve(joint[n_x:, n_x:], joint[n_x:, :n_x])
    one = np.eye(len(weights))
    both = [log_det(weights @ covariance @ weights.T + one) / 2 for covariance in (joint[:n_x, :n_x], rest)]
    return both[0], both[0] - both[1]


@pytest.mark.parametrize("beta", [1.3, 2.0, 5.0, 100.0])
@pytest.mark.parametrize("seed", range(3))
def test_rate_and_relevance_are_those_of_log_determinants(beta, seed):
    X, y = draw(200, seed)
    ib = GaussianIB(beta, shrinkage=None).fit(X, y)
    weights = ib.gains_[:, None] * ib.components_
    assert_allclose([ib.rate_, ib.relevance_], information(weights, X, y), rtol=0, atol=1e-8)
    assert_allclose(ib.transform(X), (X - X.mean(axis=0)) @ weights.T, atol=1e-9)


def test_eigenvalues_are_those_of_the_generalized_problem():
    X, y = draw(300, 0)
    ib = GaussianIB(shrinkage=None).fit(X, y)
    joint = np.cov(np.hstack([X, y]).T, bias=True)
    rest = joint[:8, :8] - joint[:8, 8:] @ np.linalg.solve(joint[8:, 8:], joint[8:, :8])
    assert_allclose(ib.eigenvalues_, eigh(rest, joint[:8, :8], eigvals_only=True)[:3], atol=1e-10)
    assert_allclose(ib.critical_betas_, 1 / (1 - ib.eigenvalues_), rtol=1e-10)
    assert_allclose(ib.components_ @ joint[:8, :8] @ ib.components_.T, np.eye(3), atol=1e-10)


@pytest.mark.parametrize("beta", [1.5, 3.0, 30.0])
def test_no_perturbation_is_better(beta):
    X, y = draw(200, 1)
    ib = GaussianIB(beta, shrinkage=None).fit(X, y)
    best = ib.rate_ - beta * ib.relevance_
    weights, rng = np.vstack([ib.gains_[:, None] * ib.components_, np.zeros((2, 8))]), np.random.default_rng(0)
    for size in np.geomspace(1e-4, 3, 2000):
        rate, relevance = information(weights + rng.normal(size=weights.shape) * size * np.abs(weights).max(), X, y)
        assert rate - beta * relevance > best - 1e-10


def test_directions_span_those_of_canonical_correlation_analysis():
    X, y = draw(500, 2)
    cca = CCA(3, tol=1e-14, max_iter=20_000).fit(X, y)
    ib = GaussianIB(shrinkage=None).fit(X, y)
    for k in (1, 2, 3):
        assert subspace_angles(ib.components_[:k].T, cca.x_rotations_[:, :k] / cca._x_std[:, None]).max() < 1e-6


def test_curve_is_made_of_the_solutions_and_has_slope_1_over_beta():
    X, y = draw(300, 3)
    ib = GaussianIB(shrinkage=None).fit(X, y)
    curve = ib.information_curve([0.5, 1.5, 4.0, 50.0])
    for row in curve.itertuples():
        solved = GaussianIB(row.beta, shrinkage=None).fit(X, y)
        assert_allclose([solved.rate_, solved.relevance_], [row.rate, row.relevance], atol=1e-12)
        assert len(solved.gains_) == row.n_components
    fine = ib.information_curve()
    slopes = np.diff(fine["relevance"]) / np.maximum(np.diff(fine["rate"]), 1e-300)
    inner = (fine["rate"].to_numpy()[:-1] > 0) & (np.diff(fine["n_components"]) == 0)
    assert (slopes[inner] <= 1 / fine["beta"].to_numpy()[:-1][inner] + 1e-9).all()
    assert (slopes[inner] >= 1 / fine["beta"].to_numpy()[1:][inner] - 1e-9).all()
    assert fine["relevance"].iloc[-1] == pytest.approx(ib.mutual_info_, abs=0.01)
    with pytest.raises(ValueError, match="betas must be finite"):
        ib.information_curve([-1.0])


def test_estimates_of_many_rows_are_the_truth():
    """The sample correlation has the standard error (1 - r^2) / sqrt(n)."""
    r, n = np.array([0.9, 0.5]), 20_000
    ib = GaussianIB(shrinkage=None).fit(*draw(n, 0))
    assert (np.abs(np.sqrt(1 - ib.eigenvalues_[:2]) - r) < 4 * (1 - r**2) / np.sqrt(n)).all()
    errors = np.sqrt(np.sum(r**2 / n))
    assert abs(ib.mutual_info_ + np.log(1 - r**2).sum() / 2) < 4 * errors


def test_n_components_bounds_the_directions():
    X, y = draw(300, 0)
    full, two = (GaussianIB(n_components=k, shrinkage=None).fit(X, y) for k in (None, 2))
    assert two.transform(X).shape == (300, 2) and full.transform(X).shape == (300, 3)
    assert_allclose(two.transform(X), full.transform(X)[:, :2])
    assert two.relevance_ < two.mutual_info_ == full.mutual_info_ == pytest.approx(full.relevance_)
    assert full.rate_ == np.inf
    assert list(two.get_feature_names_out()) == ["gaussianib0", "gaussianib1"]


# --- the score


@pytest.mark.parametrize("marginals", ["standard", "rank"])
@pytest.mark.parametrize("beta", [None, 1.5, 8.0])
def test_score_of_the_fitted_rows_is_the_relevance(beta, marginals):
    X, y = draw(100, 0)
    ib = GaussianIB(beta, shrinkage=None, marginals=marginals).fit(X, y)
    assert ib.score(X, y) == pytest.approx(ib.relevance_, abs=1e-10)


def test_score_is_the_mean_over_the_noise():
    """Against densities of 4000 draws of T for each row."""
    X, y = draw(60, 0)
    ib = GaussianIB(3.0, shrinkage=None).fit(X, y)
    new, z = draw(5, 1)
    t = np.array([ib.sample(new, seed) for seed in range(4000)])
    x, w = X - X.mean(axis=0), y - y.mean(axis=0)
    weights = ib.gains_[:, None] * ib.components_
    of_t = weights @ x.T @ x @ weights.T / 60 + np.eye(len(weights))
    on_t = np.linalg.solve(of_t, weights @ x.T @ w / 60)
    rest = w.T @ w / 60 - on_t.T @ of_t @ on_t
    errors, alone = (z - y.mean(axis=0)) - t @ on_t, z - y.mean(axis=0)
    terms = np.einsum("sij,jk,sik->si", errors, np.linalg.inv(rest), errors).mean(axis=0)
    terms = np.einsum("ij,jk,ik->i", alone, np.linalg.inv(w.T @ w / 60), alone) - terms
    expected = np.mean(terms + log_det(w.T @ w / 60) - log_det(rest)) / 2
    assert ib.score(new, z) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(("n_samples", "regret"), [(30, 0.4), (100, 0.15), (1000, 0.02)])
def test_score_chooses_a_beta_that_keeps_what_the_rows_support(n_samples, regret):
    """Few rows: a small beta, where no limit would lose nats on new rows. Many rows: all that there is."""
    betas, new = [1.1, 1.6, 3.0, 7.0, 30.0, 300.0], draw(20_000, 10**6)
    best, chosen, unlimited, kept = [], [], [], []
    for seed in range(3):
        X, y = draw(n_samples, seed)
        search = GridSearchCV(GaussianIB(shrinkage=None), {"beta": betas}, cv=KFold(5)).fit(X, y)
        best.append(max(GaussianIB(beta, shrinkage=None).fit(X, y).score(*new) for beta in betas))
        chosen.append(search.score(*new))
        unlimited.append(GaussianIB(shrinkage=None).fit(X, y).score(*new))
        kept.append(len(search.best_estimator_.gains_))
    assert np.mean(chosen) > np.mean(best) - regret
    if n_samples == 30:
        assert np.mean(unlimited) < -0.2 < np.mean(chosen)
    if n_samples == 1000:
        assert min(kept) >= 2
        assert np.mean(chosen) == pytest.approx(-0.5 * np.log(0.19 * 0.75), abs=0.06)


def test_shrinkage_makes_few_rows_of_many_columns_useful():
    rng = np.random.default_rng(0)
    factor = rng.normal(size=(2040, 2))
    X = factor @ rng.normal(size=(2, 60)) + rng.normal(size=(2040, 60))
    y = factor + 0.5 * rng.normal(size=(2040, 2))
    few, new = (X[:40], y[:40]), (X[40:], y[40:])
    ib = GaussianIB(30.0).fit(*few)  # 40 rows of 60 columns
    assert 0 < ib.shrinkage_ < 1
    assert ib.score(*new) > 0.7  # of 1.5 nats with known covariances
    with pytest.warns(skib.UnreliableEstimateWarning, match="linear function of X in 2 of 2 directions"):
        assert GaussianIB(30.0, shrinkage=None).fit(*few).score(*new) < -10
    assert GaussianIB(shrinkage=0.25).fit(*few).shrinkage_ == 0.25
    assert 0 < GaussianIB(shrinkage="oas").fit(*few).shrinkage_ < 1
    assert GaussianIB(shrinkage=1.0).fit(*few).mutual_info_ == 0.0


# --- prediction


def test_prediction_without_a_limit_is_least_squares():
    X, y = draw(100, 0)
    design = np.column_stack([np.ones(100), X])
    expected = design @ np.linalg.lstsq(design, y, rcond=None)[0]
    assert_allclose(GaussianIB(shrinkage=None).fit(X, y).predict(X), expected, atol=1e-9)
    one = GaussianIB(shrinkage=None).fit(X, y[:, 0]).predict(X)
    assert one.shape == (100,)
    assert_allclose(one, expected[:, 0], atol=1e-9)


def test_prediction_of_ranks_is_the_mean_of_y():
    """y = exp(r z + s e) has the mean exp(r z + s^2 / 2) given z."""
    rng = np.random.default_rng(0)
    z, e = rng.normal(size=(2, 5000))
    X, y = np.column_stack([np.cbrt(z), rng.normal(size=5000)]), np.exp(0.8 * z + 0.6 * e)
    ib = GaussianIB(shrinkage=None, marginals="rank").fit(X, y)
    inner = np.abs(z) < 1.5
    errors = ib.predict(X)[inner] / np.exp(0.8 * z[inner] + 0.18) - 1
    assert abs(errors).mean() < 0.06
    assert ib.mutual_info_ == pytest.approx(-0.5 * np.log(1 - 0.64), abs=4 * 0.8 / np.sqrt(5000))


def test_a_small_beta_shrinks_the_prediction():
    X, y = draw(200, 0)
    sizes = [GaussianIB(beta).fit(X, y).predict(X).std() for beta in (2.0, 10.0, 1e6)]
    assert sizes[0] < sizes[1] < sizes[2] == pytest.approx(GaussianIB().fit(X, y).predict(X).std(), rel=1e-3)


def test_noise_has_unit_variance_and_is_drawn_on_request():
    X, y = draw(5000, 0)
    ib = GaussianIB(5.0).fit(X, y)
    noise = ib.sample(X, random_state=0) - ib.transform(X)
    assert_array_equal(ib.sample(X, random_state=0), ib.sample(X, random_state=0))
    assert_allclose(np.cov(noise.T), np.eye(2), atol=4 * np.sqrt(2 / 5000))
    exact = GaussianIB().fit(X, y)
    assert_array_equal(exact.sample(X), exact.transform(X))


# --- scales and ranks


@pytest.mark.parametrize("change", [np.exp, lambda v: v**3, lambda v: np.arctan(v / 9), lambda v: 2 * v + 5])
def test_ranks_do_not_change_under_monotone_maps(change):
    X, y = draw(80, 0)
    new, z = draw(40, 1)
    X, y, new, z = (part / 10 for part in (X, y, new, z))
    one, other = (GaussianIB(4.0, marginals="rank").fit(f(X), f(y)) for f in (lambda v: v, change))
    assert_array_equal(other.transform(change(new)), one.transform(new))
    assert_array_equal(other.components_, one.components_)
    assert other.score(change(new), change(z)) == one.score(new, z)
    assert (other.rate_, other.relevance_) == (one.rate_, one.relevance_)


def test_ranks_under_decreasing_maps_differ_by_signs():
    X, y = draw(80, 0)
    one, other = (GaussianIB(4.0, marginals="rank").fit(sign * X, y) for sign in (1, -1))
    assert other.relevance_ == pytest.approx(one.relevance_, abs=1e-12)
    assert_allclose(np.abs(other.transform(-X)), np.abs(one.transform(X)), atol=1e-10)


def test_ranks_see_through_distortions():
    X, e = np.random.default_rng(0).normal(size=(2, 2000, 3))
    y = 0.8 * X + 0.6 * e
    plain, bent = GaussianIB(shrinkage=None).fit(X, y).mutual_info_, (np.exp(X), np.cbrt(y))
    ranks = GaussianIB(shrinkage=None, marginals="rank").fit(*bent).mutual_info_
    with pytest.warns(skib.UnreliableEstimateWarning, match="marginals='rank'"):
        distorted = GaussianIB(shrinkage=None).fit(*bent).mutual_info_
    assert ranks == pytest.approx(plain, abs=0.03)
    assert distorted < 0.75 * plain


@pytest.mark.parametrize("shrinkage", ["ledoit_wolf", None])
def test_units_and_offsets_do_not_matter(shrinkage):
    X, y = draw(100, 0)
    scale, shift = np.geomspace(1e-150, 1e150, 8), np.linspace(-3, 3, 8)
    one, other = GaussianIB(9.0, shrinkage=shrinkage), GaussianIB(9.0, shrinkage=shrinkage)
    codes = one.fit(X, y).transform(X)
    assert codes.shape[1] > 0
    assert_allclose(np.abs(other.fit((X + shift) * scale, 1e9 * y).transform((X + shift) * scale)), np.abs(codes))
    assert_allclose(other.components_ * other.gains_[:, None] * scale, one.components_ * one.gains_[:, None])


def test_without_shrinkage_mixtures_of_the_columns_do_not_matter():
    X, y = draw(100, 0)
    mix = np.random.default_rng(0).normal(size=(8, 8))
    one, other = (GaussianIB(3.0, shrinkage=None).fit(part, y) for part in (X, X @ mix))
    assert_allclose(np.abs(other.transform(X @ mix)), np.abs(one.transform(X)), atol=1e-8)


# --- what it does not see


@pytest.mark.parametrize("relation", [lambda x, e: x**2 + 0.5 * e, lambda x, e: np.sin(3 * x) + 0.3 * e])
@pytest.mark.parametrize("marginals", ["standard", "rank"])
def test_invisible_relations_warn(relation, marginals):
    rng = np.random.default_rng(0)
    X, e = rng.normal(size=(500, 4)), rng.normal(size=500)
    with pytest.warns(skib.UnreliableEstimateWarning, match="column 2 of X and column 0 of y share at least 0"):
        ib = GaussianIB(marginals=marginals, shrinkage=None).fit(X, relation(X[:, 2], e))
    assert ib.mutual_info_ < 0.03


def test_numbers_that_may_be_labels_have_the_remedy_of_labels():
    X, y = load_iris(return_X_y=True)
    with pytest.warns(skib.UnreliableEstimateWarning, match="if these 3 values of y are class labels, pass a column"):
        GaussianIB().fit(X, (y + 1) % 3)
    with pytest.warns(skib.UnreliableEstimateWarning, match="where it is not$"):
        GaussianIB().fit(X, X[:, 2] ** 2 % 7)


@pytest.mark.parametrize("n_samples", [30, 200, 3000])
def test_visible_relations_do_not_warn(n_samples):
    for seed in range(10):
        for marginals in ("standard", "rank"):
            GaussianIB(marginals=marginals).fit(*draw(n_samples, seed))  # warnings are errors


def test_deterministic_directions_warn_and_are_cut():
    X, _ = draw(200, 0)
    with pytest.warns(skib.UnreliableEstimateWarning, match="linear function of X in 1 of 1 directions"):
        ib = GaussianIB(5.0, shrinkage=None).fit(X, X[:, 0] - 2 * X[:, 3])
    assert ib.mutual_info_ == pytest.approx(-0.5 * np.log(1e-10))
    assert np.isfinite(ib.transform(X)).all() and np.isfinite(ib.score(X, X[:, 0]))


def test_a_beta_below_all_critical_ones_keeps_nothing():
    X, y = draw(200, 0)
    ib = GaussianIB(0.9).fit(X, y)
    assert (ib.rate_, ib.relevance_, ib.score(X, y)) == (0.0, 0.0, pytest.approx(0, abs=1e-12))
    with pytest.warns(skib.SkibWarning, match=f"the first critical beta, {ib.critical_betas_[0]:.4g}"):
        assert ib.transform(X).shape == (200, 0)
    assert_allclose(ib.predict(X), np.broadcast_to(y.mean(axis=0), y.shape), atol=1e-12)


# --- a condition


@pytest.mark.parametrize("beta", [1.5, 20.0])
def test_a_condition_takes_all_covariances_given_it(beta):
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(400, 2))
    X, y = draw(400, 0)
    X, y = X + Z @ rng.normal(size=(2, 8)), y + Z @ rng.normal(size=(2, 3))
    ib = GaussianIB(beta, shrinkage=None).fit(X, y, given=Z)
    weights = ib.gains_[:, None] * ib.components_
    assert_allclose([ib.rate_, ib.relevance_], information(weights, X, y, Z), atol=1e-8)
    assert ib.score(X, y, given=Z) == pytest.approx(ib.relevance_, abs=1e-10)


def test_what_the_condition_explains_is_not_kept():
    rng = np.random.default_rng(0)
    z, x, e = rng.normal(size=(3, 3000))
    X = np.column_stack([z + 0.1 * rng.normal(size=3000), x])
    y = 3 * z + x + 0.5 * e
    ib = GaussianIB(3.0, shrinkage=None).fit(X, y, given=z)
    directions = np.abs(ib.components_[0])
    assert directions[0] * X[:, 0].std() < 0.2 * directions[1]
    assert ib.mutual_info_ == pytest.approx(0.5 * np.log(5), abs=0.05)
    design = np.column_stack([np.ones(3000), z, x])
    exact = design @ np.linalg.lstsq(design, y, rcond=None)[0]
    assert np.std(GaussianIB(shrinkage=None).fit(X, y, given=z).predict(X, given=z) - exact) < 0.05


def test_a_condition_that_explains_anything_is_warned_of():
    X, y, Z = (np.random.default_rng(seed).normal(size=(20, 25)) for seed in range(3))
    with pytest.warns(skib.UnreliableEstimateWarning, match="given has 25 columns for 20 rows"):
        assert GaussianIB().fit(X, y, given=Z).mutual_info_ == 0
    GaussianIB().fit(X, y, given=Z[:, :2])


def test_a_condition_passes_through_a_search():
    rng = np.random.default_rng(0)
    X, y = draw(200, 0)
    Z = rng.normal(size=200)
    with sklearn.config_context(enable_metadata_routing=True):
        ib = GaussianIB().set_fit_request(given=True).set_score_request(given=True)
        search = GridSearchCV(ib, {"beta": [2.0, 20.0]}, cv=3).fit(X, y, given=Z)
    assert search.best_params_ == {"beta": 20.0}
    with pytest.raises(ValueError, match="given has 0 columns, but 1 in fit; pass `given` here as in fit"):
        GaussianIB().fit(X, y, given=Z).score(X, y)


# --- classes, hostile tables, containers


@pytest.mark.filterwarnings("ignore:column .* share at least")  # the classes of iris bend along a petal
@pytest.mark.parametrize("load", [load_wine, load_iris])
def test_one_column_per_class_leads_to_the_directions_of_discriminant_analysis(load):
    X, y = load(return_X_y=True)
    lda = LinearDiscriminantAnalysis(solver="eigen").fit(X, y)
    ib = GaussianIB(shrinkage=None).fit(X, pd.get_dummies(y))
    assert len(ib.gains_) == 2
    assert subspace_angles(ib.components_.T, lda.scalings_[:, :2]).max() < 1e-6


@pytest.mark.parametrize("labels", [["a", "b"], pd.Series(["a", "b"], dtype="category")])
def test_class_labels_are_refused_with_a_remedy(labels):
    X, _ = draw(20, 0)
    with pytest.raises(ValueError, match=r"y holds class labels.*pandas.get_dummies"):
        GaussianIB().fit(X, np.tile(labels, 10))
    with pytest.raises(ValueError, match="y holds dates"):
        GaussianIB().fit(X, pd.date_range("2020-01-01", periods=20))
    with pytest.raises(ValueError, match="requires y"):
        GaussianIB().fit(X, None)
    with pytest.raises(ValueError, match="at least 3 rows"):
        GaussianIB().fit(X[:2], X[:2])


def test_constant_columns_have_no_weight():
    X, y = draw(100, 0)
    wide = np.column_stack([np.full(100, 3.0), X, np.zeros(100)])
    one, other = GaussianIB(9.0).fit(X, y), GaussianIB(9.0).fit(wide, np.column_stack([y, np.ones(100)]))
    assert_array_equal(other.components_[:, [0, -1]], 0)
    assert_allclose(other.transform(wide), one.transform(X), atol=1e-12)
    assert_allclose(other.predict(wide)[:, -1], 1.0)
    with pytest.warns(skib.ConstantInputWarning, match="y is constant"):
        none = GaussianIB(9.0).fit(X, np.ones(100))
    assert (none.mutual_info_, none.rate_, len(none.gains_)) == (0.0, 0.0, 0)


def test_copies_of_columns_do_not_matter_without_shrinkage():
    X, y = draw(200, 0)
    one, other = (GaussianIB(3.0, shrinkage=None).fit(part, y) for part in (X, np.hstack([X, X[:, :3]])))
    assert other.relevance_ == pytest.approx(one.relevance_, abs=1e-8)
    assert_allclose(np.abs(other.transform(np.hstack([X, X[:, :3]]))), np.abs(one.transform(X)), atol=1e-6)


def test_one_column_and_whole_numbers():
    rng = np.random.default_rng(0)
    x = rng.poisson(20, 500)
    y = x + rng.poisson(20, 500)
    ib = GaussianIB(5.0, shrinkage=None).fit(x[:, None], y)
    r = np.corrcoef(x, y)[0, 1]
    assert ib.mutual_info_ == pytest.approx(-0.5 * np.log(1 - r**2))
    assert ib.gains_[0] ** 2 == pytest.approx((5 * r**2 - 1) / (1 - r**2))
    tied = GaussianIB(marginals="rank").fit(x[:, None], y)
    assert tied.mutual_info_ == pytest.approx(ib.mutual_info_, abs=0.1)


def test_frames_pipelines_pickles():
    pl = pytest.importorskip("polars")
    X, y = draw(60, 0)
    frame = pd.DataFrame(X, columns=list("abcdefgh"))
    expected = GaussianIB(9.0).fit(X, y).transform(X)
    ib = GaussianIB(9.0).fit(frame, pd.DataFrame(y))
    assert_allclose(ib.transform(frame), expected)
    assert_allclose(GaussianIB(9.0).fit(pl.DataFrame(frame), pl.DataFrame(y)).transform(pl.DataFrame(frame)), expected)
    assert_array_equal(pickle.loads(pickle.dumps(ib)).transform(frame), ib.transform(frame))
    assert list(clone(ib).set_output(transform="pandas").fit_transform(frame, y)) == ["gaussianib0"]
    assert_allclose(np.abs(make_pipeline(StandardScaler(), GaussianIB(9.0)).fit(X, y).transform(X)), np.abs(expected))


def test_kernel_features_see_what_columns_do_not():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 2))
    y = X[:, 0] ** 2 + 0.5 * rng.normal(size=1000)
    kernel = make_pipeline(Nystroem(gamma=0.5, n_components=50, random_state=0), GaussianIB(50.0))
    with pytest.warns(skib.UnreliableEstimateWarning):  # bins of single features show even more
        kernel.fit(X[:500], y[:500])
    assert kernel.score(X[500:], y[500:]) > 0.3
