"""Complexity of features: from which layers, and since which epoch, directions can be decoded linearly."""

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from skib._parallel import one_blas_thread, run_tasks, spawn_generators
from skib._typing import Floats, Seed
from skib._validation import check_target
from skib._warnings import ConstantInputWarning, listed, warn
from skib.dumps import open_dump
from skib.metrics._linear_probes import LinearProbes, blocks_of_targets
from skib.metrics._sources import dense

# Directions whose rows are permuted for the null of each cell.
_NULL_DIRECTIONS = 64
_LEAST_ROWS = 10


@dataclass(frozen=True)
class FeatureComplexity:
    """What linear probes of every layer and epoch tell of each direction.

    Attributes
    ----------
    complexity : DataFrame
        A row per direction:

        - ``direction``: its number;
        - ``value``, ``std_error``, ``null``, ``ceiling``: its complexity at the last epoch;
        - ``first_layer``: the first layer from which it is decodable at the last epoch; missing if there is none;
        - ``first_epoch``: the first epoch since which it is decodable from its own layer at all later epochs.
    information : ndarray of shape (n_epochs, n_layers, n_directions)
        V-information of each cell about each direction, as a share of the variance; NaN for missing cells and for
        constant directions.
    std_error : ndarray of shape (n_epochs, n_layers, n_directions)
        Standard errors of `information`.
    null : ndarray of shape (n_epochs, n_layers)
        Mean information of each cell about directions whose rows were permuted.
    epochs : tuple of int
        The epochs of the first axis.
    layers : tuple of str
        The layers of the second axis.
    """

    complexity: pd.DataFrame
    information: Floats
    std_error: Floats
    null: Floats
    epochs: tuple[int, ...]
    layers: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the information as a table with a row per epoch, layer and direction.

        Returns
        -------
        table : DataFrame
            With ``epoch``, ``layer``, ``quantity``, ``direction``, ``value``, ``std_error``, ``null``, ``ceiling``;
            cells that do not exist are left out.
        """
        n_directions = self.information.shape[2]
        cells = pd.MultiIndex.from_product(
            [self.epochs, self.layers, range(n_directions)], names=["epoch", "layer", "direction"]
        ).to_frame(index=False)
        cells.insert(2, "quantity", "linear V-information")
        table = cells.assign(
            value=self.information.ravel(),
            std_error=self.std_error.ravel(),
            null=np.repeat(self.null.ravel(), n_directions),
            ceiling=1.0,
        )
        return table[table["null"].notna()].reset_index(drop=True)


def feature_complexity(
    dump: Any,
    directions: ArrayLike | None = None,
    *,
    layer: str | None = None,
    decodable: float = 0.5,
    random_state: Seed = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> FeatureComplexity:
    r"""Measure the complexity of many directions of a layer: how late in the network they can be decoded linearly.

    A direction d of the layer has the value :math:`z = d^T T` at the last epoch. Its complexity is

    .. math::
        K(z) = 1 - \frac{1}{L} \sum_{l=1}^{L} I_{\mathcal V}(T_l \to z), \qquad
        I_{\mathcal V}(T_l \to z) = 1 - \frac{\min_f \mathbb E\,(z - f(T_l))^2}{\mathrm{Var}\, z},

    the V-information of linear predictors f with Gaussian errors of fixed variance, as a share of its largest value. It
    is near 0 for what the first layer already contains, and near 1 for what only the last one does.

    Parameters
    ----------
    dump : path, mapping or Dump
        What :func:`skib.dumps.open_dump` opens.
    directions : array-like of shape (n_units, n_directions), default=None
        The directions, in the units of `layer`: of a dictionary, of probes, or random ones. None: each unit.
    layer : str, default=None
        The layer whose directions they are. None: the last one.
    decodable : float, default=0.5
        Share of the variance from which on a direction counts as decodable.
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations of the nulls. Pass an int for the same result at every call.
    n_jobs : int, default=None
        Number of threads (as in joblib) over cells; the result is the same for every value.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.

    Returns
    -------
    complexity : FeatureComplexity
        The complexity of each direction, and its information in all cells.

    Raises
    ------
    ValueError
        If the directions do not fit the layer, values are missing, there are fewer than 10 rows, or a layer is not a
        table (open the dump with ``reduce=``).

    Warns
    -----
    ConstantInputWarning
        If directions are constant over the rows; their values are NaN.

    Notes
    -----
    The probes are ridge regressions on standardized units. Each layer is decomposed once, for all directions and
    penalties. Every row is predicted from all others (by its leverage), so that overfitting lowers the information
    instead of raising it, and pure noise has the information 0 with any number of units; the penalty of each direction
    is the one of least generalized cross-validation. One layer and some thousand predicted columns are in memory at a
    time.

    The standard error of a complexity is the mean of those of its layers, which is an upper bound: the layers share
    their rows. Rows must be independent of each other.

    Information at an epoch is about the *final* direction. A layer that has more units than others, or the input
    itself, can be decoded from more easily: compare directions with each other, and networks of one architecture.

    References
    ----------
    .. [1] T. Fel, L. Bethune, A. K. Lampinen, T. Serre, K. Hermann, "Understanding visual feature reliance through the
       lens of complexity", NeurIPS 2024.
    .. [2] Y. Xu, S. Zhao, J. Song, R. Stewart, S. Ermon, "A theory of usable information under computational
       constraints", ICLR 2020, proposition 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.metrics import feature_complexity
    >>> x = np.random.default_rng(0).normal(size=(500, 2))
    >>> product = x[:, :1] * x[:, 1:]  # no linear predictor from x knows anything of it
    >>> dump = {0: {"first": x, "second": np.hstack([x, product])}, "ids": range(500)}
    >>> found = feature_complexity(dump, random_state=0).complexity
    >>> found["value"].round(1).tolist(), found["first_layer"].tolist()  # truth: 0, 0 and 1/2
    ([0.0, 0.0, 0.5], ['first', 'first', 'second'])
    """
    if not (isinstance(decodable, Real) and 0 < decodable <= 1):
        raise ValueError(f"decodable must lie above 0 and at most at 1, got {decodable!r}")
    dump = open_dump(dump)
    layer = dump.layers[-1] if layer is None else layer
    last = dump.epochs[-1]
    if (last, layer) not in dump:
        raise ValueError(f"layer={layer!r} is not in epoch {last}; its layers are {_layers_at(dump, last)}")
    source = _dense(dump[last, layer], f"{(last, layer)}")
    if len(source) < _LEAST_ROWS:
        raise ValueError(f"the dump has {len(source)} rows; pass at least {_LEAST_ROWS}")
    source = source / _unit(source)
    directions = _directions(directions, source.shape[1])
    directions = directions / _unit(directions, axis=0)
    constant = _constant(source, directions)
    cells = dump.cells()
    generators = spawn_generators(random_state, len(cells))

    def one_cell(cell, generator):
        layer = _dense(dump[cell], f"{cell}")
        return _cell(layer / _unit(layer), source, directions, constant, generator)

    with one_blas_thread():
        tasks = list(zip(cells, generators, strict=True))
        results = run_tasks(one_cell, tasks, n_jobs=n_jobs, verbose=verbose, description="layers")
    shape = len(dump.epochs), len(dump.layers)
    information, error = np.full((2, *shape, directions.shape[1]), np.nan)
    null = np.full(shape, np.nan)
    for (epoch, name), (values, errors, floor) in zip(cells, results, strict=True):
        place = dump.epochs.index(epoch), dump.layers.index(name)
        information[place], error[place], null[place] = values, errors, floor
    present = [dump.layers.index(name) for name in _layers_at(dump, last)]
    own = [epoch for epoch in dump.epochs if (epoch, layer) in dump]
    table = _table(information[-1, present], error[-1, present], null[-1, present])
    layers = np.array(dump.layers, dtype=object)[present]
    table["first_layer"] = _first(information[-1, present] >= decodable, layers, None)
    at_own = information[[dump.epochs.index(epoch) for epoch in own], dump.layers.index(layer)]
    since = np.logical_and.accumulate(at_own[::-1] >= decodable)[::-1]
    table["first_epoch"] = _first(since, np.array(own, dtype=float), np.nan)
    return FeatureComplexity(table, information, error, null, dump.epochs, dump.layers)


def _layers_at(dump, epoch):
    return [name for at, name in dump.cells() if at == epoch]


def _dense(activations, where):
    """Return activations as finite float64 of shape (n_samples, n_units)."""
    activations = dense(activations)
    return check_target(activations, len(activations), f"of cell {where}")


def _unit(values, axis=None):
    """Return the power of two near the largest value: shares of variances are the same in any unit."""
    return np.exp2(np.frexp(np.abs(values).max(axis=axis))[1])


def _directions(directions, n_units):
    if directions is None:
        return np.eye(n_units)
    directions = check_target(directions, len(directions), "directions")
    if len(directions) != n_units:
        raise ValueError(
            f"directions has shape {directions.shape}, but the layer has {n_units} units; pass an array of shape "
            "(n_units, n_directions)"
        )
    return directions


def _constant(source, directions):
    """Return which directions have the same value in all rows, but for rounding, and warn of them."""
    size = np.abs(source).max(axis=0) @ np.abs(directions)
    constant = np.zeros(directions.shape[1], bool)
    for part in blocks_of_targets(len(source), directions.shape[1]):
        constant[part] = np.ptp(source @ directions[:, part], axis=0) <= 1e-12 * size[part]
    if constant.any():
        numbers = listed([str(j) for j in np.flatnonzero(constant)])
        warn(
            f"directions [{numbers}] are constant over all {len(source)} rows ({constant.sum()} of {len(constant)}): "
            "their complexity is NaN",
            ConstantInputWarning,
        )
    return constant


def _cell(layer, source, directions, constant, generator):
    """Return the information about all directions, their standard errors, and that about permuted ones."""
    probes = LinearProbes.of(layer)
    information, error = np.full((2, directions.shape[1]), np.nan)
    varying = np.flatnonzero(~constant)
    for part in blocks_of_targets(len(source), len(varying)):
        chosen = varying[part]
        information[chosen], error[chosen] = probes.explained(source @ directions[:, chosen])
    chosen = generator.permutation(varying)[:_NULL_DIRECTIONS]
    permuted = (source @ directions[:, chosen])[generator.permutation(len(source))]
    return information, error, np.mean(probes.explained(permuted)[0]) if len(chosen) else np.nan


def _table(information, error, null):
    """Return the complexity of each direction, from what the layers of the last epoch know of it."""
    return pd.DataFrame(
        {
            "direction": range(information.shape[1]),
            "value": 1 - information.mean(axis=0),
            "std_error": error.mean(axis=0),
            "null": 1 - null.mean(),
            "ceiling": 1.0,
        }
    )


def _first(reached, names, none):
    """Return the name of the first row that is true in each column."""
    return np.where(reached.any(axis=0), names[reached.argmax(axis=0)], none)
