"""The documentation agrees with the package: reference pages, docstrings, links, the floors, spelling."""

import importlib
import inspect
import re
import runpy
from dataclasses import is_dataclass
from pathlib import Path

import pytest
from numpydoc.docscrape import NumpyDocString
from numpydoc.validate import validate
from sklearn.utils._testing import assert_docstring_consistency

import skib
from tests.house.test_architecture import LAYERS

ROOT = Path(__file__).parents[2]
DOC = ROOT / "doc"
FOLDERS = ("choose", "developers", "networks", "reference", "user_guide")
PAGES = [DOC / "index.rst", *(page for folder in FOLDERS for page in sorted((DOC / folder).rglob("*.rst")))]
PAGES = [page for page in PAGES if "generated" not in page.parts]


def public_modules():
    """The modules with a reference page, and the names that each exports."""
    packages = [name for name in skib.__all__ if inspect.ismodule(getattr(skib, name))]
    yield "skib", sorted(set(skib.__all__) - {*packages, "__version__"})
    for name in [*packages, "bottleneck.neural"]:
        yield f"skib.{name}", sorted(importlib.import_module(f"skib.{name}").__all__)


def public_objects():
    """Each public function, class and method by its dotted name, without the methods that scikit-learn adds."""
    for module, names in MODULES.items():
        for name in names:
            thing = getattr(importlib.import_module(module), name)
            yield f"{module}.{name}", thing
            for method, member in inspect.getmembers(thing) if inspect.isclass(thing) else ():
                ours = isinstance(member, property) or (getattr(member, "__module__", None) or "").startswith("skib")
                if ours and not method.startswith("_"):
                    yield f"{module}.{name}.{method}", member


MODULES = dict(public_modules())
OBJECTS = dict(public_objects())


# --- reference pages


@pytest.mark.parametrize("module", MODULES)
def test_reference_page_lists_the_public_names(module):
    page = (DOC / "reference" / f"{module.rpartition('.')[-1]}.rst").read_text(encoding="utf-8")
    tables = re.findall(r"^\.\. autosummary::\n(?: {3}:.*\n)*\n((?: {3}\w+\n)+)", page, flags=re.MULTILINE)
    assert sorted("".join(tables).split()) == MODULES[module]


def test_reference_has_no_page_of_another_module():
    pages = [page.stem for page in (DOC / "reference").glob("*.rst") if "autosummary::" in page.read_text("utf-8")]
    assert sorted(pages) == sorted(module.rpartition(".")[-1] for module in MODULES)


# --- docstrings

# RT02: a return value may have a name. PR01: the fields of a dataclass or a named tuple stand under Attributes.
CHECKS = re.compile("GL|PR|RT(?!02)")


def overrides(name):
    """Whether a method is documented by a base class of ours, so that its own docstring may be short."""
    owner, _, method = name.rpartition(".")
    bases = inspect.getmro(OBJECTS[owner])[1:] if inspect.isclass(OBJECTS.get(owner)) else ()
    return any(method in vars(base) for base in bases if base.__module__.startswith("skib"))


@pytest.mark.parametrize("name", OBJECTS)
def test_docstring_is_valid_numpydoc(name):
    faults = [(code, text) for code, text in validate(name)["errors"] if CHECKS.match(code)]
    if is_dataclass(OBJECTS[name]) or hasattr(OBJECTS[name], "_fields"):
        faults = [fault for fault in faults if fault[0] != "PR01"]
    if overrides(name):
        faults = [fault for fault in faults if fault[0] not in ("GL08", "PR01", "RT01")]
    assert faults == []


# Section, name and description of what several objects document in the same words. A sentence of their own may follow.
SHARED = [
    ("params", "n_jobs", r"Number of threads \(as in joblib\) over [^.]+; the result is the same for every value\."),
    (
        "params",
        "random_state",
        r"(Seeds [^.]+\. Pass an int for the same result at every call\.|Has no effect: no noise is added\.)",
    ),
    (
        "params",
        "verbose",
        r"Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere\.",
    ),
    (
        "params",
        "marginals",
        r"How (numeric )?columns are scaled before "
        r"(distances are taken|the default predictors are fitted|directions are found)\. "
        r'``"rank"`` replaces each column by the normal scores of its ranks; the (estimate|bound|result) is then '
        r'invariant to monotone transformations and insensitive to outliers\. ``"standard"`` standardizes'
        r"(\.|; ``None`` leaves columns unchanged(\.|, as suits a layer))",
    ),
    ("params", "estimator", r"Estimator of [^.]+\."),
    ("attrs", "ceiling_", r"Largest possible estimate on these rows, in nats: "),
    ("attrs", "saturated_", r"Whether the estimate is saturated: "),
    ("attrs", "n_features_in_", r"Number of columns of X(, (if|where) it has columns)?\."),
    ("attrs", "feature_names_in_", r"Names of the columns of X, where they are strings\."),
]
# Directions in X do not depend on the units of its columns, so that they may not be left unchanged either.
DIRECTIONS = 'marginals : {"standard", "rank"}', 'marginals : {"rank", "standard", None}'
# Classifiers and regressors, where other objects take an estimator of mutual information.
PREDICTORS = {
    "skib.feature_selection.ConditionalRandomizationSelector",
    "skib.feature_selection.EmpiricalConditional",
    "skib.feature_selection.InformationSelectorCV",
    "skib.feature_selection.MarkovBlanketSelector",
    "skib.feature_selection.selection_curve",
    "skib.mutual_info.ContrastiveBound",
    "skib.mutual_info.UsableInformation",
}


def stand_ins(section, item, suffix=""):
    """Functions with the name and docstring of each public object that documents the item, without its default."""
    for name, thing in OBJECTS.items():
        doc = inspect.getdoc(thing) or ""
        documented = NumpyDocString(doc)[{"params": "Parameters", "attrs": "Attributes"}[section]]
        if not name.endswith(suffix) or item not in [entry.name for entry in documented]:
            continue

        def stand_in():
            pass

        stand_in.__name__ = name
        doc = doc.replace(*DIRECTIONS)
        stand_in.__doc__ = re.sub(rf"^({item} : .*), default=.*$", r"\1", doc, flags=re.MULTILINE)
        yield stand_in


@pytest.mark.parametrize(("section", "item", "pattern"), SHARED, ids=[item for _, item, _ in SHARED])
def test_shared_item_is_documented_in_the_same_words(section, item, pattern):
    objects = [one for one in stand_ins(section, item) if item != "estimator" or one.__name__ not in PREDICTORS]
    assert len(objects) > 1
    include = {f"include_{section}": [item]}
    assert_docstring_consistency(objects, **include, descr_regex_pattern=f"^{pattern}")


@pytest.mark.parametrize("method", ["score", "score_features"])
def test_methods_document_X_and_y_in_the_same_words(method):
    objects = [one for one in stand_ins("params", "X", suffix=f".{method}") if "y : None" not in one.__doc__]
    assert len(objects) > 1
    assert_docstring_consistency(objects, include_params=["X", "y"])


# --- links


def existing(path):
    """Whether a path exists; one with a placeholder, such as <name> or *, is not looked up."""
    return path.exists() or re.search(r"[<*]", path.name)


@pytest.mark.parametrize("text", ["README.md", "CONTRIBUTING.md"])
def test_links_of_the_markdown_files_lead_somewhere(text):
    content = (ROOT / text).read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", content) if "://" not in link]
    links += re.findall(r"`((?:doc|examples|skib|tests)/[^` ]*|\.ci/run)`", content)
    assert links
    assert [link for link in links if not existing(ROOT / link)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOC).as_posix())
def test_links_of_a_page_lead_somewhere(page):
    content = page.read_text(encoding="utf-8")
    documents = re.findall(r":doc:`(?:[^`<]*<)?([^`>]+)>?`", content)
    for toctree in re.findall(r"^\.\. toctree::\n(?: {3}:.*\n)*\n((?: {3}\S+\n)+)", content, flags=re.MULTILINE):
        documents += toctree.split()
    files = re.findall(r"^ *\.\. (?:image|figure|include|literalinclude):: (\S+)", content, flags=re.MULTILINE)
    missing = [file for file in files if not (page.parent / file).exists()]
    for document in documents:
        start = DOC if document.startswith("/") else page.parent
        target = start / f"{document.lstrip('/')}.rst"
        if "auto_examples" in target.parts:  # made by the gallery from examples/
            target = ROOT / "examples" / ("README.rst" if target.stem == "index" else f"{target.stem}.py")
        missing += [document] * (not target.exists())
    paths = re.findall(r"``((?:doc|examples|skib|tests)/[^` ]*)``", content)
    assert missing + [path for path in paths if not existing(ROOT / path)] == []


# --- the picture of the floors


@pytest.mark.parametrize("text", ["CONTRIBUTING.md", "doc/developers/architecture.rst"])
def test_floors_are_drawn_as_they_are(text):
    content = (ROOT / text).read_text(encoding="utf-8")
    picture = re.search(r"( +)__main__\n(?:\1\S.*\n)+", content).group()
    rooms = {path.stem for path in (ROOT / "skib").iterdir() if path.suffix == ".py" or path.is_dir()}
    floors = [layer & rooms for layer in LAYERS]
    assert [set(line.split()) for line in picture.splitlines()] == [floor for floor in reversed(floors) if floor]


def test_every_room_is_described():
    content = (DOC / "developers" / "architecture.rst").read_text(encoding="utf-8")
    described = re.findall(r"^``(\w+)/?``$", content, flags=re.MULTILINE)
    rooms = {path.stem for path in (ROOT / "skib").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert sorted(described) == sorted(rooms - {"__init__", "__pycache__"})


# --- spelling

BRITISH = re.compile(
    "neighbour|colour|behaviour|favour|labell|modell|signall|centre|metre|fibre|grey|analyse|artefact|"
    "[a-z]{3}(?<!preci)(?<!noi)is(?:e|ed|er|es|ing|ation|ations)$"
)
NOT_BRITISH = {
    "denoiser",
    "noise",
    "otherwise",
    "pairwise",
    "pointwise",
    "precise",
    "raise",
    "supervised",
    "wise",
    "exercise",
    "rise",
    "promise",
}


def words_of(identifier):
    """The words of snake_case and CamelCase, in lower case."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", identifier).lower().split("_")


def identifiers():
    """Public names, methods, parameters, fields, and the attributes that docstrings list."""
    for name, thing in OBJECTS.items():
        yield name.rpartition(".")[-1]
        if callable(thing) and not (inspect.isclass(thing) and issubclass(thing, Exception)):
            yield from inspect.signature(thing).parameters
        for entry in NumpyDocString(inspect.getdoc(thing) or "")["Attributes"]:
            yield from entry.name.split(", ")


def british(identifier):
    return any(BRITISH.search(word) and word not in NOT_BRITISH for word in words_of(identifier))


def test_identifiers_are_spelled_in_American_English():
    assert sorted({identifier for identifier in identifiers() if british(identifier)}) == []


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [("make_quantised_pair", True), ("n_neighbours", True), ("ColourBar", True), ("normalise", True)]
    + [("noise_variance", False), ("pairwise", False), ("pointwise_", False), ("n_neighbors", False)],
)
def test_spelling_is_told_apart(identifier, expected):
    assert british(identifier) == expected


def test_a_script_with_a_table_of_its_own_runs_from_any_folder(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib").use("agg")
    monkeypatch.chdir(tmp_path)
    found = runpy.run_path(str(ROOT / "examples" / "plot_convnet.py"))
    assert set(found["table"]["run"]) == {"labels", "shuffled"}
