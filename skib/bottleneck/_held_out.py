"""Information about Y that the clusters of a fitted bottleneck have on rows which were not fitted."""

import numpy as np

from skib.bottleneck._information import affinities, by_group
from skib.bottleneck._joint import are_counts, normalized

# Cells of a table of counts whose encoders are computed together.
_BLOCK = 1 << 16


def smoothed_gains(centers, weights, groups, n_observations, of_counts):
    """Return log q(y|t,z)/p(y|z), shape (k, m), of centers that are drawn to p(y|z).

    Centers of counts are drawn by as many observations as there are values y: of many rare ones, such as words, most
    that a cluster lacks are missing by chance. Centers of exact rows are drawn by one observation. A value that was
    never seen has the gain 0: no cluster predicts it better than another.
    """
    margin = weights @ centers
    of_group = by_group(np.vstack([centers, margin]), groups)[:, groups]  # q(z|t), and p(z) in the last row
    expected = of_group[:-1] * np.divide(margin, of_group[-1], out=np.zeros_like(margin), where=margin > 0)
    ratio = np.divide(centers, expected, out=np.ones_like(centers), where=expected > 0)
    observed = n_observations * weights[:, None] * of_group[:-1]
    n_drawn = by_group((margin > 0).astype(float)[None], groups)[:, groups] if of_counts else 1.0
    return np.log((observed * ratio + n_drawn) / (observed + n_drawn))


def row_gains(rows, gains, encode):
    """Return for each row the mean over its y and over q(t|x) of the gain, in nats.

    Of counts, each observation is predicted from the cluster that the other observations of its row lead to, for the
    observation itself would choose the cluster that suits it. Without others it is predicted by p(y), and gains
    nothing. `encode` maps affinities (n, k) to an encoder.
    """
    conditional, _ = normalized(rows)
    scores = affinities(conditional, gains)
    if not are_counts(rows):
        return np.sum(encode(scores) * scores, axis=1)  # scores of empty rows are 0
    return _left_out_gains(rows, scores, gains, encode)


def _left_out_gains(rows, scores, gains, encode):
    totals = np.asarray(rows.sum(axis=1)).ravel()
    i, y = rows.nonzero()
    i, y = i[totals[i] > 1], y[totals[i] > 1]
    counts = np.asarray(rows[i, y]).ravel()
    out = np.zeros(rows.shape[0])
    for start in range(0, len(i), _BLOCK):
        row, column, count = (part[start : start + _BLOCK] for part in (i, y, counts))
        n_others, gain = totals[row][:, None] - 1, gains.T[column]
        encoder = encode((scores[row] * (n_others + 1) - gain) / n_others)
        out += np.bincount(row, count / totals[row] * np.sum(encoder * gain, axis=1), minlength=len(out))
    return out
