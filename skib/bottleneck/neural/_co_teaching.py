"""Small-loss selection by two networks, for labels of which some are wrong."""

import numpy as np
from scipy.special import log_softmax

# Share of the training over which the share of forgotten rows rises.
_RISE = 0.1


class CoTeaching:
    """Steps of two networks, each on the rows of a batch that cost the other the least.

    Networks learn what most labels have in common before they learn single labels by heart, so that rows with a wrong
    label cost the most for a time. Two networks err on different rows, and neither is taught by its own mistakes.
    """

    def __init__(self, steps, twin, forget_rate):
        self.pair, self.forget_rate = (steps, twin), forget_rate

    def step(self, rows, rate, share):
        """Take a step of both networks, and return the objective of the first on the rows that it took."""
        n_kept = max(round(len(rows) * (1 - self.forget_rate * min(share / _RISE, 1.0))), 1)
        y = self.pair[0].problem.y[rows]
        chosen = [rows[np.argsort(row_losses(y, one.outputs(rows)), kind="stable")[:n_kept]] for one in self.pair]
        self.pair[1].step(chosen[0], rate, share)
        return self.pair[0].step(chosen[1], rate, share)


def row_losses(y, output):
    """Return the cross-entropy of each row, for numbers of classes, or its squared error."""
    if y.ndim == 1:
        return -log_softmax(output, axis=1)[np.arange(len(y)), y]
    return np.sum((output - y) ** 2, axis=1)
