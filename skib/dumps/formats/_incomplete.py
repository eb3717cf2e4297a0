"""The warning about values that a dump should contain and does not."""


class IncompleteDumpWarning(UserWarning):
    """Values of a dump were never written: chunks of a zarr array, or a file of the last epoch, which is empty."""
