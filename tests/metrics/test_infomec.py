"""InfoMEC of codes whose scores are known, of noise, and of degenerate codes."""

import numpy as np
import pandas as pd
import pytest
from sklearn.naive_bayes import GaussianNB

from skib.metrics import infomec
from skib.metrics._infomec import _concentration_of

RNG = np.random.default_rng(0)
SOURCES = RNG.integers(0, 5, size=(1000, 3))
NOISY = SOURCES + 0.1 * RNG.normal(size=(1000, 3))


def values(scores):
    return scores.modularity.value, scores.explicitness.value, scores.compactness.value


@pytest.mark.parametrize(
    "latents", [SOURCES.astype(float), NOISY, -(NOISY[:, ::-1] ** 3)], ids=["same", "noisy", "cubed"]
)
def test_identity_is_one(latents):
    scores = infomec(latents, SOURCES, random_state=0)
    assert values(scores) == pytest.approx((1, 1, 1), abs=0.02)
    assert (scores.modularity.null, scores.compactness.null) == (0, 0)
    assert scores.informative.to_numpy().sum() == 3


def test_scores_equal_the_formulas():
    nmi = np.array([[0.8, 0.2, 0.0], [0.1, 0.3, 0.4]])  # sources, latents
    assert _concentration_of(nmi, 3) == pytest.approx(((0.8 / 1 + 0.4 / 0.8) / 2 - 1 / 3) / (2 / 3))
    assert _concentration_of(nmi.T, 2) == pytest.approx(((0.8 / 0.9 + 0.3 / 0.5 + 1) / 3 - 1 / 2) / (1 / 2))


def test_twice_the_same_latent_is_not_compact():
    scores = infomec(NOISY[:, [0, 1, 2, 0]], SOURCES, random_state=0)
    assert scores.modularity.value == pytest.approx(1)
    assert scores.compactness.value == pytest.approx(((0.5 + 1 + 1) / 3 - 0.25) / 0.75, abs=0.01)


def test_rotated_latents_are_explicit_but_not_modular():
    scores = infomec(NOISY[:, :2] @ [[1, 1], [1, -1]], SOURCES[:, :2], random_state=0)
    assert scores.explicitness.value > 0.98
    assert scores.modularity.value < 0.1
    assert scores.compactness.value < 0.1


def test_sources_that_no_latent_holds_are_among_the_sources():
    """Two latents mix two of three sources evenly: (1/2 - 1/3) / (1 - 1/3) of the paper's formula."""
    scores = infomec(NOISY[:, :2] @ [[1, 1], [1, -1]], SOURCES, random_state=0)
    assert not scores.informative.loc[2].any()
    assert scores.modularity.value == pytest.approx(1 / 4, abs=0.05)
    assert scores.compactness.value < 0.1
    alone = infomec(NOISY[:, :1], SOURCES, random_state=0).modularity
    assert (alone.value, alone.null) == (1, 0)


def test_noise_has_nothing():
    for seed in range(3):
        scores = infomec(np.random.default_rng(seed).normal(size=(300, 4)), SOURCES[:300], random_state=seed)
        assert (scores.modularity.value, scores.compactness.value) == (0, 0)
        assert abs(scores.explicitness.value - scores.explicitness.null) < 0.05


def test_more_latents_than_rows():
    latents = np.random.default_rng(0).normal(size=(60, 80))
    scores = infomec(latents, RNG.integers(0, 2, size=(60, 2)), random_state=0)
    assert (scores.modularity.value, scores.compactness.value) == (0, 0)
    assert scores.explicitness.value < 0.1


def test_single_latent_and_single_source():
    scores = infomec(NOISY[:, :1], SOURCES, random_state=0)
    assert (scores.compactness.value, scores.compactness.null) == (1, 1)
    assert np.isfinite(values(scores)).all()
    scores = infomec(NOISY, SOURCES[:, 0], random_state=0)
    assert (scores.modularity.value, scores.modularity.null) == (1, 1)


def test_constant_latents_are_inactive():
    with_dead = np.hstack([NOISY, np.ones((1000, 2))])
    scores = infomec(with_dead, SOURCES, random_state=0)
    assert values(scores) == pytest.approx(values(infomec(NOISY, SOURCES, random_state=0)))
    assert (scores.nmi.to_numpy()[:, 3:] == 0).all()


def test_standard_errors_are_of_the_size_of_the_spread():
    found, errors = [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        sources = rng.integers(0, 3, size=(400, 2))
        mixed = sources @ [[1, 0.5], [0.6, 1]] + 0.2 * rng.normal(size=(400, 2))
        scores = infomec(mixed, sources, random_state=seed)
        found.append(values(scores))
        errors.append([scores.modularity.std_error, scores.explicitness.std_error, scores.compactness.std_error])
    ratios = np.mean(errors, axis=0) / np.std(found, axis=0, ddof=1)
    assert (ratios > 0.4).all()
    assert (ratios < 2.5).all()


def test_names_text_and_another_predictor():
    latents = pd.DataFrame(NOISY, columns=["a", "b", "c"])
    sources = pd.DataFrame({"color": SOURCES[:, 0].astype(str), "size": SOURCES[:, 1]})
    scores = infomec(latents, sources, classifier=GaussianNB(), random_state=0)
    assert scores.nmi.index.tolist() == ["color", "size"]
    assert scores.nmi.columns.tolist() == ["a", "b", "c"]
    assert scores.informative.loc["color"].tolist() == [True, False, False]
    assert scores.explicitness.value > 0.95


@pytest.mark.parametrize(
    ("latents", "sources", "options", "text"),
    [
        (NOISY, NOISY, {}, "is continuous.*KBinsDiscretizer"),
        (NOISY, np.ones(1000), {}, r"columns \[0\] of sources have one class"),
        (np.ones((1000, 2)), SOURCES, {}, "all latents are constant"),
        (np.full((1000, 2), np.nan), SOURCES, {}, "latents contains NaN"),
        (NOISY, SOURCES[:10], {}, "sources has 10;"),
        (NOISY, SOURCES, {"n_permutations": 2}, "n_permutations"),
    ],
)
def test_bad_input_is_named(latents, sources, options, text):
    with pytest.raises(ValueError, match=text):
        infomec(latents, sources, **options)
