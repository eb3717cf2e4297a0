"""Neural bottlenecks of targets without variance, of batches of one row, and of trainings that diverge."""

import numpy as np
import pytest

from skib import ConstantInputWarning, SkibWarning
from skib.bottleneck.neural import (
    HSIC,
    Adam,
    CauchySchwarzIBRegressor,
    NeuralBottleneckRegressor,
    VIBClassifier,
    VIBRegressor,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 3))
CLASSES = np.digitize(X[:, 0], np.linspace(-1.2, 1.2, 9))
NUMBERS = X[:, 0] + RNG.normal(size=400)


def pieces(estimator, y, size, **params):
    """Fit an estimator twice over batches of some rows."""
    for start in [*range(0, len(X), size)] * 2:
        estimator.partial_fit(X[start : start + size], y[start : start + size], **params)
    return estimator


@pytest.mark.parametrize("size", [5, 40])
def test_small_batches_do_not_add_information_about_classes(size):
    vib = pieces(VIBClassifier(hidden=(8,), solver=Adam(0.01), random_state=0), CLASSES, size, classes=range(10))
    shares = np.bincount(CLASSES, minlength=10) / 400
    information = vib.information_score(X, CLASSES)
    expected = np.log(vib.predict_proba(X)[np.arange(400), CLASSES] / shares[CLASSES]).mean()
    assert information < -np.sum(shares * np.log(shares))  # at most H(Y)
    assert information == pytest.approx(expected, abs=0.2)  # without the noise of the code


def test_a_first_piece_of_large_numbers_does_not_add_information():
    vib, largest = VIBRegressor(hidden=(8,), solver=Adam(0.01), random_state=0), np.argsort(NUMBERS)[-20:]
    vib.partial_fit(X[largest], NUMBERS[largest])
    for _ in range(40):
        vib.partial_fit(X, NUMBERS)
    truth = -0.5 * np.log(1 - np.corrcoef(X[:, 0], NUMBERS)[0, 1] ** 2)
    assert truth - 0.2 < vib.information_score(X, NUMBERS) < truth + 0.03  # which other columns add by chance


def test_the_first_piece_fixes_units():
    with pytest.raises(ValueError, match="needs at least 2 rows"):
        VIBRegressor().partial_fit(X[:1], NUMBERS[:1])
    with pytest.raises(ValueError, match="constant in the first call, which fixes its unit"):
        VIBRegressor().partial_fit(X[:5], np.ones(5))
    with pytest.raises(ValueError, match="classes is empty"):
        VIBClassifier().partial_fit(X[:5], [0, 1, 0, 1, 0], classes=[])
    with pytest.warns(ConstantInputWarning, match=r"columns \[0\]"):
        VIBClassifier(random_state=0).partial_fit(X[:5] * [0, 1, 1], [0, 1, 0, 1, 0])


@pytest.mark.parametrize("Estimator", [VIBRegressor, CauchySchwarzIBRegressor])
def test_a_constant_target_has_no_relevance(Estimator):
    fitted = Estimator(hidden=(8,), solver=Adam(max_iter=3), random_state=0).fit(X, np.full(400, 3.0))
    assert fitted.relevance_ == 0
    assert (fitted.predict(X) == 3).all()


@pytest.mark.parametrize("second", [NUMBERS, 0 * NUMBERS], ids=["copy", "constant"])
def test_a_target_that_adds_nothing_adds_no_relevance(second):
    vib = VIBRegressor(hidden=(8,), solver=Adam(0.01, 10), random_state=0)
    alone = vib.fit(X, NUMBERS).relevance_
    assert vib.fit(X, np.column_stack([NUMBERS, second])).relevance_ == pytest.approx(alone, abs=0.05)


def test_a_batch_of_one_row_has_no_dependence():
    solver = Adam(0.01, 2, batch_size=1)
    fitted = NeuralBottleneckRegressor(HSIC(), hidden=(8,), solver=solver, random_state=0).fit(X[:50], NUMBERS[:50])
    assert np.isfinite(fitted.loss_curve_).all()


def test_a_constant_code_without_noise_has_no_rate():
    with pytest.warns(SkibWarning, match="collapsed: it says at most 0 nats"):
        fitted = CauchySchwarzIBRegressor(solver=Adam(max_iter=2), random_state=0).fit(np.ones((50, 2)), NUMBERS[:50])
    assert fitted.rate_lower_ == fitted.rate_upper_ == 0


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("params", [{"solver": Adam(1e20, 2)}, {"beta": 1e-300, "solver": Adam(max_iter=2)}], ids=str)
def test_a_diverging_training_is_refused(params):
    with pytest.raises(ValueError, match=r"the training diverged, with a loss of (nan|inf)"):
        VIBClassifier(**params, random_state=0).fit(X, CLASSES)


def test_a_class_in_place_of_an_instance_is_refused():
    with pytest.raises(TypeError, match=r"HSIC is a class; pass an instance, HSIC\(\)"):
        NeuralBottleneckRegressor(HSIC).fit(X, NUMBERS)
    with pytest.raises(TypeError, match=r"Adam is a class; pass an instance, Adam\(\)"):
        VIBClassifier(solver=Adam).fit(X, CLASSES)
