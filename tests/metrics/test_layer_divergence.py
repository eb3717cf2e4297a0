"""Train against test: closed forms of a linear network on two Gaussian classes, nulls, errors, bad input."""

import numpy as np
import pytest
from scipy.special import digamma
from scipy.stats import wasserstein_distance

from skib import ConstantInputWarning, DuplicateRowsWarning, UnreliableEstimateWarning
from skib.metrics import _neighbor_divergence, layer_divergence
from skib.metrics._layer_divergence import _Slices
from skib.metrics._neighbor_divergence import NeighborDivergence, atoms_of, modeled_ratio


def naive_divergence(p, q, ratio, k):
    """The sum of the formula, by sorted distances; `ratio` is the log ratio of a row by the model."""
    total = 0
    equal = [[np.all(rows == row, axis=1).sum() for rows in (p, q)] for row in p]
    single_p = np.array([sum(pair) == 1 for pair in equal])
    single_q = np.array([np.all(np.r_[p, q] == row, axis=1).sum() == 1 for row in q])
    for i, row in enumerate(p):
        if not single_p[i]:
            total += digamma(equal[i][0]) - digamma(equal[i][1] + 1)
            continue
        others = np.flatnonzero(single_p & (np.arange(len(p)) != i))
        to_p, to_q = np.linalg.norm(p[others] - row, axis=1), np.linalg.norm(q[single_q] - row, axis=1)
        near_p, near_q = others[np.argsort(to_p)[:k]], np.flatnonzero(single_q)[np.argsort(to_q)[:k]]
        ends = np.sort(to_p)[k - 1], np.sort(to_q)[k - 1]
        n_p, n_q = np.sum(to_p <= max(ends)), np.sum(to_q <= max(ends))
        total += digamma(n_p + (ends[0] < ends[1])) - digamma(n_q + (ends[1] < ends[0])) + ratio(row)
        values = np.exp(ratio(q[near_q])) if ends[0] < ends[1] else np.exp(-ratio(p[near_p]))
        log_mean = np.log(values.mean()) + (values.var(ddof=1) / values.mean() ** 2 / (2 * k) if k > 1 else 0)
        total += -log_mean if ends[0] < ends[1] else log_mean
    return total / len(p) + digamma(len(q) + 1) - digamma(len(p))


@pytest.mark.parametrize("k", [1, 3])
def test_neighbors_and_atoms_equal_the_formula(k):
    rng = np.random.default_rng(0)
    p, q = rng.normal(size=(30, 2)), rng.normal(1, 2, size=(20, 2))

    def ratio(rows):
        return 0.3 * rows[..., 0] - 0.2 * rows[..., 1] ** 2

    p_atoms, q_atoms = np.where(rng.random((30, 1)) < 0.4, np.round(p), p), np.where(np.arange(20)[:, None] < 5, 0, q)
    for pair in ((p, q), (p_atoms, q_atoms)):
        rows, is_p = np.concatenate(pair), np.arange(50) < 30
        found = NeighborDivergence(rows, atoms_of(rows), k, 0.6).of(is_p, ~is_p, ratio(rows))
        assert found == pytest.approx(naive_divergence(*pair, ratio, k), abs=1e-12)


@pytest.mark.parametrize("length", [1, 6, 20, 10**6])
def test_lists_of_any_length_give_the_same(length, monkeypatch):
    """Those that end too soon are replaced; a sample that is a small part of all has none."""
    rng = np.random.default_rng(0)
    rows, ratio = rng.normal(size=(200, 3)), rng.normal(size=200)
    rows[:60] += 1
    rows[150:] = 5  # an atom
    divisions = [np.arange(200) < 60, rng.permutation(np.arange(200) < 60), np.arange(200) % 2 == 0]
    found = {}
    monkeypatch.setattr(_neighbor_divergence, "_LIST_SLACK", length)
    monkeypatch.setattr(_neighbor_divergence, "_LONGEST_LIST", length)
    for share in (0.3, 0.01):
        divergence = NeighborDivergence(rows, atoms_of(rows), 3, share)
        assert (divergence.lists is None) == (share < 0.1)
        found[share] = [
            divergence.of(is_p & kept, ~is_p & kept, ratio)
            for is_p in divisions
            for kept in (np.ones(200, bool), np.arange(200) % 10 > 0)
        ]
    assert found[0.3] == found[0.01]


@pytest.mark.parametrize(("n_units", "shift"), [(1, 1.0), (8, 1.0), (8, 2.0)])
def test_divergence_of_normal_samples_and_its_bound(n_units, shift):
    values, is_p, group = [], np.arange(1200) < 600, np.arange(1200) % 20
    for seed in range(12):
        rows = np.random.default_rng(seed).normal(size=(1200, n_units))
        rows[is_p] += shift / np.sqrt(n_units)
        ratio, bound = modeled_ratio(rows, is_p, group)
        values.append([NeighborDivergence(rows, atoms_of(rows), 3, 0.5).of(is_p, ~is_p, ratio), bound])
    means, errors = np.mean(values, axis=0), np.std(values, axis=0, ddof=1) / np.sqrt(12)
    truth = shift**2 / 2
    assert (means < truth + 4 * errors).all()
    assert means[0] > truth - 4 * errors[0]  # without the model .36 of .5 in eight units
    assert means[1] > 0.75 * truth


def test_rare_atoms_are_counted():
    """Of train 5 % of the rows are 0, of test one in 500, where neighbors of other rows would hide them."""
    rng, values = np.random.default_rng(0), []
    for _ in range(10):
        samples = [np.where(rng.random((500, 1)) < p, 0, rng.normal(size=(500, 3))) for p in (0.05, 0.002)]
        values.append(layer_divergence(*samples, n_permutations=0, random_state=0).kl.value)
    truth = 0.05 * np.log(25) + 0.95 * np.log(0.95 / 0.998)
    assert abs(np.mean(values) - truth) < 4 * np.std(values, ddof=1) / np.sqrt(10)
    assert np.mean(values) > 4 * np.std(values, ddof=1) / np.sqrt(10)


def test_counts_of_one_distribution():
    values = []
    for seed in range(20):
        counts = np.random.default_rng(seed).poisson(2, size=(2, 200, 2))
        values.append(layer_divergence(*counts, n_permutations=0, random_state=0).kl.value)
    assert abs(np.mean(values)) < 4 * np.std(values, ddof=1) / np.sqrt(20)


def test_the_bound_is_0_where_normal_distributions_say_nothing():
    train, test = np.random.default_rng(0).standard_cauchy(size=(2, 300, 2))
    assert 0 <= layer_divergence(train, test + 0.1, n_permutations=0, random_state=0).kl_bound.value < 0.05


def test_projections_equal_scipy():
    rng = np.random.default_rng(0)
    rows, first = rng.normal(size=(50, 3)), np.arange(50) < 20
    expected = [wasserstein_distance(rows[first, j], rows[~first, j]) for j in range(3)]
    np.testing.assert_allclose(_Slices(rows).distances(first, ~first), expected)


def linear_network(n_train, n_rows, seed):
    """The scalar output of a linear network on two Gaussian classes: rows of train given the weights, and of test.

    The weights are the mean of the n labeled training rows. Given them a training row times its label is normal around
    the weights, with a variance of 1 - 1/n in all directions (He and Goldfeld, section III).
    """
    rng = np.random.default_rng(seed)
    center = np.array([1.0, 0.0])
    weights = center + rng.normal(size=2) / np.sqrt(n_train)
    direction = weights / np.linalg.norm(weights)
    shift, variance = direction @ (weights - center), 1 - 1 / n_train
    train = shift + np.sqrt(variance) * rng.normal(size=(n_rows, 1))
    test = rng.normal(size=(n_rows, 1))
    return train, test, 0.5 * (variance - 1 - np.log(variance) + shift**2), shift


def test_closed_form_of_binary_gaussian_classification():
    errors, scores, distances = [], [], []
    for seed in range(12):
        train, test, truth, shift = linear_network(4, 1000, seed)
        found = layer_divergence(train, test, random_state=seed)
        errors.append(found.kl.value - truth)
        scores.append(errors[-1] / found.kl.std_error)
        quantiles = np.sqrt(0.75) * NORMAL_QUANTILES + shift - NORMAL_QUANTILES
        pooled = np.sqrt((1 + 0.75) / 2 + shift**2 / 4)
        distance = found.sliced_wasserstein
        distances.append((distance.value - np.mean(np.abs(quantiles)) / pooled) / distance.std_error)
    assert abs(np.mean(distances)) < 4 * np.std(distances, ddof=1) / np.sqrt(12)
    assert abs(np.mean(errors)) < 4 * np.std(errors, ddof=1) / np.sqrt(12)
    assert np.max(np.abs(scores)) < 4


NORMAL_QUANTILES = np.sort(np.random.default_rng(0).normal(size=100_000))


@pytest.mark.parametrize("shape", [(400, 300), (300, 400)])
def test_the_same_distribution(shape):
    values = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        train, test = (rng.normal(size=(n, 3)) for n in shape)
        found = layer_divergence(train, test, random_state=0, n_permutations=4)
        values.append([found.kl.value, found.sliced_wasserstein.value - found.sliced_wasserstein.null])
        assert found.sliced_wasserstein.null > 0
    errors = np.std(values, axis=0, ddof=1) / np.sqrt(12)
    assert (np.abs(np.mean(values, axis=0)) < 4 * errors).all()


def test_memorized_rows_are_told_from_new_ones():
    rng = np.random.default_rng(0)
    train, test = np.sign(rng.normal(size=(300, 2))) + 0.1 * rng.normal(size=(300, 2)), rng.normal(size=(300, 2))
    found = layer_divergence(train, test, random_state=0)
    for one in (found.kl, found.sliced_wasserstein):
        assert one.value - one.null > 4 * one.std_error


def test_scale_and_rotation_change_nothing():
    rng = np.random.default_rng(0)
    train, test = rng.normal(size=(100, 4)), rng.normal(0.5, 1, size=(100, 4))
    found = layer_divergence(train, test, random_state=0)
    scaled = layer_divergence(1e200 * train + 1e202, 1e200 * test + 1e202, random_state=0)
    assert scaled.kl.value == pytest.approx(found.kl.value, abs=1e-9)
    assert scaled.sliced_wasserstein.value == pytest.approx(found.sliced_wasserstein.value)
    rotation = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    rotated = layer_divergence(train @ rotation, test @ rotation, random_state=0)
    assert rotated.kl.value == pytest.approx(found.kl.value, abs=1e-9)
    assert layer_divergence(train, test, random_state=0) == found


def test_more_units_than_rows_and_constant_units():
    rng = np.random.default_rng(0)
    axes = rng.normal(size=(3, 500))
    train, test = (np.hstack([rng.normal(shift, 1, size=(200, 3)) @ axes, np.ones((200, 5))]) for shift in (0, 1))
    found = layer_divergence(train, test, n_components=3, random_state=0)
    assert abs(found.kl.value - 1.5) < 4 * found.kl.std_error
    every = layer_divergence(train, test, n_components=None, random_state=0)
    assert every.kl.value == pytest.approx(found.kl.value, abs=1e-6)


def test_dead_rows_are_counted():
    """Of train half the rows are 0, of test a quarter, the others alike: 1/2 log 2 + 1/2 log 2/3."""
    rng = np.random.default_rng(0)
    values = []
    for _ in range(10):
        samples = [np.where(rng.random((400, 1)) < p, 0, 1 + np.abs(rng.normal(size=(400, 1)))) for p in (0.5, 0.25)]
        values.append(layer_divergence(*samples, n_permutations=0, random_state=0).kl.value)
    truth = 0.5 * np.log(2) + 0.5 * np.log(2 / 3)
    assert abs(np.mean(values) - truth) < 4 * np.std(values, ddof=1) / np.sqrt(10)


def test_two_dumps_in_one_table():
    rng = np.random.default_rng(0)
    train, test = (
        {e: {"a": rng.normal(shift, 1, size=(n, 2)), "b": rng.normal(size=(n, 3))} for e in (0, 4)} | {"ids": range(n)}
        for n, shift in ((120, 2.0), (80, 0.0))
    )
    del test[0]["b"]
    table = layer_divergence(train, test, random_state=0)
    assert table[["epoch", "layer"]].drop_duplicates().values.tolist() == [[0, "a"], [4, "a"], [4, "b"]]
    assert table.columns.tolist() == ["epoch", "layer", "quantity", "value", "std_error", "null", "ceiling"]
    kl = table[table["quantity"] == "D(train || test)"].set_index(["epoch", "layer"])
    assert (kl["value"] > 1).tolist() == [True, True, False]
    assert layer_divergence(train, test, random_state=0, n_jobs=2).equals(table)
    with pytest.raises(ValueError, match="no epoch and layer in common"):
        layer_divergence(train, {9: {"a": test[0]["a"]}, "ids": range(80)})


@pytest.mark.parametrize("n_units", [2, 40])
def test_rows_in_common_are_warned_of(n_units):
    rows = np.random.default_rng(0).normal(size=(100, n_units))
    with pytest.warns(DuplicateRowsWarning, match="80% of the rows of train are rows of test as well"):
        assert layer_divergence(rows, rows[:80], random_state=0).kl.value < 0


def test_noisy_copies_are_warned_of():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 5))
    with pytest.warns(UnreliableEstimateWarning, match="standard errors below its null, as where rows of test"):
        layer_divergence(rows, rows + 0.1 * rng.normal(size=rows.shape), random_state=0)


def test_constant_layers_are_warned_of():
    with pytest.warns(ConstantInputWarning, match="the layer is constant over all 100 rows"):
        found = layer_divergence(np.ones((50, 2)), np.ones((50, 2)))
    assert (found.kl.value, found.sliced_wasserstein.value) == (0, 0)


@pytest.mark.parametrize(
    ("train", "test", "options", "message"),
    [
        (np.zeros((50, 2)), np.zeros((50, 3)), {}, "train has 2 units and test 3"),
        (np.zeros((50, 2)), np.zeros((20, 2)), {}, "test has 20 rows; pass at least 40"),
        (np.zeros((50, 2)), np.full((50, 2), np.nan), {}, "test contains NaN"),
        (np.zeros((50, 2)), np.zeros((50, 2)), {"n_neighbors": 0}, "n_neighbors == 0, must be >= 1"),
        (np.zeros((50, 2)), np.zeros((50, 2)), {"n_components": 0}, "n_components == 0, must be >= 1"),
        (np.zeros((50, 2)), np.zeros((50, 2)), {"n_permutations": -1}, "n_permutations == -1, must be >= 0"),
    ],
)
def test_bad_input(train, test, options, message):
    with pytest.raises(ValueError, match=message):
        layer_divergence(train, test, **options)


def spread_by_error(draw, n_draws):
    """Spread over samples by the mean error, and the share within two errors of the mean, of all three estimates."""
    found = [
        layer_divergence(*draw(seed), n_projections=20, n_permutations=0, random_state=seed) for seed in range(n_draws)
    ]
    estimates = np.array([[(one.value, one.std_error) for one in vars(each).values()] for each in found])
    values, errors = estimates[..., 0], estimates[..., 1]
    near = np.abs(values - values.mean(axis=0)) < 2 * errors
    return values.std(axis=0, ddof=1) / errors.mean(axis=0), near.mean(axis=0)


@pytest.mark.parametrize("scale", [1.0, 1.3])
def test_errors_are_the_spread_over_samples(scale):
    def draw(seed):
        rows = np.random.default_rng(seed).normal(size=(2, 200, 5))
        return scale * rows[0], rows[1]

    ratios, near = spread_by_error(draw, 60)
    slack = 4 / np.sqrt(120)
    assert (
        ratios < 1.25 * (1 + slack)
    ).all()  # 1.6 of the bound, which is 0 in half of all samples, and of the other kl
    assert (ratios > np.array([0.8, 0.6, 0.8]) * (1 - slack)).all()
    assert (near > 0.8).all()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["same", "shift", "skew", "clusters"])
def test_errors_of_large_samples_are_the_spread(kind):
    centers = 2 * np.random.default_rng(1).normal(size=(3, 5))

    def draw(seed):
        rng = np.random.default_rng(seed)
        train, test = rng.normal(size=(2, 2000, 5))
        if kind == "shift":
            train[:, 0] += 0.5
        elif kind == "skew":
            train, test = 1.3 * rng.exponential(size=(2000, 5)), rng.exponential(size=(2000, 5))
        elif kind == "clusters":
            train += centers[rng.choice(3, 2000, p=[0.5, 0.3, 0.2])]
            test += centers[rng.choice(3, 2000, p=[0.3, 0.3, 0.4])]
        return train, test

    ratios, near = spread_by_error(draw, 100)
    slack = 4 / np.sqrt(200)
    assert (ratios < 1.25 * (1 + slack)).all() and (ratios > np.array([0.8, 0.6, 0.8]) * (1 - slack)).all()
    assert (near > 0.8).all()
