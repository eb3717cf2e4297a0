"""The frontier of error and disparities: rate-distortion functions, limits of one kind, convexity, certificates."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import brentq, minimize
from scipy.special import rel_entr
from scipy.stats import entropy

from skib.pid import fairness_frontier

FREE = 10.0


def error_of(*columns, global_limits=(FREE,), local_limits=(FREE,), **options):
    return fairness_frontier(*columns, global_limits=global_limits, local_limits=local_limits, **options).errors()


def drawn(seed, n_clients=2, n_groups=2, n_classes=2, n_samples=600):
    rng = np.random.default_rng(seed)
    client = rng.integers(0, n_clients, n_samples)
    group = np.minimum(rng.integers(0, n_groups, n_samples) + (rng.random(n_samples) < 0.2 * client), n_groups - 1)
    y = np.where(rng.random(n_samples) < 0.4, group % n_classes, rng.integers(0, n_classes, n_samples))
    return y, group, client


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("error", [0.1, 0.3])
def test_target_that_is_the_attribute_has_the_rate_distortion_function(n_classes, error):
    y = np.tile(np.arange(n_classes), 60)
    rate = np.log(n_classes) - entropy([error, 1 - error]) - error * np.log(max(n_classes - 1, 1))
    alike = np.repeat([0, 1], 30 * n_classes)
    for limits in ({"global_limits": [rate]}, {"local_limits": [rate]}):
        assert_allclose(error_of(y, y, alike, **limits).to_numpy(), error, atol=2e-5)


def test_clients_of_unlike_shares_have_limits_of_their_own():
    # Two clients with three and one quarters of the rows, in which y is the attribute: the slopes of both
    # rate-distortion functions, log((1 - d) / d), are equal at the least error, and so are their errors.
    y = np.tile([0, 1], 200)
    client = np.repeat([0, 1], [300, 100])
    error = brentq(lambda d: np.log(2) - entropy([d, 1 - d]) - 0.2, 1e-9, 0.5)
    assert_allclose(error_of(y, y, client, local_limits=[0.2]).to_numpy(), error, atol=2e-5)


def test_target_independent_of_the_attribute_needs_no_error():
    y, group, client = (codes.ravel() for codes in np.meshgrid([0, 1], [0, 1], [0, 1, 2]))
    assert error_of(y, group, client, global_limits=[0], local_limits=[0]).to_numpy() == pytest.approx(0, abs=1e-9)


def test_clients_that_are_the_groups_have_no_local_disparity():
    y, group, _ = drawn(0)
    errors = error_of(y, group, group, global_limits=[0, FREE], local_limits=[0])
    assert errors.loc[FREE, 0] == pytest.approx(0, abs=1e-9)
    # Without global disparity both groups have one rate of ones: between those of y, whatever lies there costs as much.
    rates, shares = np.array([y[group == z].mean() for z in (0, 1)]), np.bincount(group) / len(group)
    least = min(shares @ np.abs(rates - rate) for rate in rates)
    assert errors.loc[0, 0] == pytest.approx(least, abs=2e-5)


@pytest.mark.parametrize("seed", range(3))
def test_no_general_optimizer_finds_less(seed):
    y, group, client = drawn(seed)
    shares = np.zeros((2, 2, 2))
    np.add.at(shares, (y, group, client), 1 / len(y))
    limits = 0.01, 0.02
    frontier = fairness_frontier(y, group, client, global_limits=limits[:1], local_limits=limits[1:])
    error, gap = frontier.points.loc[0, ["error", "gap"]]
    assert gap <= 1e-5

    def channel(ones):
        ones = ones.reshape(2, 2, 2)
        return np.stack([1 - ones, ones], axis=-1) * shares[..., None]

    def disparities(joint):
        over_all, within = joint.sum(axis=(0, 2)), joint.sum(axis=0)
        product = over_all.sum(axis=1, keepdims=True) * over_all.sum(axis=0)
        of_client = within.sum(axis=(0, 2), keepdims=True)
        product_within = within.sum(axis=2, keepdims=True) * within.sum(axis=0, keepdims=True) / of_client
        return rel_entr(over_all, product).sum(), rel_entr(within, product_within).sum()

    def wrong(joint):
        return 1 - joint[0, ..., 0].sum() - joint[1, ..., 1].sum()

    predictor = channel(frontier.predictors[0][..., 1].ravel())
    assert_allclose(wrong(predictor), error, atol=1e-12)
    assert_allclose(disparities(predictor), frontier.points.loc[0, ["global_disparity", "local_disparity"]], atol=1e-9)
    assert (np.array(disparities(predictor)) <= np.array(limits) + 1e-9).all()
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(6):
        other = minimize(
            lambda ones: wrong(channel(ones)),
            rng.random(8),
            method="SLSQP",
            bounds=[(1e-6, 1 - 1e-6)] * 8,
            constraints={"type": "ineq", "fun": lambda ones: 0.999 * np.array(limits) - disparities(channel(ones))},
            options={"maxiter": 500, "ftol": 1e-10},
        )
        if (np.array(disparities(channel(other.x))) <= limits).all():
            assert other.fun >= error - gap - 1e-9
            found.append(other.fun)
    assert min(found) == pytest.approx(error, abs=1e-3)  # which has a thousandth less of both disparities


def test_frontier_falls_and_is_convex():
    y, group, client = drawn(1, n_clients=3, n_groups=2, n_classes=3)
    frontier = fairness_frontier(y, group, client)
    errors, points = frontier.errors().to_numpy(), frontier.points
    assert errors.shape == (6, 6) and points["gap"].max() <= 1e-5
    assert errors[-1, -1] == pytest.approx(0, abs=2e-5)
    assert points["global_limit"].max() == frontier.global_disparity
    assert points["local_limit"].max() == frontier.local_disparity
    for along in (errors, errors.T):
        assert (np.diff(along, axis=0) < 2e-5).all()
        assert (np.diff(along, 2, axis=0) > -4e-5).all()
    assert (points["global_disparity"] <= points["global_limit"] + 1e-9).all()
    assert (points["local_disparity"] <= points["local_limit"] + 1e-9).all()
    assert_allclose(np.nansum(frontier.predictors, axis=-1)[~np.isnan(frontier.predictors[..., 0])], 1)


def test_combinations_that_do_not_occur_have_no_prediction():
    y, group, client = drawn(3)
    kept = ~((y == 1) & (group == 0) & (client == 1))
    predictors = fairness_frontier(y[kept], group[kept], client[kept], local_limits=[0.0]).predictors
    assert np.isnan(predictors[:, 1, 0, 1]).all() and np.isnan(predictors).sum() == 2 * len(predictors)


def test_data_without_disparity_have_one_limit():
    _, group, client = drawn(0)
    points = fairness_frontier(np.ones(len(group)), group, client).points
    assert points[["global_limit", "local_limit", "error"]].to_numpy().tolist() == [[0, 0, 0]]


def test_limits_may_be_repeated():
    y, group, client = drawn(0)
    frontier = fairness_frontier(y, group, client, global_limits=[0.1, 0.1, 0], local_limits=[0.2])
    assert frontier.points["global_limit"].tolist() == [0.1, 0.1, 0]
    assert frontier.errors().index.tolist() == [0, 0.1]


def test_refusals():
    y, group, client = drawn(0)
    with pytest.raises(ValueError, match="global_limits must be"):
        fairness_frontier(y, group, client, global_limits=[-0.1])
    with pytest.raises(ValueError, match="local_limits"):
        fairness_frontier(y, group, client, local_limits=[np.nan])
    with pytest.raises(ValueError, match="rows but"):
        fairness_frontier(y, group[1:], client)
    with pytest.warns(UserWarning, match="gap of up to"):
        error_of(y, group, client, global_limits=[0.01], max_iter=2)
