"""Sparse layers, such as the codes of a sparse autoencoder, as the dense tables that estimators take."""

import numpy as np
from scipy.sparse import issparse

# 2 GiB: a hundred thousand rows in which 2700 latents fire, or two thousand in which 130 000 do.
_LARGEST = 2**31


def dense_layer(activations, *, whole=False):
    """Return a layer as a dense table; a sparse one loses its latents that never fire, unless the `whole` is required.

    A constant column has no information and adds nothing to a distance, a spread or a principal component.

    Raises
    ------
    ValueError
        If the table would take more than 2 GiB in double precision.
    """
    if not issparse(activations):
        return activations
    n_samples, n_latents = activations.shape
    fires = np.arange(n_latents) if whole else np.unique(activations.indices)
    if len(fires) == 0:
        fires = np.arange(1)
    if n_samples * len(fires) * 8 > _LARGEST:
        size, largest = n_samples * len(fires) * 8 / 2**30, _LARGEST / 2**30
        raise ValueError(
            f"{len(fires)} of {n_latents} latents fire in {n_samples} rows and take {size:.1f} GiB as a dense table, "
            f"more than {largest:.0f}; measure fewer rows, or dump fewer columns: those of "
            "TruncatedSVD(8).fit_transform(codes), or the latents that InformationSelector selects from sparse codes"
        )
    return (activations if whole else activations[:, fires]).toarray()
