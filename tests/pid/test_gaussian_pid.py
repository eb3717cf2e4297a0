"""The Gaussian decomposition: closed forms, the certificate, bias and errors, invariances, hostile input."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from skib import UnreliableEstimateWarning
from skib.mutual_info import GaussianCopula
from skib.pid import GaussianPID
from skib.pid._gaussian_pid_optimum import union_information

BIT = np.log(2)
_N_SEEDS = 12


def information(channel):
    return 0.5 * np.linalg.slogdet(np.eye(len(channel)) + channel @ channel.T)[1]


def terms(first, second):
    """R, U1, U2, S of two channels with independent noises, and the gap."""
    union = union_information(first, second)
    one, two, both = information(first), information(second), information(np.vstack([first, second]))
    r = one + two - union.value
    return np.array([r, one - r, two - r, both - union.value]), union.gap


def rows_of(first, second, n_samples, seed):
    """Rows of both channels, side by side, and of the target."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(n_samples, first.shape[1]))
    x = np.hstack([y @ first.T, y @ second.T])
    return x + rng.normal(size=x.shape), y


def halves(n_first, n_second):
    return [list(range(n_first)), list(range(n_first, n_first + n_second))]


# Bits, from the closed forms of diagonal channels: each direction is a channel of one dimension.
VECTORS = {
    "each its own": ([[2, 0], [0, 0]], [[0, 0], [0, 2]], [0, 0.5 * np.log2(5), 0.5 * np.log2(5), 0]),
    "the same": ([[2, 0], [0, 1]], [[2, 0], [0, 1]], [0.5 * np.log2(10), 0, 0, 0.5 * np.log2(27 / 10)]),
    "crossed": (
        [[3, 0], [0, 1]],
        [[1, 0], [0, 3]],
        [1, 0.5 * np.log2(5), 0.5 * np.log2(5), np.log2(11) - np.log2(10)],
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_diagonal_channels(name):
    first, second, expected = VECTORS[name]
    found, gap = terms(np.array(first, float), np.array(second, float))
    assert np.allclose(found / BIT, expected, rtol=0, atol=1e-7)
    assert 0 <= gap < 1e-7


@pytest.mark.parametrize("seed", range(5))
def test_channels_of_one_dimension_have_the_smaller_information(seed):
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=(3, 1)), rng.normal(size=(2, 1))
    found, gap = terms(first, second)
    assert found[0] == pytest.approx(min(information(first), information(second)), abs=1e-10)
    assert gap == 0


@pytest.mark.parametrize("seed", range(3))
def test_degraded_channel_has_nothing_unique(seed):
    rng = np.random.default_rng(seed)
    first, mixing = rng.normal(size=(3, 4)), rng.normal(size=(3, 3))
    second = 0.9 * mixing / np.linalg.norm(mixing, 2) @ first
    found, gap = terms(first, second)
    assert found[0] == pytest.approx(information(second), abs=1e-10)
    assert gap == 0


@pytest.mark.parametrize("seed", range(4))
def test_optimum_is_that_of_a_general_minimizer(seed):
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    stacked = np.vstack([first, second])

    def value(flat):
        # Every matrix of spectral norm below 1 is tanh of some matrix, on its singular values.
        u, size, v = np.linalg.svd(flat.reshape(2, 2))
        s = (u * np.tanh(size)) @ v
        noise = np.block([[np.eye(2), s], [s.T, np.eye(2)]])
        return 0.5 * (np.linalg.slogdet(noise + stacked @ stacked.T)[1] - np.linalg.slogdet(noise)[1])

    options = {"xatol": 1e-9, "fatol": 1e-13, "maxiter": 10_000, "maxfev": 10_000}
    best = min(minimize(value, rng.normal(size=4), method="Nelder-Mead", options=options).fun for _ in range(3))
    union = union_information(first, second)
    assert union.value == pytest.approx(best, abs=1e-7)
    assert union.value - union.gap <= best + 1e-12
    assert union.gap < 1e-7


@pytest.mark.parametrize("size", [5, 20])
def test_gap_of_many_dimensions(size):
    rng = np.random.default_rng(size)
    first, second = rng.normal(size=(2, size, size)) / np.sqrt(size)
    found, gap = terms(first, second)
    assert gap < 1e-7
    assert (found >= -gap).all()
    other, _ = terms(second, first)
    assert np.allclose(found, other[[0, 2, 1, 3]], rtol=0, atol=1e-7)
    turn = np.linalg.qr(rng.normal(size=(size, size)))[0]
    turned, _ = terms(first @ turn, second @ turn)
    assert np.allclose(found, turned, rtol=0, atol=1e-7)


def test_terms_of_shared_noise_rise_to_the_smaller_information():
    # Equal channels are at the boundary, where the noises are one.
    channel = np.random.default_rng(0).normal(size=(6, 6))
    nearly = channel + 1e-4 * np.random.default_rng(1).normal(size=(6, 6))
    found, gap = terms(channel, nearly)
    assert gap < 1e-3
    assert found[0] <= min(information(channel), information(nearly)) + 1e-12
    assert found[0] > information(channel) - 1e-2


@pytest.mark.parametrize("bias_correction", [True, False])
def test_one_target_is_minimum_mutual_information(bias_correction):
    x, y = rows_of(np.array([[2.0], [0.5]]), np.array([[1.0]]), 400, 0)
    found = GaussianPID(halves(2, 1), bias_correction=bias_correction).fit(x, y)
    smaller = min(found.mutual_info_1_, found.mutual_info_2_)
    assert found.redundancy_ == pytest.approx(found.redundancy_mmi_, abs=1e-10)
    assert found.redundancy_ == pytest.approx(smaller, abs=1e-10)
    assert found.gap_ == 0


@pytest.mark.parametrize("bias_correction", [True, False])
def test_terms_add_up_to_the_informations_of_the_copula(bias_correction):
    rng = np.random.default_rng(0)
    x, y = rows_of(rng.normal(size=(3, 2)), rng.normal(size=(2, 2)), 300, 1)
    found = GaussianPID(halves(3, 2), bias_correction=bias_correction).fit(x, y)
    copula = GaussianCopula(bias_correction=bias_correction)
    expected = [copula.fit(part, y).mutual_info_ for part in (x[:, :3], x[:, 3:], x)]
    r, first, second, synergy = found.redundancy_, found.unique_1_, found.unique_2_, found.synergy_
    assert np.allclose([r + first, r + second, r + first + second + synergy], expected, rtol=0, atol=1e-10)
    assert np.allclose([found.mutual_info_1_, found.mutual_info_2_, found.mutual_info_], expected, rtol=0, atol=1e-10)
    assert found.atoms_["value"].tolist() == [r, first, second, synergy]


STUDIED = {
    "independent": (np.zeros((2, 2)), np.zeros((2, 2))),
    "crossed": (np.diag([2.0, 1.0]), np.diag([1.0, 2.0])),
    "random": tuple(np.random.default_rng(1).normal(size=(2, 4, 4)) / 2),
}


@pytest.mark.parametrize("name", STUDIED)
def test_bias_and_errors(name):
    first, second = STUDIED[name]
    truth, _ = terms(first, second)
    found, errors = [], []
    for seed in range(_N_SEEDS):
        x, y = rows_of(first, second, 800, seed)
        atoms = GaussianPID(halves(len(first), len(second))).fit(x, y).atoms_
        found.append(atoms["value"] - truth)
        errors.append(atoms["std_error"])
    found, errors = np.array(found), np.array(errors)
    assert (abs(found.mean(axis=0)) < 4 * errors.mean(axis=0) / np.sqrt(_N_SEEDS)).all()
    assert (found.std(axis=0) < 2 * errors.mean(axis=0)).all()
    assert (found.std(axis=0) > errors.mean(axis=0) / 2).all()


def test_of_equal_sources_one_has_nothing_alone_and_the_other_little():
    left = []
    for seed in range(20):
        x, y = np.random.default_rng(seed).normal(size=(2, 300, 2))
        atoms = GaussianPID().fit(x, x.sum(axis=1) + y[:, 0]).atoms_
        assert atoms.loc[["unique_1", "unique_2"], "value"].min() == pytest.approx(0, abs=1e-10)
        left.append(atoms.at["unique_1", "value"] / atoms.at["unique_1", "std_error"])
    assert np.sum(np.array(left) > 2) <= 4


@pytest.mark.parametrize("weights", [(1.0, 0.5), (1.0, 0.0), (0.0, 0.0)])
def test_errors_of_terms_that_are_zero(weights):
    missed = 0
    for seed in range(20):
        x, y = np.random.default_rng(seed).normal(size=(2, 300, 2))
        atoms = GaussianPID().fit(x, x @ weights + y[:, 0]).atoms_  # source 2 has nothing alone
        missed += abs(atoms.at["unique_2", "value"]) > 2 * atoms.at["unique_2", "std_error"]
    assert missed <= 3


def test_pvalues():
    x, y = rows_of(np.diag([1.0, 0.0]), np.diag([0.0, 0.0]), 200, 0)
    estimator = GaussianPID(halves(2, 2), n_permutations=19, random_state=0)
    pvalues = estimator.fit(x, y).atoms_["pvalue"]
    assert pvalues["unique_1"] == 0.05
    assert pvalues["unique_2"] > 0.05
    assert (estimator.fit(x, y).atoms_["pvalue"] == pvalues).all()


def test_scales_and_order_of_columns_change_nothing():
    rng = np.random.default_rng(0)
    x, y = rows_of(rng.normal(size=(2, 2)), rng.normal(size=(2, 2)), 200, 1)
    expected = GaussianPID(halves(2, 2)).fit(x, y).atoms_["value"]
    others = [(np.exp(x), y**3), (x[:, [1, 0, 3, 2]], y[:, ::-1])]
    for other_x, other_y in others:
        found = GaussianPID(halves(2, 2)).fit(other_x, other_y).atoms_["value"]
        assert np.allclose(found, expected, rtol=0, atol=1e-7)
    by_name = GaussianPID([["a", "b"], ["c", "d"]]).fit(pd.DataFrame(x, columns=list("abcd")), y)
    assert by_name.atoms_["value"].tolist() == expected.tolist()
    turn = np.array([[1, 2], [0, 1]])
    plain = GaussianPID(halves(2, 2), marginals=None)
    before = plain.fit(x, y).atoms_["value"]
    turned = plain.fit(np.hstack([x[:, :2] @ turn, x[:, 2:]]), y @ turn).atoms_["value"]
    assert np.allclose(before, turned, rtol=0, atol=1e-7)


@pytest.mark.parametrize("scale", [1e-310, 1e-200, 1e200, 1e307])
def test_extreme_scales_change_nothing(scale):
    x, y = rows_of(np.eye(2), np.eye(2)[:1], 200, 0)
    plain = GaussianPID(halves(2, 1), marginals=None)
    expected = plain.fit(x, y).atoms_
    for scaled in ((x * scale, y), (x, y * scale)):
        assert np.allclose(plain.fit(*scaled).atoms_, expected, rtol=0, atol=1e-6)


def test_copies_of_columns_and_constants():
    x, y = rows_of(np.diag([1.0, 2.0]), np.diag([2.0, 1.0]), 200, 0)
    expected = GaussianPID(halves(2, 2)).fit(x, y).atoms_["value"]
    copied = GaussianPID([[0, 1, 4], [2, 3]]).fit(np.c_[x, x[:, 0]], np.c_[y, y[:, 0]]).atoms_["value"]
    assert np.allclose(copied, expected, rtol=0, atol=1e-6)
    with pytest.warns(match="constant"):
        nothing = GaussianPID(halves(2, 2)).fit(x, np.ones(200))
    assert nothing.redundancy_ == nothing.unique_1_ == nothing.synergy_ == 0
    both = GaussianPID(bias_correction=False).fit(x[:, [0, 0]], y)
    assert both.redundancy_ == pytest.approx(both.mutual_info_1_, abs=1e-6)


def test_bad_input():
    x, y = rows_of(np.eye(4), np.eye(4), 11, 0)
    with pytest.raises(ValueError, match="principal components"):
        GaussianPID(halves(4, 4)).fit(x, y)
    with pytest.raises(ValueError, match="sources"):
        GaussianPID([[0], [1], [2]]).fit(x, y)
    x[0, 0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        GaussianPID().fit(x, y)
    rng = np.random.default_rng(0)
    with pytest.warns(UnreliableEstimateWarning, match="many equal values"):
        GaussianPID().fit(np.maximum(rng.normal(size=(100, 2)), 0), rng.normal(size=100))
