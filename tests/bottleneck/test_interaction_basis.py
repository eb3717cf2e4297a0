"""Interaction bases: planted directions and edges, small networks, and the local interaction basis from Jacobians."""

import warnings

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from scipy.linalg import subspace_angles
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPRegressor

from skib import UnreliableEstimateWarning
from skib.bottleneck import GaussianIB, InteractionBasis, InteractionBasisDisplay
from skib.bottleneck._interaction_algebra import quartimax
from skib.dumps import open_dump

matplotlib.use("agg")
RHO = np.array([0.9, 0.8, 0.7, 0.6])


def planted_chain(n_samples=4000, seed=0, n_layers=4):
    """Layers of 12 mixed units: four signals that reach the last layer, three that end before, and five of one layer.

    What is irrelevant has more variance than the signals, which are passed on with the correlations `RHO`.
    """
    rng = np.random.default_rng(seed)
    signals, others = rng.normal(size=(n_samples, 4)), rng.normal(size=(n_samples, 3))
    layers, mixing, latent = [], [], []
    for _ in range(n_layers - 1):
        own = rng.normal(size=(n_samples, 5))
        mixing.append(np.linalg.qr(rng.normal(size=(12, 12)))[0])
        latent.append(signals)
        layers.append(np.hstack([signals, 2 * others, 3 * own]) @ mixing[-1].T)
        signals = RHO * signals + np.sqrt(1 - RHO**2) * rng.normal(size=(n_samples, 4))
        others = 0.9 * others + np.sqrt(0.19) * rng.normal(size=(n_samples, 3))
    return [*layers, signals], mixing, [*latent, signals]


def forward(network, rows):
    """Inputs, hidden layers of tanh units and outputs of a network."""
    layers = [rows]
    for i, (weights, bias) in enumerate(zip(network.coefs_, network.intercepts_, strict=True)):
        rows = rows @ weights + bias
        rows = np.tanh(rows) if i < len(network.coefs_) - 1 else rows
        layers.append(rows)
    return layers


def jacobians_of(network, layers):
    """Derivatives of each layer by the one before, in each row."""
    slopes = [1 - layer**2 for layer in layers[1:-1]] + [np.ones_like(layers[-1])]
    return [slope[:, :, None] * weights.T for slope, weights in zip(slopes, network.coefs_, strict=True)]


@pytest.fixture(scope="module", params=range(3))
def two_tasks(request):
    """A trained network of mixed inputs: three outputs are functions of three sources, and three of three others."""
    rng = np.random.default_rng(request.param)
    a, b, c, d, e, f = sources = rng.normal(size=(6, 3000))
    first = np.tanh(a) + b * c / 2, b, np.abs(a) - c
    outputs = np.column_stack([*first, np.sin(d) + np.abs(e) / 2, e * f + d, np.tanh(2 * f)])
    training = {"activation": "tanh", "learning_rate_init": 0.005, "early_stopping": True, "random_state": 0}
    inputs = sources.T @ rng.normal(size=(6, 6))
    network = MLPRegressor(hidden_layer_sizes=(32, 32), **training).fit(inputs, outputs)
    assert network.score(inputs, outputs) > 0.95
    return network, forward(network, inputs), sources.T


def n_needed(graph, nats):
    """Least number of edges with that many nats."""
    return int(np.searchsorted(np.cumsum(np.sort(graph["mutual_info"])[::-1]), nats)) + 1


# --- planted directions


@pytest.mark.parametrize("rotate", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_irrelevant_directions_are_dropped_and_edges_recovered(seed, rotate):
    layers, mixing, _ = planted_chain(seed=seed)
    basis = InteractionBasis(alpha=0.01, rotate=rotate, random_state=0).fit(layers)
    assert list(basis.n_components_.values()) == [4, 4, 4, 4]
    for name, matrix in zip(basis.layers_, mixing, strict=False):
        assert subspace_angles(basis.components_[name].T, matrix[:, :4]).max() < 0.2
    noise = [1 + 0.01 * (4 * 1 + 3 * 4 + 5 * 9) / 12] * 3 + [1.01]  # variance of a signal that is read with noise
    for i, (_, edges) in enumerate(basis.interaction_graph_.groupby("source_layer", sort=False)):
        correlations = np.sqrt(1 - np.exp(-2 * edges["mutual_info"].to_numpy().reshape(4, 4)))
        expected = RHO / np.sqrt(noise[i] * noise[i + 1])
        own = correlations.argmax(axis=1)
        assert sorted(own) == [0, 1, 2, 3]
        error = 4 / np.sqrt(4000)  # that of a correlation is at most 1 / sqrt(n)
        np.testing.assert_allclose(np.sort(correlations.max(axis=1))[::-1], expected, atol=error)
        others = correlations[np.arange(4) != own[:, None]]
        assert others.max() < 3 * error  # directions are estimated, too


def test_a_direction_that_ends_before_the_last_layer_is_relevant_without_that():
    layers, _, _ = planted_chain()
    basis = InteractionBasis(alpha=0.01, random_state=0).fit(layers[:3])
    assert basis.n_components_ == {"layer0": 7, "layer1": 7, "layer2": 12}


def test_number_of_directions_that_chance_keeps():
    """Independent layers: the test of the first direction rejects with the probability alpha."""
    kept = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        basis = InteractionBasis(alpha=0.1, n_permutations=19, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UnreliableEstimateWarning)
            basis.fit(rng.standard_exponential(size=(100, 3)), rng.normal(size=(100, 2)))
        kept.append(basis.critical_betas_["X"][0] < basis.betas_["X"])
    assert abs(np.mean(kept) - 0.1) < 4 * np.sqrt(0.1 * 0.9 / 150)


def test_without_noise_a_pair_of_layers_is_a_gaussian_bottleneck():
    layers, _, _ = planted_chain(500, n_layers=2)
    basis = InteractionBasis(beta=3.0, noise_ratio=0.0, rotate=False).fit(layers)
    x, y = (np.linalg.qr(layer - layer.mean(axis=0))[0] for layer in layers)
    squared = np.linalg.svd(x.T @ y, compute_uv=False) ** 2
    np.testing.assert_allclose(basis.eigenvalues_["layer0"], 1 - squared, atol=1e-9)
    np.testing.assert_allclose(basis.critical_betas_["layer0"], 1 / squared, rtol=1e-9)
    assert basis.n_components_["layer0"] == np.sum(1 / squared < 3)
    bottleneck = GaussianIB(beta=3.0, shrinkage=None).fit(*layers)
    np.testing.assert_allclose(basis.eigenvalues_["layer0"], bottleneck.eigenvalues_, atol=1e-9)
    assert subspace_angles(basis.components_["layer0"].T, bottleneck.components_.T).max() < 1e-6
    coordinates = basis.coordinates(layers)["layer0"]
    np.testing.assert_allclose(coordinates.T @ coordinates / 500, np.eye(coordinates.shape[1]), atol=1e-9)


def test_rotation_keeps_the_subspace_and_makes_edges_sparser():
    rng = np.random.default_rng(0)
    planted = np.linalg.qr(rng.normal(size=(6, 6)))[0] @ np.diag([0.9, 0.9, 0.8, 0.8, 0.7, 0.7])
    rotation = quartimax(planted)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(6), atol=1e-12)
    assert np.sort(np.abs(rotation @ planted).max(axis=1))[::-1] == pytest.approx([0.9, 0.9, 0.8, 0.8, 0.7, 0.7])
    layers, _, _ = planted_chain(800)
    plain, rotated = (InteractionBasis(10.0, rotate=rotate).fit(layers) for rotate in (False, True))
    for name in plain.layers_:
        assert subspace_angles(plain.components_[name].T, rotated.components_[name].T).max() < 1e-6


# --- networks


def test_graph_of_a_network_is_sparser_than_that_of_principal_components(two_tasks):
    _, layers, _ = two_tasks
    basis = InteractionBasis(random_state=0).fit(layers)
    assert list(basis.n_components_.values()) == [5, 6, 6, 6]  # of the inputs, none but e has no linear relation
    table = basis.sparsity_.pivot(index="source_layer", columns="basis", values=["effective_edges", "mutual_info"])
    assert (table["effective_edges", "interaction"] < table["effective_edges", "pca"]).all()
    totals = table.sum()
    assert totals["effective_edges", "interaction"] < 0.8 * totals["effective_edges", "pca"]
    assert totals["mutual_info", "interaction"] > 1.5 * totals["mutual_info", "pca"]
    graphs = zip(*(g.groupby("source_layer") for g in (basis.interaction_graph_, basis.pca_graph_)), strict=True)
    for (_, edges), (_, edges_of_pca) in graphs:
        nats = 0.9 * edges_of_pca["mutual_info"].sum()
        assert n_needed(edges, nats) < n_needed(edges_of_pca, nats)


def test_directions_belong_to_one_of_two_tasks(two_tasks):
    _, layers, sources = two_tasks
    basis = InteractionBasis(random_state=0).fit(layers)
    inputs = basis.coordinates(layers)["layer0"]
    of_source = np.corrcoef(inputs.T, sources.T)[: inputs.shape[1], inputs.shape[1] :] ** 2
    of_task = of_source.reshape(-1, 2, 3).sum(axis=2)
    assert (of_task.max(axis=1) > 0.85).all()
    principal = np.linalg.svd(layers[0] - layers[0].mean(axis=0), full_matrices=False)[0]
    of_source = np.corrcoef(principal.T, sources.T)[:6, 6:] ** 2
    assert of_source.reshape(-1, 2, 3).sum(axis=2).max(axis=1).mean() < 0.85


def test_jacobians_show_what_is_not_linear(two_tasks):
    network, layers, _ = two_tasks
    local = InteractionBasis().fit(layers, jacobians=jacobians_of(network, layers))
    assert local.n_components_["layer0"] == 6  # e, too
    numbers = local.sparsity_.pivot(index="source_layer", columns="basis", values="effective_edges")
    assert (numbers["interaction"] < 0.9 * numbers["pca"]).all()


# --- Jacobians


def test_jacobians_of_a_linear_network_are_singular_vectors():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(300, 5)) @ rng.normal(size=(5, 5))
    weights = rng.normal(size=(3, 2)) @ rng.normal(size=(2, 5))  # of rank 2
    outputs = inputs @ weights.T
    local = InteractionBasis().fit([inputs, outputs], jacobians=[np.broadcast_to(weights, (300, 3, 5))])
    covariance, spread = np.cov(inputs.T, bias=True), np.sqrt(np.mean((outputs - outputs.mean(axis=0)) ** 2))
    values = np.linalg.eigvals(weights @ covariance @ weights.T).real / spread**2
    np.testing.assert_allclose(local.eigenvalues_["layer0"], np.sort(values)[::-1][:2], rtol=1e-9)
    coordinates = local.coordinates([inputs])["layer0"]
    np.testing.assert_allclose(coordinates.T @ coordinates / 300, np.diag(local.eigenvalues_["layer0"]), atol=1e-9)
    strength = local.interaction_graph_["strength"].to_numpy().reshape(2, 3)
    np.testing.assert_allclose(strength.sum(axis=1), local.eigenvalues_["layer0"], rtol=1e-9)
    # Edges of a linear map: squared covariances of coordinates of unit variance and scaled outputs.
    unit = coordinates / coordinates.std(axis=0)
    np.testing.assert_allclose(strength, (unit.T @ (outputs - outputs.mean(axis=0)) / 300 / spread) ** 2, atol=1e-9)
    assert local.critical_betas_["layer0"].size == 0


def test_jacobians_of_an_even_link():
    """The output is a square: no Gaussian bottleneck sees its direction, and the mean squared slope does."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(2000, 3))
    outputs = inputs[:, :1] ** 2
    slopes = np.zeros((2000, 1, 3))
    slopes[:, 0, 0] = 2 * inputs[:, 0]
    local = InteractionBasis().fit([inputs, outputs], jacobians={"layer0": slopes})
    assert local.n_components_["layer0"] == 1
    assert subspace_angles(local.components_["layer0"].T, np.eye(3)[:, :1])[0] < 1e-6
    with pytest.warns(UnreliableEstimateWarning, match="no direction of layer 'layer0' is kept at beta="):
        InteractionBasis(random_state=0).fit([inputs, outputs])


def test_errors_of_jacobians():
    x, y = np.random.default_rng(0).normal(size=(2, 20, 3))
    right = np.ones((20, 3, 3))
    for jacobians, message in [
        ([right, right], "got 2 arrays of jacobians for 2 layers; pass 1"),
        ({"other": right}, r"jacobians has none of the layers \['layer0'\]"),
        ([right[:, :2]], r"have shape \(20, 2, 3\), required is \(20, 3, 3\): row, unit of 'layer1', unit of 'layer0'"),
        ([right * np.nan], "contain NaN or infinity"),
    ]:
        with pytest.raises(ValueError, match=message):
            InteractionBasis().fit([x, y], jacobians=jacobians)


# --- layers of all kinds


def test_lists_mappings_dumps_and_pairs_are_read_alike():
    layers, _, _ = planted_chain(300)
    expected = InteractionBasis(10.0).fit(layers)
    named = {"in": layers[0], "a": layers[1], "b": layers[2], "out": layers[3]}
    dump = open_dump({0: {name: 0 * layer for name, layer in named.items()}, 7: named, "ids": range(300)})
    frames = {name: pd.DataFrame(layer).astype("float32") for name, layer in named.items()}
    for source in (named, dump, frames):
        found = InteractionBasis(10.0).fit(source)
        assert found.layers_ == ["in", "a", "b", "out"]
        for one, other in zip(found.components_.values(), expected.components_.values(), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(found.coordinates(dump)["in"], found.coordinates({"in": layers[0]})["in"])
    pair = InteractionBasis(10.0).fit(layers[0], layers[1])
    assert pair.layers_ == ["X", "y"]
    assert (pair.n_features_in_, pair.components_["y"].shape) == (12, (12, 12))
    with pytest.raises(ValueError, match="layer 'in' is constant"):
        InteractionBasis().fit(dump, epoch=0)


def test_units_and_offsets_of_a_layer_change_nothing():
    layers, _, _ = planted_chain(400)
    expected = InteractionBasis(10.0).fit(layers)
    for factor in (2.0**-600, 2.0**500):
        found = InteractionBasis(10.0).fit([layers[0] * factor, layers[1], layers[2] * factor + factor, layers[3]])
        np.testing.assert_allclose(
            found.interaction_graph_["mutual_info"], expected.interaction_graph_["mutual_info"], atol=1e-9
        )


def test_same_bits_for_any_number_of_jobs():
    layers, _, _ = planted_chain(300)
    one, two = (InteractionBasis(random_state=1, n_jobs=jobs).fit(layers) for jobs in (1, 2))
    pd.testing.assert_frame_equal(one.interaction_graph_, two.interaction_graph_, check_exact=True)
    assert one.betas_ == two.betas_


def test_tables():
    layers, _, _ = planted_chain(300)
    basis = InteractionBasis(10.0).fit(layers)
    ends = ["source_layer", "source", "target_layer", "target"]
    assert list(basis.interaction_graph_.columns) == list(basis.pca_graph_.columns) == [*ends, "mutual_info"]
    assert len(basis.interaction_graph_) == len(basis.pca_graph_) == basis.sparsity_["n_edges"].sum() / 2
    edges = basis.interaction_graph_.query("source_layer == 'layer2'")["mutual_info"]
    row = basis.sparsity_.query("source_layer == 'layer2' and basis == 'interaction'").iloc[0]
    shares = edges / edges.sum()
    assert row["mutual_info"] == pytest.approx(edges.sum())
    assert row["effective_edges"] == pytest.approx(np.exp(-np.sum(shares * np.log(shares))))


def test_layers_without_noise_have_infinite_information():
    x = np.random.default_rng(0).normal(size=(100, 3))
    exact = InteractionBasis(2.0, noise_ratio=0.0).fit([x, x[:, :1]]).interaction_graph_["mutual_info"]
    assert exact[0] > 15  # a correlation of 1, but for rounding
    noisy = InteractionBasis(2.0, noise_ratio=0.1).fit([x, x[:, :1]]).interaction_graph_["mutual_info"]
    assert 1 < noisy[0] < -0.5 * np.log(1 - 1 / 1.01**2) + 0.1  # noise of about 0.01 in both


def test_errors():
    x, y = np.random.default_rng(0).normal(size=(2, 20, 3))
    for layers, message in [
        ([x], "at least 2 layers"),
        ([x, y[:5]], "layer 'layer1'"),
        ([x, np.ones((20, 2))], "layer 'layer1' is constant over all 20 rows"),
        ({"a": x, "b": np.where(y > 0, np.nan, y)}, "layer 'b'.*NaN"),
        ([x.reshape(20, 3, 1, 1), y], r"layer 'layer0' has shape \(20, 3, 1, 1\)"),
        ([x, ["u", "v"] * 10], "layer 'layer1' holds text.* one column of 0 and 1 for each class"),
    ]:
        with pytest.raises(ValueError, match=message):
            InteractionBasis().fit(layers)
    with pytest.raises(ValueError, match="requires y to be passed"):
        InteractionBasis().fit(x)
    with pytest.raises(ValueError, match="a layer called 'y'"):
        InteractionBasis().fit({"x": x, "y": y}, y)
    with pytest.raises(ValueError, match="epoch=3 is that of a Dump"):
        InteractionBasis().fit([x, y], epoch=3)
    with pytest.raises(ValueError, match="no layer at epoch=3"):
        InteractionBasis().fit(open_dump({0: {"a": x, "b": y}, "ids": range(20)}), epoch=3)
    fitted = InteractionBasis(2.0).fit([x, x + y])
    with pytest.raises(ValueError, match="list or dict of layers"):
        fitted.coordinates(x)
    with pytest.raises(ValueError, match=r"\['b'\] were not fitted"):
        fitted.coordinates({"b": x})
    with pytest.raises(ValueError, match="layer 'layer0' has 2 units, but 3 in fit"):
        fitted.coordinates([x[:, :2]])
    with pytest.raises(NotFittedError):
        InteractionBasis().coordinates([x])


# --- the drawing


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_display_draws_the_strongest_edges_in_the_colors_of_parts():
    layers, _, _ = planted_chain(2000)
    basis = InteractionBasis(10.0).fit(dict(zip(["in", "a", "b", "out $x$"], layers, strict=True)))
    display = InteractionBasisDisplay.from_estimator(basis).plot(share=0.8)
    needed = 0
    for _, edges in basis.interaction_graph_.groupby("source_layer"):
        strongest = np.sort(edges["mutual_info"])[::-1]
        needed += next(k for k in range(1, 17) if strongest[:k].sum() >= 0.8 * strongest.sum())
    assert len(display.ax_.lines) == needed == 9
    assert len({line.get_color() for line in display.ax_.lines}) == 3  # no edge joins two signals
    widths = np.array([line.get_linewidth() for line in display.ax_.lines])
    drawn = np.concatenate(
        [g.nlargest(3).to_numpy() for _, g in basis.interaction_graph_.groupby("source_layer")["mutual_info"]]
    )
    drawn = np.sort(drawn)[::-1]
    np.testing.assert_allclose(np.sort(widths)[::-1] / widths.max(), drawn / drawn.max(), rtol=0.02)
    display.figure_.canvas.draw()
    assert f"{drawn.max():.2g} nats" in display.ax_.get_title()
    ax = plt.figure().subplots()
    other = InteractionBasisDisplay.from_estimator(basis, basis="pca").plot(ax, share=1.0, units="bits")
    assert other.ax_ is ax
    assert len(ax.lines) == np.sum(basis.pca_graph_["mutual_info"] > 0)
    assert "bits" in ax.get_title()


def test_display_of_jacobians_and_errors():
    x = np.random.default_rng(0).normal(size=(50, 3))
    local = InteractionBasis().fit([x, x[:, :2]], jacobians=[np.broadcast_to(np.eye(3)[:2], (50, 2, 3))])
    assert "strength" in InteractionBasisDisplay.from_estimator(local).plot().ax_.get_title()
    with pytest.raises(TypeError, match="pass a fitted InteractionBasis"):
        InteractionBasisDisplay.from_estimator(x)
    with pytest.raises(NotFittedError):
        InteractionBasisDisplay.from_estimator(InteractionBasis())
    with pytest.raises(ValueError, match="basis must be one of"):
        InteractionBasisDisplay.from_estimator(local, basis="ica")
    for kwargs in ({"share": 0}, {"units": "bans"}):
        with pytest.raises(ValueError, match="share must be|units must be"):
            InteractionBasisDisplay.from_estimator(local).plot(**kwargs)
