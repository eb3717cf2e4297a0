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
    assert "takes about 21 minutes of one core: layers have up to 64 units" in told[0]  # 12 x (2 x 60 - 15 s)
    assert "PCA(8)" in told[0] and "--compress pca:8" in told[0]


@pytest.mark.parametrize(
    ("seconds", "cells", "options"),
    [
        (12, dump(), {}),  # 12 x 24 s: less than five minutes
        (60, dump(width=32), {}),
        (60, dump(), {"compressor": PCA(2)}),
    ],
)
def test_nothing_is_told_of_short_narrow_or_compressed_work(monkeypatch, seconds, cells, options):
    assert not fitted(monkeypatch, seconds, cells, **options)[1]


def test_cells_that_follow_correct_the_first():
    """Cells of 40 and 30 s, of which 15 may be compilation, foresee 275 s in all, and a third one of 60 s 383 s."""
    foresight = Foresight(InformationPlane(), [512] * 10)
    rows = [{"seconds": 35}, {"seconds": 5}]
    foresight.see(rows)
    foresight.see([{"seconds": 30}])  # 55 of 2
    with pytest.warns(CostWarning, match="takes about 6 minutes .* up to 512 units"):
        foresight.see([{"seconds": 60}])  # 115 of 3
