"""Solvers of neural bottlenecks: Adam on batches with drawn noise, and L-BFGS on all rows without."""

from numbers import Integral, Real
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning

from skib._layers import AdamState, batches, cosine
from skib._sklearn import BaseEstimator, Interval, StrOptions
from skib._warnings import warn
from skib.bottleneck.neural._co_teaching import CoTeaching
from skib.bottleneck.neural._network import initial_network
from skib.bottleneck.neural._objective import cubature, drawn


class Problem(NamedTuple):
    """What is minimized: an Objective on rows x and targets y, with generators of batches and of noise."""

    objective: Any
    x: np.ndarray
    y: np.ndarray
    batches: np.random.Generator
    noise: np.random.Generator


class Trace(NamedTuple):
    """What a solver did: the objective by epoch, the datafit of validation rows, and the state of Adam."""

    losses: list[float]
    validation: list[float]
    state: Any = None


class Adam(BaseEstimator):
    """Adam on batches of rows, with one draw of the code per row and step.

    Parameters
    ----------
    learning_rate : float, default=0.001
        Size of the first steps. Smaller ones take more epochs, and larger ones may not settle.
    max_iter : int, default=100
        Number of epochs. Of fewer than 5000 rows an epoch goes over all of them several times, to at least 25 steps.
    batch_size : int, default=None
        Rows of a batch. None: a 25th of the rows, between 20 and 200. With a number an epoch goes over the rows once.
    schedule : {"cosine", "constant"}, default="cosine"
        Whether the steps shrink to nothing along half a cosine over `max_iter`, and the noise of the batches with them.
    early_stopping : bool, default=False
        Whether to hold out `validation_fraction` of the rows, to stop if their datafit has not fallen for
        `n_iter_no_change` epochs, and to take the network of its least value.
    validation_fraction : float, default=0.1
        Share of the rows that is held out.
    n_iter_no_change : int, default=10
        Epochs to wait for the datafit to fall.
    forget_rate : float, default=0.0
        Share of the rows of each batch that are left out as mislabeled (co-teaching [1]_): two networks are trained,
        each on the rows that cost the other the least. It rises from 0 over the first tenth of `max_iter`. The share of
        wrong labels is a good value; training takes about three times as long.
    dtype : {"float32", "float64"}, default="float32"
        Precision of the training. "float64" takes about twice as long.

    References
    ----------
    .. [1] B. Han et al., "Co-teaching: robust training of deep neural networks with extremely noisy labels", NeurIPS
       2018, algorithm 1.

    Examples
    --------
    >>> from skib.bottleneck.neural import Adam, VIBClassifier
    >>> vib = VIBClassifier(solver=Adam(max_iter=50, early_stopping=True))
    >>> vib.set_params(solver__learning_rate=0.005).solver.learning_rate
    0.005
    """

    _parameter_constraints = {
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "schedule": [StrOptions({"cosine", "constant"})],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "forget_rate": [Interval(Real, 0, 1, closed="left")],
        "dtype": [StrOptions({"float32", "float64"})],
    }

    def __init__(
        self,
        learning_rate: float = 0.001,
        max_iter: int = 100,
        *,
        batch_size: int | None = None,
        schedule: Literal["cosine", "constant"] = "cosine",
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        forget_rate: float = 0.0,
        dtype: Literal["float32", "float64"] = "float32",
    ) -> None:
        self.learning_rate = learning_rate
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.schedule = schedule
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.forget_rate = forget_rate
        self.dtype = dtype

    def minimize(self, problem: Any, network: Any, advance: Any) -> Trace:
        """Train a network in place.

        Parameters
        ----------
        problem : Problem
            The objective, the rows and the generators.
        network : Network
            The network, whose vector of parameters is changed.
        advance : callable
            Called after every epoch.

        Returns
        -------
        trace : Trace
            The curves of the training.
        """
        trace, best = Trace([], [], AdamState([network.vector])), None
        problem, held_out = self._split(problem)
        steps = self._steps(problem, network, trace.state)
        for epoch in range(self.max_iter):
            rate = self.learning_rate * (cosine(epoch / self.max_iter) if self.schedule == "cosine" else 1.0)
            trace.losses.append(self._epoch(problem, steps, rate, epoch / self.max_iter))
            advance()
            if held_out is not None:
                trace.validation.append(validation_fit(problem.objective, network, *held_out))
                if trace.validation[-1] == min(trace.validation):
                    best = network.vector.copy()
                if epoch - int(np.argmin(trace.validation)) >= self.n_iter_no_change:
                    break
        if best is not None:
            network.vector[:] = best
        return trace

    def one_epoch(self, problem: Any, network: Any, state: Any) -> Trace:
        """Go over the rows once, with steps of the size `learning_rate`.

        Parameters
        ----------
        problem : Problem
            The objective, the rows and the generators.
        network : Network
            The network, whose vector of parameters is changed.
        state : AdamState or None
            The moments of an earlier call.

        Returns
        -------
        trace : Trace
            The loss, and the moments to go on from.
        """
        if self.forget_rate or self.early_stopping:
            raise ValueError("partial_fit takes neither forget_rate nor early_stopping; set them to 0 and False")
        state = AdamState([network.vector]) if state is None else state
        steps = _Steps(problem, network, state)
        return Trace([self._epoch(problem, steps, self.learning_rate, 0.0, self.batch_size or 200)], [], state)

    def _epoch(self, problem, steps, rate, share, size=None):
        size = size or self.batch_size
        losses = [steps.step(rows, rate, share) for rows in batches(len(problem.x), problem.batches, size)]
        return float(np.mean(losses))

    def _steps(self, problem, network, state):
        steps = _Steps(problem, network, state)
        if not self.forget_rate:
            return steps
        twin = initial_network(network.architecture, problem.batches, self.dtype)
        return CoTeaching(steps, _Steps(problem, twin, AdamState([twin.vector])), self.forget_rate)

    def _split(self, problem):
        """Return the Problem of the rows that are trained on, and the (x, y) that are held out, or None."""
        if not self.early_stopping:
            return problem, None
        n_held_out = max(round(self.validation_fraction * len(problem.x)), 1)
        if n_held_out >= len(problem.x):
            raise ValueError(f"early_stopping=True leaves none of {len(problem.x)} rows to train on; pass more rows")
        order = problem.batches.permutation(len(problem.x))
        held_out, rest = order[:n_held_out], order[n_held_out:]
        x, y = problem.x, problem.y
        return problem._replace(x=x[rest], y=y[rest]), (x[held_out], y[held_out])


class LBFGS(BaseEstimator):
    """L-BFGS on all rows at once, in float64, with a cubature in place of drawn noise.

    Each row is decoded at 2k points, whose first moments are those of the noise of k components. The result is exact
    for a linear decoder and squared errors, and an approximation otherwise, which is poor for decoders that bend much
    over the width of the noise.

    Parameters
    ----------
    max_iter : int, default=1000
        Largest number of iterations.
    tol : float, default=1e-7
        The largest entry of the gradient at which the minimization ends.

    Notes
    -----
    A penalty on the drawn code, such as :class:`CauchySchwarzQMI`, has one draw for each row, which stays the same.

    Examples
    --------
    >>> from skib.bottleneck.neural import LBFGS, VIBRegressor
    >>> VIBRegressor(hidden=(), solver=LBFGS(tol=1e-8)).solver
    LBFGS(tol=1e-08)
    """

    dtype = "float64"
    _parameter_constraints = {
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, max_iter: int = 1000, tol: float = 1e-7) -> None:
        self.max_iter = max_iter
        self.tol = tol

    def minimize(self, problem: Any, network: Any, advance: Any) -> Trace:
        """Train a network in place.

        Parameters
        ----------
        problem : Problem
            The objective, the rows and the generators.
        network : Network
            The network, whose vector of parameters is changed.
        advance : callable
            Called after every iteration.

        Returns
        -------
        trace : Trace
            The curve of the training.
        """
        noise = cubature(len(problem.x), network.architecture.n_components, problem.noise)
        losses = []

        def loss(vector):
            network.vector[:] = vector
            terms = problem.objective.terms(network, problem.x, problem.y, noise)
            return terms.loss, terms.by_vector

        def after(intermediate_result):
            losses.append(float(intermediate_result.fun))
            advance()

        options = {
            "maxiter": self.max_iter,
            "gtol": self.tol,
            "ftol": 1e-15,
            "maxcor": 30,
            "maxfun": 20 * self.max_iter,
        }
        found = minimize(loss, network.vector.copy(), jac=True, method="L-BFGS-B", callback=after, options=options)
        network.vector[:] = found.x
        if found.status == 1:
            warn(f"max_iter={self.max_iter} ended the minimization; raise max_iter, or tol", ConvergenceWarning)
        return Trace(losses or [float(found.fun)], [])


class _Steps:
    """Steps of Adam of one network on batches of a problem."""

    def __init__(self, problem, network, state):
        self.problem, self.network, self.state = problem, network, state

    def step(self, rows, rate, share):
        """Take a step on some rows, and return the objective before it."""
        objective, x, y, _, noise = self.problem
        draws = drawn(len(rows), self.network.architecture.n_components, noise, x.dtype)
        terms = objective.terms(self.network, x[rows], y[rows], draws)
        self.state.step([terms.by_vector], rate)
        return terms.loss

    def outputs(self, rows):
        """Return the outputs for the means of the codes of some rows."""
        return self.network.decoder.last(self.network.encoded(self.problem.x[rows]).mu)


def validation_fit(objective, network, x, y):
    """Return the datafit of rows at the means of their codes."""
    output = network.decoder.last(network.encoded(x).mu)
    return objective.datafit.value_and_gradient(y, output, x)[0]
