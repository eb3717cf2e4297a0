import numpy as np
import pytest
from numpy.testing import assert_allclose

from skib._layers import Layers
from skib.bottleneck.neural._annealing import Model, initial_head, schedule
from skib.bottleneck.neural._block_encoders import BlockEncoders
from skib.bottleneck.neural._gains import Gains
from skib.bottleneck.neural._likelihoods import ClassLikelihood, GaussianLikelihood
from tests.bottleneck.neural.test_penalties import differences

N = 30


def model(kind, target, seed=0):
    """A model in float64, with rows and noise for it."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, 3))
    y = rng.integers(3, size=N) if target == "classes" else rng.normal(size=(N, 2))
    likelihood = ClassLikelihood(y) if target == "classes" else GaussianLikelihood(y)
    channels = Gains(3, np.float64) if kind == "gains" else BlockEncoders([[0, 2], [1]], (4,), 2, rng, np.float64)
    head = initial_head(channels.n_units, (5,), likelihood.n_outputs, rng, np.float64)
    return Model(channels, head, likelihood), x, y, rng.normal(size=(N, channels.n_units))


@pytest.mark.parametrize("kind", ["gains", "encoders"])
@pytest.mark.parametrize("target", ["classes", "numbers"])
def test_gradients_are_finite_differences(kind, target):
    network, x, y, noise = model(kind, target)
    gradients = network.terms(x, y, noise, 0.3)[2]
    assert len(gradients) == len(network.parameters)
    for parameter, found in zip(network.parameters, gradients, strict=True):

        def value(point, parameter=parameter):
            before = parameter.copy()
            parameter[...] = point
            loss, rates, _ = network.terms(x, y, noise, 0.3)
            parameter[...] = before
            return loss + 0.3 * rates.sum()

        expected = differences(value, parameter.copy())
        assert_allclose(found, expected, atol=1e-6 * max(np.abs(expected).max(), 0.01))


def test_rates_of_encoders_are_divergences_from_the_prior():
    network, x, _, _ = model("encoders", "classes")
    encoded = network.channels.encoded(x)
    terms = 0.5 * (encoded.mu**2 + np.exp(encoded.log_variance) - encoded.log_variance - 1)
    assert_allclose(encoded.rates, [terms[:, :2].sum() / N, terms[:, 2:].sum() / N])


def test_a_code_is_a_function_of_its_own_block():
    network, x, _, _ = model("encoders", "classes")
    changed = x.copy()
    changed[:, 1] += 1
    before, after = network.channels.encoded(x).mu, network.channels.encoded(changed).mu
    assert_allclose(after[:, :2], before[:, :2])
    assert (after[:, 2:] != before[:, 2:]).all()


def test_the_rate_of_a_gain_is_the_information_of_a_gaussian_column():
    gains = Gains(1, np.float64)
    gains.log_gains += 0.1
    x = np.random.default_rng(0).normal(size=(20_000, 1))
    received = gains.encoded(x).mu + np.random.default_rng(1).normal(size=x.shape)
    correlation = np.corrcoef(x[:, 0], received[:, 0])[0, 1]
    found, truth = -0.5 * np.log(1 - correlation**2), gains.encoded(x).rates[0]
    assert abs(found - truth) < 4 * np.abs(correlation) / np.sqrt(len(x))


def test_beta_falls_evenly_in_its_logarithm_between_two_plateaus():
    betas, rates = schedule(1000.0, 10.0, 100)
    assert len(betas) == len(rates) == 100
    assert (betas[:20] == 1000).all()
    assert_allclose(betas[80:], 10)
    steps = np.diff(np.log(betas[20:81]))
    assert_allclose(steps, steps[0])
    assert (rates[:80] == 1).all()
    assert (np.diff(rates[79:]) < 0).all()


@pytest.mark.parametrize("n_epochs", [2, 3, 7])
def test_few_epochs_end_at_the_last_beta(n_epochs):
    betas, rates = schedule(1000.0, 10.0, n_epochs)
    assert len(betas) == len(rates) == n_epochs
    assert betas[-1] == pytest.approx(10)


def test_losses_without_input():
    codes = np.array([0, 0, 1])
    assert ClassLikelihood(codes).without_input == pytest.approx(-(2 * np.log(2 / 3) + np.log(1 / 3)) / 3)
    y = np.random.default_rng(0).normal(size=(50, 2))
    y = (y - y.mean(axis=0)) / y.std(axis=0)
    likelihood = GaussianLikelihood(y)
    assert likelihood.value_and_gradient(y, np.zeros_like(y))[0] == pytest.approx(likelihood.without_input, abs=1e-3)


def test_head_has_the_layers_asked_for():
    head = initial_head(4, (), 2, np.random.default_rng(0))
    assert isinstance(head, Layers)
    assert [coefs.shape for coefs in head.coefs] == [(4, 2)]
