"""Sparse Gaussian bottleneck: planted columns, copies, exact steps, optima, the path and its drawing."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import approx_fprime, minimize, minimize_scalar
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

import skib
from skib.bottleneck import GaussianIB, SparseGaussianIB, SparseGaussianIBDisplay
from skib.bottleneck._sparse_gaussian_descent import GainDescent, best_gain
from skib.bottleneck._sparse_gaussian_path import gain_path


def planted(n_samples, seed):
    """30 columns, of which 4, 11 and 20 are related to two targets, ever less; 25 repeats column 4 with noise."""
    rng = np.random.default_rng(seed)
    X, e = rng.normal(size=(n_samples, 30)), rng.normal(size=(n_samples, 2))
    X[:, 25] = X[:, 4] + 0.3 * rng.normal(size=n_samples)
    y = X[:, [4, 11, 20]] @ [[1.0, 0.3], [0.2, 0.8], [0.4, -0.4]] + 0.7 * e
    return X, y


def covariances(seed, n_features=12, n_targets=3):
    """Correlations of strongly dependent columns, and their covariances given some mixtures of them with noise."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(n_features, n_features + 2))
    total = factors @ factors.T
    sizes = np.sqrt(np.diag(total))
    total /= np.outer(sizes, sizes)
    mix = rng.normal(size=(n_features, n_targets))
    of_y = mix.T @ total @ mix + np.eye(n_targets) * rng.uniform(0.5, 10)
    return total, total - total @ mix @ np.linalg.solve(of_y, mix.T @ total)


def lagrangian(gains, total, rest, beta):
    """The objective from its definition."""
    one = np.eye(len(gains))
    both = [np.linalg.slogdet(one + gains[:, None] * part)[1] / 2 for part in (total, rest)]
    return np.log1p(gains).sum() / 2 - beta * (both[0] - both[1])


@pytest.mark.parametrize("seed", range(4))
def test_planted_columns_come_in_order_and_all_others_stay_0(seed):
    X, y = planted(1000, seed)
    ib = SparseGaussianIB(beta=25.0).fit(X, y)
    assert ib.get_support(indices=True).tolist() == [4, 11, 20]
    entries = ib.entry_betas_[[4, 11, 20]]
    assert entries[0] < entries[1] < entries[2] <= 25
    assert_array_equal(np.delete(ib.rates_, [4, 11, 20]), 0.0)
    assert ib.entry_betas_[25] == np.inf


@pytest.mark.parametrize("seed", range(4))
def test_of_exact_copies_one_is_kept(seed):
    X, y = planted(500, seed)
    X[:, 25] = 3 * X[:, 4] + 1
    ib = SparseGaussianIB(beta=25.0, shrinkage=None).fit(X, y)
    path = ib.path_.pivot(index="beta", columns="feature", values="rate")
    assert not ((path["x4"] > 0) & (path["x25"] > 0)).any()
    assert (ib.rates_[[4, 25]] > 0).sum() == 1


@pytest.mark.parametrize("beta", [2.0, 6.0, 30.0])
def test_values_are_those_of_log_determinants(beta):
    X, y = planted(300, 0)
    ib = SparseGaussianIB(beta, shrinkage=None).fit(X, y)
    joint = np.cov(np.hstack([X, y]).T, bias=True)
    joint /= np.sqrt(np.outer(np.diag(joint), np.diag(joint)))
    rest = joint[:30, :30] - joint[:30, 30:] @ np.linalg.solve(joint[30:, 30:], joint[30:, :30])
    powers = ib.gains_[:, None] ** 2
    rate, left = (np.linalg.slogdet(np.eye(30) + powers * part)[1] / 2 for part in (joint[:30, :30], rest))
    assert_allclose([ib.rate_, ib.relevance_], [rate, rate - left], atol=1e-8)
    assert_allclose(ib.rates_, 0.5 * np.log1p(ib.gains_**2), atol=1e-14)
    assert ib.rate_ <= ib.rates_.sum() + 1e-12
    assert ib.score(X, y) == pytest.approx(ib.relevance_, abs=1e-9)


def test_one_column_and_one_target_have_a_closed_form():
    """(1 + d)^-1 = beta r^2 / ((1 + d) (1 + d (1 - r^2))): the gain is that of the Gaussian bottleneck."""
    rng = np.random.default_rng(0)
    x, e = rng.normal(size=(2, 200))
    one, other = (kind(8.0, shrinkage=None).fit(x[:, None], x + e) for kind in (SparseGaussianIB, GaussianIB))
    assert_allclose(one.gains_, other.gains_, rtol=1e-6)
    assert (one.rate_, one.relevance_) == (pytest.approx(other.rate_), pytest.approx(other.relevance_))


def test_a_step_is_the_global_optimum_of_one_gain():
    rng = np.random.default_rng(0)
    for _ in range(300):
        a = rng.uniform(1e-3, 1)
        b, beta = a * rng.uniform(0, 1), np.exp(rng.uniform(0, 5))

        def value(rate, a=a, b=b, beta=beta):
            d = np.expm1(2 * rate)
            return rate - beta / 2 * (np.log1p(d * a) - np.log1p(d * b))

        grid = np.linspace(0, 11, 400)
        start = grid[np.argmin([value(rate) for rate in grid])]
        best = minimize_scalar(value, bounds=(max(start - 0.1, 0), start + 0.1), method="bounded").fun
        found = best_gain(a, b, beta)
        assert value(0.5 * np.log1p(found)) < min(best, 0) + 1e-9


@pytest.mark.parametrize("beta", [3.0, 20.0])
def test_gradients_vanish_where_gains_are_open_and_point_up_where_not(beta):
    total, rest = covariances(0)
    gains = gain_path(total, rest, beta, 10, 1e-10).gains[-1]
    rates = 0.5 * np.log1p(gains)
    gradient = approx_fprime(rates, lambda r: lagrangian(np.expm1(2 * np.abs(r)), total, rest, beta), 1e-6)
    assert (gains > 0).any() and (gains == 0).any()
    assert_allclose(gradient[gains > 0], 0, atol=1e-4)
    assert (gradient[gains == 0] > -1e-4).all()


@pytest.mark.parametrize("seed", range(4))
def test_no_other_start_is_better(seed):
    total, rest = covariances(seed)
    rng = np.random.default_rng(seed)
    for beta in (3.0, 50.0):
        path = gain_path(total, rest, beta, 15, 1e-7)
        best = lagrangian(path.gains[-1], total, rest, beta)
        assert path.converged
        assert GainDescent(total, rest, 1e-7).objective(path.gains[-1], beta) == pytest.approx(best, abs=1e-8)
        for _ in range(4):
            start = rng.exponential(1, 12) * (rng.random(12) < 0.6)
            other = minimize(
                lambda r, beta=beta: lagrangian(np.expm1(2 * r), total, rest, beta), start, bounds=[(0, 12)] * 12
            )
            assert best < other.fun + 1e-6


@pytest.mark.parametrize("seed", range(5))
def test_columns_that_are_of_use_only_together_are_found(seed):
    # y is the difference of two columns that hardly differ; a third column by itself has more than either of them.
    rng = np.random.default_rng(seed)
    base, signal, other, noise = rng.normal(size=(4, 500))
    X = np.column_stack([base, base + 0.03 * signal, 0.5 * signal + other])
    ib = SparseGaussianIB(beta=30.0).fit(X, signal + 0.3 * noise)
    assert ib.get_support(indices=True).tolist() == [0, 1]
    assert ib.relevance_ == pytest.approx(0.5 * np.log(1 + 1 / 0.09), abs=5 / np.sqrt(2 * 500))


@pytest.mark.parametrize("beta", [20.0, 2000.0])
def test_the_path_of_columns_that_are_of_use_only_together(beta):
    rng = np.random.default_rng(0)
    base, signal, noise = rng.normal(size=(3, 500))
    X, y = np.column_stack([base, base + 0.1 * signal]), signal + 0.3 * noise
    ib = SparseGaussianIB(beta=beta).fit(X, y)
    assert ib.get_support().all()
    first = ib.path_["beta"].min()  # that of the best mixture of both, far below that of either column
    assert first == pytest.approx(GaussianIB(shrinkage=None).fit(X, y).critical_betas_[0])
    assert first < ib.entry_betas_[0] == ib.entry_betas_[1] < 20
    assert SparseGaussianIB(beta=beta, n_features_to_select=1).fit(X, y).get_support().sum() <= 1


def test_a_path_of_one_beta_cannot_bound_the_number_of_columns():
    with pytest.raises(
        ValueError, match=r"as few as n_features_to_select=1 columns: beta=25, .* keeps 3; raise n_betas"
    ):
        SparseGaussianIB(beta=25.0, n_features_to_select=1, n_betas=1).fit(*planted(1000, 0))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning", "ignore::skib.UnreliableEstimateWarning")
def test_a_huge_beta_loses_no_relevance():
    X, y = planted(1000, 0)
    X = X[:, [4, 11, 20, 0, 1, 25]]
    best = SparseGaussianIB(beta=1e4, n_betas=10).fit(X, y).relevance_
    for beta in (1e8, 1e12, 1e16):
        assert best - 1e-9 < SparseGaussianIB(beta=beta, n_betas=10).fit(X, y).relevance_ < best + 1e-3
    SparseGaussianIB(beta=1e300, n_betas=3).fit(X, y)  # no square of it leaves the range of floats


def test_the_path_begins_at_the_critical_beta_and_relevance_rises():
    X, y = planted(400, 0)
    ib = SparseGaussianIB(beta=40.0, shrinkage=None).fit(X, y[:, 0])
    correlations = [np.corrcoef(column, y[:, 0])[0, 1] for column in X.T]
    assert ib.path_["beta"].iloc[0] == pytest.approx(1 / np.max(np.square(correlations)))
    whole = ib.path_.groupby("beta")["relevance"].first()
    assert (np.diff(whole) > -1e-9).all() and whole.iloc[0] == 0
    assert whole.iloc[-1] == ib.relevance_ < GaussianIB(shrinkage=None).fit(X, y[:, 0]).mutual_info_
    assert len(ib.path_) == 30 * 30 and list(ib.path_) == ["beta", "feature", "rate", "relevance"]


def test_the_number_of_columns_may_be_bounded():
    X, y = planted(1000, 0)
    two = SparseGaussianIB(100.0, n_features_to_select=2).fit(X, y)
    assert two.get_support(indices=True).tolist() == [4, 11]
    assert two.beta_ < 100.0
    assert two.transform(X).shape == (1000, 2)
    assert_array_equal(two.transform(X), X[:, [4, 11]])


def test_ranks_do_not_change_under_monotone_maps():
    X, y = planted(300, 0)
    one, other = (SparseGaussianIB(15.0, marginals="rank").fit(f(X), f(y)) for f in (lambda v: v, np.exp))
    assert_array_equal(other.rates_, one.rates_)
    assert other.score(np.exp(X), np.exp(y)) == one.score(X, y)


def test_fewer_rows_than_columns():
    X, y = planted(25, 0)
    ib = SparseGaussianIB(beta=4.0).fit(X, y)
    assert ib.converged_ and ib.shrinkage_ == 0
    assert {4, 25} & set(ib.get_support(indices=True))
    assert ib.score(*planted(2000, 1)) > 0.2
    assert 0 < SparseGaussianIB(beta=100.0, shrinkage="ledoit_wolf").fit(X, y).shrinkage_ < 1


def test_score_chooses_a_beta():
    X, y = planted(150, 0)
    search = GridSearchCV(SparseGaussianIB(shrinkage=None, n_betas=5), {"beta": [3.0, 10.0, 30.0, 1000.0]}, cv=3)
    chosen = search.fit(X, y).best_estimator_
    new = planted(5000, 1)
    assert set(chosen.get_support(indices=True)) >= {4, 11}
    assert chosen.score(*new) > SparseGaussianIB(1000.0, shrinkage=None, n_betas=5).fit(X, y).score(*new) + 0.1


def test_a_condition_takes_its_part_away():
    X, y = planted(1000, 0)
    ib = SparseGaussianIB(beta=25.0).fit(X, y, given=X[:, 4])
    assert ib.get_support(indices=True).tolist() == [11, 20]
    assert ib.predict(X, given=X[:, 4]).shape == y.shape
    assert ib.score(X, y, given=X[:, 4]) > 0.1


def test_nothing_is_kept_below_the_critical_beta():
    X, y = planted(200, 0)
    ib = SparseGaussianIB(beta=1.0).fit(X, y)
    assert (ib.rate_, ib.relevance_, ib.get_support().any()) == (0.0, 0.0, False)
    for table in (X, pd.DataFrame(X)):
        with pytest.warns(skib.SkibWarning, match="No features were selected: beta=1 does not exceed"):
            assert ib.transform(np.asarray(table)).shape == (200, 0)
    assert_allclose(ib.predict(X), np.broadcast_to(y.mean(axis=0), y.shape), atol=1e-12)


def test_determined_targets_and_constant_columns():
    X, _ = planted(200, 0)
    X[:, 3] = 1.0
    with pytest.warns(skib.UnreliableEstimateWarning, match=r"columns \[7\] of X are determined by y"):
        ib = SparseGaussianIB(beta=5.0, shrinkage=None).fit(X, X[:, 7])
    assert ib.get_support(indices=True).tolist() == [7]
    assert np.isfinite(ib.relevance_) and np.isfinite(ib.predict(X)).all()


def test_a_descent_that_does_not_end_warns(monkeypatch):
    monkeypatch.setattr("skib.bottleneck._sparse_gaussian_descent._MOST_SWEEPS", 1)
    with pytest.warns(ConvergenceWarning, match="did not end"):
        assert not SparseGaussianIB(beta=25.0).fit(*planted(200, 0)).converged_


def test_frames_pipelines_pickles():
    pl = pytest.importorskip("polars")
    X, y = planted(1000, 0)
    names = [f"c{j}" for j in range(30)]
    frame = pd.DataFrame(X, columns=names)
    ib = SparseGaussianIB(25.0).fit(frame, pd.DataFrame(y))
    assert list(ib.get_feature_names_out()) == ["c4", "c11", "c20"]
    assert set(ib.path_["feature"]) == set(names)
    polars = clone(ib).set_output(transform="polars").fit(pl.DataFrame(frame), pl.DataFrame(y))
    assert polars.transform(pl.DataFrame(frame)).columns == ["c4", "c11", "c20"]
    assert_array_equal(pickle.loads(pickle.dumps(ib)).rates_, ib.rates_)
    pipeline = make_pipeline(SparseGaussianIB(25.0), LinearRegression()).fit(X, y)
    assert pipeline.score(X, y) > 0.6


# --- the drawing


def test_display_draws_the_columns_that_are_kept():
    pytest.importorskip("matplotlib")
    X, y = planted(1000, 0)
    ib = SparseGaussianIB(25.0).fit(X, y)
    display = SparseGaussianIBDisplay.from_estimator(ib).plot(units="bits")
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == ["x4", "x11", "x20"]
    last = display.ax_.lines[0].get_ydata()[-1]
    assert last == pytest.approx(skib.in_bits(ib.rates_[4]))
    assert display.ax_.get_ylabel().endswith("[bits]")
    other = SparseGaussianIBDisplay.from_estimator(ib).plot(ax=display.ax_)
    assert other.figure_ is display.figure_
    with pytest.raises(ValueError, match="units must be one of"):
        display.plot(units="bans")
    with pytest.raises(TypeError, match="GaussianIB has no path of rates"):
        SparseGaussianIBDisplay.from_estimator(GaussianIB().fit(X, y))
