"""The self-consistent equations of given encoders."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from skib.bottleneck import InformationBottleneck, ib_consistency
from tests.bottleneck.test_information_bottleneck import random_rows
from tests.naive import bottleneck as naive


@pytest.mark.parametrize("beta", [4.0, 6.0, 9.0])
def test_beta_of_a_solution_is_recovered(beta):
    rows, weights = random_rows(1)
    solution = InformationBottleneck(beta=beta).fit(rows, sample_weight=weights)
    assert solution.rate_ > 0.1
    found = ib_consistency(solution.encoder_, rows, sample_weight=weights)
    assert found.beta == pytest.approx(beta, rel=1e-3)
    assert found.residual == pytest.approx(0, abs=1e-8) and found.explained == pytest.approx(1, abs=1e-6)
    assert (found.rate, found.relevance) == pytest.approx((solution.rate_, solution.relevance_))


def test_residual_is_the_mean_divergence_from_the_equations():
    rows, weights = random_rows(2)
    encoder = np.random.default_rng(0).dirichlet(np.ones(3), len(rows))
    found = ib_consistency(encoder * 7, csr_array(rows), sample_weight=weights, beta=3.0)
    expected = naive.step(weights, rows, encoder, 3.0)
    terms = np.sum(encoder * np.log(encoder / expected), axis=1)
    np.testing.assert_allclose(found.pointwise, terms, atol=1e-12)
    assert found.residual == pytest.approx(weights @ terms) and found.beta == 3.0
    best = ib_consistency(encoder, rows, sample_weight=weights)
    assert best.residual <= found.residual
    assert ib_consistency(encoder, rows, sample_weight=weights, beta=0).residual == pytest.approx(found.rate)


def test_ends_of_beta():
    X = np.eye(2)[[0, 0, 1]]
    assert ib_consistency(X, X).beta == np.inf
    unrelated = ib_consistency(np.eye(2)[[0, 1, 0, 1]], np.eye(2)[[0, 0, 1, 1]])
    assert unrelated.explained == pytest.approx(0, abs=1e-3)
    constant = ib_consistency(np.ones((3, 1)), X)
    assert constant.rate == constant.residual == 0 and np.isnan([constant.explained, constant.beta]).all()


def test_arguments_are_refused():
    with pytest.raises(ValueError, match="X has 3 rows but encoder has 2"):
        ib_consistency(np.eye(2), np.eye(3))
    with pytest.raises(ValueError, match="row 1 of encoder is all zero"):
        ib_consistency([[1, 0], [0, 0]], np.eye(2))
    with pytest.raises(ValueError, match="Negative values"):
        ib_consistency([[1, 0], [-1, 2]], np.eye(2))


@pytest.mark.parametrize("beta", [-1, np.nan, np.inf, "2"])
def test_betas_that_are_refused(beta):
    with pytest.raises(ValueError, match="beta must be a finite number"):
        ib_consistency(np.eye(2), np.eye(2), beta=beta)


@pytest.mark.parametrize("kind", [np.array, csr_array])
@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (-1.0, r"Negative values in data passed to ib_consistency: {}\[0, 1\] is -1"),
        (np.nan, "Input {} contains NaN"),
        (np.inf, "Input {} contains infinity"),
    ],
)
def test_messages_name_the_argument(cell, message, kind):
    rows, other = np.array([[1.0, 2.0], [1.0, 3.0]]), kind([[1.0, cell], [2.0, 1.0]])
    with pytest.raises(ValueError, match=message.format("encoder")):
        ib_consistency(other, rows)
    with pytest.raises(ValueError, match=message.format("X")):
        ib_consistency(rows, other)
    with pytest.raises(ValueError, match="encoder holds text"):
        ib_consistency(rows.astype(str), rows)
    with pytest.raises(ValueError, match="required by ib_consistency"):
        ib_consistency(np.empty((0, 2)), rows)


def test_large_betas_are_taken_as_they_are():
    """Away from a solution the residual grows in proportion to beta."""
    encoder, X = [[0.9, 0.1], [0.1, 0.9]], [[0.8, 0.2], [0.1, 0.9]]
    one, two = (ib_consistency(encoder, X, beta=beta).residual for beta in (1e8, 2e8))
    assert two == pytest.approx(2 * one, rel=1e-6)
