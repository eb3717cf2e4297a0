"""Measure the dumps of ``dump_convnet.py`` and write the table of the gallery (needs skib, not torch).

Run ``python examples/torch/measure_convnet.py FOLDER`` with the folder that the dumps are in: ten seconds.
"""

import sys
from pathlib import Path

import pandas as pd
from sklearn.decomposition import PCA

from skib.dumps import open_dump
from skib.entropy import KolchinskyTracey
from skib.information_plane import InformationPlane
from skib.mutual_info import ChainRule, Ross

TABLE = Path(__file__).with_name("convnet_plane.csv")
DRAWN = (
    "epoch layer quantity estimator compressor mutual_info ci_low ci_high null_mean null_std pvalue saturated "
    "n_samples n_units"
).split()


def measure(folder):
    """Every number of a feature map is a unit; eight principal components of them, of unit variance, are measured."""
    plane = InformationPlane(
        Ross(marginals=None),
        input_estimator=ChainRule(KolchinskyTracey(0.25, bound="lower")),
        compressor=PCA(8, whiten=True),
        n_permutations=30,
        random_state=0,
    )
    return plane.fit(open_dump(folder, reduce="flatten"))


if __name__ == "__main__":
    planes = {run: measure(Path(sys.argv[1]) / run) for run in ("labels", "shuffled")}
    for run, plane in planes.items():
        print(f"{run}: {plane.significance()['significant'].sum()} of {len(plane.results_) // 2} cells significant")
        corrected = plane.significance().pivot(index="epoch", columns="layer", values="corrected")
        print(corrected.round(2).to_string())
    results = pd.concat({run: plane.results_[DRAWN] for run, plane in planes.items()}, names=["run"])
    results.droplevel(1).to_csv(TABLE, float_format="%.4g")
