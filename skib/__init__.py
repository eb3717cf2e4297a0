"""skib: information measurement and the information bottleneck, as scikit-learn estimators.

Every value is in nats (``in_bits`` converts), and every number comes with its error, its null and its ceiling.
"""

import importlib

__version__ = "0.1.0.dev0"

_SUBPACKAGES = ("datasets", "dumps", "entropy", "information_plane", "metrics", "mutual_info", "preprocessing")
_WARNINGS = (
    "ConstantInputWarning",
    "CostWarning",
    "DuplicateRowsWarning",
    "SaturatedEstimateWarning",
    "SkibWarning",
    "UnreliableEstimateWarning",
)

__all__ = ["__version__", "in_bits", *_SUBPACKAGES, *_WARNINGS]


def in_bits(nats):
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


def __getattr__(name):
    # Subpackages and warnings load on first use (PEP 562), so that ``import skib`` costs nothing.
    if name in _SUBPACKAGES:
        return importlib.import_module(f"skib.{name}")
    if name in _WARNINGS:
        return getattr(importlib.import_module("skib._warnings"), name)
    raise AttributeError(f"module 'skib' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
