"""Neural collapse: analytic values, minima of regularized losses in both limits, all linear layers, errors."""

import numpy as np
import pytest
from scipy.linalg import pinv
from scipy.optimize import minimize

from skib import ConstantInputWarning
from skib.metrics import deep_neural_collapse, neural_collapse

SIZES = (200, 100, 50, 20)


def etf(n_classes, n_units):
    means = np.eye(n_classes, n_units) - np.eye(n_classes, n_units).mean(axis=0)
    return means / np.linalg.norm(means, axis=1, keepdims=True)


def noisy_simplex(noise, n_classes=10, n_units=64, n_each=500, seed=0):
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(n_classes), n_each)
    means = etf(n_classes, n_units) @ np.linalg.qr(rng.normal(size=(n_units, n_units)))[0]
    return means[y] + noise / np.sqrt(n_units) * rng.normal(size=(len(y), n_units)), y, means


def minimum(sizes, loss, *, n_linear=1, rectified=False, n_units=10, seed=0):
    """Return one feature of each class, and the weights, at the minimum of the regularized loss, found by descent."""
    k, n = len(sizes), np.array(sizes, float)
    shapes = [(k, n_units), *[(n_units, n_units)] * (n_linear - 1), (k, n_units)]
    ends = np.cumsum([0, *[a * b for a, b in shapes]])
    penalties = [1e-6 * n[:, None], *[1e-3] * n_linear]

    def parts(v):
        return [v[a:b].reshape(shape) for a, b, shape in zip(ends, ends[1:], shapes, strict=False)]

    def objective(v):
        features, *weights = parts(v)
        layers = [features]
        for weight in weights:
            layers.append(layers[-1] @ weight.T)
        if loss == "squared_error":
            slope = layers[-1] - np.eye(k)
            value = n @ (slope**2).sum(axis=1) / 2
        else:
            odds = np.exp(layers[-1] - layers[-1].max(axis=1, keepdims=True))
            odds /= odds.sum(axis=1, keepdims=True)
            slope, value = odds - np.eye(k), -n @ np.log(np.diag(odds))
        slope, gradients = n[:, None] * slope / n.sum(), []
        for weight, layer in zip(weights[::-1], layers[-2::-1], strict=True):
            gradients.append(slope.T @ layer)
            slope = slope @ weight
        gradients = [slope, *gradients[::-1]]
        everything = list(zip(gradients, penalties, parts(v), strict=True))
        value = value / n.sum() + sum((penalty * part**2).sum() for _, penalty, part in everything) / 2
        return value, np.concatenate([(gradient + penalty * part).ravel() for gradient, penalty, part in everything])

    start = np.random.default_rng(seed).normal(size=ends[-1]) / 2
    bounds = None
    if rectified:
        start[: ends[1]] = abs(start[: ends[1]])
        bounds = [(0, None)] * ends[1] + [(None, None)] * (ends[-1] - ends[1])
    options = {"maxiter": 20_000, "maxfun": 40_000, "ftol": 1e-15, "gtol": 1e-9}
    features, *weights = parts(
        minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    )
    return features, weights


@pytest.mark.parametrize("noise", [0.05, 0.3, 1.0])
def test_nc1_of_a_noisy_simplex_is_analytic(noise):
    h, y, means = noisy_simplex(noise)
    collapse = neural_collapse(h, y, means, n_permutations=0)
    truth = noise**2 * 9**2 / (64 * 10)
    assert collapse.nc1.value == pytest.approx(truth, rel=0.02)
    assert collapse.frame == "simplex"
    assert collapse.nc2.value < 0.05 and collapse.nc3.value < 0.05 and collapse.nc4.value == 0


def test_values_equal_the_formulas():
    h, y, means = noisy_simplex(2.0, n_classes=4, n_units=6, n_each=30)
    w = means + np.random.default_rng(0).normal(size=means.shape)
    found = neural_collapse(h, y, w, n_permutations=0)
    mu = np.array([h[y == k].mean(axis=0) for k in range(4)])
    centered = mu - mu.mean(axis=0)
    within = sum((h[y == k] - mu[k]).T @ (h[y == k] - mu[k]) for k in range(4)) / len(h)
    assert found.nc1.value == pytest.approx(np.trace(within @ pinv(centered.T @ centered / 4)) / 4)
    gram, limit = centered @ centered.T, np.eye(4) - 1 / 4
    distance = np.linalg.norm(gram / np.linalg.norm(gram) - limit / np.linalg.norm(limit))
    assert found.nc2.value == found.nc2_simplex.value == pytest.approx(distance)
    dual = np.linalg.norm(w / np.linalg.norm(w) - centered / np.linalg.norm(centered))
    assert found.nc3.value == pytest.approx(dual)
    nearest = np.argmin(np.linalg.norm(h[:, None] - mu, axis=2), axis=1)
    assert found.nc4.value == np.mean(nearest != np.argmax(h @ w.T, axis=1))
    assert neural_collapse(h, y, n_permutations=0).nc4.value == np.mean(nearest != y)


@pytest.mark.parametrize(("loss", "rectified"), [("squared_error", False), ("log_loss", True)])
def test_imbalanced_limit_is_recognized(loss, rectified):
    features, (w,) = minimum(SIZES, loss, rectified=rectified)
    y = np.repeat(np.arange(4), SIZES)
    h = features[y] + 1e-6 * np.random.default_rng(0).normal(size=(len(y), 10))
    collapse = neural_collapse(h, y, w, loss=loss, random_state=0)
    assert collapse.frame == "orthogonal"
    assert collapse.nc1.value < 1e-9
    assert collapse.nc2.value == collapse.nc2_orthogonal.value < 1e-4
    assert collapse.nc3.value < 1e-4
    assert collapse.nc4.value == 0
    assert collapse.nc2_simplex.value > 0.2  # against the other frame it would not count as collapsed
    assert collapse.nc2.null > 0.5 and collapse.nc3.null > 0.5


def test_orthogonal_means_of_other_lengths_are_not_the_limit():
    y = np.repeat(np.arange(4), SIZES)
    h = (np.eye(4, 10) * [[1], [2], [1], [2]])[y] + 1e-6 * np.random.default_rng(0).normal(size=(len(y), 10))
    assert neural_collapse(h, y, n_permutations=0).nc2.value > 0.3


def test_balanced_minimum_is_the_simplex():
    features, (w,) = minimum((50, 50, 50, 50), "log_loss")
    y = np.repeat(np.arange(4), 50)
    h = features[y] + 1e-6 * np.random.default_rng(0).normal(size=(200, 10))
    collapse = neural_collapse(h, y, w, n_permutations=0)
    assert collapse.frame == "simplex"
    assert max(collapse.nc2.value, collapse.nc3.value) < 1e-3
    assert collapse.nc2_orthogonal.value > 0.2


def test_all_linear_layers_of_a_deep_minimum():
    features, weights = minimum(SIZES, "squared_error", n_linear=3)
    y = np.repeat(np.arange(4), SIZES)
    h = features[y] + 1e-6 * np.random.default_rng(0).normal(size=(len(y), 10))
    layers = {"first": h, "second": h @ weights[0].T, "third": h @ weights[0].T @ weights[1].T}
    table = deep_neural_collapse(layers, y, weights, loss="squared_error", random_state=0)
    assert list(table["layer"].unique()) == list(layers)
    values = table.pivot(index="layer", columns="quantity", values="value")
    assert (values[["nc2", "nc2_orthogonal", "nc3"]] < 1e-3).all(axis=None)
    assert (values["nc2_simplex"] > 0.1).all()
    assert (table.loc[table["quantity"] == "nc2", "null"] > 0.5).all()
    # As if each were the last layer, the lengths would be wrong.
    assert neural_collapse(h, y, loss="squared_error", n_permutations=0).nc2.value > 0.05


def test_biases_follow_the_layers():
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=300)
    h = np.eye(3, 6)[y] + 0.8 * rng.normal(size=(300, 6))
    first, second, shift, offset = (
        rng.normal(size=(5, 6)),
        rng.normal(size=(3, 5)),
        rng.normal(size=5),
        rng.normal(size=3),
    )
    inner = h @ first.T + shift
    table = deep_neural_collapse([h, inner], y, [first, second], [shift, offset], n_permutations=0)
    nc4 = table.loc[table["quantity"] == "nc4", "value"].to_numpy()
    assert nc4[0] == neural_collapse(h, y, second @ first, second @ shift + offset, n_permutations=0).nc4.value
    assert nc4[1] == neural_collapse(inner, y, second, offset, n_permutations=0).nc4.value


def test_standard_errors_are_the_spread_over_samples():
    y = np.repeat(np.arange(4), [100, 100, 50, 30])
    means = np.eye(4, 20) * np.array([1, 1, 1.2, 1.4])[:, None]
    found = []
    for seed in range(60):
        h = means[y] + 0.3 * np.random.default_rng(seed).normal(size=(len(y), 20))
        options = {"class_sizes": np.bincount(y), "n_permutations": 0}
        found.append(neural_collapse(h, y, means - means.mean(axis=0), **options))
    for name in ("nc1", "nc2_simplex", "nc3", "nc4"):
        spread = np.std([getattr(one, name).value for one in found], ddof=1)
        error = np.mean([getattr(one, name).std_error for one in found])
        assert error == pytest.approx(spread, rel=4 / np.sqrt(120))


def test_a_sample_of_equal_classes_is_balanced():
    rng = np.random.default_rng(0)
    y = rng.integers(10, size=2000)
    h = rng.normal(size=(2000, 20))
    assert neural_collapse(h, y, n_permutations=0).frame == "simplex"
    sizes = np.arange(1, 11) * 500
    assert neural_collapse(h, y, class_sizes=sizes, n_permutations=0).frame == "orthogonal"
    assert neural_collapse(h, y, frame="orthogonal", n_permutations=0).frame == "orthogonal"


def test_noise_is_at_its_null():
    y = np.repeat(np.arange(5), 40)
    rows = [np.random.default_rng(seed).normal(size=(200, 300)) for seed in range(20)]  # more units than rows
    found = [neural_collapse(one, y, random_state=0) for one in rows]
    for name in ("nc1", "nc2", "nc4"):
        excess = [getattr(one, name).value - getattr(one, name).null for one in found]
        assert abs(np.mean(excess)) < 4 * np.std(excess, ddof=1) / np.sqrt(20)
    assert np.isnan(found[0].nc3.value)


def test_labels_may_be_text_and_bits_repeat():
    h, y, means = noisy_simplex(1.0, n_classes=3, n_units=5, n_each=20)
    named = np.array(["a", "b", "c"])[y]
    first, again = (neural_collapse(h, labels, means, random_state=1) for labels in (named, y))
    assert first.nc1 == again.nc1 and first.nc3 == again.nc3
    assert list(first.classes) == ["a", "b", "c"]


def test_constant_layer():
    with pytest.warns(ConstantInputWarning, match="the class means are equal"):
        found = neural_collapse(np.zeros((20, 3)), np.repeat([0, 1], 10), random_state=0)
    assert np.isnan(found.nc1.value) and np.isnan(found.nc2.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.zeros(60, int)}, "y has one class, 0"),
        ({"y": np.r_[np.nan, np.arange(59) % 3]}, "Input y contains NaN"),
        ({"y": np.array([None, *"abc" * 19, "a", "b"], dtype=object)}, "Input y contains NaN or None in 1 of 60 rows"),
        ({"y": np.array([1, *"abc" * 19, "a", "b"], dtype=object)}, "labels of several types, int, str"),
        ({"y": np.arange(60) % 3 + 0.5}, "not whole"),
        ({"n_permutations": -1}, "n_permutations must be a whole number"),
        ({"class_sizes": [np.inf, 1, 1]}, "class_sizes must hold"),
        ({"y": np.arange(59)}, "60 rows but y has 59"),
        ({"y": np.arange(60)}, "60 rows of 60 classes"),
        ({"y": np.zeros((60, 2))}, "one class label"),
        ({"H": np.full((60, 5), np.nan)}, "NaN"),
        ({"W": np.ones((5, 3))}, r"W has shape \(5, 3\), required is \(3, 5\)"),
        ({"W": np.full((3, 5), np.inf)}, "W or b holds NaN or infinity"),
        ({"b": np.ones(2)}, r"b has shape \(2,\)"),
        ({"frame": "etf"}, "frame must be"),
        ({"loss": "hinge"}, "loss must be"),
        ({"class_sizes": [1, 2]}, "class_sizes must hold"),
    ],
)
def test_bad_input(change, message):
    h, y, means = noisy_simplex(1.0, n_classes=3, n_units=5, n_each=20)
    with pytest.raises(ValueError, match=message):
        neural_collapse(**{"H": h, "y": y, "W": means} | change)


@pytest.mark.parametrize(
    ("layers", "weights", "message"),
    [
        ([], None, "layers is empty"),
        (1, [np.eye(5), np.ones((4, 5))], "1 layers have 2 weights"),
        (2, [np.ones((4, 5)), np.ones((4, 5))], "cannot follow each other"),
        (2, None, "known for squared error only"),
    ],
)
def test_bad_input_of_deep_networks(layers, weights, message):
    y = np.repeat(np.arange(4), SIZES)
    rows = [np.random.default_rng(0).normal(size=(len(y), 5))] * layers if layers else []
    with pytest.raises(ValueError, match=message):
        deep_neural_collapse(rows, y, weights)


@pytest.mark.parametrize("scale", [1e-200, 1e-150, 1e150, 1e200])
@pytest.mark.parametrize("sizes", [(30, 30, 30), (60, 30, 10)])
def test_scales_change_nothing(scale, sizes):
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(3), sizes)
    h, weights = 3 * np.eye(3, 8)[y] + rng.normal(size=(len(y), 8)), rng.normal(size=(3, 8))
    expected = neural_collapse(h, y, weights, random_state=0)
    for found in (
        neural_collapse(h * scale, y, weights, random_state=0),
        neural_collapse(h, y, weights * scale, random_state=0),
    ):
        for name in ("nc1", "nc2_simplex", "nc2_orthogonal", "nc3", "nc4"):
            one, other = getattr(found, name), getattr(expected, name)
            assert (one.value, one.std_error, one.null) == pytest.approx(
                (other.value, other.std_error, other.null), rel=1e-6
            )


def test_a_class_without_any_activation_has_a_length_of_0():
    rng = np.random.default_rng(0)
    for _ in range(20):
        h, y = rng.random((90, 7)), np.repeat([0, 1, 2], [50, 30, 10])
        h[y == 2] = 0
        collapse = neural_collapse(h, y, n_permutations=0)
        assert 0 < collapse.nc2_orthogonal.value < 2**0.5


def test_labels_may_be_a_column():
    h, y, _ = noisy_simplex(0.3, n_classes=3, n_units=5, n_each=20)
    found, expected = (neural_collapse(h, labels, n_permutations=0) for labels in (y[:, None], y))
    assert found.nc1.value == expected.nc1.value


def test_biases_need_a_value_for_each_output():
    rng = np.random.default_rng(0)
    layers, weights = [rng.normal(size=(60, 6)), rng.normal(size=(60, 5))], [np.ones((5, 6)), np.ones((3, 5))]
    with pytest.raises(ValueError, match=r"biases have the shapes \[\(4,\), \(3,\)\], required are \[\(5,\), \(3,\)\]"):
        deep_neural_collapse(layers, np.arange(60) % 3, weights, [np.zeros(4), np.zeros(3)])


def test_errors_hold_the_spread_of_class_sizes_that_were_counted():
    shares, (means, weights) = np.array([8, 4, 2, 2]) / 16, np.random.default_rng(7).normal(size=(2, 4, 20))
    weights += means
    found, known = [], []
    for seed in range(80):
        rng = np.random.default_rng(seed)
        y = rng.choice(4, 400, p=shares)
        h = means[y] + 0.5 * rng.normal(size=(400, 20))
        found.append(neural_collapse(h, y, weights, n_permutations=0))
        known.append(neural_collapse(h, y, weights, class_sizes=16 * shares, n_permutations=0))
    for name in ("nc1", "nc2_orthogonal", "nc3"):  # with the sizes as they are: a quarter of the spread of nc3
        for some in (found, known):
            spread = np.std([getattr(one, name).value for one in some], ddof=1)
            assert np.mean([getattr(one, name).std_error for one in some]) == pytest.approx(
                spread, rel=4 / np.sqrt(160)
            )
    assert all(one.nc4.std_error > 0 for one in found)


def test_parts_leave_a_row_of_each_class():
    rng = np.random.default_rng(0)
    y = np.r_[np.repeat([0, 1], 40), [2, 2, 3, 3]]  # every other part would hold both rows of a class somewhere
    for seed in range(20):
        order = np.random.default_rng(seed).permutation(len(y))
        found = neural_collapse(rng.normal(size=(len(y), 5)), y[order], n_permutations=0)
        assert np.isfinite([found.nc1.std_error, found.nc2_orthogonal.std_error]).all()
