"""The plane of sparse layers is that of the same layers as dense arrays."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.decomposition import PCA, TruncatedSVD

from skib._sparse_layers import dense_layer
from skib.information_plane import InformationPlane
from skib.mutual_info import Ross

N, LATENTS = 150, 60
MEASURED = ["mutual_info", "std_error", "null_mean", "pvalue", "lower_bound", "n_units"]


def codes(shift=0.0):
    """Codes of which a quarter of the latents never fires, and the first five depend on y."""
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=N)
    values = np.maximum(rng.normal(-1.2, size=(N, LATENTS)), 0)
    values[:, :5] = np.maximum(values[:, :5] + (y == 1)[:, None] + shift, 0)
    values[:, ::4] = 0
    return values, y


def plane(layer, epochs=(0, 1), **options):
    _, y = codes()
    cells = {epoch: {"sae": layer(codes(epoch)[0])} for epoch in epochs}
    options = {"estimator": Ross(marginals=None), "n_permutations": 3} | options
    return InformationPlane(random_state=0, **options).fit(cells | {"y": y, "ids": range(N)})


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compressor": PCA(3)},
        {"compressor": PCA(3), "compressor_fit": "last", "null": "noise"},
        {"compressor": TruncatedSVD(3, algorithm="arpack", random_state=0)},
    ],
    ids=["uncompressed", "compressed", "compressed once", "another compressor"],
)
def test_sparse_layers_measure_as_dense_ones(options):
    dense, thin = plane(np.asarray, **options).results_, plane(sparse.csr_array, **options).results_
    assert (dense["status"] == thin["status"]).all() and not thin["status"].eq("failed").any()
    for name in MEASURED:
        assert_allclose(thin[name], dense[name], rtol=1e-9, atol=1e-9)
    assert (thin["n_units"] == LATENTS).all()


def test_a_layer_in_which_nothing_fires_has_no_information():
    found = plane(lambda values: sparse.csr_array(0 * values), compressor=PCA(3), epochs=(0,)).results_.iloc[0]
    assert found["mutual_info"] == 0 and found["status"] != "failed"


def test_what_does_not_fit_is_refused_with_a_remedy(monkeypatch):
    monkeypatch.setattr("skib._sparse_layers._LARGEST", N * 45 * 8 - 1)
    with pytest.raises(ValueError, match="45 of 60 latents fire in 150 rows.*InformationSelector"):
        plane(sparse.csr_array, epochs=(0,))
    monkeypatch.setattr("skib._sparse_layers._LARGEST", N * 45 * 8)
    assert plane(sparse.csr_array, epochs=(0,)).results_["status"][0] != "failed"


def test_latents_that_never_fire_are_left_out():
    values, _ = codes()
    assert_allclose(dense_layer(sparse.csr_array(values)), values[:, values.any(axis=0)])
    assert_allclose(dense_layer(sparse.csr_array(values), whole=True), values)
    assert dense_layer(values) is values


def test_a_checkpoint_belongs_to_the_values_of_its_sparse_layers(tmp_path):
    path = tmp_path / "plane.jsonl"
    plane(sparse.csr_array, checkpoint=path, epochs=(0,))
    plane(sparse.csr_array, checkpoint=path, epochs=(0,))
    with pytest.raises(ValueError, match="dump"):
        plane(lambda values: sparse.csr_array(values * (np.arange(LATENTS) != 7)), checkpoint=path, epochs=(0,))


def test_series_are_looked_for_in_sparse_layers():
    steps = np.arange(N)
    y = steps // 10 % 2
    layer = sparse.csr_array(np.sin(steps / 9)[:, None] * np.ones(3))
    with pytest.warns(UserWarning, match="successive rows"):
        InformationPlane(estimator=Ross(), n_permutations=2, random_state=0).fit(
            {0: {"sae": layer}, "y": y, "ids": steps}
        )
