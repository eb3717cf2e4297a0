"""Transformers that turn wide data into few columns, and values into few groups."""

from skib.preprocessing._autoencoder import Autoencoder
from skib.preprocessing._category_grouper import IBCategoryGrouper
from skib.preprocessing._discretizer import IBDiscretizer
from skib.preprocessing._sliced_inverse_regression import SlicedInverseRegression
from skib.preprocessing._stein_subspace import SteinSubspace

__all__ = ["Autoencoder", "IBCategoryGrouper", "IBDiscretizer", "SlicedInverseRegression", "SteinSubspace"]
