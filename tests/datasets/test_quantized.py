"""The quantized pair: the label is a function of X, and its entropy is the information asked for."""

import numpy as np
import pytest
from scipy.stats import entropy

from skib.datasets import make_quantized_pair


@pytest.mark.parametrize("information", [0.001, 0.3, 0.7, 1.0, 1.38, 3.0])
def test_entropy_of_the_labels(information):
    pair = make_quantized_pair(200_000, mutual_info=information, random_state=0)
    assert pair.mutual_info == information
    assert pair.y.dtype == np.int64
    counts = np.bincount(pair.y)
    assert len(counts) == np.ceil(np.exp(information))
    shares = counts / len(pair.y)
    # The standard error of the plug-in entropy, and its bias.
    error = np.sqrt(max(shares @ np.log(shares) ** 2 - entropy(shares) ** 2, 0) / len(pair.y))
    assert abs(entropy(shares) - information) < 4 * error + len(shares) / len(pair.y)
    # All labels but the last are equally likely.
    likely = shares[:-1]
    assert np.ptp(likely) < 8 * np.sqrt(likely.mean() / len(pair.y))


@pytest.mark.parametrize("n_labels", [1, 2, 3, 5, 10, 100, 1000])
def test_logarithms_of_integers_give_equal_intervals(n_labels):
    pair = make_quantized_pair(20_000, mutual_info=np.log(n_labels), random_state=1)
    np.testing.assert_array_equal(pair.y, np.floor(pair.X[:, 0] * n_labels))


def test_labels_are_intervals_in_order():
    pair = make_quantized_pair(5000, mutual_info=2.0, random_state=2)
    assert (np.diff(pair.y[np.argsort(pair.X[:, 0])]) >= 0).all()


@pytest.mark.parametrize("information", [-0.1, 21.0, np.nan])
def test_information_out_of_range(information):
    with pytest.raises(ValueError, match="mutual_info"):
        make_quantized_pair(10, mutual_info=information)
