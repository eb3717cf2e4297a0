"""A .nc file of netCDF 4: HDF5, in which the axes of arrays are arrays as well."""

from skib.dumps.formats._hdf5 import hdf5_members
from skib.dumps.formats._headers import errors_at

_OLDER = b"CDF"
# Arrays that may be axes of themselves, as the ids are of the samples.
_PER_SAMPLE = ("y", "ids", "label", "labels", "target", "targets")


def netcdf_members(path, max_bytes):
    """Map the names of the variables of a .nc file to them; axes are left out, but for those of the samples."""
    with open(path, "rb") as stream, errors_at(path):
        if stream.read(len(_OLDER)) == _OLDER:
            raise ValueError(
                "netCDF 3, which is not HDF5: convert it by nccopy -k netCDF-4, or read it by scipy.io.netcdf_file and "
                "pass a mapping {epoch: {layer: array}}"
            )
    return hdf5_members(path, max_bytes, leave_out=_is_axis)


def _is_axis(name, dataset):
    return dataset.attrs.get("CLASS") == b"DIMENSION_SCALE" and name.rpartition("/")[2] not in _PER_SAMPLE
