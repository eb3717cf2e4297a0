"""Edges in the valleys of a density, and how often a single cluster is cut."""

import numpy as np
import pytest
from sklearn.preprocessing import KBinsDiscretizer

from skib.preprocessing import KDIDiscretizer
from skib.preprocessing._kdi_discretizer import _GRID, valleys


def mixture(n_samples, seed, centers=(-4.0, 0.0, 4.0)):
    rng = np.random.default_rng(seed)
    return rng.choice(centers, n_samples) + rng.normal(size=n_samples)


def test_edges_lie_midway_between_equal_clusters():
    edges = []
    for seed in range(20):
        x = mixture(1000, seed, (-3.0, 3.0))
        fitted = KDIDiscretizer().fit(x[:, None])
        assert fitted.n_bins_.tolist() == [2]
        assert fitted.bin_edges_[0][[0, -1]].tolist() == [x.min(), x.max()]
        edges.append(fitted.bin_edges_[0][1])
    assert abs(np.mean(edges)) < 4 * np.std(edges) / np.sqrt(20)
    assert np.std(edges) < 0.5
    assert all(KDIDiscretizer().fit(mixture(1000, seed)[:, None]).n_bins_[0] == 3 for seed in range(20))


@pytest.mark.parametrize("draw", ["normal", "exponential", "logistic"])
def test_one_cluster_is_rarely_cut(draw):
    samples = [getattr(np.random.default_rng(seed), draw)(size=(500, 1)) for seed in range(20)]
    assert sum(KDIDiscretizer().fit(x).n_bins_[0] > 1 for x in samples) <= 2


def test_an_outlier_forms_no_bin():
    x = np.append(mixture(500, 0, (-4.0, 4.0)), 1e4)
    assert KDIDiscretizer(0.001).fit(x[:, None]).n_bins_.tolist() == [2]


def test_a_valley_of_a_known_density():
    levels = np.concatenate([np.full(100, 0.2), np.full(100, 0.8)])
    np.testing.assert_allclose(_GRID[valleys(levels, 0.1)], [0.5])
    assert len(valleys(levels, 0.4)) == 0  # two Gaussians closer than two standard deviations have one peak
    # As deep as the noise of three rows.
    assert len(valleys(np.repeat([0.2, 0.5, 0.8], 1), 0.14)) == 0


def test_bins_are_those_of_kbins_with_the_same_edges():
    x = np.column_stack([mixture(300, 0), mixture(300, 1, (0.0, 9.0)), np.ones(300)])
    fitted = KDIDiscretizer().fit(x)
    assert fitted.n_bins_.tolist() == [3, 2, 1]
    same = KBinsDiscretizer(2, encode="ordinal", quantile_method="averaged_inverted_cdf").fit(x[:, :2])
    same.bin_edges_, same.n_bins_ = fitted.bin_edges_[:2], fitted.n_bins_[:2]
    np.testing.assert_array_equal(fitted.transform(x)[:, :2], same.transform(x[:, :2]))
    np.testing.assert_allclose(
        fitted.inverse_transform(fitted.transform(x))[:, :2], same.inverse_transform(same.transform(x[:, :2]))
    )


def test_encodings():
    x = np.column_stack([mixture(300, 0), mixture(300, 1, (0.0, 9.0))])
    bins = KDIDiscretizer().fit_transform(x)
    dense = KDIDiscretizer(encode="onehot-dense").fit(x)
    sparse = KDIDiscretizer(encode="onehot").fit(x)
    expected = np.hstack([np.eye(3)[bins[:, 0]], np.eye(2)[bins[:, 1]]])
    np.testing.assert_array_equal(dense.transform(x), expected)
    np.testing.assert_array_equal(sparse.transform(x).toarray(), expected)
    np.testing.assert_array_equal(sparse.inverse_transform(sparse.transform(x)), dense.inverse_transform(expected))
    assert dense.get_feature_names_out().tolist() == ["x0_0", "x0_1", "x0_2", "x1_0", "x1_1"]
    assert KDIDiscretizer().fit(x).get_feature_names_out(["a", "b"]).tolist() == ["a", "b"]


def test_the_bandwidth_decides():
    x = mixture(1000, 0)[:, None]
    found = [KDIDiscretizer(bandwidth=b).fit(x).n_bins_[0] for b in (0.02, 0.1, 1.0)]
    assert found[0] >= found[1] >= found[2] == 1


def test_errors():
    x = mixture(30, 0)[:, None]
    with pytest.raises(ValueError, match="NaN"):
        KDIDiscretizer().fit(np.append(x, [[np.nan]], axis=0))
    with pytest.raises(ValueError, match="numbers of bins for 1 columns"):
        KDIDiscretizer().fit(x).inverse_transform([[99]])
    with pytest.raises(ValueError, match="bandwidth"):
        KDIDiscretizer(bandwidth=0).fit(x)
