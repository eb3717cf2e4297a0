"""Lower ends of the information of a layer about class labels that need no neighbors."""

import numpy as np

from skib._warnings import collect_warnings
from skib.entropy import Grassberger, PlugIn
from skib.mutual_info import ChainRule


def certified_information(fitted, activations, codes, width):
    """Return the largest lower end, `width` standard errors below what bounds I(T;Y) from below in expectation.

    These are the certificate of an estimator that has one, and, in a layer of one unit per class such as the logits,
    the information of the symbol of the largest unit, which is never below Fano's bound from its accuracy.
    """
    ends = [np.nan]
    if hasattr(fitted, "certificate_"):
        ends.append(fitted.certificate_ - width * fitted.certificate_error_)
    if codes is not None and activations.shape[1] == codes.max() + 1 > 1:
        with collect_warnings():  # they describe the table of a bound, not the estimate
            table = ChainRule(Grassberger()).fit(_symbols(activations.argmax(axis=1)), _symbols(codes)[:, 0])
        entropy = PlugIn().entropy_of_counts(np.bincount(codes))  # which the correction of the table may exceed
        ends.append(min(table.mutual_info_, entropy) - width * table.std_error_)
    return float(np.fmax.reduce(ends))


def _symbols(codes):
    return codes.astype(str)[:, None]
