import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skib.entropy import ChaoShen, PlugIn
from tests.naive import counts as naive

COUNTS = [4, 12, 4, 5, 3, 1, 5, 1, 2, 2, 2, 2, 11, 3, 4, 12, 12, 1, 2]


def test_known_counts():
    rows = np.repeat(np.arange(len(COUNTS)), COUNTS)[:, None]
    assert ChaoShen().fit(rows).entropy_ == pytest.approx(2.761664, abs=5e-7)


@given(st.lists(st.integers(1, 30), min_size=2, max_size=20))
def test_equals_the_naive_sum(counts):
    assert ChaoShen().entropy_of_counts(np.array(counts)) == pytest.approx(naive.chao_shen(counts), rel=1e-9)


def test_is_the_plug_in_once_nothing_is_missing():
    counts = np.array([1000, 2000, 500])
    assert ChaoShen().entropy_of_counts(counts) == pytest.approx(PlugIn().entropy_of_counts(counts), rel=1e-12)


def partitions(n, largest):
    """All multisets of counts, none above `largest`, that sum to n."""
    if n == 0:
        yield []
    for first in range(min(n, largest), 0, -1):
        for rest in partitions(n - first, first):
            yield [first, *rest]


@pytest.mark.parametrize("n_samples", [2, 3, 8, 16])
def test_no_counts_exceed_the_ceiling(n_samples):
    estimator = ChaoShen()
    values = [estimator.entropy_of_counts(np.array(counts)) for counts in partitions(n_samples, n_samples)]
    assert max(values) == pytest.approx(estimator._ceiling(n_samples), rel=1e-12)


def test_the_unseen_half_is_counted():
    # As many symbols as rows, of which a third is never seen: Chao-Shen makes up for four fifths of the bias or more.
    rng, n_repeats = np.random.default_rng(0), 200
    counts = [np.unique(rng.integers(0, 200, 200), return_counts=True)[1] for _ in range(n_repeats)]
    errors = np.array([ChaoShen().entropy_of_counts(c) for c in counts]) - np.log(200)
    plain = np.array([PlugIn().entropy_of_counts(c) for c in counts]) - np.log(200)
    assert abs(errors.mean()) < 0.2 * abs(plain.mean())
