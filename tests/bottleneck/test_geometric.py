"""Clusters of tables: planted ones, k-means as a limit, columns of every kind, new rows."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import sqrtm
from scipy.sparse import csr_array
from scipy.stats import entropy
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score, mutual_info_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skib
from skib.bottleneck import AgglomerativeIB, GeometricIB, InformationBottleneck
from skib.bottleneck._geometric import _read
from tests.naive.bottleneck import information

CENTERS = [[0, 0], [8, 0], [0, 8], [8, 8]]


def mixed(n_samples=200, seed=0):
    """A frame of columns of all kinds, of two overlapping groups."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, n_samples)
    sizes = pd.CategoricalDtype(["small", "medium", "large"], ordered=True)
    frame = pd.DataFrame(
        {
            "number": rng.normal(3.0 * group),
            "count": rng.poisson(1 + group).clip(0, 4),
            "size": pd.Categorical.from_codes((group + rng.integers(0, 2, n_samples)).clip(0, 2), dtype=sizes),
            "color": pd.Categorical(np.array(["red", "green", "blue"])[(group + (rng.random(n_samples) < 0.2)) % 3]),
            "yes": (rng.random(n_samples) < 0.2 + 0.6 * group),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.normal(30 * group, 10), unit="D"),
        }
    )
    return frame, group


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("bandwidth", ["auto", 0.3, 2.0])
def test_separated_groups_are_found(seed, bandwidth):
    X, y = make_blobs(300, centers=CENTERS, random_state=seed)
    ib = GeometricIB(4, bandwidth=bandwidth, random_state=0).fit(X)
    assert adjusted_rand_score(ib.labels_, y) == 1
    assert ib.entropy_ == pytest.approx(entropy(np.bincount(y) / 300))
    new, z = make_blobs(100, centers=CENTERS, random_state=seed + 100)
    assert adjusted_rand_score(ib.predict(new), z) == 1


def test_groups_of_any_kinds_of_columns_are_found():
    frame, group = mixed(600)
    ib = GeometricIB(2, random_state=0).fit(frame)
    assert ib.kernels_ == ["gaussian", "ordered", "ordered", "nominal", "nominal", "gaussian"]
    assert adjusted_rand_score(ib.labels_, group) > 0.95
    one = GeometricIB(2, random_state=0).fit(frame[["number"]])
    assert adjusted_rand_score(ib.labels_, group) > adjusted_rand_score(one.labels_, group) + 0.1


@pytest.mark.parametrize("seed", range(3))
def test_a_large_bandwidth_makes_the_clusters_of_k_means(seed):
    """To second order in 1 / h^2, the divergence of two rows is their squared distance in the metric of p(y)."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(200, 2)) @ rng.normal(size=(2, 2)) + rng.integers(0, 3, (200, 1)) * [2, 1]
    Z = StandardScaler().fit_transform(X)
    Z = Z @ sqrtm(np.corrcoef(X.T)).real
    means = KMeans(3, n_init=20, random_state=0).fit(Z)
    ib = GeometricIB(3, bandwidth=15.0, random_state=0).fit(X)
    inertia = sum(((Z[ib.labels_ == t] - Z[ib.labels_ == t].mean(axis=0)) ** 2).sum() for t in range(3))
    assert inertia < 1.005 * means.inertia_
    assert adjusted_rand_score(ib.labels_, means.labels_) > 0.9


def test_a_small_bandwidth_follows_gaps():
    angle = np.random.default_rng(0).uniform(0, 2 * np.pi, 400)
    ring = np.repeat([1.0, 4.0], 200)
    X = np.column_stack([ring * np.cos(angle), ring * np.sin(angle)])
    ib = GeometricIB(2, bandwidth=0.3, solver=AgglomerativeIB(), random_state=0).fit(X)
    assert adjusted_rand_score(ib.labels_, ring) == 1
    assert adjusted_rand_score(GeometricIB(2, bandwidth=5.0, random_state=0).fit(X).labels_, ring) < 0.1


@pytest.mark.parametrize("seed", range(5))
def test_fitted_rows_are_predicted_as_they_are_labeled(seed):
    frame, _ = mixed(150, seed)
    ib = GeometricIB(4, random_state=seed).fit(frame)
    assert_array_equal(ib.predict(frame), ib.labels_)
    assert_array_equal(ib.predict(frame[::-1]), ib.labels_[::-1])
    assert_array_equal(ib.fit_predict(frame), ib.labels_)


def test_smoothed_rows_are_products_of_the_kernels():
    """The three kernels written out, with the bandwidths that are stored."""
    frame, _ = mixed(60)
    frame = frame[["number", "count", "size", "color"]]
    weights = np.random.default_rng(0).uniform(0.5, 1, 60)
    ib = GeometricIB(2, random_state=0, solver=InformationBottleneck(beta=2.0)).fit(frame, sample_weight=weights)
    s, nu, mu, lam = ib.kernel_bandwidths_
    levels = np.unique(frame["count"])
    x, ranks, sizes = frame["number"].to_numpy(), np.searchsorted(levels, frame["count"]), frame["size"].cat.codes
    colors = frame["color"].cat.codes.to_numpy()
    kernel = np.exp(-((x[:, None] - x) ** 2) / (2 * s**2)) * nu ** np.abs(ranks[:, None] - ranks)
    kernel *= mu ** np.abs(sizes.to_numpy()[:, None] - sizes.to_numpy())
    kernel *= np.where(colors[:, None] == colors, 1 - lam, lam / (len(np.unique(colors)) - 1))
    expected = weights * kernel
    expected /= expected.sum(axis=1, keepdims=True)
    plain = InformationBottleneck(2, beta=2.0, random_state=0).fit(expected, sample_weight=weights)
    assert ib.relevance_ == pytest.approx(plain.relevance_, rel=1e-6)
    assert ib.rate_ == pytest.approx(plain.rate_, rel=1e-6)


@pytest.mark.parametrize("n_clusters", [2, 5])
def test_the_bandwidth_leaves_as_much_information_as_clusters_can_keep(n_clusters):
    frame, _ = mixed()
    ib = GeometricIB(n_clusters, random_state=0).fit(frame)
    rows = GeometricIB(200, bandwidth=ib.bandwidth_, random_state=0).fit(frame)  # each row is a cluster
    assert rows.relevance_ == pytest.approx(np.log(n_clusters), rel=1e-3)
    assert ib.relevance_ < np.log(n_clusters)


def test_few_distinct_rows_bound_the_information():
    X = np.repeat([["a"], ["b"]], [190, 10], axis=0)
    ib = GeometricIB(2, random_state=0).fit(X)
    assert mutual_info_score(ib.labels_, X[:, 0]) == pytest.approx(entropy([0.95, 0.05]))
    assert 0.8 * entropy([0.95, 0.05]) < ib.relevance_ < entropy([0.95, 0.05])


def test_landmarks_stand_for_all_rows():
    X, y = make_blobs(5000, centers=CENTERS, random_state=0)
    ib = GeometricIB(4, n_landmarks=50, random_state=0).fit(X)
    assert ib.cluster_centers_.shape == (4, 50) and len(np.unique(ib.landmarks_)) == 50
    assert adjusted_rand_score(ib.labels_, y) > 0.999
    assert_allclose(ib.cluster_centers_.sum(axis=1), 1)
    nearest = ib.predict(X[ib.landmarks_])  # a cluster is near to its own landmarks
    assert_array_equal(np.argmax(ib.cluster_centers_, axis=0), nearest)


def test_follows_its_seed_and_nothing_else():
    X, _ = make_blobs(400, 3, centers=8, cluster_std=3, random_state=0)
    fits = [GeometricIB(6, n_landmarks=100, random_state=seed).fit(X) for seed in (0, 0, 1)]
    assert_array_equal(fits[0].labels_, fits[1].labels_)
    assert_array_equal(fits[0].landmarks_, fits[1].landmarks_)
    assert not np.array_equal(fits[0].landmarks_, fits[2].landmarks_)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", ["all kinds", "tied levels", "monotone"])
def test_the_order_of_columns_and_rows_changes_nothing(kind, seed):
    """Also of columns that only their joint rows tell apart, and of those that have the same ranks."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(80, 2))
    X = {
        "all kinds": mixed(80, seed)[0],
        "tied levels": pd.DataFrame(rng.integers(0, 3, (80, 4)).astype(str)),
        "monotone": pd.DataFrame(np.column_stack([x, np.exp(x)])),
    }[kind]
    columns, rows = rng.permutation(X.shape[1]), rng.permutation(80)
    for n_landmarks in (30, 500):
        ib, other = (GeometricIB(5, n_landmarks=n_landmarks, random_state=0).fit(Z) for Z in (X, X.iloc[:, columns]))
        assert_array_equal(other.labels_, ib.labels_)
        assert_array_equal(other.landmarks_, ib.landmarks_)
        assert_array_equal(other.transform(X.iloc[:, columns]), ib.transform(X))
        assert other.bandwidth_ == ib.bandwidth_
        assert_array_equal(other.kernel_bandwidths_, ib.kernel_bandwidths_[columns])
    assert_array_equal(GeometricIB(5, random_state=0).fit(X.iloc[rows]).labels_, ib.labels_[rows])  # all are landmarks


def test_weights_are_repetitions():
    frame, _ = mixed(100)
    weights = np.random.default_rng(0).integers(0, 3, 100)
    rows = np.repeat(np.arange(100), weights)
    weighted = GeometricIB(3, random_state=0).fit(frame, sample_weight=weights)
    repeated = GeometricIB(3, random_state=0).fit(frame.iloc[rows])
    assert weighted.bandwidth_ == pytest.approx(repeated.bandwidth_)
    assert_array_equal(weighted.predict(frame), repeated.predict(frame))


@pytest.mark.parametrize("solver", [InformationBottleneck(beta=30.0), InformationBottleneck(beta=30.0, alpha=0.0)])
def test_other_solvers(solver):
    X, y = make_blobs(200, centers=CENTERS, random_state=0)
    ib = GeometricIB(4, solver=solver, random_state=0).fit(X)
    assert adjusted_rand_score(ib.labels_, y) == 1
    assert solver.n_clusters is None and ib.solver_.n_clusters == 4
    assert_allclose(ib.transform(X), ib.encoder_, atol=1e-6)


def test_units_and_constant_columns_change_nothing():
    frame, _ = mixed()
    other = frame.assign(number=1e-6 * frame["number"] + 5, constant=7.0, day=frame["day"].astype("datetime64[s]"))
    ib, same = (GeometricIB(3, random_state=0).fit(X) for X in (frame, other))
    assert same.kernels_[-1] == "constant" and np.isnan(same.kernel_bandwidths_[-1])
    assert same.relevance_ == pytest.approx(ib.relevance_, rel=1e-4)
    assert adjusted_rand_score(same.labels_, ib.labels_) > 0.99


def test_containers_of_the_same_content():
    pl = pytest.importorskip("polars")
    frame, _ = mixed()
    frame = frame[["number", "count", "yes", "day"]].assign(color=frame["color"].astype(str))
    ib = GeometricIB(3, random_state=0).fit(frame)
    for other in (pl.from_pandas(frame), frame.astype({"color": "category", "number": object})):
        assert_array_equal(GeometricIB(3, random_state=0).fit(other).labels_, ib.labels_)
        assert_array_equal(ib.predict(other), ib.labels_)


def test_works_with_scikit_learn():
    frame, _ = mixed()
    ib = GeometricIB(2, random_state=0).set_output(transform="pandas")
    codes = ib.fit_transform(frame)
    assert list(codes.columns) == ["geometricib0", "geometricib1"]
    assert_array_equal(codes.to_numpy(), ib.encoder_)
    assert_array_equal(pickle.loads(pickle.dumps(ib)).predict(frame), ib.labels_)
    pipe = make_pipeline(StandardScaler(), GeometricIB(2, random_state=0))
    assert_array_equal(pipe.fit_predict(frame[["number"]]), pipe.predict(frame[["number"]]))


@pytest.mark.parametrize("solver", [None, AgglomerativeIB()])
@pytest.mark.parametrize(
    ("bandwidth", "message"),
    [(1e4, "equal up to rounding"), (300.0, "equal up to rounding"), (0.01, "hardly a neighbor")],
)
def test_a_bandwidth_that_hides_the_groups_is_warned_of(bandwidth, message, solver):
    """Two groups 10 standard deviations apart, which any bandwidth between finds without a warning."""
    rng = np.random.default_rng(0)
    X, y = np.vstack([rng.normal(0, 1, (50, 2)), rng.normal(10, 1, (50, 2))]), np.repeat([0, 1], 50)
    with pytest.warns(skib.UnreliableEstimateWarning, match=message):
        GeometricIB(2, bandwidth=bandwidth, solver=solver, random_state=0).fit(X)
    for found in (0.3, 1.0, 10.0, 100.0):
        ib = GeometricIB(2, bandwidth=found, solver=solver, random_state=0).fit(X)
        assert adjusted_rand_score(ib.labels_, y) == 1


@pytest.mark.parametrize(("n_samples", "centers"), [(300, CENTERS), (1000, CENTERS), (500, 8 * np.eye(4, 5))])
def test_rows_of_few_neighbors_are_warned_of(n_samples, centers):
    """From the bandwidth on that is not warned of, the planted groups are found."""
    X, y = make_blobs(n_samples, centers=centers, random_state=0)
    for bandwidth in (0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.5):
        with warnings.catch_warnings(record=True) as issued:
            warnings.simplefilter("always")
            ib = GeometricIB(4, bandwidth=bandwidth, random_state=0).fit(X)
        if issued:
            assert issued[0].category is skib.UnreliableEstimateWarning
            assert bandwidth < 0.5 and "raise bandwidth, or pass 'auto'" in str(issued[0].message)
        else:
            assert adjusted_rand_score(ib.labels_, y) > 0.8
    with pytest.warns(skib.UnreliableEstimateWarning, match=r"9\d% of the rows have fewer than 5 effective neighbors"):
        GeometricIB(4, bandwidth=0.03, random_state=0).fit(make_blobs(300, centers=CENTERS, random_state=0)[0])


def test_the_neighborhood_is_the_share_of_rows_that_look_alike():
    X = np.repeat([["a"], ["b"], ["c"]], [50, 30, 20], axis=0)
    ib = GeometricIB(3, bandwidth=0.01, random_state=0).fit(X)
    smoothed = ib._places.smoothed(ib._places.codes_of(_read(ib, X)), 0.01)
    assert_allclose(ib._places.neighborhoods(smoothed), np.repeat([0.5, 0.3, 0.2], [50, 30, 20]))


def test_rows_far_away_are_encoded():
    X, _ = make_blobs(100, centers=CENTERS, random_state=0)
    encoder = GeometricIB(4, random_state=0).fit(X).transform([[1e200, 0], [-1e308, 1e308]])
    assert_allclose(encoder.sum(axis=1), 1)


def test_distinct_rows_that_are_as_many_as_clusters_are_no_reason_to_warn():
    ib = GeometricIB(3, bandwidth=0.01, random_state=0).fit([["a"], ["b"], ["c"], ["a"]])
    assert len(set(ib.labels_)) == 3 and ib.labels_[0] == ib.labels_[3]


def test_the_information_of_smoothed_rows():
    frame, _ = mixed(50)
    ib, weights = GeometricIB(2, bandwidth=1.0, random_state=0).fit(frame), np.arange(1, 51) / 1275
    smoothed = ib._places.smoothed(ib._places.codes_of(_read(ib, frame)), 1.0)
    nats, most = ib._places.information(smoothed, weights)
    assert nats == pytest.approx(information(weights[:, None] * smoothed), abs=1e-10)  # rounded to 12 decimals
    assert most == pytest.approx(np.log(50))


def test_the_score_is_that_of_new_rows():
    X, _ = make_blobs(600, centers=CENTERS, random_state=0)
    ib = GeometricIB(4, bandwidth=0.5, random_state=0).fit(X[:300])
    assert ib.score(X[300:]) == pytest.approx(ib.relevance_, abs=0.05)
    fewer = GeometricIB(2, bandwidth=0.5, random_state=0).fit(X[:300])
    assert fewer.score(X[300:]) < ib.score(X[300:]) - 0.3


def test_errors():
    frame, _ = mixed(50)
    ib = GeometricIB(2, random_state=0).fit(frame)
    with pytest.raises(ValueError, match="column 'number' of X contains NaN or None in 1 of 50 rows"):
        GeometricIB(2).fit(frame.assign(number=frame["number"].where(frame.index > 0)))
    with pytest.raises(ValueError, match="n_samples=50 should be >= n_clusters=51"):
        GeometricIB(51).fit(frame)
    with pytest.raises(ValueError, match="column 'day' of X holds a number"):
        ib.predict(frame.assign(day=1.0))
    with pytest.raises(ValueError, match=r"column 'color' of X holds numbers \(first 1\), but text when it was fitted"):
        ib.predict(frame.assign(color=pd.Categorical([1, 2] * 25)))
    with pytest.raises(ValueError, match="bandwidth"):
        GeometricIB(2, bandwidth=0.0).fit(frame)
    for bandwidth in (1e-200, 1e200):  # whose squares are no numbers
        with pytest.raises(ValueError, match=r"bandwidth.*'auto'.* in the range \[1e-100, 1e\+100\]"):
            GeometricIB(2, bandwidth=bandwidth).fit(frame)
    with pytest.raises(ValueError, match=r"has no encoder_, .* pass a solver of skib.bottleneck"):
        GeometricIB(2, solver=KMeans(n_init=1)).fit(frame[["number"]])
    with pytest.raises(TypeError, match="Sparse"):
        GeometricIB(2).fit(csr_array(np.eye(9)))


def test_the_parameters_of_the_solver_are_validated():
    with pytest.raises(ValueError, match="The 'beta' parameter of InformationBottleneck"):
        GeometricIB(2, solver=InformationBottleneck(2, beta=-1.0)).fit(np.arange(20.0).reshape(10, 2))
