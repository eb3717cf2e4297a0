"""The bias of thin cells: exact at independence, and small elsewhere, against tables of known information."""

import numpy as np
import pytest

from skib._columns._column import DiscreteColumn
from skib._entropies import log_of_counts
from skib._thin_tables import (
    codes_thinness,
    has_thin_cells,
    levels_of,
    table_thinness,
    without_thin_cells,
    without_thin_pairs,
)


def estimate(x, y):
    """Grassberger's estimate of I(X;Y), and its standard error."""
    n = len(x)
    _, cells, c = np.unique(np.c_[x, y], axis=0, return_inverse=True, return_counts=True)
    scores = [log_of_counts(counts)[codes] for counts, codes in ((c, cells.ravel()), (np.bincount(x), x))]
    terms = np.log(n) + scores[0] - scores[1] - log_of_counts(np.bincount(y))[y]
    return np.mean(terms), np.std(terms, ddof=1) / np.sqrt(n)


def zipf(n_levels):
    shares = 1 / np.arange(1, n_levels + 1)
    return shares / shares.sum()


def dense(codes):
    return np.unique(codes, return_inverse=True)[1]


def draw(table, n_samples, rng):
    """Draw dense codes of rows from a table of probabilities; returns its information, too."""
    table = table / table.sum()
    independent = np.outer(table.sum(axis=1), table.sum(axis=0))
    known = table > 0
    cells = rng.choice(table.size, n_samples, p=table.ravel())
    x, y = (dense(codes) for codes in np.divmod(cells, table.shape[1]))
    return x, y, float(np.sum(table[known] * np.log(table[known] / independent[known])))


@pytest.mark.parametrize("shares", [zipf(200), np.ones(60) / 60])
def test_the_mean_over_permutations(shares):
    rng = np.random.default_rng(0)
    x, y = (dense(rng.choice(len(shares), 600, p=shares)) for _ in range(2))
    thinness = codes_thinness(x, y)
    permuted = np.array([estimate(x, rng.permutation(y))[0] for _ in range(200)])
    error = permuted.std(ddof=1) / np.sqrt(200)
    assert abs(thinness.by_chance / 600 - permuted.mean()) < 4 * error
    assert error < 0.1 * permuted.mean()  # it is a bias, not noise


def test_levels_of_about_as_many_rows_are_taken_together():
    rng = np.random.default_rng(0)
    x, y = (np.bincount(dense(rng.choice(2000, 50_000, p=zipf(2000)))) for _ in range(2))
    together = table_thinness(levels_of(x), levels_of(y), (0, 0))
    exact = [
        levels_of(c)._replace(**dict(zip(("counts", "times"), np.unique(c, return_counts=True), strict=True)))
        for c in (x, y)
    ]
    assert len(levels_of(x).counts) < 0.7 * len(exact[0].counts)
    assert abs(together.by_chance - table_thinness(*exact, (0, 0)).by_chance) < 1e-3 * 50_000


def test_strata_add_up():
    rng = np.random.default_rng(0)
    z = np.repeat([0, 1, 2], [200, 100, 1])
    x, y = rng.integers(0, 30, (2, 301))
    parts = [codes_thinness(dense(x[z == k]), dense(y[z == k])) for k in range(3)]
    assert parts[2] is None  # one row has no information
    whole = codes_thinness(x, y, z)
    for got, first, second in zip(whole, *parts[:2], strict=True):
        np.testing.assert_allclose(got, first + second)


def test_full_tables_are_left_alone():
    assert not has_thin_cells(np.array([500, 500]), np.array([300, 300, 400]))  # ten rows per cell
    assert not has_thin_cells(np.full(20, 100), np.full(20, 100))  # five rows in each cell
    assert has_thin_cells(np.full(40, 25), np.full(20, 50))
    assert not has_thin_cells(np.array([1000]), np.ones(1000, int))
    assert codes_thinness(np.arange(1000) % 2, np.arange(1000) % 3) is None


def blocks(n_blocks, size, rest):
    """Blocks on the diagonal, of equal cells, and a share of independent rows."""
    n = n_blocks * size
    return (1 - rest) * np.kron(np.eye(n_blocks), np.ones((size, size))) / (n * size) + rest / n**2


FAMILIES = {
    "diagonal": 0.7 * np.outer(zipf(300), zipf(300)) + 0.3 * np.diag(zipf(300)),
    "band": np.exp(-0.5 * (np.subtract.outer(np.arange(100), np.arange(100)) / 7) ** 2),
    "blocks": blocks(5, 20, 0.3),
    "weak": np.outer(zipf(20), np.ones(300)) * np.exp(np.random.default_rng(1).normal(0, 0.7, (20, 300))),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_dependent_tables(name):
    """The corrected estimate is within its error, and in the mean of five samples nearer than the uncorrected one."""
    errors = []
    for seed in range(5):
        x, y, truth = draw(FAMILIES[name], 8000, np.random.default_rng(seed))
        raw, error = estimate(x, y)
        corrected = without_thin_cells(raw, error, codes_thinness(x, y), 8000)
        assert abs(corrected.mutual_info - truth) < 3 * corrected.std_error
        assert corrected.std_error < 0.3
        errors.append([raw - truth, abs(corrected.mutual_info - truth)])
    raw_error, corrected_error = np.mean(errors, axis=0)
    assert corrected_error < 0.8 * raw_error


def test_independent_tables():
    rng = np.random.default_rng(0)
    for n_samples in (1000, 20_000):
        x, y = (dense(rng.choice(1000, n_samples, p=zipf(1000))) for _ in range(2))
        raw, error = estimate(x, y)
        corrected = without_thin_cells(raw, error, codes_thinness(x, y), n_samples)
        assert raw > 0.8
        assert corrected.is_thin
        assert abs(corrected.mutual_info) < 0.05
        assert abs(corrected.mutual_info) < 3 * corrected.std_error


def test_many_columns_with_one():
    rng = np.random.default_rng(0)
    codes = [dense(rng.integers(0, k, 1500)) for k in (50, 40, 2, 90)]
    column, *others = (DiscreteColumn(c, True) for c in codes)
    raw = np.array([estimate(codes[0], c) for c in codes[1:]])
    values = raw.T.copy()
    is_thin = without_thin_pairs(column, others, *values)
    expected = [without_thin_cells(*raw[j], codes_thinness(codes[0], codes[j + 1]), 1500) for j in (0, 2)]
    np.testing.assert_allclose(values[:, [0, 2]].T, [e[:2] for e in expected])
    np.testing.assert_array_equal(values[:, 1], raw[1])  # full
    assert is_thin.tolist() == [True, False, True]
