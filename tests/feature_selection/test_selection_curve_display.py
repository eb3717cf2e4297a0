import pickle

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.feature_selection import SelectKBest

from skib import in_bits
from skib.feature_selection import SelectionCurveDisplay, selection_curve


@pytest.fixture(scope="module")
def curve():
    return selection_curve({"F": SelectKBest()}, *load_wine(return_X_y=True), n_permutations=0, random_state=0)


@pytest.mark.parametrize("units", ["nats", "bits"])
def test_lines_are_the_rows_of_the_table(curve, units):
    plt = pytest.importorskip("matplotlib.pyplot")
    scale = {"nats": 1.0, "bits": in_bits(1.0)}[units]
    display = SelectionCurveDisplay.from_results(curve).plot(units=units)
    groups = curve.table.groupby(["selector", "part"], sort=False)
    for line, (_, rows) in zip(display.ax_.lines, groups, strict=False):
        np.testing.assert_allclose(line.get_ydata(), scale * rows["value"])
        np.testing.assert_allclose(line.get_xdata(), rows["n_features"])
    np.testing.assert_allclose(display.ax_.lines[4].get_ydata(), scale * curve.total.value)
    names = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert names == ["F", "random order", "all columns", "all but the first k"]
    assert units in display.ax_.get_ylabel()
    assert display.ax_.get_xscale() == "log"
    plt.close(display.figure_)


def test_given_axes_are_used(curve):
    plt = pytest.importorskip("matplotlib.pyplot")
    figure, ax = plt.subplots()
    display = pickle.loads(pickle.dumps(SelectionCurveDisplay.from_results(curve)))
    assert display.plot(ax).ax_ is ax
    plt.close(figure)


def test_what_is_no_curve_is_refused():
    with pytest.raises(TypeError, match="int is no SelectionCurve"):
        SelectionCurveDisplay.from_results(3)
