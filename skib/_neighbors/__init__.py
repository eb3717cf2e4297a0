"""Nearest neighbors: trees, balls and their counts, and the estimates that follow from them."""

from skib._neighbors._balls import digamma_table, planar_balls, tree_balls
from skib._neighbors._class_balls import SortedClassBalls, TreeClassBalls
from skib._neighbors._counts import subspace_counts
from skib._neighbors._cubes import (
    cubes_of,
    resolve_n_neighbors,
    weighted_entropy_terms,
    weighted_terms,
    weights_of_ranks,
)
from skib._neighbors._permuted_balls import permuted_balls
from skib._neighbors._tree import build_tree, nearest_neighbors

__all__ = [
    "SortedClassBalls",
    "TreeClassBalls",
    "build_tree",
    "cubes_of",
    "digamma_table",
    "nearest_neighbors",
    "permuted_balls",
    "planar_balls",
    "resolve_n_neighbors",
    "subspace_counts",
    "tree_balls",
    "weighted_entropy_terms",
    "weighted_terms",
    "weights_of_ranks",
]
