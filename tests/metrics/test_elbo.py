"""The terms of the mean KL against quadrature, closed forms of linear encoders, and each other."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import logsumexp

from skib import SaturatedEstimateWarning
from skib.metrics import elbo_decomposition

PARTS = ("mutual_info", "total_correlation", "dimension_kl")


def log_normal(z, mu, logvar):
    return -(((z - mu) ** 2) * np.exp(-logvar) + logvar + np.log(2 * np.pi)) / 2


def quadrature(mu, logvar):
    """The three terms for rows of two units, by a sum over a grid."""
    axis = np.linspace(-12, 12, 1201)
    cell = (axis[1] - axis[0]) ** 2
    logs = [log_normal(axis, mu[:, [j]], logvar[:, [j]]) for j in (0, 1)]  # (n_rows, n_points) each
    of_rows = logs[0][:, :, None] + logs[1][:, None, :]
    joint = logsumexp(of_rows, axis=0) - np.log(len(mu))
    units = [logsumexp(log, axis=0) - np.log(len(mu)) for log in logs]
    product = units[0][:, None] + units[1]
    prior = log_normal(axis, 0, 0)[:, None] + log_normal(axis, 0, 0)
    information = np.mean([np.sum(np.exp(one) * (one - joint)) for one in of_rows]) * cell
    weights = np.exp(joint) * cell
    return information, np.sum(weights * (joint - product)), np.sum(weights * (product - prior))


@pytest.mark.parametrize("seed", range(4))
def test_mixture_equals_quadrature(seed):
    rng = np.random.default_rng(seed)
    mu, logvar = rng.normal(size=(4, 2)), rng.uniform(-1.5, 0.5, size=(4, 2))
    # Many copies of four rows have the same mixture, and many draws.
    parts = elbo_decomposition(np.tile(mu, (1000, 1)), np.tile(logvar, (1000, 1)), random_state=seed)
    for name, truth in zip(PARTS, quadrature(mu, logvar), strict=True):
        found = getattr(parts, name)
        assert abs(found.value - truth) < 4 * found.std_error


def linear_encoder(seed, n_samples=400):
    """Posteriors of a linear encoder of rows whose covariance is exactly the identity, and the closed forms."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n_samples, 4))
    x -= x.mean(axis=0)
    x = np.linalg.solve(np.linalg.cholesky(x.T @ x / n_samples), x.T).T
    weights, shift, variances = rng.normal(size=(4, 3)), rng.normal(size=3), rng.uniform(0.2, 2, size=3)
    covariance = weights.T @ weights + np.diag(variances)
    log_det, diagonal = np.linalg.slogdet(covariance)[1], np.diag(covariance)
    information = (log_det - np.log(variances).sum()) / 2
    correlation = (np.log(diagonal).sum() - log_det) / 2
    marginals = (diagonal + shift**2 - 1 - np.log(diagonal)).sum() / 2
    logvar = np.tile(np.log(variances), (n_samples, 1))
    return x @ weights + shift, logvar, (information, correlation, marginals)


@pytest.mark.parametrize("seed", range(5))
def test_linear_gaussian_closed_form(seed):
    mu, logvar, truth = linear_encoder(seed)
    parts = elbo_decomposition(mu, logvar, aggregate="gaussian")
    assert [getattr(parts, name).value for name in PARTS] == pytest.approx(truth, rel=0, abs=1e-6)
    assert parts.mean_kl.value == pytest.approx(sum(truth), rel=0, abs=1e-6)


def test_mixture_approaches_the_closed_form_where_it_is_not_saturated():
    mu, logvar, _ = linear_encoder(0, 3000)
    logvar = logvar + 2.0
    gaussian = elbo_decomposition(mu, logvar, aggregate="gaussian")
    mixture = elbo_decomposition(mu, logvar, random_state=0)
    for name in PARTS:
        error = np.hypot(getattr(mixture, name).std_error, getattr(gaussian, name).std_error)
        assert abs(getattr(mixture, name).value - getattr(gaussian, name).value) < 4 * error


@pytest.mark.parametrize("aggregate", ["mixture", "gaussian"])
def test_terms_add_up_to_the_mean_kl(aggregate):
    rng = np.random.default_rng(0)
    mu, logvar = rng.normal(size=(50, 6)), rng.uniform(-1, 1, size=(50, 6))
    parts = elbo_decomposition(mu, logvar, aggregate=aggregate, groups=list("aabbbc"), random_state=0)
    kl = (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=1).mean() / 2
    assert parts.mean_kl.value == pytest.approx(kl, rel=1e-12)
    assert sum(getattr(parts, name).value for name in PARTS) == pytest.approx(kl, rel=1e-12)
    assert parts.units["kl"].sum() == pytest.approx(kl, rel=1e-12)
    assert parts.units["marginal_kl"].sum() == pytest.approx(parts.dimension_kl.value, rel=1e-12)
    assert parts.groups["n_units"].tolist() == [2, 3, 1]
    assert parts.groups["total_correlation"][2] == pytest.approx(0, abs=1e-12)


def test_groups_keep_their_correlation_to_themselves():
    x = np.random.default_rng(0).normal(size=(500, 2))
    mu, logvar = 0.8 * np.repeat(x, 2, axis=1), np.full((500, 4), np.log(0.36))
    together = elbo_decomposition(mu, logvar, groups=[0, 0, 1, 1], aggregate="gaussian", random_state=0)
    apart = elbo_decomposition(mu, logvar, groups=[0, 1, 0, 1], aggregate="gaussian", random_state=0)
    truth = -0.5 * np.log(1 - 0.64**2)
    assert together.groups["total_correlation"].tolist() == pytest.approx([truth, truth], abs=0.05)
    assert together.group_total_correlation.value < 0.01
    assert apart.group_total_correlation.value == pytest.approx(2 * truth, abs=0.1)


def test_null_is_the_correlation_that_few_rows_show_of_independent_units():
    rng = np.random.default_rng(0)
    values, nulls = [], []
    for seed in range(20):
        parts = elbo_decomposition(rng.normal(size=(100, 5)), np.full((100, 5), 0.5), random_state=seed)
        values.append(parts.total_correlation.value)
        nulls.append(parts.total_correlation.null)
    assert np.mean(nulls) > 4 * np.std(nulls) / np.sqrt(20)
    assert abs(np.mean(values) - np.mean(nulls)) < 4 * np.hypot(np.std(values), np.std(nulls)) / np.sqrt(20)


def test_posteriors_that_ignore_the_row_have_no_information():
    parts = elbo_decomposition(np.full((40, 3), 0.5), np.full((40, 3), -0.2), random_state=0)
    assert parts.mutual_info.value == pytest.approx(0, abs=1e-12)
    assert parts.total_correlation.value == pytest.approx(0, abs=1e-12)
    assert parts.dimension_kl.value == pytest.approx(parts.mean_kl.value)
    vanished = elbo_decomposition(np.zeros((40, 2)), np.zeros((40, 2)), random_state=0)
    assert vanished.units["vanishing"].all()
    assert vanished.mean_kl.value == 0


def test_information_near_its_ceiling_warns():
    mu = 10 * np.random.default_rng(0).normal(size=(50, 3))
    with pytest.warns(SaturatedEstimateWarning, match="the mixture of 50 posteriors allows at most 3.91"):
        parts = elbo_decomposition(mu, np.zeros((50, 3)), random_state=0)
    assert parts.mutual_info.ceiling == pytest.approx(np.log(50))


def test_blocks_change_nothing(monkeypatch):
    mu, logvar, _ = linear_encoder(1)
    whole = elbo_decomposition(mu, logvar + 2, random_state=0)
    monkeypatch.setattr("skib.metrics._elbo_terms._BLOCK", 1)
    assert elbo_decomposition(mu, logvar + 2, random_state=0).mutual_info == whole.mutual_info


@pytest.mark.parametrize("aggregate", ["mixture", "gaussian"])
@pytest.mark.parametrize("offset", [1e4, 1e8])
def test_information_does_not_depend_on_the_offset_of_the_means(aggregate, offset):
    mu, logvar, _ = linear_encoder(0)
    parts = elbo_decomposition(mu, logvar + 2, aggregate=aggregate, random_state=0)
    moved = elbo_decomposition(mu + offset, logvar + 2, aggregate=aggregate, random_state=0)
    assert moved.mutual_info.value == pytest.approx(parts.mutual_info.value, rel=1e-6)
    assert moved.total_correlation.value == pytest.approx(parts.total_correlation.value, rel=1e-6)
    assert moved.units["mutual_info"].to_numpy() == pytest.approx(parts.units["mutual_info"].to_numpy(), rel=1e-6)
    kl = ((mu + offset) ** 2 + np.exp(logvar + 2) - 3 - logvar).sum(axis=1).mean() / 2
    assert moved.mean_kl.value == pytest.approx(kl, rel=1e-12)


def test_rows_that_are_told_apart_without_error_have_log_n():
    """Posteriors far narrower than the digits of their means: the atoms of as many values as rows."""
    mu = np.random.default_rng(0).normal(size=(100, 2))
    with pytest.warns(SaturatedEstimateWarning):
        parts = elbo_decomposition(mu, np.full((100, 2), -100.0), random_state=0)
    assert parts.mutual_info.value == pytest.approx(np.log(100))
    assert parts.total_correlation.value == pytest.approx(np.log(100))


def test_names_of_units_and_frames():
    mu = pd.DataFrame(np.zeros((5, 2)), columns=["a", "b"])
    assert elbo_decomposition(mu, mu, aggregate="gaussian").units["unit"].tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("mu", "logvar", "options", "text"),
    [
        (np.zeros((4, 2)), np.zeros((4, 3)), {}, r"logvar has shape \(4, 3\); pass one for each entry of mu"),
        (np.zeros((4, 2)), np.full((4, 2), 800.0), {}, r"natural logarithms of variances.*got up to 800"),
        (1e150 * np.arange(8.0).reshape(4, 2), np.zeros((4, 2)), {}, "KL of 4.5e.300 nats.*in the units of the prior"),
        (np.zeros((4, 2)), np.full((4, 2), 600.0), {}, "in the units of the prior"),
        (
            np.arange(4.0)[:, None] * [1, 1],
            np.full((4, 2), -100.0),
            {"aggregate": "gaussian"},
            "follows from the others",
        ),
        (np.full((4, 2), np.nan), np.zeros((4, 2)), {}, "mu contains NaN"),
        (np.zeros((4, 2)), np.full((4, 2), -np.inf), {}, "logvar contains"),
        (np.zeros((4, 2)), np.zeros((4, 2)), {"groups": [0]}, "one label for each of the 2 units"),
        (np.zeros((4, 2)), np.zeros((4, 2)), {"aggregate": "normal"}, "aggregate must be"),
        (np.zeros((1, 2)), np.zeros((1, 2)), {}, "at least 2 rows"),
    ],
)
def test_bad_input_is_named(mu, logvar, options, text):
    with pytest.raises(ValueError, match=text):
        elbo_decomposition(mu, logvar, **options)


@pytest.mark.parametrize("n_samples", [200, pytest.param(2000, marks=pytest.mark.slow)])
def test_errors_at_0_are_the_spread_over_samples(n_samples):
    """Eight independent units that have the distribution of the prior: all but the information is 0."""
    found = []
    for seed in range(200):
        mu = 0.8 * np.random.default_rng(seed).normal(size=(n_samples, 8))
        found.append(
            elbo_decomposition(mu, np.full(mu.shape, np.log(0.36)), groups=[0] * 4 + [1] * 4, aggregate="gaussian")
        )
    for name in ("total_correlation", "group_total_correlation", "dimension_kl"):
        values, errors = np.array([(getattr(one, name).value, getattr(one, name).std_error) for one in found]).T
        assert 0.8 < values.std(ddof=1) / errors.mean() < 1.25  # by the influences alone: 0.7
