"""Every warning of skib is provoked here, points at the line of the user, and is issued once per call."""

import ast
import importlib
import inspect
import sys
import tempfile
import warnings
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skib
from skib import _cost, _warnings
from skib.bottleneck import (
    GaussianIB,
    GeometricIB,
    InformationBottleneck,
    InformationCurve,
    InteractionBasis,
    SequentialIB,
    SparseGaussianIB,
)
from skib.dumps import convert, open_dump
from skib.entropy import KolchinskyTracey, KozachenkoLeonenko, LeaveOneOutKDE
from skib.feature_selection import (
    InfluenceSelector,
    mutual_info_regression,
    rank_table,
)
from skib.information_plane import InformationPlane, generalization_correlates
from skib.metrics import (
    HSIC,
)
from skib.mutual_info import (
    KSG,
    Auto,
    Binned,
    ChainRule,
    Compressed,
    ContrastiveBound,
    GaussianCopula,
    LocalNonuniformityCorrection,
    Ross,
    Sliced,
    UsableInformation,
    conditional_mutual_info_matrix,
    confidence_interval,
    mutual_info,
    mutual_info_features,
    mutual_info_matrix,
    mutual_info_screen,
    permutation_test,
    sequential_test,
)
from skib.pid import (
    BROJA,
    GaussianPID,
    WilliamsBeer,
    fairness_decomposition,
    fairness_frontier,
    information_shares,
    o_information,
    pid_matrix,
)
from skib.preprocessing import (
    Autoencoder,
    CodebookClassifier,
    EntropyBoundedMerger,
    IBCategoryGrouper,
    IBDiscretizer,
    LeastVolumeAutoencoder,
    SteinSubspace,
)
from tests.house import warned_measurements, warned_selectors
from tests.house.warned_rows import CLASSES, CONSTANT, NAMES, NUMBERS, RARE, RNG, ROWS, SYMBOLS, WALK, WIDE, N

# --- what a call issues, and where in skib


class Outcome(NamedTuple):
    """The warnings that a call issued, and the places in skib that called ``warn``: (file, line)."""

    issued: list
    places: set


def outcome_of(call):
    """Call the function, which may raise a ValueError, and return its Outcome."""
    places, hold = set(), _warnings._hold

    def record(category, message):
        frame = sys._getframe(2)  # warn calls _hold first of all
        places.add((frame.f_code.co_filename, frame.f_lineno))
        return hold(category, message)

    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings(record=True) as issued:
        patch.setattr(_warnings, "_hold", record)
        warnings.simplefilter("always")
        with suppress(ValueError):
            call()
    return Outcome(issued, places)


def assert_right(issued):
    """All warnings are of the file that calls, and no two of them are equal."""
    here = __file__, warned_measurements.__file__, warned_selectors.__file__
    assert [f"{w.filename}:{w.lineno} {w.message}" for w in issued if w.filename not in here] == []
    texts = [(w.category.__name__, str(w.message)) for w in issued]
    assert len(set(texts)) == len(texts), texts


# --- every estimator on data that cannot give a good estimate

DATA = {
    "constant X": (np.ones((N, 3)), NUMBERS),
    "constant y": (ROWS, np.ones(N)),
    "one class": (ROWS, np.full(N, "a")),
    "constant column": (ROWS * [1, 1, 0], NUMBERS),
    "dependent columns": (ROWS @ RNG.normal(size=(3, 6)), NUMBERS),
    "copies": (np.repeat(ROWS[:20], 3, axis=0), np.repeat(NUMBERS[:20], 3)),
    "copies, with classes": (np.repeat(ROWS[:20], 3, axis=0), np.repeat([0, 1], 30)),
    "function": (ROWS, ROWS[:, 0]),
    "rounded": (np.round(ROWS), np.round(NUMBERS)),
    "wide": (WIDE, NUMBERS),
    "wide, with classes": (WIDE, CLASSES),
    "rare classes": (ROWS, RARE),
    "identifiers": (np.arange(3 * N).reshape(N, 3), np.arange(N)),
    "names": (np.column_stack([NAMES, NAMES, RARE]), NAMES),
    "symbols": (SYMBOLS, CLASSES),
    "constant symbols": (0 * SYMBOLS, CLASSES),
}
QUICK = {
    ContrastiveBound: {"estimator": LogisticRegression(), "cv": 2, "n_negatives": 1},
    Sliced: {"n_projections": 4},
    UsableInformation: {"cv": 2},
}
COMPOUND = [
    ChainRule(KozachenkoLeonenko()),
    ChainRule(KolchinskyTracey()),
    Compressed(PCA(2)),
    Compressed(PCA(2), estimator=Binned(4)),
    Sliced(KSG(), 4),
]


def estimators():
    """Return every public estimator of a number for a table, and some that contain another."""
    packages = [importlib.import_module(f"skib.{name}") for name in ("entropy", "metrics", "mutual_info")]
    exported = [getattr(package, name) for package in packages for name in package.__all__]
    classes = {c for c in exported if inspect.isclass(c) and issubclass(c, BaseEstimator)}
    return [c(**QUICK.get(c, {})) for c in sorted(classes, key=lambda c: c.__name__)] + COMPOUND


ESTIMATORS = {repr(estimator): estimator for estimator in estimators()}


@cache
def swept(name):
    """Return the Outcome of every call of an estimator, by its data, method and number of jobs."""
    estimator, outcomes = ESTIMATORS[name], {}
    for kind, data in DATA.items():
        for method in ("fit", "score_features"):
            for n_jobs in (None, 2) if "n_jobs" in estimator.get_params() else (None,):
                params = {"n_jobs": n_jobs, "random_state": 0}
                fresh = clone(estimator).set_params(**{k: v for k, v in params.items() if k in estimator.get_params()})
                if hasattr(fresh, method):
                    outcomes[kind, method, n_jobs] = outcome_of(partial(getattr(fresh, method), *data))
    return outcomes


@pytest.mark.parametrize("name", ESTIMATORS)
def test_warnings_of_estimators(name):
    outcomes = swept(name)
    assert any(outcome.issued for outcome in outcomes.values())
    for outcome in outcomes.values():
        assert_right(outcome.issued)


# --- functions, planes and dumps, and estimators on data of their own


def product():
    """A dependence of which no model of Auto has the shape."""
    x = np.random.default_rng(0).normal(size=(200, 2))
    return x, x[:, 0] * x[:, 1]


def curve():
    angles = np.random.default_rng(0).uniform(0, 2 * np.pi, 500)
    return np.column_stack([np.cos(angles), np.sin(angles), angles]), angles**2


def categories_beside_numbers():
    """A target of many numbers, beside which stand categories of few rows each."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(60, 40)), columns=np.char.mod("x%d", np.arange(40)))
    return frame.assign(category=np.char.mod("c%d", rng.integers(0, 15, 60))), frame.sum(axis=1)


def table_of_few_rows():
    """Two columns of 30 levels, most of whose rows are on few of them."""
    rng, shares = np.random.default_rng(0), 1 / np.arange(1, 31)
    a, b = rng.choice(30, (2, 300), p=shares / shares.sum())
    return np.char.mod("a%d", a)[:, None], np.char.mod("b%d", b)


def with_outlier():
    rows = ROWS.copy()
    rows[0] = 1e3
    return rows


def dump(**layers):
    return {0: {"wide": WIDE} | layers, "y": CLASSES, "ids": range(N)}


def broken():
    return np.where(np.arange(N)[:, None] == 7, np.nan, ROWS)


def runs_of_two_widths():
    columns = {"epoch": 9, "layer": "a", "quantity": "I(X;T|Y)", "estimator": "Binned()", "n_samples": N}
    columns |= {"saturated": False}
    return [
        pd.DataFrame([columns | {"n_units": 8 + i % 2, "mutual_info": value}])
        for i, value in enumerate([2.0, 1.0, 3.0, 2.5])
    ]


def convert_without_ids():
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "run.npz", **{"0/wide": WIDE})
        convert(Path(folder) / "run.npz", Path(folder) / "converted")


def open_incomplete_zarr():
    with tempfile.TemporaryDirectory() as folder:
        group = pytest.importorskip("zarr").open_group(Path(folder) / "run.zarr", mode="w")
        group.create_array("0/fc", shape=(N, 2), chunks=(10, 2), dtype="f8")[:10] = 1.0
        group.create_array("ids", data=np.arange(N))
        open_dump(Path(folder) / "run.zarr")


def open_folder_with_empty_file():
    with tempfile.TemporaryDirectory() as folder:
        for epoch in (1, 2):
            (Path(folder) / f"epoch_{epoch}").mkdir()
            np.save(Path(folder) / f"epoch_{epoch}" / "fc.npy", WIDE)
        np.save(Path(folder) / "ids.npy", np.arange(N))
        (Path(folder) / "epoch_2" / "last.npy").touch()
        open_dump(folder)


def unit_vectors():
    """Two columns on a circle that none determines, for the sign of either is free."""
    angles = np.random.default_rng(0).uniform(0, 2 * np.pi, 500)
    return np.column_stack([np.cos(angles), np.sin(angles)]), angles


def costly():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_cost, "_LONG", 0.0)
        HSIC().fit(ROWS, NUMBERS)


def large():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_cost, "_LARGE", 0.0)
        InformationBottleneck(beta=2).fit(SYMBOLS + 1)


def costly_sets():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_cost, "_LONG", 0.0)
        InfluenceSelector(n_draws=9).fit(SYMBOLS, CLASSES)


def in_processes(function, *arguments, **options):
    with joblib.parallel_config("loky", n_jobs=2):
        function(*arguments, **options)


def table(**columns):
    return pd.DataFrame(columns)


CASES = (
    {
        "mutual_info": lambda: mutual_info(*CONSTANT),
        "mutual_info_features": lambda: mutual_info_features(*CONSTANT),
        "mutual_info_features, p-values": lambda: mutual_info_features(*CONSTANT, n_permutations=4, n_jobs=2),
        "mutual_info_screen": lambda: mutual_info_screen(*CONSTANT, n_permutations=4, n_jobs=2),
        "mutual_info_features of names": lambda: mutual_info_features(NAMES[:, None], CLASSES, n_permutations=4),
        "mutual_info_features of a series": lambda: mutual_info_features(WALK, WALK[:, 0] ** 2, n_permutations=4),
        "mutual_info_matrix": lambda: mutual_info_matrix(table(a=NUMBERS, b=np.ones(N), c=RARE, d=range(N))),
        "mutual_info_matrix by KSG": lambda: mutual_info_matrix(
            table(a=NUMBERS, b=np.ones(N), c=NUMBERS, d=WIDE[:, 0]), estimator=KSG(), n_permutations=4, n_jobs=2
        ),
        "mutual_info_matrix of names": lambda: mutual_info_matrix(table(a=NAMES, b=NAMES, c=RARE), n_jobs=2),
        "mutual_info_matrix of copies": lambda: mutual_info_matrix(pd.DataFrame(np.repeat(ROWS[:20], 3, axis=0))),
        "mutual_info_matrix of a series": lambda: mutual_info_matrix(pd.DataFrame(WALK), n_permutations=4, n_jobs=2),
        "mutual_info, missing": lambda: mutual_info(broken(), CLASSES),
        "mutual_info_features, missing": lambda: mutual_info_features(broken(), CLASSES, n_jobs=2),
        "mutual_info_matrix, missing": lambda: mutual_info_matrix(broken(), n_jobs=2),
        "mutual_info_regression of rare classes": lambda: mutual_info_regression(
            table(town=np.where(np.arange(N) < 2, "a", "b")), NUMBERS, n_jobs=2
        ),
        "conditional_mutual_info_matrix": lambda: conditional_mutual_info_matrix(
            table(a=NUMBERS, b=np.ones(N)), CLASSES
        ),
        "mutual_info_screen of few permutations": lambda: mutual_info_screen(
            np.c_[NUMBERS, np.random.default_rng(0).normal(size=(N, 99))],
            NUMBERS + ROWS[:, 1] / 9,
            n_permutations=99,
            random_state=0,
        ),
        "mutual_info of rows in another order": lambda: mutual_info(pd.Series(NUMBERS), pd.Series(NUMBERS)[::-1]),
        "SelectKBest": lambda: SelectKBest(mutual_info_features, k=1).fit(ROWS * [1, 1, 0], NUMBERS),
        "SelectKBest of an estimator": lambda: SelectKBest(KSG().score_features, k=1).fit(ROWS * [1, 1, 0], NUMBERS),
        "Pipeline": lambda: make_pipeline(StandardScaler(), KSG()).fit(*CONSTANT),
        "permutation_test": lambda: permutation_test(KSG(), *CONSTANT, n_permutations=25),
        "permutation_test, n_jobs": lambda: permutation_test(Ross(), ROWS, RARE, n_permutations=25, n_jobs=2),
        "permutation_test in processes": lambda: in_processes(permutation_test, Ross(), ROWS, RARE, n_permutations=25),
        "InformationPlane of a series": lambda: InformationPlane(n_permutations=4, random_state=0).fit(
            {0: {"a": WALK}, 1: {"a": WALK, "b": WALK}, "ids": range(N)}, WALK[:, 0] ** 2
        ),
        "permutation_test of a series": lambda: permutation_test(KSG(), WALK, WALK[:, 0] ** 2, n_permutations=4),
        "confidence_interval": lambda: confidence_interval(KSG(), *CONSTANT, n_subsamples=4),
        "confidence_interval, n_jobs": lambda: confidence_interval(Ross(), ROWS, RARE, n_subsamples=4, n_jobs=2),
        "confidence_interval in processes": lambda: in_processes(
            confidence_interval, Ross(), ROWS, RARE, n_subsamples=4
        ),
        "confidence_interval of halves": lambda: confidence_interval(Ross(), ROWS, np.repeat([0, 1], [54, 6])),
        "confidence_interval of a series": lambda: confidence_interval(KSG(), WALK, WALK[:, 0] ** 2, n_subsamples=4),
        "confidence_interval of like rows in groups": lambda: confidence_interval(
            KSG(),
            WALK.repeat(4, axis=0),
            WALK[::-1, 0].repeat(4),
            groups=np.arange(4 * N) // 4,
            n_subsamples=4,
            n_jobs=2,
        ),
        "values outside the range": lambda: Binned(4, range=(-1, 1)).fit(ROWS, CLASSES),
        "classes of one fold": lambda: UsableInformation().fit(ROWS, RARE),
        "classes of two rows": lambda: UsableInformation().fit(ROWS, [f"pair {i // 2}" for i in range(N)]),
        "GaussianIB of a parabola": lambda: GaussianIB().fit(np.tile(ROWS, (5, 1)), np.tile(ROWS[:, 0], 5) ** 2),
        "GaussianIB of a linear function": lambda: GaussianIB(shrinkage=None).fit(ROWS, ROWS[:, 0]),
        "GaussianIB given too many columns": lambda: GaussianIB().fit(ROWS[:9], NUMBERS[:9], given=np.eye(9)),
        "GaussianIB that keeps nothing": lambda: GaussianIB(1.0).fit(ROWS, NUMBERS).transform(ROWS),
        "SparseGaussianIB of a copy": lambda: SparseGaussianIB(shrinkage=None).fit(ROWS, ROWS[:, 0]),
        "SparseGaussianIB that keeps nothing": lambda: SparseGaussianIB(1.0).fit(ROWS, NUMBERS).transform(ROWS),
        "SparseGaussianIB that does not end": lambda: SparseGaussianIB(tol=1e-300).fit(ROWS, NUMBERS),
        "outlier": lambda: LeaveOneOutKDE().fit(with_outlier()),
        "Ross of a regular grid": lambda: Ross().fit(np.arange(2400)[:, None], np.arange(2400) % 24),
        "features of a regular grid": lambda: mutual_info_features(
            np.arange(2400)[:, None] + 0.5, np.arange(2400) % 24
        ),
        "Auto on few rows": lambda: Auto().fit(WIDE[:30], ROWS[:30, :2]),
        "Auto on few rows of classes": lambda: Auto().fit(np.tile(WIDE, 20)[:, :130], CLASSES),
        "Auto on atoms in many columns": lambda: Auto().fit(np.maximum(WIDE, 0), ROWS[:, :2]),
        "Auto on a curve": lambda: Auto().fit(*curve()),
        "Auto without a model": lambda: Auto(n_jobs=2).fit(*product()),
        "Auto on numbers beside categories": lambda: Auto().fit(*categories_beside_numbers()),
        "Auto on a table of few rows": lambda: Auto().fit(*table_of_few_rows()),
        "mutual_info_matrix of a table of few rows": lambda: mutual_info_matrix(
            table(a=table_of_few_rows()[0][:, 0], b=table_of_few_rows()[1]), n_jobs=2
        ),
        "mutual_info_features of a table of few rows": lambda: mutual_info_features(*table_of_few_rows(), n_jobs=2),
        "Auto of what the condition determines": lambda: Auto().fit(ROWS, NUMBERS, given=NUMBERS),
        "Ross on matched rows": lambda: Ross().fit(np.tile(NUMBERS[:30], 2)[:, None], np.repeat([0, 1], 30)),
        "mutual_info_features of copies": lambda: mutual_info_features(
            np.repeat(ROWS[:20], 3, 0), np.repeat(NUMBERS[:20], 3)
        ),
        "GaussianCopula of unit vectors": lambda: GaussianCopula().fit(*unit_vectors()),
        "LocalNonuniformityCorrection of unit vectors": lambda: LocalNonuniformityCorrection().fit(*unit_vectors()),
        "atoms among sets of columns": lambda: o_information(np.maximum(WIDE[:, :3], 0)),
        "thin cells of sets of columns": lambda: o_information(np.tile(SYMBOLS, 2)[:, :3], discrete=True),
        "shares of atoms": lambda: information_shares(np.maximum(ROWS, 0), NUMBERS),
        "GaussianPID of atoms": lambda: GaussianPID().fit(np.maximum(ROWS[:, :2], 0), NUMBERS),
        "rows without counts": lambda: InformationBottleneck(beta=2).fit(SYMBOLS * (CLASSES > 0)[:, None]),
        "new rows without counts": lambda: InformationBottleneck(beta=2).fit(SYMBOLS + 1).predict(0 * SYMBOLS),
        "few steps": lambda: InformationBottleneck(beta=9, max_iter=1).fit(SYMBOLS + 1),
        "few steps along a curve": lambda: InformationCurve([9.0], max_iter=1).fit(SYMBOLS + 1),
        "no direction that the next layer needs": lambda: InteractionBasis(2.0).fit([WIDE, ROWS]),
        "no direction on which y depends": lambda: SteinSubspace(random_state=0).fit(WIDE, NUMBERS),
        "fewer rows than columns": lambda: SteinSubspace(1).fit(WIDE[:8], NUMBERS[:8]),
        "rows of one length": lambda: SteinSubspace(1).fit(unit_vectors()[0], unit_vectors()[1]),
        "a column of one value": lambda: IBDiscretizer().fit(ROWS * [1, 1, 0], CLASSES),
        "groups by a quantity": lambda: IBCategoryGrouper().fit_transform(SYMBOLS, np.arange(N)),
        "few epochs of a search": lambda: LeastVolumeAutoencoder(tolerance=0.8, max_iter=20, random_state=0).fit(WIDE),
        "few epochs of a network": lambda: Autoencoder(1, (4,), max_iter=2, random_state=0).fit(WIDE),
        "labels in a column": lambda: CodebookClassifier(random_state=0).fit(ROWS, CLASSES[:, None]),
        "noise in few columns": lambda: LeastVolumeAutoencoder(1, (4,), max_iter=5, random_state=0).fit(WIDE),
        "a category to merge": lambda: EntropyBoundedMerger().fit(NAMES[:, None] < "a"),
        "identifiers as categories": lambda: IBCategoryGrouper().fit(NAMES[:, None], CLASSES),
        "sweeps that do not end": lambda: SequentialIB(9, init="random", max_iter=1, random_state=0).fit(WIDE**2),
        "a bandwidth that smooths all away": lambda: GeometricIB(2, bandwidth=1e5, random_state=0).fit(ROWS),
        "a bandwidth that smooths nothing": lambda: GeometricIB(2, bandwidth=1e-3, random_state=0).fit(ROWS),
        "a bandwidth that smooths little": lambda: GeometricIB(2, bandwidth=0.1, random_state=0).fit(ROWS),
        "more clusters than rows": lambda: SequentialIB(4, n_jobs=2, random_state=0).fit(np.eye(3)[CLASSES]),
        "long work": costly,
        "large work": large,
        "long draws": costly_sets,
        "influence on a constant": lambda: InfluenceSelector(n_draws=9).fit(SYMBOLS, 0 * CLASSES).transform(SYMBOLS),
        "rows without a target": lambda: rank_table(pd.DataFrame({"x": NUMBERS, "y": [None, *CLASSES[1:]]}), "y"),
        "failed cells": lambda: InformationPlane(n_permutations=2).fit(dump(broken=broken())),
        "failed cells, n_jobs": lambda: InformationPlane(n_permutations=2, n_jobs=2).fit(dump(broken=broken())),
        "layers of several widths": lambda: generalization_correlates(runs_of_two_widths(), [1, 2, 3, 4]),
        "correlations over three runs": lambda: generalization_correlates(runs_of_two_widths()[1:], [1, 2, 3]),
        "sequential_test of a series": lambda: sequential_test(WALK, WALK[:, 0] ** 2),
        "decomposition of few rows": lambda: WilliamsBeer(n_permutations=2).fit(SYMBOLS, CLASSES),
        "decomposition that is not optimal yet": lambda: BROJA(max_iter=2).fit(SYMBOLS[:, 1:], CLASSES),
        "open_dump": lambda: open_dump({0: {"wide": WIDE}}),
        "open_dump with equal ids": lambda: open_dump({0: {"wide": WIDE}, "ids": np.arange(N) // 2}),
        "open_dump with two names of y": lambda: open_dump(
            {0: {"wide": WIDE, "label": CLASSES, "labels": CLASSES}, "ids": range(N)}
        ),
        "open_dump with labels that are a table": lambda: open_dump(
            {0: {"wide": WIDE, "labels": ROWS}, "ids": range(N)}
        ),
        "open_dump without chunks": open_incomplete_zarr,
        "open_dump with an empty file": open_folder_with_empty_file,
        "convert": convert_without_ids,
        "pid_matrix of many bins": lambda: pid_matrix(ROWS, CLASSES, n_bins=8, n_jobs=2),
        "fairness without groups": lambda: fairness_decomposition(CLASSES, np.ones(N), CLASSES),
        "few linear programs": lambda: fairness_frontier(CLASSES, RARE, CLASSES, max_iter=1),
        "InformationPlane without ids": lambda: InformationPlane(n_permutations=0).fit({0: {"wide": WIDE}}, CLASSES),
    }
    | warned_measurements.CASES
    | warned_selectors.CASES
)
# The plane writes the warnings of its cells into its results, and issues none of them.
COLLECTED = {
    "saturated": lambda: InformationPlane(Binned(), n_permutations=2).fit(dump()),
    "saturated, n_jobs": lambda: InformationPlane(Binned(), n_permutations=2, n_jobs=2).fit(dump(narrow=ROWS)),
    "constant layer": lambda: InformationPlane(n_permutations=2).fit(dump(constant=np.ones((N, 2)))),
}


@cache
def provoked(name):
    return outcome_of((CASES | COLLECTED)[name])


@pytest.mark.parametrize("name", CASES)
def test_warnings_of_functions(name):
    assert provoked(name).issued
    assert_right(provoked(name).issued)


@pytest.mark.parametrize("name", COLLECTED)
def test_warnings_of_cells_are_not_issued(name):
    assert provoked(name).places and not provoked(name).issued


# --- no warning escapes this file


def calls_of_warn():
    """Return the (file, first line, last line) of every call of ``warn`` in skib, apart from ``_warnings`` itself."""
    return {
        (str(path), node.lineno, node.end_lineno)
        for path in Path(skib.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "warn" and path.name != "_warnings.py"
    }


def test_every_warning_is_provoked():
    outcomes = [outcome for name in ESTIMATORS for outcome in swept(name).values()]
    outcomes += [provoked(name) for name in CASES | COLLECTED]
    places = set().union(*(outcome.places for outcome in outcomes))
    calls = calls_of_warn()
    missing = {
        f"{path}:{first}"
        for path, first, last in calls
        if not any(path == file and first <= line <= last for file, line in places)
    }
    assert len(calls) > 30 and missing == set(), "add a case that provokes it"
