"""I(X;T|Y): identities, its null, and estimators that condition on nothing."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from sklearn.base import BaseEstimator

from skib.datasets import make_gaussian_pair
from skib.information_plane import InformationPlane
from skib.information_plane._conditional import WithinClasses
from skib.mutual_info import KSG, Auto, Binned, ChainRule, Ross

N = 400
GIVEN = "I(X;T|Y)"


def rows_of(plane, quantity):
    return plane.results_[plane.results_["quantity"] == quantity].set_index(["epoch", "layer"])


def network(seed=0, n_classes=3):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(N, 4))
    y = np.digitize(X[:, 0], [-0.5, 0.5])[:N] % n_classes
    return {0: {"fc": np.tanh(X @ rng.normal(size=(4, 2)))}, 3: {"fc": np.tanh(3 * X[:, :2])}, "X": X, "y": y}


def fit(dump, **parameters):
    quick = {"estimator": Ross(), "conditional": True, "random_state": 0}
    return InformationPlane(**quick | parameters).fit(dump | {"ids": range(N)})


def test_chain_rule_of_a_deterministic_network():
    """Y is a function of X, and so is T: I(X;T) = I(T;Y) + I(X;T|Y), exactly for the same bins of T."""
    plane = fit(network(), estimator=Binned(n_bins=5), input_estimator=Binned(n_bins=5))
    assert list(plane.results_["quantity"][:3]) == ["I(T;Y)", "I(X;T)", GIVEN]
    about_x, about_y, given = (rows_of(plane, name) for name in ("I(X;T)", "I(T;Y)", GIVEN))
    assert_allclose(about_x["mutual_info"], about_y["mutual_info"] + given["mutual_info"], rtol=1e-12)
    h_y = stats.entropy(np.bincount(network()["y"]))
    assert_allclose(given["ceiling"], np.log(N) - h_y)  # H(X|Y)
    assert_array_equal(given["null_mean"], given["mutual_info"])  # permuted inputs are renamed symbols
    assert (given["estimator"] == "Binned(n_bins=5)").all()


def test_without_it_there_are_two_rows_per_cell():
    plane = InformationPlane(random_state=0).fit(network() | {"ids": range(N)})
    assert set(plane.results_["quantity"]) == {"I(T;Y)", "I(X;T)"}


def test_saturation_is_nearness_to_the_entropy_of_inputs_given_the_target():
    plane = fit(network(), input_estimator=Binned(n_bins=300))
    rows = rows_of(plane, GIVEN)
    assert rows["saturated"].all() and rows["message"].str.contains("of at most H(X|Y)", regex=False).all()
    assert (rows["warnings"] == "SaturatedEstimateWarning").all()


def test_repeated_inputs_are_shuffled_within_classes():
    rng = np.random.default_rng(0)
    X = rng.integers(2, size=(N, 2)).astype(float)
    y = X[:, 0]
    class_only = rows_of(fit({0: {"fc": y[:, None]}, "X": X, "y": y}, input_estimator=ChainRule()), GIVEN)
    assert_allclose(class_only[["mutual_info", "null_mean"]], 0, atol=1e-12)  # T is Y: no information beyond it
    more = rows_of(fit({0: {"fc": X[:, 1:]}, "X": X, "y": y}, input_estimator=ChainRule()), GIVEN).iloc[0]
    assert abs(more["mutual_info"] - np.log(2)) < 0.02 and more["null_mean"] < 0.02 and more["pvalue"] < 1e-3


@pytest.mark.parametrize("estimator", [KSG(), Auto()])
def test_numbers_are_compared_within_classes(estimator):
    pairs = [make_gaussian_pair(N // 2, rho=rho, random_state=seed) for seed, rho in enumerate((0.0, 0.9))]
    y = np.repeat([0, 1], N // 2)
    X, T = (np.concatenate([getattr(pair, side) for pair in pairs]).reshape(N, 1) + 20 * y[:, None] for side in "Xy")
    row = rows_of(fit({0: {"fc": T}, "X": X, "y": y}, input_estimator=estimator), GIVEN).iloc[0]
    truth = np.mean([pair.mutual_info for pair in pairs])
    assert abs(row["mutual_info"] - truth) < 4 * row["std_error"]
    assert abs(row["null_mean"]) < 4 * row["null_std"] / np.sqrt(20) + 0.01 and row["pvalue"] < 1e-3
    assert row["estimator"] == f"WithinClasses(estimator={estimator!r})"
    assert np.isfinite(row["ceiling"]) and not row["saturated"]


class Mean(BaseEstimator):
    """No information at all, and an estimate with a fixed standard error."""

    def fit(self, X, y):
        self.mutual_info_, self.std_error_ = np.mean(X), np.std(X, ddof=1) / np.sqrt(len(X))
        return self


def test_standard_error_within_classes_is_that_of_many_samples():
    def estimate(seed):
        rng = np.random.default_rng(seed)
        y = rng.integers(3, size=150)
        return WithinClasses(Mean()).fit(rng.normal(size=(150, 1)) * (1 + y[:, None]) + y[:, None], y, given=y)

    fits = [estimate(seed) for seed in range(400)]
    spread = np.std([fit.mutual_info_ for fit in fits], ddof=1)
    assert_allclose(np.mean([fit.std_error_ for fit in fits]), spread, rtol=4 / np.sqrt(2 * 400))
    assert np.isnan(fits[0].ceiling_) and not fits[0].saturated_


def test_continuous_target():
    dump = network() | {"y": network()["X"][:, 0]}
    numbers = {"estimator": KSG(), "input_estimator": KSG()}
    rows = rows_of(fit(dump, **numbers), GIVEN)
    direct = KSG().fit(dump[3]["fc"], dump["X"], given=dump["y"])
    assert rows.loc[(3, "fc"), "mutual_info"] == direct.mutual_info_
    assert rows[["null_mean", "null_std", "pvalue"]].isna().all(axis=None) and (rows["status"] != "failed").all()
    noise = rows_of(fit(dump, **numbers, null="noise", n_permutations=3), GIVEN)
    assert noise["null_mean"].notna().all()
    binned = rows_of(fit(dump, estimator=KSG(), input_estimator=Binned(n_bins=4)), GIVEN)
    assert_array_equal(binned["null_mean"], binned["mutual_info"])


def test_continuous_target_needs_an_estimator_that_conditions():
    class Covariance(BaseEstimator):
        def fit(self, X, y):
            return self

    with pytest.raises(ValueError, match="conditional=True needs an input_estimator.*takes no `given`"):
        fit(network() | {"y": network()["X"][:, 0]}, input_estimator=Covariance())
