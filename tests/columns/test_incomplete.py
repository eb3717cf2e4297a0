"""Columns with missing cells, of every library alike."""

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

from skib._columns import check_incomplete

DATES = pd.to_datetime(["2020-01-01", None, "2021-01-01"])
FRAME = pd.DataFrame(
    {
        "number": [1.0, None, 3.0],
        "wide": pd.array([1, None, 2**60], dtype="Int64"),
        "text": ["x", None, "y"],
        "category": pd.Categorical(["u", "v", None]),
        "bool": pd.array([True, None, False], dtype="boolean"),
        "date": DATES,
        "zoned": DATES.tz_localize("Europe/Berlin"),
        "duration": DATES - DATES[0],
    }
)
CONTAINERS = {
    "pandas": lambda: FRAME,
    "objects": FRAME.to_numpy,
    "polars": lambda: pytest.importorskip("polars").from_pandas(FRAME),
    "pyarrow": lambda: pytest.importorskip("pyarrow").Table.from_pandas(FRAME),
    "pandas of pyarrow": lambda: pytest.importorskip("pyarrow") and FRAME.convert_dtypes(dtype_backend="pyarrow"),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container(name):
    columns = check_incomplete(StandardScaler(), CONTAINERS[name]())
    kinds = ["number", "number", "category", "category", "category", "date", "date", "duration"]
    assert [column.kind for column in columns] == kinds
    for label, column in zip(FRAME, columns, strict=True):
        assert column.complete.tolist() == [True, label == "category", label != "category"]
    values = [column.values.tolist() for column in columns[:5]]
    assert values == [[1.0, 3.0], [1, 2**60], ["x", "y"], ["u", "v"], [True, False]]
    days = [np.diff(column.values).astype("timedelta64[D]").astype(int).tolist() for column in columns[5:]]
    assert days == [[366], [366], [366]]


def test_nan_of_arrow_is_missing():
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"a": pa.array([1.0, float("nan"), None])})
    (column,) = check_incomplete(StandardScaler(), table)
    assert column.complete.tolist() == [True, False, False] and column.values.tolist() == [1.0]


def test_a_column_without_a_value():
    (column,) = check_incomplete(StandardScaler(), np.full((3, 1), None))
    assert not column.complete.any() and not len(column.values)


def test_names_are_stored_and_compared():
    scaler = StandardScaler()
    check_incomplete(scaler, FRAME)
    assert scaler.n_features_in_ == 8 and scaler.feature_names_in_[0] == "number"
    with pytest.raises(ValueError, match="feature names should match"):
        check_incomplete(scaler, FRAME[FRAME.columns[::-1]], reset=False)
    with pytest.raises(ValueError, match="feature names should match|8 features"):
        check_incomplete(scaler, pd.DataFrame(np.ones((3, 2)), columns=["number", "wide"]), reset=False)


@pytest.mark.parametrize("values", [[[np.inf], [1.0]], [[1j], [2.0]], [[{}], [1]], [1.0, 2.0]])
def test_refused(values):
    with pytest.raises((ValueError, TypeError)):
        check_incomplete(StandardScaler(), values)


def test_complete_numbers_are_not_copied():
    frame = pd.DataFrame(np.ones((5, 2)))
    columns = check_incomplete(StandardScaler(), frame)
    assert all(np.shares_memory(column.values, frame.to_numpy()) for column in columns)
