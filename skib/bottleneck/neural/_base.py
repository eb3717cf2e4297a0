"""What neural bottlenecks share: training, the code, bounds of its rate, and a path along beta."""

from collections.abc import Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skib._parallel import one_blas_thread, progress, spawn_generators
from skib._scales import StandardScale
from skib._sklearn import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    HasMethods,
    Interval,
    StrOptions,
    TransformerMixin,
    fit_context,
    require_valid_parameters,
)
from skib._statistics import SATURATION
from skib._typing import Floats, Seed, TableLike
from skib._validation import check_numbers, check_numeric, require_samples, warn_of_constant_columns
from skib._warnings import SaturatedEstimateWarning, SkibWarning, warn
from skib.bottleneck.neural._lagrangian import LinearLagrangian
from skib.bottleneck.neural._network import Architecture, initial_network
from skib.bottleneck.neural._objective import Objective
from skib.bottleneck.neural._path import beta_table
from skib.bottleneck.neural._penalties import PairwiseRate, VariationalRate
from skib.bottleneck.neural._rates import N_PAIRED, distinct_rate, gaussian_rate, pairwise_rate, unit_rates
from skib.bottleneck.neural._solver import Adam, Problem

if TYPE_CHECKING:
    from pandas import DataFrame

# Draws of the code per row for what a code with noise says about y.
_N_DRAWS = 8
# Standard deviations beyond which values of X count as these: a nearly constant column, such as a pixel at the border,
# is an outlier wherever it varies.
_MOST_DEVIATIONS = 5.0
# Nats of rate below which a code has collapsed, and those below which it has if it says less than the first about y:
# training may end while the last of the rate falls.
_COLLAPSED, _SMALL = 0.01, 0.1

NEURAL_CONSTRAINTS = {
    "beta": [Interval(Real, 0, None, closed="neither")],
    "n_components": [Interval(Integral, 1, None, closed="left")],
    "hidden": ["array-like"],
    "noise": [Interval(Real, 0, None, closed="left"), StrOptions({"learned", "shared"})],
    "decoder_hidden": ["array-like"],
    "activation": [StrOptions({"relu", "tanh", "leaky", "identity"})],
    "ordered": ["boolean"],
    "solver": [HasMethods(["minimize"]), None],
    "warm_start": ["boolean"],
    "verbose": ["verbose"],
    "random_state": ["random_state"],
}
STRATEGY_CONSTRAINTS = {
    "penalty": [HasMethods(["value_and_gradients"]), None],
    "datafit": [HasMethods(["value_and_gradient"]), None],
    "lagrangian": [HasMethods(["value_and_slope"]), None],
}


class NeuralBottleneck(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """A network with a noisy code in the middle, of any penalty, datafit and solver.

    A subclass reads the target (`_read_target`), names the default datafit, and says what an output tells about y in
    nats (`_set_reference`, `_log_ratios`).
    """

    rate_upper_: float
    rate_lower_: float
    unit_rates_: Floats
    relevance_: float
    loss_curve_: list[float]
    validation_curve_: list[float]
    n_iter_: int
    network_: Any
    # What a subclass without these parameters takes.
    penalty: Any = None
    datafit: Any = None
    lagrangian: Any = None
    ordered: bool = False

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: TableLike, y: TableLike) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Class labels, or numbers of one or, of a regressor, several columns.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        x = check_numeric(self, X, y)
        require_samples(self, len(x), 2)
        resumed = self.warm_start and self._continues(x, y)
        target = self._read_target(y, len(x), reset=not resumed)
        with one_blas_thread():
            self._prepare(x, resumed)
            problem = self._problem(x, target)
            solver = self._solver()
            with progress(type(self).__name__, solver.max_iter, self.verbose) as advance:
                trace = solver.minimize(problem, self.network_, advance)
            previous = (self.loss_curve_, self.validation_curve_) if resumed else ([], [])
            self._finish(problem, trace, previous, anew=True)
        self._warn_of_rates(len(x))
        return self

    def partial_fit(self, X: TableLike, y: TableLike, classes: ArrayLike | None = None) -> Self:
        """Go over some rows once; the first call fixes the units of X and y, and the classes.

        What y says without X, to which ``relevance_`` and ``information_score`` compare, is that of the rows of all
        calls. A column of X that is constant in the first call has no unit, and counts as constant for good.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Class labels, or numbers.
        classes : array-like of shape (n_classes,), default=None
            The classes that will come, which the first call of a classifier needs if y lacks some. A regressor has
            none.

        Returns
        -------
        self : object
            The estimator.
        """
        require_valid_parameters(self)
        solver = self._solver()
        if not hasattr(solver, "one_epoch"):
            raise ValueError(f"partial_fit needs batches, which {solver!r} does not take; pass solver=Adam()")
        first = not hasattr(self, "network_")
        x = check_numeric(self, X, y) if first else check_numbers(self, X, reset=False)
        if first:
            require_samples(self, len(x), 2)
            warn_of_constant_columns(x)
        target = self._read_target(y, len(x), reset=first, classes=classes)
        if first and target.dtype.kind == "f" and not np.ptp(target, axis=0).all():
            raise ValueError("a target is constant in the first call, which fixes its unit; begin with more rows")
        with one_blas_thread():
            self._prepare(x, not first)
            problem = self._problem(x, target)
            trace = solver.one_epoch(problem, self.network_, self._state)
            previous = ([], []) if first else (self.loss_curve_, self.validation_curve_)
            self._finish(problem, trace, previous, anew=first)
        return self

    def transform(self, X: TableLike) -> Floats:
        """Return the means of the code.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.

        Returns
        -------
        codes : ndarray of shape (n_samples, n_components)
            The mean of T for each row.
        """
        return self._encoded(X).mu

    def sample(self, X: TableLike, random_state: Seed = None) -> Floats:
        """Draw T for rows: the means of ``transform``, and noise.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.
        random_state : int, RandomState instance or None, default=None
            Seeds the noise. Pass an int for the same result at every call.

        Returns
        -------
        codes : ndarray of shape (n_samples, n_components)
            Drawn values of T.
        """
        encoded = self._encoded(X)
        noise = check_random_state(random_state).standard_normal(encoded.mu.shape)
        return encoded.mu + np.exp(0.5 * encoded.log_variance) * noise

    def information_score(self, X: TableLike, y: TableLike) -> float:
        """Estimate what the code, with its noise, says about y on rows that were not fitted.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target.

        Returns
        -------
        score : float
            The mean of log q(y|t)/q(y) in nats, with the q(y) of the training rows; below 0 if the code misleads.
            A scorer of ``GridSearchCV``: ``lambda estimator, X, y: estimator.information_score(X, y)``.
        """
        encoded = self._encoded(X)
        return self._relevance(encoded, self._read_target(y, len(encoded.mu), reset=False))

    def input_gradients(self, X: TableLike, y: TableLike) -> Floats:
        """Compute the derivatives of the datafit of each row by its columns, at the mean of its code.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target.

        Returns
        -------
        gradients : ndarray of shape (n_samples, n_features)
            In nats per unit of X; of a datafit that is no mean over rows, the derivatives of n times its value.
        """
        encoded = self._encoded(X)
        target = self._read_target(y, len(encoded.mu), reset=False)
        outputs = self.network_.decoder.outputs(encoded.mu)
        _, by_output = self._resolved_datafit().value_and_gradient(target, outputs[-1], encoded.outputs[0])
        *_, by_mu = self.network_.decoder.gradients(outputs, by_output)
        zeros = np.zeros_like(by_mu), ([], [])
        _, by_input = self.network_.gradient(encoded, by_mu, *zeros)
        inside = np.abs(encoded.outputs[0]) < _MOST_DEVIATIONS
        return self._x_scale.per_unit(len(encoded.mu) * by_input * inside)

    def beta_path(self, X: TableLike, y: TableLike, betas: Sequence[float] | None = None) -> "DataFrame":
        """Fit clones along beta, from the largest down, each from the network of the one before it.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target.
        betas : sequence of float, default=None
            None: eight values in even steps of the logarithm, from 10 times `beta` to a tenth of it.

        Returns
        -------
        path : DataFrame
            By rising beta, the columns `beta`, `rate_lower`, `rate_upper` and `relevance` in nats, `n_active` (units of
            more than 0.01 nats) and `score`, that of the training rows.
        """
        return beta_table(self, X, y, betas, _COLLAPSED)

    # --- the parts of a fit

    def _solver(self):
        solver = Adam() if self.solver is None else self.solver
        require_valid_parameters(solver)
        return solver

    def _resolved_datafit(self):
        return self._default_datafit() if self.datafit is None else self.datafit

    def _resolved_penalty(self):
        return VariationalRate() if self.penalty is None else self.penalty

    def _objective(self):
        penalty, datafit = self._resolved_penalty(), self._resolved_datafit()
        lagrangian = LinearLagrangian() if self.lagrangian is None else self.lagrangian
        for part in (penalty, datafit, lagrangian):
            require_valid_parameters(part)
        if self.noise == 0 and isinstance(penalty, VariationalRate | PairwiseRate):
            raise ValueError(
                f'{penalty!r} is infinite without noise; pass noise="learned" or a number above 0, or a penalty that '
                "does without, such as CauchySchwarzQMI()"
            )
        return Objective(penalty, datafit, lagrangian, float(self.beta), self.ordered)

    def _architecture(self, n_features):
        for name in ("hidden", "decoder_hidden"):
            sizes = tuple(getattr(self, name))
            if not all(isinstance(size, Integral) and size > 0 for size in sizes):
                raise ValueError(f"{name}={sizes!r} must hold whole numbers of units, 1 or more; pass () for no layer")
        encoder = (n_features, *self.hidden, self.n_components)
        decoder = (self.n_components, *self.decoder_hidden, self._n_outputs())
        return Architecture(encoder, decoder, self.activation, self.noise)

    def _continues(self, x, y):
        """Whether the network of the last fit has the sizes of this one."""
        return hasattr(self, "network_") and self.network_.architecture == self._architecture(x.shape[1])

    def _prepare(self, x, resumed):
        """Set the scale of X, the generators and the network, unless those of the last fit go on."""
        if resumed:
            return
        self._x_scale, self._state = StandardScale(x), None
        first, *self._generators = spawn_generators(self.random_state, 3)
        self._noise_seed = int(first.integers(2**31))
        self.network_ = initial_network(self._architecture(x.shape[1]), first, self._solver().dtype)

    def _problem(self, x, target):
        dtype = self.network_.vector.dtype
        y = target.astype(dtype) if target.dtype.kind == "f" else target
        return Problem(self._objective(), self._scaled(x).astype(dtype), y, *self._generators)

    def _finish(self, problem, trace, curves, *, anew):
        """Set what was learned, and what the code says on these rows; q(y) is that of earlier rows, too, or anew."""
        self._state, (losses, validation) = trace.state, curves
        self.loss_curve_, self.validation_curve_ = losses + trace.losses, validation + trace.validation
        if not np.isfinite(self.network_.vector).all():
            raise ValueError(
                f"the training diverged, with a loss of {trace.losses[-1]:.3g}; pass a solver of a smaller "
                f"learning_rate, or a larger beta than {self.beta:g}"
            )
        self.n_iter_ = len(self.loss_curve_)
        encoded = self.network_.encoded(problem.x.astype(np.float64))
        self._set_rates(encoded)
        self._set_reference(problem.y, self._drawn_outputs(encoded), anew=anew)
        self.relevance_ = self._relevance(encoded, problem.y)

    def _set_rates(self, encoded):
        mu, log_variance = encoded.mu, encoded.log_variance
        if self.noise == 0:
            self.unit_rates_ = np.where(np.ptp(mu, axis=0) > 0, np.inf, 0.0)
            self.rate_lower_, self.rate_upper_ = distinct_rate(mu), float(self.unit_rates_.max())
            return
        self.rate_upper_, self.unit_rates_ = gaussian_rate(mu, log_variance), unit_rates(mu, log_variance)
        self.rate_lower_ = pairwise_rate(mu, log_variance)

    def _warn_of_rates(self, n_samples):
        if self.rate_upper_ < (_SMALL if self.relevance_ < _COLLAPSED else _COLLAPSED):
            message = (
                f"the code has collapsed: it says at most {max(self.rate_upper_, 0):.2g} nats about X at "
                f"beta={self.beta:g}; raise beta, or descend to it from a larger one by beta_path"
            )
            warn(message, SkibWarning)
        ceiling = np.log(min(n_samples, N_PAIRED))
        if self.noise != 0 and self.rate_lower_ > SATURATION * ceiling:
            message = (
                f"rate_lower_={self.rate_lower_:.4g} nats is near the largest value that pairs of rows can show, "
                f"{ceiling:.4g}: each of them has a code of its own; lower beta, or rely on rate_upper_ alone"
            )
            warn(message, SaturatedEstimateWarning)

    # --- codes and outputs

    @property
    def _n_features_out(self):
        return self.network_.architecture.n_components

    def _encoded(self, X):
        check_is_fitted(self)
        return self.network_.encoded(self._scaled(check_numbers(self, X, reset=False)))

    def _scaled(self, x):
        return np.clip(self._x_scale.scaled(x), -_MOST_DEVIATIONS, _MOST_DEVIATIONS)

    def _outputs(self, X):
        """Return the outputs for the means of the codes of rows."""
        codes = self._encoded(X).mu
        return self.network_.decoder.last(codes)

    def _drawn_outputs(self, encoded):
        """Return outputs for draws of the code, (n_draws, n_rows, n_outputs), the same at every call."""
        n_draws = 1 if self.noise == 0 else _N_DRAWS
        noise = np.random.default_rng(self._noise_seed).standard_normal((n_draws, *encoded.mu.shape))
        return self.network_.decoder.last(encoded.mu + np.exp(0.5 * encoded.log_variance) * noise)

    def _relevance(self, encoded, target):
        return float(np.mean(self._log_ratios(target, self._drawn_outputs(encoded))))
