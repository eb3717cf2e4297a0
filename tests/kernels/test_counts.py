import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skib._kernels import counts
from tests.naive import counts as naive


@st.composite
def code_columns(draw, max_columns=4):
    """Columns of codes of one length; the levels reach far beyond what a dense table affords."""
    n_rows = draw(st.integers(1, 40))
    columns = []
    for _ in range(draw(st.integers(1, max_columns))):
        n_levels = draw(st.sampled_from([1, 2, 5, 40, 10**6]))
        columns.append(draw(st.lists(st.integers(0, n_levels - 1), min_size=n_rows, max_size=n_rows)))
    return columns


@given(values=st.lists(st.integers(0, 300), min_size=1, max_size=100), spare=st.sampled_from([1, 50, 10**9]))
def test_dense_codes_equal_the_naive_twin(values, spare):
    got = counts.dense_codes(np.array(values), max(values) + spare)
    np.testing.assert_array_equal(got, naive.dense_codes(values))
    assert got.dtype == np.int64


@given(columns=code_columns())
def test_joint_codes_equal_the_naive_twin(columns):
    dense = [np.array(naive.dense_codes(column)) for column in columns]
    np.testing.assert_array_equal(counts.joint_codes(dense), naive.joint_codes(columns))


@given(columns=code_columns(max_columns=1), other=code_columns(max_columns=1))
def test_tables_and_counts_equal_the_naive_twin(columns, other):
    rows = list(zip(columns[0], other[0], strict=False))
    x, y = (naive.dense_codes(column) for column in zip(*rows, strict=True))
    n_x, n_y = max(x) + 1, max(y) + 1
    table = counts.contingency_table(np.array(x), np.array(y), n_x, n_y)
    np.testing.assert_array_equal(table, naive.contingency_table(x, y, n_x, n_y))
    np.testing.assert_array_equal(counts.joint_counts(np.array(x), np.array(y), n_x, n_y), naive.joint_counts(x, y))


def test_joint_counts_on_both_sides_of_the_table_limit():
    rng = np.random.default_rng(0)
    for n_levels in (10, 300):  # 100 cells for 1000 rows, then 90 000
        x, y = (np.array(naive.dense_codes(rng.integers(0, n_levels, 1000).tolist())) for _ in range(2))
        got = counts.joint_counts(x, y, x.max() + 1, y.max() + 1)
        np.testing.assert_array_equal(got, naive.joint_counts(x.tolist(), y.tolist()))


def test_many_columns_do_not_overflow():
    # 70 columns of 1000 levels: the product of the levels is 1e210, far beyond int64.
    rng = np.random.default_rng(0)
    columns = [np.array(naive.dense_codes(rng.integers(0, 1000, 500).tolist())) for _ in range(70)]
    columns = [np.r_[column, column] for column in columns]
    np.testing.assert_array_equal(counts.joint_codes(columns), naive.joint_codes([c.tolist() for c in columns]))


def test_read_only_and_strided_input():
    x = np.arange(20) % 3
    x.setflags(write=False)
    np.testing.assert_array_equal(counts.contingency_table(x[::2], x[1::2], 3, 3).sum(), 10)
    np.testing.assert_array_equal(counts.dense_codes(x[::-1], 3), x[::-1])


@pytest.mark.parametrize("n_rows", [1, 7])
def test_input_is_left_alone(n_rows):
    x = np.zeros(n_rows, np.int64)
    counts.joint_codes([x, x])
    counts.dense_codes(x, 1)
    assert not x.any()


@given(values=st.lists(st.sampled_from([-7, 0, 3, 10**12]), max_size=40))
def test_codes_by_appearance_count_the_values_seen_before(values):
    seen = list(dict.fromkeys(values))
    np.testing.assert_array_equal(
        counts.codes_by_appearance(np.array(values, np.int64)), [seen.index(v) for v in values]
    )
