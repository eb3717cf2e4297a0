"""Entropy H(X): estimators with ``entropy_`` in nats and ``pointwise_`` whose mean it is."""

from skib.entropy._chao_shen import ChaoShen
from skib.entropy._differential import DifferentialEntropyMixin
from skib.entropy._discrete import EntropyMixin
from skib.entropy._gaussian import GaussianEntropy
from skib.entropy._grassberger import Grassberger
from skib.entropy._james_stein import JamesStein
from skib.entropy._kolchinsky_tracey import KolchinskyTracey
from skib.entropy._kozachenko_leonenko import KozachenkoLeonenko
from skib.entropy._leave_one_out_kde import LeaveOneOutKDE
from skib.entropy._miller_madow import MillerMadow
from skib.entropy._nsb import NSB
from skib.entropy._plug_in import PlugIn
from skib.entropy._weighted_kozachenko_leonenko import WeightedKozachenkoLeonenko

__all__ = [
    "NSB",
    "ChaoShen",
    "DifferentialEntropyMixin",
    "EntropyMixin",
    "GaussianEntropy",
    "Grassberger",
    "JamesStein",
    "KolchinskyTracey",
    "KozachenkoLeonenko",
    "LeaveOneOutKDE",
    "MillerMadow",
    "PlugIn",
    "WeightedKozachenkoLeonenko",
]
