"""How many directions of X does y depend on? A permutation test of one direction after another."""

import numpy as np
from sklearn.utils import check_random_state

from skib._parallel import blocks, run_tasks, spawn_generators
from skib._statistics import permutation_pvalue

# Permutations of a task: some tenths of a second of work for wide tables.
_PER_TASK = 10
# Variance below which nothing is left of a column that had 1.
_ROUNDING = 1e-10


def direction_pvalues(
    z, responses, kernel, eigenvalues, *, alpha, n_permutations, n_jobs=None, random_state=None, verbose=0
):
    """Return the p-values of the directions until one is not significant, in the order of the columns of z.

    The hypothesis of the test of direction k + 1 is that z is independent of the responses and of its first k columns,
    but for these columns. The rows of the others are therefore exchanged as a whole (R. D. Cook, X. Yin, Australian and
    New Zealand Journal of Statistics 43, 2001), and the statistic is eigenvalue k + 1.
    """
    generator, pvalues = check_random_state(random_state), []
    for n_found, value in enumerate(eigenvalues):
        generators = spawn_generators(generator, n_permutations)
        tasks = [(z, responses, kernel, n_found, generators[part]) for part in blocks(n_permutations, _PER_TASK)]
        description = f"permutations of direction {n_found + 1}"
        parts = run_tasks(_permuted_eigenvalues, tasks, n_jobs=n_jobs, verbose=verbose, description=description)
        pvalues.append(permutation_pvalue(value, np.concatenate(parts)))
        if pvalues[-1] > alpha:
            break
    return np.array(pvalues)


def _permuted_eigenvalues(z, responses, kernel, n_found, generators):
    """Return eigenvalue `n_found` + 1 of rows whose other columns are permuted, and whitened again as z was.

    The columns that were found and the responses are permuted instead, by the inverse: they are few.
    """
    rows, values = z.copy(), []
    for generator in generators:
        order = np.argsort(generator.permutation(len(z)))
        rows[:, :n_found] = z[order, :n_found]
        values.append(np.linalg.eigvalsh(kernel(rows, responses[order], _whitening(rows, n_found)))[-1 - n_found])
    return values


def _whitening(rows, n_found):
    """Return the matrix that makes the first columns and the others uncorrelated, and the others white again.

    Both are white by themselves. With the correlations C = U S V' the covariance of what is left of the others is
    1 - V S^2 V'; directions of which nothing is left are dropped.
    """
    u, correlations, axes = np.linalg.svd(rows[:, :n_found].T @ rows[:, n_found:] / len(rows), full_matrices=False)
    left = 1 - correlations**2
    scales = np.where(left > _ROUNDING, 1 / np.sqrt(np.maximum(left, _ROUNDING)), 0.0)
    whitening = np.eye(rows.shape[1])
    whitening[n_found:, n_found:] += axes.T @ ((scales - 1)[:, None] * axes)
    whitening[:n_found, n_found:] = -(u * (correlations * scales)) @ axes
    return whitening
