"""InformationPlaneDisplay: stores, draws, computes nothing."""

import matplotlib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import NotFittedError

from skib import in_bits
from skib.information_plane import InformationPlane, InformationPlaneDisplay, training_phases

matplotlib.use("Agg")
import matplotlib.pyplot as plt

LAYERS, EPOCHS, N = ["fc1", "fc2", "fc10"], [0, 1, 10, 100], 500
ENTROPY = np.log(10)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture
def results():
    """A table as InformationPlane makes it, without estimating anything."""
    cells = pd.MultiIndex.from_product([EPOCHS, LAYERS, ["I(T;Y)", "I(X;T)"]], names=["epoch", "layer", "quantity"])
    table = cells.to_frame(index=False)
    about_y, depth = table["quantity"] == "I(T;Y)", table["layer"].map(LAYERS.index)
    value = np.where(about_y, 0.3 + 0.4 * np.log1p(table["epoch"]) / 3, 6 - depth)
    estimator = np.where(about_y, "Ross()", "Binned(n_bins=30)")
    table = table.assign(
        estimator=estimator, mutual_info=value, std_error=0.05, ci_low=value - 0.1, ci_high=value + 0.1
    )
    table = table.assign(null_mean=np.where(about_y, 0.2, value), null_std=np.where(about_y, 0.03, 0.0))
    return table.assign(saturated=~about_y & (depth == 0), n_samples=N, status="ok")


def drawn_points(display):
    """Offsets of the scattered points of every layer, (n_layers, n_epochs, 2)."""
    offsets = [c.get_offsets() for c in display.ax_.collections if type(c).__name__ == "PathCollection"]
    return np.array([o for o in offsets if len(o) == len(EPOCHS)])


def labels(ax):
    """Entries of the legend, which is that of the figure unless the axes are those of the user."""
    (legend,) = ax.figure.legends or [ax.get_legend()]
    return [text.get_text() for text in legend.get_texts()]


def test_constructor_stores_what_it_gets():
    table = object()
    display = InformationPlaneDisplay(table, 1.0, 7)
    stored = {"results": table, "target_entropy": 1.0, "n_samples": 7, "curve": None, "runs": None}
    assert vars(display) == stored


def test_from_estimator_and_from_results_agree():
    y = np.arange(60) % 2
    x = np.random.default_rng(0).normal(size=(60, 2))
    with pytest.raises(NotFittedError):
        InformationPlaneDisplay.from_estimator(InformationPlane())
    plane = InformationPlane(n_permutations=2, random_state=0).fit(x, y)
    display = InformationPlaneDisplay.from_estimator(plane)
    other = InformationPlaneDisplay.from_results(plane.results_, target_entropy=plane.target_entropy_)
    assert vars(display) == vars(other)
    assert display.plot() is display


@pytest.mark.parametrize(("units", "scale"), [("nats", 1.0), ("bits", in_bits(1.0))])
@pytest.mark.parametrize(("corrected", "shift"), [(True, 0.2), (False, 0.0)])
def test_plane_shows_every_cell(results, units, scale, corrected, shift):
    display = InformationPlaneDisplay.from_results(results, target_entropy=ENTROPY)
    display.plot(units=units, corrected=corrected)
    x, y = (
        results.loc[results["quantity"] == name, "mutual_info"].to_numpy().reshape(len(EPOCHS), -1)
        for name in ("I(X;T)", "I(T;Y)")
    )
    expected = scale * np.stack([x, y - shift], axis=2)
    found = {tuple(point) for layer in drawn_points(display) for point in np.round(layer, 9)}
    assert found == {tuple(point) for point in np.round(expected.reshape(-1, 2), 9)}
    assert display.ax_.get_xlabel() == f"I(X;T) [{units}], Binned"
    assert ("null mean" in display.ax_.get_ylabel()) == corrected


def test_plane_draws_ceilings_null_and_legend(results):
    display = InformationPlaneDisplay.from_results(results, target_entropy=ENTROPY).plot()
    texts = {text.get_text(): text.xy for text in display.ax_.texts}
    assert_allclose([texts["H(Y)"][1], texts["log n"][0]], [ENTROPY, np.log(N)])
    assert labels(display.ax_) == [*LAYERS, "hollow: saturated", r"null of I(T;Y), $\pm$2 SD"]
    null = next(c for c in display.ax_.collections if "null" in c.get_label())
    assert_allclose([segment[:, 1] for segment in null.get_segments()], np.tile([-0.06, 0.06], (12, 1)), atol=1e-12)


def test_saturated_points_are_hollow(results):
    ax = InformationPlaneDisplay.from_results(results).plot().ax_
    points = [c for c in ax.collections if type(c).__name__ == "PathCollection" and len(c.get_offsets()) == len(EPOCHS)]
    hollow = {c.get_offsets()[0, 0]: bool((c.get_facecolors()[:, :3] == 1).all()) for c in points}
    assert hollow == {6.0: True, 5.0: False, 4.0: False}


def test_epochs_show_a_line_per_layer(results):
    display = InformationPlaneDisplay.from_results(results, target_entropy=ENTROPY).plot("epochs")
    top, bottom = display.axes_
    for ax, first in ((top, 0.1), (bottom, 6.0)):
        lines = {line.get_label(): line for line in ax.get_lines()}
        assert set(LAYERS) <= set(lines)
        assert_allclose(lines["fc1"].get_xdata(), EPOCHS)
        assert_allclose(lines["fc1"].get_ydata()[0], first)
    assert labels(top)[:3] == LAYERS
    assert [tick.get_text() for tick in bottom.get_xticklabels()] == ["0", "1", "10", "100"]
    assert display.ax_ is top and display.figure_ is top.figure


def test_draws_into_given_axes(results):
    display = InformationPlaneDisplay.from_results(results)
    figure, axes = plt.subplots(3, 1)
    assert display.plot(ax=axes[0]).ax_ is axes[0]
    assert display.plot("epochs", ax=axes[1:]).axes_ == tuple(axes[1:])
    assert display.figure_ is figure


def test_leaves_out_failed_cells_and_raises_if_nothing_is_left(results):
    failed = results["layer"] == "fc10"
    results.loc[failed, ["mutual_info", "ci_low", "ci_high", "null_mean", "null_std"]] = np.nan
    display = InformationPlaneDisplay.from_results(results).plot()
    assert labels(display.ax_)[:2] == ["fc1", "fc2"] and len(drawn_points(display)) == 2
    with pytest.raises(ValueError, match="no cell with both"):
        InformationPlaneDisplay.from_results(results[failed]).plot()


def test_without_null_nothing_is_corrected(results):
    display = InformationPlaneDisplay.from_results(results.assign(null_mean=np.nan, null_std=np.nan)).plot()
    assert display.ax_.get_ylabel() == "I(T;Y) [nats], Ross"
    assert not any("null" in label for label in labels(display.ax_))


@pytest.mark.parametrize("kind", ["plane", "epochs"])
def test_dotted_lines_reach_the_lower_bound_of_estimates_that_are_too_low(results, kind):
    about_y, first = results["quantity"] == "I(T;Y)", results["layer"] == "fc1"
    bounds = np.where(about_y & first, 2.0, results["ci_low"])
    display = InformationPlaneDisplay.from_results(results.assign(lower_bound=bounds)).plot(kind, units="bits")
    (lines,) = [c for c in display.ax_.collections if c.get_label() == "dotted: at least so much"]
    ends = np.array([segment[:, 1] for segment in lines.get_segments()])
    assert_allclose(ends[:, 1], in_bits(2.0))
    assert_allclose(ends[:, 0], in_bits((results["mutual_info"] - 0.2)[about_y & first]))
    assert "dotted: at least so much" in labels(display.ax_)


def test_table_survives_a_file(results, tmp_path):
    results.to_csv(tmp_path / "plane.csv", index=False)
    again = InformationPlaneDisplay.from_results(pd.read_csv(tmp_path / "plane.csv")).plot()
    assert_allclose(drawn_points(again), drawn_points(InformationPlaneDisplay.from_results(results).plot()))


@pytest.mark.parametrize("argument", [{"kind": "heatmap"}, {"units": "bans"}])
def test_unknown_choices_are_refused(results, argument):
    (name,) = argument
    with pytest.raises(ValueError, match=f"{name} must be one of"):
        InformationPlaneDisplay.from_results(results).plot(**argument)


@pytest.mark.parametrize("kind", ["plane", "epochs"])
@pytest.mark.parametrize("n_layers", [1, 10, 48])
def test_the_legend_of_any_number_of_layers_leaves_room_for_the_axes(results, kind, n_layers):
    names = [f"transformer.h.{i}.mlp.c_proj_output" for i in range(n_layers)]
    parts = [results[results["layer"] == "fc1"].assign(layer=name) for name in names]
    display = InformationPlaneDisplay.from_results(pd.concat(parts), target_entropy=ENTROPY).plot(kind)
    display.figure_.canvas.draw()
    figure, (legend,) = display.figure_.get_window_extent(), display.figure_.legends
    assert legend.get_window_extent().y0 > 0 and legend.get_window_extent().x1 < figure.x1
    assert sum(ax.get_window_extent().height for ax in display.axes_) > 0.6 * figure.height
    for ax in display.figure_.axes:
        assert ax.get_window_extent().width > 0.6 * figure.width
        assert not legend.get_window_extent().overlaps(ax.get_window_extent())
    listed = [text for text in labels(display.ax_) if text[0] in "t\u2026"]
    assert len(listed) == len(set(listed)) <= 20 and (n_layers == 1 or "former.h.0.mlp.c_pr" in listed[0])


def test_a_figure_of_the_user_has_the_legend_beside_its_axes(results):
    from matplotlib import pyplot as plt

    ax = plt.subplots()[1]
    display = InformationPlaneDisplay.from_results(results).plot(ax=ax)
    assert not display.figure_.legends and labels(ax)[:3] == LAYERS


@pytest.mark.parametrize(("units", "scale"), [("nats", 1.0), ("bits", in_bits(1.0))])
def test_bottleneck_curve_is_drawn_in_the_units_of_the_plane(results, units, scale):
    rates, relevances = np.array([0.0, 1.0, 6.0]), np.array([0.0, 0.9, 2.0])
    display = InformationPlaneDisplay.from_results(results, curve=(rates, relevances)).plot(units=units)
    (line,) = (line for line in display.ax_.get_lines() if line.get_label() == "information bottleneck")
    assert_allclose(line.get_xydata(), scale * np.column_stack([rates, relevances]))
    assert "information bottleneck" in labels(display.ax_)


@pytest.mark.parametrize("curve", [[1.0, 2.0], ([0.0, 1.0], [1.0]), np.ones((3, 5))])
def test_curve_of_the_wrong_shape_is_refused(results, curve):
    with pytest.raises(ValueError, match="curve must be a pair"):
        InformationPlaneDisplay.from_results(results, curve=curve).plot()


def test_runs_are_drawn_behind_their_mean(results):
    shifted = results.assign(mutual_info=results["mutual_info"] + 0.2)
    longer = pd.concat([results, results[results["epoch"] == 10].assign(epoch=20)])
    display = InformationPlaneDisplay.from_runs([longer, shifted], target_entropy=ENTROPY)
    assert_allclose(display.results["mutual_info"], results["mutual_info"] + 0.1)
    mean, first, second = (drawn_points(display.plot())[layers] for layers in (slice(6, 9), slice(0, 3), slice(3, 6)))
    assert_allclose(mean, (first + second) / 2)
    assert "2 single runs" in labels(display.ax_)
    top = display.plot("epochs").ax_
    behind = [line for line in top.get_lines() if line.get_label() == "_run"]
    assert len(behind) == 2 * len(LAYERS) and labels(top)[-1] == "2 single runs"
    assert_allclose(behind[1].get_ydata() - behind[0].get_ydata(), 0.2)


@pytest.mark.parametrize(("kind", "axis"), [("plane", 0), ("epochs", 1)])
def test_crosses_mark_the_change_of_layers_that_compress(results, kind, axis):
    falls = (results["quantity"] == "I(X;T)") & (results["layer"] == "fc2") & (results["epoch"] == 100)
    results.loc[falls, ["mutual_info", "ci_low", "ci_high"]] = [4.0, 3.9, 4.1]
    phases = training_phases(results, random_state=0)
    assert phases["has_compression"].tolist() == [False, True, False]
    display = InformationPlaneDisplay.from_results(results).plot(kind, phases=phases)
    crosses = next(c for c in display.axes_[axis].collections if c.get_label() == "compression from here")
    expected = {"plane": (5.0, 0.1 + 0.4 * np.log1p(10) / 3), "epochs": (10, 5.0)}  # before the fall, at epoch 10
    assert_allclose(crosses.get_offsets(), [expected[kind]])
    assert "compression from here" in labels(display.ax_)
    display.plot(kind, phases=phases.assign(has_compression=False))
    assert "compression from here" not in labels(display.ax_)


def test_legend_has_the_widths_and_axes_the_compressor(results):
    width = results["layer"].map({"fc1": 64, "fc2": 32, "fc10": 10})
    display = InformationPlaneDisplay.from_results(
        results.assign(n_units=width, compressor="PCA(n_components=8)")
    ).plot()
    assert labels(display.ax_)[:3] == ["fc1 (64)", "fc2 (32)", "fc10 (10)"]
    assert display.ax_.get_xlabel() == "I(X;T) [nats], Binned after PCA"
    none = InformationPlaneDisplay.from_results(results.assign(compressor="none")).plot()
    assert none.ax_.get_xlabel() == "I(X;T) [nats], Binned"
    varied = results.assign(n_units=np.where(results["epoch"] == 0, 3, width))
    assert labels(InformationPlaneDisplay.from_results(varied).plot().ax_)[:3] == LAYERS


NAMES = ["$x^$", "price $ and cost $", r"$\frac$", r"a\$b", "$", "_x", "%d {}"]


@pytest.mark.parametrize("kind", ["plane", "epochs"])
@pytest.mark.parametrize("name", NAMES)
def test_names_are_drawn_as_they_are(results, kind, name, tmp_path):
    results = results.replace({"layer": {"fc1": name}}).assign(compressor="PCA$x^$(8)")
    display = InformationPlaneDisplay.from_results(results).plot(kind)
    display.figure_.savefig(tmp_path / "plane.svg", metadata={"Date": None})
    drawn = (tmp_path / "plane.svg").read_text()
    assert f"<!-- {name} -->" in drawn
    assert "PCA$x^$" in drawn


@pytest.mark.parametrize("kind", ["plane", "epochs"])
def test_long_names_of_estimators_fit_the_figure(results, kind):
    name = "Compressed(estimator=KSG(n_neighbors=5), x_compressor=Pipeline(steps=[('scale', StandardScaler())]))"
    display = InformationPlaneDisplay.from_results(results.assign(estimator=name)).plot(kind)
    figure = display.figure_
    figure.canvas.draw()
    for ax in display.axes_:
        for text in (ax.xaxis.label, ax.yaxis.label, *(ax.title, ax._left_title)):
            box = text.get_window_extent()
            assert box.height < 0.95 * figure.bbox.height and box.width < 0.95 * figure.bbox.width
            assert box.height == 0 or box.intersection(box, figure.bbox).bounds == pytest.approx(box.bounds)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Auto(marginals=None, random_state=0)", "Auto"),
        ("ChainRule(entropy=KolchinskyTracey(noise_variance=0.001))", "ChainRule(KolchinskyTracey)"),
        ("Pipeline(steps=[('Scale', StandardScaler()),\n ('pca', PCA(8))])", "Pipeline(StandardScaler, PCA)"),
        ("my own estimator", "my own estimator"),
    ],
)
def test_axes_name_estimators_without_their_parameters(results, text, shown):
    display = InformationPlaneDisplay.from_results(results.assign(estimator=text)).plot("epochs")
    assert [ax.get_title(loc="left") for ax in display.axes_] == [shown, shown]


@pytest.mark.parametrize("units", ["nats", "bits"])
def test_axes_do_not_zoom_into_saturation(results, units):
    """Hundredths of a nat below log n look like hundredths; a wider axis is left as it is."""
    value = np.log(N) - np.random.default_rng(0).uniform(0, 0.05, len(results))
    near = results.assign(mutual_info=value, ci_low=value, ci_high=value, null_mean=0.0)
    display = InformationPlaneDisplay.from_results(near).plot(units=units)
    left, right = display.ax_.get_xlim()
    assert right - left > 0.1 * np.log(N) * (in_bits(1.0) if units == "bits" else 1)
    bottom, top = display.plot("epochs").axes_[1].get_ylim()
    assert top - bottom > 0.1 * np.log(N)
    wide = InformationPlaneDisplay.from_results(results.assign(ci_low=np.nan)).plot().ax_.get_xlim()
    assert wide[0] > 3.8  # the values begin at 4


@pytest.mark.parametrize("kind", ["plane", "epochs"])
def test_long_error_bars_are_cut_outside_of_what_is_possible(results, kind):
    """Intervals of the mean of two runs, of 12.7 standard errors, squeeze no plane above its ceilings or below 0."""
    value = results["mutual_info"].clip(upper=np.log(2))
    long = results.assign(mutual_info=value, null_mean=0.0, null_std=0.01, ci_low=value - 20, ci_high=value + 20)
    display = InformationPlaneDisplay.from_results(long, target_entropy=np.log(2)).plot(kind)
    top, (bottom, highest) = display.axes_[0], display.axes_[0].get_ylim()
    assert np.log(2) < highest < 2 * np.log(2) and -np.log(2) < bottom < -0.02
    axis = top.get_xlim() if kind == "plane" else display.axes_[1].get_ylim()
    assert np.log(N) < axis[1] < 1.2 * np.log(N) and axis[0] > -np.log(N)


@pytest.mark.parametrize(
    ("epochs", "shown"),
    [
        ([0, 1, 2, 4, 8, 16], [0, 1, 2, 4, 8, 16]),
        ([0, 1, 2, 4, 8, 15, 16], [0, 1, 2, 4, 8, 16]),
        ([0, 10, 95, 100], [0, 10, 100]),
        ([7], [7]),
        (range(0, 4001, 50), [0, 1, 10, 100, 1000, 4000]),
    ],
)
def test_ticks_are_the_epochs_or_the_powers_of_ten_between_them(results, epochs, shown):
    table = pd.concat([results[results["epoch"] == 0].assign(epoch=epoch) for epoch in epochs])
    bottom = InformationPlaneDisplay.from_results(table).plot("epochs").axes_[1]
    assert [tick.get_text() for tick in bottom.get_xticklabels()] == [str(epoch) for epoch in shown]
