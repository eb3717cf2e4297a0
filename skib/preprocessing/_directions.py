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
    return [_permuted_eigenvalue(z, responses, kernel, n_found, generator) for generator in generators]


def _permuted_eigenvalue(z, responses, kernel, n_found, generator):
    """Return eigenvalue `n_found` + 1 of rows whose other columns are permuted, and whitened again as z was."""
    found, others = z[:, :n_found], z[generator.permutation(len(z)), n_found:]
    if n_found:
        others = others - found @ (found.T @ others / len(z))
        variances, axes = np.linalg.eigh(others.T @ others / len(z))
        axes = axes[:, variances > _ROUNDING]
        others = others @ (axes / np.sqrt(variances[variances > _ROUNDING]))
    values = np.linalg.eigvalsh(kernel(np.hstack([found, others]), responses))
    return values[-1 - n_found]
