"""The angle of the curve of hard clusters."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import make_blobs

from skib.bottleneck import GeometricIB, kink_angles


def test_angles_of_a_polygon():
    """Slopes 1, 1 / sqrt(3) and 0.1; the third point lies below, and the last has no more information."""
    entropies = [0, 1, 1.5, 1 + np.sqrt(3), 7 + np.sqrt(3), 20]
    relevances = [0, 1, 1.1, 2, 2.6, 2.6]
    angles = kink_angles(entropies, relevances)
    assert np.isnan(angles[[0, 4]]).all()
    assert_allclose(np.degrees(angles[[1, 2, 3, 5]]), [15, 0, 30 - np.degrees(np.arctan(0.1)), 0], atol=1e-9)


def test_a_concave_curve_bends_down_by_its_whole_angle():
    h = np.linspace(0, 3, 20)
    angles = kink_angles(h, np.log1p(h))[1:-1]
    assert (angles > 0).all()
    slopes = np.diff(np.log1p(h)) / np.diff(h)
    assert angles.sum() == pytest.approx(np.arctan(slopes[0]) - np.arctan(slopes[-1]))


@pytest.mark.parametrize("n_clusters", [3, 4, 5])
@pytest.mark.parametrize("seed", range(3))
def test_separated_groups_are_counted(n_clusters, seed):
    corners = 10 * np.array([[0, 0], [1, 0], [0, 1], [1, 1], [0.5, 2]])
    X, _ = make_blobs(200, centers=corners[:n_clusters], random_state=seed)
    h = GeometricIB(7, random_state=0).fit(X).bandwidth_
    fits = [GeometricIB(k, bandwidth=h, random_state=0).fit(X) for k in range(1, 8)]
    angles = kink_angles([fit.entropy_ for fit in fits], [fit.relevance_ for fit in fits])
    assert np.nanargmax(angles) + 1 == n_clusters


def test_errors():
    with pytest.raises(ValueError, match="got 2 and 2 values"):
        kink_angles([0, 1], [0, 1])
    with pytest.raises(ValueError, match="got 4 and 3 values"):
        kink_angles([0, 1, 2, 3], [0, 1, 1])
    with pytest.raises(ValueError, match="relevances contains NaN"):
        kink_angles([0, 1, 2], [0, 1, np.nan])


@pytest.mark.parametrize("first", [(1e-13, 1e-14), (0.0, 1e-16), (-1e-17, 0.0), (1e-16, -1e-17)])
def test_one_cluster_of_rounding_errors_is_an_end(first):
    expected = kink_angles([0, 1, 1.5, 2], [0, 0.6, 0.7, 0.75])
    angles = kink_angles([first[0], 1, 1.5, 2], [first[1], 0.6, 0.7, 0.75])
    assert np.isnan(angles[[0, 3]]).all()
    assert_allclose(angles, expected)


@pytest.mark.parametrize(
    ("entropies", "relevances", "message"),
    [
        ([0.5, 1, 1.5], [0.4, 0.6, 0.7], "entropies must begin with that of one cluster, which is 0, got 0.5; put 0"),
        (["a", "b", "c"], [0, 1, 2], "entropies holds text .*convert it to numbers"),
        ([0, 1, 2], ["0", "1", "2"], "relevances holds text .*convert it to numbers"),
        ([[0, 1], [2, 3]], [0, 1, 2, 3], "entropies has 2 columns"),
        ([0, 1, 2], None, "relevances"),
    ],
)
def test_messages_name_the_argument(entropies, relevances, message):
    with pytest.raises(ValueError, match=message):
        kink_angles(entropies, relevances)


def test_solutions_of_one_point_have_no_angle():
    assert np.isnan(kink_angles([0, 0, 0], [0, 0, 0])).all()
