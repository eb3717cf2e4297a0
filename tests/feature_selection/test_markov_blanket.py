"""MarkovBlanketSelector: blankets of networks, copies, and the level on noise."""

import numpy as np
import pandas as pd
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression

from skib import SkibWarning
from skib.feature_selection import MarkovBlanketSelector


def network(seed, n_samples=800):
    """Columns: parent, ancestor, child, spouse (the other parent of the child), descendant, noise, noise."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(9, n_samples))
    ancestor = noise[0]
    parent = ancestor + noise[1]
    y = parent + noise[2]
    spouse = noise[3]
    child = y + spouse + noise[4]
    descendant = child + noise[5]
    return np.c_[parent, ancestor, child, spouse, descendant, noise[6], noise[7]], y


def fitted(X, y, **parameters):
    return MarkovBlanketSelector(random_state=0, **parameters).fit(X, y)


@pytest.mark.parametrize("seed", range(3))
def test_finds_parents_children_and_spouses(seed):
    X, y = network(seed)
    selector = fitted(X, y, estimator=LinearRegression(), alpha=0.01)
    assert sorted(selector.selected_features_.tolist()) == [0, 2, 3]
    assert (selector.pvalues_ <= 0.01).all()


def test_removes_a_column_that_later_ones_make_superfluous():
    rng = np.random.default_rng(0)
    causes = rng.normal(size=(2000, 2))
    y = causes.sum(axis=1) + rng.normal(size=2000)
    both = causes.sum(axis=1) + 0.5 * rng.normal(size=2000)  # knows more than either cause, and nothing beside them
    selector = fitted(np.c_[causes, both], y, estimator=LinearRegression())
    assert selector.path_["action"].tolist() == ["add", "add", "add", "remove"]
    assert selector.path_["feature"].tolist()[0] == selector.path_["feature"].tolist()[-1] == 2
    assert sorted(selector.selected_features_.tolist()) == [0, 1]


def test_selects_the_first_of_copies():
    X, y = network(0)
    selector = fitted(np.c_[X[:, 5], X[:, 2], X[:, 2]], y)
    assert selector.selected_features_.tolist() == [1]


def noise_is_selected(seed):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(100, 8)), rng.integers(2, size=100)
    model = LogisticRegression(C=0.1)
    return len(MarkovBlanketSelector(model, random_state=seed).fit(X, y).selected_features_) > 0


def test_noise_is_rarely_selected():
    assert sum(map(noise_is_selected, range(20))) < 6  # a probability of at most 3e-4 at a level of 0.05


@pytest.mark.slow
def test_level():
    assert sum(map(noise_is_selected, range(200))) <= 10 + 3 * np.sqrt(200 * 0.05 * 0.95)


def test_names_classes_jobs_and_the_path():
    X, y = network(0, 400)
    frame, labels = pd.DataFrame(X, columns=list("abcdefg")), np.where(y > 0, "high", "low")
    one, two = (fitted(frame, labels, n_jobs=n_jobs) for n_jobs in (1, 2))
    assert one.path_.equals(two.path_)
    assert set(one.get_feature_names_out()) <= set("abcdefg")
    added = one.path_[one.path_["action"] == "add"]
    assert set(one.get_feature_names_out()) <= set(added["feature"])
    assert (added["pvalue"] <= 0.05).all()
    assert one.path_["action"].tolist().count("stop") == 1


def test_nothing_is_selected_with_a_constant_target_or_columns():
    X, y = network(0, 100)
    selector = fitted(np.ones((100, 2)), y)
    assert selector.selected_features_.tolist() == []
    with pytest.warns(SkibWarning, match="no column has a corrected p-value"):
        assert selector.transform(np.ones((100, 2))).shape == (100, 0)


def test_a_frozen_model_is_refused():
    X, y = network(0, 100)
    with pytest.raises(TypeError, match="pass one that is not frozen"):
        MarkovBlanketSelector(FrozenEstimator(LinearRegression().fit(X, y))).fit(X, y)
