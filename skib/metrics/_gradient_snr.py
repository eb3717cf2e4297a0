"""Drift and diffusion of stochastic gradients: the signal-to-noise ratio of each layer over training."""

from collections.abc import Mapping
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from skib._columns import require_finite
from skib._warnings import drop_warnings, listed
from skib.dumps import open_dump
from skib.metrics._measurement import Measurement
from skib.metrics._sources import is_dump

_QUANTITY = "gradient SNR"


def gradient_snr(mean: Any, sd: Any, *, n_batches: int | None = None) -> Any:
    r"""Compute the ratio of drift to diffusion of the stochastic gradients of each layer.

    With :math:`\bar g` the mean over minibatches of the gradient of a layer's weights, and s its standard deviation for
    each weight,

    .. math:: \mathrm{SNR} = \|\bar g\| \,/\, \|s\|,

    above 1 where the gradients agree (drift), below 1 where their noise dominates (diffusion).

    Parameters
    ----------
    mean : array-like, or mapping, path or Dump
        Mean gradient: an array of any shape for one layer, ``{epoch: {layer: array}}``, or what
        :func:`skib.dumps.open_dump` opens, with the gradient of a layer as one row.
    sd : array-like, or mapping, path or Dump
        Standard deviation over minibatches of every entry of `mean`, in the same form. Norms in place of arrays, for
        both, give the same ratio.
    n_batches : int, default=None
        Number of minibatches B that both were taken over. The norm of the mean contains the noise that B batches leave,
        and the ratio of pure noise is :math:`1 / \sqrt B`. With B that part is subtracted, and the null is given.

    Returns
    -------
    snr : Measurement or DataFrame
        Of one layer, a Measurement. Otherwise a table with a row per epoch and layer: ``epoch``, ``layer``,
        ``quantity``, ``value``, ``std_error`` (NaN: the weights of a layer are not independent), ``null`` (the value
        for pure noise before the correction, of whose size corrected values are uncertain), ``ceiling`` (NaN),
        ``drift`` and ``diffusion`` (both norms), and ``transition_epoch``: the first epoch from which on the ratio of
        this layer stays below 1, NaN if there is none.

    Raises
    ------
    ValueError
        If epochs, layers or numbers of weights of both differ, a standard deviation is negative, or values are missing.

    Notes
    -----
    A layer without noise has an infinite ratio, and one without any gradient NaN. The transition in [1]_ is seen in
    both norms relative to that of the weights, which cancels in the ratio. That it coincides with compression is a
    claim to be tested on each run, beside :func:`skib.information_plane.training_phases`.

    References
    ----------
    .. [1] R. Shwartz-Ziv, N. Tishby, "Opening the black box of deep neural networks via information",
       arXiv:1703.00810, 2017, section 3.3.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.metrics import gradient_snr
    >>> batches = np.random.default_rng(0).normal(0.5, 1, size=(400, 1000))  # truth: 0.5
    >>> round(gradient_snr(batches.mean(axis=0), batches.std(axis=0), n_batches=400).value, 2)
    0.5
    >>> mean = {0: {"fc": [3.0, 0.0]}, 1: {"fc": [0.1, 0.0]}, 2: {"fc": [0.0, 0.1]}}
    >>> table = gradient_snr(mean, dict.fromkeys(range(3), {"fc": [1.0, 1.0]}))
    >>> table["value"].round(2).tolist(), table["transition_epoch"].tolist()
    ([2.12, 0.07, 0.07], [1.0, 1.0, 1.0])
    """
    if n_batches is not None and (not isinstance(n_batches, Integral) or n_batches < 2):
        raise ValueError(f"n_batches must be None or an int of at least 2, got {n_batches!r}")
    if not is_dump(mean):
        return Measurement(_norms(mean, sd, n_batches, "mean")[0], null=_null(n_batches))
    means, sds = _opened(mean), _opened(sd)
    if means.cells() != sds.cells():
        odd = listed(list(map(str, sorted(set(means.cells()) ^ set(sds.cells())))))
        raise ValueError(f"mean and sd must have the same epochs and layers; only in one of them: {odd}")
    rows = []
    for epoch, layer in means.cells():
        ratio, drift, diffusion = _norms(means[epoch, layer], sds[epoch, layer], n_batches, f"{(epoch, layer)}")
        found = {"epoch": epoch, "layer": layer, "quantity": _QUANTITY, "value": ratio, "std_error": np.nan}
        rows.append(found | {"null": _null(n_batches), "ceiling": np.nan, "drift": drift, "diffusion": diffusion})
    table = pd.DataFrame(rows)
    transitions = {layer: _transition(cells) for layer, cells in table.groupby("layer", sort=False)}
    return table.assign(transition_epoch=table["layer"].map(transitions).astype(float))


def _opened(gradients):
    """Open gradients as a dump; arrays of a mapping may have any shape, and become one row each."""
    if isinstance(gradients, Mapping):
        cells = {e: {k: np.ravel(g)[None] for k, g in layers.items()} for e, layers in gradients.items()}
        return open_dump(cells | {"ids": [0]})
    with drop_warnings("the dump"):  # has no ids: there are no samples that another order could mix up
        return open_dump(gradients)


def _norms(mean, sd, n_batches, where):
    """Return the ratio, and the norms of the mean and of the standard deviation."""
    mean, sd = np.asarray(mean, dtype=np.float64).ravel(), np.asarray(sd, dtype=np.float64).ravel()
    if mean.shape != sd.shape or not mean.size:
        raise ValueError(
            f"the mean gradient has {mean.size} entries and sd {sd.size} ({where}); pass one sd per weight"
        )
    require_finite("mean", mean)
    require_finite("sd", sd)
    if sd.min() < 0:
        raise ValueError(f"sd has negative entries ({where}), first {sd[sd < 0][0]:.3g}; pass standard deviations")
    unit = np.exp2(np.frexp(max(np.abs(mean).max(), sd.max()))[1])  # so that no square overflows or vanishes
    drift, diffusion = np.linalg.norm(mean / unit), np.linalg.norm(sd / unit)
    if n_batches is not None:
        drift = np.sqrt(max(drift**2 - diffusion**2 / n_batches, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.float64(drift) / diffusion), float(drift * unit), float(diffusion * unit)


def _null(n_batches):
    return np.nan if n_batches is None else float(n_batches**-0.5)


def _transition(cells):
    """Return the first epoch from which on all ratios of a layer are below 1."""
    cells = cells.sort_values("epoch")
    below = (cells["value"] < 1).to_numpy()[::-1]
    n_last = len(below) if below.all() else int(np.argmin(below))
    return float(cells["epoch"].iloc[-n_last]) if n_last else np.nan
