"""Classes from codes: the table of counts, and learning one class after another."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.datasets import load_digits
from sklearn.exceptions import DataConversionWarning
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import cross_val_score, train_test_split

from skib.preprocessing import CodebookBottleneck, CodebookClassifier, KDIDiscretizer


class Thirds(TransformerMixin, BaseEstimator):
    """Marks of the numbers 0, 1 and 2; others have none."""

    def fit(self, X, y=None):
        self.n_features_in_ = 1
        return self

    def transform(self, X):
        return np.asarray(X) == np.arange(3)


def digits(seed):
    x, y = load_digits(return_X_y=True)
    return train_test_split(x, y, test_size=0.5, stratify=y, random_state=seed)


def frozen(x, n_heads=8, n_codes=16, **options):
    codebook = CodebookBottleneck(n_heads, n_codes, encode="onehot", random_state=0, **options)
    return FrozenEstimator(codebook.fit(x))


def test_probabilities_are_means_of_the_shares_of_classes():
    x, _, y, _ = digits(0)
    x, y = x[:120], np.array(list("abc"))[y[:120] % 3]
    classifier = CodebookClassifier(frozen(x, 3, 5, n_active=2), smooth=2.5).fit(x, y)
    codes = CodebookBottleneck(3, 5, 2, random_state=0).fit(x).transform(x) + np.repeat([0, 5, 10], 2)
    prior = {label: np.mean(y == label) for label in "abc"}
    for i in range(10):
        shares = []
        for code in codes[i]:
            rows = (codes == code).any(axis=1)
            shares.append([(np.sum(y[rows] == label) + 2.5 * p) / (rows.sum() + 2.5) for label, p in prior.items()])
        assert_allclose(classifier.predict_proba(x[[i]])[0], np.mean(shares, axis=0))
    assert classifier.classes_.tolist() == ["a", "b", "c"]


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_rows_changes_nothing(seed):
    x, new, y, _ = digits(seed)
    whole = CodebookClassifier(frozen(x)).fit(x, y)
    parts = CodebookClassifier(frozen(x))
    for label in np.random.default_rng(seed).permutation(10):
        parts.partial_fit(x[y == label], y[y == label])
    assert_array_equal(parts.code_counts_, whole.code_counts_)
    assert_array_equal(parts.class_counts_, whole.class_counts_)
    assert_array_equal(parts.predict_proba(new), whole.predict_proba(new))


def test_the_first_classes_are_kept():
    """Five pairs of digits, one after the other: 0 and 1 lose less than 1 % to the others, on average of eight splits.

    A linear classifier that is trained on one pair after the other forgets them.
    """
    lost, last, forgotten = [], [], []
    for seed in range(8):
        x, new, y, truth = digits(seed)
        classifier = CodebookClassifier(frozen(x, 8, 128, n_components_per_head=48))
        linear = SGDClassifier(random_state=0)
        first = truth < 2
        for label in range(0, 10, 2):
            rows = (y // 2) == label // 2
            classifier.partial_fit(x[rows], y[rows])
            linear.partial_fit(x[rows], y[rows], np.arange(10))
            if label == 0:
                before = classifier.score(new[first], truth[first])
        lost.append(before - classifier.score(new[first], truth[first]))
        last.append(classifier.score(new, truth))
        forgotten.append(linear.score(new[first], truth[first]))
    assert np.mean(lost) < 0.01
    assert np.mean(last) > 0.95
    assert np.mean(forgotten) < 0.1


def test_classes_that_come_later():
    x, _, y, _ = digits(0)
    announced = CodebookClassifier(frozen(x)).partial_fit(x[y == 3], y[y == 3], classes=np.arange(10))
    assert announced.predict_proba(x[:2]).tolist() == [np.eye(10)[3].tolist()] * 2
    grown = CodebookClassifier(frozen(x)).partial_fit(x[y == 3], y[y == 3])
    for classifier in (announced, grown):
        classifier.partial_fit(x[y < 3], y[y < 3])
    assert grown.classes_.tolist() == [0, 1, 2, 3]
    assert_array_equal(announced.predict_proba(x)[:, :4], grown.predict_proba(x))
    with pytest.raises(ValueError, match="numbers and text in different calls"):
        grown.partial_fit(x[:1], ["3"])


def test_fit_starts_anew_and_partial_fit_goes_on():
    x, _, y, _ = digits(0)
    classifier = CodebookClassifier(random_state=0).fit(x[:300], y[:300])
    codebook = classifier.codebook_
    assert classifier.partial_fit(x[300:], y[300:]).codebook_ is codebook
    assert classifier.class_counts_.sum() == len(x)
    assert classifier.fit(x[:200], y[:200] % 2).class_counts_.sum() == 200 and classifier.codebook_ is not codebook
    assert classifier.classes_.tolist() == [0, 1]


def test_good_with_the_default_codebook():
    x, y = load_digits(return_X_y=True)
    assert cross_val_score(CodebookClassifier(random_state=0), x, y, cv=3).mean() > 0.9


def test_a_row_without_an_active_code_has_the_prior():
    classifier = CodebookClassifier(Thirds(), smooth=1e-9).fit([[0.0], [0], [1], [2]], [0, 0, 1, 1])
    assert_allclose(classifier.predict_proba([[0.0], [1], [7]]), [[1, 0], [0, 1], [0.5, 0.5]], atol=1e-8)


def test_frames_and_pickles():
    x, _, y, _ = digits(0)
    frame = pd.DataFrame(x[:, 20:30]).add_prefix("pixel")
    classifier = CodebookClassifier(random_state=0).fit(frame, pd.Series(y).astype(str))
    assert classifier.feature_names_in_[0] == "pixel0" and classifier.n_features_in_ == 10
    assert_array_equal(pickle.loads(pickle.dumps(classifier)).predict(frame), classifier.predict(frame))
    assert set(classifier.classes_) == set("0123456789")
    with pytest.raises(ValueError, match="feature names should match"):
        classifier.partial_fit(frame.rename(columns={"pixel0": "other"}), y)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_as_the_output_of_everything(library):
    """No frame is sparse: the marks of the codes are asked for as they are."""
    pytest.importorskip(library)
    x, _, y, _ = digits(0)
    expected = CodebookClassifier(random_state=0).fit(x, y).predict_proba(x)
    with config_context(transform_output=library):
        assert_array_equal(CodebookClassifier(random_state=0).fit(x, y).predict_proba(x), expected)


def test_dense_marks_are_those_of_a_sparse_array():
    x, _, y, _ = digits(0)
    sparse, dense = (
        CodebookClassifier(KDIDiscretizer(encode=encode)).fit(x, y).predict_proba(x)
        for encode in ("onehot", "onehot-dense")
    )
    assert_array_equal(sparse, dense)


def test_labels_in_a_column():
    x, _, y, _ = digits(0)
    with pytest.warns(DataConversionWarning, match=r"pass y.ravel\(\)"):
        fitted = CodebookClassifier(random_state=0).fit(x, y[:, None])
    assert_array_equal(fitted.predict(x), CodebookClassifier(random_state=0).fit(x, y).predict(x))


def test_errors():
    x, y = np.random.default_rng(0).normal(size=(20, 2)), np.arange(20) % 2
    with pytest.raises(ValueError, match="encode='ordinal', but zeros and ones are needed; pass 'onehot'"):
        CodebookClassifier(CodebookBottleneck()).fit(x, y)
    with pytest.raises(ValueError, match="encode='ordinal', but zeros and ones"):
        CodebookClassifier(FrozenEstimator(CodebookBottleneck().fit(x))).fit(x, y)
    with pytest.raises(ValueError, match="returns other values than 0 and 1"):
        CodebookClassifier(Doubled()).fit(x, y)
    with pytest.raises(ValueError, match="requires y to be passed"):
        CodebookClassifier().fit(x, None)
    for missing in (None, np.nan, pd.NA):
        labels = np.array(["a", "b"] * 10, object)
        labels[[3, 7]] = missing
        with pytest.raises(ValueError, match="y has no label in 2 of 20 rows, first in row 3; drop those rows"):
            CodebookClassifier().fit(x, labels)
    with pytest.raises(ValueError, match="continuous"):
        CodebookClassifier().fit(x, x[:, 0])


class Doubled(Thirds):
    def transform(self, X):
        return np.full((len(X), 3), 2.0)
