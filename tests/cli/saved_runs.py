"""Dumps that commands read."""

import numpy as np


def save_run(path, seen):
    """Save two layers at two epochs, one of noise and one that ``seen(epoch, y, rng)`` makes, with three classes."""
    rng = np.random.default_rng(0)
    y = np.arange(90) % 3
    for epoch in (0, 5):
        folder = path / f"epoch_{epoch:05d}"
        folder.mkdir(parents=True)
        np.save(folder / "noise.npy", rng.normal(size=(90, 4)))
        np.save(folder / "seen.npy", seen(epoch, y, rng))
    np.save(path / "y.npy", y)
    np.save(path / "ids.npy", np.arange(90))
    return y, rng
