"""Properties of every sampler: shapes, seeds, a finite truth, clear errors."""

from functools import partial

import numpy as np
import pytest
from sklearn.utils import Bunch

from skib import datasets

SAMPLERS = {
    "gaussian": partial(datasets.make_gaussian_pair, rho=0.5),
    "gaussian information": partial(datasets.make_gaussian_pair, mutual_info=1.0, dim=3),
    "uniform": partial(datasets.make_uniform_pair, rho=0.5, dim=2),
    "student": datasets.make_student_pair,
    "student columns": partial(datasets.make_student_pair, dim_x=3, dim_y=3),
    "dense": datasets.make_multinormal_pair,
    "sparse": partial(datasets.make_multinormal_pair, kind="sparse", dim_x=5, dim_y=5),
    "additive noise": datasets.make_additive_noise_pair,
    "smoothed uniform": datasets.make_smoothed_uniform_pair,
    "log-gamma": datasets.make_log_gamma_pair,
    "quantized": datasets.make_quantized_pair,
    "concentric": partial(datasets.make_concentric_pair, dim=1),
    "product": partial(datasets.make_product_pair, samplers=[datasets.make_student_pair] * 2),
    "classes": partial(datasets.make_gaussian_classes, n_classes=3),
    "bimodal": datasets.make_bimodal_pair,
    "relu": datasets.make_relu_pair,
    "discrete": partial(datasets.make_discrete_pair, joint=[[0.4, 0.1], [0.2, 0.3]]),
    "parity": partial(datasets.make_parity, n_features=4),
    "suppressor": partial(datasets.make_suppressor, n_features=3),
}
# Many columns of X, and one of y.
ONE_TARGET = "parity", "suppressor"
samplers = pytest.mark.parametrize("sample", SAMPLERS.values(), ids=SAMPLERS.keys())


def equal(a, b):
    return np.array_equal(a.X, b.X) and np.array_equal(a.y, b.y)


@pytest.mark.parametrize("name", SAMPLERS)
def test_shapes(name):
    sample = SAMPLERS[name]
    made = sample(7, random_state=0)
    assert isinstance(made, Bunch)
    assert made.X.ndim == 2
    assert made.y.shape == ((7,) if made.X.shape[1] == 1 or name in ONE_TARGET else made.X.shape)
    assert isinstance(made.mutual_info, float)
    assert 0 <= made.mutual_info < np.inf
    assert len(sample(random_state=0).X) == 1000


@samplers
def test_seeds(sample):
    made = sample(50, random_state=3)
    rng = np.random.RandomState(3)
    assert equal(made, sample(50, random_state=3))
    assert equal(made, sample(50, random_state=rng))
    assert not equal(made, sample(50, random_state=rng))
    assert not equal(sample(50), sample(50))
    assert made.mutual_info == sample(50).mutual_info


@samplers
@pytest.mark.parametrize("n_samples, error", [(0, ValueError), (2.5, TypeError)])
def test_n_samples_is_a_positive_integer(sample, n_samples, error):
    with pytest.raises(error, match="n_samples"):
        sample(n_samples)


def test_every_public_name_exists():
    assert sorted(datasets.__all__) == list(datasets.__all__)
    assert all(callable(getattr(datasets, name)) for name in datasets.__all__)
