"""The upper envelope of points of rate and relevance, and the best point on it."""

import numpy as np

# Relevance in nats that a point may lack and still lie on the envelope.
_TOLERANCE = 1e-9
# Steps in nats that are none.
_ROUNDING = 1e-12


def upper_envelope(rates, relevances):
    """Return the corners of the concave envelope of points and of (0, 0), shape (2, n_corners), and which lie on it.

    Bottlenecks between two corners are those that switch between them at random.
    """
    order = np.lexsort((-relevances, rates))
    corners = [(0.0, 0.0)]
    for rate, relevance in zip(rates[order], relevances[order], strict=True):
        if rate <= corners[-1][0] + _ROUNDING or relevance <= corners[-1][1] + _ROUNDING:
            continue
        while len(corners) > 1 and _turns_left(corners[-2], corners[-1], (rate, relevance)):
            corners.pop()
        corners.append((rate, relevance))
    envelope = np.array(corners).T
    return envelope, relevances >= np.interp(rates, *envelope) - _TOLERANCE


def _turns_left(a, b, c):
    """Whether b lies on or below the line from a to c."""
    return (b[0] - a[0]) * (c[1] - a[1]) >= (b[1] - a[1]) * (c[0] - a[0])


def best_on_envelope(envelope, betas, lagrangian):
    """Return rates and relevances of least u(rate) - beta relevance on an envelope, u being the square or exponential.

    On a segment of slope s the best rate solves u'(rate) = beta s, unless that lies beyond an end.
    """
    rates = [0.0]
    for left, right, slope in zip(
        envelope[0], envelope[0][1:], np.diff(envelope[1]) / np.diff(envelope[0]), strict=False
    ):
        wanted = betas * slope / 2 if lagrangian == "squared" else np.log(np.maximum(betas * slope, 1.0))
        rates = np.maximum(rates, np.where(wanted > left, np.minimum(wanted, right), 0.0))
    rates = np.broadcast_to(rates, betas.shape).astype(np.float64)
    return rates, np.interp(rates, *envelope)
