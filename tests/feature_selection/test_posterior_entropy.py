"""PosteriorEntropySelector: closed forms of Gaussians, their order by information, stops, classes and subsets."""

import numpy as np
import pandas as pd
import pytest

from skib import SkibWarning
from skib.entropy import PlugIn
from skib.feature_selection import PosteriorEntropySelector
from skib.mutual_info import GaussianCopula

NOISE = np.array([2.0, 0.7, 4.0, 1.2])


def simulated(seed=0, n_samples=2000, noise=NOISE):
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=n_samples)
    return theta[:, None] + noise * rng.normal(size=(n_samples, len(noise))), theta


def posterior_entropy(noise):
    """Of a standard normal parameter and measurements with noise of these standard deviations."""
    return 0.5 * np.log(2 * np.pi * np.e / (1 + np.sum(noise**-2.0)))


@pytest.mark.parametrize("estimator", [None, GaussianCopula()], ids=repr)
def test_gaussian_statistics_are_ranked_by_their_information(estimator):
    X, theta = simulated()
    selector = PosteriorEntropySelector(3, estimator=estimator).fit(X, theta)
    assert selector.selected_features_.tolist() == [1, 3, 0]  # of least noise, hence of most information, first
    prior = selector.prior_entropy_
    assert abs(prior - 0.5 * np.log(2 * np.pi * np.e)) < 4 / np.sqrt(2 * 2000) + 0.03  # of neighbors and of the draw
    assert (selector.path_["posterior_entropy"] == prior - selector.path_["mutual_info"]).all()


def test_posterior_entropies_are_those_of_the_closed_form():
    X, theta = simulated()
    selector = PosteriorEntropySelector(3, estimator=GaussianCopula()).fit(X, theta)
    truth = [0.5 * np.log(2 * np.pi * np.e) - posterior_entropy(NOISE[[1, 3, 0][: k + 1]]) for k in range(3)]
    found = selector.path_
    assert np.all(np.abs(found["mutual_info"] - truth) < 4 * found["std_error"])
    assert selector.posterior_entropy_ == found["posterior_entropy"].iloc[-1]


def test_the_order_is_that_of_the_information_of_single_columns():
    X, theta = simulated(1)
    single = GaussianCopula().score_features(X, theta)
    selector = PosteriorEntropySelector(4, estimator=GaussianCopula()).fit(X, theta)
    assert selector.selected_features_.tolist() == np.argsort(-single).tolist()


def test_two_parameters_need_two_statistics():
    rng = np.random.default_rng(0)
    theta = rng.normal(size=(1500, 2))
    X = np.c_[theta + 0.3 * rng.normal(size=(1500, 2)), theta[:, 0] + rng.normal(size=1500), rng.normal(size=1500)]
    selector = PosteriorEntropySelector(random_state=0).fit(X, theta)
    assert sorted(selector.selected_features_.tolist()) == [0, 1]
    truth = 2 * 0.5 * np.log(2 * np.pi * np.e * 0.09 / 1.09)
    assert selector.posterior_entropy_ == pytest.approx(truth, abs=0.25)  # neighbors in four dimensions


def test_a_sufficient_statistic_is_enough():
    rng = np.random.default_rng(0)
    theta = rng.normal(size=1000)
    data = theta[:, None] + rng.normal(size=(1000, 10))
    X = np.c_[data[:, 0], data.mean(axis=1), np.median(data, axis=1), rng.normal(size=1000)]
    assert PosteriorEntropySelector(random_state=0).fit(X, theta).selected_features_.tolist() == [1]


@pytest.mark.parametrize("n_features", [1, 5])
def test_noise_is_rarely_selected(n_features):
    rng, selected = np.random.default_rng(0), 0
    for seed in range(20):
        X, theta = rng.normal(size=(200, n_features)), rng.normal(size=200)
        selected += len(PosteriorEntropySelector(random_state=seed).fit(X, theta).selected_features_) > 0
    assert selected < 6  # a probability of at most 3e-4 at a level of 0.05


def test_exhaustive_search_finds_a_pair_that_no_greedy_step_does():
    rng = np.random.default_rng(0)
    theta = rng.normal(size=1000)
    nuisance = 5 * rng.normal(size=1000)
    X = np.c_[theta + nuisance, nuisance, theta + 3 * rng.normal(size=1000)]
    greedy, exhaustive = (
        PosteriorEntropySelector(2, search=search, estimator=GaussianCopula()).fit(X, theta)
        for search in ("greedy", "exhaustive")
    )
    assert greedy.selected_features_[0] == 2
    assert exhaustive.selected_features_.tolist() == [0, 1]
    assert exhaustive.posterior_entropy_ < greedy.posterior_entropy_
    assert exhaustive.path_["features"].tolist() == [(2,), (0, 1)]


def test_exhaustive_auto_takes_the_least_entropy():
    X, theta = simulated(n_samples=500)
    selector = PosteriorEntropySelector(search="exhaustive").fit(X, theta)
    assert selector.posterior_entropy_ == selector.path_["posterior_entropy"].min()
    assert selector.path_["selected"].sum() == 1


def test_classes_such_as_models():
    rng = np.random.default_rng(0)
    model = rng.choice(["a", "b"], size=1000)
    X = pd.DataFrame({"noise": rng.normal(size=1000), "mean": (model == "a") + 0.4 * rng.normal(size=1000)})
    selector = PosteriorEntropySelector(random_state=0).fit(X, model)
    assert selector.get_feature_names_out().tolist() == ["mean"]
    assert selector.prior_entropy_ == pytest.approx(np.log(2), abs=0.01)
    assert 0 < selector.posterior_entropy_ < 0.5


def test_jobs_make_no_difference():
    X, theta = simulated(n_samples=300)
    one, two = (PosteriorEntropySelector(n_jobs=n_jobs, random_state=0).fit(X, theta) for n_jobs in (1, 2))
    assert one.path_.equals(two.path_)


def test_bad_input():
    X, theta = simulated(n_samples=100)
    with pytest.raises(ValueError, match="search='exhaustive' has more than 5000 subsets of 20 columns"):
        PosteriorEntropySelector(search="exhaustive").fit(np.tile(X, 5), theta)
    with pytest.warns(SkibWarning, match="n_features_to_select=9 exceeds the 4 columns"):
        assert len(PosteriorEntropySelector(9).fit(X, theta).selected_features_) == 4
    with pytest.raises(ValueError, match="requires y to be passed"):
        PosteriorEntropySelector(random_state=0).fit(X)
    counts = np.random.default_rng(2).poisson(50, 100)
    with pytest.raises(ValueError, match=r"H\(y\), of the parameters y in place of X: .* or pass entropy=PlugIn\(\)"):
        PosteriorEntropySelector(random_state=0).fit(X, counts)
    by_counts = PosteriorEntropySelector(1, entropy=PlugIn()).fit(np.c_[counts + theta, X], counts)
    assert by_counts.selected_features_.tolist() == [0]
    with pytest.raises(ValueError, match="NaN"):
        PosteriorEntropySelector(random_state=0).fit(np.where(X > 1, np.nan, X), theta)
    selector = PosteriorEntropySelector(random_state=0).fit(np.random.default_rng(1).normal(size=(100, 2)), theta)
    with pytest.warns(SkibWarning, match="no column has significant information about y"):
        assert selector.transform(X[:, :2]).shape == (100, 0)
