"""The regimes of neural codes, and their drawing."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

from skib.preprocessing import NeuralCode, NeuralCodeDisplay
from tests.preprocessing.test_neural_code import layer


def test_regimes():
    display = NeuralCodeDisplay([1, 2, 3, 4], [0.06, 0.05, 0.0, 0.0], [0.99, 0.9, 0.97, 0.95])
    assert display.regimes == ["under", "critical", "sufficient", "critical"]


@pytest.mark.filterwarnings("ignore::skib.SaturatedEstimateWarning")
def test_layers_of_more_and_more_units():
    x, y = load_digits(return_X_y=True)
    sizes = [2, 8, 32, 128, 512]
    codes = [NeuralCode().fit(layer(x, size)) for size in sizes]
    display = NeuralCodeDisplay.from_codes(sizes, codes, [y] * 5, n_neighbors=3)
    assert display.regimes[0] == "under" and display.regimes[-1] == "sufficient"
    bits = codes[3].transform(layer(x, 128)).astype(float)
    reference = KNeighborsClassifier(3, algorithm="brute").fit(bits, y)
    votes = y[reference.kneighbors(return_distance=False)]
    accuracy = np.mean([np.bincount(vote).argmax() == label for vote, label in zip(votes, y, strict=True)])
    assert display.accuracies[3] == pytest.approx(accuracy, abs=0.01)  # ties of distances are broken in other ways
    with pytest.raises(ValueError, match="1797 rows but labels has 10"):
        NeuralCodeDisplay.from_codes([1], codes[:1], [y[:10]])


def test_drawing():
    plt = pytest.importorskip("matplotlib.pyplot")
    display = NeuralCodeDisplay([1, 10, 100], [0.5, 0.0, 0.0], [0.1, 0.5, 0.9], name="epoch").plot()
    assert display.ax_.get_xlabel() == "epoch" and display.ax_.get_xscale() == "log"
    assert [text.get_text() for text in display.ax_.texts] == ["under", "critical", "sufficient"]
    assert display.figure_ is display.ax_.figure
    ax = plt.subplots()[1]
    assert NeuralCodeDisplay([0, 1], [0, 0], [1, 1]).plot(ax).ax_ is ax and ax.get_xscale() == "linear"
    assert [text.get_text() for text in ax.texts] == ["sufficient"]
    plt.close("all")


@pytest.mark.parametrize("values", [[3, 1, 2], [1, np.nan, 3], [1, 2, np.inf]])
def test_values_out_of_order_are_refused(values):
    with pytest.raises(ValueError, match="must be finite, in rising order; sort the codes by them"):
        NeuralCodeDisplay(values, [0.1, 0.1, 0.1], [0.5, 0.5, 0.5])
