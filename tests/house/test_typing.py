"""Type checkers: a user's script is clean under ``mypy --strict``, its planted mistakes are found, all is annotated."""

import inspect
import os
import re
import subprocess
import sys

import pytest
from numpydoc.docscrape import NumpyDocString

from tests.house.test_docs import OBJECTS, ROOT

# scikit-learn and pandas have no types of their own; whoever imports them in a checked script has these lines.
CONFIG = """
[mypy]
strict = True

[mypy-sklearn.*,pandas.*]
ignore_missing_imports = True
"""

SCRIPT = """\
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest
from sklearn.pipeline import make_pipeline

import skib
from skib.bottleneck import InformationBottleneck, InformationCurve, InformationCurveDisplay
from skib.bottleneck import contingency, ib_consistency
from skib.datasets import dump_training_run, make_benchmark_task, make_gaussian_classes, make_gaussian_pair
from skib.dumps import Dump, convert, load_array, open_dump
from skib.entropy import KozachenkoLeonenko, PlugIn
from skib.feature_selection import (
    CardinalityAwareSelector,
    Decision,
    ECFSAffinity,
    GraphSelector,
    InformationSelector,
    KatzCentrality,
    PermutationStop,
    SelectionPathDisplay,
    Step,
    Terms,
)
from skib.information_plane import InformationPlane, InformationPlaneDisplay, aggregate_runs, training_phases
from skib.metrics import HSIC
from skib.mutual_info import KSG, Auto, Binned, ChainRule, Compressed, MutualInfoMatrixDisplay, confidence_interval
from skib.mutual_info import mutual_info, mutual_info_features, mutual_info_matrix, permutation_test
from skib.preprocessing import Autoencoder


def measure(frame: pd.DataFrame, target: list[str]) -> dict[str, float]:
    pair = make_gaussian_pair(500, rho=0.6, random_state=0)
    fitted = KSG(n_neighbors=3, marginals="standard").fit(pair.X, pair.y, given=None)
    test = permutation_test(KSG(), pair.X, pair.y, n_permutations=99)
    interval = confidence_interval(Binned(8, entropy=PlugIn()), pair.X, pair.y, confidence_level=0.9)
    bits = skib.in_bits(fitted.mutual_info_ - pair.mutual_info)
    auto = Auto(random_state=0).fit(frame, target).set_params(n_jobs=2)
    names = {f"{auto.method_} {name}": value for name, value in auto.estimates_.items()}
    dependence = HSIC(unbiased=True).fit(pair.X, pair.y).dependence_
    density = KozachenkoLeonenko(n_neighbors=3).fit(pair.X).entropy_
    chain = ChainRule(PlugIn()).fit(frame, target).std_error_ + mutual_info(frame, target, estimator=Auto())
    return {"bits": bits, "low": interval.low, "p": test.pvalue, "rest": dependence + density + chain} | names


def select(task: str) -> list[int]:
    pair = make_benchmark_task(task, n_samples=200)
    pipeline = make_pipeline(SelectKBest(KSG().score_features, k=2), Autoencoder(2, (16,), max_iter=50))
    codes = pipeline.fit_transform(pair.X, pair.y)
    compressed = Compressed(PCA(2), Autoencoder(1), KSG(), noise_ratio=0.1).fit(codes, pair.y)
    scores, pvalues = mutual_info_features(pair.X, pair.y, n_permutations=99)
    matrix = mutual_info_matrix(pair.X, n_permutations=99, shuffle="circular")
    MutualInfoMatrixDisplay.from_matrix(matrix).plot(units="bits").figure_.savefig("matrix.png")
    width = int(matrix.n_samples * compressed.pointwise_.max() + matrix.mutual_info.to_numpy().max())
    return [width, *np.flatnonzero(scores + mutual_info_features(pair.X, pair.y) > pvalues).tolist()]


def difference(terms: Terms) -> NDArray[np.float64]:
    return np.asarray(terms.relevance - terms.redundancy)


class Few:
    def decide(self, step: Step) -> Decision:
        return Decision("enough" if len(step.selected) > 2 or step.score < 0 else None)


def shortlist(frame: pd.DataFrame, target: list[str]) -> list[int]:
    jmi = InformationSelector("jmi", 0.5, discretizer=5, init="pair", exclude=["id"]).fit(frame, target)
    own = InformationSelector(difference, stop=Few(), estimator=KSG()).fit(frame, target)
    tested = InformationSelector(stop=PermutationStop(0.01), groups=[1, 1, 2]).fit(frame, target, sample_weight=[1, 2])
    graph = GraphSelector(ECFSAffinity(0.2), KatzCentrality(0.5), 3).fit(frame, target)
    counted = CardinalityAwareSelector(2, criterion="3mr").partial_fit(frame, target, classes=["no", "yes"])
    print(graph.scores_.max(), GraphSelector("spec_cmi").affinity, counted.partners_.tolist())
    SelectionPathDisplay.from_estimator(jmi.truncate(2)).plot(units="bits").figure_.savefig("path.png")
    print(own.path_, own.stop_reason_.upper(), tested.pvalues_.max(), jmi.get_feature_names_out())
    return [int(jmi.selected_features_[0]), int(jmi.scores_.argmax())]


def compress(colors: list[str], sold: list[int]) -> float:
    counts = contingency(colors, sold)
    fitted = InformationBottleneck(4, beta=5.0, alpha=0.5).fit(counts.table, sample_weight=counts.weights)
    curve = InformationCurve([2.0, 5.0], lagrangian="squared").fit(counts.table)
    InformationCurveDisplay.from_estimator(curve).plot(units="bits").figure_.savefig("curve.png")
    explained = ib_consistency(fitted.encoder_, counts.table).explained
    return explained + fitted.rate_ + float(curve.gaps_.max()) + int(fitted.labels_[counts.inverse].max())


def follow(folder: Path) -> Dump:
    classes = make_gaussian_classes(300, n_classes=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", skib.SaturatedEstimateWarning)
        dump = open_dump(dump_training_run(folder, classes.X, classes.y, hidden=[4], epochs=20), reduce="gap")
    plane = InformationPlane(KSG(), compressor=PCA(2), n_permutations=10).fit(dump, load_array(folder / "y.npy"))
    InformationPlaneDisplay.from_estimator(plane).plot("epochs").figure_.savefig("plane.png")
    phases = training_phases(aggregate_runs([plane, plane]), alpha=0.01)
    print(plane.significance(alpha=0.01), plane.results_, phases, dump.layers[0].upper(), len(dump))
    return open_dump(convert({epoch: {layer: dump[epoch, layer]} for epoch, layer in dump}, folder / "copy"))
"""

# What is written wrongly, how, and the error of mypy.
MISTAKES = {
    "an attribute misspelled": ("fitted.mutual_info_", "fitted.mutual_informaton_", "attr-defined"),
    "an attribute of no result": ("test.pvalue", "test.p_value", "attr-defined"),
    "an attribute of no matrix": ("matrix.mutual_info.", "matrix.values.", "attr-defined"),
    "an attribute of no sample": ("- pair.mutual_info", "- pair.information", "attr-defined"),
    "a name of no package": ("skib.in_bits", "skib.as_bits", "attr-defined"),
    "a class for an estimator": ("permutation_test(KSG(),", "permutation_test(KSG,", "arg-type"),
    "a string for an estimator": ("estimator=Auto()", 'estimator="auto"', "arg-type"),
    "information for an entropy": ("ChainRule(PlugIn())", "ChainRule(KSG())", "arg-type"),
    "an entropy for information": ("InformationPlane(KSG()", "InformationPlane(PlugIn()", "arg-type"),
    "a string for a float": ("confidence_level=0.9", 'confidence_level="0.9"', "arg-type"),
    "an unknown criterion": ('InformationSelector("jmi"', 'InformationSelector("jim"', "arg-type"),
    "an unknown choice": ('reduce="gap"', 'reduce="mean"', "arg-type"),
    "a keyword of no parameter": ("KSG(n_neighbors=3", "KSG(neighbors=3", "call-arg"),
}


@pytest.fixture(scope="module")
def errors(tmp_path_factory):
    """What mypy reports on the script and on a copy of it for each mistake: (line, code) by name of the file."""
    folder = tmp_path_factory.mktemp("typing")
    (folder / "mypy.ini").write_text(CONFIG)
    scripts = {"clean.py": SCRIPT}
    for name, (right, wrong, _) in MISTAKES.items():
        assert SCRIPT.count(right) == 1
        scripts[file_of(name)] = SCRIPT.replace(right, wrong)
    for file, text in scripts.items():
        (folder / file).write_text(text)
    # From elsewhere, as users do: mypy reports errors inside of the modules of the working directory, and takes those
    # that PYTHONPATH finds for installed packages, which it reads only if they have a py.typed.
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", *scripts],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1) and not done.stderr, done.stdout + done.stderr
    found = re.findall(r"^(\w+\.py):(\d+): error: .*\[([a-z-]+)\]$", done.stdout, flags=re.MULTILINE)
    assert len(found) == done.stdout.count(": error: ")
    return done.stdout, found


def file_of(name):
    return name.replace(" ", "_") + ".py"


def test_script_is_clean(errors):
    report, found = errors
    assert [error for error in found if error[0] == "clean.py"] == [], report


@pytest.mark.parametrize("name", MISTAKES)
def test_planted_mistake_is_found(errors, name):
    report, found = errors
    right, _, code = MISTAKES[name]
    line = SCRIPT[: SCRIPT.index(right)].count("\n") + 1
    assert [error for error in found if error[0] == file_of(name)] == [(file_of(name), str(line), code)], report


# --- all public names


@pytest.mark.parametrize("name", OBJECTS)
def test_signature_is_annotated(name):
    thing = OBJECTS[name]
    function = thing.fget if isinstance(thing, property) else thing.__init__ if inspect.isclass(thing) else thing
    if not inspect.isroutine(function) or not getattr(function, "__module__", "").startswith("skib"):
        return  # the constructor of Python or scikit-learn
    signature = inspect.signature(function)
    missing = [
        p.name for p in signature.parameters.values() if p.annotation is p.empty and p.name not in ("self", "cls")
    ]
    assert missing == []
    assert signature.return_annotation is not signature.empty


@pytest.mark.parametrize("name", [name for name, thing in OBJECTS.items() if inspect.isclass(thing)])
def test_documented_attributes_are_declared(name):
    bases = [base for base in inspect.getmro(OBJECTS[name]) if base.__module__.startswith("skib")]
    declared = {attribute for base in bases for attribute in [*vars(base), *vars(base).get("__annotations__", {})]}
    declared |= {"n_features_in_", "feature_names_in_"}  # by the stand-in of BaseEstimator, which only mypy sees
    documented = NumpyDocString(inspect.getdoc(OBJECTS[name]))["Attributes"]
    assert {item for entry in documented for item in entry.name.split(", ")} - declared == set()
