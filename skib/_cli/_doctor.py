"""``skib doctor``: the versions of this installation, a test of its estimates, and a cache filled beforehand."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter

_REQUIRED = "numpy", "scipy", "scikit-learn", "numba", "pandas", "joblib"
_TOLERANCE = 0.08  # several standard errors of each of the estimates
_EXTRAS = "matplotlib", "rich", "h5py", "zarr", "pyarrow", "distributed"


def doctor(warm):
    """Print versions, threads and the cache, and check a few estimates; return 0 if all are right.

    With `warm`, compile what the usual calls need, so that no later process has to.
    """
    import skib

    print(f"skib {skib.__version__}, Python {platform.python_version()}, {platform.platform()}")
    print("required: " + ", ".join(map(_versioned, _REQUIRED)))
    print("extras: " + ", ".join(map(_versioned, _EXTRAS)))
    print(f"processors: {len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()}")
    print(f"cache of compiled kernels: {_cache()}")
    print(f"estimates of samples whose information is known (ok: within {_TOLERANCE} nats of it):")
    checks = [_checked(*check) for check in _estimates()]
    if warm:
        _warm()
    return int(not all(checks))


def _versioned(name):
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} missing"


def _cache():
    """Describe the cache: where it lies, whether it can be written to, and what it holds."""
    folder = _cache_folder()
    if folder is None:
        return "none, every process compiles anew: no folder is writable (set NUMBA_CACHE_DIR)"
    if not os.access(folder, os.W_OK):
        return f"{folder}, not writable: what it lacks is compiled by every process anew (set NUMBA_CACHE_DIR)"
    kernels = list(folder.glob("*.nbc"))  # numba's suffix of compiled code
    size = sum(kernel.stat().st_size for kernel in kernels) / 2**20
    return f"{folder}, writable, holds {len(kernels)} compiled functions, {size:.1f} MiB"


def _cache_folder():
    from skib._kernels.planar_neighbors import ball_counts

    path = getattr(getattr(ball_counts, "_cache", None), "cache_path", None)
    return path and Path(path)


def _warm():
    """Call what is usually called, and print how long each took and what the cache holds then."""
    from skib._cli._usual_calls import usual_calls

    start = perf_counter()
    for name, call in usual_calls():
        begin = perf_counter()
        call()
        print(f"warm  {name}: {perf_counter() - begin:.2f} s")
    print(f"warmed in {perf_counter() - start:.1f} s; cache of compiled kernels: {_cache()}")


def _estimates():
    """Yield names, functions and the values that they should return, in nats."""
    from skib.datasets import make_gaussian_pair
    from skib.mutual_info import KSG, Auto, ChainRule, Ross

    pair = make_gaussian_pair(2000, rho=0.9, random_state=0)
    wide = make_gaussian_pair(2000, rho=0.5, dim=3, random_state=0)
    classes = pair.y > 0
    yield "KSG, one column each", lambda: KSG().fit(pair.X, pair.y).mutual_info_, pair.mutual_info
    yield "KSG, three columns each", lambda: KSG().fit(wide.X, wide.y).mutual_info_, wide.mutual_info
    yield "Auto, three columns each", lambda: Auto().fit(wide.X, wide.y).mutual_info_, wide.mutual_info
    yield "Ross, two classes", lambda: Ross().fit(pair.X, classes).mutual_info_, 0.393
    yield "ChainRule, two classes", lambda: ChainRule().fit(classes[:, None], classes).mutual_info_, 0.693


def _checked(name, estimate, truth):
    start = perf_counter()
    value = estimate()
    right = abs(value - truth) < _TOLERANCE
    difference = f"{value:.3f} nats, known {truth:.3f}, {perf_counter() - start:.2f} s"
    print(f"{'ok' if right else 'WRONG':5s} {name}: {difference}")
    return right
