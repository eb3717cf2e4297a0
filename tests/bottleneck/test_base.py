"""The base of the solvers: fitted attributes, new rows, and the score on held-out rows."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, is_clusterer
from sklearn.cluster import KMeans
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import skib
from skib.bottleneck import SequentialIB
from skib.bottleneck._base import BottleneckMixin
from skib.bottleneck._joint import read_joint
from tests.naive.bottleneck import information


class ByKMeans(BottleneckMixin, BaseEstimator):
    """Clusters of k-means, with the information that they have."""

    def __init__(self, n_clusters=2):
        self.n_clusters = n_clusters

    def fit(self, X, y=None, sample_weight=None):
        joint = read_joint(self, X, sample_weight)
        labels = KMeans(self.n_clusters, n_init=3, random_state=0).fit_predict(joint.conditional)
        return self._set_encoder(joint, np.eye(self.n_clusters)[labels])


class Given(BottleneckMixin, BaseEstimator):
    """The encoder that it is made with."""

    def __init__(self, encoder):
        self.encoder = encoder

    def fit(self, X, y=None, sample_weight=None):
        return self._set_encoder(read_joint(self, X, sample_weight), np.array(self.encoder, float))


def draws(n_rows=60, n_counts=20, random_state=0):
    """Rows of counts from three distributions of four symbols."""
    rng = np.random.default_rng(random_state)
    centers = np.array([[0.7, 0.1, 0.1, 0.1], [0.1, 0.7, 0.1, 0.1], [0.1, 0.1, 0.4, 0.4]])
    return rng.multinomial(n_counts, centers[np.arange(n_rows) % 3])


def random_encoder(n_rows, n_clusters, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(n_clusters), n_rows)


@pytest.mark.parametrize("kind", [np.array, csr_array])
@pytest.mark.parametrize("weighted", [False, True])
def test_attributes_are_those_of_the_joint_distribution(kind, weighted):
    X, encoder = draws(9), random_encoder(9, 3)
    weights = np.arange(1, 10) if weighted else np.ones(9)
    fitted = Given(encoder).fit(kind(X), sample_weight=weights if weighted else None)
    p_x, p_y = weights / weights.sum(), X / X.sum(axis=1, keepdims=True)
    order = np.argsort(-p_x @ encoder)
    np.testing.assert_allclose(fitted.encoder_, encoder[:, order])
    np.testing.assert_allclose(fitted.cluster_weights_, (p_x @ encoder)[order])
    centers = np.einsum("x,xt,xy->ty", p_x, encoder, p_y)[order]
    np.testing.assert_allclose(fitted.cluster_centers_, centers / centers.sum(axis=1, keepdims=True))
    assert fitted.rate_ == pytest.approx(information(p_x[:, None] * encoder), abs=1e-14)
    assert fitted.relevance_ == pytest.approx(information(centers), abs=1e-14)
    assert fitted.entropy_ == pytest.approx(-np.sum(p_x @ encoder * np.log(p_x @ encoder)), abs=1e-14)
    assert (fitted.labels_ == np.argmax(encoder[:, order], axis=1)).all()
    assert 0 <= fitted.relevance_ <= fitted.rate_ <= fitted.entropy_


def test_clusters_without_weight_are_left_out():
    fitted = Given([[0, 1, 0], [0, 1, 0], [1, 0, 0], [0, 0, 1]]).fit(draws(4), sample_weight=[1, 1, 1, 0])
    assert fitted.cluster_weights_ == pytest.approx([2 / 3, 1 / 3])
    assert (fitted.encoder_ == np.eye(2)[fitted.labels_]).all()
    assert fitted.labels_.tolist() == [0, 0, 1, fitted.predict(draws(4))[3]]
    assert fitted.get_feature_names_out().tolist() == ["given0", "given1"]


def test_empty_rows_are_encoded_by_the_prior():
    X = draws(6)
    X[4] = 0
    with pytest.warns(skib.SkibWarning, match="1 of 6 rows of X are all zero"):
        fitted = ByKMeans(3).fit(X)
    assert (fitted.encoder_[4] == fitted.cluster_weights_).all()
    assert fitted.labels_[4] == 0  # the heaviest
    with pytest.warns(skib.SkibWarning, match="2 of 3 rows of X are all zero, first row 0: they lead to no cluster"):
        encoder = fitted.transform(X[[4, 1, 4]])
    assert (encoder[[0, 2]] == fitted.cluster_weights_).all()
    assert (encoder[1] == fitted.encoder_[1]).all()


def test_row_outside_of_every_support_goes_where_the_least_of_it_is_outside():
    fitted = Given(np.eye(2)).fit([[0.5, 0.5, 0, 0], [0.6, 0, 0.4, 0]])
    assert fitted.predict([[0, 3, 2, 0], [0, 2, 3, 0], [0, 1, 3, 9]]).tolist() == [1, 0, 0]
    assert np.isfinite(fitted.score([[0, 3, 2, 0], [0, 0, 0, 4]]))


def test_it_is_a_clusterer_in_scikit_learn():
    X = pd.DataFrame(draws(), columns=list("abcd"))
    fitted = ByKMeans(3).fit(X)
    assert is_clusterer(fitted)
    assert (fitted.fit_predict(X) == fitted.labels_).all()
    assert (fitted.predict(X) == fitted.labels_).all()
    assert list(fitted.set_output(transform="pandas").transform(X)) == ["bykmeans0", "bykmeans1", "bykmeans2"]
    assert make_pipeline(FunctionTransformer(), ByKMeans(3)).fit(X, np.ones(len(X))).score(X) == fitted.score(X)


# --- the score


def test_score_of_exact_rows_is_the_information_of_new_rows():
    """Few rows and many observations: the smoothing is negligible, and the score on the fitted rows is I(T;Y)."""
    X = np.repeat(draws() / 20, 2000, axis=0)
    fitted = ByKMeans(3).fit(X)
    assert fitted.score(X) == pytest.approx(fitted.relevance_, abs=1e-3)


@pytest.mark.parametrize("kind", [np.array, csr_array])
def test_score_of_counts_predicts_each_observation_from_the_others(kind):
    X, new = draws(12), draws(8, 5, random_state=1)
    fitted = ByKMeans(3).fit(X)
    margin, n_observed = fitted.cluster_weights_ @ fitted.cluster_centers_, X.sum() * fitted.cluster_weights_
    centers = (n_observed[:, None] * fitted.cluster_centers_ + 4 * margin) / (n_observed[:, None] + 4)
    terms = []
    for row in new:
        for y in np.repeat(np.arange(4), row):
            others = row - np.eye(4)[y]
            nearest = np.argmax(others @ np.log(centers).T)
            terms.append(np.log(centers[nearest, y] / margin[y]))
    assert fitted.score(kind(new)) == pytest.approx(np.mean(terms), abs=1e-12)


@pytest.mark.parametrize("kind", [np.array, csr_array])
def test_single_observations_are_predicted_by_the_margin_and_score_nothing(kind):
    """A row of one observation has no others that lead to a cluster, whatever the other rows hold."""
    fitted, one, new = ByKMeans(3).fit(draws()), np.eye(4, dtype=int), draws(6, 5, random_state=1)
    assert fitted.score(kind(one)) == 0
    assert fitted.score(kind(one * 1.0)) == 0
    assert fitted.score(kind(np.vstack([new, one]))) == pytest.approx(0.6 * fitted.score(kind(new)), abs=1e-14)


@pytest.mark.parametrize("n_pairs", [0, 1])
def test_clusters_of_single_observations_say_nothing(n_pairs):
    """Whether one row of two words is among them or not: five clusters of pure noise do not score."""
    Y = np.random.default_rng(0).multinomial(1, np.full(10, 0.1), 300)
    new = np.vstack([Y[200:], np.tile([2, *[0] * 9], (n_pairs, 1))])
    fitted = SequentialIB(5, random_state=0).fit(Y[:200])
    assert fitted.relevance_ > 1
    assert abs(fitted.score(new)) <= 0.03 * n_pairs


def test_rows_of_zeros_and_ones_are_fitted_as_the_probabilities_that_they_are():
    rows = np.eye(4)[[0, 1, 1, 2, 3]]
    one, other = ByKMeans(3).fit(rows), ByKMeans(3).fit(rows * 0.5)
    assert (one.encoder_ == other.encoder_).all() and one.relevance_ == other.relevance_
    assert (one.transform(rows) == other.transform(rows * 0.5)).all()


@pytest.mark.parametrize("seed", range(3))
def test_number_of_topics_of_short_documents_is_found(seed):
    """Documents of one or two words from three topics; half of them have no word to predict another from."""
    rng = np.random.default_rng(seed)
    topics = np.kron(np.eye(3), np.ones(4)) * 0.9 / 4 + 0.1 / 12
    X = np.array([rng.multinomial(1 + i // 3 % 2, topics[i % 3]) for i in range(1200)])
    search = GridSearchCV(SequentialIB(random_state=0), {"n_clusters": [1, 2, 3, 6]}, cv=3).fit(X)
    assert search.best_params_ == {"n_clusters": 3}


@pytest.mark.parametrize("seed", range(3))
def test_more_clusters_than_the_truth_do_not_win(seed):
    search = GridSearchCV(ByKMeans(), {"n_clusters": [1, 2, 3, 8, 24]}, cv=3)
    search.fit(draws(random_state=seed))
    assert search.best_params_ == {"n_clusters": 3}
    assert ByKMeans(24).fit(draws(random_state=seed)).relevance_ > search.best_estimator_.relevance_


def test_score_of_one_cluster_is_zero():
    assert ByKMeans(1).fit(draws()).score(draws(random_state=1)) == pytest.approx(0, abs=1e-14)
