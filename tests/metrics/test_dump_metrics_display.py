"""Panels of the measures of a dump."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from skib.metrics import DumpMetricsDisplay


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture
def table():
    cells = [(epoch, layer) for epoch in (0, 1, 10) for layer in ("fc1", "fc2")]
    rows = [
        {"epoch": e, "layer": layer, "quantity": q, "value": i + k, "std_error": 0.1, "null": 0.0, "ceiling": c}
        for i, (e, layer) in enumerate(cells)
        for k, (q, c) in enumerate([("nc1", np.nan), ("cka(T, y)", 7.5)])
    ]
    return pd.DataFrame(rows)


def test_a_line_per_layer_and_a_panel_per_quantity(table):
    display = DumpMetricsDisplay(table).plot()
    assert list(display.axes_) == ["nc1", "cka(T, y)"]
    ax = display.axes_["nc1"]
    drawn = {line.get_label(): line for line in ax.containers}
    assert set(drawn) == {"fc1", "fc2"}
    np.testing.assert_array_equal(drawn["fc1"].lines[0].get_xydata(), [[0, 0], [1, 2], [10, 4]])
    assert ax.get_xscale() == "symlog"
    assert [text.get_text() for text in display.figure_.legends[0].get_texts()] == ["fc1", "fc2"]


def test_one_epoch_is_drawn_over_the_layers(table):
    ax = DumpMetricsDisplay(table[table["epoch"] == 10]).plot(["nc1"]).axes_["nc1"]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["fc1", "fc2"]
    np.testing.assert_array_equal(ax.containers[0].lines[0].get_ydata(), [4, 5])


def test_points_at_one_epoch_are_inside_of_every_panel(table):
    rows = table[(table["epoch"] == 10) & ((table["quantity"] != "nc1") | (table["layer"] == "fc2"))]
    for ax in DumpMetricsDisplay(rows).plot().axes_.values():
        assert ax.get_xlim() == (-0.5, 1.5)


def test_values_of_several_decades_have_a_logarithmic_axis(table):
    values = table["value"].where(table["quantity"] != "nc1", [100.0, 0, 50, 0, 10, 0, 1, 0, 0.3, 0, 0.1, 0])
    errors = table["std_error"].where(values != 100, 800)  # twice that is far below 0
    axes = DumpMetricsDisplay(table.assign(value=values, std_error=errors, null=5000.0)).plot().axes_
    assert (axes["nc1"].get_yscale(), axes["cka(T, y)"].get_yscale()) == ("log", "linear")
    low, high = axes["nc1"].get_ylim()
    assert 0.01 < low < 0.1 and 5000 < high < 20_000


def test_the_ceiling_is_drawn_where_it_is_near(table):
    display = DumpMetricsDisplay(table).plot()
    dashed = [line.get_ydata()[0] for line in display.axes_["cka(T, y)"].get_lines() if len(set(line.get_ydata())) == 1]
    assert 7.5 in dashed


@pytest.mark.parametrize(("null", "shown"), [(-2.0, True), (700.0, False)])
def test_a_null_that_is_far_off_does_not_squeeze_the_values(table, null, shown):
    low, high = DumpMetricsDisplay(table.assign(null=null)).plot(["nc1"]).axes_["nc1"].get_ylim()
    assert (low < null < high) == shown
    assert low < 0 and 5 < high < 10


def test_into_a_figure_of_the_user(table):
    figure = Figure()
    assert DumpMetricsDisplay(table).plot(figure=figure).figure_ is figure


@pytest.mark.parametrize(
    ("change", "quantities", "message"),
    [
        (lambda t: t.drop(columns="null"), None, "lacks the columns"),
        (lambda t: t, ["nc9"], "no value of 'nc9' is in the table; it has nc1"),
        (lambda t: t.assign(value=np.nan), None, "no value to draw"),
    ],
)
def test_tables_without_values_are_refused(table, change, quantities, message):
    with pytest.raises(ValueError, match=message):
        DumpMetricsDisplay(change(table)).plot(quantities)
