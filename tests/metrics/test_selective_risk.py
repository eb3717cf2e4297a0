"""Selective risk: the bound against scipy's, its coverage over a thousand draws, ties, and bad input."""

import numpy as np
import pytest
from scipy.stats import binomtest

from skib import UnreliableEstimateWarning
from skib.metrics import selective_risk


def draw(n_samples, rng):
    """Scores, what is right, and the risk of those above each threshold: P(error) = (1 - s)^2 / 2, so (1 - s)^2 / 6."""
    scores = rng.random(n_samples)
    return scores, rng.random(n_samples) > (1 - scores) ** 2 / 2


def risk_above(threshold):
    return (1 - np.maximum(threshold, 0)) ** 2 / 6


@pytest.mark.parametrize("confidence_level", [pytest.param(0.8, marks=pytest.mark.slow), 0.95])
def test_coverage_over_a_thousand_draws(confidence_level):
    rng = np.random.default_rng(0)
    held = held_everywhere = n_selected = 0
    for _ in range(1000):
        curve = selective_risk(*draw(300, rng), 0.9, confidence_level=confidence_level).curve
        held_everywhere += (risk_above(curve["threshold"]) <= curve["risk_bound"]).all()
        kept = curve[curve["risk_bound"] <= 0.1]
        n_selected += len(kept) > 0
        held += len(kept) == 0 or risk_above(kept["threshold"].min()) <= 0.1
    # A share of the nominal size is below it in half of all studies, but for four of its errors.
    slack = 4 * np.sqrt(confidence_level * (1 - confidence_level) / 1000)
    assert n_selected > 800
    assert held / 1000 >= confidence_level - slack
    assert held_everywhere / 1000 >= confidence_level - slack


def test_coverage_where_the_risk_does_not_fall_with_the_score():
    rng, held = np.random.default_rng(0), 0
    for _ in range(1000):
        scores = rng.random(200)
        correct = rng.random(200) > np.where((scores > 0.6) & (scores < 0.7), 0.6, 0.02)
        curve = selective_risk(scores, correct, 0.9, confidence_level=0.8).curve
        t = np.maximum(curve["threshold"], 0)
        risk = (0.02 * (1 - t) + 0.58 * np.clip(0.7 - np.maximum(t, 0.6), 0, 0.1)) / (1 - t)
        held += (risk <= curve["risk_bound"]).all()
    assert held / 1000 >= 0.8 - 4 * np.sqrt(0.8 * 0.2 / 1000)


def test_one_threshold_is_nearly_exact():
    """With a single threshold the bound is that of Clopper and Pearson, whose level is kept but for whole numbers."""
    rng, held = np.random.default_rng(0), 0
    for _ in range(1000):
        correct = rng.random(300) > 0.3
        held += selective_risk(rng.random(300), correct, 0.9, confidence_level=0.8, n_thresholds=1).risk_bound >= 0.3
    assert abs(held / 1000 - 0.8) < 4 * np.sqrt(0.8 * 0.2 / 1000) + 0.02  # P(one more error), by which it exceeds


def test_bound_is_that_of_clopper_and_pearson():
    scores, correct = draw(500, np.random.default_rng(0))
    selection = selective_risk(scores, correct, 0.1, n_thresholds=10)
    for _, line in selection.curve.iterrows():
        kept = scores > line["threshold"]
        assert line["n_kept"] == kept.sum()
        assert line["risk"] == pytest.approx(np.mean(~correct[kept]))
        test = binomtest(int((~correct[kept]).sum()), int(kept.sum()), alternative="less")
        assert line["risk_bound"] == pytest.approx(test.proportion_ci(1 - 0.05 / 10, "exact").high)
    assert selection.curve["n_kept"].tolist() == [50 * k for k in range(1, 11)]
    allowed = selection.curve[selection.curve["risk_bound"] <= 0.1]
    assert selection.coverage.value == allowed["coverage"].max()
    assert selection.risk.value == allowed["risk"].iloc[-1]
    assert selection.risk.null == pytest.approx(np.mean(~correct))


def test_equal_scores_stay_together():
    scores = np.repeat([3.0, 2.0, 1.0], 100)
    correct = np.repeat([True, True, False], 100)
    selection = selective_risk(scores, correct, 0.1)
    assert (selection.threshold, selection.coverage.value, selection.risk.value) == (1.0, pytest.approx(2 / 3), 0.0)
    constant = selective_risk(np.zeros(300), correct, 0.5)
    assert (constant.threshold, constant.coverage.value) == (-np.inf, 1.0)


def test_monotone_transformations_change_nothing():
    scores, correct = draw(400, np.random.default_rng(0))
    first, second = (selective_risk(s, correct, 0.1) for s in (scores, np.exp(9 * scores)))
    assert first.curve["risk_bound"].tolist() == second.curve["risk_bound"].tolist()
    assert second.threshold == pytest.approx(np.exp(9 * first.threshold))


def test_none_is_kept_if_no_bound_is_low_enough():
    with pytest.warns(UnreliableEstimateWarning, match="no threshold keeps the risk below max_risk=0.01"):
        selection = selective_risk(np.arange(50.0), np.arange(50) % 2, 0.01)
    assert (selection.threshold, selection.coverage.value) == (np.inf, 0.0)
    assert np.isnan(selection.risk_bound)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.1, np.nan], [1, 0], 0.1), "scores contains NaN"),
        (([0.1, 0.2], [1, 2], 0.1), "correct must be True or False"),
        (([0.1, 0.2], [1], 0.1), "scores has 2 rows but correct has 1"),
        (([[0.1, 0.2]], [1], 0.1), "one value per row"),
        (([0.1], [1], 1.5), "max_risk must lie between 0 and 1"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        selective_risk(*arguments)


@pytest.mark.parametrize("parameters", [{"confidence_level": 1}, {"n_thresholds": 0}])
def test_bad_parameters(parameters):
    with pytest.raises(ValueError, match=next(iter(parameters))):
        selective_risk([0.1, 0.2], [True, False], 0.5, **parameters)


@pytest.mark.parametrize(("n_samples", "max_risk"), [(500, 0.15), (2000, 0.1)])
def test_error_of_the_coverage_holds_the_choice_of_the_threshold(n_samples, max_risk):
    rng = np.random.default_rng(0)
    found = [selective_risk(*draw(n_samples, rng), max_risk).coverage for _ in range(150)]
    values, errors = np.array([(one.value, one.std_error) for one in found]).T
    slack = 4 / np.sqrt(300)
    assert 0.8 * (1 - slack) < values.std(ddof=1) / errors.mean() < 1.25 * (1 + slack)  # by the threshold alone: 5


def test_error_of_the_risk_is_not_0_where_no_error_was_seen():
    rng, held = np.random.default_rng(0), 0
    for _ in range(400):
        risk = selective_risk(
            rng.random(200), rng.random(200) > 0.005, 0.1, n_thresholds=1
        ).risk  # one error on average
        held += abs(risk.value - 0.005) <= 2 * risk.std_error
    assert held / 400 > 0.95 - 4 * np.sqrt(0.95 * 0.05 / 400)  # without one more row of each kind: 0.63
