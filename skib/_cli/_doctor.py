"""``skib doctor``: the versions of this installation, and a test of its estimates."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from time import perf_counter

_REQUIRED = "numpy", "scipy", "scikit-learn", "numba", "pandas", "joblib"
_EXTRAS = "matplotlib", "rich", "h5py", "zarr", "pyarrow", "distributed"


def doctor():
    """Print versions, threads and the cache, and check a few estimates; return 0 if all are right."""
    import skib

    print(f"skib {skib.__version__}, Python {platform.python_version()}, {platform.platform()}")
    print("required: " + ", ".join(map(_versioned, _REQUIRED)))
    print("extras: " + ", ".join(map(_versioned, _EXTRAS)))
    print(f"processors: {len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()}")
    print(f"cache of compiled kernels: {_cache()}")
    checks = [_checked(*check) for check in _estimates()]
    return int(not all(checks))


def _versioned(name):
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} missing"


def _cache():
    from skib._kernels.planar_neighbors import ball_counts

    path = getattr(getattr(ball_counts, "_cache", None), "cache_path", None)
    return path or "none, every process compiles anew: no directory is writable (set NUMBA_CACHE_DIR)"


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
    right = abs(value - truth) < 0.08
    print(f"{'ok' if right else 'WRONG':5s} {name}: {value:.3f} of {truth:.3f} nats, {perf_counter() - start:.2f} s")
    return right
