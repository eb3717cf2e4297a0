"""Seeds for whatever draws random numbers inside a cell."""

from sklearn.base import clone


def seeded(estimator, seed):
    """A clone in which every `random_state` that is None is `seed`, so that all workers draw the same."""
    free = (name for name, value in estimator.get_params().items() if _is_seed(name) and value is None)
    return clone(estimator).set_params(**dict.fromkeys(free, seed))


def _is_seed(name):
    return name.rpartition("__")[2] == "random_state"
