"""The base of decompositions by a measure of redundancy on the lattice of collections of sources."""

import numpy as np

from skib.pid._discrete import Atoms, DiscreteDecomposition
from skib.pid._discrete_lattice import antichains, atom_names, atoms_of


class LatticeDecomposition(DiscreteDecomposition):
    """Base of the measures; a class defines ``_redundancy(cells, groups)`` and ``_slope``, one value for each cell."""

    redundancy_: float
    unique_1_: float
    unique_2_: float
    synergy_: float

    def _atoms(self, cells):
        redundancies, slopes, found = self._redundancies(cells)
        n_sources = cells.n_sources
        local, names = atoms_of(redundancies, n_sources), atom_names(n_sources)
        values = dict(zip(names, (cells.shares @ local).tolist(), strict=True))
        terms = {"redundancy_": values[names[0]]} | {
            f"{name}_": values[name] for name in atom_names(2) if name in values
        }
        columns = {"redundancy": cells.shares @ redundancies}
        return Atoms(names, antichains(n_sources), local, local + atoms_of(slopes, n_sources), columns, found | terms)

    def _redundancies(self, cells):
        """Return the redundancy of every collection for each cell, its slope there, and attributes of the solution.

        The slope is what one more row in a cell changes in the terms of the others, up to a constant.
        """
        collections = antichains(cells.n_sources)
        values = [cells.information(c[0]) if len(c) == 1 else self._redundancy(cells, c) for c in collections]
        slopes = [0 * values[0] if len(c) == 1 else self._slope(cells, c) for c in collections]
        return np.column_stack(values), np.column_stack(slopes), {"gap_": 0.0}

    def _slope(self, cells, groups):
        return np.zeros(len(cells.weights))
