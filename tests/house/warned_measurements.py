"""Calls of measurements that issue warnings, for test_warnings_location.py."""

import numpy as np

from skib.metrics import (
    cca,
    cka,
    classifier_information,
    concept_leakage,
    denoiser_information,
    dump_metrics,
    elbo_decomposition,
    feature_complexity,
    infonce_bound,
    intrinsic_dimension,
    layer_divergence,
    neural_collapse,
    representation_geometry,
    selective_risk,
)
from tests.house.warned_rows import CLASSES, CONSTANT, NUMBERS, ROWS, WIDE, N

COPIED = np.random.default_rng(0).normal(size=(200, 3))
CASES = {
    "probabilities of 0": lambda: classifier_information(np.eye(3)[CLASSES], CLASSES),
    "no threshold": lambda: selective_risk(NUMBERS, CLASSES == 0, 0.01),
    "constant layers": lambda: layer_divergence(np.ones((N, 2)), np.ones((N, 2))),
    "rows of train in test": lambda: layer_divergence(ROWS, ROWS),
    "noisy copies of rows of train in test": lambda: layer_divergence(COPIED, COPIED + 0.01 * COPIED[::-1]),
    "constant directions": lambda: feature_complexity(
        {0: {"last": np.c_[ROWS, np.ones(N)]}, "ids": range(N)}, n_jobs=2
    ),
    "alignment of a constant layer": lambda: cka(*CONSTANT),
    "correlations of a constant layer": lambda: cca(*CONSTANT),
    "correlations of as many columns as rows": lambda: cca(WIDE[:9], ROWS[:9]),
    "collapse of a constant layer": lambda: neural_collapse(CONSTANT[0], CLASSES),
    "dimension of a constant layer": lambda: intrinsic_dimension(CONSTANT[0]),
    "dimension of repeated rows": lambda: intrinsic_dimension(np.tile(ROWS, (2, 1))),
    "dimension of a lattice": lambda: intrinsic_dimension(np.indices((8, 8)).reshape(2, -1).T),
    "dimension of rounding": lambda: intrinsic_dimension(CLASSES[:, None] + 1e-15 * ROWS),
    "geometry of a constant layer": lambda: representation_geometry(CONSTANT[0]),
    "information of codes near the logarithm of the rows": lambda: elbo_decomposition(9 * ROWS, 0 * ROWS),
    "embeddings that name their rows": lambda: infonce_bound(WIDE, WIDE),
    "layers that are not measured": lambda: dump_metrics(
        {0: {"fc": np.full((N, 2), np.nan)}, "ids": range(N)}, n_jobs=2
    ),
    "labels of many classes": lambda: dump_metrics(
        {0: {"fc": ROWS}, "ids": range(N)}, np.arange(N) % (N // 5), families=["geometry"]
    ),
    "labels of one class": lambda: dump_metrics({0: {"fc": ROWS}, "ids": range(N)}, 0 * CLASSES, families=["collapse"]),
    "a concept that is predicted to be the same": lambda: concept_leakage(CONSTANT[0][:, :1], CLASSES, CLASSES),
    "noise levels that end early": lambda: denoiser_information([[2.0], [3.0]], [[1.0], [1.0]], [0, 1]),
}
