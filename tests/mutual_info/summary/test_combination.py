"""The weights of combined predictors."""

import numpy as np
import pytest

from skib.mutual_info._summary._combination import _log_loss, _weights


@pytest.mark.parametrize("seed", range(200, 220))
def test_ratios_of_any_size(seed):
    """Log ratios of a degenerate class differ by ten orders of magnitude: the steps must not leave all numbers."""
    rng = np.random.default_rng(seed)
    n, n_classes, n_predictors = rng.integers(5, 40), rng.integers(2, 8), rng.integers(1, 4)
    sizes = 10 ** rng.uniform(0, 10, size=n_predictors) * np.exp(rng.normal(size=(n, n_classes, 1)) * rng.uniform(0, 6))
    ratios, codes = rng.normal(size=(n, n_classes, n_predictors)) * sizes, rng.integers(0, n_classes, n)
    log_prior = np.full((n, n_classes), -np.log(n_classes))
    weights = _weights(ratios, codes, log_prior)
    start = np.full(n_predictors, 0.5 / n_predictors)
    assert np.all(weights >= 0)
    assert _log_loss(weights, ratios, codes, log_prior)[0] <= _log_loss(start, ratios, codes, log_prior)[0]
