"""skib: information measurement and the information bottleneck, as scikit-learn estimators.

Every value is in nats (``in_bits`` converts), and every number comes with its error, its null and its ceiling.
"""

import importlib

__version__ = "0.1.0.dev0"

_SUBPACKAGES = ("datasets", "dumps", "entropy", "information_plane", "mutual_info")

__all__ = ["__version__", "in_bits", *_SUBPACKAGES]


def in_bits(nats):
    """Convert nats to bits: a number, an array or a data frame divided by log 2.

    >>> import skib
    >>> skib.in_bits(0.6931471805599453)
    1.0
    """
    return nats / 0.6931471805599453


def __getattr__(name):
    # Subpackages load on first use (PEP 562), so that ``import skib`` costs nothing.
    if name in _SUBPACKAGES:
        return importlib.import_module(f"skib.{name}")
    raise AttributeError(f"module 'skib' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
