"""Rows of the calls that issue warnings."""

import numpy as np

N = 60
RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(N, 3))
NUMBERS = ROWS[:, 0] + RNG.normal(size=N)
WIDE = RNG.normal(size=(N, 8))
SYMBOLS = RNG.integers(0, 3, size=(N, 3))
CLASSES = SYMBOLS[:, 0]
NAMES = np.char.mod("name %d", np.arange(N))
RARE = np.where(np.arange(N) < 5, NAMES, "frequent")
CONSTANT = np.ones((N, 2)), NUMBERS
WALK = np.cumsum(RNG.normal(size=(N, 2)), axis=0)
