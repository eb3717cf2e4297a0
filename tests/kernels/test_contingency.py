"""The batched tables equal Counters of pairs, cell by cell."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.special import digamma

from skib._class_tables import score_tables
from skib._columns._column import DiscreteColumn
from skib._kernels.contingency import group_sums, word_sums
from skib.mutual_info._matrix import _tables as contingency
from tests.naive.counts import dense_codes


def grassberger(n):
    """G(n) as in the paper, equation 30."""
    return digamma(n) + 0.5 * (-1) ** n * (digamma((n + 1) / 2) - digamma(n / 2))


def naive_sums(x, y):
    """Sums of i = log n + G(c) - G(a) - G(b), of i^2 and of log c over the rows."""
    n, pairs, left, right = len(x), Counter(zip(x, y, strict=True)), Counter(x), Counter(y)
    g = {c: grassberger(c) for counts in (pairs, left, right) for c in counts.values()}
    info = {(a, b): np.log(n) + g[c] - g[left[a]] - g[right[b]] for (a, b), c in pairs.items()}
    sums = [sum(c * info[p] ** k for p, c in pairs.items()) for k in (1, 2)]
    return [*sums, sum(c * np.log(c) for c in pairs.values())]


@st.composite
def coded_columns(draw, most_levels=60):
    n_rows, n_columns = draw(st.integers(1, 200)), draw(st.integers(2, 7))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    levels = draw(st.lists(st.sampled_from([1, 2, 3, 10, most_levels]), min_size=n_columns, max_size=n_columns))
    skew = draw(st.sampled_from([1, 4]))  # a power of a uniform variable: some levels hold most of the rows
    return [np.array(dense_codes((k * rng.random(n_rows) ** skew).astype(int).tolist())) for k in levels]


def tables(columns, groups):
    """Arguments of word_sums for columns of codes that are joined by `groups`."""
    columns = [DiscreteColumn(codes, True) for codes in columns]
    words = [contingency._word([columns[j] for j in group]) for group in groups]
    codes, sizes, digits = (np.concatenate(parts) for parts in zip(*words, strict=True))
    starts = np.cumsum([0, *(len(group) for group in groups)])
    levels = np.array([len(column.counts) for column in columns])
    return (
        codes,
        sizes,
        starts,
        digits,
        levels,
        contingency._margins(columns, np.log(len(codes[0]))),
        *score_tables(len(codes[0])),
    )


@given(columns=coded_columns(most_levels=20), most=st.sampled_from([1, 12, 256]))
@settings(max_examples=60)
def test_words_equal_the_naive_twin(columns, most):
    groups = contingency._word_groups([codes.max() + 1 for codes in columns], most)
    got = word_sums((0, len(groups)), (0, len(groups)), *tables(columns, groups))
    for i in range(len(columns)):
        for j in range(len(columns)):
            expected = naive_sums(columns[i].tolist(), columns[j].tolist()) if i < j else [0, 0, 0]
            assert_allclose(got[:, i, j], expected, atol=1e-9)


@given(columns=coded_columns(most_levels=60))
@settings(max_examples=60)
def test_groups_equal_the_naive_twin(columns):
    first, *others = [DiscreteColumn(codes, True) for codes in columns]
    codes = np.array([other.codes for other in others], np.int32)
    log_size, tables = np.log(first.n_samples), score_tables(first.n_samples)
    got = group_sums(*contingency._groups(first, log_size), codes, contingency._margins(others, log_size), *tables)
    for j, other in enumerate(others):
        assert_allclose(got[:, j], naive_sums(first.codes.tolist(), other.codes.tolist()), atol=1e-9)


def test_tiles_make_the_whole():
    rng = np.random.default_rng(0)
    columns = [rng.permutation(np.arange(101) % k) for k in (2, 3, 2, 5, 4, 2, 3)]
    groups = contingency._word_groups([2, 3, 2, 5, 4, 2, 3], 12)
    assert groups == [[0, 1, 2], [3], [4, 5], [6]]
    args = tables(columns, groups)
    whole = word_sums((0, 4), (0, 4), *args)
    np.testing.assert_array_equal(word_sums((0, 2), (2, 4), *args), whole[:, :4, 4:])
    np.testing.assert_array_equal(word_sums((2, 4), (2, 4), *args), whole[:, 4:, 4:])


def test_counts_beyond_two_bytes_and_more_than_a_block():
    x = np.zeros(70_001, np.int64)
    x[[0, -1]] = 1
    assert_allclose(
        word_sums((0, 1), (1, 2), *tables([x, x], [[0], [1]]))[:, 0, 0], naive_sums(x.tolist(), x.tolist()), rtol=1e-9
    )


def test_words_of_the_most_levels():
    """256 x 256 cells: the last one has the largest code of two bytes."""
    rng = np.random.default_rng(0)
    x, y = (rng.permutation(np.arange(5001) % 256) for _ in range(2))
    got = word_sums((0, 1), (1, 2), *tables([x, y], [[0], [1]]))[:, 0, 0]
    assert_allclose(got, naive_sums(x.tolist(), y.tolist()), rtol=1e-9)
