"""The values of ``--compress``, ``--estimator`` and ``--input-estimator``: "pca:8" is PCA(8).

Each option has one table, from which its help, its errors and its estimators follow. A class is imported when it is
chosen, so that ``--help`` is fast.
"""

from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from typing import Any, NamedTuple


class Choice(NamedTuple):
    """The meaning of one name: a function of the number after the colon, its letter in the help and its default."""

    make: Callable
    letter: str = ""  # empty if no number follows
    default: Any = None  # a number of the required type


def choose(choices, text):
    """Return the object that a text such as "pca:8" stands for; without a number it is made with the default."""
    name, colon, number = text.partition(":")
    if name in choices:
        make, letter, default = choices[name]
        try:
            if letter:
                return make(type(default)(number) if colon else default)
            if not colon:
                return make()
        except (TypeError, ValueError):
            pass
    guess = get_close_matches(name, choices, 1)
    meant = f"; did you mean {_form(guess[0], choices)}?" if guess else ""
    raise ValueError(f"{text!r} is none of {forms(choices)}{meant}")


def forms(choices):
    """Return the texts that `choose` accepts, as the help shows them."""
    return ", ".join(_form(name, choices) for name in choices)


def _form(name, choices):
    return f"{name}:{choices[name].letter}" if choices[name].letter else name


def _class(module, name, parameter=None, **options):
    """Return a function that makes an instance of a class, with its number, if there is one, as `parameter`."""

    def make(*number):
        return getattr(import_module(module), name)(**dict(zip([parameter], number, strict=False)), **options)

    return make


def _noisy(**options):
    """Return a function of a noise variance that makes an estimator of noisy activations."""
    noise = _class("skib.entropy", "KolchinskyTracey", "noise_variance", **options)
    return lambda variance: _class("skib.mutual_info", "ChainRule", "entropy")(noise(variance))


_MUTUAL_INFO = "skib.mutual_info"
COMPRESSORS = {
    "pca": Choice(_class("sklearn.decomposition", "PCA", "n_components", random_state=0), "N", 8),
    "random": Choice(
        _class("sklearn.random_projection", "GaussianRandomProjection", "n_components", random_state=0), "N", 8
    ),
    "autoencoder": Choice(_class("skib.preprocessing", "Autoencoder", "n_components", random_state=0), "N", 4),
}
ESTIMATORS = {
    "auto": Choice(_class(_MUTUAL_INFO, "Auto")),
    "summary": Choice(_class(_MUTUAL_INFO, "Summarized", marginals=None, random_state=0)),
    "ross": Choice(_class(_MUTUAL_INFO, "Ross", "n_neighbors", marginals=None), "K", 5),
    "ksg": Choice(_class(_MUTUAL_INFO, "KSG", "n_neighbors"), "K", 5),
    "usable": Choice(_class(_MUTUAL_INFO, "UsableInformation", random_state=0)),
    "gaussian": Choice(_class(_MUTUAL_INFO, "GaussianCopula")),
    "noise": Choice(_noisy(), "VARIANCE", 1e-3),
}
INPUT_ESTIMATORS = {
    "bins": Choice(_class(_MUTUAL_INFO, "Binned", "n_bins"), "N", 30),
    "adaptive": Choice(_class(_MUTUAL_INFO, "Binned", "n_bins", strategy="adaptive"), "N", 30),
    "width": Choice(_class(_MUTUAL_INFO, "Binned", "bin_width"), "W", 0.07),
    "noise": Choice(_noisy(), "VARIANCE", 1e-3),
    "adaptive-noise": Choice(_noisy(adaptive=True), "VARIANCE", 1e-3),
    "ksg": Choice(_class(_MUTUAL_INFO, "KSG", "n_neighbors"), "K", 5),
}
