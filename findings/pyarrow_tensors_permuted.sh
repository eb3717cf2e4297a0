#!/usr/bin/env bash
# pyarrow 26.0.1 (numpy 2.4.6): a column of transposed tensors is read back with other values.
#
# The extension type fixed_shape_tensor keeps the activations of a layer, one tensor a row, and has a permutation for axes
# that lie in another order in memory. One would swear that what FixedShapeTensorArray.from_numpy_ndarray took, without a
# copy, from a transposed view comes back: by to_numpy_ndarray for all rows, and by to_numpy for one row of the column.
#
# (a) Rows of channels x positions, a view of positions x channels: to_numpy_ndarray is right, to_numpy of a row is not.
#     Its strides are wrong, so that some values stand there twice and the last ones are lost. (With more positions than
#     channels, an error is raised.)
# (b) Channels first, a view of channels last (x, y, channel): to_numpy_ndarray is wrong, too. The permutation that is
#     stored is [1, 2, 0]; the format's own rule, "axis i of the view is axis permutation[i] in memory", asks for
#     [2, 0, 1]. With axes of equal size the shape is as it was and nothing is said; else the shape changes, or an error
#     is raised.
#
# Every value read is one of the tensor, in another place: an estimate is of other variables, and looks like one.
# np.ascontiguousarray before from_numpy_ndarray is the remedy.
#
# Output seen:
#   (a) given            [[0, 3], [1, 4], [2, 5]]
#       to_numpy_ndarray [[0, 3], [1, 4], [2, 5]]
#       to_numpy of row  [[0, 2], [1, 3], [2, 4]]
#   (b) given            [[[0, 2], [4, 6]], [[1, 3], [5, 7]]]
#       to_numpy_ndarray [[[0, 4], [1, 5]], [[2, 6], [3, 7]]] of permutation [1, 2, 0]
#   after np.ascontiguousarray: equal
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 pyarrow==26.0.1
cd "$work"
"$work/venv/bin/python" - << 'PYTHON'
import numpy as np
import pyarrow as pa

tensors = pa.FixedShapeTensorArray.from_numpy_ndarray


def shown(array):
    return array.astype(int).tolist()


given = np.arange(12, dtype=np.float32).reshape(2, 2, 3).transpose(0, 2, 1)  # rows, channels, positions
table = pa.table({"layer": tensors(given)})
whole = table["layer"].combine_chunks().to_numpy_ndarray()
row = table["layer"][0].to_numpy()
print("(a) given           ", shown(given[0]))
print("    to_numpy_ndarray", shown(whole[0]))
print("    to_numpy of row ", shown(row))
assert np.array_equal(whole, given), "changed: all rows of a transposed matrix"
assert shown(row) == [[0, 2], [1, 3], [2, 4]], "changed: one row of a transposed matrix"

first = np.arange(16, dtype=np.float32).reshape(2, 2, 2, 2).transpose(0, 3, 1, 2)  # rows, channels, x, y
column = tensors(first)
read = column.to_numpy_ndarray()
print("(b) given           ", shown(first[0]))
print("    to_numpy_ndarray", shown(read[0]), "of permutation", column.type.permutation)
assert read.shape == first.shape
assert shown(read[0]) == [[[0, 4], [1, 5]], [[2, 6], [3, 7]]], "changed: channels first from channels last"
assert column.type.permutation == [1, 2, 0], "changed: the permutation that is stored"

for array in (given, first):
    column = tensors(np.ascontiguousarray(array))
    assert np.array_equal(column.to_numpy_ndarray(), array)
    assert np.array_equal(column[0].to_numpy(), array[0])
print("after np.ascontiguousarray: equal")
PYTHON
