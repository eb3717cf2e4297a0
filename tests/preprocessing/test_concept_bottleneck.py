"""Concept columns by probes and by factorization."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import nnls
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skib.preprocessing import ConceptBottleneck

RNG = np.random.default_rng(0)
CONCEPTS = np.column_stack([RNG.integers(0, 2, 300), RNG.integers(0, 2, 300), RNG.integers(0, 3, 300)])
LAYER = np.eye(3)[CONCEPTS[:, 2]] @ RNG.normal(size=(3, 10)) + CONCEPTS[:, :2] @ RNG.normal(size=(2, 10))
LAYER = LAYER + 0.1 * RNG.normal(size=LAYER.shape)
PARTS = np.array([[1.0, 2.0, 0.0, 0.0, 0.0], [0.0, 0.0, 3.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0, 1.0]])


def test_columns_are_the_probabilities_of_the_probes():
    fitted = ConceptBottleneck(random_state=0).fit(LAYER, concepts=CONCEPTS)
    columns = fitted.transform(LAYER)
    assert columns.shape == (300, 2 + 3)
    for j in (0, 1):
        probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(LAYER, CONCEPTS[:, j])
        np.testing.assert_allclose(columns[:, j], probe.predict_proba(LAYER)[:, 1])
    np.testing.assert_allclose(columns[:, 2:].sum(axis=1), 1)
    assert fitted.get_feature_names_out().tolist() == ["concept0", "concept1", "concept2_0", "concept2_1", "concept2_2"]


def test_hard_columns_are_decisions():
    columns = ConceptBottleneck(hard=True).fit(LAYER, concepts=CONCEPTS).transform(LAYER)
    np.testing.assert_array_equal(columns[:, :2], CONCEPTS[:, :2])
    np.testing.assert_array_equal(columns[:, 2:], np.eye(3)[CONCEPTS[:, 2]])


def test_names_classes_and_containers():
    concepts = pd.DataFrame(
        {
            "striped": CONCEPTS[:, 0].astype(bool),
            "large": np.where(CONCEPTS[:, 1], "yes", "no"),
            "color": pd.Categorical.from_codes(CONCEPTS[:, 2], ["red", "green", "blue"]),
        }
    )
    frame = pd.DataFrame(LAYER, columns=[f"unit{j}" for j in range(10)])
    fitted = ConceptBottleneck(hard=True).set_output(transform="pandas").fit(frame, concepts=concepts)
    columns = fitted.transform(frame)
    assert columns.columns.tolist() == ["striped", "large", "color_blue", "color_green", "color_red"]
    np.testing.assert_array_equal(columns["large"], CONCEPTS[:, 1])
    np.testing.assert_array_equal(columns["color_red"], CONCEPTS[:, 2] == 0)
    assert [classes.tolist() for classes in fitted.classes_[:2]] == [[False, True], ["no", "yes"]]
    polars = pytest.importorskip("polars")
    as_polars = clone(fitted).set_output(transform="polars").fit(polars.from_pandas(frame), concepts=concepts)
    assert as_polars.transform(polars.from_pandas(frame)).columns == columns.columns.tolist()


def test_one_concept_and_another_probe():
    fitted = ConceptBottleneck(probe=GaussianNB()).fit(LAYER, concepts=CONCEPTS[:, 0])
    np.testing.assert_allclose(
        fitted.transform(LAYER)[:, 0], GaussianNB().fit(LAYER, CONCEPTS[:, 0]).predict_proba(LAYER)[:, 1]
    )
    assert isinstance(fitted.probes_[0], GaussianNB)


def test_same_bits_for_any_n_jobs_and_pickle():
    one, two = (ConceptBottleneck(n_jobs=j, random_state=0).fit(LAYER, concepts=CONCEPTS) for j in (None, 2))
    np.testing.assert_array_equal(one.transform(LAYER), two.transform(LAYER))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(one)).transform(LAYER), one.transform(LAYER))


def test_target_of_a_pipeline_is_no_concept():
    y = RNG.integers(0, 2, 300)
    pipeline = make_pipeline(ConceptBottleneck(random_state=0), LogisticRegression())
    pipeline.fit(LAYER, y, conceptbottleneck__concepts=CONCEPTS)
    assert pipeline[0].transform(LAYER).shape == (300, 5)
    np.testing.assert_array_equal(
        ConceptBottleneck(3, random_state=0).fit(np.abs(LAYER), y).components_,
        ConceptBottleneck(3, random_state=0).fit(np.abs(LAYER)).components_,
    )


def test_factorization_recovers_parts():
    weights = RNG.integers(0, 3, size=(200, 3)) * RNG.uniform(1, 2, size=(200, 3))
    layer = weights @ PARTS
    fitted = ConceptBottleneck(3, random_state=0).fit(layer)
    cosines = (fitted.components_ @ PARTS.T) / np.outer(
        np.linalg.norm(fitted.components_, axis=1), np.linalg.norm(PARTS, axis=1)
    )
    np.testing.assert_allclose(np.sort(cosines.max(axis=0)), 1, atol=0.02)
    columns = fitted.transform(layer)
    assert columns.min() >= 0
    np.testing.assert_allclose(columns[7], nnls(fitted.components_.T, layer[7])[0], atol=1e-8)
    assert np.abs(columns @ fitted.components_ - layer).mean() < 0.05 * layer.mean()
    assert fitted.get_feature_names_out().tolist() == ["concept0", "concept1", "concept2"]


@pytest.mark.parametrize("unit", [1e-150, 1e-6, 1e3, 1e150])
def test_factorization_in_another_unit(unit):
    layer = np.abs(LAYER)
    reference = ConceptBottleneck(3, random_state=0).fit(layer)
    fitted = ConceptBottleneck(3, random_state=0).fit(unit * layer)
    root = np.sqrt(unit)
    np.testing.assert_allclose(fitted.components_ / root, reference.components_, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(fitted.transform(unit * layer) / root, reference.transform(layer), rtol=1e-6, atol=1e-9)


def test_another_fit_forgets_the_first():
    fitted = ConceptBottleneck(2, random_state=0).fit(np.abs(LAYER))
    fitted.fit(LAYER, concepts=CONCEPTS)
    assert not hasattr(fitted, "components_")
    assert len(fitted.fit(np.abs(LAYER)).probes_) == 0


@pytest.mark.parametrize(
    ("layer", "concepts", "params", "text"),
    [
        (LAYER, None, {}, "activations that are not negative.*take a layer after its ReLU"),
        (np.abs(LAYER), None, {"n_concepts": 11}, "n_concepts=11 exceeds the 10 rows or units"),
        (np.abs(LAYER), None, {"hard": True}, "hard=True needs annotated concepts"),
        (LAYER, LAYER[:, :2], {}, "column 0 of concepts is continuous"),
        (LAYER, np.ones(300), {}, r"columns \[0\] of concepts have one class"),
        (LAYER, CONCEPTS[:9], {}, "concepts has 9;"),
        (LAYER, np.where(CONCEPTS == 0, np.nan, 1.0), {}, "NaN"),
        (np.full((300, 2), np.nan), CONCEPTS, {}, "X contains NaN"),
        (LAYER, CONCEPTS, {"probe": "logistic"}, "The 'probe' parameter"),
    ],
)
def test_bad_input_is_named(layer, concepts, params, text):
    with pytest.raises(ValueError, match=text):
        ConceptBottleneck(**params).fit(layer, concepts=concepts)
