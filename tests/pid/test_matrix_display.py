"""The heat maps of all pairs: what is drawn, in which order, and which pairs are framed."""

import numpy as np
import pandas as pd
import pytest

from skib.pid import PIDMatrixDisplay, pid_matrix

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def matrix():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.random((1000, 4)) < 0.5, columns=["a", "b", "c", "d"])
    frame["copy"] = frame["b"]
    y = (frame["a"] ^ frame["d"]).astype(int) + 2 * frame["b"]
    return pid_matrix(frame, y, n_permutations=199, random_state=0)


@pytest.fixture(autouse=True)
def _closed():
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


def framed(display):
    """Return the pairs that a frame surrounds."""
    corners = [patch.get_xy() for patch in display.axes_[0].patches]
    return {frozenset(display.order_[round(place)] for place in corner) for corner in corners}


def test_synergistic_pairs_are_adjacent_and_framed(matrix):
    display = PIDMatrixDisplay.from_matrix(matrix).plot(units="bits")
    assert framed(display) == {frozenset("ad")}
    assert abs(display.order_.index("a") - display.order_.index("d")) == 1
    synergy, redundancy = (ax.images[0].get_array() for ax in display.axes_)
    i, j = (display.order_.index(name) for name in "ad")
    assert np.isclose(synergy[i, j], matrix.matrix("synergy").at["a", "d"] / np.log(2), rtol=1e-12)
    i, j = (display.order_.index(name) for name in ("b", "copy"))
    assert np.isclose(redundancy[i, j], matrix.matrix("redundancy").at["b", "copy"] / np.log(2), rtol=1e-12)


def test_dots_mark_significant_terms(matrix):
    display = PIDMatrixDisplay.from_matrix(matrix).plot()
    dots = [ax.collections[0].get_offsets() for ax in display.axes_]
    assert len(dots[0]) >= 2
    pairs = {frozenset(display.order_[round(place)] for place in (x - 0.3, y + 0.3)) for x, y in dots[1]}
    assert frozenset(["b", "copy"]) in pairs


def test_order_of_the_frame_and_given_axes(matrix):
    import matplotlib.pyplot as plt

    axes = plt.subplots(1, 2)[1]
    display = PIDMatrixDisplay.from_matrix(matrix).plot(axes, order=None)
    assert display.order_ == ["a", "b", "c", "d", "copy"]
    assert display.axes_[0] is axes[0]


def test_many_columns_without_tests_are_drawn():
    rng = np.random.default_rng(1)
    display = PIDMatrixDisplay.from_frame(rng.normal(size=(300, 60)), rng.integers(0, 2, 300), n_bins=2).plot()
    assert len(display.axes_[0].get_xticks()) < 60


def test_long_names_keep_their_ends():
    rng = np.random.default_rng(0)
    names = [f"a long name of a column, number {j}" for j in range(3)]
    display = PIDMatrixDisplay.from_frame(pd.DataFrame(rng.normal(size=(200, 3)), columns=names), np.tile([0, 1], 100))
    texts = [label.get_text() for label in display.plot().axes_[0].get_yticklabels()]
    assert sorted(texts) == [f"a long name o…, number {j}" for j in range(3)]


def test_refusals(matrix):
    display = PIDMatrixDisplay.from_matrix(matrix)
    with pytest.raises(TypeError, match="PIDMatrix"):
        PIDMatrixDisplay.from_matrix(matrix.pairs)
    with pytest.raises(ValueError, match="unit"):
        display.plot(units="bytes")
    with pytest.raises(ValueError, match="order"):
        display.plot(order="alphabet")
