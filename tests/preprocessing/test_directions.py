"""The permutation test of directions: each permuted statistic equals that of rows permuted and whitened in full."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skib._parallel import spawn_generators
from skib.preprocessing._directions import _permuted_eigenvalues
from skib.preprocessing._moments import both_kernel, first_kernel, second_kernel, whiten


def permuted_eigenvalue(z, responses, kernel, n_found, order):
    """The other columns in another order, what the first do not explain of them, whitened by its own covariance."""
    found, others = z[:, :n_found], z[order, n_found:]
    others = others - found @ np.linalg.lstsq(found, others, rcond=None)[0]
    variances, axes = np.linalg.eigh(others.T @ others / len(z))
    kept = variances > 1e-10
    others = others @ (axes[:, kept] / np.sqrt(variances[kept]))
    return np.linalg.eigvalsh(kernel(np.hstack([found, others]), responses))[-1 - n_found]


@pytest.mark.parametrize("n_samples", [300, 9], ids=["many rows", "as many directions as rows"])
@pytest.mark.parametrize("kernel", [first_kernel, second_kernel, both_kernel])
@pytest.mark.parametrize("n_found", [0, 1, 3])
def test_statistics_of_permuted_rows(n_samples, kernel, n_found):
    rng = np.random.default_rng(0)
    z = whiten(rng.normal(size=(n_samples, 8)))[0]
    responses = whiten(np.column_stack([z[:, 0] ** 2, z[:, 1] + rng.normal(size=n_samples)]))[0]
    found = _permuted_eigenvalues(z, responses, kernel, n_found, spawn_generators(1, 5))
    orders = [generator.permutation(n_samples) for generator in spawn_generators(1, 5)]
    expected = [permuted_eigenvalue(z, responses, kernel, n_found, order) for order in orders]
    assert_allclose(found, expected, rtol=1e-8, atol=1e-12)
