"""The rules of the house, read from the syntax trees: layers, leaf kernels, one door to numba, one to private names."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = (
    {"_jit", "_typing", "_interrupts"},
    {"_kernels"},
    {"_warnings", "_sklearn"},
    {"_parallel", "_copies", "_cost"},
    {
        "_marginals",
        "_drawing",
        "_scales",
        "_sparse_layers",
        "_ties",
        "_statistics",
        "_linear_algebra",
        "_layers",
        "_equations",
        "_cross_fitting",
        "_entropies",
    },
    {"_columns", "_thin_tables"},
    {"_validation", "_class_tables", "_class_labels", "_column_selectors"},
    {"_row_orders", "_dependence"},
    {"_neighbors", "_gram"},
    {"entropy", "datasets", "dumps"},
    {"mutual_info"},
    {"coupling", "pid", "metrics"},
    {"bottleneck"},
    {"preprocessing"},
    {"feature_selection"},
    {"information_plane"},
    {"_cli"},
    {"__main__"},
)
DECORATORS = "njit", "borrowing", "contracting", "reordering", "inlined", "inserted"  # of kernels
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
TREES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for folder in ("skib", "tests", "examples")
    for path in sorted((ROOT / folder).rglob("*.py"))
}


def room_of(path):
    """The room of skib that a file stands in ("" outside the package): skib/_kernels/counts.py is in _kernels."""
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


def as_run(tree):
    """The module without ``if TYPE_CHECKING:``, whose imports only type checkers see."""
    body = [node for node in tree.body if not (isinstance(node, ast.If) and name_of(node.test) == "TYPE_CHECKING")]
    return ast.Module(body, type_ignores=[])


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def name_of(node):
    """The last part of a dotted name: njit for both `njit` and `numba.njit`."""
    return getattr(node, "attr", getattr(node, "id", None))


# Methods of a named tuple are public in spite of their names.
NAMEDTUPLE = {"_replace", "_asdict", "_fields", "_make"}


# Today's exceptions, by rule and file: how many. The list may only shrink.
ALLOWED = {}


# Each rule takes a file's path, text and tree, and yields (line, what is wrong).


def imports_run_downward(path, text, tree):
    room = room_of(path)
    if not room:
        return
    if room not in LEVEL and room != "__init__":
        yield 1, f"{room} has no place in the layers"
        return
    for line, module, name in imports(tree) if room != "__init__" else imports(as_run(tree)):
        other = f"{module}.{name}".split(".")[1] if module.split(".")[0] == "skib" else None
        if other in LEVEL and other != room and LEVEL[other] >= LEVEL.get(room, -1):
            yield line, f"{room} imports {other}, which does not lie below it"


def private_rooms_are_entered_by_their_door(path, text, tree):
    inside = [*Path(path).parent.parts, ""]
    if inside[0] != "skib":
        return
    for line, module, _ in imports(tree):
        parts = module.split(".")
        for i in range(2, len(parts)):
            if parts[0] == "skib" and parts[i].startswith("_") and inside[:i] != parts[:i]:
                yield line, f"imports {module}: {'.'.join(parts[:i])} is entered by its __init__"


def underscores_are_left_alone(path, text, tree):
    """Attributes of other objects that begin with one underscore; clones and copies of self are the same."""
    if not room_of(path) or room_of(path) == "_sklearn":
        return
    own = {"self", "cls"} | {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and is_clone_of_self(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or not re.match("_[^_]", node.attr) or node.attr in NAMEDTUPLE:
            continue
        value = node.value
        if getattr(value, "id", None) in own or is_clone_of_self(value):
            continue
        if isinstance(value, ast.Call) and name_of(value.func) == "super":
            continue
        yield node.lineno, f"touches {ast.unparse(node)}, which is the other object's own"


def is_clone_of_self(node):
    """Whether an expression is ``clone(self)`` or ``copy(self)``, also with parameters set."""
    if isinstance(node, ast.Call) and name_of(node.func) == "set_params":
        node = node.func.value
    if not isinstance(node, ast.Call) or name_of(node.func) not in ("clone", "copy"):
        return False
    return [getattr(argument, "id", "") for argument in node.args] == ["self"]


def imports_are_absolute(path, text, tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield node.lineno, "relative import"


def kernels_are_leaves(path, text, tree):
    # numba's cache watches the kernel's own file only: a constant from elsewhere would be served stale after a change.
    if room_of(path) != "_kernels" or path.endswith("__init__.py"):
        return
    for line, module, name in imports(tree):
        if module.split(".")[0] != "numpy" and f"{module}.{name}" not in (
            *(f"skib._jit.{decorator}" for decorator in DECORATORS),
            "skib._jit.",
        ):
            yield line, f"a kernel file imports {module}: only numpy and skib._jit are allowed"


def numba_has_one_door(path, text, tree):
    if room_of(path) not in ("", "_jit"):
        for line, module, _ in imports(tree):
            if module.split(".")[0] in ("numba", "llvmlite"):
                yield line, f"imports {module} outside _jit"


def private_sklearn_has_one_door(path, text, tree):
    if room_of(path) in ("", "_sklearn"):
        return
    for line, module, name in imports(tree):
        parts = [*module.split("."), name]
        if parts[0] == "sklearn" and (any(p.startswith("_") for p in parts) or parts[1] == "callback"):
            yield line, f"imports {'.'.join(parts)} outside _sklearn"


def keeps_nan(path, keyword):
    """Whether this is the option fastmath, in its place, with flags that change last bits only."""
    flags = {getattr(flag, "value", None) for flag in getattr(keyword.value, "elts", [None])}
    return keyword.arg == "fastmath" and room_of(path) == "_jit" and flags <= {"contract", "reassoc"}


def kernels_compile_lazily_and_serially(path, text, tree):
    if not room_of(path):
        return
    for node in ast.walk(tree):
        options = [keyword.arg for keyword in getattr(node, "keywords", []) if not keeps_nan(path, keyword)]
        options += [getattr(key, "value", None) for key in getattr(node, "keys", [])]
        for option in {"parallel", "fastmath"} & set(options):
            yield node.lineno, f"numba option {option}: it aborts under threads (parallel) or deletes isnan (fastmath)"
        if name_of(node) in ("guvectorize", "jitclass", "prange"):
            yield node.lineno, f"{name_of(node)} cannot be cached safely"
        if isinstance(node, ast.Call) and name_of(node.func) in (*DECORATORS, "jit") and room_of(path) != "_jit":
            yield node.lineno, "njit is a bare decorator: a signature compiles at import and refuses read-only arrays"
    for function in functions(tree):
        for inner in functions(function)[1:]:
            if any(name_of(decorator) in DECORATORS for decorator in inner.decorator_list):
                yield inner.lineno, f"{inner.name} is a compiled closure, which is never cached"


def library_is_silent(path, text, tree):
    if room_of(path) not in ("", "_cli", "__main__"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "print":
                yield node.lineno, "print outside _cli"


def warnings_have_one_door(path, text, tree):
    """Warnings are issued by ``skib._warnings.warn``, which finds the line of the user; a fixed level would not."""
    if room_of(path) in ("", "_warnings"):
        return
    for line, module, name in imports(tree):
        if module == "warnings" and name.startswith("warn"):
            yield line, f"imports warnings.{name} outside _warnings"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "warnings" and node.attr[:4] == "warn":
            yield node.lineno, f"warnings.{node.attr} outside _warnings"
        if isinstance(node, ast.keyword) and node.arg == "stacklevel":
            yield node.value.lineno, "stacklevel outside _warnings"


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
    private_rooms_are_entered_by_their_door,
    underscores_are_left_alone,
    imports_are_absolute,
    kernels_are_leaves,
    numba_has_one_door,
    private_sklearn_has_one_door,
    kernels_compile_lazily_and_serially,
    library_is_silent,
    warnings_have_one_door,
    modules_have_docstrings,
    files_and_functions_are_short,
    comparisons_are_asserted,
]


def broken(rule, path, text):
    return [f"{path}:{line} {what}" for line, what in rule(path, text, ast.parse(text))]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_house_keeps_the_rule(rule):
    assert "skib/_jit.py" in TREES
    faults = {path: broken(rule, path, text) for path, text in TREES.items()}
    allowed = {path: number for (name, path), number in ALLOWED.items() if name == rule.__name__}
    assert {path: len(faults[path]) for path in allowed} == allowed, "take what is mended off the list"
    assert [fault for path in faults.keys() - allowed.keys() for fault in faults[path]] == []


LONG = "def f():\n" + "    x = 1\n" * 60
DOCUMENTED = 'def f():\n    """Do\n' + "    much\n" * 60 + '    """\n'
PLANTED = [
    (imports_run_downward, "skib/_kernels/a.py", "from skib._validation import check_pair"),
    (imports_run_downward, "skib/entropy/_a.py", "from skib.mutual_info import KSG"),
    (imports_run_downward, "skib/entropy/_a.py", "from skib import mutual_info"),
    (imports_run_downward, "skib/entropy/_a.py", "def f():\n    import skib.datasets"),
    (imports_run_downward, "skib/_parallel.py", "from skib._validation import check_pair"),
    (imports_run_downward, "skib/_columns/_a.py", "from skib._neighbors import planar_balls"),
    (imports_run_downward, "skib/bottleneck/_a.py", "from skib.preprocessing import Autoencoder"),
    (imports_run_downward, "skib/pid/_a.py", "import skib.coupling as c"),
    (imports_run_downward, "skib/mutual_info/_a.py", "import skib\nskib.metrics.f()"),
    (imports_run_downward, "skib/__init__.py", "from skib.entropy import PlugIn"),
    (imports_run_downward, "skib/entropy/_a.py", "if TYPE_CHECKING:\n    from skib.mutual_info import KSG"),
    (imports_run_downward, "skib/utils/_a.py", "x = 1"),
    (private_rooms_are_entered_by_their_door, "skib/pid/_a.py", "from skib.mutual_info._ksg import KSG"),
    (private_rooms_are_entered_by_their_door, "skib/_gram/_a.py", "from skib._neighbors._tree import build_tree"),
    (private_rooms_are_entered_by_their_door, "skib/mutual_info/_a.py", "from skib.mutual_info._auto._b import c"),
    (private_rooms_are_entered_by_their_door, "skib/_cli/_a.py", "def f():\n    import skib.dumps.formats._npy"),
    (underscores_are_left_alone, "skib/pid/_a.py", "KSG()._terms(x, y)"),
    (underscores_are_left_alone, "skib/pid/_a.py", "def f(estimator):\n    return estimator._value"),
    (underscores_are_left_alone, "skib/pid/_a.py", "clone(other)._value"),
    (imports_are_absolute, "skib/entropy/_a.py", "from . import _b"),
    (imports_are_absolute, "tests/entropy/test_a.py", "from ..naive import entropy"),
    (kernels_are_leaves, "skib/_kernels/a.py", "from skib._kernels.b import EPSILON"),
    (kernels_are_leaves, "skib/_kernels/a.py", "from scipy.special import digamma"),
    (kernels_are_leaves, "skib/_kernels/a.py", "from skib import _kernels"),
    (numba_has_one_door, "skib/_kernels/a.py", "from numba import prange"),
    (numba_has_one_door, "skib/_parallel.py", "def f():\n    import numba.core as core"),
    (private_sklearn_has_one_door, "skib/entropy/_a.py", "from sklearn.base import _fit_context"),
    (private_sklearn_has_one_door, "skib/entropy/_a.py", "from sklearn.utils._param_validation import Interval"),
    (private_sklearn_has_one_door, "skib/_parallel.py", "import sklearn.utils._tags"),
    (private_sklearn_has_one_door, "skib/_parallel.py", "from sklearn.callback import ProgressBar"),
    (kernels_compile_lazily_and_serially, "skib/_jit.py", "numba.njit(parallel=True)(f)"),
    (kernels_compile_lazily_and_serially, "skib/_jit.py", "options = {'fastmath': True}"),
    (kernels_compile_lazily_and_serially, "skib/_jit.py", "numba.njit(fastmath=True)(f)"),
    (kernels_compile_lazily_and_serially, "skib/_jit.py", "numba.njit(fastmath={'contract', 'nnan'})(f)"),
    (kernels_compile_lazily_and_serially, "skib/_kernels/a.py", "@njit(fastmath={'contract'})\ndef f(x): pass"),
    (kernels_compile_lazily_and_serially, "skib/_kernels/a.py", "@njit('f8(f8[::1])')\ndef f(x): return x[0]"),
    (kernels_compile_lazily_and_serially, "skib/_kernels/a.py", "@reordering('f8(f8[::1])')\ndef f(x): return x[0]"),
    (kernels_compile_lazily_and_serially, "skib/_kernels/a.py", "@numba.guvectorize\ndef f(x): pass"),
    (kernels_compile_lazily_and_serially, "skib/_kernels/a.py", "@jitclass(spec)\nclass A: pass"),
    (kernels_compile_lazily_and_serially, "skib/_kernels/a.py", "def g():\n    @njit\n    def f(x): return x"),
    (library_is_silent, "skib/dumps/_a.py", "def f():\n    print('read')"),
    (warnings_have_one_door, "skib/entropy/_a.py", "import warnings\nwarnings.warn('text', SkibWarning)"),
    (warnings_have_one_door, "skib/_cli/_a.py", "def f():\n    from warnings import warn"),
    (warnings_have_one_door, "skib/dumps/_a.py", "warn('text', SkibWarning, stacklevel=2)"),
    (modules_have_docstrings, "skib/dumps/_a.py", "x = 1"),
    (files_and_functions_are_short, "skib/dumps/_a.py", "x = 1\n" * 501),
    (files_and_functions_are_short, "skib/_kernels/a.py", LONG),
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
    (imports_run_downward, "skib/__init__.py", "if TYPE_CHECKING:\n    from skib import entropy"),
    (imports_run_downward, "tests/entropy/test_a.py", "import skib\nfrom skib.mutual_info import KSG"),
    (private_rooms_are_entered_by_their_door, "skib/pid/_a.py", "from skib._neighbors import build_tree"),
    (private_rooms_are_entered_by_their_door, "skib/pid/_a.py", "from skib._kernels.counts import joint_codes"),
    (private_rooms_are_entered_by_their_door, "skib/pid/_a.py", "from skib.pid._lattice import atoms"),
    (private_rooms_are_entered_by_their_door, "skib/mutual_info/_auto/_a.py", "from skib.mutual_info._ksg import KSG"),
    (private_rooms_are_entered_by_their_door, "tests/pid/test_a.py", "from skib.pid._lattice import atoms"),
    (underscores_are_left_alone, "skib/pid/_a.py", "def f(self):\n    return self._value + super()._value"),
    (underscores_are_left_alone, "skib/pid/_a.py", "def f(self):\n    clone(self)._check(x)"),
    (underscores_are_left_alone, "skib/pid/_a.py", "def f(self):\n    one = clone(self)\n    one._check(x)"),
    (underscores_are_left_alone, "skib/pid/_a.py", "def f(self):\n    twin = copy(self)\n    twin._target = 1"),
    (underscores_are_left_alone, "skib/pid/_a.py", "row._replace(n=1)\nmodule.__name__"),
    (imports_are_absolute, "skib/entropy/_a.py", "from skib.entropy import _b"),
    (kernels_are_leaves, "skib/_kernels/a.py", "import numpy as np\nfrom skib._jit import njit"),
    (numba_has_one_door, "skib/_jit.py", "import numba"),
    (numba_has_one_door, "tests/test_a.py", "import numba"),
    (private_sklearn_has_one_door, "skib/_sklearn.py", "from sklearn.base import _fit_context"),
    (private_sklearn_has_one_door, "skib/entropy/_a.py", "from sklearn.base import BaseEstimator\nimport sklearn"),
    (kernels_compile_lazily_and_serially, "skib/_kernels/a.py", "@njit\ndef f(x): return x\ndef g(x): return f(x)"),
    (library_is_silent, "skib/_cli/_a.py", "print('table')"),
    (warnings_have_one_door, "skib/_warnings.py", "import warnings\nwarnings.warn('text', stacklevel=3)"),
    (warnings_have_one_door, "skib/_cli/_a.py", "import warnings\nwarnings.simplefilter('default')"),
    (warnings_have_one_door, "skib/entropy/_a.py", "from skib._warnings import warn\nwarn('text', SkibWarning)"),
    (warnings_have_one_door, "tests/test_a.py", "warnings.warn('text', SkibWarning, stacklevel=1)"),
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
