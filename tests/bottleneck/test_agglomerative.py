"""Agglomerative information bottleneck: the tree, its cuts, and scipy's reading of it."""

import numpy as np
import pytest
from scipy.cluster import hierarchy
from scipy.sparse import csr_array, csr_matrix
from sklearn.metrics import adjusted_rand_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import skib
from skib.bottleneck import AgglomerativeIB, SequentialIB, _agglomerative, _tree
from tests.bottleneck.test_sequential import best_objective, best_of_two_columns, draws
from tests.bottleneck.texts import make_texts
from tests.naive.bottleneck import information


def joint(X, sample_weight=None):
    weights = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight)
    return weights[:, None] / weights.sum() * X / X.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", [(2, 2), (7, 3), (150, 4)])
def test_losses_sum_up_to_the_information(shape, weighted):
    X = np.random.default_rng(0).dirichlet(np.full(shape[1], 0.3), shape[0])
    weights = np.random.default_rng(1).uniform(size=shape[0]) if weighted else None
    tree = AgglomerativeIB(2).fit(X, sample_weight=weights)
    assert tree.distances_.sum() == pytest.approx(information(joint(X, weights)), abs=1e-13)
    assert (tree.distances_ >= 0).all()


def test_every_cut_loses_what_the_tree_says():
    X = draws(30, 5)
    total = information(joint(X))
    for k in range(1, 31):
        tree = AgglomerativeIB(k).fit(X)
        assert len(tree.cluster_weights_) == k
        assert total - tree.relevance_ == pytest.approx(tree.distances_[: 30 - k].sum(), abs=1e-13)


def test_linkage_is_valid_for_scipy():
    X = draws(60, 4)
    X[40:50] = X[30:40]  # mergers that lose nothing
    tree = AgglomerativeIB(5).fit(X)
    assert hierarchy.is_valid_linkage(tree.linkage_, throw=True)
    assert hierarchy.is_monotonic(tree.linkage_)
    assert tree.linkage_[-1, 3] == 60
    assert (tree.linkage_[:, :2] == tree.children_).all()
    for k in (1, 2, 5, 20):
        labels = hierarchy.fcluster(tree.linkage_, k, criterion="maxclust")
        assert adjusted_rand_score(labels, AgglomerativeIB(k).fit(X).labels_) == 1
    assert sorted(hierarchy.dendrogram(tree.linkage_, no_plot=True)["leaves"]) == list(range(60))


def test_largest_loss_gives_the_fewest_clusters():
    X = draws(40, 5)
    lost = np.cumsum(AgglomerativeIB(2).fit(X).distances_)
    for k in (1, 3, 17, 39):
        loss = lost[39 - k]
        assert len(AgglomerativeIB(None, max_loss=loss).fit(X).cluster_weights_) == k
        assert len(AgglomerativeIB(None, max_loss=loss * (1 - 1e-9)).fit(X).cluster_weights_) == k + 1
        tree = AgglomerativeIB(None, max_loss=loss).fit(X)
        labels = hierarchy.fcluster(tree.linkage_, loss, criterion="distance")
        assert adjusted_rand_score(labels, tree.labels_) == 1
    assert len(AgglomerativeIB(None, max_loss=0).fit(np.repeat(X[:4], 3, axis=0)).cluster_weights_) == 4


@pytest.mark.parametrize(("n_clusters", "max_loss"), [(None, None), (2, 0.1)])
def test_the_tree_is_cut_once(n_clusters, max_loss):
    with pytest.raises(
        ValueError, match=f"n_clusters={n_clusters} and max_loss={max_loss}, but the tree is cut by one"
    ):
        AgglomerativeIB(n_clusters, max_loss=max_loss).fit(draws(9))


@pytest.mark.parametrize("n_clusters", [2, 3])
@pytest.mark.parametrize("seed", range(6))
def test_between_nothing_and_the_best_partition(seed, n_clusters):
    p = np.random.default_rng(seed).dirichlet(np.ones(3), 8)
    best = best_objective(joint(p), n_clusters)
    greedy = AgglomerativeIB(n_clusters).fit(p).relevance_
    refined = AgglomerativeIB(n_clusters, refine=True).fit(p).relevance_
    assert 0 < greedy <= refined + 1e-13
    assert refined <= best + 1e-13


def test_refined_clusters_keep_more():
    """Greedy mergers of 500 rows of two columns lose more than the best partition; moves make up for most of it."""
    p = np.random.default_rng(0).dirichlet(np.ones(2), 500)
    best = best_of_two_columns(p / len(p), 4)
    greedy = AgglomerativeIB(4).fit(p)
    refined = AgglomerativeIB(4, refine=True).fit(p)
    assert 1e-4 < best - greedy.relevance_
    assert 0 <= best - refined.relevance_ + 1e-13 < (best - greedy.relevance_) / 5
    assert (refined.children_ == greedy.children_).all()
    assert (refined.predict(p) == refined.labels_).all()


def test_texts_of_known_subjects():
    X, subject = make_texts(300, 100, 5, n_tokens=150)
    labels = AgglomerativeIB(5, refine=True).fit(X).labels_
    assert adjusted_rand_score(labels, SequentialIB(5, random_state=0).fit(X).labels_) == pytest.approx(1)
    assert adjusted_rand_score(labels, subject) == pytest.approx(1)


def test_sizes_of_blocks_and_of_what_is_kept_do_not_matter(monkeypatch):
    p = np.random.default_rng(0).dirichlet(np.ones(6), 120)
    expected = AgglomerativeIB(4).fit(p)
    for block, gone in ((1, 0.0), (3000, 0.9), (2**27, 0.3)):
        monkeypatch.setattr(_tree, "_BLOCK", block)
        monkeypatch.setattr(_tree, "_GONE", gone)
        got = AgglomerativeIB(4).fit(p)
        assert (got.children_ == expected.children_).all()
        assert (got.distances_ == expected.distances_).all()


@pytest.mark.parametrize("kind", [csr_array, csr_matrix, np.asfortranarray, lambda X: X.astype(np.float32).tolist()])
def test_containers(kind):
    X = draws(30, 5)
    X[X < 4] = 0
    X[:, 0] += 1
    expected, got = AgglomerativeIB(3).fit(X), AgglomerativeIB(3).fit(kind(X))
    assert (got.children_ == expected.children_).all()
    assert (got.labels_ == expected.labels_).all()
    np.testing.assert_allclose(got.distances_, expected.distances_, atol=1e-15)
    assert (got.predict(kind(X)) == expected.predict(X)).all()


def test_rows_without_weight_lose_nothing():
    X = draws(20, 4)
    X[3] = 0
    weights = np.ones(20)
    weights[5] = 0
    with pytest.warns(skib.SkibWarning, match="1 of 20 rows of X are all zero"):
        tree = AgglomerativeIB(4).fit(X, sample_weight=weights)
    rest = AgglomerativeIB(4).fit(np.delete(X, [3, 5], axis=0))
    assert tree.relevance_ == pytest.approx(rest.relevance_, abs=1e-13)
    assert tree.distances_[:2].tolist() == [0, 0]
    assert hierarchy.is_valid_linkage(tree.linkage_, throw=True)
    assert (np.delete(tree.labels_, [3, 5]) == rest.labels_).all()
    assert (tree.encoder_[3] == tree.cluster_weights_).all()


def test_single_row_and_more_clusters_than_rows():
    tree = AgglomerativeIB(1).fit([[1, 2]])
    assert tree.children_.shape == (0, 2)
    assert tree.linkage_.shape == (0, 4)
    assert tree.labels_.tolist() == [0]
    with pytest.raises(ValueError, match="n_samples=4 should be >= n_clusters=5"):
        AgglomerativeIB(5).fit(draws(4))


def test_cost_is_announced(monkeypatch):
    monkeypatch.setattr(_agglomerative, "_SECONDS_PER_LOGARITHM", 10.0)
    with pytest.warns(skib.CostWarning, match="for time grows with n_samples"):
        AgglomerativeIB(2).fit(draws(9))


def test_in_a_pipeline():
    X = draws(20)
    pipeline = make_pipeline(FunctionTransformer(feature_names_out="one-to-one"), AgglomerativeIB(3))
    assert (pipeline.fit_predict(X) == AgglomerativeIB(3).fit(X).labels_).all()
    assert pipeline.transform(X).shape == (20, 3)
    assert list(pipeline.get_feature_names_out()) == ["agglomerativeib0", "agglomerativeib1", "agglomerativeib2"]


def test_relevance_of_tiny_weights_is_finite():
    """Products of margins underflow."""
    fitted = AgglomerativeIB(2).fit(np.eye(3), sample_weight=[1, 1e-200, 1e-200])
    assert 0 <= fitted.relevance_ < 1e-190
