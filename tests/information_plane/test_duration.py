"""A plane of wide layers that takes long says so after its first cell."""

import warnings
from itertools import count

import numpy as np
import pytest
from sklearn.decomposition import PCA

from skib import CostWarning
from skib.information_plane import InformationPlane
from skib.information_plane._duration import Foresight
from skib.mutual_info import Binned

ROWS = np.random.default_rng(0).normal(size=(60, 64))
Y = np.arange(60) % 2


def dump(width=64, n_epochs=6):
    return {epoch: {"wide": ROWS[:, :width], "head": ROWS[:, :2]} for epoch in range(n_epochs)} | {"ids": range(60)}


def fitted(monkeypatch, seconds, dump, **options):
    """Fit a plane to whose clock every look, of which a cell has three, is so many seconds after the one before."""
    clock = count(0, seconds)
    monkeypatch.setattr("skib.information_plane._cell.perf_counter", lambda: next(clock))
    plane = InformationPlane(Binned(3), n_permutations=0, random_state=0, **options)
    with warnings.catch_warnings(record=True) as issued:
        warnings.simplefilter("always")
        plane.fit(dump, Y)
    return plane, [str(record.message) for record in issued if record.category is CostWarning]


def test_the_time_of_wide_layers_is_told_once_with_the_remedy(monkeypatch):
    _, told = fitted(monkeypatch, 60, dump())
    assert len(told) == 1
    assert "takes about 10 minutes of one core: layers have up to 64 units" in told[0]  # 6 x (2 x 60 - 15 s)
    assert "PCA(8)" in told[0] and "--compress pca:8" in told[0]


@pytest.mark.parametrize(
    ("seconds", "cells", "options"),
    [
        (30, dump(), {}),  # 6 x 45 s: less than five minutes
        (60, dump(width=32), {}),
        (60, dump(), {"compressor": PCA(2)}),
    ],
)
def test_nothing_is_told_of_short_narrow_or_compressed_work(monkeypatch, seconds, cells, options):
    assert not fitted(monkeypatch, seconds, cells, **options)[1]


def test_time_grows_with_the_number_of_units():
    foresight = Foresight(InformationPlane(), [64, 512, 1024, 10])
    with pytest.warns(CostWarning, match="about 38 minutes .* up to 1024 units"):  # 90 s x (64 + 512 + 1024) / 64
        foresight.see([{"n_units": 64, "seconds": 100}, {"n_units": 64, "seconds": 5}])
