"""The rules of the house, read from the syntax trees: layers, leaf kernels, one door to numba, one to private names."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = (
    {"_jit"},
    {"kernels"},
    {"_validation", "_parallel"},
    {"entropy", "datasets", "dumps"},
    {"mutual_info"},
    {"bottleneck", "coupling", "pid", "preprocessing", "feature_selection", "metrics"},
    {"information_plane"},
    {"_cli"},
    {"__main__"},
)
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
TREES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for folder in ("skib", "tests", "examples")
    for path in sorted((ROOT / folder).rglob("*.py"))
}


def room_of(path):
    """The room of skib that a file stands in ("" outside the package): skib/kernels/counts.py is in kernels."""
    parts = Path(path).with_suffix("").parts
    return parts[1] if parts[0] == "skib" else ""


def imports(tree):
    """Every absolute import, also inside functions, and every use of `skib.name`: (line, module, name or "")."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((node.lineno, node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Attribute) and getattr(node.value, "id", None) == "skib":
            yield node.lineno, "skib", node.attr


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def name_of(node):
    """The last part of a dotted name: njit for both `njit` and `numba.njit`."""
    return getattr(node, "attr", getattr(node, "id", None))


# Each rule takes a file's path, text and tree, and yields (line, what is wrong).


def imports_run_downward(path, text, tree):
    room = room_of(path)
    if not room:
        return
    if room not in LEVEL and room != "__init__":
        yield 1, f"{room} has no place in the layers"
        return
    for line, module, name in imports(tree):
        other = f"{module}.{name}".split(".")[1] if module.split(".")[0] == "skib" else None
        if other in LEVEL and other != room and LEVEL[other] >= LEVEL.get(room, -1):
            yield line, f"{room} imports {other}, which does not lie below it"


def imports_are_absolute(path, text, tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield node.lineno, "relative import"


def kernels_are_leaves(path, text, tree):
    # numba's cache watches the kernel's own file only: a constant from elsewhere would be served stale after a change.
    if room_of(path) != "kernels" or path.endswith("__init__.py"):
        return
    for line, module, name in imports(tree):
        if module.split(".")[0] != "numpy" and f"{module}.{name}" not in ("skib._jit.njit", "skib._jit."):
            yield line, f"a kernel file imports {module}: only numpy and skib._jit.njit are allowed"


def numba_has_one_door(path, text, tree):
    if room_of(path) not in ("", "_jit"):
        for line, module, _ in imports(tree):
            if module.split(".")[0] in ("numba", "llvmlite"):
                yield line, f"imports {module} outside _jit"


def private_sklearn_has_one_door(path, text, tree):
    if room_of(path) in ("", "_validation"):
        return
    for line, module, name in imports(tree):
        parts = [*module.split("."), name]
        if parts[0] == "sklearn" and (any(p.startswith("_") for p in parts) or parts[1] == "callback"):
            yield line, f"imports {'.'.join(parts)} outside _validation"


def kernels_compile_lazily_and_serially(path, text, tree):
    if not room_of(path):
        return
    for node in ast.walk(tree):
        options = [keyword.arg for keyword in getattr(node, "keywords", [])]
        options += [getattr(key, "value", None) for key in getattr(node, "keys", [])]
        for option in {"parallel", "fastmath"} & set(options):
            yield node.lineno, f"numba option {option}: it aborts under threads (parallel) or deletes isnan (fastmath)"
        if name_of(node) in ("guvectorize", "jitclass", "prange"):
            yield node.lineno, f"{name_of(node)} cannot be cached safely"
        if isinstance(node, ast.Call) and name_of(node.func) in ("njit", "jit") and room_of(path) != "_jit":
            yield node.lineno, "njit is a bare decorator: a signature compiles at import and refuses read-only arrays"
    for function in functions(tree):
        for inner in functions(function)[1:]:
            if any(name_of(decorator) == "njit" for decorator in inner.decorator_list):
                yield inner.lineno, f"{inner.name} is a compiled closure, which is never cached"


def library_is_silent(path, text, tree):
    if room_of(path) not in ("", "_cli", "__main__"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "print":
                yield node.lineno, "print outside _cli"


def modules_have_docstrings(path, text, tree):
    if room_of(path) and not ast.get_docstring(tree):
        yield 1, "no module docstring"


def files_and_functions_are_short(path, text, tree):
    if len(text.splitlines()) > 500:
        yield 1, f"{len(text.splitlines())} lines, over 500"
    for function in functions(tree):
        length = function.end_lineno - function.lineno + 1
        if ast.get_docstring(function, clean=False):
            length -= function.body[0].end_lineno - function.body[0].lineno + 1
        if length > 60:
            yield function.lineno, f"{function.name} has {length} lines of code, over 60"


def comparisons_are_asserted(path, text, tree):
    names = ("allclose", "array_equal", "array_equiv", "isclose")
    for node in ast.walk(tree):
        if not isinstance(node, ast.Expr):
            continue
        if isinstance(node.value, ast.Compare) or name_of(getattr(node.value, "func", None)) in names:
            yield node.lineno, "a comparison that nobody looks at: assert it"


RULES = [
    imports_run_downward,
    imports_are_absolute,
    kernels_are_leaves,
    numba_has_one_door,
    private_sklearn_has_one_door,
    kernels_compile_lazily_and_serially,
    library_is_silent,
    modules_have_docstrings,
    files_and_functions_are_short,
    comparisons_are_asserted,
]


def broken(rule, path, text):
    return [f"{path}:{line} {what}" for line, what in rule(path, text, ast.parse(text))]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_house_keeps_the_rule(rule):
    assert "skib/_jit.py" in TREES
    assert [fault for path, text in TREES.items() for fault in broken(rule, path, text)] == []


LONG = "def f():\n" + "    x = 1\n" * 60
DOCUMENTED = 'def f():\n    """Do\n' + "    much\n" * 60 + '    """\n'
PLANTED = [
    (imports_run_downward, "skib/kernels/a.py", "from skib._validation import check_pair"),
    (imports_run_downward, "skib/entropy/_a.py", "from skib.mutual_info import KSG"),
    (imports_run_downward, "skib/entropy/_a.py", "from skib import mutual_info"),
    (imports_run_downward, "skib/entropy/_a.py", "def f():\n    import skib.datasets"),
    (imports_run_downward, "skib/_parallel.py", "from skib._validation import Interval"),
    (imports_run_downward, "skib/pid/_a.py", "import skib.coupling as c"),
    (imports_run_downward, "skib/mutual_info/_a.py", "import skib\nskib.metrics.f()"),
    (imports_run_downward, "skib/__init__.py", "from skib.entropy import PlugIn"),
    (imports_run_downward, "skib/utils/_a.py", "x = 1"),
    (imports_are_absolute, "skib/entropy/_a.py", "from . import _b"),
    (imports_are_absolute, "tests/entropy/test_a.py", "from ..naive import entropy"),
    (kernels_are_leaves, "skib/kernels/a.py", "from skib.kernels.b import EPSILON"),
    (kernels_are_leaves, "skib/kernels/a.py", "from scipy.special import digamma"),
    (kernels_are_leaves, "skib/kernels/a.py", "from skib import kernels"),
    (numba_has_one_door, "skib/kernels/a.py", "from numba import prange"),
    (numba_has_one_door, "skib/_parallel.py", "def f():\n    import numba.core as core"),
    (private_sklearn_has_one_door, "skib/entropy/_a.py", "from sklearn.base import _fit_context"),
    (private_sklearn_has_one_door, "skib/entropy/_a.py", "from sklearn.utils._param_validation import Interval"),
    (private_sklearn_has_one_door, "skib/_parallel.py", "import sklearn.utils._tags"),
    (private_sklearn_has_one_door, "skib/_parallel.py", "from sklearn.callback import ProgressBar"),
    (kernels_compile_lazily_and_serially, "skib/_jit.py", "numba.njit(parallel=True)(f)"),
    (kernels_compile_lazily_and_serially, "skib/_jit.py", "options = {'fastmath': True}"),
    (kernels_compile_lazily_and_serially, "skib/kernels/a.py", "@njit('f8(f8[::1])')\ndef f(x): return x[0]"),
    (kernels_compile_lazily_and_serially, "skib/kernels/a.py", "@numba.guvectorize\ndef f(x): pass"),
    (kernels_compile_lazily_and_serially, "skib/kernels/a.py", "@jitclass(spec)\nclass A: pass"),
    (kernels_compile_lazily_and_serially, "skib/kernels/a.py", "def g():\n    @njit\n    def f(x): return x"),
    (library_is_silent, "skib/dumps/_a.py", "def f():\n    print('read')"),
    (modules_have_docstrings, "skib/dumps/_a.py", "x = 1"),
    (files_and_functions_are_short, "skib/dumps/_a.py", "x = 1\n" * 501),
    (files_and_functions_are_short, "skib/kernels/a.py", LONG),
    (files_and_functions_are_short, "skib/dumps/_a.py", "class A:\n" + re.sub("^", "    ", LONG, flags=re.M)),
    (comparisons_are_asserted, "tests/test_a.py", "def test_a():\n    np.allclose(a, b)"),
    (comparisons_are_asserted, "tests/test_a.py", "def test_a():\n    np.array_equal(a, b)"),
    (comparisons_are_asserted, "tests/test_a.py", "def test_a():\n    a == b"),
]
CLEAN = [
    (
        imports_run_downward,
        "skib/mutual_info/_a.py",
        "from skib.entropy import PlugIn\nfrom skib.mutual_info import _b",
    ),
    (imports_run_downward, "skib/_cli/_a.py", "from skib import __version__, information_plane"),
    (imports_run_downward, "tests/entropy/test_a.py", "import skib\nfrom skib.mutual_info import KSG"),
    (imports_are_absolute, "skib/entropy/_a.py", "from skib.entropy import _b"),
    (kernels_are_leaves, "skib/kernels/a.py", "import numpy as np\nfrom skib._jit import njit"),
    (numba_has_one_door, "skib/_jit.py", "import numba"),
    (numba_has_one_door, "tests/test_a.py", "import numba"),
    (private_sklearn_has_one_door, "skib/_validation.py", "from sklearn.base import _fit_context"),
    (private_sklearn_has_one_door, "skib/entropy/_a.py", "from sklearn.base import BaseEstimator\nimport sklearn"),
    (kernels_compile_lazily_and_serially, "skib/kernels/a.py", "@njit\ndef f(x): return x\ndef g(x): return f(x)"),
    (library_is_silent, "skib/_cli/_a.py", "print('table')"),
    (files_and_functions_are_short, "skib/dumps/_a.py", DOCUMENTED),
    (comparisons_are_asserted, "tests/test_a.py", "assert np.allclose(a, b)\nsame = np.array_equal(a, b)\na.sort()"),
]


@pytest.mark.parametrize(("rule", "path", "text"), PLANTED, ids=lambda value: getattr(value, "__name__", None))
def test_rule_catches_a_planted_violation(rule, path, text):
    assert broken(rule, path, text)


@pytest.mark.parametrize(("rule", "path", "text"), CLEAN, ids=lambda value: getattr(value, "__name__", None))
def test_rule_lets_clean_code_pass(rule, path, text):
    assert broken(rule, path, text) == []


def test_every_rule_has_a_planted_violation():
    assert {rule for rule, _, _ in PLANTED} == set(RULES)
