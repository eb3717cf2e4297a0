"""skib: information measurement and the information bottleneck, as scikit-learn estimators.

Every value is in nats (``in_bits`` converts), and every number comes with its error, its null and its ceiling.
"""

import importlib

TYPE_CHECKING = False  # type checkers take this name for true; the module typing would take time to load
if TYPE_CHECKING:
    from skib import (
        bottleneck,
        coupling,
        datasets,
        dumps,
        entropy,
        feature_selection,
        information_plane,
        metrics,
        mutual_info,
        pid,
        preprocessing,
    )
    from skib._typing import Values
    from skib._warnings import (
        ConstantInputWarning,
        CostWarning,
        DuplicateRowsWarning,
        MisalignedIndexWarning,
        MissingValuesWarning,
        SaturatedEstimateWarning,
        SkibWarning,
        UnreliableEstimateWarning,
    )

__version__ = "0.1.0.dev0"

__all__ = [
    "ConstantInputWarning",
    "CostWarning",
    "DuplicateRowsWarning",
    "MisalignedIndexWarning",
    "MissingValuesWarning",
    "SaturatedEstimateWarning",
    "SkibWarning",
    "UnreliableEstimateWarning",
    "__version__",
    "bottleneck",
    "coupling",
    "datasets",
    "dumps",
    "entropy",
    "feature_selection",
    "in_bits",
    "information_plane",
    "metrics",
    "mutual_info",
    "pid",
    "preprocessing",
]


def in_bits(nats: "Values") -> "Values":
    """Convert nats to bits: divide by log 2.

    Parameters
    ----------
    nats : float, ndarray, Series or DataFrame
        Values in nats.

    Returns
    -------
    bits : float, ndarray, Series or DataFrame
        The same values in bits.

    Examples
    --------
    >>> import skib
    >>> skib.in_bits(0.6931471805599453)
    1.0
    """
    return nats / 0.6931471805599453


if not TYPE_CHECKING:  # which would take every misspelled name for one that __getattr__ finds

    def __getattr__(name):
        # Subpackages and warnings load on first use (PEP 562), so that ``import skib`` costs nothing.
        if name not in __all__:
            raise AttributeError(f"module 'skib' has no attribute {name!r}")
        if name.endswith("Warning"):
            return getattr(importlib.import_module("skib._warnings"), name)
        return importlib.import_module(f"skib.{name}")


def __dir__() -> list[str]:
    return sorted(__all__)
