"""The benchmark: names, truths in closed form, shapes and seeds of every task."""

import re

import numpy as np
import pytest
from scipy.stats import multivariate_t

from skib.datasets import benchmark_tasks, make_benchmark_task

NORMAL = -np.log(1 - 0.75**2) / 2
SPARSE = -np.log(1 - 0.8**2)
every_task = pytest.mark.parametrize("name", benchmark_tasks())


def dense(dim):
    return np.log((1 + (dim - 1) / 2) ** 2 / (0.5 * (dim + 0.5))) / 2


def student(dim, dof):
    """h(X) + h(y) - h(X, y), with entropies from scipy."""
    return (
        2 * multivariate_t(shape=np.eye(dim), df=dof).entropy()
        - multivariate_t(shape=np.eye(2 * dim), df=dof).entropy()
    )


def expected_information(name):
    """The truth that the name of the task spells, transforms stripped."""
    if match := re.search(r"student-identity-(\d+)-\d+-(\d+)$", name):
        return student(*map(int, match.groups()))
    if match := re.search(r"multinormal-dense-(\d+)", name):
        return dense(int(match[1]))
    closed = {"sparse": SPARSE, "additive-0.1": 0.1 - np.log(0.2), "additive-0.75": 1 / 3, "normal-0.75": NORMAL}
    # The mixtures: quadrature elsewhere in the tests, to four digits here.
    closed |= {"bimodal": NORMAL, "1v1-X": 0.4084, "concentric": 0.6274}
    return next(truth for key, truth in reversed(closed.items()) if key in name)


@every_task
def test_truth(name):
    digits = 5e-5 if "X" in name or "concentric" in name else 1e-9
    assert make_benchmark_task(name, 2, random_state=0).mutual_info == pytest.approx(
        expected_information(name), abs=digits
    )


@every_task
def test_arrays(name):
    task = make_benchmark_task(name, 50, random_state=0)
    dims = re.search(r"(\d+)v(\d+)|-(\d+)-(\d+)-", name).groups()
    dim_x, dim_y = (int(d) for d in dims if d is not None)
    dim_x += name.startswith("swissroll_x")
    assert task.name == name
    assert task.X.shape == (50, dim_x)
    assert task.y.shape == ((50,) if dim_y == 1 else (50, dim_y))
    for array in (task.X, task.y):
        assert array.dtype == np.float64 and array.flags.c_contiguous and np.isfinite(array).all()
    again = make_benchmark_task(name, 50, random_state=0)
    assert np.array_equal(task.X, again.X) and np.array_equal(task.y, again.y)
    assert not np.array_equal(task.X, make_benchmark_task(name, 50, random_state=1).X)


def test_names():
    names = benchmark_tasks()
    assert len(set(names)) == len(names) == 42
    assert sum("multinormal" in name for name in names) == 21
    assert sum("student" in name for name in names) == 11


@pytest.mark.parametrize("name", ["", "normal", "asinh-1v1-normal-0.75", None])
def test_unknown_name(name):
    with pytest.raises(ValueError, match="benchmark_tasks"):
        make_benchmark_task(name)


def test_the_last_transform_stands_first():
    spiral = make_benchmark_task("spiral-normal_cdf-multinormal-sparse-3-3-2-2.0", 500, random_state=0)
    uniform = make_benchmark_task("normal_cdf-multinormal-sparse-3-3-2-2.0", 500, random_state=0)
    assert uniform.X.min() >= 0
    np.testing.assert_allclose((spiral.X**2).sum(axis=1), (uniform.X**2).sum(axis=1))
    assert not np.allclose(spiral.X, uniform.X)
