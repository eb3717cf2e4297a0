"""Entropy of attention, normalized by the keys that each query can reach."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import entr

from skib._parallel import blocks
from skib.metrics._measurement import Measurement

# Entries of attention that are worked on at once: 32 MB.
_BLOCK = 2**22
# By how much the sum of a row may differ from 1: half precision over thousands of keys does by some thousandths.
_SUM_ERROR = 0.02
# Share of the mass of a row that the counted keys hold.
_MASS = 0.9
# Quarters of the range of the normalized entropy: heads in the first and in the last one.
_COLLAPSE, _OVERLOAD = 0.25, 0.75


@dataclass(frozen=True)
class AttentionEntropy:
    """Entropies of attention heads, relative to those of uniform attention.

    Attributes
    ----------
    entropy : Measurement
        Mean over the heads of the normalized entropy, from 0 to 1.
    collapsed : Measurement
        Share of the heads whose normalized entropy is at most 1/4.
    overloaded : Measurement
        Share of the heads whose normalized entropy is at least 3/4.
    heads : DataFrame
        One row per head: ``layer``, ``head``, ``entropy`` (normalized), ``std_error`` (over examples; NaN for one),
        ``n_keys`` (mean number of keys that hold 90 % of the mass of a query), ``key_share`` (the same as a share of
        the keys that the query can reach) and ``state``: "collapsed", "between" or "overloaded".
    """

    entropy: Measurement
    collapsed: Measurement
    overloaded: Measurement
    heads: pd.DataFrame


def attention_entropy(
    attention: ArrayLike | Sequence[ArrayLike], *, mask: ArrayLike | None = None, causal: bool | None = None
) -> AttentionEntropy:
    r"""Measure the entropy of each attention head.

    With the attention :math:`a_{ij}` of query i to the :math:`m_i` keys that it can reach, the normalized entropy of a
    head is the mean over its queries with two keys or more of

    .. math:: -\frac{1}{\log m_i} \sum_j a_{ij} \log a_{ij},

    which is 1 for uniform attention, causal or not, and 0 if each query has a single key.

    Parameters
    ----------
    attention : array-like of shape ([n_layers,] [n_examples,] [n_heads,] n_queries, n_keys), or a sequence of layers
        Attention after the softmax. The axes in brackets may be left out from the left. A list or tuple holds one array
        (at most four axes) per layer, as ``outputs.attentions`` of the transformers library does. Memory maps are read
        in parts.
    mask : array-like of shape (n_examples, n_keys), default=None
        True for tokens and False for padding, which is neither query nor key. ``None``: all are tokens.
    causal : bool, default=None
        Whether query i reaches no later key. ``None``: whether the tokens of the first example of a layer give exactly
        no attention to later keys.

    Returns
    -------
    entropies : AttentionEntropy
        Summaries over the heads, and a table of them.

    Notes
    -----
    Divided by log(n_keys) instead, uniform causal attention over 64 keys has an entropy of only 0.78.

    Keys out of reach for other reasons, as outside of a sliding window, are counted as reachable: entropies are then
    too small. In the terms of [1]_, heads near 0 have collapsed, and those near 1 are overloaded; the limits here are
    the outer quarters of the range.

    References
    ----------
    .. [1] N. K. Jha, B. Reagen, "Entropy-guided attention for private LLMs", arXiv:2501.03489, 2025.
    .. [2] H. Ramsauer et al., "Hopfield networks is all you need", ICLR 2021, appendix A.5: heads by the number of keys
       that hold 90 % of the mass.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.metrics import attention_entropy
    >>> causal = np.tri(16) / np.arange(1, 17)[:, None]
    >>> result = attention_entropy(np.stack([causal, np.eye(16)]))  # two heads: uniform, and the query itself
    >>> result.heads["entropy"].tolist()
    [1.0, 0.0]
    >>> result.heads["state"].tolist()
    ['overloaded', 'collapsed']
    """
    layers = [_four_axes(layer) for layer in _layers(attention)]
    if not layers:
        raise ValueError("attention has no layers; pass at least one")
    tables = [_of_layer(layer, values, mask, causal) for layer, values in enumerate(layers)]
    heads = pd.concat(tables, ignore_index=True)
    shares = heads["state"] == "collapsed", heads["state"] == "overloaded"
    collapsed, overloaded = (Measurement(float(share.mean()), ceiling=1.0) for share in shares)
    error = float(np.sqrt((heads["std_error"] ** 2).mean() / len(heads)))
    return AttentionEntropy(
        Measurement(float(heads["entropy"].mean()), error, ceiling=1.0), collapsed, overloaded, heads
    )


def _layers(attention):
    if isinstance(attention, list | tuple) and attention and np.ndim(attention[0]) > 1:
        return attention
    attention = attention if hasattr(attention, "shape") else np.asarray(attention)
    return attention if len(attention.shape) == 5 else [attention]


def _four_axes(attention):
    attention = attention if isinstance(attention, np.ndarray) else np.asarray(attention)
    if not 2 <= attention.ndim <= 4:
        raise ValueError(
            f"attention of a layer has shape {attention.shape}; pass (n_examples, n_heads, n_queries, n_keys)"
        )
    if attention.dtype.kind not in "fiub" or not attention.size:
        raise ValueError(
            f"attention of shape {attention.shape} and type {attention.dtype} has no shares; pass floats after the "
            "softmax"
        )
    return attention.reshape((1,) * (4 - attention.ndim) + attention.shape)


def _of_layer(layer, attention, mask, causal):
    """Return the table of the heads of one layer."""
    n_examples, n_heads, n_queries, n_keys = attention.shape
    tokens = _tokens(mask, n_examples, n_keys)
    later = ~np.tri(n_queries, n_keys, n_keys - n_queries, dtype=bool)
    if causal is None:
        real = _real_queries(tokens[0], n_queries)
        causal = not any(attention[0, h][later & real[:, None]].any() for h in range(n_heads))
    values = np.empty((n_examples, n_heads, 3))
    for example in range(n_examples):
        reached = np.broadcast_to(tokens[example], later.shape) & ~(later & causal)
        queries = _real_queries(tokens[example], n_queries) & (reached.sum(axis=1) > 1)
        if not queries.any():
            raise ValueError(f"no query of example {example} reaches two keys; leave the example out")
        for heads in blocks(n_heads, max(1, _BLOCK // (n_queries * n_keys))):
            where = f"layer {layer}, example {example}"
            rows = _checked(np.asarray(attention[example, heads][:, queries], np.float64), reached[queries], where)
            values[example, heads] = _of_heads(rows, reached[queries].sum(axis=1))
    entropy, n_keys_held, key_share = values.mean(axis=0).T
    error = values[..., 0].std(axis=0, ddof=1) / np.sqrt(n_examples) if n_examples > 1 else np.full(n_heads, np.nan)
    state = np.where(entropy <= _COLLAPSE, "collapsed", np.where(entropy >= _OVERLOAD, "overloaded", "between"))
    columns = {"layer": layer, "head": np.arange(n_heads), "entropy": entropy, "std_error": error}
    return pd.DataFrame(columns | {"n_keys": n_keys_held, "key_share": key_share, "state": state.tolist()})


def _tokens(mask, n_examples, n_keys):
    if mask is None:
        return np.ones((n_examples, n_keys), bool)
    mask = np.asarray(mask)
    if mask.shape != (n_examples, n_keys):
        raise ValueError(f"mask has shape {mask.shape}; pass (n_examples, n_keys) = {(n_examples, n_keys)}")
    return mask.astype(bool)


def _real_queries(tokens, n_queries):
    """Return which queries are tokens: they are the last keys, or, if there are more of them, not keys at all."""
    return tokens[-n_queries:] if n_queries <= len(tokens) else np.ones(n_queries, bool)


def _checked(rows, reached, where):
    """Return rows of shares, divided by their sums."""
    sums = rows.sum(axis=-1)
    if not np.isfinite(sums).all():
        raise ValueError(f"attention contains NaN or infinity in {where}; leave masked queries out by mask")
    if rows.min() < 0:
        raise ValueError(f"attention is {rows.min():.3g} in {where}; pass it after the softmax, not the scores")
    worst = sums.flat[np.abs(sums - 1).argmax()]
    if abs(worst - 1) > _SUM_ERROR:
        raise ValueError(
            f"attention of a query sums to {worst:.3g} in {where}; pass it after the softmax and before dropout, with "
            "the keys on the last axis"
        )
    beyond = (rows * ~reached).sum(axis=-1).max()
    if beyond > _SUM_ERROR:
        raise ValueError(
            f"a query gives {beyond:.3g} of its attention to keys that it cannot reach in {where}: check that mask is "
            "True for tokens, and causal"
        )
    return rows / sums[..., None]


def _of_heads(rows, n_reached):
    """Return the mean normalized entropy, number of keys that hold the mass, and their share, for each head."""
    entropy = entr(rows).sum(axis=-1) / np.log(n_reached)
    held = np.cumsum(-np.sort(-rows, axis=-1), axis=-1)
    n_keys = np.count_nonzero(held < _MASS - 1e-9, axis=-1) + 1
    return np.stack([entropy.mean(axis=1), n_keys.mean(axis=1), (n_keys / n_reached).mean(axis=1)], axis=1)
