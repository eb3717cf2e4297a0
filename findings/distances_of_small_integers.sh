#!/usr/bin/env bash
# dcor 0.7 and rsatoolbox 0.3.2 (numpy 2.4.6): distances between rows of uint8 are computed modulo 256.
#
# Pixels and quantized activations are uint8 or int8. Both packages measure how alike two representations are, from
# distances between rows, and return floats. One would swear that they convert first, as scikit-learn and scipy do; dcor
# even says that it leaves distances to scipy where a conversion to double loses nothing. Differences, squares and
# products are taken in the dtype of the array and wrap around; nothing is said, and the results look like results.
#
# dcor, rows of 8 numbers from 0 to 255 as uint8 (plain columns are computed in another way): the distance correlation of
# an array and itself plus small noise is little larger than that of two independent arrays, the permutation test finds
# no dependence, and the energy distance of an array and a four times darker one nearly vanishes.
# rsatoolbox, methods "euclidean" (the default) and "mahalanobis", without a descriptor (which averages, in floats): the
# dissimilarities of uint8 are unrelated to the true ones; those of int8 can be negative, though they are mean squares.
# array.astype(float) is the remedy in both.
#
# Output seen:
#   dcor, float  noisy copy 0.988 (p = 0.005), independent 0.307, energy distance of darker 332.5
#   dcor, uint8  noisy copy 0.444 (p = 0.265), independent 0.406, energy distance of darker 1.6
#   rsatoolbox, float        11018.7 14530.8 13765.6 8028.1
#   rsatoolbox, uint8        186.7 178.8 213.6 156.1, rank correlation with the true ones 0.16
#   rsatoolbox, half, float  2746.9 3644.8 3425.2 2009.9
#   rsatoolbox, half, int8   -37.1 -19.2 -30.8 -22.1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check numpy==2.4.6 scipy==1.17.1 \
    dcor==0.7 rsatoolbox==0.3.2
cd "$work"
"$work/venv/bin/python" - << 'PYTHON'
import dcor
import numpy as np
from rsatoolbox.data import Dataset
from rsatoolbox.rdm import calc_rdm
from scipy.stats import spearmanr

rng = np.random.default_rng(0)
pixels = rng.integers(0, 256, (300, 8))
noisy = np.clip(pixels + rng.integers(-20, 21, pixels.shape), 0, 255)
independent = rng.integers(0, 256, pixels.shape)
found = {}
for dtype in ("float", "uint8"):
    x, y, z, darker = (array.astype(dtype) for array in (pixels, noisy, independent, pixels // 4))
    test = dcor.independence.distance_covariance_test(x[:60], y[:60], num_resamples=199, random_state=0)
    copy, other = dcor.distance_correlation(x, y), dcor.distance_correlation(x, z)
    energy = dcor.energy_distance(x, darker)
    print(
        f"dcor, {dtype}  noisy copy {copy:.3f} (p = {test.pvalue:.3f}), independent {other:.3f}, "
        f"energy distance of darker {energy:.1f}"
    )
    found[dtype] = copy, test.pvalue, energy
assert found["float"][0] > 0.95 and found["float"][1] < 0.01 and found["float"][2] > 100
assert found["uint8"][0] < 0.6 and found["uint8"][1] > 0.1 and found["uint8"][2] < 10, "changed: dcor of uint8"

patterns = np.random.default_rng(0).integers(0, 256, (8, 16))


def dissimilarities(array):
    return calc_rdm(Dataset(array)).dissimilarities[0]


def shown(values):
    return " ".join(f"{value:.1f}" for value in values[:4])


true, wrapped = dissimilarities(patterns.astype(float)), dissimilarities(patterns.astype(np.uint8))
correlation = spearmanr(true, wrapped).statistic
print("rsatoolbox, float       ", shown(true))
print("rsatoolbox, uint8       ", shown(wrapped) + f", rank correlation with the true ones {correlation:.2f}")
half, negative = dissimilarities((patterns // 2).astype(float)), dissimilarities((patterns // 2).astype(np.int8))
print("rsatoolbox, half, float ", shown(half))
print("rsatoolbox, half, int8  ", shown(negative))
assert true.min() > 5000 and wrapped.max() < 256 and correlation < 0.5, "changed: rsatoolbox of uint8"
assert half.min() > 1000 and negative.min() < 0, "changed: rsatoolbox of int8"
PYTHON
