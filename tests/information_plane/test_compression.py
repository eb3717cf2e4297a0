"""Compressors of the plane: what they recover, when they are fitted, which layers are left alone."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pandas.testing import assert_frame_equal
from scipy import integrate, stats
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import NMF, PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.random_projection import GaussianRandomProjection

from skib._warnings import UnreliableEstimateWarning
from skib.information_plane import InformationPlane
from skib.mutual_info import KSG, Auto, Ross

N = 600


def classes_in_a_plane(seed, *, n_samples=1500, noise=0.3):
    """Two informative directions of 64, the others noise; the classes are 2 standard deviations apart."""
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=n_samples)
    latent = rng.normal(size=(n_samples, 64)) * np.r_[1, 1, np.full(62, noise)]
    latent[:, 0] += 2 * y
    return latent @ stats.ortho_group.rvs(64, random_state=seed) + 1, y


def information_of_classes(distance=2.0):
    """I(X;Y) of two equally likely unit Gaussians that far apart."""

    def integrand(x):
        p, q = stats.norm.pdf(x), stats.norm.pdf(x - distance)
        return 0.5 * p * np.log(2 * p / (p + q)) + 0.5 * q * np.log(2 * q / (p + q))

    return integrate.quad(integrand, -8, 8 + distance)[0]


def rows_of(plane, quantity="I(T;Y)"):
    return plane.results_[plane.results_["quantity"] == quantity].set_index(["epoch", "layer"])


def without_times(plane):
    return plane.results_.drop(columns="seconds")


def two_epochs(seed=0, n_samples=N):
    """The class is along the widest direction at epoch 0, and along another at epoch 1."""
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=n_samples)
    noise = rng.normal(size=(n_samples, 6))
    first, last = noise.copy(), noise.copy()
    first[:, 0] += 12 * y
    last[:, 5] += 12 * y
    return {0: {"fc": first}, 1: {"fc": last}, "y": y, "ids": range(n_samples)}


@pytest.mark.parametrize("n_components", [2, 8])
@pytest.mark.parametrize("seed", range(3))
def test_pca_recovers_what_is_in_two_of_64_directions(n_components, seed):
    x, y = classes_in_a_plane(seed)
    neighbors = Ross(marginals=None)
    row = rows_of(InformationPlane(neighbors, compressor=PCA(n_components), random_state=0).fit(x, y)).iloc[0]
    assert abs(row["mutual_info"] - information_of_classes()) < 4 * row["std_error"]
    assert row["compressor"] == f"PCA(n_components={n_components})" and row["n_units"] == 64
    raw = rows_of(InformationPlane(Ross(), n_permutations=0).fit(x, y)).iloc[0]
    assert raw["mutual_info"] < row["mutual_info"] - row["std_error"]  # what compression is for


def test_values_are_those_of_the_code():
    x, y = classes_in_a_plane(0, n_samples=N)
    pca = PCA(3, svd_solver="full")
    plane = InformationPlane(Ross(3), KSG(5), compressor=pca, random_state=0).fit(x, y, X=x[:, :2])
    code = pca.fit(x).transform(x)
    assert_allclose(rows_of(plane)["mutual_info"], Ross(3).fit(code, y).mutual_info_, rtol=1e-9)
    assert_allclose(rows_of(plane, "I(X;T)")["mutual_info"], KSG(5).fit(code, x[:, :2]).mutual_info_, rtol=1e-9)


def test_the_default_estimator_is_in_the_units_of_the_layer():
    x, y = classes_in_a_plane(0, n_samples=N)
    assert InformationPlane(n_permutations=0, compressor=PCA(2)).fit(x, y).estimator_.marginals is None
    assert InformationPlane(n_permutations=0).fit(x, y).estimator_.marginals is None
    continuous = InformationPlane(n_permutations=0, compressor=PCA(2)).fit(x, x[:, 0])
    assert isinstance(continuous.estimator_, Auto)


def test_fitted_in_each_cell_or_once_at_the_last_epoch():
    dump = two_epochs()
    each, last = (
        InformationPlane(compressor=PCA(1), compressor_fit=fit_at, random_state=0).fit(dump)
        for fit_at in ("each", "last")
    )
    h_y = each.target_entropy_
    assert_allclose(rows_of(each)["mutual_info"], h_y, atol=0.02)  # the widest direction of either epoch
    assert abs(rows_of(last).loc[0, "fc"]["mutual_info"]) < 0.1  # frozen to that of epoch 1, where the class was not
    last_epoch = [rows_of(plane).loc[1].drop(columns=["seconds", "compressor"]) for plane in (each, last)]
    assert_frame_equal(*last_epoch, check_exact=True)
    assert set(each.results_["compressor"]) == {"PCA(n_components=1)"}
    assert set(last.results_["compressor"]) == {"PCA(n_components=1) fitted at epoch 1"}


def test_a_layer_is_compressed_once_per_cell():
    calls = []

    class Counted(TransformerMixin, BaseEstimator):
        def fit(self, X, y=None):
            assert y is None
            calls.append("fit")
            return self

        def transform(self, X):
            calls.append("transform")
            return X[:, :1]

    InformationPlane(compressor=Counted(), conditional=True).fit(two_epochs())
    assert calls == ["fit", "transform"] * 2
    calls.clear()
    InformationPlane(compressor=Counted(), compressor_fit="last").fit(two_epochs())
    assert calls == ["fit"] + ["transform"] * 2


def test_narrow_and_constant_layers_are_left_as_they_are():
    rng = np.random.default_rng(0)
    y, wide = rng.integers(2, size=N), rng.normal(size=(N, 12))
    dump = {0: {"wide": wide, "even": wide[:, :4], "narrow": wide[:, :3], "dead": np.ones((N, 12))}, "ids": range(N)}
    alone = rows_of(InformationPlane(Ross(), random_state=0).fit(dump, y))
    for fit_at in ("each", "last"):
        plane = InformationPlane(Ross(), compressor=PCA(4), compressor_fit=fit_at, random_state=0).fit(dump, y)
        rows = rows_of(plane)
        assert [text.startswith("PCA") for text in rows["compressor"]] == [True, False, False, False]
        assert set(rows["compressor"][1:]) == {"none"}
        columns = ["mutual_info", "null_mean", "message"]
        assert_frame_equal(rows[columns][1:], alone[columns][1:], check_exact=True)


def test_a_step_of_a_pipeline_makes_no_more_components_than_there_are_units():
    x, y = np.random.default_rng(0).normal(size=(N, 6)), np.arange(N) % 2
    compressor = make_pipeline(PCA(10), PCA(2))
    row = rows_of(InformationPlane(compressor=compressor, n_permutations=0).fit(x, y)).iloc[0]
    assert row["status"] == "ok" and "PCA(n_components=6)" in row["compressor"].replace("\n", "")
    assert compressor.get_params()["pca-1__n_components"] == 10


@pytest.mark.parametrize("offset", [0, 30])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_rounding_errors_are_no_columns_of_a_code(dtype, offset):
    x, y = classes_in_a_plane(0, noise=0)
    x = (x + offset).astype(dtype)
    plane = InformationPlane(Ross(), compressor=PCA(8), random_state=0).fit(x, y)
    exact = InformationPlane(Ross(), compressor=PCA(2), random_state=0).fit(x, y)
    assert_allclose(plane.results_["mutual_info"], exact.results_["mutual_info"], atol=1e-6)


def test_a_nonlinear_compressor():
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=N)
    x = np.exp(rng.normal(size=(N, 2)) * 0.1 + y[:, None]) @ rng.uniform(size=(2, 20))
    row = rows_of(InformationPlane(compressor=NMF(2, max_iter=1000), random_state=0).fit(x, y)).iloc[0]
    assert abs(row["mutual_info"] - np.log(3)) < 0.05


def test_random_compressors_have_the_seed_of_the_plane():
    dump = two_epochs()
    project = GaussianRandomProjection(2)

    def fit(seed, compressor=project, **options):
        return without_times(InformationPlane(compressor=compressor, random_state=seed, **options).fit(dump))

    assert_frame_equal(fit(0), fit(0, n_jobs=2), check_exact=True)
    assert (fit(0)["mutual_info"] != fit(1)["mutual_info"]).all()
    fixed = GaussianRandomProjection(2, random_state=7)
    assert_array_equal(fit(0, fixed)["mutual_info"], fit(1, fixed)["mutual_info"])


@pytest.mark.parametrize("fit_at", ["each", "last"])
def test_failure_of_a_compressor_stays_in_its_layer(fit_at):
    dump = two_epochs()
    dump[1]["broken"] = np.where(np.arange(N)[:, None] == 7, np.nan, dump[1]["fc"])
    dump[0]["broken"] = dump[0]["fc"]
    with pytest.warns(UnreliableEstimateWarning, match="estimates failed"):
        plane = InformationPlane(compressor=PCA(1), compressor_fit=fit_at, random_state=0).fit(dump)
    failed = plane.results_[plane.results_["status"] == "failed"]
    assert set(failed["layer"]) == {"broken"} and len(failed) == (2 if fit_at == "each" else 4)
    assert failed["message"].str.contains("NaN in 1 of 600 rows, first in row 7").all()
    if fit_at == "last":
        assert failed["message"].str.contains("PCA(n_components=1) fitted at epoch 1 failed", regex=False).all()


def test_failure_in_all_layers_is_the_error_of_the_compressor():
    with pytest.raises(ValueError, match="n_components='no'"):
        InformationPlane(compressor=Refusing()).fit(two_epochs())


class Refusing(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        raise ValueError("n_components='no'")

    def transform(self, X):
        return X


class Unfinished(Refusing):
    def fit(self, X, y=None):
        warnings.warn("not converged", ConvergenceWarning, stacklevel=1)
        return self


@pytest.mark.parametrize("fit_at", ["each", "last"])
def test_warnings_of_a_compressor_are_in_all_its_rows(fit_at):
    plane = InformationPlane(compressor=Unfinished(), compressor_fit=fit_at, random_state=0).fit(two_epochs())
    assert plane.results_["warnings"].str.startswith("ConvergenceWarning").all()
    assert plane.results_["message"].str.startswith("ConvergenceWarning: not converged").all()
    assert (plane.results_["status"] == "warning").all()


def test_code_that_is_not_finite_is_refused():
    class Infinite(Refusing):
        def fit(self, X, y=None):
            return self

        def transform(self, X):
            return np.full((len(X), 2), np.inf)

    with pytest.raises(ValueError, match="the layer as Infinite compressed it contains infinity"):
        InformationPlane(compressor=Infinite()).fit(two_epochs())


@pytest.mark.parametrize(
    "parameters", [{"compressor": 8}, {"compressor": KSG()}, {"compressor_fit": "first"}, {"null": "labels"}]
)
def test_invalid_parameters(parameters):
    with pytest.raises(ValueError, match=next(iter(parameters))):
        InformationPlane(**parameters).fit(two_epochs())
