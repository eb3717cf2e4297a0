#!/usr/bin/env bash
# safetensors 0.8.0 (numpy 2.4.6): save_file of a transposed numpy array keeps the shape and loses the values.
#
# Activations are often transposed before they are saved (units x rows to rows x units), which in numpy is a view of the
# same memory. One would swear that a writer either copies such a view into row order or refuses it: np.save, np.savez,
# h5py and zarr copy. safetensors.numpy.save_file writes the memory as it lies, under the shape of the view: the file
# is valid, loads without a word, has the right shape and the right sorted values, each in the wrong place.
# (0.7.0 copied; reported upstream as safetensors issue 825.) PCA and SVD of scikit-learn and numpy give such arrays.
# numpy.ascontiguousarray before saving is the remedy.
#
# Output seen:
#   saved   [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
#   loaded  [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
#   after np.ascontiguousarray: equal
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 safetensors==0.8.0
cd "$work"
"$work/venv/bin/python" - << 'PYTHON'
import numpy as np
from safetensors.numpy import load_file, save_file

units_by_rows = np.arange(6, dtype=np.float32).reshape(2, 3)
layer = units_by_rows.T
save_file({"layer": layer}, "layer.safetensors")
loaded = load_file("layer.safetensors")["layer"]
print("saved  ", layer.tolist())
print("loaded ", loaded.tolist())
assert loaded.shape == layer.shape
assert loaded.tolist() == [[0, 1], [2, 3], [4, 5]], "changed: the values are no longer those of the memory in its order"

save_file({"layer": np.ascontiguousarray(layer)}, "copied.safetensors")
assert (load_file("copied.safetensors")["layer"] == layer).all()
print("after np.ascontiguousarray: equal")
PYTHON
