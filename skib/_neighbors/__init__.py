"""Nearest neighbors: trees, balls and their counts, and the estimates that follow from them."""

from skib._neighbors._balls import planar_balls, tree_balls, tree_boxes
from skib._neighbors._boxes import planar_boxes
from skib._neighbors._class_balls import ListedClassBalls, SortedClassBalls, prepare_class_balls
from skib._neighbors._counts import subspace_counts
from skib._neighbors._cubes import (
    cubes_of,
    resolve_n_neighbors,
    weighted_entropy_terms,
    weighted_terms,
    weights_of_ranks,
)
from skib._neighbors._ladder import Ladder
from skib._neighbors._permuted_terms import permuted_ksg_terms, permuted_means
from skib._neighbors._terms import (
    BoundedTerms,
    digamma_table,
    ksg_terms,
    ksg_terms_given,
    ksg_terms_of_balls,
    planar_ksg_terms,
    ross_terms,
    ross_terms_of_balls,
)
from skib._neighbors._tree import build_tree, nearest_neighbors

__all__ = [
    "BoundedTerms",
    "Ladder",
    "SortedClassBalls",
    "ListedClassBalls",
    "build_tree",
    "cubes_of",
    "digamma_table",
    "ksg_terms",
    "ksg_terms_given",
    "ksg_terms_of_balls",
    "nearest_neighbors",
    "permuted_ksg_terms",
    "permuted_means",
    "planar_balls",
    "planar_boxes",
    "planar_ksg_terms",
    "prepare_class_balls",
    "resolve_n_neighbors",
    "ross_terms",
    "ross_terms_of_balls",
    "subspace_counts",
    "tree_balls",
    "tree_boxes",
    "weighted_entropy_terms",
    "weighted_terms",
    "weights_of_ranks",
]
