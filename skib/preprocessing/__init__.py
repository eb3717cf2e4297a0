"""Transformers that turn wide data into few columns."""

from skib.preprocessing._autoencoder import Autoencoder

__all__ = ["Autoencoder"]
