"""Transformers that turn wide data into few columns, and values into few groups."""

from skib.preprocessing._autoencoder import Autoencoder
from skib.preprocessing._category_grouper import IBCategoryGrouper
from skib.preprocessing._code_associations import code_associations
from skib.preprocessing._codebook_bottleneck import CodebookBottleneck
from skib.preprocessing._codebook_classifier import CodebookClassifier
from skib.preprocessing._concept_bottleneck import ConceptBottleneck
from skib.preprocessing._discretizer import IBDiscretizer
from skib.preprocessing._entropy_merger import EntropyBoundedMerger
from skib.preprocessing._kdi import KDITransformer
from skib.preprocessing._kdi_discretizer import KDIDiscretizer
from skib.preprocessing._least_volume_autoencoder import LeastVolumeAutoencoder
from skib.preprocessing._neural_code import NeuralCode
from skib.preprocessing._neural_code_display import NeuralCodeDisplay
from skib.preprocessing._sliced_inverse_regression import SlicedInverseRegression
from skib.preprocessing._stein_subspace import SteinSubspace

__all__ = [
    "Autoencoder",
    "CodebookBottleneck",
    "CodebookClassifier",
    "ConceptBottleneck",
    "EntropyBoundedMerger",
    "IBCategoryGrouper",
    "IBDiscretizer",
    "KDIDiscretizer",
    "KDITransformer",
    "LeastVolumeAutoencoder",
    "NeuralCode",
    "NeuralCodeDisplay",
    "SlicedInverseRegression",
    "SteinSubspace",
    "code_associations",
]
