"""Disparity of predictions: the canonical cases, the identities of both disparities, errors and input."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import skib
from skib.entropy import PlugIn
from skib.mutual_info import ChainRule
from skib.pid import BROJA, SURD, MinimumMutualInfo, fairness_decomposition

Z, S = np.repeat([0, 1], 200), np.tile([0, 1], 200)
OTHER = np.repeat([[0, 1], [1, 0]], [180, 20], axis=0).ravel()  # equal to S_OF_OTHER in nine rows of ten
S_OF_OTHER = np.tile([0, 1], 200)


def in_bits(decomposition):
    return [skib.in_bits(getattr(decomposition, name)) for name in ("unique", "redundant", "masked")]


@pytest.mark.parametrize(
    ("y_pred", "sensitive", "client", "terms"),
    [
        (Z, Z, S, (1, 0, 0)),
        (Z, Z, Z, (0, 1, 0)),
        (Z ^ S, Z, S, (0, 0, 1)),
        (S_OF_OTHER, OTHER, S_OF_OTHER, (0, 0.5310, 0)),  # 1 - h(.1)
    ],
)
def test_canonical_cases(y_pred, sensitive, client, terms):
    disparity = fairness_decomposition(y_pred, sensitive, client, measure=BROJA(bias_correction=False))
    assert disparity.gap <= 5e-6
    assert_allclose(in_bits(disparity), terms, atol=1e-4)


@pytest.mark.parametrize("measure", [BROJA(bias_correction=False), MinimumMutualInfo(bias_correction=False)])
def test_disparities_are_informations(measure):
    rng = np.random.default_rng(0)
    client, sensitive = rng.integers(0, 3, 2000), rng.integers(0, 2, 2000)
    y_pred = (rng.random(2000) < 0.3 + 0.1 * client + 0.2 * sensitive * (client > 0)).astype(int)
    disparity = fairness_decomposition(y_pred, sensitive, client, measure=measure)
    plug_in = ChainRule(PlugIn())
    within = [plug_in.fit(y_pred[client == s, None], sensitive[client == s]).mutual_info_ for s in range(3)]
    assert_allclose(disparity.global_disparity, plug_in.fit(y_pred[:, None], sensitive).mutual_info_, atol=1e-12)
    assert_allclose(disparity.local_disparity, np.bincount(client) / 2000 @ within, atol=1e-12)
    assert disparity.terms["value"].tolist() == [disparity.unique, disparity.redundant, disparity.masked]


def test_independent_predictions_have_no_disparity():
    values = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        disparity = fairness_decomposition(*rng.integers(0, [[3], [2], [6]], (3, 1000)))
        values.append([disparity.global_disparity, disparity.local_disparity])
    assert (np.abs(np.mean(values, axis=0)) < 4 * np.std(values, axis=0) / np.sqrt(20)).all()


def test_names_several_attributes_and_pvalues():
    rng = np.random.default_rng(1)
    people = pd.DataFrame({"sex": rng.choice(["f", "m"], 800), "old": rng.random(800) < 0.5})
    y_pred = np.where(people["sex"] == "f", "yes", "no")
    bank = rng.choice(["a", "b"], 800)
    disparity = fairness_decomposition(y_pred, people, bank, n_permutations=49, random_state=0)
    assert disparity.terms.loc["unique", "pvalue"] == 0.02
    assert abs(disparity.unique - np.log(2)) < 0.02
    again = fairness_decomposition(y_pred, people, bank, n_permutations=49, random_state=0)
    pd.testing.assert_frame_equal(disparity.terms, again.terms, check_exact=True)


def test_no_one_to_discriminate():
    with pytest.warns(UserWarning, match="sensitive is constant"):
        disparity = fairness_decomposition(Z, np.ones(400), S)
    assert_allclose([disparity.global_disparity, disparity.local_disparity], 0, atol=1e-12)


def test_refusals():
    with pytest.raises(ValueError, match="y_pred has 400 rows but client has 399"):
        fairness_decomposition(Z, Z, S[1:])
    with pytest.raises(ValueError, match="y_pred has 2 columns"):
        fairness_decomposition(np.column_stack([Z, S]), Z, S)
    with pytest.raises(ValueError, match="sensitive"):
        fairness_decomposition(Z, [None, *Z[1:]], S)
    with pytest.raises(TypeError, match="measure must be"):
        fairness_decomposition(Z, Z, S, measure=SURD())
    with pytest.warns(UserWarning, match="rows"):
        fairness_decomposition(np.arange(30) % 7, np.arange(30) % 2, np.arange(30) % 5)
