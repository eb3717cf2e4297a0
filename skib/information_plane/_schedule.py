"""The cells of a dump, with the seed and the compression of each."""

import numpy as np
from sklearn.utils import check_random_state

from skib._parallel import run_tasks
from skib.information_plane._cell import Cell
from skib.information_plane._compression import Compression, fit_once


class Schedule:
    """The cells of a dump as independent tasks, which may run in any order and in any process.

    Parameters
    ----------
    dump : Dump
        The activations.
    compressor : transformer or None
        Compressor of every layer.
    fit_at : {"each", "last"}
        Where the compressor is fitted: in each cell, or at the last epoch of each layer.
    random_state : int, RandomState or None
        Seed of all cells and compressors.
    """

    def __init__(self, dump, compressor, fit_at, random_state):
        self.dump = dump
        self.entropy = check_random_state(random_state).randint(0, 2**31 - 1, size=4, dtype=np.int64).tolist()
        self.fitted_at = {}
        if compressor is not None and fit_at == "last":
            self.fitted_at = {layer: epoch for epoch, layer in dump.cells()}  # of equal keys the last one stays
        self._compressions = {layer: Compression(compressor, self._seed(layer)) for layer in dump.layers}

    def cells(self, keys, *, n_jobs=None):
        """Return the cells of these (epoch, layer) pairs; compressors that are fitted once per layer are fitted now."""
        layers = [layer for layer in dict.fromkeys(layer for _, layer in keys) if layer in self.fitted_at]
        tasks = [self._once(layer) for layer in layers]
        fitted = run_tasks(fit_once, tasks, n_jobs=n_jobs) if tasks else []
        compressions = self._compressions | dict(zip(layers, fitted, strict=True))
        return [self._cell(epoch, layer, compressions[layer]) for epoch, layer in keys]

    def _once(self, layer):
        epoch = self.fitted_at[layer]
        return self._compressions[layer], self._source(epoch, layer), epoch, layer

    def _cell(self, epoch, layer, compression):
        seed = np.random.SeedSequence(self.entropy, spawn_key=(epoch, *layer.encode()))
        return Cell(epoch, layer, self.dump.shape(epoch, layer), self._source(epoch, layer), seed, compression)

    def _source(self, epoch, layer):
        """Return what a worker process receives: one array of a dump in memory, or the paths of a dump in files."""
        return {(epoch, layer): self.dump[epoch, layer]} if self.dump.source == "memory" else self.dump

    def _seed(self, layer):
        """Derive one seed for all epochs of a layer, so that epochs differ by their activations alone."""
        return int(np.random.SeedSequence(self.entropy, spawn_key=(*layer.encode(),)).generate_state(1)[0] >> 1)
