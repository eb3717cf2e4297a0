import pickle

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectKBest

from skib import in_bits
from skib.feature_selection import InformationSelector, SelectionPathDisplay


@pytest.fixture(scope="module")
def selector():
    return InformationSelector("jmi", 5).fit(*load_wine(return_X_y=True, as_frame=True))


@pytest.mark.parametrize("units", ["nats", "bits"])
def test_bars_are_the_terms_of_the_path(selector, units):
    plt = pytest.importorskip("matplotlib.pyplot")
    scale = {"nats": 1.0, "bits": in_bits(1.0)}[units]
    display = SelectionPathDisplay.from_estimator(selector).plot(units=units)
    relevance, synergy, redundancy = ([bar.get_width() for bar in bars] for bars in display.ax_.containers)
    np.testing.assert_allclose(relevance, scale * selector.relevance_)
    np.testing.assert_allclose(synergy, scale * selector.synergy_)
    np.testing.assert_allclose(redundancy, -scale * selector.redundancy_)
    points = display.ax_.lines[0].get_xdata()
    np.testing.assert_allclose(points, scale * selector.scores_)  # of "jmi"
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == selector.path_["feature"].tolist()
    assert display.ax_.yaxis_inverted()
    assert units in display.ax_.get_xlabel()
    assert display.figure_ is display.ax_.figure
    plt.close(display.figure_)


def test_given_axes_are_used(selector):
    plt = pytest.importorskip("matplotlib.pyplot")
    figure, ax = plt.subplots()
    display = pickle.loads(pickle.dumps(SelectionPathDisplay.from_estimator(selector)))
    assert display.plot(ax).ax_ is ax
    plt.close(figure)


def test_what_has_no_path_is_refused(selector):
    with pytest.raises(TypeError, match="no path_"):
        SelectionPathDisplay.from_estimator(SelectKBest().fit(*load_wine(return_X_y=True)))
    with pytest.raises(NotFittedError):
        SelectionPathDisplay.from_estimator(InformationSelector())
    with pytest.raises(ValueError, match="units must be one of"):
        SelectionPathDisplay.from_estimator(selector).plot(units="bytes")
