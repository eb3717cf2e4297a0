"""Sequential information bottleneck: optima that are known, containers, and new rows."""

from itertools import product

import numpy as np
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

import skib
from skib.bottleneck import AgglomerativeIB, SequentialIB, _sequential, _sweeps
from skib.bottleneck._joint import read_joint
from skib.bottleneck._rows import distinct_rows
from tests.bottleneck.texts import make_texts
from tests.naive.bottleneck import information


def entropy(weights):
    return -sum(w * np.log(w) for w in weights if w > 0)


def objective(p, labels, n_clusters, inv_beta=0.0):
    """I(T;Y) - H(T) / beta of a joint distribution p(x, y) and the clusters of x."""
    together = np.array([p[np.array(labels) == t].sum(axis=0) for t in range(n_clusters)])
    return information(together) - inv_beta * entropy(together.sum(axis=1))


def best_objective(p, n_clusters, inv_beta=0.0):
    """The largest objective of all partitions."""
    return max(
        objective(p, (0, *labels), n_clusters, inv_beta) for labels in product(range(n_clusters), repeat=len(p) - 1)
    )


def best_of_two_columns(p, n_clusters):
    """The largest I(T;Y) of partitions into groups of successive p(y|x), by dynamic programming.

    For two columns no other partition is better (Kurkoski and Yagi 2014).
    """
    sums = np.vstack([np.zeros(2), np.cumsum(p[np.argsort(p[:, 0] / p.sum(axis=1))], axis=0)])

    def terms(masses):
        return (masses * np.log(np.where(masses > 0, masses, 1))).sum(axis=-1)

    best = np.r_[0.0, np.full(len(p), -np.inf)]
    for _ in range(n_clusters):
        kept = [0.0]
        for end in range(1, len(sums)):
            groups = sums[end] - sums[:end]
            kept.append(np.max(best[:end] + terms(groups) - terms(groups.sum(axis=1)[:, None])))
        best = np.array(kept)
    return best[-1] - terms(p.sum(axis=0))


def draws(n_rows=60, n_columns=5, random_state=0):
    return np.random.default_rng(random_state).integers(1, 9, size=(n_rows, n_columns))


def masses_of(X, *, sample_weight=None, prior="uniform"):
    joint = read_joint(SequentialIB(), X, sample_weight, by_counts=prior == "counts")
    return _sweeps.masses_of(distinct_rows(joint)[0], joint.n_observations)


# --- known optima


@pytest.mark.parametrize("inv_beta", [0.0, 0.1, 0.4])
@pytest.mark.parametrize("n_clusters", [2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_best_of_all_partitions(seed, n_clusters, inv_beta):
    p = np.random.default_rng(seed).dirichlet(np.ones(4), 9 if n_clusters == 2 else 8)
    weights = np.random.default_rng(seed + 50).dirichlet(np.ones(len(p)))
    fitted = SequentialIB(n_clusters, inv_beta=inv_beta, n_init=10, random_state=seed).fit(p, sample_weight=weights)
    got = fitted.relevance_ - inv_beta * fitted.entropy_
    assert got == pytest.approx(best_objective(weights[:, None] * p, n_clusters, inv_beta), abs=1e-12)


@pytest.mark.parametrize("n_clusters", [4, 8])
@pytest.mark.parametrize("seed", range(3))
def test_two_columns_reach_the_best_partition(seed, n_clusters):
    p = np.random.default_rng(seed).dirichlet(np.ones(2), 300)
    fitted = SequentialIB(n_clusters, random_state=seed).fit(p)
    assert fitted.relevance_ == pytest.approx(best_of_two_columns(p / len(p), n_clusters), abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("n_clusters", [4, 8])
@pytest.mark.parametrize("seed", range(5))
def test_two_columns_of_many_rows_reach_the_best_partition(seed, n_clusters):
    p = np.random.default_rng(seed).dirichlet(np.ones(2), 4096)
    fitted = SequentialIB(n_clusters, random_state=seed).fit(p)
    assert fitted.relevance_ == pytest.approx(best_of_two_columns(p / len(p), n_clusters), abs=1e-12)


def test_two_columns_among_others_and_few_rows():
    X = np.zeros((6, 9))
    X[:, [2, 7]] = [[1, 3], [2, 6], [5, 0], [4, 1], [0, 2], [4, 1]]
    for k, expected in ((1, 1), (2, 2), (4, 4)):
        fitted = SequentialIB(k).fit(X)
        assert len(set(fitted.labels_)) == expected
        assert fitted.relevance_ == pytest.approx(best_of_two_columns(X[:, [2, 7]] / X.sum(axis=1)[:, None] / 6, k))
    with pytest.warns(
        skib.SkibWarning, match=r"n_clusters=5 exceeds the number of distinct rows p\(y\|x\) with a weight, 4"
    ):
        assert SequentialIB(5).fit(X).relevance_ == pytest.approx(fitted.relevance_, abs=1e-14)


def test_dynamic_programme_is_the_best_of_all_partitions():
    for seed in range(5):
        p = np.random.default_rng(seed).dirichlet(np.ones(16)).reshape(8, 2)
        assert best_of_two_columns(p, 3) == pytest.approx(best_objective(p, 3), abs=1e-12)


def test_texts_of_known_subjects():
    X, subject = make_texts(1500, 400, 10, n_tokens=60)
    for seed in range(4):
        fitted = SequentialIB(10, n_init=1, random_state=seed).fit(X)
        assert adjusted_mutual_info_score(subject, fitted.labels_) == pytest.approx(1)


@pytest.mark.slow
@pytest.mark.parametrize("prior", ["uniform", "counts"])
@pytest.mark.parametrize("seed", range(8))
def test_many_texts_of_known_subjects(seed, prior):
    X, subject = make_texts(10_000, 2000, 20)
    fitted = SequentialIB(20, prior=prior, n_init=1, random_state=seed).fit(X)
    assert adjusted_mutual_info_score(subject, fitted.labels_) == pytest.approx(1)


# --- sweeps


@pytest.mark.parametrize("prior", ["uniform", "counts"])
@pytest.mark.parametrize("inv_beta", [0.0, 0.05])
def test_sweeps_raise_the_objective(prior, inv_beta):
    generator = np.random.default_rng(0)
    masses = masses_of(draws(200, 20), prior=prior)
    assert bool(masses.tables) == (prior == "counts")
    p = sparse.csr_array((masses.data, masses.indices, masses.indptr)).toarray() / masses.data.sum()
    labels = generator.integers(5, size=200)
    objectives = [objective(p, labels, 5, inv_beta)]
    while _sweeps.moved(masses, labels, 5, generator.permutation(200), 1 - inv_beta):
        objectives.append(objective(p, labels, 5, inv_beta))
    assert len(objectives) > 2
    assert (np.diff(objectives) > 0).all()


@pytest.mark.parametrize("start", [_sequential.at_random, _sequential.overclustered])
@pytest.mark.parametrize("inv_beta", [0.0, 0.2])
def test_counts_and_masses_have_the_same_clusters(start, inv_beta):
    X, _ = make_texts(400, 100, 5)
    X.data[::50] += 7  # beyond the small ones
    counts = masses_of(X, prior="counts")
    assert counts.data.max() > len(counts.tables[1])
    floats = counts._replace(data=counts.data / X.sum(), weights=counts.weights / X.sum(), tables=())
    runs = []
    for kind in (counts, floats):
        generator = np.random.default_rng(0)
        labels = start(kind, 5, 1 - inv_beta, generator)
        options = {"factor": 1 - inv_beta, "tol": 0, "max_iter": 50, "generator": generator}
        runs.append((_sweeps.settled(kind, labels, 5, **options), labels.tolist()))
    assert runs[0] == runs[1]


def test_whole_numbers_beyond_the_table_are_masses():
    X = draws()
    assert masses_of(X, prior="counts").tables
    assert not masses_of(X * 2**17, prior="counts").tables
    # Documents of one length that weigh alike are counts as well.
    same = np.array([[3, 1], [2, 2], [0, 4]])
    assert masses_of(same).tables
    assert not masses_of(same, sample_weight=[1, 2, 1.5]).tables


def test_rows_of_a_block_do_not_matter(monkeypatch):
    X, _ = make_texts(300, 80, 4)
    expected = SequentialIB(4, random_state=0).fit(X)
    monkeypatch.setattr(_sweeps, "_BLOCK", 2000)
    got = SequentialIB(4, random_state=0).fit(X)
    assert (got.labels_ == expected.labels_).all()
    assert (got.predict(X) == expected.predict(X)).all()


@pytest.mark.parametrize("init", ["mixed", "overcluster", "random"])
def test_same_bits_for_any_number_of_jobs(init):
    X, _ = make_texts(300, 80, 4)
    one, two = (SequentialIB(6, init=init, n_init=5, n_jobs=k, random_state=3).fit(X) for k in (1, 2))
    assert (one.labels_ == two.labels_).all()
    assert one.relevance_ == two.relevance_
    assert one.n_iter_ == two.n_iter_


def test_more_starts_are_never_worse():
    X = draws(80, 6)
    relevances = [SequentialIB(6, n_init=n, random_state=0).fit(X).relevance_ for n in (1, 2, 4, 12)]
    assert (np.diff(relevances) >= 0).all()
    assert relevances[-1] > relevances[0]


# --- rows


@pytest.mark.parametrize("prior", ["uniform", "counts"])
def test_containers_and_types(prior):
    X, _ = make_texts(200, 60, 4)
    expected = SequentialIB(4, prior=prior, random_state=0).fit(X)
    kinds = [
        sparse.csr_array,
        sparse.csc_matrix,
        sparse.coo_array,
        lambda A: A.toarray(),
        lambda A: A.toarray().tolist(),
    ]
    kinds += [lambda A, d=d: A.astype(d) for d in (np.int32, np.float32, np.uint8)]
    kinds += [lambda A: sparse.csr_array((A.data, A.indices.astype(np.int64), A.indptr.astype(np.int64)), A.shape)]
    for kind in kinds:
        got = SequentialIB(4, prior=prior, random_state=0).fit(kind(X))
        assert (got.labels_ == expected.labels_).all()
        assert (got.predict(kind(X)) == expected.labels_).all()
        assert got.relevance_ == pytest.approx(expected.relevance_, abs=1e-12)


def test_input_is_not_modified():
    X, _ = make_texts(100, 40, 3)
    X = X.astype(float)
    X.data[5] = 0  # stored, and eliminated in a copy
    weights, before = np.ones(100), X.copy()
    SequentialIB(3, prior="counts", random_state=0).fit(X, sample_weight=weights).predict(X)
    assert X.nnz == before.nnz
    assert (X.data == before.data).all()
    assert (X.indices == before.indices).all()
    assert (weights == 1).all()


def test_weights_repeat_rows_and_the_order_is_arbitrary():
    X, rng = draws(40), np.random.default_rng(0)
    weights, order = rng.integers(0, 4, size=40), rng.permutation(40)
    weighted = SequentialIB(5, random_state=0).fit(X, sample_weight=weights)
    repeated = SequentialIB(5, random_state=0).fit(np.repeat(X, weights, axis=0))
    shuffled = SequentialIB(5, random_state=0).fit(X[order], sample_weight=weights[order])
    for other in (repeated, shuffled):
        assert other.relevance_ == pytest.approx(weighted.relevance_, abs=1e-12)
        assert (other.predict(X) == weighted.predict(X)).all()
    assert (shuffled.labels_ == weighted.labels_[order]).all()


def test_prior_of_counts_weighs_rows_by_their_sums():
    X, weights = draws(50), np.random.default_rng(1).integers(1, 4, size=50)
    by_prior = SequentialIB(4, prior="counts", random_state=0).fit(X, sample_weight=weights)
    by_weight = SequentialIB(4, random_state=0).fit(X, sample_weight=weights * X.sum(axis=1))
    assert (by_prior.labels_ == by_weight.labels_).all()
    together = np.array([(weights[:, None] * X)[by_prior.labels_ == t].sum(axis=0) for t in range(4)])
    assert by_prior.relevance_ == pytest.approx(information(together / together.sum()), abs=1e-12)


def test_equal_rows_share_a_cluster():
    X = np.repeat(draws(6), [1, 4, 2, 3, 1, 5], axis=0) * np.arange(1, 17)[:, None]
    fitted = SequentialIB(3, random_state=0).fit(X)
    for group in np.split(fitted.labels_, np.cumsum([1, 4, 2, 3, 1])):
        assert len(set(group)) == 1


def test_rows_of_zeros_have_no_cluster():
    X = draws(20)
    X[[3, 7]] = 0
    with pytest.warns(skib.SkibWarning, match="2 of 20 rows of X are all zero"):
        fitted = SequentialIB(3, random_state=0).fit(X)
    assert (fitted.encoder_[[3, 7]] == fitted.cluster_weights_).all()
    rest = SequentialIB(3, random_state=0).fit(np.delete(X, [3, 7], axis=0))
    assert fitted.relevance_ == pytest.approx(rest.relevance_, abs=1e-12)
    assert (np.delete(fitted.labels_, [3, 7]) == rest.labels_).all()


def test_more_clusters_than_rows():
    with pytest.raises(ValueError, match="n_samples=4 should be >= n_clusters=5"):
        SequentialIB(5).fit(draws(4))
    fitted = SequentialIB(4, random_state=0).fit(draws(4))
    assert fitted.relevance_ == pytest.approx(information(draws(4) / draws(4).sum(axis=1, keepdims=True) / 4))


@pytest.mark.parametrize("scale", [1e-300, 5e-324, 1e300])
def test_tiny_and_huge_numbers_are_shares_as_well(scale):
    X = make_texts(200, 60, 4)[0].toarray()
    for prior in ("uniform", "counts"):
        expected, got = (SequentialIB(4, prior=prior, random_state=0).fit(A) for A in (X, X * scale))
        assert (got.labels_ == expected.labels_).all()
        assert got.relevance_ == pytest.approx(expected.relevance_, rel=1e-9)
    assert (AgglomerativeIB(4).fit(X * scale).labels_ == AgglomerativeIB(4).fit(X).labels_).all()


def test_fewer_distinct_rows_than_clusters():
    X = np.repeat(np.eye(3), 5, axis=0)
    with pytest.warns(
        skib.SkibWarning, match=r"n_clusters=4 exceeds the number of distinct rows p\(y\|x\) with a weight, 3"
    ):
        fitted = SequentialIB(4, random_state=0).fit(X)
    assert fitted.relevance_ == pytest.approx(np.log(3))
    assert fitted.transform(X).shape == (15, 3)


def test_beta_leaves_clusters_empty():
    X, _ = make_texts(300, 80, 6)
    found = [len(SequentialIB(12, inv_beta=v, random_state=0).fit(X).cluster_weights_) for v in (0, 0.17, 1)]
    assert found[0] == 12
    assert found[1] == 6  # the subjects
    assert found[2] == 1


def test_sweeps_that_do_not_end():
    X = draws(300, 20)
    with pytest.warns(ConvergenceWarning, match="rows still moved in sweep max_iter=1; raise max_iter"):
        fitted = SequentialIB(10, max_iter=1, init="random", random_state=0).fit(X)
    assert not fitted.converged_
    assert fitted.n_iter_ == 1
    assert SequentialIB(10, max_iter=1, tol=0.99, init="random", random_state=0).fit(X).converged_


# --- new rows


@pytest.mark.parametrize("inv_beta", [0.0, 0.2])
def test_fitted_rows_stay_in_their_clusters(inv_beta):
    X = draws(150, 6)
    fitted = SequentialIB(7, inv_beta=inv_beta, random_state=0).fit(X)
    assert (fitted.predict(X) == fitted.labels_).all()
    assert (fitted.transform(X) == fitted.encoder_).all()


def test_new_rows_join_where_they_lose_the_least():
    X, new = draws(30), draws(20, random_state=1)
    fitted = SequentialIB(4, random_state=0).fit(X)
    p = X / X.sum(axis=1, keepdims=True) / 30
    for row, label in zip(new / new.sum(axis=1, keepdims=True) / 30, fitted.predict(new), strict=True):
        joined = [objective(np.vstack([p, row]) / (31 / 30), [*fitted.labels_, t], 4) for t in range(4)]
        assert label == np.argmax(joined)


def test_words_that_no_cluster_has_are_no_obstacle():
    fitted = SequentialIB(2, random_state=0).fit([[4, 4, 0, 0], [5, 3, 0, 0], [0, 1, 7, 0], [0, 2, 6, 0]])
    labels = fitted.predict([[3, 0, 0, 9], [0, 0, 3, 9], [0, 0, 0, 9]])
    assert labels[0] == fitted.labels_[0]
    assert labels[1] == fitted.labels_[2]


# --- scikit-learn


DOCUMENTS = ["red blue red green", "blue green red", "dog cat dog", "cat cow dog", "blue red", "cow cow cat dog"] * 3


def test_pipeline_from_texts():
    pipeline = make_pipeline(CountVectorizer(), SequentialIB(2, random_state=0))
    labels = pipeline.fit_predict(DOCUMENTS)
    assert adjusted_mutual_info_score(labels, [0, 0, 1, 1, 0, 1] * 3) == pytest.approx(1)
    assert (pipeline.predict(["a green dog and a cow", "blue blue"]) == labels[[2, 0]]).all()
    assert pipeline.transform(DOCUMENTS).shape == (18, 2)


@pytest.mark.parametrize("n_words", [60, 600])
def test_grid_search_finds_the_number_of_subjects(n_words):
    X, _ = make_texts(600, n_words, 4)
    search = GridSearchCV(SequentialIB(n_init=2, random_state=0), {"n_clusters": [2, 3, 4, 5, 8]}, cv=3)
    assert search.fit(X).best_params_ == {"n_clusters": 4}
