"""Complexity of features: probes against scikit-learn's, planted directions, noise, blocks, dumps, and bad input."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skib import ConstantInputWarning
from skib.metrics import _linear_probes, feature_complexity
from skib.metrics._linear_probes import LinearProbes


@pytest.mark.parametrize("shape", [(40, 5), (40, 60)])
def test_probes_predict_each_row_from_all_others(shape):
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=shape), rng.normal(size=(40, 3))
    z[:, 0] += x[:, 0]
    probes = LinearProbes.of(x)
    for penalty in (6, 18):
        only = probes._replace(kept=probes.kept[[penalty]], leverages=probes.leverages[[penalty]])
        centered = (x - x.mean(axis=0)) / x.std(axis=0)  # the scale of the units is that of all rows
        model = Ridge(40 * _linear_probes._PENALTIES[penalty])
        left = z - cross_val_predict(model, centered, z, cv=LeaveOneOut())
        means = z - cross_val_predict(Ridge(1e15), centered, z, cv=LeaveOneOut())
        expected = 1 - np.sum(left**2, axis=0) / np.sum(means**2, axis=0)
        if shape[1] > shape[0] and penalty == 6:
            continue  # interpolates: no penalty that cross-validation would choose
        np.testing.assert_allclose(only.explained(z)[0], expected, rtol=1e-6)


def test_penalty_is_the_one_of_least_generalized_cross_validation():
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=(60, 20)), rng.normal(size=(60, 4))
    z += 0.5 * x[:, :4]
    probes = LinearProbes.of(x)
    centered, scores = z - z.mean(axis=0), []
    for penalty in _linear_probes._PENALTIES[:-1]:
        model = make_pipeline(StandardScaler(), Ridge(60 * penalty)).fit(x, z)
        scaled = (x - x.mean(axis=0)) / x.std(axis=0)
        hat = scaled @ np.linalg.solve(scaled.T @ scaled + 60 * penalty * np.eye(20), scaled.T)
        scores.append(np.sum((z - model.predict(x)) ** 2, axis=0) / (59 - np.trace(hat)) ** 2)
    scores.append(np.sum(centered**2, axis=0) / 59**2)
    chosen = probes._penalties(np.sum(centered**2, axis=0), probes.vectors.T @ centered)
    assert chosen.tolist() == np.argmin(scores, axis=0).tolist()


@pytest.mark.parametrize("noise", [0.5, 1.0, 2.0])
def test_truth_of_a_linear_gaussian_layer(noise):
    scores = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        z = rng.normal(size=(1000, 4))
        dump = {0: {"noisy": z + noise * rng.normal(size=z.shape), "own": z}, "ids": range(1000)}
        found = feature_complexity(dump, random_state=0)
        truth = 1 / (1 + noise**2)
        scores.append((found.information[0, 0] - truth) / found.std_error[0, 0])
        np.testing.assert_allclose(found.information[0, 1], 1, atol=1e-6)
    scores = np.ravel(scores)
    assert abs(scores.mean()) < 4 / np.sqrt(len(scores)) + 4 / 1000 / np.mean(found.std_error[0, 0])  # bias of 4/n
    assert scores.std() == pytest.approx(1, rel=4 / np.sqrt(80))


@pytest.mark.parametrize("n_units", [10, 150, 400])
def test_noise_tells_nothing_with_any_number_of_units(n_units):
    rng = np.random.default_rng(0)
    dump = {0: {"noise": rng.normal(size=(200, n_units)), "own": rng.normal(size=(200, 100))}, "ids": range(200)}
    found = feature_complexity(dump, random_state=0)
    # A chosen penalty that helps by chance raises the mean by a few standard errors of a single direction.
    assert -0.05 < found.information[0, 0].mean() < 0.02
    assert abs(found.information[0, 0].mean() - found.null[0, 0]) < 0.03


def planted(n_samples=400):
    """Four directions of the last layer: in the first layer, in the second, in the last alone, and a constant one."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n_samples, 3))
    square, product = x[:, [0]] ** 2, x[:, [0]] * x[:, [1]] * x[:, [2]]
    first, second, last = x, np.hstack([x, square]), np.hstack([x, square, product])
    early = rng.normal(size=last.shape)
    return {0: {"a": first, "b": second, "c": early}, 7: {"a": first, "b": second, "c": last}, "ids": range(n_samples)}


def test_where_and_when_planted_directions_are_decodable():
    directions = np.eye(5)[:, [0, 3, 4]]
    found = feature_complexity(planted(), directions, random_state=0)
    table = found.complexity
    assert table["first_layer"].tolist() == ["a", "b", "c"]
    assert table["first_epoch"].tolist() == [7, 7, 7]
    expected = 1 - np.array([[1, 1, 1], [0, 1, 1], [0, 0, 1]]).mean(axis=1)
    assert (np.abs(table["value"] - expected) < 4 * table["std_error"] + 0.02).all()
    assert found.null.shape == (2, 3) and found.information.shape == (2, 3, 3)
    of_middle = feature_complexity(planted(), np.eye(4), layer="b", random_state=0)
    assert of_middle.complexity["first_epoch"].tolist() == [0, 0, 0, 0]


def test_long_table_of_an_incomplete_dump():
    dump = planted()
    del dump[0]["b"]
    found = feature_complexity(dump, np.eye(5)[:, :2], layer="c", random_state=0)
    table = found.to_frame()
    assert len(table) == 5 * 2
    assert found.layers == ("a", "c", "b")
    assert np.isnan(found.information[0, 2]).all()
    row = table.query("epoch == 7 and layer == 'b' and direction == 1").iloc[0]
    assert (row["value"], row["std_error"], row["null"]) == (
        found.information[1, 2, 1],
        found.std_error[1, 2, 1],
        found.null[1, 2],
    )


def test_blocks_and_jobs_change_nothing(monkeypatch):
    directions = np.random.default_rng(1).normal(size=(5, 40))
    whole = feature_complexity(planted(), directions, random_state=0)
    parallel = feature_complexity(planted(), directions, random_state=0, n_jobs=2)
    np.testing.assert_array_equal(whole.information, parallel.information)
    np.testing.assert_array_equal(whole.null, parallel.null)
    monkeypatch.setattr(_linear_probes, "_VALUES_AT_ONCE", 3000)
    blocks = feature_complexity(planted(), directions, random_state=0)
    np.testing.assert_allclose(blocks.information, whole.information, atol=1e-12)


def test_units_of_the_layers_change_nothing():
    dump = planted()
    scaled = {e: {k: 1e6 * v - 3e6 for k, v in dump[e].items()} for e in (0, 7)} | {"ids": range(400)}
    first, second = (feature_complexity(d, random_state=0).complexity["value"] for d in (dump, scaled))
    np.testing.assert_allclose(first, second, atol=1e-6)


@pytest.mark.parametrize(("unit", "of_directions"), [(1e-160, 1e-200), (1e160, 1e200)])
def test_units_out_of_the_range_of_squares_change_nothing(unit, of_directions):
    x = np.random.default_rng(0).normal(size=(100, 3))
    layers = {"first": x, "second": np.maximum(x, 0)}
    scaled = {layer: unit * rows for layer, rows in layers.items()}
    plain = feature_complexity({0: layers, "ids": range(100)}, random_state=0)
    found = feature_complexity({0: scaled, "ids": range(100)}, of_directions * np.eye(3), random_state=0)
    np.testing.assert_allclose(found.information, plain.information, rtol=1e-9)


def test_constant_directions_and_units():
    dump = planted()
    dump[7]["c"] = np.hstack([dump[7]["c"], np.ones((400, 1))])
    dump[7]["a"] = np.ones((400, 3))
    with pytest.warns(ConstantInputWarning, match=r"directions \[5\] are constant .* \(1 of 6\)"):
        found = feature_complexity(dump, random_state=0)
    assert np.isnan(found.complexity["value"]).tolist() == [False] * 5 + [True]
    assert found.complexity["first_layer"].isna().tolist() == [False] * 5 + [True]
    np.testing.assert_allclose(found.information[1, 0, :5], 0, atol=1e-12)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({}, {"layer": "x"}, "layer='x' is not in epoch 7; its layers are"),
        ({}, {"directions": np.eye(3)}, r"directions has shape \(3, 3\), but the layer has 5 units"),
        ({}, {"directions": np.full((5, 1), np.nan)}, "directions contains NaN"),
        ({}, {"decodable": 0}, "decodable must lie above 0"),
        ({"c": np.full((400, 5), np.inf)}, {}, "contains infinity"),
        ({"c": np.zeros((400, 2, 3))}, {}, "reduce="),
    ],
)
def test_bad_input(change, options, message):
    dump = planted()
    dump[7] |= change
    with pytest.raises(ValueError, match=message):
        feature_complexity(dump, **options)


def test_too_few_rows():
    with pytest.raises(ValueError, match="the dump has 5 rows; pass at least 10"):
        feature_complexity({0: {"a": np.eye(5)}, "ids": range(5)})
