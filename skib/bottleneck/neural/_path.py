"""Neural bottlenecks along beta, from the largest down."""

from contextlib import ExitStack

import numpy as np
import pandas as pd
from sklearn.base import clone

from skib._parallel import progress
from skib._warnings import SkibWarning, warn_once

# Betas of the default path, and the factor between the middle and its ends.
_N_BETAS, _WIDTH = 8, 10.0


def beta_table(estimator, X, y, betas, least_rate):
    """Return rates, relevance and score along beta; a unit of more than `least_rate` nats is active.

    A large beta first: from a collapsed code, to which a small one leads, training does not come back.
    """
    if betas is None:
        betas = estimator.beta * np.geomspace(1 / _WIDTH, _WIDTH, _N_BETAS)
    betas = np.sort(np.ravel(np.asarray(betas, np.float64)))
    if not len(betas) or betas[0] <= 0 or not np.isfinite(betas).all():
        raise ValueError(f"betas must be finite numbers above 0, got {betas!r}")
    fitted, rows = clone(estimator).set_params(warm_start=True, verbose=0), []
    with ExitStack() as stack:
        stack.enter_context(warn_once(excluded=(SkibWarning,)))
        advance = stack.enter_context(progress(type(estimator).__name__, len(betas), estimator.verbose))
        for beta in betas[::-1]:
            fitted.set_params(beta=float(beta)).fit(X, y)
            n_active = int(np.sum(fitted.unit_rates_ > least_rate))
            rows.append((beta, fitted.rate_lower_, fitted.rate_upper_, fitted.relevance_, n_active, fitted.score(X, y)))
            advance()
    columns = ["beta", "rate_lower", "rate_upper", "relevance", "n_active", "score"]
    return pd.DataFrame(rows[::-1], columns=columns)
