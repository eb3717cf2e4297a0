"""Compressed against truths that compression leaves as they are, and against its parts done by hand."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.random_projection import GaussianRandomProjection

from skib import ConstantInputWarning, SaturatedEstimateWarning
from skib.datasets import make_gaussian_classes, make_gaussian_pair
from skib.entropy import JamesStein
from skib.mutual_info import (
    KSG,
    Auto,
    ChainRule,
    Compressed,
    GaussianCopula,
    Ross,
    confidence_interval,
    permutation_test,
)


def embedded(seed, n_samples=1000, n_noise=30, *, rho=0.9):
    """Two correlated columns a side (the variance), turned among columns of little noise."""
    pair = make_gaussian_pair(n_samples, rho=rho, dim=2, random_state=seed)
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(n_noise + 2, n_noise + 2)))[0]
    sides = (np.hstack([side, 0.1 * rng.normal(size=(n_samples, n_noise))]) @ turn for side in (pair.X, pair.y))
    return *sides, pair.mutual_info


@pytest.mark.parametrize("estimator", [None, Auto(), GaussianCopula()], ids=repr)
def test_compression_that_loses_nothing_keeps_the_truth(estimator):
    for seed in range(4):
        x, y, truth = embedded(seed)
        estimate = Compressed(PCA(2), PCA(2), estimator).fit(x, y)
        assert abs(estimate.mutual_info_ - truth) < 4 * estimate.std_error_


def test_a_compressor_of_the_wrong_columns_loses_all():
    x, y, truth = embedded(0)
    wrong = FunctionTransformer(lambda rows: np.random.default_rng(0).normal(size=(len(rows), 2)))
    estimate = Compressed(wrong, PCA(2)).fit(x, y)
    assert abs(estimate.mutual_info_) < 4 * estimate.std_error_
    less = Compressed(PCA(1), PCA(2), KSG()).fit(x, y)  # one of two independent pairs
    assert abs(less.mutual_info_ - truth / 2) < 0.25


def test_attributes_are_those_of_the_parts_done_by_hand():
    x, y, _ = embedded(0, 300)
    estimate = Compressed(PCA(2), PCA(3), KSG(3), whiten=False).fit(x, y)
    by_hand = KSG(3).fit(PCA(2).fit_transform(x), PCA(3).fit_transform(y))
    for name in ("mutual_info_", "std_error_", "ceiling_", "saturated_"):
        assert getattr(estimate, name) == getattr(by_hand, name)
    np.testing.assert_array_equal(estimate.pointwise_, by_hand.pointwise_)
    assert estimate.n_features_in_ == 32 and estimate.estimator_.n_features_in_ == 2
    assert estimate.x_compressor_.n_components_ == 2 and estimate.y_compressor_.n_components_ == 3


def test_whitening_makes_any_linear_map_of_the_codes_the_same():
    x, y, _ = embedded(0, 300)
    skew = FunctionTransformer(lambda codes: codes @ np.array([[1.0, 3.0, 2.0], [0.0, 2.0, 2.0]]))  # rank 2 of 3
    plain = Compressed(PCA(2), None, GaussianCopula()).fit(x, y[:, 0])
    skewed = Compressed(make_pipeline(PCA(2), skew), None, GaussianCopula()).fit(x, y[:, 0])
    assert skewed.estimator_.n_features_in_ == 2
    # The columns span the same plane at another angle, which moves normal scores a little.
    assert skewed.mutual_info_ == pytest.approx(plain.mutual_info_, abs=0.02)


@pytest.mark.parametrize(
    "compressor", [GaussianRandomProjection(4, random_state=0), make_pipeline(StandardScaler(), PCA(4))], ids=repr
)
def test_any_transformer_gives_a_lower_bound(compressor):
    x, y, truth = embedded(0)
    estimate = Compressed(compressor, PCA(2)).fit(x, y)
    assert 0.1 < estimate.mutual_info_ < truth + 4 * estimate.std_error_


def test_class_labels_pass_through():
    classes = make_gaussian_classes(1000, separation=3.0, random_state=0)
    x = np.hstack([classes.X, 0.1 * np.random.default_rng(0).normal(size=(1000, 20))])
    words = np.array(["no", "yes"])[classes.y]
    for labels, estimator in ((classes.y, None), (words, None), (words, Ross()), (pd.Series(words), None)):
        estimate = Compressed(PCA(1), estimator=estimator).fit(x, labels)
        assert abs(estimate.mutual_info_ - classes.mutual_info) < 4 * estimate.std_error_
    assert Compressed().takes_classes and not Compressed(None, PCA(1)).takes_classes
    assert not Compressed(estimator=KSG()).takes_classes


def test_noise_makes_the_information_of_a_function_finite():
    # A layer of three equal columns, of its own input: I(T + sigma Z; X) = log(1 + 3 / noise_ratio^2) / 2.
    errors = []
    for seed in range(8):
        source = np.random.default_rng(seed).normal(size=(2000, 1))
        layer = Compressed(PCA(1), noise_ratio=0.5, random_state=seed).fit(5 * np.repeat(source, 3, axis=1), source)
        assert layer.noise_variance_ == pytest.approx((2.5 * source.std()) ** 2)
        errors.append((layer.mutual_info_ - 0.5 * np.log1p(3 / 0.25)) / layer.std_error_)
    assert np.abs(errors).max() < 4 and abs(np.mean(errors)) < 4 / np.sqrt(8)
    with pytest.warns(SaturatedEstimateWarning):
        assert Compressed(PCA(1)).fit(np.repeat(source, 3, axis=1), source).saturated_


def test_noise_follows_the_seed_and_the_units():
    x, y, _ = embedded(0, 300)
    estimator = Compressed(PCA(2), noise_ratio=0.3, random_state=0)
    value = estimator.fit(x, y[:, :2]).mutual_info_
    assert estimator.fit(x, y[:, :2]).mutual_info_ == value
    assert clone(estimator).set_params(random_state=1).fit(x, y[:, :2]).mutual_info_ != value
    for other in (1024 * x, x + 7):
        assert estimator.fit(other, y[:, :2]).mutual_info_ == pytest.approx(value, abs=1e-9)


def test_a_frozen_compressor_keeps_what_it_has_learned():
    x, y, _ = embedded(0, 400)
    frozen = FrozenEstimator(PCA(2).fit(x[:200]))
    estimate = Compressed(frozen, PCA(2), whiten=False).fit(x[200:], y[200:])
    assert estimate.x_compressor_ is frozen
    codes = frozen.transform(x[200:])
    assert estimate.mutual_info_ == KSG(1, variant=2).fit(codes, PCA(2).fit_transform(y[200:])).mutual_info_
    template = PCA(2)
    assert Compressed(template).fit(x, y[:, 0]).x_compressor_ is not template and not hasattr(template, "components_")


class Counting(PCA):
    """How often all copies together were fitted."""

    n_fits = 0

    def fit(self, X, y=None):
        Counting.n_fits += 1
        return super().fit(X)


def test_null_and_interval():
    x, y, truth = embedded(0, 400)
    estimator = Compressed(Counting(2), PCA(2))
    test = permutation_test(estimator, x, y, n_permutations=19, random_state=0)
    assert Counting.n_fits == 1  # for the estimate and all permutations
    assert test.pvalue == 0.05
    assert abs(test.null_mean) < 0.1
    orders = [np.random.default_rng(s).permutation(400) for s in range(3)]
    codes, target = PCA(2).fit_transform(x), PCA(2).fit_transform(y)
    by_hand = [KSG().fit(codes, target[order]).mutual_info_ for order in orders]
    plain = Compressed(PCA(2), PCA(2), KSG(), whiten=False)
    assert plain.permuted_estimates(x, y, orders) == pytest.approx(by_hand, abs=1e-12)
    interval = confidence_interval(Compressed(PCA(2), PCA(2), KSG()), x, y, random_state=0)
    assert interval.low < truth < interval.high


def test_null_of_classes_holds_its_level():
    rng = np.random.default_rng(0)
    values = []
    for _ in range(20):
        x, y = rng.normal(size=(100, 30)), rng.permutation(np.repeat(["a", "b"], 50))
        values.append(permutation_test(Compressed(PCA(3)), x, y, n_permutations=19, random_state=0).pvalue)
    assert np.sum(np.array(values) <= 0.1) <= 6  # binomial (20, 0.1): 6 or more in 1.1 % of all runs
    assert np.mean(values) == pytest.approx(0.5, abs=4 * 0.29 / np.sqrt(20))


def test_given_goes_to_the_estimator():
    rng = np.random.default_rng(0)
    z, a, b = rng.normal(size=(3, 1000))
    x = np.column_stack([z + a, 0.01 * rng.normal(size=(1000, 5))])
    for estimator in (None, GaussianCopula()):
        estimate = Compressed(PCA(1), estimator=estimator).fit(x, z + b, given=z)
        assert abs(estimate.mutual_info_) < 4 * estimate.std_error_
    alone = Compressed(PCA(1)).fit(x, z + b)
    assert abs(alone.mutual_info_ + 0.5 * np.log(1 - 0.25)) < 4 * alone.std_error_
    with pytest.raises(TypeError, match="Ross.*given"):
        Compressed(PCA(1), estimator=Ross()).fit(x, z > 0, given=z)


def test_score_features_compresses_y_alone():
    x, y, _ = embedded(0, 300)
    scores = Compressed(PCA(2), PCA(2), KSG(), whiten=False).score_features(x[:, :3], y)
    code = PCA(2).fit_transform(y)
    assert scores == pytest.approx([KSG().fit(x[:, [j]], code).mutual_info_ for j in range(3)], abs=1e-12)


def test_frames_reach_the_compressor_with_their_names():
    x, y, truth = embedded(0, 1000, n_noise=0)
    frame = pd.DataFrame({"a": x[:, 0], "junk": 0.0, "b": x[:, 1]})
    estimate = Compressed(ColumnTransformer([("keep", PCA(2), ["a", "b"])]), estimator=KSG()).fit(frame, y)
    assert abs(estimate.mutual_info_ - truth) < 4 * estimate.std_error_
    assert list(estimate.feature_names_in_) == ["a", "junk", "b"]


def test_a_dead_layer_tells_nothing():
    y = np.random.default_rng(0).normal(size=100)
    with pytest.warns(ConstantInputWarning):
        assert Compressed(PCA(2), noise_ratio=0.0).fit(np.zeros((100, 5)), y).mutual_info_ == 0
    with pytest.warns(ConstantInputWarning):
        assert Compressed(PCA(2)).fit(np.full((100, 5), 0.1), y > 0).mutual_info_ == 0


def test_estimators_without_pointwise_terms():
    x = np.random.default_rng(0).normal(size=(100, 4))
    estimate = Compressed(PCA(2), estimator=KSG()).fit(x, x[:, 0] > 0)
    assert hasattr(estimate, "pointwise_")
    coarse = FunctionTransformer(lambda rows: np.sign(rows[:, :1]))
    estimate.set_params(x_compressor=coarse, estimator=ChainRule(JamesStein())).fit(x, x[:, 0] > 0)
    assert not hasattr(estimate, "pointwise_")
    by_hand = ChainRule(JamesStein()).fit(np.sign(x[:, :1]), x[:, 0] > 0)
    assert estimate.mutual_info_ == by_hand.mutual_info_ > 0.6


def test_errors_say_what_is_wrong():
    x = np.random.default_rng(0).normal(size=(50, 4))
    spoilt = FunctionTransformer(lambda rows: np.full((len(rows), 1), np.nan))
    with pytest.raises(ValueError, match="X as FunctionTransformer compressed it contains NaN"):
        Compressed(spoilt).fit(x, x[:, 0])
    with pytest.raises(ValueError, match="y as FunctionTransformer"):
        Compressed(PCA(1), spoilt).fit(x, x)
    with pytest.raises((TypeError, ValueError)):
        Compressed(LinearDiscriminantAnalysis()).fit(x, x[:, 0] > 0)  # a compressor never sees y
    with pytest.raises(ValueError, match="noise_ratio"):
        Compressed(noise_ratio=-1.0).fit(x, x)
    with pytest.raises(ValueError, match="x_compressor"):
        Compressed("pca").fit(x, x)


class _Levels(BaseEstimator):
    """How many levels the codes have, in place of an estimate."""

    def fit(self, X, y):
        self.mutual_info_ = float(len(np.unique(X)))
        return self


@pytest.mark.parametrize("scale", [1 / 7, 1e-8, 1e8])
def test_codes_that_are_equal_but_for_rounding_are_equal(scale):
    # The first axis of two columns of equal variance is their sum, a whole number.
    rng = np.random.default_rng(0)
    a = rng.permutation(60)
    b = np.argsort(np.argsort(a + 20 * rng.normal(size=60)))
    for order in (np.arange(60), rng.permutation(60)):
        X = scale * np.column_stack([a, b])[order]
        compressed = Compressed(PCA(1), estimator=_Levels(), whiten=bool(scale < 1)).fit(X, a)
        assert compressed.mutual_info_ == len(np.unique(a + b))


@pytest.mark.parametrize("whiten", [True, False])
def test_transform_gives_the_codes_of_the_estimate(whiten):
    x, y, _ = embedded(0, 300)
    estimate = Compressed(PCA(3), estimator=KSG(), whiten=whiten).fit(x, y)
    codes = estimate.transform(x)
    assert KSG().fit(codes, y).mutual_info_ == estimate.mutual_info_
    np.testing.assert_array_equal(estimate.transform(x[7:9]), codes[7:9])
    np.testing.assert_array_equal(Compressed(PCA(3), estimator=KSG(), whiten=whiten).fit_transform(x, y), codes)
    if whiten:
        np.testing.assert_allclose(np.cov(codes.T, bias=True), np.eye(3), atol=1e-9)


def test_transform_needs_no_noise_and_no_compressor():
    x, y, _ = embedded(0, 300)
    noisy = Compressed(PCA(2), estimator=KSG(), noise_ratio=0.5, random_state=0).fit(x, y)
    np.testing.assert_array_equal(noisy.transform(x), noisy.transform(x))
    plain = Compressed(estimator=KSG()).fit(x, y)
    np.testing.assert_array_equal(plain.transform(x), x)
    assert plain.get_feature_names_out().shape == (x.shape[1],)


def test_codes_of_dead_columns_are_one_constant():
    with pytest.warns(ConstantInputWarning):
        estimate = Compressed(PCA(1), estimator=KSG()).fit(np.ones((50, 3)), np.arange(50.0))
    assert not estimate.transform(np.ones((4, 3))).any() and estimate.get_feature_names_out().tolist() == [
        "compressed0"
    ]


def test_stands_before_a_classifier_in_a_pipeline():
    x, y, _ = embedded(0, 300, 3)
    frame, labels = pd.DataFrame(x, columns=list("abcde")), y[:, 0] > 0
    compressed = Compressed(PCA(2)).set_output(transform="pandas")
    pipeline = make_pipeline(StandardScaler(), compressed, LinearDiscriminantAnalysis()).fit(frame, labels)
    assert pipeline[:-1].get_feature_names_out().tolist() == ["compressed0", "compressed1"]
    assert pipeline.predict(frame[:10]).shape == (10,)


def test_twice_the_components_show_what_is_lost():
    x, y, truth = embedded(0)
    table = Compressed(PCA(1), make_pipeline(StandardScaler(), PCA(2)), KSG()).compare_components(x, y)
    assert table["x_components"].tolist() == [1, 2, 1, 2] and table["y_components"].tolist() == [2, 2, 4, 4]
    coders = [(PCA(k), make_pipeline(StandardScaler(), PCA(2 * k))) for k in (1, 2)]
    by_hand = [Compressed(*coder, KSG()).fit(x, y) for coder in coders]
    assert table["mutual_info"].tolist()[::3] == [fitted.mutual_info_ for fitted in by_hand]
    assert table["std_error"].tolist()[::3] == [fitted.std_error_ for fitted in by_hand]
    np.testing.assert_allclose(table["gain"], table["mutual_info"] - table["mutual_info"][0])
    assert table["gain"][1] > truth / 2 - 4 * np.hypot(*table["std_error"][:2])  # the second of two pairs
    enough = Compressed(PCA(2), PCA(2), KSG()).compare_components(x, y)
    assert (enough["gain"] < 4 * np.hypot(enough["std_error"], enough["std_error"][0])).all()


def test_components_of_one_side_and_of_all_columns():
    classes = make_gaussian_classes(300, separation=3.0, random_state=0)
    x = np.hstack([classes.X, np.random.default_rng(0).normal(size=(300, 2))])
    compressed = Compressed(PCA(2))
    table = compressed.compare_components(x, classes.y)
    assert table["x_components"].tolist() == [2, 3] and table["y_components"].isna().all()
    assert not hasattr(compressed, "mutual_info_")


@pytest.mark.parametrize(
    ("compressor", "message"),
    [
        (None, "no compressor"),
        (StandardScaler(), "x_compressor has no parameter n_components or n_latent"),
        (PCA(0.9), "n_components=0.9; pass a whole number"),
    ],
    ids=["none", "no number", "share"],
)
def test_components_that_cannot_be_doubled(compressor, message):
    x, y, _ = embedded(0, 100)
    with pytest.raises(ValueError, match=message):
        Compressed(compressor).compare_components(x, y[:, 0])
