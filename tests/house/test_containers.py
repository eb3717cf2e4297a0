"""One reader of columns: every entry point takes every container alike, or refuses it in one clear sentence.

The value is that of the plain array of the same content, exactly but for the order of sums.
"""

import inspect
import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import has_fit_parameter

from skib import entropy, metrics, mutual_info
from skib.information_plane import InformationPlane
from skib.mutual_info import KSG, Auto, ContrastiveBound, LocalNonuniformityCorrection, Ross, Sliced, UsableInformation
from tests.house.containers import CONTAINERS, JUNK, MISSING, N, as_table, hours, numbers

pytestmark = pytest.mark.filterwarnings("ignore::skib.SkibWarning")

ARGUMENTS = ("X", "y", "given")
N_PARTS = 5  # of the crossing, one of which is always tested
CHEAP = {
    ContrastiveBound: {"estimator": LogisticRegression(), "cv": 2},
    # The last bit of a standardized value decides between equal distances.
    LocalNonuniformityCorrection: {"marginals": "rank"},
    Sliced: {"n_projections": 4},
    UsableInformation: {"cv": 2},
}
RAW = re.compile("unhashable|promoted|setting an array element|inhomogeneous|numba|nopython|<class|dtype\\(|array=|0-d")


class Entry(NamedTuple):
    """A call that takes X, y or given."""

    name: str
    call: Callable  # (X, y, given) -> one value or several
    arguments: tuple
    optional: tuple = ("given",)
    labels: tuple = ()  # arguments that must hold few levels
    joint: Callable | None = None  # the value of all columns taken together, where `call` takes them one by one
    one_column: bool = False  # X may be a column without a table
    units: bool = False  # the value depends on the units of columns
    slow: bool = False
    sparse: bool = False  # X may be a sparse matrix


def ranks():
    """Three dependent columns of whole numbers from 0 to 59."""
    shared, *noise = np.random.default_rng(0).normal(size=(7, N))
    return [np.argsort(np.argsort(shared + e)) for e in noise]


CONTENT = dict(zip(ARGUMENTS, np.reshape(ranks(), (3, 2, N)).transpose(0, 2, 1), strict=True))  # two columns of each


def fitted(estimator, X, y, given):
    fit = clone(estimator).fit(X, y, **({} if given is None else {"given": given}))
    return next(
        getattr(fit, f"{name}_") for name in ("mutual_info", "entropy", "dependence") if hasattr(fit, f"{name}_")
    )


def estimators(module):
    """Name and cheap instance of every estimator that a package exports."""
    for name in module.__all__:
        kind = getattr(module, name)
        if inspect.isclass(kind) and issubclass(kind, BaseEstimator):
            estimator = kind(**CHEAP.get(kind, {}))
            yield name, estimator.set_params(**{"random_state": 0} if hasattr(estimator, "random_state") else {})


def entries_of_estimators():
    for name, estimator in estimators(entropy):
        units = isinstance(estimator, entropy.DifferentialEntropyMixin)
        yield Entry(f"{name}.fit", lambda X, y, given, e=estimator: fitted(e, X, None, None), ("X",), units=units)
    for name, estimator in [*estimators(mutual_info), *estimators(metrics)]:
        kinds = {
            "labels": ("y",) if isinstance(estimator, Ross) else (),
            "units": isinstance(estimator, Sliced),
            "slow": isinstance(estimator, UsableInformation | ContrastiveBound),
        }

        def fit(X, y, given, e=estimator):
            return fitted(e, X, y, given)

        def score(X, y, given, e=estimator):
            return e.score_features(X, y)

        yield Entry(f"{name}.fit", fit, ARGUMENTS if has_fit_parameter(estimator, "given") else ("X", "y"), **kinds)
        yield Entry(f"{name}.score_features", score, ("X", "y"), joint=fit, **kinds)


def permuted(estimator):
    def call(X, y, given):
        test = mutual_info.permutation_test(estimator, X, y, given=given, n_permutations=2, random_state=0)
        return np.r_[test.statistic, test.null_distribution]

    return call


def interval(estimator):
    def call(X, y, given):
        both = mutual_info.confidence_interval(estimator, X, y, given=given, n_subsamples=2, random_state=0)
        return np.r_[both.low, both.high]

    return call


def plane(X, y, given):
    layer = CONTENT["given"][:, :1] / N
    return InformationPlane(n_permutations=0, random_state=0).fit(layer, y, X).results_["mutual_info"].to_numpy()


def entries_of_functions():
    def together(X, y, given):
        return mutual_info.mutual_info(X, y, given=given, missing="error")

    def features(X, y, given):
        return mutual_info.mutual_info_features(X, y, missing="error")

    def matrix(X, y, given):
        return mutual_info.mutual_info_matrix(X, missing="error").mutual_info

    yield Entry("mutual_info", together, ARGUMENTS, one_column=True)
    yield Entry("mutual_info_features", features, ("X", "y"), joint=together, sparse=True)
    yield Entry("mutual_info_matrix", matrix, ("X",), joint=together, sparse=True)
    for estimator in (Auto(), KSG()):
        name = type(estimator).__name__
        slow = isinstance(estimator, Auto)
        yield Entry(f"permutation_test of {name}", permuted(estimator), ARGUMENTS, labels=("given",), slow=slow)
        yield Entry(f"confidence_interval of {name}", interval(estimator), ARGUMENTS, slow=slow)
    yield Entry("InformationPlane", plane, ("X", "y"), optional=("X",))


FILLED = [container for container in MISSING if container.name.split()[0] not in ("infinity", "masked")]
ENTRIES = [*entries_of_estimators(), *entries_of_functions()]


def content(entry, argument, pair=False):
    """The whole numbers that an argument holds, one column or two."""
    values = CONTENT[argument] // (20 if argument in entry.labels else 1)
    return values if pair else values[:, 0]


def outcome(call, entry, argument, data):
    """The value or values of a call, or its error."""
    given = {"X": content(entry, "X")[:, None] / N, "y": content(entry, "y"), "given": None, argument: data}
    try:
        return np.ravel(np.asarray(call(**given), float))
    except Exception as error:  # whatever it is, warnings included
        return error


@cache
def expected(entry, argument, like, pair, joint=False):
    """The outcome of the plain array of the same content."""
    plain = like(content(entry, argument, pair))
    return outcome(entry.joint if joint else entry.call, entry, argument, as_table(plain) if argument == "X" else plain)


def unclear(error, argument):
    """What is wrong with an error, if anything is."""
    message = str(error)
    if type(error) not in (ValueError, TypeError):
        return f"raises {type(error).__name__}: {message[:100]}"
    if re.search(r"0 (sample|feature)\(s\)", message):  # scikit-learn's words, which its checks require
        return ""
    if RAW.search(message) or len(message) > 400:
        return f"raw {type(error).__name__}: {message[:100]}"
    named = argument if argument != "X" else "X|frame|table|columns?"
    return "" if re.search(rf"\b({named})\b", message) else f"does not name {argument}: {message[:100]}"


def equal(value, other):
    return value.shape == other.shape and np.allclose(value, other, rtol=1e-12, atol=1e-12, equal_nan=True)


def wrong_value(container, entry, argument, value):
    """What is wrong with a value, if anything is."""
    right = expected(entry, argument, container.like, container.pair)
    if isinstance(right, Exception):
        return f"gives {value[:4]}, the plain array {type(right).__name__}: {str(right)[:80]}"
    if entry.units and not container.unit:
        return "" if np.isfinite(value).all() else f"gives {value[:4]}"
    if equal(value, right):
        return ""
    if container.whole and argument == "X" and entry.joint:
        together = expected(entry, argument, container.like, True, joint=True)
        if equal(value, together):
            return ""
    return f"gives {value[:4]} for {right[:4]}"


def fault(container, entry, argument):
    """What is wrong with the answer of an entry point to a container in one of its arguments, if anything is."""
    data = container.make(content(entry, argument, container.pair))
    if data is None and argument in entry.optional:
        return ""
    if argument == "X" and not entry.one_column:
        data = as_table(data)
    answer = outcome(entry.call, entry, argument, data)
    if not isinstance(answer, Exception):
        return f"gives {answer[:4]}" if container.kind == "error" else wrong_value(container, entry, argument, answer)
    due = container.kind != "value" or (container.whole and entry.joint)
    right = None if due else expected(entry, argument, container.like, container.pair)
    if due or isinstance(right, Exception):
        return unclear(answer, argument)
    return f"refuses, {type(answer).__name__}: {str(answer)[:120]}"


def is_tried(container, entry, part):
    """Whether the entry point tries the container in this part of the test; a slow one tries a twelfth of them."""
    i, j = CONTAINERS.index(container), ENTRIES.index(entry)
    return (i + j) % N_PARTS == part and not (entry.slow and i % 12)


@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.slow) for part in range(1, N_PARTS))])
@pytest.mark.parametrize("argument", ARGUMENTS)
@pytest.mark.parametrize("container", CONTAINERS, ids=lambda container: container.name)
def test_container_is_read_alike_or_refused(container, argument, part):
    tried = [entry for entry in ENTRIES if argument in entry.arguments and is_tried(container, entry, part)]
    if container.name.startswith("csr") and argument == "X":
        tried = [entry for entry in tried if not entry.sparse]
    faults = {entry.name: fault(container, entry, argument) for entry in tried}
    assert not any(faults.values()), "\n".join(f"{name} {what}" for name, what in faults.items() if what)


@pytest.mark.filterwarnings("ignore::skib.MissingValuesWarning")
@pytest.mark.parametrize("container", FILLED, ids=lambda container: container.name)
def test_missing_values_are_a_level_or_a_row_less(container):
    x, y = (CONTENT[argument][:, 0] for argument in ("X", "y"))
    n_levels = 2 if "boolean" in container.name else 4
    named = [f"level {code % n_levels}" if row != 7 else "missing" for row, code in enumerate(x // 15)]
    data = container.make(x // 15)
    assert mutual_info.mutual_info(data, y > 30) == pytest.approx(mutual_info.mutual_info(named, y > 30), abs=1e-12)
    found = mutual_info.mutual_info_features(as_table(data), y > 30)
    assert found[0] == pytest.approx(mutual_info.mutual_info(named, y > 30), abs=1e-12)
    if any(word in container.name for word in ("text", "boolean", "StringDType", "str of", "category")):
        return
    data, rows = container.make(x), np.arange(len(x)) != 7
    expected = mutual_info.mutual_info(x[rows], y[rows])
    assert mutual_info.mutual_info(data, y) == pytest.approx(expected, abs=1e-12)
    assert mutual_info.mutual_info(y, data) == pytest.approx(expected, abs=1e-12)
    assert mutual_info.mutual_info_features(as_table(data), y)[0] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("argument", ARGUMENTS)
def test_junk_is_refused_where_missing_values_are_taken(argument):
    """As in the table of all entries, which asks for errors of missing values."""

    def together(X, y, given):
        return mutual_info.mutual_info(X, y, given=given)

    def features(X, y, given):
        return mutual_info.mutual_info_features(X, y)

    def matrix(X, y, given):
        return mutual_info.mutual_info_matrix(X).mutual_info

    entries = Entry("mutual_info", together, ARGUMENTS), Entry("features", features, ("X", "y"), sparse=True)
    entries = [*entries, Entry("matrix", matrix, ("X",), sparse=True)]
    for container in [*JUNK, *(container for container in MISSING if container not in FILLED)]:
        for entry in (entry for entry in entries if argument in entry.arguments):
            if not (container.name.startswith("csr") and entry.sparse and argument == "X"):
                what = fault(container, entry, argument)
                assert not what, f"{entry.name}, {argument} of {container.name}: {what}"


@pytest.mark.parametrize("argument", ARGUMENTS)
def test_dates_are_numbers(argument):
    for entry in ENTRIES:
        if argument in entry.arguments and not (entry.units or entry.slow):
            dates, others = (expected(entry, argument, like, False) for like in (hours, numbers))
            assert equal(dates, others), entry.name


def test_every_kind_of_entry_and_container_is_there():
    names = {entry.name for entry in ENTRIES}
    assert {"NSB.fit", "KSG.fit", "Auto.score_features", "Compressed.fit", "HSIC.fit", "InformationPlane"} <= names
    assert {container.kind for container in CONTAINERS} == {"value", "error", "either"}
    assert len({container.name for container in CONTAINERS}) == len(CONTAINERS)
