"""training_phases: the fit against its definition, error rates and power on simulated curves, a real small plane."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from skib.information_plane import InformationPlane, aggregate_runs, training_phases
from skib.information_plane._phases import unimodal_fit

ERROR = 0.1
TIME = np.arange(20)
RISE, PLATEAU, FALL = TIME / 10, np.minimum(TIME, 8) / 4, np.minimum(TIME, 8) / 4 - np.maximum(TIME - 12, 0) / 10


def make_table(curves, **columns):
    """Results of one run with one layer per column of `curves` (n_epochs, n_layers)."""
    curves = np.asarray(curves)
    n_epochs, n_layers = curves.shape
    cells = {"epoch": np.tile(np.arange(n_epochs), n_layers), "layer": np.repeat(np.arange(n_layers), n_epochs)}
    rows = {"quantity": "I(X;T)", "mutual_info": curves.T.ravel(), "std_error": ERROR, "saturated": False}
    return pd.DataFrame(cells | rows | columns)


def autocorrelated(rng, shape, memory):
    noise = rng.normal(size=shape)
    for t in range(1, shape[0]):
        noise[t] = memory * noise[t - 1] + np.sqrt(1 - memory**2) * noise[t]
    return noise


def rejections(curve, n_layers=800, memory=0.0, seed=0):
    noise = ERROR * autocorrelated(np.random.default_rng(seed), (len(curve), n_layers), memory)
    phases = training_phases(make_table(curve[:, None] + noise), random_state=seed)
    return np.mean(phases["pvalue"] <= 0.05)


@given(st.lists(st.integers(-5, 5), min_size=2, max_size=7))
def test_unimodal_fit_is_the_nearest(values):
    values = np.array(values, dtype=float)
    fit = unimodal_fit(values)
    steps, peak = np.diff(fit), np.argmax(fit)
    assert (steps[:peak] >= 0).all() and (steps[peak:] <= 0).all()
    # By definition: for every place of the peak, the nearest sequence by a general solver.
    errors = [
        minimize(
            lambda z: np.sum((z - values) ** 2),
            np.full(len(values), values.mean()),
            method="SLSQP",
            constraints={"type": "ineq", "fun": lambda z, k=k: np.r_[np.diff(z)[:k], -np.diff(z)[k:]]},
        ).fun
        for k in range(len(values))
    ]
    assert_allclose(np.sum((values - fit) ** 2), min(errors), atol=1e-4)


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.95])
@pytest.mark.parametrize("curve", [0 * TIME, PLATEAU, RISE], ids=["flat", "plateau", "rise"])
def test_curves_that_never_fall_are_rejected_at_most_nominally(curve, memory):
    error = np.sqrt(0.05 * 0.95 * (1 / 800 + 1 / 2000))  # of the share of layers, and of the simulated null
    assert rejections(curve, memory=memory) <= 0.05 + 4 * error


def test_p_values_of_constant_curves_are_uniform():
    table = make_table(ERROR * np.random.default_rng(0).normal(size=(20, 400)))
    p = training_phases(table, n_simulations=1000, random_state=0)["pvalue"]
    for alpha in (0.05, 0.2, 0.5, 0.8):
        assert abs(np.mean(p <= alpha) - alpha) < 4 * np.sqrt(alpha * (1 - alpha) * (1 / 400 + 1 / 1000))


def test_clear_falls_are_found_where_they_begin():
    noise = ERROR * np.random.default_rng(0).normal(size=(20, 100))
    phases = training_phases(make_table(FALL[:, None] + noise), random_state=0)
    assert np.mean(phases["pvalue"] <= 0.05) > 0.95
    assert np.mean((phases["change_epoch"] >= 7) & (phases["change_epoch"] <= 13)) > 0.9  # the plateau: 8 to 12
    # A maximum over noise is high by a standard error or two, no more; the truth is 2 up and 0.7 down.
    assert 0 < phases["fitted_gain"].mean() - 2 < 2 * ERROR
    assert 0 < phases["compression"].mean() - 0.7 < 2 * ERROR


def test_without_noise_everything_is_exact():
    phases = training_phases(make_table(np.column_stack([RISE, FALL]), std_error=1e-6), random_state=0)
    assert phases["change_epoch"].tolist() == [19, 12]
    assert_allclose(phases["fitted_gain"], [1.9, 2.0])
    assert_allclose(phases["compression"], [0.0, 0.7])
    assert_allclose(phases["pvalue"], [1.0, 1 / 2001])
    assert_allclose(phases["adjusted_pvalue"], [1.0, 2 / 2001])
    assert phases["has_compression"].tolist() == [False, True]


def test_a_rise_lowers_the_evidence():
    noise = ERROR * np.random.default_rng(3).normal(size=(20, 1))
    flat, rising = (training_phases(make_table(c + noise), random_state=0) for c in (0, RISE[:, None]))
    assert rising.loc[0, "pvalue"] >= flat.loc[0, "pvalue"]


def make_runs(curve, rng, n_runs, n_layers, offset=0.0, memory=0.0):
    """Runs that differ by an offset each and by noise."""
    shape = (n_runs, len(curve), n_layers)
    noise = np.moveaxis(autocorrelated(rng, (shape[1], n_runs, n_layers), memory), 1, 0)
    values = curve[:, None] + offset * rng.normal(size=(n_runs, 1, n_layers)) + ERROR * noise
    return aggregate_runs([make_table(run) for run in values])


@pytest.mark.parametrize(("offset", "memory"), [(0.0, 0.0), (1.0, 0.0), (0.0, 0.9)])
def test_aggregated_runs_never_falling_are_rejected_at_most_nominally(offset, memory):
    runs = make_runs(0 * TIME, np.random.default_rng(0), 5, 800, offset, memory)
    p = training_phases(runs, random_state=0)["pvalue"]
    assert np.mean(p <= 0.05) <= 0.05 + 4 * np.sqrt(0.05 * 0.95 * (1 / 800 + 1 / 2000))


@pytest.mark.parametrize("offset", [0.0, 1.0])
def test_aggregated_runs_show_their_fall_whatever_they_start_from(offset):
    phases = training_phases(make_runs(FALL, np.random.default_rng(0), 5, 50, offset), random_state=0)
    assert np.mean(phases["pvalue"] <= 0.05) > 0.9


def test_rows_of_a_layer_depend_on_no_other():
    table = make_table(np.random.default_rng(0).normal(size=(20, 3)))
    both, alone = (training_phases(t, random_state=5) for t in (table, table[table["layer"] == 2]))
    assert both.loc[2, "pvalue"] == alone.loc[0, "pvalue"]


def test_missing_errors_and_cells():
    table = make_table(np.column_stack([FALL, FALL]))
    table.loc[(table["layer"] == 0) & (table["epoch"] < 4), "std_error"] = [0.0, np.nan, 0.0, np.nan]
    table.loc[(table["layer"] == 1), "std_error"] = np.nan
    table.loc[(table["layer"] == 0) & (table["epoch"] == 15), "mutual_info"] = np.nan
    phases = training_phases(table.assign(saturated=table["epoch"] >= 15), random_state=0)
    assert phases["pvalue"].isna().tolist() == [False, True]
    assert phases["has_compression"].tolist() == [True, False]
    assert phases["change_epoch"].tolist() == [13, 12]  # within one error of the top, and at the top
    assert_allclose(phases["share_saturated"], [4 / 19, 5 / 20])
    without = training_phases(table.drop(columns=["std_error", "saturated"]))
    assert without["pvalue"].isna().all() and without["share_saturated"].isna().all()


def test_errors_name_the_remedy():
    table = make_table(np.ones((20, 1)))
    with pytest.raises(ValueError, match=r"no estimate of quantity='I\(T;Y\)'; they contain \['I\(X;T\)'\]"):
        training_phases(table, quantity="I(T;Y)")
    with pytest.raises(ValueError, match=r"layers \[0\] have I\(X;T\) at fewer than 3 epochs"):
        training_phases(table[table["epoch"] < 2])
    with pytest.raises(ValueError, match="several rows"):
        training_phases(pd.concat([table, table]))
    with pytest.raises(ValueError, match="alpha must lie"):
        training_phases(table, alpha=0)
    with pytest.raises(ValueError, match="n_simulations"):
        training_phases(table, n_simulations=0)


def test_a_real_plane_whose_last_layer_saturates():
    """tanh(gain x): growing gains spread the units, then drive nearly all of them into the outermost bins."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 1))
    dump = {epoch: {"T": np.tanh(gain * x)} for epoch, gain in enumerate([0.9, 1, 1.2, 2, 8, 40, 200])}
    plane = InformationPlane(n_permutations=0, random_state=0).fit(dump | {"ids": range(500)}, x[:, 0] > 0)
    phases = training_phases(plane, random_state=0)
    assert phases.loc[0, "has_compression"] and phases.loc[0, "change_epoch"] <= 3
    curve = plane.results_.query("quantity == 'I(X;T)'")["mutual_info"]
    assert_allclose(phases.loc[0, "compression"], curve.max() - curve.iloc[-1], atol=0.1)
    assert abs(curve.iloc[-1] - np.log(2)) < 0.2  # two full bins remain
