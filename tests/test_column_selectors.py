"""What selectors return of a frame, by its library and by ``set_output``."""

from itertools import combinations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skib.bottleneck import SparseGaussianIB
from skib.feature_selection import CardinalityAwareSelector, InformationSelector, InformationSelectorCV

LIBRARIES = {
    "pandas": lambda frame: frame,
    "nullable": pd.DataFrame.convert_dtypes,
    "pandas of pyarrow": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "polars": pl.from_pandas,
    "pyarrow": pa.Table.from_pandas,
}
EVERY = ["city", "count", "day", "flag", "kind", "number"]


@pytest.fixture(scope="module")
def table():
    """Columns of every type, in order of their names, a value of each missing but of counts and flags."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "city": rng.choice(["Oslo", "Rome"], 60),
            "count": rng.integers(100, size=60),
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(60), unit="D"),
            "flag": rng.random(60) < 0.5,
            "kind": pd.Categorical(rng.choice(["a", "b"], 60)),
            "number": rng.normal(size=60),
        }
    )
    frame.loc[0, ["city", "day", "kind", "number"]] = None
    return frame


def selector_of(columns, frame, output="default"):
    """A selector of these columns, which are all that it may select."""
    selector = InformationSelector(n_features_to_select=len(columns), include=columns)
    return selector.set_output(transform=output).fit(frame, np.arange(60) % 2)


@pytest.mark.parametrize("library", LIBRARIES)
def test_numbers_of_a_mixed_frame_are_an_array_of_numbers(table, library):
    frame = LIBRARIES[library](table)
    selected = selector_of(["count", "number"], frame).transform(frame)
    assert selected.dtype == np.float64
    np.testing.assert_array_equal(selected, table[["count", "number"]])
    whole = np.float64 if library in ("nullable", "pandas of pyarrow") else np.int64  # as scikit-learn converts them
    assert selector_of(["count"], frame).transform(frame).dtype == whole
    assert StandardScaler().fit_transform(selected).shape == (60, 2)


@pytest.mark.parametrize("library", LIBRARIES)
def test_columns_of_several_types_are_an_array_of_objects(table, library):
    frame = LIBRARIES[library](table)
    selected = selector_of(EVERY, frame).transform(frame)
    assert selected.dtype == object
    missing = np.array([[value != value for value in row] for row in selected])  # NaN and NaT, never None or pandas.NA
    assert np.argwhere(missing).tolist() == [[0, 0], [0, 2], [0, 4], [0, 5]]
    for j, name in enumerate(EVERY):
        assert selected[1:, j].tolist() == table[name].tolist()[1:]


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_pair_of_types_is_an_array(table, library):
    """scikit-learn takes a category beside a bool for numbers, and finds no type of a date beside a number."""
    frame = LIBRARIES[library](table)
    for pair in combinations(EVERY, 2):
        selected = selector_of(list(pair), frame).transform(frame)
        assert selected.dtype == object or {"count", "flag", "number"}.issuperset(pair)
        for j, name in enumerate(pair):
            assert selected[1:, j].tolist() == table[name].tolist()[1:]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_frames_keep_the_types_of_their_columns(table, library, output):
    frame = LIBRARIES[library](table)
    selected = selector_of(EVERY, frame, output).transform(frame)
    assert type(selected).__module__.startswith(output)
    assert list(selected.columns) == EVERY
    if output == library:
        assert selected.equals(frame)
    if output == "pandas":
        kinds = [pd.api.types.infer_dtype(selected[name], skipna=True) for name in EVERY]
        assert kinds == ["string", "integer", "datetime64", "boolean", "categorical", "floating"]
    else:
        kinds = [str(dtype).partition("(")[0] for dtype in selected.dtypes]
        assert kinds == ["String", "Int64", "Datetime", "Boolean", "Categorical", "Float64"]
    assert selected[EVERY[1]].to_list() == table["count"].tolist()


def test_polars_without_pyarrow(table, monkeypatch):
    frame = pl.from_pandas(table)

    def refused(*args, **options):
        raise ModuleNotFoundError("pyarrow is required")

    monkeypatch.setattr(pl.DataFrame, "to_pandas", refused)
    selected = selector_of(["count", "kind", "number"], frame, "pandas").transform(frame)
    assert [str(dtype) for dtype in selected.dtypes][::2] == ["int64", "float64"]
    assert selected["kind"].tolist()[1:] == table["kind"].tolist()[1:]


def test_dates_of_one_type_are_an_array_of_dates(table):
    for frame in (table, pl.from_pandas(table)):
        selected = selector_of(["day"], frame).transform(frame)
        np.testing.assert_array_equal(selected, table[["day"]])
        assert selected.dtype.kind == "M"


def test_other_selectors_share_it(table):
    frame = pl.from_pandas(table)
    y = table["flag"].to_numpy()
    selector = CardinalityAwareSelector(2).set_output(transform="polars").fit(frame, y)
    assert selector.transform(frame).equals(frame[selector.get_feature_names_out().tolist()])
    numbers = pl.DataFrame({"count": np.arange(60), "number": np.random.default_rng(1).normal(size=60)})
    y = numbers["count"] + np.random.default_rng(2).normal(0, 9, 60)
    ib = SparseGaussianIB().set_output(transform="polars").fit(numbers, y)
    assert ib.transform(numbers).schema["count"] == pl.Int64


@pytest.mark.parametrize("library", LIBRARIES)
def test_other_columns_are_refused_and_none_selected_is_told(table, library):
    frame = LIBRARIES[library](table)
    selector = selector_of(["number"], frame)
    with pytest.raises(ValueError, match="feature names should match"):
        selector.transform(LIBRARIES[library](table[EVERY[::-1]]))
    with pytest.raises(ValueError, match="feature names should match|features"):
        selector.transform(LIBRARIES[library](table[EVERY[1:]]))


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_predictors_in_folds_get_the_container_of_set_output(table, output):
    y = np.where(table["city"] == "Rome", 1, 0)
    y[:6] = 1 - y[:6]
    trees = HistGradientBoostingClassifier(max_iter=2, min_samples_leaf=2, random_state=0)
    if output == "pandas":
        text = make_column_selector(dtype_exclude=["number", "bool"])
        trees = make_pipeline(make_column_transformer((OneHotEncoder(handle_unknown="ignore"), text)), trees)
    else:
        trees = make_pipeline(_OnlyPolars(), trees)
    columns = table[["city", "number"]] if output == "pandas" else pl.from_pandas(table[["count", "number"]])
    search = InformationSelectorCV(trees, InformationSelector(n_features_to_select=2, include=[0]), cv=3)
    assert clone(search).set_output(transform=output).fit(columns, y).n_features_ in (1, 2)
    with pytest.raises((ValueError, AssertionError)):
        clone(search).fit(columns, y)  # of arrays


class _OnlyPolars(StandardScaler):
    def fit(self, X, y=None):
        assert isinstance(X, pl.DataFrame)
        return super().fit(X, y)
