"""The information bottleneck: closed forms, the equations, enumeration, invariances, hostile input."""

import numpy as np
import pytest
from scipy.optimize import brentq, minimize
from scipy.sparse import csr_array, csr_matrix
from scipy.special import softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

import skib
from skib._kernels.bottleneck import cycles
from skib.bottleneck import InformationBottleneck, InformationCurve, contingency
from skib.bottleneck._fixed_point import merge_equal
from tests.naive import bottleneck as naive

DELTA = 0.1
SYMMETRIC = [[1 - DELTA, DELTA], [DELTA, 1 - DELTA]]
ONSET = 1 / (1 - 2 * DELTA) ** 2
ALPHAS = [1.0, 0.5, 0.0]


def random_rows(seed, n=12, m=5):
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(m, 0.7), n), rng.dirichlet(np.full(n, 2.0))


def fit(rows, beta, weights=None, **options):
    return InformationBottleneck(beta=beta, **options).fit(rows, sample_weight=weights)


# --- closed forms


def entropy(p):
    return -p * np.log(p) - (1 - p) * np.log(1 - p)


def symmetric_channel(beta):
    """Rate and relevance of the symmetric channel: T is X sent through one of crossover e (Mrs. Gerber's lemma)."""

    def stationary(e):
        s = e * (1 - DELTA) + (1 - e) * DELTA
        return np.log((1 - e) / e) - beta * (1 - 2 * DELTA) * np.log((1 - s) / s)

    e = brentq(stationary, 1e-15, 0.5 - 1e-6, xtol=1e-15)
    return np.log(2) - entropy(e), np.log(2) - entropy(e * (1 - DELTA) + (1 - e) * DELTA)


@pytest.mark.parametrize("ratio", [1.05, 1.1, 1.3, 1.6, 2.0, 2.6, 3.3])
def test_symmetric_channel(ratio):
    fitted = fit(SYMMETRIC, ratio * ONSET)
    bits = skib.in_bits(np.array([fitted.rate_, fitted.relevance_]) - symmetric_channel(ratio * ONSET))
    assert np.abs(bits).max() < 1e-6  # asked for: 1e-5
    assert fitted.converged_


@pytest.mark.parametrize(("ratio", "n_clusters"), [(0.8, 1), (0.99, 1), (1.01, 2), (1.2, 2)])
def test_clusters_split_at_the_onset(ratio, n_clusters):
    assert len(fit(SYMMETRIC, ratio * ONSET).cluster_weights_) == n_clusters


@pytest.mark.parametrize("alpha", ALPHAS)
def test_deterministic_target_is_all_or_nothing(alpha):
    rows = np.eye(3)[[0, 1, 1, 2, 2, 2, 0]]
    weights = np.arange(1, 8) / 28
    nothing, everything = (fit(rows, beta, weights, alpha=alpha) for beta in (0.99, 1.01))
    assert nothing.rate_ == nothing.relevance_ == 0
    shares = weights @ rows
    assert everything.relevance_ == pytest.approx(-np.sum(shares * np.log(shares)), abs=1e-8)
    assert everything.rate_ == pytest.approx(everything.relevance_, abs=1e-8)
    assert len(set(zip(everything.labels_, rows @ [0, 1, 2], strict=True))) == 3


def test_large_beta_keeps_all_information():
    rows, weights = random_rows(0)
    fitted = fit(rows, 1e6, weights)
    assert fitted.relevance_ == pytest.approx(naive.information(weights[:, None] * rows), abs=1e-12)
    assert fitted.rate_ == pytest.approx(-np.sum(weights * np.log(weights)), abs=1e-12)


@pytest.mark.parametrize("beta", [0, 0.5, 1, 1 + 1e-9])
@pytest.mark.parametrize("alpha", ALPHAS)
def test_up_to_one_nothing_is_worth_its_cost(alpha, beta):
    rows, weights = random_rows(1)
    fitted = fit(rows, beta, weights, alpha=alpha)
    assert fitted.cluster_weights_ == pytest.approx([1])
    assert fitted.objective_ == pytest.approx(0, abs=1e-14)
    assert (fitted.predict(rows) == 0).all()


# --- the equations, and the least objective of all


@pytest.mark.parametrize("alpha", [1.0, 0.6])
@pytest.mark.parametrize("beta", [2.0, 4.0, 15.0])
def test_encoder_is_a_fixed_point_of_the_equations(beta, alpha):
    rows, weights = random_rows(2)
    fitted = fit(rows, beta, weights, alpha=alpha)
    again = naive.step(weights, rows, fitted.encoder_, beta, alpha)
    np.testing.assert_allclose(again, fitted.encoder_, atol=1e-5)
    np.testing.assert_allclose(fitted.transform(rows), fitted.encoder_, atol=1e-5)
    assert fitted.objective_ == pytest.approx(naive.objective(weights, rows, fitted.encoder_, beta, alpha), abs=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_hard_clusters_are_the_best_of_all_partitions(seed):
    rows, weights = random_rows(seed, n=6 + seed % 2, m=2 + seed % 3)
    for beta in (1.5, 4.0, 20.0):
        fitted = fit(rows, beta, weights, alpha=0)
        values = [
            naive.objective(weights, rows, np.eye(len(rows))[labels], beta, 0) for labels in naive.partitions(len(rows))
        ]
        assert fitted.objective_ == pytest.approx(min(values), abs=1e-12)
        assert set(np.unique(fitted.encoder_)) <= {0.0, 1.0}
        assert (fitted.predict(rows) == fitted.labels_).all()


@pytest.mark.parametrize("seed", range(12))
def test_two_hard_clusters_are_the_best_of_all_partitions(seed):
    rows, weights = random_rows(seed, n=7, m=2 + seed % 3)
    fitted = fit(rows, 1e4, weights, alpha=0, n_clusters=2, random_state=0)
    joints = [(weights[:, None] * np.eye(2)[labels]).T @ rows for labels in naive.partitions(7, 2)]
    assert fitted.relevance_ == pytest.approx(max(naive.information(joint) for joint in joints), abs=1e-6)


@pytest.mark.parametrize("beta", [2.0, 5.0])
@pytest.mark.parametrize("seed", range(3))
def test_no_optimizer_finds_a_lower_lagrangian(seed, beta):
    rows, weights = random_rows(seed, n=4, m=3)
    fitted, rng = fit(rows, beta, weights), np.random.default_rng(seed)

    def value(logits):
        return naive.objective(weights, rows, softmax(logits.reshape(4, 4), axis=1), beta)

    found = [minimize(value, rng.normal(size=16) * 3, method="L-BFGS-B").fun for _ in range(8)]
    assert fitted.objective_ <= min(found) + 1e-8
    assert min(found) == pytest.approx(fitted.objective_, abs=1e-5)


@pytest.mark.parametrize("n_clusters", [2, 3, 5])
def test_few_clusters_are_at_least_as_good_as_random_starts(n_clusters):
    rows, weights = random_rows(3, n=30, m=8)
    fitted, rng = fit(rows, 8.0, weights, n_clusters=n_clusters, random_state=0), np.random.default_rng(0)
    assert len(fitted.cluster_weights_) == n_clusters
    for _ in range(10):
        encoder = rng.dirichlet(np.full(n_clusters, 0.3), 30)
        for _ in range(200):
            encoder = softmax(np.log(weights @ encoder) - 8 * divergences(weights, rows, encoder), axis=1)
        assert fitted.objective_ <= naive.objective(weights, rows, encoder, 8.0) + 1e-8


def test_few_clusters_are_at_least_as_good_as_the_hard_ones():
    """Of 240 such joints 10 had soft clusters above the hard ones, these three among them."""
    for seed in (51, 101, 183, *range(5)):
        rng = np.random.default_rng(seed)
        n, m = rng.integers(6, 40), rng.integers(2, 10)
        rows, weights = rng.dirichlet(np.full(m, rng.choice([0.2, 0.5, 1.0, 2.0])), n), rng.dirichlet(np.ones(n))
        k, beta = int(rng.integers(2, min(6, n))), float(rng.choice([2, 5, 10, 30, 100]))
        soft, hard = (fit(rows, beta, weights, n_clusters=k, random_state=0, alpha=alpha) for alpha in (1.0, 0.0))
        assert soft.objective_ <= naive.objective(weights, rows, hard.encoder_, beta) + 1e-9


def divergences(weights, rows, encoder):
    centers = (weights[:, None] * encoder).T @ rows / (weights @ encoder)[:, None]
    return -(rows @ np.log(centers).T)


@pytest.mark.parametrize("n_clusters", [None, 4])
@pytest.mark.parametrize("alpha", [0.9, 0.5, 0.3, 0.1, 0.01])
def test_between_the_two_bottlenecks_no_encoder_of_these_is_better(alpha, n_clusters):
    """Nor is one cluster, of objective 0. The objective of each encoder falls with alpha, and so does the least."""
    topics = [[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.2, 0.6, 0.2], [0.1, 0.7, 0.2], [0.1, 0.2, 0.7], [0.2, 0.1, 0.7]]
    counts = np.random.default_rng(1).poisson(1.5, (40, 8))
    for rows, beta in [(topics, 2.0), (counts / counts.sum(axis=1, keepdims=True), 8.0)]:
        weights = np.full(len(rows), 1 / len(rows))
        one, *others = (
            fit(np.array(rows), beta, alpha=a, n_clusters=n_clusters, random_state=0) for a in (alpha, 0.0, 1.0)
        )
        values = [naive.objective(weights, np.array(rows), other.encoder_, beta, alpha) for other in others]
        assert one.objective_ <= min(0.0, *values) + 1e-14
        assert others[1].objective_ - 1e-8 <= one.objective_ <= others[0].objective_ + 1e-14
        assert one.converged_


# --- identities and invariances


@pytest.mark.parametrize("seed", range(4))
def test_rate_bounds_relevance_and_both_rise_with_beta_at_its_slope(seed):
    rows, weights = random_rows(seed)
    total = naive.information(weights[:, None] * rows)
    betas = np.array([2.5, 2.525, 4.0, 4.04, 20.0, 20.2])
    fitted = [fit(rows, beta, weights) for beta in betas]
    rates, relevances = (np.array([getattr(one, name) for one in fitted]) for name in ("rate_", "relevance_"))
    assert (relevances <= np.minimum(rates, total) + 1e-12).all()
    assert (np.diff(rates) > -1e-9).all() and (np.diff(relevances) > -1e-9).all()
    rate_steps, relevance_steps = np.diff(rates)[::2], np.diff(relevances)[::2]
    assert rate_steps.max() > 1e-3
    expected = rate_steps / np.sqrt(betas[::2] * betas[1::2])
    assert relevance_steps == pytest.approx(expected, rel=1e-3, abs=1e-9)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_order_of_rows_does_not_matter(alpha):
    rows, weights = random_rows(5)
    order = np.random.default_rng(0).permutation(len(rows))
    one, other = fit(rows, 5.0, weights, alpha=alpha), fit(rows[order], 5.0, weights[order], alpha=alpha)
    np.testing.assert_allclose(other.encoder_, one.encoder_[order], atol=1e-12)
    assert (other.labels_ == one.labels_[order]).all()


@pytest.mark.parametrize("alpha", ALPHAS)
def test_copies_of_a_row_are_its_weight(alpha):
    counts = np.random.default_rng(0).multinomial(30, [0.2, 0.3, 0.5], 8)
    copies = np.arange(8) % 3 + 1
    one = fit(counts, 6.0, copies, alpha=alpha)
    many = fit(np.repeat(counts * 2.0, copies, axis=0), 6.0, alpha=alpha)
    np.testing.assert_allclose(many.encoder_, np.repeat(one.encoder_, copies, axis=0), atol=1e-9)
    assert many.objective_ == pytest.approx(one.objective_, abs=1e-12)


@pytest.mark.parametrize("kind", [csr_matrix, csr_array])
@pytest.mark.parametrize("alpha", ALPHAS)
def test_sparse_rows_give_the_same(alpha, kind):
    counts = np.random.default_rng(0).poisson(0.8, (15, 6)) + np.eye(15, 6, dtype=int)
    counts[:, 0] += 1
    one, other = fit(counts, 4.0, alpha=alpha), fit(kind(counts), 4.0, alpha=alpha)
    np.testing.assert_allclose(other.encoder_, one.encoder_, atol=1e-13)
    np.testing.assert_allclose(other.transform(kind(counts)), one.transform(counts), atol=1e-13)


def test_clusters_are_numbered_by_falling_weight_and_named():
    rows, weights = random_rows(6)
    fitted = fit(rows, 10.0, weights)
    assert (np.diff(fitted.cluster_weights_) <= 0).all()
    names = fitted.get_feature_names_out().tolist()
    assert names[:2] == ["informationbottleneck0", "informationbottleneck1"]
    assert len(names) == fitted.transform(rows).shape[1]


# --- the condition


def conditional_rows(seed, n=5):
    """Rows p(y,z|x) of two y and three z, and the z of each column."""
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.ones(6), n), rng.dirichlet(np.ones(n)), np.array([0, 0, 1, 1, 2, 2])


@pytest.mark.parametrize("alpha", ALPHAS)
def test_condition_without_levels_is_none(alpha):
    rows, weights = random_rows(7)
    one = fit(rows, 5.0, weights, alpha=alpha)
    other = InformationBottleneck(beta=5.0, alpha=alpha).fit(rows, sample_weight=weights, given=["a"] * 5)
    assert (other.encoder_ == one.encoder_).all() and other.relevance_ == one.relevance_


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("seed", range(3))
def test_conditional_bottleneck_satisfies_its_equations(seed, alpha):
    rows, weights, given = conditional_rows(seed)
    fitted = InformationBottleneck(beta=12.0, alpha=alpha).fit(rows, sample_weight=weights, given=given)
    joint = (weights[:, None] * fitted.encoder_).T @ rows
    assert fitted.relevance_ == pytest.approx(naive.conditional_information(joint, given), abs=1e-12)
    if alpha:
        again = naive.step(weights, rows, fitted.encoder_, 12.0, alpha, given)
        np.testing.assert_allclose(again, fitted.encoder_, atol=1e-5)
    else:
        values = [naive.objective(weights, rows, np.eye(5)[p], 12.0, 0, given) for p in naive.partitions(5)]
        assert fitted.objective_ == pytest.approx(min(values), abs=1e-12)
    np.testing.assert_allclose(fitted.transform(rows), fitted.encoder_, atol=1e-5)


def test_no_optimizer_finds_a_lower_conditional_lagrangian():
    rows, weights, given = conditional_rows(0, n=4)
    fitted = InformationBottleneck(beta=12.0).fit(rows, sample_weight=weights, given=given)
    rng = np.random.default_rng(0)

    def value(logits):
        return naive.objective(weights, rows, softmax(logits.reshape(4, 4), axis=1), 12.0, groups=given)

    found = min(minimize(value, rng.normal(size=16) * 3, method="L-BFGS-B").fun for _ in range(8))
    assert fitted.relevance_ > 0.01
    assert found == pytest.approx(fitted.objective_, abs=1e-5) and fitted.objective_ <= found + 1e-8


def test_what_the_condition_says_is_not_kept_and_what_it_reveals_is():
    """Y = X xor Z of fair bits: I(X;Y) = 0, I(X;Y|Z) = log 2. Where Y = Z, I(X;Y|Z) = 0."""
    rng = np.random.default_rng(0)
    x, z = rng.integers(0, 2, (2, 4000))
    counts = contingency(x, x ^ z, given=z)
    fitted = InformationBottleneck(beta=2.0).fit(counts.table, sample_weight=counts.weights, given=counts.given)
    assert fitted.relevance_ == pytest.approx(np.log(2), abs=1e-3)
    assert InformationBottleneck(beta=2.0).fit(contingency(x, x ^ z).table).relevance_ < 1e-3
    counts = contingency(x, np.where(rng.random(4000) < 0.2, 1 - x, x), given=np.where(x == 1, "a", "b"))
    fitted = InformationBottleneck(beta=50.0).fit(counts.table, sample_weight=counts.weights, given=counts.given)
    assert fitted.relevance_ == pytest.approx(0, abs=1e-12)
    assert len(fitted.cluster_weights_) == 1


# --- scores, grids and new rows


@pytest.mark.parametrize("grid", [{"beta": [1.0, 3.0, 6.0, 1000.0]}, {"n_clusters": [1, 2, 3, 30]}])
def test_grid_search_finds_the_clusters_that_are_there(grid):
    rng = np.random.default_rng(0)
    truth = np.array([[0.7, 0.1, 0.1, 0.1], [0.1, 0.7, 0.1, 0.1], [0.1, 0.1, 0.4, 0.4]])
    counts = rng.multinomial(20, truth[np.arange(60) % 3])
    search = GridSearchCV(InformationBottleneck(beta=30.0, alpha=0.0, random_state=0), grid).fit(counts)
    assert len(search.best_estimator_.cluster_weights_) == 3
    largest = search.cv_results_["mean_test_score"][-1]
    assert search.best_score_ > largest + 0.01


def test_new_rows():
    rows, weights = random_rows(8)
    fitted = fit(rows, 5.0, weights)
    new = np.vstack([rows[:2] * 7, np.zeros(5)])
    with pytest.warns(skib.SkibWarning, match="1 of 3 rows of X are all zero"):
        encoder = fitted.transform(new)
    np.testing.assert_allclose(encoder[:2], fitted.encoder_[:2], atol=1e-5)
    assert (encoder[2] == fitted.cluster_weights_).all()
    assert fitted.predict(rows[:2]).tolist() == fitted.labels_[:2].tolist()


# --- what is refused or warned of


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beta": -1.0}, "'beta' parameter of InformationBottleneck must be a float in the range"),
        ({"beta": 2.0, "alpha": 1.5}, "'alpha' parameter"),
        ({"beta": 2.0, "n_clusters": 13}, "n_samples=12 should be >= n_clusters=13"),
    ],
)
def test_parameters_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        InformationBottleneck(**options).fit(random_rows(0)[0])


@pytest.mark.parametrize("given", [[0, 1], [[0, 1]] * 5, list("abcdefghijkl")])
def test_condition_of_another_shape_is_refused(given):
    with pytest.raises(ValueError, match="pass one value of z for each column of X"):
        InformationBottleneck(beta=2.0).fit(random_rows(0)[0], given=given)


@pytest.mark.parametrize("alpha", [1.0, 0.0])
def test_too_few_steps(alpha):
    with pytest.warns(ConvergenceWarning, match="has not converged in"):
        fitted = fit(random_rows(0)[0], 6.0, alpha=alpha, max_iter=1)
    assert not fitted.converged_ and fitted.n_iter_ >= 1


def test_long_work_is_announced():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("skib._cost._LONG", 0.0)
        with pytest.warns(skib.CostWarning, match="InformationBottleneck"):
            fit(random_rows(0)[0], 2.0)


@pytest.mark.parametrize("solver", [InformationBottleneck(beta=2.0), InformationCurve([2.0])], ids=["one", "curve"])
def test_memory_of_one_cluster_per_row_is_announced(solver):
    rows = random_rows(0, 20_000, 3)[0]
    with pytest.raises(skib.CostWarning, match="20000 distinct rows takes at least 6.4 GB of memory, .*; pass a limit"):
        solver.fit(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("skib._cost.memory_size", lambda: 4e9)
        with pytest.raises(ValueError, match="but the machine has 4 GB, .* pass a limit, such as n_clusters=50"):
            solver.fit(rows)


# --- many rows, and merging


@pytest.mark.parametrize("given", [None, [0, 1, 0, 1, 0]])
def test_blocks_of_rows_give_the_same(given):
    """Tables of which one step takes more than one call.

    Without a condition the whole table takes Newton steps, too, and blocks do not: both end at the same solution, whose
    encoder is as precise as the root of `tol`.
    """
    rows, weights = random_rows(0, n=30)
    whole = InformationBottleneck(beta=4.0).fit(rows, sample_weight=weights, given=given)
    for products in (300, 5000, 50_000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("skib.bottleneck._rows._PRODUCTS", products)
            blocks = InformationBottleneck(beta=4.0).fit(rows, sample_weight=weights, given=given)
        assert blocks.objective_ == pytest.approx(whole.objective_, abs=1e-12)
        np.testing.assert_allclose(blocks.encoder_, whole.encoder_, atol=1e-5 if given is None else 1e-12)
        assert given is None or blocks.n_iter_ == whole.n_iter_


def test_equal_and_empty_clusters_are_merged_and_dropped():
    joint = np.array([[0.2, 0.1, 0.0, 0.15], [0.1, 0.05, 0.0, 0.4]])
    encoder = np.array([[0.5, 0.25, 0.0, 0.25], [0.1, 0.2, 0.0, 0.7]])
    joint, encoder, changed = merge_equal(joint, encoder, 1e-3)
    assert changed
    np.testing.assert_allclose(joint, [[0.15, 0.3], [0.4, 0.15]])
    np.testing.assert_allclose(encoder, [[0.25, 0.75], [0.7, 0.3]])
    assert not merge_equal(joint, encoder, 1e-3)[2]


def test_whole_numbers_compile_nothing_anew():
    rows = np.random.default_rng(0).dirichlet(np.ones(3), 6)
    parted = InformationBottleneck(beta=30.0, alpha=1.0, tol=1.0).fit(rows)
    compiled = len(cycles.signatures)
    whole = InformationBottleneck(beta=30, alpha=1, tol=1).fit(rows)
    assert whole.objective_ == parted.objective_
    assert len(cycles.signatures) == compiled > 0
