"""Centralities against their series, and the published scaling of infinite feature selection."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from skib.feature_selection import DegreeCentrality, EigenvectorCentrality, KatzCentrality

RNG = np.random.default_rng(0)
SQUARE = RNG.random((7, 7))
SYMMETRIC = SQUARE + SQUARE.T
SIGNED = SYMMETRIC - 3.0


@pytest.mark.parametrize("matrix", [SYMMETRIC, SQUARE, SIGNED], ids=["symmetric", "directed", "signed"])
@pytest.mark.parametrize("attenuation", [0.2, 0.9])
def test_katz_is_the_series_and_the_closed_form(matrix, attenuation):
    step = attenuation / np.abs(np.linalg.eigvals(matrix)).max() * matrix
    series, power = np.zeros(7), np.ones(7)
    for _ in range(1000):
        power = step @ power
        series += power
    scores = KatzCentrality(attenuation)(matrix)
    np.testing.assert_allclose(scores, series, rtol=1e-10)
    np.testing.assert_allclose(scores, (np.linalg.inv(np.eye(7) - step) - np.eye(7)).sum(axis=1), rtol=1e-10)


def test_default_attenuation_is_that_of_the_paper():
    assert (KatzCentrality()(SYMMETRIC) == KatzCentrality(0.9)(SYMMETRIC)).all()


def test_double_scaling_is_that_of_the_published_code():
    for d in (7, 40):
        matrix = np.random.default_rng(d).random((d, d))
        gap, most = 5e-6 * d, matrix.sum(axis=1).max()
        shrunken = matrix / (most + gap)
        published = np.linalg.inv(np.eye(d) - (1 - gap) / most * shrunken).sum(axis=1)
        scores = KatzCentrality(scale="twice")(matrix)
        np.testing.assert_allclose(scores, published - 1, rtol=1e-10)


def test_double_scaling_leaves_the_sums_of_the_rows():
    for d in (30, 100):
        matrix = np.random.default_rng(d).random((d, d))
        sums = matrix.sum(axis=1)
        scores = KatzCentrality(scale="twice")(matrix)
        # Longer paths add at most a share of 1 / rho + 1 / rho^2 + ..., and the gap to 1 is 5e-6 d.
        excess = scores * sums.max() ** 2 / sums - 1
        assert (np.abs(excess) < 1 / (sums.max() - 1) + 1e-5 * d).all()
        assert spearmanr(scores, sums)[0] > 0.999


def test_row_sum_scaling_is_an_absorbing_chain():
    step = 0.8 * SQUARE / SQUARE.sum(axis=1).max()
    assert step.sum(axis=1).max() == pytest.approx(0.8)
    visits = np.linalg.inv(np.eye(7) - step).sum(axis=1)
    np.testing.assert_allclose(KatzCentrality(0.8, scale="row_sum")(SQUARE), visits - 1, rtol=1e-10)


@pytest.mark.parametrize("matrix", [SYMMETRIC, SQUARE, SIGNED], ids=["symmetric", "directed", "signed"])
def test_eigenvector(matrix):
    values = np.linalg.eigvals(matrix)
    scores = EigenvectorCentrality()(matrix)
    assert np.linalg.norm(scores) == pytest.approx(1)
    assert (scores >= 0).all()
    leading = values[np.argmax(np.abs(values))].real
    signs = np.sign(np.linalg.svd(matrix - leading * np.eye(7))[2][-1])
    np.testing.assert_allclose(matrix @ (signs * scores), leading * signs * scores, atol=1e-10)


@pytest.mark.parametrize("centrality", [KatzCentrality(), EigenvectorCentrality(), DegreeCentrality()])
def test_without_edges(centrality):
    assert centrality(np.zeros((3, 3))).tolist() == [0, 0, 0]


def test_graphs_that_set_no_scale_are_refused():
    with pytest.raises(ValueError, match="no cycle of edges.*pass scale='row_sum'"):
        KatzCentrality()(np.array([[0.0, 1.0], [0.0, 0.0]]))
    for scale in ("row_sum", "twice"):
        with pytest.raises(ValueError, match=f"scale='{scale}' bounds .* not negative, got the weight -1; pass abs"):
            KatzCentrality(scale=scale)(np.array([[0.0, -1.0], [2.0, 0.0]]))
