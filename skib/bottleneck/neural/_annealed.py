"""What bottlenecks with a price for each column share: their training along beta, and the path of the rates."""

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from skib import in_bits
from skib._parallel import blocks, one_blas_thread, progress, spawn_generators
from skib._scales import StandardScale
from skib._sklearn import BaseEstimator, Interval
from skib._typing import Floats
from skib._validation import warn_of_constant_columns
from skib.bottleneck.neural._annealing import Model, anneal, initial_head, schedule

if TYPE_CHECKING:
    from pandas import DataFrame

# Rows that are held out are one batch, and rows of an output or a mean rate are taken in blocks: megabytes.
_MOST_HELD_OUT, _VALUES_PER_BLOCK = 10_000, 2**22
# Draws of the noise for what the codes of new rows say.
_N_DRAWS = 8

ANNEALED_CONSTRAINTS = {
    "beta": [Interval(Real, 0, None, closed="neither")],
    "beta_start": [Interval(Real, 0, None, closed="neither")],
    "decoder_hidden": ["array-like"],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
    "max_iter": [Interval(Integral, 2, None, closed="left")],
    "validation_fraction": [Interval(Real, 0, 1, closed="left")],
    "verbose": ["verbose"],
    "random_state": ["random_state"],
}


class AnnealedBottleneck(BaseEstimator):
    """Channels of columns, each with a rate, and a network behind them, trained while beta falls.

    A class defines ``_channels(x, rng)``, and ``_labels()``, the names of the channels.
    """

    rates_: Floats
    rate_: float
    relevance_: float
    path_: "DataFrame"
    n_iter_: int

    @property
    def bits_path_(self) -> "DataFrame":
        """The rates of `path_` in bits: a row for each beta, and a column for each column or group of X."""
        path = self.path_.assign(rate=in_bits(self.path_["rate"]))
        return path.pivot(index="beta", columns="feature", values="rate")[self._labels()][::-1]

    def _anneal(self, x, target, likelihood):
        """Train on all columns of x, and set what was learned."""
        warn_of_constant_columns(x)
        if self.beta_start < self.beta:
            raise ValueError(f"beta_start={self.beta_start:g} must not be below beta={self.beta:g}; raise beta_start")
        (rng,) = spawn_generators(self.random_state, 1)
        self._x_scale = StandardScale(x)
        x = self._x_scale.scaled(x).astype(np.float32)
        channels = self._channels(x, rng)
        hidden = checked_sizes("decoder_hidden", self.decoder_hidden)
        self._model = Model(channels, initial_head(channels.n_units, hidden, likelihood.n_outputs, rng), likelihood)
        train, held_out = self._split(x, target, rng)
        betas, rates = schedule(self.beta_start, self.beta, self.max_iter)
        with one_blas_thread(), progress(type(self).__name__, self.max_iter, self.verbose) as advance:
            path = anneal(self._model, train, held_out, betas, self.learning_rate_init * rates, rng, advance)
            self._set_path(path, self._mean_rates(x))
        self.n_iter_ = self.max_iter

    def _split(self, x, target, rng):
        """Return the pairs of rows that are trained on, and of those that are held out: all if there are none."""
        n_held = min(round(self.validation_fraction * len(x)), _MOST_HELD_OUT, len(x) - 2)
        if n_held <= 0:
            return (x, target), (x[:_MOST_HELD_OUT], target[:_MOST_HELD_OUT])
        order = rng.permutation(len(x))
        train, held = np.sort(order[n_held:]), np.sort(order[:n_held])
        return (x[train], target[train]), (x[held], target[held])

    def _set_path(self, path, rates):
        from pandas import DataFrame

        if not np.isfinite(rates).all() or not np.isfinite(path[-1].loss):
            raise ValueError(
                f"the training diverged; pass a learning_rate_init below {self.learning_rate_init:g}, or a beta above "
                f"{self.beta:g}"
            )
        self.rates_, self.rate_ = rates, float(rates.sum())
        relevances = [self._model.likelihood.without_input - point.loss for point in path]
        self.relevance_ = float(relevances[-1])
        along = np.array([*(point.rates for point in path[:-1]), rates])
        labels = self._labels()
        self.path_ = DataFrame(
            {
                "beta": np.repeat([point.beta for point in path], len(labels)),
                "feature": np.tile(labels, len(path)),
                "rate": along.ravel(),
                "relevance": np.repeat(relevances, len(labels)),
            }
        )

    def _mean_rates(self, x):
        rates = [len(x[rows]) * self._model.channels.encoded(x[rows]).rates.astype(float) for rows in self._blocks(x)]
        return np.sum(rates, axis=0) / len(x)

    def _blocks(self, x):
        return blocks(len(x), max(_VALUES_PER_BLOCK // (32 * self._model.channels.n_units), 1))

    def _codes(self, x):
        """Return the means of the codes of rows in units of X."""
        x = self._x_scale.scaled(x).astype(np.float32)
        return np.concatenate([self._model.channels.encoded(x[rows]).mu for rows in self._blocks(x)])

    def _drawn_outputs(self, x):
        """Return outputs for draws of the codes of rows, (n_draws, n_rows, n_outputs), the same at every call."""
        rng, x = np.random.default_rng(0), self._x_scale.scaled(x).astype(np.float32)
        return np.concatenate([self._model.drawn_outputs(x[rows], _N_DRAWS, rng) for rows in self._blocks(x)], axis=1)

    def _column_labels(self):
        names = getattr(self, "feature_names_in_", None)
        return [f"x{j}" for j in range(self.n_features_in_)] if names is None else list(names)


def checked_sizes(name, sizes) -> tuple[Any, ...]:
    """Return the numbers of units of hidden layers as a tuple."""
    sizes = tuple(sizes)
    if not all(isinstance(size, Integral) and size > 0 for size in sizes):
        raise ValueError(f"{name}={sizes!r} must hold whole numbers of units, 1 or more; pass () for no layer")
    return sizes
