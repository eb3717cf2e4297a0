"""What the entropy estimators of continuous data share: what is asked of rows, their scale, the fitted attributes."""

import warnings

import numpy as np

from skib._validation import (
    DuplicateRowsWarning,
    SaturatedEstimateWarning,
    UnreliableEstimateWarning,
    check_numeric,
    fit_context,
)

# A value of a column held by more rows than this, and than sqrt(n_samples), is an atom.
_FEW = 5
# Copies beyond this share of the rows are told of; fewer are dropped in silence.
_COPY_SHARE = 0.01
# Degrees of freedom, and steps, of the Student likelihood whose scatter matrix decorrelates the columns.
_DOF = 1.0
_PASSES = 10
# A step stretches no direction more than this against another; the next step goes on from there.
_STRETCH = 1e-10
# Standard deviations of a normal variable per median absolute deviation.
_MAD = 1.482602218505602


class DifferentialEntropyMixin:
    """Mixin of the estimators of differential entropy; a class gives ``_fit_rows(x)`` and what it needs of rows."""

    _parameter_constraints = {}

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Estimate the entropy of the rows of X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers, taken together as one variable.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        return self._fit_rows(check_numeric(self, X, X))  # there is no companion y to ask anything of

    def _set_pointwise(self, pointwise, *, n_distinct=None, ceiling=np.inf, saturated=False):
        """Store the pointwise entropies and what follows from them; copies of rows add nothing to the precision."""
        n_samples = len(pointwise)
        self.pointwise_ = pointwise
        self.entropy_ = float(np.mean(pointwise))
        self.std_error_ = float(np.std(pointwise, ddof=1) / np.sqrt(n_distinct or n_samples))
        self.ceiling_ = float(ceiling)
        self.saturated_ = bool(saturated)
        if self.saturated_:
            warnings.warn(
                f"{self!r} gives {self.entropy_:.4g} nats and could give at most {self.ceiling_:.4g} on {n_samples} "
                "rows: nearly every row stands alone; pass more rows or assume more noise",
                SaturatedEstimateWarning,
                stacklevel=4,
            )
        return self


def require_rows(estimator, n_samples, n_required, *, distinct=False):
    """Refuse too few rows."""
    if n_samples < n_required:
        kind = "distinct " * distinct
        remedy = "pass more rows" + (" or lower n_neighbors" if hasattr(estimator, "n_neighbors") else "")
        raise ValueError(f"{estimator!r} needs at least {n_required} {kind}rows, got n_samples = {n_samples}; {remedy}")


def independent_columns(x):
    """Rows x as they are or, if they lie in a hyperplane, their coordinates within it, which a warning says.

    The coordinates are in the units of x along orthogonal axes: their density is that per unit of the hyperplane's own
    volume. Whether rows lie in a hyperplane is told as far as the rounding of x allows.
    """
    n_samples, d = x.shape
    centred = x - np.median(x, axis=0)
    spread = np.abs(centred).mean(axis=0)
    if not spread.any():
        raise ValueError(f"all {n_samples} rows of X are equal: the differential entropy is minus infinity")
    varying = spread > 0
    scaled = np.divide(centred, spread, where=varying, out=np.zeros_like(x))
    scaled -= scaled.mean(axis=0)
    sizes, axes = np.linalg.svd(np.linalg.qr(scaled, mode="r"))[1:]
    rounding = _rounding(x) * np.max(np.abs(x[:, varying]).max(axis=0) / spread[varying])
    flat = sizes <= 4 * np.sqrt(d * n_samples) * rounding
    if not flat.any():
        return x
    warnings.warn(
        f"the {d} columns of X are linearly dependent or constant: the rows lie in {d - flat.sum()} dimensions, and "
        "their entropy is taken therein (in all of them it is minus infinity); drop columns that follow from others",
        UnreliableEstimateWarning,
        stacklevel=6,
    )
    normals = axes[flat].T / np.where(varying, spread, 1.0)[:, None]
    within = np.linalg.qr(normals, mode="complete")[0][:, flat.sum() :]
    return centred @ within


def distinct_rows(estimator, x, min_samples):
    """Distinct rows with as many dimensions as columns, and for each row of x its place among them.

    Without copies that place is a slice over everything. Raises ValueError where so many rows are equal that they have
    atoms: their differential entropy is minus infinity.
    """
    n_samples, d = x.shape
    required = max(min_samples, d + 1)
    require_rows(estimator, n_samples, required)
    levels = [np.unique(column, return_counts=True)[1] for column in x.T]
    place = slice(None)
    if all(len(counts) < n_samples for counts in levels):
        rows, place, counts = np.unique(x, axis=0, return_inverse=True, return_counts=True)
        place = place.ravel()
        _refuse_atoms(counts, n_samples)
        _warn_of_copies(n_samples - len(rows), n_samples)
        require_rows(estimator, len(rows), required, distinct=True)
        x = rows
    _warn_of_grids(levels, n_samples)
    return independent_columns(x), place


def _has_atoms(counts, n_samples):
    return counts.max() > max(_FEW, np.sqrt(n_samples)) or 2 * len(counts) < n_samples


def _refuse_atoms(counts, n_samples):
    if _has_atoms(counts, n_samples):
        raise ValueError(
            f"X has {len(counts)} distinct rows among {n_samples}, one of them {counts.max()} times: it has no density "
            "and a differential entropy of minus infinity; use skib.entropy.PlugIn for discrete values, pass each row "
            "once if rows were copied, or add noise as wide as the rounding"
        )


def _warn_of_copies(n_copies, n_samples):
    if n_copies > _COPY_SHARE * n_samples:
        warnings.warn(
            f"{n_copies} of {n_samples} rows are exact copies of others; distances are taken among the distinct rows; "
            "pass each row once (never a bootstrap sample or upsampled rows)",
            DuplicateRowsWarning,
            stacklevel=6,
        )


def _warn_of_grids(levels, n_samples):
    grids = [j for j, counts in enumerate(levels) if len(counts) > 1 and _has_atoms(counts, n_samples)]
    if grids:
        warnings.warn(
            f"columns {grids} of X repeat their values, as rounded or discrete ones do: they have no density, and the "
            "estimate tells how finely they are rounded; use skib.entropy.PlugIn, or add noise as wide as the rounding",
            UnreliableEstimateWarning,
            stacklevel=6,
        )


def _rounding(x):
    """Relative rounding error of the values of x, which may have been float32 before."""
    with np.errstate(over="ignore"):
        single = (x == x.astype(np.float32)).all()
    return np.finfo(np.float32 if single else np.float64).eps


def whitened(x):
    """Rows with uncorrelated columns of unit spread, and the log volume that a unit of volume had before.

    Columns are divided by their median absolute deviation; then their scatter is made a unit matrix, the scatter of the
    multivariate Student t of one degree of freedom, which outliers cannot move. Scaling, shifting, mirroring or
    exchanging columns of x changes the log volume only.
    """
    d = x.shape[1]
    z = x - np.median(x, axis=0)
    z, log_volume = _unit_spread(z)
    if d == 1:
        return z, log_volume
    for _ in range(_PASSES):
        weights = (d + _DOF) / (_DOF + np.einsum("ij,ij->i", z, z))
        z = z - weights @ z / weights.sum()  # the medians may lie far outside of a thin cloud
        values, vectors = np.linalg.eigh((z * weights[:, None]).T @ z / len(z))
        roots = np.sqrt(np.maximum(values, _STRETCH * values[-1]))
        z = (z @ vectors / roots) @ vectors.T  # the symmetric root: it turns the axes as little as possible
        log_volume += np.log(roots).sum()
    z, rest = _unit_spread(z)
    return np.ascontiguousarray(z), log_volume + rest


def _unit_spread(z):
    size = np.abs(z)
    spread = _MAD * np.median(size, axis=0)
    spread = np.where(spread > 0, spread, size.mean(axis=0))
    return z / spread, np.log(spread).sum()
