"""Trained networks: what their layers say about labels that were learned, memorized, or never seen."""

import numpy as np
import pytest

from skib.information_plane import InformationPlane
from skib.mutual_info import Ross
from tests.information_plane.networks import N_EPOCHS, accuracy, fano, network_layers, noise_bound

SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 20))]


def about_y(dump, estimator=None, n_permutations=0, **parameters):
    """Rows of I(T;Y) by epoch and layer, and the plane."""
    plane = InformationPlane(estimator, n_permutations=n_permutations, random_state=0, **parameters).fit(dump)
    return plane.results_.query("quantity == 'I(T;Y)'").set_index(["epoch", "layer"]), plane


def trained(dump):
    """The dump after the last epoch."""
    return {key: value for key, value in dump.items() if key != 0}


@pytest.mark.parametrize("estimator", [None, Ross()])
@pytest.mark.parametrize("labels", ["random", "noisy"])
def test_layers_that_memorized_their_labels_have_all_of_them_or_are_flagged(labels, estimator):
    dump = trained(network_layers(labels)["trained on"])
    assert accuracy(dump) == 1
    rows, plane = about_y(dump, estimator)
    rows = rows.loc[N_EPOCHS]
    low = rows["mutual_info"] < 2.2
    assert (rows["lower_bound"] > 2.2).all() and (rows["lower_bound"] < plane.target_entropy_ + 0.01).all()
    assert rows["message"][low].str.contains("too low").all() and low.any()
    free, _ = about_y(dump, estimator, chain=False)
    assert free.loc[(N_EPOCHS, "fc1"), "lower_bound"] < 2


@pytest.mark.parametrize("seed", SEEDS)
def test_the_default_reads_memorized_labels_from_the_head(seed):
    rows, _ = about_y(trained(network_layers("random", seed=seed)["trained on"]))
    rows = rows.loc[N_EPOCHS]
    assert rows.loc["head", "mutual_info"] > 2.2
    assert (rows["lower_bound"] > 2.2).all() and rows["message"][rows["mutual_info"] < 2.2].str.contains("low").all()


@pytest.mark.parametrize("seed", SEEDS)
def test_held_out_rows_of_random_labels_have_nothing(seed):
    rows, plane = about_y(trained(network_layers("random", seed=seed)["held out"]), n_permutations=20)
    assert not plane.significance()["significant"].any()
    assert (rows["lower_bound"] < 0.05).all() and (rows["mutual_info"].abs() < 0.1).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_no_layer_has_more_about_noisy_labels_than_the_noise_leaves(seed):
    rows, _ = about_y(trained(network_layers("noisy", seed=seed)["held out"]))
    assert (rows["mutual_info"] - 2 * rows["std_error"] < noise_bound()).all()
    assert (rows["lower_bound"] < noise_bound()).all()


@pytest.mark.parametrize("labels", ["random", "true", "noisy"])
@pytest.mark.parametrize("half", ["trained on", "held out"])
def test_the_bound_of_fano_holds(labels, half):
    dump = network_layers(labels)[half]
    rows, _ = about_y(dump)
    for epoch in (0, N_EPOCHS):
        head, bound = rows.loc[(epoch, "head")], fano(dump["y"], accuracy(dump, epoch))
        assert head["mutual_info"] + 2 * head["std_error"] > bound
        assert head["lower_bound"] + 2 * head["std_error"] > bound


def test_the_information_of_a_learning_network_rises():
    rows, plane = about_y(network_layers("true")["held out"])
    first, last = rows.loc[0], rows.loc[N_EPOCHS]
    assert (last["mutual_info"] > first["mutual_info"] + 0.05).all() and (last["status"] == "ok").all()
    assert (last["mutual_info"] < plane.target_entropy_).all()


@pytest.mark.parametrize("width", [32, 256, pytest.param(1024, marks=pytest.mark.slow)])
def test_wide_layers_without_information_are_told_from_no_null(width):
    rng = np.random.default_rng(width)
    y = rng.integers(2, size=1000)
    dump = {0: {"wide": rng.normal(size=(1000, width))}, "y": y, "ids": range(1000)}
    rows, plane = about_y(dump, n_permutations=20)
    assert abs(rows["mutual_info"].iloc[0]) < 0.05 and not plane.significance()["significant"].any()
