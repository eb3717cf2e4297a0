"""Cross-fitting: every row is predicted by a model that was fitted to other rows."""

import numpy as np

from skib._kernels.counts import codes_by_appearance
from skib._parallel import run_tasks, spawn_generators


def cross_fit(function, n_samples, *, cv, X=None, y=None, strata=None, random_state=None, n_jobs=None, verbose=0):
    """Return ``[(test, function(train, test, generator)), ...]``, one pair per fold; the same for every n_jobs.

    An integer `cv` is the number of folds, to which shuffled rows are assigned, each stratum evenly; any other `cv` is
    as in scikit-learn.
    """
    generator = spawn_generators(random_state, 1)[0]
    cv = 5 if cv is None else cv
    if isinstance(cv, int | np.integer):
        folds = shuffled_folds(n_samples, cv, generator, strata)
    else:
        from sklearn.model_selection import check_cv  # slow to import

        folds = [(np.arange(n_samples)[train], np.arange(n_samples)[test]) for train, test in check_cv(cv).split(X, y)]
        _require_tested_once(folds, n_samples)
    tasks = [(train, test, child) for (train, test), child in zip(folds, generator.spawn(len(folds)), strict=True)]
    results = run_tasks(function, tasks, n_jobs=n_jobs, verbose=verbose, description="folds")
    return [(test, result) for (_, test), result in zip(folds, results, strict=True)]


def shuffled_folds(n_samples, n_folds, generator, strata=None):
    """Return the (train, test) rows of `n_folds` folds; the permuted rows of each stratum are assigned in turn."""
    order = generator.permutation(n_samples)
    if strata is not None:
        strata = codes_by_appearance(strata)  # so that the folds do not depend on the names of the classes
        order = order[np.argsort(strata[order], kind="stable")]
    fold = np.empty(n_samples, np.int64)
    fold[order] = np.arange(n_samples) % n_folds
    return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(n_folds)]


def least_rows(cv):
    """Return how many rows `cv` needs: one per fold, and at least four."""
    return max(cv if isinstance(cv, int | np.integer) else 2, 4)


def _require_tested_once(folds, n_samples):
    tested = np.bincount(np.concatenate([test for _, test in folds]), minlength=n_samples)
    if tested.max() > 1:
        raise ValueError(
            f"cv puts row {np.argmax(tested)} into {tested.max()} test sets; pass a splitter that tests each row at "
            "most once, such as KFold"
        )
    leaked = [k for k, (train, test) in enumerate(folds) if np.intersect1d(train, test).size]
    if leaked:
        raise ValueError(f"cv trains on rows that it tests in split {leaked[0]}; pass disjoint train and test rows")
