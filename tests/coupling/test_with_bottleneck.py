"""Couplings through a variable of bounded entropy: marginals, bounds, ends, bad input."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skib.coupling import coupling_with_bottleneck, greedy_coupling
from tests.naive.couplings import entropy


def case(seed, largest=12):
    """Two distributions, and a bound."""
    rng = np.random.default_rng(seed)
    p, q = (rng.dirichlet(np.full(rng.integers(2, largest + 1), 10 ** rng.uniform(-1, 1))) for _ in range(2))
    return p, q, rng.uniform(0, entropy(p))


@pytest.mark.parametrize("seed", range(100))
def test_information_lies_between_its_bounds(seed):
    p, q, bound = case(seed)
    result = coupling_with_bottleneck(p, q, bound)
    joint = result.joint.toarray()
    assert_allclose(joint.sum(axis=1), p, atol=1e-15)
    assert_allclose(joint.sum(axis=0), q, atol=1e-15)
    info = entropy(p) + entropy(q) - entropy(joint.ravel())
    assert result.mutual_info == pytest.approx(info, abs=1e-12)
    stated = result.encoder.mutual_info + result.decoder.mutual_info - bound
    assert stated - 1e-9 <= result.lower_bound + 1e-9 <= info + 2e-9
    assert info <= result.upper_bound + 1e-9
    assert result.upper_bound == pytest.approx(min(bound, entropy(p), entropy(q)))


@pytest.mark.parametrize("seed", range(30))
def test_the_joint_is_a_chain(seed):
    """p(x, y) is the sum over t of p(x) p(t|x) p(y|t)."""
    p, q, bound = case(seed)
    result = coupling_with_bottleneck(p, q, bound)
    decoder = result.decoder.toarray()
    of_group = decoder / decoder.sum(axis=1, keepdims=True)
    assert_allclose(result.joint.toarray(), p[:, None] * (result.encoder.encoder.toarray() @ of_group), atol=1e-15)
    assert_allclose(decoder.sum(axis=1), p @ result.encoder.encoder.toarray(), atol=1e-15)


def test_ends():
    p, q, _ = case(0)
    nothing = coupling_with_bottleneck(p, q, 0)
    assert_allclose(nothing.joint.toarray(), np.outer(p, q), atol=1e-15)
    assert nothing.mutual_info == pytest.approx(0, abs=1e-12) and nothing.upper_bound == 0
    for bound in (entropy(p), 100.0, np.inf):
        whole = coupling_with_bottleneck(p, q, bound)
        greedy = greedy_coupling(p, q)
        assert whole.mutual_info == pytest.approx(greedy.mutual_info)
        assert_allclose(np.sort(whole.joint.data), np.sort(greedy.masses), atol=1e-15)


def test_more_entropy_means_more_information():
    """On average over pairs; not for each, as both steps are approximations."""
    shares = np.array([0.2, 0.5, 0.8])
    infos = []
    for seed in range(40):
        p, q, _ = case(seed)
        infos.append([coupling_with_bottleneck(p, q, share * entropy(p)).mutual_info for share in shares])
    assert (np.diff(np.mean(infos, axis=0)) > 0.05).all()


def test_states_of_no_mass():
    result = coupling_with_bottleneck([0.5, 0.0, 0.5], [0.0, 0.25, 0.75], 0.4)
    joint = result.joint.toarray()
    assert joint[1].tolist() == [0, 0, 0] and joint[:, 0].tolist() == [0, 0, 0]
    assert np.isfinite(joint).all() and joint.sum() == pytest.approx(1)


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"q\[0\] is -1"):
        coupling_with_bottleneck([1.0], [-1.0, 2.0], 0.5)
    with pytest.raises(ValueError, match="p has a sum of 5"):
        coupling_with_bottleneck([2, 3], [1.0], 0.5)
    with pytest.raises(ValueError, match="max_entropy=-1"):
        coupling_with_bottleneck([1.0], [1.0], -1)
