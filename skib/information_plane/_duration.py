"""The time that a plane of wide layers takes, foreseen from its first cells."""

from skib._cost import warn_of_duration

# Estimates of narrower layers take a time that hardly depends on the number of units.
_WIDE = 32
# Of the first cell, in which loops may be compiled.
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
        self.plane = plane
        self.widths = [width for width in widths if width > _WIDE] if plane.compressor is None else []

    def see(self, rows):
        """Take the rows of a cell that is finished; the time of the others grows with the number of units."""
        width, seconds = rows[0]["n_units"], sum(row["seconds"] for row in rows) - _SECONDS_COMPILING
        if width not in self.widths:
            return
        remedy = (
            f"layers have up to {max(self.widths)} units; a compressor such as PCA(8), on the command line --compress "
            "pca:8, makes them narrow, and fewer permutations take less time"
        )
        total = seconds * sum(self.widths) / width
        if warn_of_duration(self.plane, total, remedy):
            self.widths = []
