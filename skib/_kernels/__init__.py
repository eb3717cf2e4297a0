"""Numba kernels: arrays in, arrays out. Each file is a leaf: it imports numpy and `skib._jit` alone."""
