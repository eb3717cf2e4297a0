import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skib._warnings import ConstantInputWarning
from skib.entropy import JamesStein, PlugIn
from tests.naive import counts as naive

COUNTS = [4, 12, 4, 5, 3, 1, 5, 1, 2, 2, 2, 2, 11, 3, 4, 12, 12, 1, 2]


@given(st.lists(st.integers(1, 30), min_size=2, max_size=20).filter(lambda c: len(set(c)) > 1), st.integers(0, 50))
def test_equals_the_naive_sum(counts, n_unseen):
    n_categories = len(counts) + n_unseen
    expected = naive.james_stein(counts, n_categories)
    assert JamesStein(n_categories).entropy_of_counts(np.array(counts)) == pytest.approx(expected, rel=1e-12)
    assert JamesStein().entropy_of_counts(np.array(counts), n_categories) == pytest.approx(expected, rel=1e-12)


def test_the_alphabet_is_what_was_seen_unless_it_is_declared():
    counts = np.array(COUNTS)
    assert JamesStein().entropy_of_counts(counts) == JamesStein(19).entropy_of_counts(counts)
    values = [JamesStein(k).entropy_of_counts(counts) for k in (19, 50, 1000)]
    assert values == sorted(values)
    rows = np.repeat(np.arange(19), COUNTS)[:, None]
    fitted = JamesStein(50).fit(rows)
    assert fitted.n_categories_ == 50
    assert fitted.ceiling_ == pytest.approx(np.log(50), rel=1e-15)
    assert fitted.std_error_ == pytest.approx(PlugIn().fit(rows).std_error_, rel=1e-12)


@pytest.mark.parametrize(("counts", "n_categories"), [([3, 3, 3], 3), ([1, 1, 1], 3), ([1, 1], 5), ([2, 1, 1], 4)])
def test_frequencies_no_better_than_uniform_shrink_all_the_way(counts, n_categories):
    value = JamesStein(n_categories).entropy_of_counts(np.array(counts))
    assert value == pytest.approx(np.log(n_categories), rel=1e-12)


def test_one_row_tells_nothing_but_the_alphabet():
    with pytest.warns(ConstantInputWarning, match="constant over all 1 rows"):
        fitted = JamesStein(7).fit([["a"]])
    assert fitted.entropy_ == pytest.approx(np.log(7), rel=1e-12)
    assert np.isnan(fitted.std_error_)


def test_smaller_error_than_the_plug_in_near_the_uniform_distribution():
    rng = np.random.default_rng(0)
    p = np.r_[np.full(10, 0.06), np.full(10, 0.04)]
    counts = [np.unique(rng.choice(20, 60, p=p), return_counts=True)[1] for _ in range(200)]
    shrunk, plain = (
        np.mean([(e.entropy_of_counts(c, 20) + p @ np.log(p)) ** 2 for c in counts]) for e in (JamesStein(), PlugIn())
    )
    assert shrunk < plain / 10
