"""Transformers that turn wide data into few columns, and values into few groups."""

from skib.preprocessing._autoencoder import Autoencoder
from skib.preprocessing._category_grouper import IBCategoryGrouper
from skib.preprocessing._discretizer import IBDiscretizer
from skib.preprocessing._kdi import KDITransformer
from skib.preprocessing._kdi_discretizer import KDIDiscretizer
from skib.preprocessing._least_volume_autoencoder import LeastVolumeAutoencoder

__all__ = [
    "Autoencoder",
    "IBCategoryGrouper",
    "IBDiscretizer",
    "KDIDiscretizer",
    "KDITransformer",
    "LeastVolumeAutoencoder",
]
