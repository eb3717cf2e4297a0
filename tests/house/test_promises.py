"""What the package promises around its numbers: light imports, no compilation, no traces, any install, pickles."""

import importlib
import inspect
import json
import os
import pickle
import pkgutil
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import warnings
from importlib import metadata, resources
from pathlib import Path

import numba
import numpy as np
import pytest
from sklearn.base import BaseEstimator
from threadpoolctl import threadpool_info

import skib
from skib.datasets import make_gaussian_pair
from skib.mutual_info import KSG, confidence_interval, permutation_test

PACKAGE = Path(skib.__file__).parent
SUBPACKAGES = sorted(m.name for m in pkgutil.iter_modules(skib.__path__) if m.ispkg and not m.name.startswith("_"))
PUBLIC = sorted(
    (
        getattr(module, name)
        for module in (importlib.import_module(f"skib.{p}") for p in SUBPACKAGES)
        for name in module.__all__
    ),
    key=lambda thing: f"{thing.__module__}.{thing.__qualname__}",
)


def python(code, *, launcher=(), path=PACKAGE.parent, **environment):
    """What a fresh interpreter prints when it runs `code` (as JSON), with skib taken from `path`."""
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("NUMBA", "PYTHON", "XDG"))}
    done = subprocess.run(
        [*launcher, sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        env={**keep, "PYTHONPATH": str(path), **environment},
        cwd=path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# --- imports


def test_import_costs_nothing():
    code = """
        import json, sys, time
        before, start = set(sys.modules), time.process_time()
        import skib
        print(json.dumps([time.process_time() - start, sorted(set(sys.modules) - before)]))
    """
    seconds, modules = zip(*(python(code) for _ in range(5)), strict=True)
    assert [m for m in modules[0] if not m.startswith("importlib")] == ["skib"]
    assert min(seconds) < 0.010


def test_subpackages_and_warnings_load_on_first_use():
    code = """
        import json, sys
        import skib
        assert "numpy" not in sys.modules
        listed = dir(skib)
        for name in listed:
            getattr(skib, name)
        print(json.dumps([listed, sorted(m for m in sys.modules if m.startswith("skib."))]))
    """
    listed, loaded = python(code)
    assert set(SUBPACKAGES) <= set(listed)
    assert {f"skib.{p}" for p in SUBPACKAGES} <= set(loaded)


def test_warning_classes_are_at_hand():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", skib.SkibWarning)
        warnings.warn("silenced with its base", skib.SaturatedEstimateWarning, stacklevel=1)
    own = {name for name in dir(skib) if name.endswith("Warning")}
    defined = {c.__name__ for c in [skib.SkibWarning, *skib.SkibWarning.__subclasses__()]}
    assert own == defined
    assert all(issubclass(getattr(skib, name), skib.SkibWarning) for name in own)


def test_unknown_name():
    with pytest.raises(AttributeError, match="module 'skib' has no attribute 'mutual_inf'"):
        skib.mutual_inf  # noqa: B018
    with pytest.raises(ImportError):
        exec("from skib import mutual_inf")


def test_optional_packages_stay_unloaded():
    code = """
        import importlib.util, json, sys
        import joblib, numba, pandas, sklearn.base
        if importlib.util.find_spec("sklearn.callback"):
            import sklearn.callback
        theirs = set(sys.modules)  # what the dependencies load of their own accord
        for name in {names}:
            importlib.import_module("skib." + name)
        optional = ["matplotlib", "rich", "h5py", "zarr", "pyarrow", "dask", "polars"]
        print(json.dumps([name for name in optional if name in set(sys.modules) - theirs]))
    """
    assert python(code.format(names=SUBPACKAGES)) == []


def test_models_of_scikit_learn_load_on_first_use():
    code = """
        import json, sys
        import joblib, numba, pandas, sklearn.base
        theirs = set(sys.modules)
        import skib.mutual_info
        models = ["ensemble", "linear_model", "model_selection", "feature_selection", "metrics", "callback"]
        print(json.dumps([name for name in models if "sklearn." + name in set(sys.modules) - theirs]))
    """
    assert python(code) == []


# --- numba


def test_nothing_is_compiled_at_import():
    code = """
        import importlib, json, pkgutil
        import skib
        from numba.core.dispatcher import Dispatcher
        found = {}
        for module in pkgutil.walk_packages(skib.__path__, "skib."):
            if not module.name.endswith("__main__"):
                for name, thing in vars(importlib.import_module(module.name)).items():
                    if isinstance(thing, Dispatcher):
                        found[module.name + "." + name] = len(thing.signatures)
        print(json.dumps(found))
    """
    dispatchers = python(code)
    files = (PACKAGE / "_kernels").glob("*.py")
    kernels = sorted(path.stem for path in files if "\nfrom skib._jit import" in path.read_text())
    assert {name.split(".")[2] for name in dispatchers if name.startswith("skib._kernels.")} >= set(kernels) != set()
    assert set(dispatchers.values()) == {0}


def without_write_permission():
    """A command prefix under which read-only folders cannot be written: for root, one that drops its privileges."""
    if os.name == "nt":
        pytest.skip("folders cannot be made read-only on Windows")
    if os.geteuid() != 0:
        return []
    prefix = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    if not shutil.which("setpriv") or subprocess.run([*prefix, "true"], capture_output=True).returncode:
        pytest.skip("running as root, and setpriv cannot drop its privileges here")
    return prefix


@pytest.fixture
def read_only_install():
    """A copy of the package without caches, in a folder that nobody may write."""
    root = Path(tempfile.mkdtemp())
    shutil.copytree(PACKAGE, root / "skib", ignore=shutil.ignore_patterns("__pycache__"))
    folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    yield root
    for folder in folders:
        folder.chmod(0o755)
    shutil.rmtree(root)


def test_works_from_a_read_only_install_without_a_home(read_only_install):
    code = """
        import json, os, pathlib
        import skib
        from skib.datasets import make_gaussian_pair
        from skib.mutual_info import KSG
        for folder in (pathlib.Path(skib.__file__).parent / "_kernels", pathlib.Path.home()):
            try:
                (folder / "probe").touch()
            except OSError:
                continue
            raise SystemExit(f"{folder} can be written: this shows nothing")
        pair = make_gaussian_pair(200, rho=0.6, random_state=0)
        print(json.dumps([skib.__file__, KSG().fit(pair.X, pair.y).mutual_info_]))
    """
    launcher = without_write_permission()
    file, value = python(code, launcher=launcher, path=read_only_install, HOME="/proc/nowhere")
    pair = make_gaussian_pair(200, rho=0.6, random_state=0)
    assert Path(file).parent == read_only_install / "skib"
    assert value == KSG().fit(pair.X, pair.y).mutual_info_


@pytest.mark.parametrize("n_threads", [1, numba.config.NUMBA_NUM_THREADS])
def test_thread_counts_stay_as_the_user_set_them(n_threads):
    pair = make_gaussian_pair(200, rho=0.6, random_state=0)
    before_test = numba.get_num_threads()
    numba.set_num_threads(n_threads)
    try:
        KSG().fit(pair.X, pair.y)  # loads whatever thread pools there are
        pools = threadpool_info()
        permutation_test(KSG(), pair.X, pair.y, n_permutations=20, random_state=0, n_jobs=2)
        KSG().fit(np.column_stack([pair.X, pair.y]), pair.y[::-1])
        assert numba.get_num_threads() == n_threads
        assert threadpool_info() == pools
    finally:
        numba.set_num_threads(before_test)


# --- objects


@pytest.mark.parametrize("thing", PUBLIC, ids=lambda thing: thing.__qualname__)
def test_public_names_pickle_by_reference(thing):
    assert pickle.loads(pickle.dumps(thing)) is thing
    assert thing.__module__.startswith("skib.")


ESTIMATORS = [thing for thing in PUBLIC if inspect.isclass(thing) and issubclass(thing, BaseEstimator)]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda thing: thing.__qualname__)
def test_estimators_pickle_with_their_parameters(estimator):
    parameters = inspect.signature(estimator).parameters.values()
    unfitted = estimator(**{p.name: 2.0 for p in parameters if p.default is p.empty})
    assert repr(pickle.loads(pickle.dumps(unfitted))) == repr(unfitted)


def test_fitted_estimators_and_results_pickle():
    pair = make_gaussian_pair(100, rho=0.6, random_state=0)
    fitted = KSG().fit(pair.X, pair.y)
    assert pickle.loads(pickle.dumps(fitted)).mutual_info_ == fitted.mutual_info_
    for result in (
        permutation_test(KSG(), pair.X, pair.y, n_permutations=3, random_state=0),
        confidence_interval(KSG(), pair.X, pair.y, n_subsamples=3, random_state=0),
    ):
        copy = pickle.loads(pickle.dumps(result))
        assert repr(copy) == repr(result)
        assert type(copy) is type(result)


# --- the distribution


def test_package_is_typed_and_versioned():
    assert resources.files("skib").joinpath("py.typed").is_file()
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+)?", skib.__version__)


def test_command_is_installed():
    try:
        distribution = metadata.distribution("skib")
    except metadata.PackageNotFoundError:
        pytest.skip("skib is not installed, only on the path")
    assert distribution.version == skib.__version__
    (command,) = distribution.entry_points.select(group="console_scripts")
    assert command.name == "skib"
    assert callable(command.load())
