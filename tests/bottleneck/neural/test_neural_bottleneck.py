"""Neural bottlenecks as estimators: training in pieces, warnings, errors, scores in nats, and wrong labels."""

import pickle

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris, make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skib import SaturatedEstimateWarning, SkibWarning
from skib.bottleneck.neural import (
    LBFGS,
    Adam,
    CauchySchwarzQMI,
    NeuralBottleneckClassifier,
    NeuralBottleneckRegressor,
    PairwiseRate,
    VIBClassifier,
    VIBRegressor,
)
from skib.bottleneck.neural._co_teaching import row_losses

QUICK = Adam(0.01, 20)
X, Y = load_iris(return_X_y=True)
NUMBERS = X[:, 3]


def vib(**params):
    return VIBClassifier(
        **{"beta": 10.0, "hidden": (8,), "n_components": 3, "solver": QUICK, "random_state": 0} | params
    )


def test_classifier_learns_and_says_what_its_code_says():
    fitted = vib().fit(X, Y)
    assert fitted.score(X, Y) > 0.93
    assert 0.8 < fitted.relevance_ < np.log(3)
    assert fitted.relevance_ < fitted.rate_lower_ < fitted.rate_upper_  # data processing
    np.testing.assert_allclose(fitted.predict_proba(X).sum(axis=1), 1)
    assert fitted.n_iter_ == len(fitted.loss_curve_) == 20
    assert fitted.loss_curve_[-1] < fitted.loss_curve_[0]


def test_regressor_of_one_and_of_several_columns():
    one = VIBRegressor(10.0, hidden=(8,), solver=QUICK, random_state=0).fit(X[:, :3], NUMBERS)
    assert one.predict(X[:, :3]).shape == (150,) and one.score(X[:, :3], NUMBERS) > 0.9
    two = VIBRegressor(10.0, hidden=(8,), solver=QUICK, random_state=0).fit(X[:, :2], X[:, 2:])
    assert two.predict(X[:, :2]).shape == (150, 2) and two.score(X[:, :2], X[:, 2:]) > 0.7
    assert two.relevance_ < two.rate_upper_


@pytest.mark.parametrize("noise", ["learned", "shared", 0.5])
def test_code_and_its_draws(noise):
    fitted = vib(noise=noise).fit(X, Y)
    draws = np.stack([fitted.sample(X, random_state=i) for i in range(200)])
    spread = np.exp(0.5 * fitted.network_.encoded(fitted._scaled(X)).log_variance)
    assert np.abs((draws.mean(axis=0) - fitted.transform(X)) / spread).max() < 5 / np.sqrt(200)
    np.testing.assert_allclose(draws.std(axis=0).mean(), spread.mean(), rtol=0.02)


def test_same_seed_same_bits_and_pickling():
    fitted, again = vib().fit(X, Y), vib().fit(X, Y)
    np.testing.assert_array_equal(fitted.network_.vector, again.network_.vector)
    assert fitted.relevance_ == again.relevance_
    loaded = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(loaded.predict_proba(X), fitted.predict_proba(X))
    np.testing.assert_array_equal(loaded.partial_fit(X, Y).predict_proba(X), fitted.partial_fit(X, Y).predict_proba(X))


def test_partial_fit_learns_in_pieces():
    fitted, order = vib(solver=Adam(0.01, batch_size=25)), np.random.default_rng(0).permutation(150)
    for _ in range(40):
        for rows in (order[:75], order[75:]):
            fitted.partial_fit(X[rows], Y[rows], classes=[0, 1, 2])
    assert fitted.score(X, Y) > 0.93
    assert len(fitted.loss_curve_) == 80


def test_partial_fit_needs_batches_and_known_classes():
    with pytest.raises(ValueError, match="partial_fit needs batches"):
        vib(solver=LBFGS()).partial_fit(X, Y)
    with pytest.raises(ValueError, match="takes neither forget_rate nor early_stopping"):
        vib(solver=Adam(forget_rate=0.2)).partial_fit(X, Y)
    with pytest.raises(ValueError, match=r"labels \[2\] that are not among the classes \[0, 1\]"):
        vib().partial_fit(X[:100], Y[:100]).partial_fit(X, Y)
    with pytest.raises(
        ValueError, match=r"labels \['other'\] that are not among the classes \['0', '1', '2', '3', '4', \.\.\.\]"
    ):
        vib().partial_fit(X[:9], list("012345678")).partial_fit(X[:1], ["other"])
    with pytest.raises(ValueError, match="a regressor has no classes"):
        VIBRegressor().partial_fit(X, NUMBERS, classes=[0])


def test_warm_start_goes_on_if_the_sizes_are_the_same():
    fitted = vib(warm_start=True, solver=Adam(0.01, 2)).fit(X, Y)
    network = fitted.network_
    fitted.fit(X, Y)
    assert fitted.network_ is network and fitted.n_iter_ == 4
    fitted.set_params(n_components=2).fit(X, Y)
    assert fitted.network_ is not network and fitted.n_iter_ == 2
    assert fitted.fit(X[:100], Y[:100]).classes_.tolist() == [0, 1]


def test_path_along_beta():
    path = vib().beta_path(X, Y, [20.0, 2.0, 0.5])
    assert path["beta"].tolist() == [0.5, 2.0, 20.0]
    assert path["rate_upper"].is_monotonic_increasing and path["relevance"].is_monotonic_increasing
    assert path["rate_upper"][0] < 0.05 and path["n_active"][2] >= 1  # below beta = 1 nothing is worth its rate
    assert len(VIBRegressor(5.0, hidden=(), solver=Adam(0.01, 2)).beta_path(X, NUMBERS)) == 8
    with pytest.raises(ValueError, match="betas must be finite numbers above 0"):
        vib().beta_path(X, Y, [0.0, 1.0])


def test_information_score_selects_beta():
    def nats(estimator, X, y):
        return estimator.information_score(X, y)

    piped = make_pipeline(StandardScaler(), vib())
    search = GridSearchCV(piped, {"vibclassifier__beta": [1.5, 20.0]}, cv=2).fit(X, Y)
    assert search.best_score_ > 0.9
    search = GridSearchCV(vib(), {"beta": [1.5, 20.0], "solver__learning_rate": [0.01]}, cv=2, scoring=nats).fit(X, Y)
    assert search.best_params_["beta"] == 20.0
    assert 0.7 < search.best_score_ < np.log(3)


def test_input_gradients_are_those_of_the_losses():
    fitted = vib(solver=Adam(0.01, 5, dtype="float64")).fit(X, Y)
    gradients = fitted.input_gradients(X[:5], Y[:5])

    def losses(x):
        return row_losses(Y[:5], fitted._outputs(x))

    for j in range(4):
        step = np.zeros(4)
        step[j] = 1e-5
        found = (losses(X[:5] + step) - losses(X[:5] - step)) / 2e-5
        np.testing.assert_allclose(gradients[:, j], found, atol=1e-6)


def test_early_stopping_takes_the_best_network():
    # Labels without relation to X: the first epochs are the best.
    labels = np.random.default_rng(0).integers(0, 2, 150)
    fitted = vib(beta=1000.0, solver=Adam(0.02, 100, early_stopping=True)).fit(X, labels)
    assert fitted.n_iter_ < 100
    assert fitted.n_iter_ == int(np.argmin(fitted.validation_curve_)) + 11
    with pytest.raises(ValueError, match="leaves none of 2 rows"):
        vib(solver=Adam(early_stopping=True, validation_fraction=0.9)).fit(X[49:51], Y[49:51])


def test_collapsed_and_saturated_codes_are_reported():
    with pytest.warns(SkibWarning, match=r"the code has collapsed: it says at most .* at beta=0.5"):
        vib(beta=0.5, solver=Adam(0.01, 60)).fit(X, Y)
    with pytest.warns(SkibWarning, match=r"the code has collapsed: it says at most .* at beta=0.001"):
        fitted = vib(beta=1e-3, solver=Adam(0.01, 8)).fit(X, Y)
    assert fitted.rate_upper_ > 0.01 > fitted.relevance_
    with pytest.warns(SaturatedEstimateWarning, match="each of them has a code of its own"):
        vib(beta=1e6, noise=1e-3).fit(X, Y)
    with pytest.warns(ConvergenceWarning, match="max_iter=2 ended the minimization"):
        vib(solver=LBFGS(2)).fit(X, Y)


def test_a_code_without_noise_has_an_infinite_rate():
    fitted = NeuralBottleneckRegressor(CauchySchwarzQMI(), noise=0, solver=QUICK, random_state=0).fit(X, NUMBERS)
    assert fitted.rate_upper_ == np.inf and fitted.rate_lower_ <= np.log(150)
    np.testing.assert_array_equal(fitted.sample(X, random_state=0), fitted.transform(X))
    for penalty in (None, PairwiseRate()):
        with pytest.raises(ValueError, match="is infinite without noise"):
            NeuralBottleneckRegressor(penalty, noise=0).fit(X, NUMBERS)


def test_sizes_of_layers_are_checked():
    with pytest.raises(ValueError, match=r"decoder_hidden=\(0,\) must hold whole numbers of units"):
        vib(decoder_hidden=(0,)).fit(X, Y)


@pytest.mark.parametrize("activation", ["tanh", "leaky"])
def test_deeper_decoders_and_other_activations(activation):
    assert vib(decoder_hidden=(6,), activation=activation).fit(X, Y).score(X, Y) > 0.93


def test_ordered_codes_use_their_first_units_most():
    fitted = NeuralBottleneckClassifier(
        None, None, 10.0, 4, (16,), ordered=True, solver=Adam(0.01, 20), random_state=0
    ).fit(X, Y)
    rates = fitted.unit_rates_
    assert rates[0] == rates.max() and rates[0] > 3 * rates[-1]


def with_wrong_labels(y, share, seed, *, n_classes, pairs=False):
    """Labels of which a share is drawn at random, or moved to the next class."""
    rng, wrong = np.random.default_rng(seed), y.copy()
    moved = rng.random(len(y)) < share
    wrong[moved] = (y[moved] + 1) % n_classes if pairs else rng.integers(0, n_classes, moved.sum())
    return wrong


def test_co_teaching_resists_wrong_labels():
    x, y = make_classification(600, 20, n_informative=10, n_classes=3, class_sep=2.0, random_state=0)
    train, test = slice(400), slice(400, None)
    wrong = with_wrong_labels(y[train], 0.45, 0, n_classes=3)
    solver = Adam(0.01, 80, batch_size=50)
    scores = [
        VIBClassifier(1000.0, solver=solver, random_state=0)
        .set_params(solver__forget_rate=rate)
        .fit(x[train], wrong)
        .score(x[test], y[test])
        for rate in (0.0, 0.3)
    ]
    assert scores[1] > scores[0] + 0.1


def test_row_losses():
    np.testing.assert_allclose(row_losses(np.array([0, 1]), np.zeros((2, 4))), np.log(4))
    np.testing.assert_allclose(row_losses(np.zeros((2, 2)), np.ones((2, 2))), 2.0)


@pytest.mark.slow
@pytest.mark.parametrize(("share", "pairs"), [(0.0, False), (0.3, False), (0.5, False), (0.3, True)])
def test_digits_with_wrong_labels(share, pairs):
    x, y = load_digits(return_X_y=True)
    gains = []
    for seed in range(5):
        x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.3, random_state=seed, stratify=y)
        scale, wrong = StandardScaler().fit(x_train), with_wrong_labels(y_train, share, seed, n_classes=10, pairs=pairs)
        stops = share > 0
        mlp = MLPClassifier((100, 16), max_iter=400, early_stopping=stops, random_state=seed)
        bottleneck = VIBClassifier(solver=Adam(early_stopping=stops), random_state=seed)
        theirs = mlp.fit(scale.transform(x_train), wrong).score(scale.transform(x_test), y_test)
        gains.append(bottleneck.fit(x_train, wrong).score(x_test, y_test) - theirs)
    assert np.mean(gains) > (0.0 if share else -0.005)
