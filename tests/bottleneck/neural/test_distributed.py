import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.feature_selection import SelectFromModel
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skib import ConstantInputWarning, in_bits
from skib.bottleneck.neural import DistributedIBClassifier, DistributedIBDisplay, DistributedIBRegressor

QUICK = {"max_iter": 10, "hidden": (8,), "decoder_hidden": (8,), "random_state": 0}


def rows(n=1000, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 8)), np.random.default_rng(seed + 1000)


def graded_classes(seed=0, n=2000):
    """Columns 0, 1 and 2 have falling weights in the logit."""
    X, rng = rows(n, seed)
    return X, 4 * X[:, 0] + 2 * X[:, 1] + X[:, 2] + rng.logistic(size=n) > 0


@pytest.fixture(scope="module")
def graded():
    X, y = graded_classes()
    return DistributedIBClassifier(beta=30.0, random_state=0).fit(X, y)


def test_columns_are_ranked_by_what_they_are_worth(graded):
    bits = in_bits(graded.rates_)
    assert bits[0] > bits[1] > bits[2] > 0.02
    assert bits[3:].max() < 0.02


def test_irrelevant_columns_carry_less_than_a_fiftieth_of_a_bit_with_few_rows():
    X, y = graded_classes(n=500)
    bits = in_bits(DistributedIBClassifier(random_state=0).fit(X, y).rates_)
    assert bits[0] > 0.5
    assert bits[3:].max() < 0.02


def test_exclusive_or_is_found():
    """At least log(2) nats of each column tell the class, and no less."""
    X, _ = rows()
    distributed = DistributedIBClassifier(random_state=0).fit(X, (X[:, 2] > 0) ^ (X[:, 5] > 0))
    bits = in_bits(distributed.rates_)
    assert set(np.argsort(bits)[-2:]) == {2, 5}
    assert bits[[2, 5]].min() > 0.8
    assert np.delete(bits, [2, 5]).max() < 0.02
    assert in_bits(distributed.relevance_) > 0.7
    # The relevance is not larger than the rates.
    assert distributed.relevance_ < distributed.rate_


def test_regression_finds_products_and_squares():
    X, rng = rows()
    y = X[:, 0] * X[:, 1] + X[:, 2] ** 2 + 0.3 * rng.normal(size=len(X))
    distributed = DistributedIBRegressor(beta=5.0, random_state=0).fit(X, y)
    bits = in_bits(distributed.rates_)
    assert bits[:3].min() > 0.1
    assert bits[3:].max() < 0.02
    new, _ = rows(seed=5)
    assert distributed.score(new, new[:, 0] * new[:, 1] + new[:, 2] ** 2) > 0.6


def test_one_of_two_copies_is_kept():
    X, y = graded_classes()
    X[:, 7] = X[:, 0]
    bits = in_bits(DistributedIBClassifier(random_state=0).fit(X, y).rates_)
    assert max(bits[0], bits[7]) > 0.5
    assert min(bits[0], bits[7]) < 0.02


def test_rates_do_not_exceed_the_information_of_a_discrete_column():
    """A column of two values has one bit; a bound may be above it, but not far where the rates are low."""
    X, rng = rows(2000)
    X[:, 0] = X[:, 0] > 0
    y = np.where(rng.random(2000) < 0.1, 1 - X[:, 0], X[:, 0])
    distributed = DistributedIBClassifier(beta=3.0, random_state=0).fit(X, y)
    truth = 1 + 0.1 * np.log2(0.1) + 0.9 * np.log2(0.9)  # I(X_0;Y) in bits
    assert in_bits(distributed.rates_[0]) < 1.1
    assert in_bits(distributed.relevance_) < truth + 4 * np.sqrt(0.09 * np.log2(9) ** 2 / 200)


def test_groups_share_a_rate():
    X, _ = rows()
    labels = ["a", "b", "b", "c", "c", "c", "d", "e"]
    y = X[:, 3] + X[:, 4] > 0
    distributed = DistributedIBClassifier(groups=labels, max_iter=30, random_state=0).fit(X, y)
    assert distributed.groups_.tolist() == ["a", "b", "c", "d", "e"]
    assert np.argmax(distributed.rates_) == 2
    assert_array_equal(distributed.feature_importances_, distributed.rates_[[0, 1, 1, 2, 2, 2, 3, 4]])
    assert distributed.bits_path_.columns.tolist() == ["a", "b", "c", "d", "e"]
    assert distributed.transform(X).shape == (1000, 10)
    with pytest.raises(ValueError, match="one label for each of the 8 columns"):
        DistributedIBClassifier(groups=[0, 1]).fit(X, y)


def test_path(graded):
    path = graded.path_
    assert list(path.columns) == ["beta", "feature", "rate", "relevance"]
    betas = path["beta"].unique()
    assert (np.diff(betas) < 0).all()
    assert betas[0] == 1000
    assert betas[-1] == pytest.approx(30)
    last = path[path["beta"] == betas[-1]]
    assert_array_equal(last["rate"], graded.rates_)
    assert (last["relevance"] == graded.relevance_).all()
    assert graded.rate_ == pytest.approx(graded.rates_.sum())
    bits = graded.bits_path_
    assert_array_equal(bits.to_numpy()[-1], in_bits(graded.rates_))
    assert_array_equal(bits.index, betas)


def test_beta_is_a_price():
    X, y = graded_classes(n=500)
    low, high = (DistributedIBClassifier(beta, max_iter=30, random_state=0).fit(X, y) for beta in (1.5, 30.0))
    assert low.rate_ < high.rate_
    assert low.relevance_ < high.relevance_


def test_selects_in_a_pipeline_with_names():
    X, y = graded_classes()
    frame = pd.DataFrame(X, columns=list("abcdefgh"))
    selector = SelectFromModel(DistributedIBClassifier(max_iter=50, random_state=0), threshold=0.014)
    pipeline = make_pipeline(selector, DistributedIBClassifier(**QUICK)).fit(frame, y)
    assert pipeline[:1].get_feature_names_out().tolist() == ["a", "b"]
    assert pipeline.score(frame, y) > 0.8


def test_grid_search_over_beta():
    X, y = graded_classes(n=300)
    search = GridSearchCV(DistributedIBClassifier(**QUICK), {"beta": [1.1, 30.0]}, cv=2).fit(X, y)
    assert search.best_params_ == {"beta": 30.0}


@pytest.mark.parametrize("kind", [DistributedIBClassifier, DistributedIBRegressor])
def test_seeds_clones_and_pickles(kind):
    X, y = graded_classes(n=200)
    one = kind(**QUICK).fit(X, y.astype(int))
    for other in (clone(one).fit(X, y.astype(int)), pickle.loads(pickle.dumps(one))):
        assert_array_equal(one.rates_, other.rates_)
        assert_array_equal(one.predict(X), other.predict(X))
    assert (kind(**QUICK | {"random_state": 1}).fit(X, y.astype(int)).rates_ != one.rates_).any()


def test_units_of_columns_do_not_matter():
    X, y = graded_classes(n=300)
    scaled = X * 2.0 ** np.arange(-400, 400, 100)
    rates = DistributedIBClassifier(**QUICK).fit(X, y).rates_
    assert_array_equal(DistributedIBClassifier(**QUICK).fit(scaled, y).rates_, rates)


def test_a_constant_column_has_no_rate():
    X, y = graded_classes()
    X[:, 3] = 7
    with pytest.warns(ConstantInputWarning, match=r"columns \[3\]"):
        distributed = DistributedIBClassifier(max_iter=50, random_state=0).fit(X, y)
    assert distributed.rates_[3] < 0.014


def test_a_constant_target_has_no_relevance():
    X, _ = rows(200)
    classifier = DistributedIBClassifier(**QUICK).fit(X, np.zeros(200))
    assert classifier.relevance_ == pytest.approx(0, abs=1e-6)
    assert (classifier.predict(X) == 0).all()
    regressor = DistributedIBRegressor(**QUICK).fit(X, np.full(200, 3.0))
    assert (regressor.predict(X) == 3).all()
    assert regressor.relevance_ == 0
    y = X[:, 0] + 0.3 * X[:, 1]
    alone, both = (DistributedIBRegressor(**QUICK).fit(X, targets) for targets in (y, np.column_stack([y, 0 * y])))
    assert both.relevance_ == pytest.approx(alone.relevance_, abs=0.5)


def test_several_targets():
    X, rng = rows()
    y = np.column_stack([X[:, 0], X[:, 1] ** 2]) + 0.1 * rng.normal(size=(1000, 2))
    regressor = DistributedIBRegressor(random_state=0).fit(X, y)
    assert regressor.predict(X).shape == (1000, 2)
    assert set(np.argsort(regressor.rates_)[-2:]) == {0, 1}
    assert regressor.score(X, y) > 0.8


def test_without_rows_held_out_the_relevance_is_that_of_the_training_rows():
    X, y = graded_classes(n=300)
    apart = DistributedIBClassifier(beta=300.0, max_iter=50, random_state=0).fit(X, y)
    same = clone(apart).set_params(validation_fraction=0).fit(X, y)
    assert same.relevance_ > apart.relevance_


def test_information_score_of_new_classes(graded):
    """On the rows held out it is the relevance; on new ones no more than I(X;Y), that of the logit."""
    X, y = graded_classes(seed=5, n=20_000)
    logit = 4 * X[:, 0] + 2 * X[:, 1] + X[:, 2]
    share = 1 / (1 + np.exp(-logit))
    ratios = np.where(y, np.log(share), np.log1p(-share)) - np.log(np.where(y, y.mean(), 1 - y.mean()))
    score = graded.information_score(X, y)
    assert ratios.mean() - 0.1 < score < ratios.mean() + 4 * ratios.std() / np.sqrt(len(y))
    assert score == graded.information_score(X, y)
    assert graded.information_score(X, ~y) < 0
    assert np.isfinite(graded.information_score(X[:1], y[:1]))


def test_information_score_of_new_numbers():
    """y has the share 0.2 of its variance in noise: log(5) / 2 nats at most."""
    X, rng = rows(4000)
    y = np.column_stack([X[:, 0] * X[:, 2] + 0.5 * rng.normal(size=4000), np.ones(4000)])
    distributed = DistributedIBRegressor(beta=100.0, random_state=0).fit(X[:2000], y[:2000])
    score = distributed.information_score(X[2000:], y[2000:])
    assert 0.5 * np.log(5) - 0.2 < score < 0.5 * np.log(5) + 0.05
    assert distributed.information_score(X[2000:], -y[2000:]) < 0
    assert np.isfinite(distributed.information_score(X[:1], y[:1]))
    with pytest.raises(ValueError, match="y has 1 columns, and 2 were fitted"):
        distributed.information_score(X, y[:, 0])


def test_information_score_selects_beta():
    X, y = graded_classes(n=600)
    search = GridSearchCV(
        DistributedIBClassifier(**QUICK),
        {"beta": [0.01, 10.0]},
        scoring=lambda e, X, y: e.information_score(X, y),
        cv=2,
    ).fit(X, y)
    assert search.best_params_ == {"beta": 10.0} and search.best_score_ > 0.1
    with pytest.raises(ValueError, match="y has labels \\['c'\\] that are not among .*; fit anew"):
        DistributedIBClassifier(**QUICK).fit(X, np.where(y, "a", "b")).information_score(X[:1], ["c"])


def test_refusals():
    X, y = graded_classes(n=50)
    with pytest.raises(ValueError, match="raise beta_start"):
        DistributedIBClassifier(beta=10.0, beta_start=5.0).fit(X, y)
    with pytest.raises(ValueError, match="hidden=\\(0,\\) must hold whole numbers"):
        DistributedIBClassifier(hidden=(0,)).fit(X, y)
    with pytest.raises(ValueError, match="decoder_hidden=\\(1.5,\\) must hold"):
        DistributedIBClassifier(decoder_hidden=(1.5,)).fit(X, y)
    with pytest.raises(ValueError, match=r"groups has no label for columns \[1\]"):
        DistributedIBClassifier(groups=["a", None, *"bbbbbb"]).fit(X, y)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_diverging_training_is_refused():
    X, y = graded_classes(n=50)
    with pytest.raises(ValueError, match=r"diverged; pass a learning_rate_init below 1e\+20"):
        DistributedIBClassifier(**QUICK, learning_rate_init=1e20).fit(X, y)


def test_progress(capsys):
    X, y = graded_classes(n=50)
    DistributedIBClassifier(**QUICK, verbose=1).fit(X, y)
    assert "DistributedIBClassifier: 10 of 10" in capsys.readouterr().err


def test_display(graded):
    display = DistributedIBDisplay.from_estimator(graded).plot(units="bits")
    relevance_ax, rates_ax = display.ax_
    line = relevance_ax.get_lines()[0].get_xydata()[-1]
    assert line == pytest.approx([in_bits(graded.rate_), in_bits(graded.relevance_)])
    assert len(rates_ax.get_lines()) == 8
    assert {line.get_label() for line in rates_ax.get_lines()[:3]} == {"x0", "x1", "x2"}
    assert rates_ax.get_ylabel() == "rate of the column [bits]"
    again = display.plot(display.ax_)
    assert again.figure_ is display.figure_
    with pytest.raises(TypeError, match="no path of rates"):
        DistributedIBDisplay.from_estimator(SelectFromModel(graded, prefit=True).fit(np.zeros((2, 8))))
