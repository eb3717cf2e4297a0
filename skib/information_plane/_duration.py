"""The time that a plane of wide layers takes, foreseen from its first cells."""

from skib._cost import warn_of_duration

# Up to so many units a compressor does not make estimates much faster.
_WIDE = 32
# In the first cell loops may be compiled.
_SECONDS_COMPILING = 15


class Foresight:
    """Warn, once, of a plane of wide layers that will take longer than five minutes.

    Parameters
    ----------
    plane : InformationPlane
        The plane that is being fitted.
    widths : list of int
        Numbers of units of the cells that are to be measured.
    """

    def __init__(self, plane, widths):
        self.plane, self.n_cells = plane, len(widths)
        self.width = max(widths, default=0)
        self.n_seen, self.seconds = 0, -_SECONDS_COMPILING
        self.told = self.width <= _WIDE or plane.compressor is not None

    def see(self, rows):
        """Take the rows of a cell that is finished; the others are expected to take as long as those seen."""
        self.n_seen += 1
        self.seconds += sum(row["seconds"] for row in rows)
        if self.told:
            return
        remedy = (
            f"layers have up to {self.width} units, with which the time of nearest neighbors grows; a compressor such "
            "as PCA(8), on the command line --compress pca:8, makes them narrow, and fewer permutations take less time"
        )
        self.told = warn_of_duration(self.plane, self.seconds / self.n_seen * self.n_cells, remedy)
