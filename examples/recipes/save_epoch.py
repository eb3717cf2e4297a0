"""The function with which the recipes of this folder write a dump, and the plane of what they wrote."""

from pathlib import Path

import numpy as np


def save_epoch(folder, epoch, layers, y, ids):
    folder = Path(folder) / f"epoch_{epoch:05d}"
    folder.mkdir(parents=True)
    for name, values in {**layers, "y": y, "ids": ids}.items():
        np.save(folder / f"{name}.npy", values)


def draw_plane(dump, picture):
    """Measure eight principal components of every layer, of unit variance (for I(X;T) with noise), and draw them."""
    from sklearn.decomposition import PCA

    from skib.entropy import KolchinskyTracey
    from skib.information_plane import InformationPlane, InformationPlaneDisplay
    from skib.mutual_info import ChainRule, Ross

    plane = InformationPlane(
        Ross(marginals=None),
        input_estimator=ChainRule(KolchinskyTracey(0.25, bound="lower")),
        compressor=PCA(8, whiten=True, random_state=0),
        random_state=0,
    ).fit(dump)
    about_y = plane.results_[plane.results_["quantity"] == "I(T;Y)"]
    table = about_y.pivot(index="epoch", columns="layer", values="mutual_info")[list(dump.layers)]
    print(f"{dump}\nI(T;Y) in nats\n{table.round(2).to_string()}")
    figure = InformationPlaneDisplay.from_estimator(plane).plot(kind="epochs").figure_
    figure.set_size_inches(7.5, 4.5)
    figure.savefig(picture, dpi=80, bbox_inches="tight")
