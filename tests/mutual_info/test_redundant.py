"""Columns that others, or the condition, determine add no information: in Auto, GaussianCopula and the correction."""

import numpy as np
import pytest

from skib import ConstantInputWarning, UnreliableEstimateWarning
from skib.mutual_info import KSG, Auto, GaussianCopula, LocalNonuniformityCorrection, MesnerShalizi, permutation_test
from skib.mutual_info._redundant import condition_without_redundant, without_determined, without_redundant

ESTIMATORS = [Auto(), GaussianCopula(), LocalNonuniformityCorrection()]


def named(estimator):
    return type(estimator).__name__


def softmax(logits):
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 3))
    return x, x @ [1, 0.5, 0.2] + rng.normal(size=600)


def test_scores_of_others_or_of_the_condition(rows):
    x, _ = rows
    wide = np.column_stack([x[:, 0], np.exp(x[:, 0]), x[:, 1:]])  # the second has the ranks of the first
    np.testing.assert_array_equal(without_redundant(wide).columns[:, 1:], x[:, 1:])
    assert without_redundant(x).columns is x
    assert without_redundant(x, x[:, :0]).columns is x
    assert without_redundant(np.exp(x[:, :1]), x[:, :1]).columns.shape == (600, 0)
    np.testing.assert_array_equal(without_redundant(x, np.exp(x[:, :1])).columns, x[:, 1:])


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=named)
@pytest.mark.parametrize(
    "more",
    [
        lambda x: x[:, 0],
        lambda x: 2 * x[:, 0] + 1,
        lambda x: np.exp(x[:, 0]),
        lambda x: x[:, 1] ** 2,
        lambda x: x[:, 0] * x[:, 1],
        lambda x: np.linalg.norm(x, axis=1),
    ],
    ids=["copy", "affine", "monotone", "square", "product", "norm"],
)
def test_a_determined_column_changes_nothing(rows, estimator, more):
    x, y = rows
    alone = estimator.fit(x[:, :2], y).mutual_info_
    x = x[:, :2]
    assert estimator.fit(np.column_stack([x, more(x)]), y).mutual_info_ == pytest.approx(alone, abs=1e-10)
    assert estimator.fit(y[:, None], np.column_stack([x, more(x)])).mutual_info_ == pytest.approx(
        estimator.fit(y[:, None], x).mutual_info_, abs=1e-10
    )


def test_ordinary_columns_keep_their_bits_in_permutation_tests(rows):
    x, y = rows
    for estimator in (GaussianCopula(), Auto()):
        tests = [
            permutation_test(estimator, part[:150, :], y[:150], n_permutations=2, random_state=0)
            for part in (x[:, :2], np.column_stack([x[:, :2], x[:, 0] * x[:, 1]]))
        ]
        np.testing.assert_allclose(tests[0].null_distribution, tests[1].null_distribution, atol=1e-10)


@pytest.mark.parametrize("n_classes", [3, 5, 10])
@pytest.mark.parametrize("estimator", ESTIMATORS[:2], ids=named)
@pytest.mark.filterwarnings("ignore::skib.UnreliableEstimateWarning")
def test_softmax_of_gaussian_logits(estimator, n_classes):
    """Softmax is one-to-one with the differences of logits: I = (K - 1) / 2 log(1 + 1 / s^2), here s = 1.

    With all columns the estimates were up to 0.3 nats too high; without one, up to 0.5 nats too low.
    """
    errors = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        logits = rng.normal(size=(1000, n_classes))
        noisy = logits + rng.normal(size=logits.shape)
        found = estimator.fit(softmax(logits), softmax(noisy)).mutual_info_
        errors.append(found - (n_classes - 1) / 2 * np.log(2))
    assert abs(np.mean(errors)) < 0.04 + 0.03 * (n_classes - 1) / 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_composition_is_replaced_by_log_ratios(rows, dtype):
    x, y = rows
    parts = softmax(x).astype(dtype).astype(float)
    found = without_redundant(parts).columns
    assert found.shape == (600, 2)
    # Differences of logits, whatever the order of the columns.
    ratios = x[:, [0, 1, 2]] - x[:, [1, 2, 0]]
    for column in found.T:
        assert np.abs(ratios - column[:, None]).max(axis=0).min() < 1e-4 or (
            np.abs(ratios + column[:, None]).max(axis=0).min() < 1e-4
        )
    assert GaussianCopula().fit(parts, y).mutual_info_ == pytest.approx(
        GaussianCopula().fit(parts[:, [2, 0, 1]], y).mutual_info_, abs=1e-10
    )
    assert without_redundant(parts, parts[:, :2]).columns.shape == (600, 0)  # determined by the condition
    shares = np.column_stack([np.abs(x[:, 0]), np.zeros(600), 1 + np.abs(x[:, 1])])
    shares = np.column_stack([shares, 5 - shares.sum(axis=1)])[:, [0, 2, 3]]  # with negative parts: one is left out
    assert np.isin(without_redundant(shares).columns, shares).all()


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=named)
def test_columns_on_a_large_offset_are_no_composition(estimator):
    """Unix time, Celsius and Kelvin: the sums hardly vary beside their size, and the time is informative."""
    rng = np.random.default_rng(0)
    time, celsius = rng.normal(size=1000), 20 + rng.normal(size=1000)
    y = time + 0.3 * rng.normal(size=1000)
    x = np.column_stack([1.7e9 + 3600 * time, celsius, celsius + 273.15])
    assert estimator.fit(x, y).mutual_info_ == pytest.approx(estimator.fit(x[:, :2], y).mutual_info_, abs=1e-9)


def test_compositions_are_found_among_other_columns(rows):
    x, y = rows
    parts, others = softmax(x), softmax(np.random.default_rng(1).normal(size=(600, 4)))
    noise = np.random.default_rng(2).normal(size=(600, 1))
    alone = without_redundant(parts).columns
    for table, n_columns in [
        (np.hstack([noise, parts]), 3),
        (np.hstack([parts, others]), 5),
        (np.hstack([parts, parts[:, :1]]), 2),
        (np.hstack([0.7 * parts, np.full((600, 1), 0.3)]), 3),  # the constant stays, and is not divided by
    ]:
        found = without_determined(table).columns
        assert found.shape == (600, n_columns)
        for column in alone.T:
            assert np.abs(found - column[:, None]).max(axis=0).min() < 1e-9


def test_a_composition_as_condition_determines_its_parts(rows):
    x, y = rows
    parts = softmax(x)
    kept = condition_without_redundant(parts).columns
    assert kept.shape == (600, 2) and np.isin(kept, parts).all()
    with pytest.warns(ConstantInputWarning, match="given determines X"):
        assert Auto().fit(parts[:, [1]], y, given=parts).mutual_info_ == 0


def test_one_hot_columns():
    rng = np.random.default_rng(0)
    classes, y = rng.integers(0, 3, 500), rng.normal(size=500)
    y += classes
    with pytest.warns(UnreliableEstimateWarning, match="equal values"):
        whole = GaussianCopula().fit(np.eye(3)[classes], y).mutual_info_
        part = GaussianCopula().fit(np.eye(3)[classes][:, :2], y).mutual_info_
    assert whole == pytest.approx(part, abs=1e-10)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=named)
def test_unit_vectors_warn(estimator):
    angle, noise = np.random.default_rng(0).uniform(0, 6, (2, 500))
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    with pytest.warns(UnreliableEstimateWarning, match="on a curve or surface"):
        estimator.fit(circle, noise)
    with pytest.warns(UnreliableEstimateWarning, match="on a curve or surface"):
        estimator.fit(noise[:, None], circle)


def test_unit_vectors_are_left_to_the_neighbors():
    """An angle and the same plus noise of 0.2: log(2 pi) - h(N(0, 0.2)), which hardly wraps."""
    errors = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        a = rng.uniform(0, 2 * np.pi, 800)
        b = a + 0.2 * rng.normal(size=800)
        with pytest.warns(UnreliableEstimateWarning, match="on a curve or surface"):
            auto = Auto().fit(np.column_stack([np.cos(a), np.sin(a)]), np.column_stack([np.cos(b), np.sin(b)]))
        errors.append(auto.mutual_info_ - (np.log(2 * np.pi) - 0.5 * np.log(2 * np.pi * np.e * 0.04)))
    assert abs(np.mean(errors)) < 4 * np.std(errors, ddof=1) / np.sqrt(5) + 0.02


def autoregression(n_samples, rng):
    return np.convolve(rng.normal(size=n_samples + 50), 0.7 ** np.arange(50), "valid")[:n_samples]


@pytest.mark.parametrize("n_samples", [200, 1000])
def test_nothing_is_left_given_itself(n_samples):
    rng = np.random.default_rng(0)
    series = autoregression(n_samples + 1, rng)
    past, following, w = series[:-1, None], series[1:], rng.normal(size=(n_samples, 1))
    for x, z in [
        (past, past),
        (past + 1e-9 * w, past),
        (np.exp(past) + 1e-9 * w, past),
        (past, np.hstack([past, w])),
        (np.hstack([past, w]), np.hstack([w, past])),
        (past - w, np.hstack([w, past])),
        (past**2, past),
    ]:
        with pytest.warns(ConstantInputWarning, match="given determines X"):
            auto = Auto().fit(x, following, given=z)
        assert (auto.mutual_info_, auto.method_, auto.saturated_) == (0.0, "constant", False)
        with pytest.warns(ConstantInputWarning, match="given determines y"):
            assert Auto().fit(following[:, None], x, given=z).mutual_info_ == 0.0
        assert abs(GaussianCopula().fit(x, following, given=z).mutual_info_) < 1e-12
    for estimator in (KSG(), MesnerShalizi()):
        assert estimator.fit(past, following, given=past).mutual_info_ == 0.0
        assert abs(estimator.fit(past, following, given=np.hstack([past, w])).mutual_info_) < 1e-3  # ties of distances


def test_the_rest_of_x_given_part_of_it():
    rng = np.random.default_rng(0)
    z, w, noise = rng.normal(size=(3, 500))
    y = z + w + noise
    alone = Auto().fit(w[:, None], y, given=z)
    for x in (np.column_stack([z, w]), np.column_stack([w, z + w])):
        auto = Auto().fit(x, y, given=z)
        assert abs(auto.mutual_info_ - 0.5 * np.log(2)) < 4 * auto.std_error_
    assert Auto().fit(np.column_stack([z, w]), y, given=z).mutual_info_ == alone.mutual_info_
    nothing = Auto().fit(np.column_stack([z, w]), z + noise, given=z)
    assert abs(nothing.mutual_info_) < 4 * nothing.std_error_ + 0.005
