import numpy as np
import pytest

from skib.entropy import PlugIn
from tests import naive_counts as naive

COUNTS = [4, 12, 4, 5, 3, 1, 5, 1, 2, 2, 2, 2, 11, 3, 4, 12, 12, 1, 2]


def _rows(counts):
    return np.repeat(np.arange(len(counts)), counts)[:, None]


def test_known_counts():
    assert PlugIn().fit(_rows(COUNTS)).entropy_ == pytest.approx(2.635444, abs=5e-7)


@pytest.mark.parametrize("counts", [[1, 3], [8, 8, 8], [7, 1, 1], COUNTS])
def test_equals_the_naive_sum(counts):
    rows = _rows(counts)
    expected = naive.entropy(rows[:, 0].tolist())
    assert PlugIn().entropy_of_counts(np.array(counts)) == pytest.approx(expected, rel=1e-13)
    assert PlugIn().fit(np.repeat(rows, 5, axis=0)).entropy_ == pytest.approx(expected, rel=1e-13)


def test_ceiling_is_log_n():
    assert PlugIn().fit(_rows(COUNTS)).ceiling_ == pytest.approx(np.log(sum(COUNTS)), rel=1e-15)


@pytest.mark.parametrize("p", [[0.5, 0.5], [0.9, 0.05, 0.05], [0.4, 0.3, 0.2, 0.1]])
def test_truth_bias_and_standard_error(p):
    rng, n, n_repeats = np.random.default_rng(0), 400, 300
    fits = [PlugIn().fit(rng.choice(len(p), n, p=p)[:, None]) for _ in range(n_repeats)]
    errors = np.array([fit.entropy_ for fit in fits]) + np.dot(p, np.log(p))
    bias = -(len(p) - 1) / (2 * n)
    assert abs(errors.mean() - bias) < 4 * errors.std() / np.sqrt(n_repeats)
    if len(set(p)) > 1:  # the first-order error of a uniform distribution vanishes
        # The standard deviation of 300 errors is known to 1 / sqrt(600), or 4 %.
        assert np.mean([fit.std_error_ for fit in fits]) == pytest.approx(errors.std(), rel=4 / np.sqrt(2 * n_repeats))
