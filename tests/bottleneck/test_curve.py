"""The information curve: closed forms, certificates against enumeration, jumps, envelopes, the convex Lagrangians."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.special import softmax
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from skib.bottleneck import InformationBottleneck, InformationCurve, InformationCurveDisplay
from skib.bottleneck._dual import binary_excess, found_excess, log_dual_weights
from skib.bottleneck._envelope import best_on_envelope, upper_envelope
from skib.bottleneck._joint import read_joint
from skib.bottleneck._quantized import quantized
from skib.bottleneck._rows import distinct_rows, joint_of_encoder
from skib.information_plane import InformationPlane, InformationPlaneDisplay
from skib.mutual_info import Binned
from tests.bottleneck.test_information_bottleneck import ONSET, SYMMETRIC, random_rows, symmetric_channel
from tests.naive import bottleneck as naive


def rows_of(X, weights=None):
    return distinct_rows(read_joint(BaseEstimator(), X, weights))[0]


# --- closed forms


def test_symmetric_channel():
    betas = ONSET * np.array([0.9, 1.05, 1.3, 2.0, 3.3])
    curve = InformationCurve(betas).fit(SYMMETRIC)
    truth = np.array([(0, 0), *(symmetric_channel(beta) for beta in betas[1:])]).T
    np.testing.assert_allclose([curve.rates_, curve.relevances_], truth, atol=1e-6)
    assert curve.beta_stability_ == pytest.approx(ONSET)
    assert curve.certified_ and curve.gaps_.max() < 1e-6
    assert curve.on_envelope_.all() and not curve.jumps_.size
    assert curve.n_clusters_.tolist() == [1, 2, 2, 2, 2]


def test_grid_of_its_own_is_dense_where_the_curve_moves():
    curve = InformationCurve().fit(SYMMETRIC)
    assert curve.betas_[0] == 1 and curve.relevances_[-1] > 0.99 * curve.mutual_info_
    assert (np.diff(curve.rates_) / curve.rates_.max() < 1 / 16 + 1e-9).all()
    assert (np.diff(curve.betas_) > 0).all() and len(curve.betas_) <= 40
    assert len(InformationCurve(n_betas=6).fit(SYMMETRIC).betas_) == 6


def test_deterministic_target_jumps_at_one_and_convex_lagrangians_fill_the_jump():
    rows, betas = np.eye(3), np.array([0.0, 0.8, 1.5, 2.1, 4.0])
    linear = InformationCurve().fit(rows)
    assert linear.jumps_.shape == (1, 3)
    np.testing.assert_allclose(linear.jumps_[0], [1, 0, np.log(3)], atol=1e-2)
    np.testing.assert_allclose(linear.envelope_, [[0, np.log(3)]] * 2, atol=1e-7)
    squared = InformationCurve(betas, lagrangian="squared").fit(rows)
    np.testing.assert_allclose(squared.rates_, np.minimum(betas / 2, np.log(3)), atol=1e-7)
    np.testing.assert_allclose(squared.relevances_, squared.rates_, atol=1e-7)
    exponential = InformationCurve(betas, lagrangian="exponential").fit(rows)
    expected = np.clip(np.log(np.maximum(betas, 1)), 0, np.log(3))
    np.testing.assert_allclose(exponential.rates_, expected, atol=1e-7)
    assert np.isnan(exponential.gaps_).all()


def test_squared_lagrangian_is_a_linear_one_where_the_curve_bends():
    """At its best point u'(rate) = beta / (the linear beta of that point)."""
    curve = InformationCurve([1.0, 2.0, 3.0], lagrangian="squared", n_betas=80).fit(SYMMETRIC)
    for beta, rate in zip(curve.betas_, curve.rates_, strict=True):
        assert symmetric_channel(beta / (2 * rate))[0] == pytest.approx(rate, rel=0.05)


# --- certificates


@pytest.mark.parametrize("seed", range(3))
def test_certificate_holds_and_is_tight_for_binary_targets(seed):
    rows, weights = random_rows(seed, n=5, m=2)
    curve, rng = InformationCurve([1.5, 3.0, 8.0, 30.0]).fit(rows, sample_weight=weights), np.random.default_rng(seed)
    assert curve.certified_ and curve.gaps_.max() < 1e-5
    for beta, objective, gap in zip(curve.betas_, curve.objectives_, curve.gaps_, strict=True):

        def value(logits, beta=beta):
            return naive.objective(weights, rows, softmax(logits.reshape(5, 4), axis=1), beta)

        found = min(minimize(value, rng.normal(size=20) * 3, method="L-BFGS-B").fun for _ in range(4))
        assert found >= objective - gap - 1e-9


@pytest.mark.parametrize("beta", [1.5, 4.0, 40.0])
@pytest.mark.parametrize("seed", range(4))
def test_bound_of_the_dual_is_above_every_center_and_near_the_largest(seed, beta):
    """Of a poor encoder, whose bound is large."""
    X, weights = random_rows(seed, n=8, m=2)
    X[0] = [1, 0]
    rows, rng = rows_of(X, weights), np.random.default_rng(seed)
    log_duals = log_dual_weights(rows, joint_of_encoder(rows, rng.dirichlet(np.ones(2), 8)), beta)
    c = np.concatenate([np.linspace(0, 1, 20001)[1:-1], [1e-15, 1 - 1e-15]])
    p = rows.matrix.toarray()[:, [1]]
    values = np.log(np.exp(log_duals[:, None] + beta * (p * np.log(c) + (1 - p) * np.log1p(-c))).sum(axis=0))
    excess = binary_excess(rows, log_duals, beta)
    assert max(values.max(), 0) <= excess.bound <= max(values.max(), 0) + 1e-5
    climbed = found_excess(rows, log_duals, beta, np.empty((2, 0)))
    assert climbed.bound <= excess.bound + 1e-9
    best = c[np.argmax(values)]
    climbed = found_excess(rows, log_duals, beta, 0.3 * np.array([[1 - best], [best]]))  # of any weight
    assert max(values.max(), 0) - 1e-9 <= climbed.bound <= excess.bound + 1e-9


def test_excess_of_a_cluster_that_is_missing_is_found():
    """At beta above the onset a single cluster is no minimum, and the new centers are those of the channel."""
    rows = rows_of(SYMMETRIC)
    log_duals = log_dual_weights(rows, joint_of_encoder(rows, np.ones((2, 1))), 2 * ONSET)
    for excess in (
        binary_excess(rows, log_duals, 2 * ONSET),
        found_excess(rows, log_duals, 2 * ONSET, np.empty((2, 0))),
    ):
        assert excess.bound > 0.01
        assert np.sort(excess.centers[:, 1]).round(1).tolist() == pytest.approx([0.1, 0.9])


def test_many_rows_of_a_binary_target_are_put_into_cells():
    rng = np.random.default_rng(0)
    p, weights = rng.beta(2, 2, 1500), rng.random(1500)
    rows = rows_of(np.stack([1 - p, p], axis=1), weights)
    cells, inverse, lost = quantized(rows, 64)
    p_sorted = rows.matrix.toarray()[:, 1]
    assert len(cells.weights) <= 64
    np.testing.assert_allclose(np.bincount(inverse, rows.weights), cells.weights)
    assert (np.diff(inverse[np.argsort(p_sorted)]) >= 0).all()
    full, fewer = (r.weights[:, None] * r.matrix.toarray() for r in (rows, cells))
    assert lost == pytest.approx(naive.information(full) - naive.information(fewer), abs=1e-12)
    assert 0 < lost < 2e-4
    curve = InformationCurve([2.0, 6.0, 12.0]).fit(np.stack([1 - p, p], axis=1), sample_weight=weights)
    assert curve.certified_ and (curve.gaps_ < 2e-5 * curve.betas_).all()
    exact = InformationBottleneck(20, beta=6.0, n_init=2, random_state=0).fit(
        np.stack([1 - p, p], axis=1), sample_weight=weights
    )
    assert abs(curve.objectives_[1] - exact.objective_) < 1e-4
    assert curve.objectives_[1] - curve.gaps_[1] <= exact.objective_ + 1e-9


@pytest.mark.parametrize("columns", [[0, 3], [2]])
def test_columns_without_counts_do_not_matter(columns):
    X = np.zeros((6, 4))
    X[:, columns] = random_rows(1, n=6, m=len(columns))[0]
    curve, other = (InformationCurve([2.0, 6.0]).fit(rows) for rows in (X, X[:, columns]))
    assert curve.certified_
    np.testing.assert_allclose(curve.rates_, other.rates_, atol=1e-12)
    assert curve.mutual_info_ == pytest.approx(other.mutual_info_)


# --- anneals from both ends


@pytest.mark.parametrize("seed", range(3))
def test_curve_is_never_above_a_single_fit(seed):
    rows, weights = random_rows(seed, n=20, m=5)
    betas = np.array([2.0, 3.0, 4.0, 6.0, 10.0])
    curve = InformationCurve(betas).fit(rows, sample_weight=weights)
    single = [InformationBottleneck(beta=beta).fit(rows, sample_weight=weights).objective_ for beta in betas]
    assert (curve.objectives_ <= np.array(single) + 1e-8).all()
    assert not curve.certified_ and (curve.gaps_ >= 0).all()
    assert (curve.relevances_ <= np.minimum(curve.rates_, curve.mutual_info_) + 1e-9).all()
    assert curve.mutual_info_ == pytest.approx(naive.information(weights[:, None] * rows), abs=1e-12)


def test_curve_leaves_zero_long_before_a_single_cluster_is_unstable():
    """Rows of one symbol each, rare among even ones: clusters of them pay, while no small change of the one does."""
    X = np.vstack([np.full((12, 4), 0.25), np.eye(4) * 0.94 + 0.015])
    weights = np.concatenate([np.full(12, 0.97 / 12), np.full(4, 0.03 / 4)])
    curve = InformationCurve([4.0, 4.5, 6.0]).fit(X, sample_weight=weights)
    assert curve.beta_stability_ > 30
    assert curve.rates_[0] == pytest.approx(0, abs=1e-9) and curve.rates_[1] > 0.02
    assert curve.gaps_.max() < 1e-8  # the ascent finds them, too


def test_jump_within_given_betas_is_found():
    """One of two copies of a deterministic Y is noisy: the first part of the curve is straight."""
    rows = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0.3, 0.7], [0, 0.2, 0.8]])
    curve = InformationCurve([0.5, 3.0, 50.0]).fit(rows)
    ((beta, before, after),) = curve.jumps_
    assert beta == pytest.approx(1, rel=3e-3)
    assert before == pytest.approx(0, abs=1e-6) and after == pytest.approx(0.562, abs=0.01)  # H(1/4)


@pytest.mark.parametrize(
    "betas", [None, [0.5, 50.0], [0.9, 0.99, 1.01, 1.1], np.linspace(0.999, 1.001, 22)], ids=["None", "2", "4", "22"]
)
def test_the_same_jump_is_found_whatever_the_betas(betas):
    rows = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0.3, 0.7], [0, 0.2, 0.8]])
    ((beta, before, after),) = InformationCurve(betas).fit(rows).jumps_
    assert beta == pytest.approx(1, abs=1e-4)
    assert before == pytest.approx(0, abs=1e-6) and after == pytest.approx(0.56234, abs=1e-4)


@pytest.mark.parametrize("betas", [None, [1.0, 5.0], np.linspace(1.55, 1.6, 11), [1.562, 1.5626, 1.57]])
def test_a_continuous_curve_has_no_jump_whatever_the_betas(betas):
    """The rate of the symmetric channel rises from 0 with a finite slope."""
    assert not InformationCurve(betas).fit(SYMMETRIC).jumps_.size


def test_display_of_anything_else_is_refused():
    with pytest.raises(TypeError, match=r"InformationBottleneck\(beta=2\) has no curve; pass a fitted"):
        InformationCurveDisplay.from_estimator(InformationBottleneck(beta=2).fit(SYMMETRIC))
    with pytest.raises(NotFittedError):
        InformationCurveDisplay.from_estimator(InformationCurve())


def test_number_of_clusters_is_limited():
    rows, weights = random_rows(4, n=20, m=5)
    curve = InformationCurve([3.0, 8.0, 30.0], n_clusters=3, random_state=0).fit(rows, sample_weight=weights)
    assert curve.n_clusters_.max() == 3
    with pytest.raises(ValueError, match="n_samples=20 should be >= n_clusters=21"):
        InformationCurve([3.0], n_clusters=21).fit(rows)


def test_many_rows_and_few_clusters():
    rng = np.random.default_rng(0)
    counts = rng.multinomial(50, rng.dirichlet(np.ones(4), 3)[np.arange(600) % 3])
    curve = InformationCurve([3.0, 50.0], n_clusters=3, random_state=0).fit(counts)
    assert curve.n_clusters_[-1] == 3
    sparse = InformationCurve([3.0, 50.0], n_clusters=3, random_state=0).fit(csr_array(counts))
    np.testing.assert_allclose(sparse.rates_, curve.rates_, atol=1e-9)


def test_conditional_curve():
    rows, weights, given = *random_rows(5, n=6, m=6), [0, 0, 1, 1, 2, 2]
    curve = InformationCurve([3.0, 12.0]).fit(rows, sample_weight=weights, given=given)
    single = InformationBottleneck(beta=12.0).fit(rows, sample_weight=weights, given=given)
    assert curve.objectives_[1] <= single.objective_ + 1e-9
    assert curve.mutual_info_ == pytest.approx(naive.conditional_information(weights[:, None] * rows, given))
    below, above = (
        InformationBottleneck(beta=curve.beta_stability_ * ratio).fit(rows, sample_weight=weights, given=given).rate_
        for ratio in (0.5, 1.05)
    )
    assert below == pytest.approx(0, abs=1e-12) and above > 0.01


def test_order_of_rows_does_not_matter():
    rows, weights = random_rows(6)
    order = np.random.default_rng(0).permutation(len(rows))
    one = InformationCurve([2.5, 6.0]).fit(rows, sample_weight=weights)
    other = InformationCurve([6.0, 2.5]).fit(rows[order], sample_weight=weights[order])
    np.testing.assert_allclose(other.rates_, one.rates_, atol=1e-9)


# --- the envelope


def test_envelope_is_concave_and_above_all_points():
    rng = np.random.default_rng(0)
    rates, relevances = rng.random((2, 40))
    envelope, on = upper_envelope(rates, relevances)
    slopes = np.diff(envelope[1]) / np.diff(envelope[0])
    assert (np.diff(slopes) < 0).all() and (slopes > 0).all() and envelope[:, 0].tolist() == [0, 0]
    assert (relevances <= np.interp(rates, *envelope) + 1e-12).all()
    assert sorted(rates[on]) == pytest.approx(envelope[0, 1:])


@pytest.mark.parametrize(("lagrangian", "cost"), [("squared", np.square), ("exponential", np.exp)])
def test_best_point_of_the_envelope_is_that_of_a_fine_grid(lagrangian, cost):
    envelope = np.array([[0, 0.3, 0.8, 1.5], [0, 0.28, 0.5, 0.6]])
    grid = np.linspace(0, 1.5, 15001)
    for beta in (0.0, 0.5, 1.2, 2.0, 3.0, 5.0, 12.0, 60.0):
        (rate,), _ = best_on_envelope(envelope, np.array([beta]), lagrangian)
        values = cost(grid) - beta * np.interp(grid, *envelope)
        assert rate == pytest.approx(grid[np.argmin(values)], abs=2e-4)


# --- what is refused, and the drawing


@pytest.mark.parametrize("betas", [[-1.0, 2.0], [np.nan], [], [[1.0, 2.0]], [np.inf]])
def test_betas_are_refused(betas):
    with pytest.raises(ValueError, match="betas must be a list of finite numbers"):
        InformationCurve(betas).fit(SYMMETRIC)


def test_too_few_steps():
    with pytest.warns(ConvergenceWarning, match="has not converged in 1 steps for 2 of 2 betas, first 4"):
        InformationCurve([4.0, 6.0], max_iter=1).fit(random_rows(0)[0])


def test_display():
    curve = InformationCurve().fit(np.eye(3) * 0.8 + 0.2 / 3)
    plt = pytest.importorskip("matplotlib.pyplot")
    display = InformationCurveDisplay.from_estimator(curve).plot(units="bits")
    labels = display.ax_.get_xlabel(), display.ax_.get_ylabel()
    assert labels == ("I(X;T) [bits]", "I(T;Y) [bits]")
    points = display.ax_.collections[0].get_offsets()
    np.testing.assert_allclose(points, np.stack([curve.rates_, curve.relevances_], axis=1) / np.log(2))
    n_lines = len(display.ax_.lines)
    assert n_lines == 3 + len(curve.jumps_)  # two limits and the envelope
    axes = plt.subplots()[1]
    assert InformationCurveDisplay([[0, 1], [0, 0.5]], [0, 2], [0, 1], [0, 0.5]).plot(axes).ax_ is axes
    with pytest.raises(ValueError, match="units must be one of"):
        display.plot(units="bit")
    plt.close("all")


def test_plane_draws_the_envelope():
    plt = pytest.importorskip("matplotlib.pyplot")
    curve = InformationCurve([1.6, 2.0, 3.0]).fit(SYMMETRIC)
    dump = {0: {"a": np.arange(60).reshape(30, 2) % 7}, "y": np.arange(30) % 2, "ids": range(30)}
    plane = InformationPlane(Binned(2), n_permutations=0).fit(dump)
    display = InformationPlaneDisplay.from_estimator(plane, curve=curve.envelope_).plot()
    line = next(line for line in display.ax_.lines if line.get_label() == "information bottleneck")
    np.testing.assert_allclose(line.get_xydata().T, curve.envelope_)
    plt.close("all")


def test_a_beta_of_zero_beside_others():
    curve = InformationCurve([0.0, 5.0]).fit([[0.9, 0.1], [0.1, 0.9]])
    assert [curve.rates_[0], curve.relevances_[0]] == pytest.approx([0, 0], abs=1e-12)
    assert curve.relevances_[1] > 0.3


@pytest.mark.parametrize("lagrangian", ["squared", "exponential"])
def test_convex_lagrangians_reach_the_end_of_the_curve(lagrangian):
    X = np.random.default_rng(0).dirichlet(np.ones(3), 5)
    curve = InformationCurve([1e6], lagrangian=lagrangian).fit(X)
    assert curve.rates_[0] == pytest.approx(np.log(5), abs=1e-9)
    assert curve.relevances_[0] == pytest.approx(curve.mutual_info_, abs=1e-12)


def test_huge_betas_need_no_more_intervals():
    curve = InformationCurve([1e20]).fit([[0.9, 0.1], [0.1, 0.9]])
    assert curve.relevances_[0] == pytest.approx(curve.mutual_info_, abs=1e-9)
