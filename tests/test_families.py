"""The families of known information in examples/benchmarks: samplers that repeat, and truths by two ways."""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

FOLDER = Path(__file__).parents[1] / "examples" / "benchmarks"
# Their truths and checks are quick; the others take a million draws (run families.py for all).
CLOSED = ["clayton 1", "heteroscedastic", "100 letters", "thinned Poisson", "six bools", "town and age"]
DRAWN = ["cauchy sum", "clayton 5+1", "student 3+3", "multiplied"]


@pytest.fixture(scope="module")
def families():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        import families

        yield families.FAMILIES
    for name in [name for name, module in sys.modules.items() if str(FOLDER) in str(getattr(module, "__file__", ""))]:
        del sys.modules[name]


def test_the_same_seed_draws_the_same_sample(families):
    for family in families.values():
        x, y = family.draw(np.random.default_rng(1), 60)
        assert len(x) == len(y) == 60 and np.ndim(x) == 2, family.name
        again, other = (family.draw(np.random.default_rng(seed), 60) for seed in (1, 2))
        assert np.array_equal(x, again[0]) and np.array_equal(y, again[1]), family.name
        assert not np.array_equal(np.asarray(x), np.asarray(other[0])), family.name


def test_families_draw_samples_of_their_own(families):
    first, second = (families[name](100, seed=0)[0] for name in ("sine 2", "sine 5"))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("name", CLOSED)
def test_truths_by_quadrature(families, name):
    family = families[name]
    np.testing.assert_allclose(family.check(), family.truth, atol=1e-4)


@pytest.mark.parametrize("name", ["xor in 20", "5 linear classes in 10", "sparse layer 20", "shells in 10"])
def test_classes_on_rows_of_the_sampler(families, name):
    # The check takes p(y|x) of 20 000 rows as they are handed out, mixed or rotated; its terms spread by about 0.7.
    family = families[name]
    check = family.check.func(*family.check.args[:2], n_samples=20_000)
    assert abs(check - family.truth) < 4 * 0.7 / np.sqrt(20_000)


@pytest.mark.parametrize("name", DRAWN)
def test_closed_forms_on_draws(families, name):
    family = families[name]
    assert abs(family.check() - family.truth) < 4 * 1.7 / 1000  # a million terms whose spread is at most 1.7


def test_rounding_loses_information(families):
    truths = [families[f"gaussian 1+1{rounding}"].truth for rounding in (", 2 decimals", ", 1 decimals", ", whole")]
    assert -0.5 * np.log(1 - 0.64) > truths[0] > truths[1] > truths[2] > 0


def test_smoothed_information_of_a_normal_signal(families):
    # I(X; X + noise) of normal X is 1/2 log(1 + 1 / noise^2).
    from family_truths import grid_values, smoothed_information

    values = grid_values(lambda z: z, stats.norm.ppf)
    np.testing.assert_allclose(smoothed_information(values, 0.5), 0.5 * np.log(5), atol=2e-4)
