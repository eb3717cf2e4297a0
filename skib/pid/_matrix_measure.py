"""The argument `measure` of functions that decompose many tables, or with a fixed meaning of the sources."""

from sklearn.base import clone

from skib.pid._broja import BROJA
from skib.pid._discrete_redundancy import LatticeDecomposition

# In nats: below the errors of estimates from rows, and a quarter of the time of a gap of 5e-6.
_TOLERANCE = 1e-4


def checked_measure(measure):
    """Return a clone of the measure, by default the first choice of the package, for two sources and no p-values."""
    if measure is None:
        return BROJA(tol=_TOLERANCE)
    if not isinstance(measure, LatticeDecomposition):
        raise TypeError(f"measure must be a decomposition of discrete columns, such as BROJA(), got {measure!r}")
    return clone(measure).set_params(sources=None, n_permutations=0)
