"""Classes or numbers: one table, and everything that takes a target of either kind agrees with it."""

import uuid

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from skib import UnreliableEstimateWarning
from skib._columns import Variable, column_of, is_discrete, target_columns
from skib._columns._kinds import few_levels
from skib.entropy import KolchinskyTracey, PlugIn
from skib.information_plane import InformationPlane
from skib.mutual_info import Auto, Binned, ChainRule, Compressed, Ross, UsableInformation, mutual_info_matrix

N = 400  # sqrt(N) = 20
RNG = np.random.default_rng(0)
X = RNG.normal(size=N)


def levels(k):
    """Whole numbers on k levels, of as many rows each as there can be."""
    return np.random.default_rng(k).permutation(np.arange(N) % k)


def days(k):
    return np.datetime64("2024-01-01", "D") + levels(k)


CLASSES = {
    "text": np.char.add("class ", levels(3).astype(str)),
    "text on many levels": np.char.add("class ", levels(300).astype(str)),
    "text objects": np.char.add("class ", levels(300).astype(str)).astype(object),
    "text of pandas": pd.Series(np.char.add("class ", levels(300).astype(str))),
    "bool": levels(2) > 0,
    "bool objects": (levels(2) > 0).astype(object),
    "category of text": pd.Series(levels(3).astype(str), dtype="category"),
    "category of 30 whole numbers": pd.Series(levels(30), dtype="category"),
    "category of 300 whole numbers": pd.Series(levels(300), dtype="category"),
    "category of 300 fractions": pd.Series(levels(300) / 8, dtype="category"),
    "bare category": pd.Categorical(levels(30)),
    "3 whole numbers": levels(3),
    "20 whole numbers": levels(20),
    "20 whole floats": levels(20).astype(float),
    "20 whole objects": levels(20).astype(object),
    "20 nullable whole numbers": pd.Series(levels(20), dtype="Int64"),
    "3 half-integers": levels(3) + 0.5,
    "3 fractions": levels(3) / 7,
    "3 days": days(3),
    "3 durations": days(3) - days(1),
}
NUMBERS = {
    "21 whole numbers": levels(21),
    "21 whole floats": levels(21).astype(float),
    "21 whole objects": levels(21).astype(object),
    "21 nullable whole numbers": pd.Series(levels(21), dtype="Int64"),
    "21 half-integers": levels(21) + 0.5,
    "300 whole numbers": levels(300),
    "300 unsigned bytes and more": levels(300).astype("u2"),
    "whole numbers, no two equal": levels(N),
    "floats": X + 0.1,
    "single-precision floats": (X + 0.1).astype("f4"),
    "floats in objects": (X + 0.1).astype(object),
    "300 days": days(300),
    "300 durations": days(300) - days(1),
}
TABLE = [pytest.param(y, True, id=name) for name, y in CLASSES.items()]
TABLE += [pytest.param(y, False, id=name) for name, y in NUMBERS.items()]


def by_plane(y):
    """Units of a layer are compared in their own unit with classes, by their ranks with numbers."""
    plane = InformationPlane(n_permutations=0).fit({0: {"layer": X[:, None]}, "ids": range(N)}, y)
    return plane.estimator_.marginals is None


def by_usable_information(y):
    return isinstance(UsableInformation().fit(X[:, None], y).estimator_[-1], LogisticRegression)


def by_differential_entropies(y):
    """The ceiling is H(Y) for classes, log n for numbers."""
    return ChainRule(KolchinskyTracey()).fit(X[:, None], y).ceiling_ < np.log(N) - 1e-9


def by_bins(y):
    """Of a target that a fine X determines: its own entropy if it holds classes, that of two bins otherwise."""
    found = Binned(2, bin_width=0.5).fit(np.arange(N)[:, None], y).mutual_info_
    own = PlugIn().fit(np.asarray(y).astype(str)[:, None]).entropy_
    assert found == pytest.approx(own, abs=1e-9) or found < np.log(2) + 1e-9
    return found == pytest.approx(own, abs=1e-9)


CONSUMERS = {
    "is_discrete": is_discrete,
    "variable": lambda y: Variable(target_columns(y, N)).is_classes,
    "column": lambda y: column_of(y, "y").kind == "discrete",
    "matrix": lambda y: mutual_info_matrix(pd.DataFrame({"x": X, "y": y})).kinds["y"] == "discrete",
    "Auto": lambda y: Auto().fit(X[:, None], y).method_ == "Ross",
    "Compressed": lambda y: isinstance(Compressed().fit(X[:, None], y).estimator_, Auto),
    "UsableInformation": by_usable_information,
    "ChainRule of differential entropies": by_differential_entropies,
    "Binned": by_bins,
    "InformationPlane": by_plane,
}


@pytest.mark.filterwarnings("ignore::skib.SkibWarning", "ignore:The number of unique classes")
@pytest.mark.parametrize("takes_for_classes", CONSUMERS.values(), ids=CONSUMERS)
@pytest.mark.parametrize(("y", "classes"), TABLE)
def test_everything_agrees_with_the_table(takes_for_classes, y, classes):
    assert takes_for_classes(y) == classes


ESTIMATES = {
    "Auto": Auto(),
    "Compressed": Compressed(),
    "UsableInformation": UsableInformation(random_state=0),
    "ChainRule of differential entropies": ChainRule(KolchinskyTracey()),
    "Binned": Binned(4, strategy="quantile"),
}


@pytest.mark.filterwarnings("ignore::skib.SkibWarning")
@pytest.mark.parametrize("estimator", ESTIMATES.values(), ids=ESTIMATES)
@pytest.mark.parametrize("k", [2, 20, 21, 300])
def test_the_type_of_numbers_does_not_move_a_result(estimator, k):
    y = levels(k)
    x = (y + 0.3 * k * X)[:, None]
    expected = estimator.fit(x, y).mutual_info_
    for same in (
        y.astype(float),
        y.astype("f4"),
        y.astype("u2"),
        y.astype(object),
        y.tolist(),
        pd.Series(y, dtype="Int64"),
    ):
        assert estimator.fit(x, same).mutual_info_ == expected


@pytest.mark.filterwarnings("ignore::skib.SkibWarning")
@pytest.mark.parametrize("fit", [Ross().fit, ChainRule().fit], ids=["Ross", "ChainRule"])
def test_estimators_of_classes_take_the_labels_that_they_get(fit):
    y = levels(100)
    expected = fit(X[:, None], y).mutual_info_
    for same in (y.astype(float), y.astype(str), pd.Series(y, dtype="category"), y.astype(object)):
        assert fit(X[:, None], same).mutual_info_ == expected


@pytest.mark.parametrize("n, most", [(1, 2), (3, 2), (4, 2), (9, 3), (15, 3), (16, 4)])
def test_two_levels_or_the_root_of_the_rows(n, most):
    assert few_levels(np.arange(n) % most)
    assert n <= most or not few_levels(np.arange(n) % (most + 1))


@pytest.mark.parametrize(
    "y, discrete",
    [(["a", "b"] * 30, True), ([True, False] * 30, True), ([0.5, 1.5] * 30, True), (list(range(60)), False)],
)
def test_lists(y, discrete):
    assert is_discrete(y) == discrete


def test_several_columns_hold_classes_if_each_does():
    few = np.column_stack([levels(3), levels(20)])
    assert is_discrete(few) and is_discrete(pd.DataFrame(few).assign(text=CLASSES["text on many levels"]))
    assert not is_discrete(np.column_stack([few, X])) and not is_discrete(pd.DataFrame(few).assign(x=X))


@pytest.mark.parametrize("estimator", [Binned(), ChainRule(KolchinskyTracey())], ids=repr)
@pytest.mark.filterwarnings("ignore::skib.SaturatedEstimateWarning")
def test_identifiers_taken_as_numbers_warn(estimator):
    with pytest.warns(UnreliableEstimateWarning, match="y holds whole numbers of which no two are equal.* pass labels"):
        estimator.fit(X[:, None], np.arange(N))
    estimator.fit(X[:, None], np.char.mod("%d", np.arange(N)))  # without a warning
    estimator.fit(X[:, None], pd.Categorical(np.arange(N)))


@pytest.mark.parametrize(
    "text",
    [
        days(300).astype(str),
        days(300).astype(str).astype("S"),
        days(300).astype(str).astype(object),
        days(300).astype(str).astype(np.dtypes.StringDType()),
        pd.Series(days(300).astype("M8[s]")).dt.strftime("%Y-%m-%d %H:%M:%S"),
        pd.Series(days(300).astype("M8[s]")).dt.strftime("%Y-%m-%dT%H:%M:%S.25+01:00"),
    ],
)
def test_dates_as_text_are_refused(text):
    with pytest.raises(
        ValueError, match="y holds dates as text .first .* to dates first by pandas.to_datetime, or, if they"
    ):
        target_columns(text, N)
    with pytest.raises(ValueError, match="column 'day' holds dates as text"):
        mutual_info_matrix(pd.DataFrame({"day": text, "x": X}))
    assert not is_discrete(pd.to_datetime(pd.Series(text).str.decode("ascii") if isinstance(text[0], bytes) else text))


def test_text_that_is_not_all_dates_is_text():
    text = days(300).astype(str).astype(object)
    target_columns(np.where(levels(15) < 10, "2024-01-01", "2024-01-02"), N)  # few levels
    target_columns(pd.Series(text, dtype="category"), N)
    target_columns(np.char.add(text.astype(str), " by post"), N)
    text[-1] = "unknown"
    target_columns(text, N)


def test_codes_as_text_are_told_how_to_become_a_category():
    with pytest.raises(
        ValueError, match=r"numbers as text .* pandas.to_numeric, or, .*astype\(\"category\"\)"
    ) as refused:
        target_columns(np.char.mod("%d", levels(100)), N)
    assert "first '" in str(refused.value)
    target_columns(pd.Series(np.char.mod("%d", levels(100))).astype("category"), N)


@pytest.mark.parametrize("dtype", ["O", "U32", "S32"])
def test_a_word_in_a_column_of_numbers_is_refused(dtype):
    """A second header, or "?" for a missing value, would make labels of all numbers, each of them alone."""
    text = np.array(["?" if i == 7 else x for i, x in enumerate(X)], dtype=object).astype(dtype)
    with pytest.raises(ValueError, match=r"holds numbers, but words in 1 of 400 rows .first .*\?.*to_numeric"):
        target_columns(text, N)
    target_columns(np.delete(text, 7).astype(float), N - 1)


def test_words_beside_some_numbers_are_labels():
    few = X.astype("U")
    few[: N // 10] = "word"
    target_columns(few, N)
    target_columns([f"{i}" if i % 2 else f"{i}b" for i in range(N)], N)  # house numbers
    target_columns(np.where(levels(10) == 0, "?", levels(10).astype(str)), N)  # few levels


@pytest.mark.parametrize(
    "kind", [lambda i: pd.Interval(i, i + 1), lambda i: uuid.UUID(int=i)], ids=["interval", "uuid"]
)
def test_classes_may_be_objects_of_any_type(kind):
    """Many levels are looked at for numbers and dates as text."""
    objects, names = np.array([kind(i // 2) for i in range(N)], object), [f"class {i // 2}" for i in range(N)]
    codes = [target_columns(values, N)[0].codes() for values in (objects, names)]
    assert len(set(zip(*map(np.ndarray.tolist, codes), strict=True))) == N // 2
