"""Transformers that turn wide data into few columns, and values into few groups."""

from skib.preprocessing._autoencoder import Autoencoder
from skib.preprocessing._category_grouper import IBCategoryGrouper
from skib.preprocessing._discretizer import IBDiscretizer
from skib.preprocessing._entropy_merger import EntropyBoundedMerger

__all__ = ["Autoencoder", "EntropyBoundedMerger", "IBCategoryGrouper", "IBDiscretizer"]
