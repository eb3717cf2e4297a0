"""MutualInfoMatrixDisplay: draws what the matrix holds, and nothing else."""

import dataclasses

import matplotlib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skib import SaturatedEstimateWarning, UnreliableEstimateWarning, in_bits
from skib.mutual_info import MutualInfoMatrix, MutualInfoMatrixDisplay, mutual_info_matrix

matplotlib.use("Agg")
import matplotlib.pyplot as plt

NAMES = ["x", "noise", "y", "z"]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def square(values, names=NAMES):
    return pd.DataFrame(values, names, names)


@pytest.fixture
def matrix():
    """Two that inform about each other, one beside them, and noise."""
    info = np.array(
        [[np.nan, -0.01, 0.8, 0.2], [-0.01, 0.69, 0.0, 0.01], [0.8, 0.0, np.nan, 0.2], [0.2, 0.01, 0.2, 1.1]]
    )
    p = np.array([[0, 0.7, 0.001, 0.02], [0.7, 0, 0.5, 0.045], [0.001, 0.5, 0, 0.02], [0.02, 0.045, 0.02, 0]])
    kinds = pd.Series(["continuous", "discrete", "continuous", "discrete"], NAMES)
    return MutualInfoMatrix(square(info), square(np.full((4, 4), 0.01)), square(p), kinds, 100)


def drawn(display):
    return display.ax_.images[0].get_array().filled(np.nan)


def marks(display):
    return {tuple(np.round(xy).astype(int)) for xy in display.ax_.collections[-1].get_offsets()}


@pytest.mark.parametrize(("units", "scale"), [("nats", 1.0), ("bits", in_bits(1.0))])
def test_cells_hold_the_information_off_the_diagonal(matrix, units, scale):
    display = MutualInfoMatrixDisplay.from_matrix(matrix).plot(units=units, order=None)
    expected = scale * matrix.mutual_info.to_numpy()
    np.fill_diagonal(expected, np.nan)
    assert_allclose(drawn(display), expected)
    assert display.order_ == NAMES
    assert display.ax_.images[0].norm.vmax == pytest.approx(0.8 * scale)
    bar = display.figure_.axes[-1]
    assert units in bar.get_ylabel()
    texts = {(round(t.get_position()[1]), round(t.get_position()[0])): t.get_text() for t in display.ax_.texts}
    assert texts[0, 2] == f"{0.8 * scale:.2f}" and texts[3, 3] == f"{1.1 * scale:.2f}" and (0, 0) not in texts


def test_clusters_stand_together(matrix):
    display = MutualInfoMatrixDisplay.from_matrix(matrix).plot()
    assert sorted(display.order_) == sorted(NAMES)
    place = {name: i for i, name in enumerate(display.order_)}
    assert abs(place["x"] - place["y"]) == 1 and place["noise"] in (0, 3)
    expected = matrix.mutual_info.loc[display.order_, display.order_].to_numpy().copy()
    np.fill_diagonal(expected, np.nan)
    assert_array_equal(drawn(display), expected)
    assert [t.get_text() for t in display.ax_.get_yticklabels()] == display.order_


def test_dots_mark_pairs_that_survive_the_correction(matrix):
    display = MutualInfoMatrixDisplay.from_matrix(matrix).plot(order=None)
    # Corrected (Benjamini-Hochberg, six pairs): 0.006, 0.04, 0.04, 0.0675, 0.6, 0.7.
    assert marks(display) == {(0, 2), (2, 0), (0, 3), (3, 0), (2, 3), (3, 2)}
    assert marks(MutualInfoMatrixDisplay(matrix).plot(order=None, alpha=0.01)) == {(0, 2), (2, 0)}
    assert "0.01" in plt.gcf().axes[0].get_title(loc="left")


def test_without_p_values_nothing_is_marked(matrix):
    matrix = MutualInfoMatrix(matrix.mutual_info, matrix.std_error, None, matrix.kinds, 100)
    assert MutualInfoMatrixDisplay(matrix).plot().ax_.get_title(loc="left") == ""


def with_saturated(matrix, *pairs):
    saturated = np.zeros((4, 4), bool)
    for i, j in pairs:
        saturated[i, j] = saturated[j, i] = True
    return dataclasses.replace(matrix, saturated=square(saturated))


def test_rings_mark_saturated_pairs_which_do_not_set_the_colors(matrix):
    display = MutualInfoMatrixDisplay(with_saturated(matrix, (0, 2), (1, 3))).plot(order=None)
    rings, _ = display.ax_.collections[-2:]
    assert {tuple(np.round(xy).astype(int)) for xy in rings.get_offsets()} == {(0, 2), (2, 0), (1, 3), (3, 1)}
    assert not len(rings.get_facecolors())
    assert display.ax_.images[0].norm.vmax == pytest.approx(0.2)  # 0.8 is saturated
    assert "ring: saturated" in display.ax_.get_title(loc="left")
    assert "ring" not in MutualInfoMatrixDisplay(with_saturated(matrix)).plot().ax_.get_title(loc="left")


def test_colors_follow_the_largest_if_all_pairs_are_saturated(matrix):
    every = [(i, j) for i in range(4) for j in range(i)]
    assert MutualInfoMatrixDisplay(with_saturated(matrix, *every)).plot().ax_.images[0].norm.vmax == pytest.approx(0.8)


def test_pairs_that_are_not_significant_are_pale(matrix):
    veil = MutualInfoMatrixDisplay.from_matrix(matrix).plot(order=None).ax_.images[1].get_array()[:, :, 3]
    assert {tuple(cell) for cell in np.argwhere(veil)} == {(0, 1), (1, 0), (1, 2), (2, 1), (1, 3), (3, 1)}
    untested = dataclasses.replace(matrix, pvalue=None)
    assert len(MutualInfoMatrixDisplay(untested).plot().ax_.images) == 1


def test_saturated_pairs_come_from_the_estimates():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=50), "b": rng.normal(size=50), "id": [f"c{i}" for i in range(50)]})
    frame = frame.assign(copy=frame["a"], town=rng.choice(["Oslo", "Bergen"], 50))
    with (
        pytest.warns(UnreliableEstimateWarning, match="'id' has 50 classes of few rows"),
        pytest.warns(
            SaturatedEstimateWarning, match=r"saturated, most of them with .* \('a' and 'copy', 'id' and 'town'"
        ),
    ):
        matrix = mutual_info_matrix(frame)
    assert matrix.saturated.loc["a", "copy"] and matrix.saturated.loc["id", "town"]
    assert not matrix.saturated.loc["a", "b"] and not np.diag(matrix.saturated).any()
    assert_array_equal(matrix.saturated, matrix.saturated.T)


def test_from_frame_estimates():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(50, 3)), columns=list("abc"))
    display = MutualInfoMatrixDisplay.from_frame(frame, n_permutations=9, random_state=0)
    expected = mutual_info_matrix(frame, n_permutations=9, random_state=0)
    assert_array_equal(display.matrix.mutual_info, expected.mutual_info)
    assert_array_equal(display.matrix.pvalue, expected.pvalue)
    assert display.plot() is display


def test_draws_into_given_axes(matrix):
    figure, axes = plt.subplots(1, 2)
    display = MutualInfoMatrixDisplay(matrix).plot(ax=axes[1])
    assert display.ax_ is axes[1] and display.figure_ is figure


@pytest.mark.parametrize("n_columns", [1, 2, 40, 150])
def test_labels_do_not_overlap(n_columns):
    names = [f"a long name of column {j}" for j in range(n_columns)]
    rng = np.random.default_rng(0)
    info = rng.random((n_columns, n_columns)) / 10
    info = square(info + info.T, names)
    matrix = MutualInfoMatrix(info, info, square(np.full(info.shape, 0.5), names), pd.Series("discrete", names), 9)
    display = MutualInfoMatrixDisplay(matrix).plot()
    display.figure_.canvas.draw()
    canvas = display.figure_.bbox
    boxes = [label.get_window_extent() for label in display.ax_.get_yticklabels()]
    assert all(upper.y0 >= lower.y1 - 1 for upper, lower in zip(boxes[:-1], boxes[1:], strict=True))
    assert all(box.x0 >= canvas.x0 - 1 and box.y1 <= canvas.y1 for box in boxes)
    assert bool(display.ax_.texts) == (n_columns <= 12)


def test_names_are_drawn_as_they_are(tmp_path):
    names = ["$x^$", "price $ and cost $", r"$\frac$", r"a\$b", "$", "_x", "%d {}"]
    info = square(np.full((7, 7), 0.1), names)
    display = MutualInfoMatrixDisplay(MutualInfoMatrix(info, info, None, pd.Series("discrete", names), 9)).plot()
    display.figure_.savefig(tmp_path / "matrix.svg", metadata={"Date": None})
    drawn = (tmp_path / "matrix.svg").read_text()
    assert all(drawn.count(f"<!-- {name} -->") == 2 for name in names)
    assert set(display.order_) == set(names)


@pytest.mark.parametrize("argument", [{"order": "size"}, {"units": "bans"}])
def test_unknown_choices_are_refused(matrix, argument):
    (name,) = argument
    with pytest.raises(ValueError, match=f"{name} must be one of"):
        MutualInfoMatrixDisplay(matrix).plot(**argument)


def test_a_bare_frame_is_no_matrix(matrix):
    with pytest.raises(TypeError, match="from_frame"):
        MutualInfoMatrixDisplay.from_matrix(matrix.mutual_info)
