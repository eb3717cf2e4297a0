"""Ctrl-C ends long work at once, as a KeyboardInterrupt."""

import signal
import subprocess
import sys
import time

import pytest

from skib._parallel import run_tasks
from skib._sklearn import BaseEstimator, fit_context

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such signal for a process of its own")

LONG_WORK = {
    "eigenvalues": (6000, 1, "MatrixRenyi().fit(x, x[:, 0] ** 2)"),
    "trees": (400_000, 4, "while True: build_tree(x)"),
    "pairs of rows": (60_000, 2, "HSIC().fit(x[:, :1], x[:, 1])"),
    "neighbors given Z": (400_000, 4, "while True: KSG().fit(x[:, :1], x[:, 1], given=x[:, 2:])"),
    "permutations": (20_000, 3, "permutation_test(KSG(), x[:, :2], x[:, 2], n_permutations=10_000)"),
}


@pytest.mark.parametrize("work", LONG_WORK)
def test_an_interrupt_takes_effect_at_once(work):
    n_samples, n_columns, call = LONG_WORK[work]
    code = (
        "import numpy as np, os\n"
        "from skib._neighbors import build_tree\n"
        "from skib.metrics import HSIC\n"
        "from skib.mutual_info import KSG, MatrixRenyi, permutation_test\n"
        f"x = np.random.default_rng(0).normal(size=({n_samples}, {n_columns}))\n"
        "print('start', flush=True)\n"
        f"try:\n    {call}\n"
        "except KeyboardInterrupt:\n    print('interrupted', flush=True)\n    os._exit(1)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        time.sleep(3)  # into the work, of which a minute and more is left
        process.send_signal(signal.SIGINT)
        start = time.monotonic()
        assert process.stdout.readline() == "interrupted\n"  # by no error of numba's in its place
        assert time.monotonic() - start < 5  # on a loaded machine


class Interrupted(BaseEstimator):
    """An estimator whose compiled code is interrupted while numba makes a Python object of its result."""

    _parameter_constraints = {}

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        interrupted_kernel()


def interrupted_kernel():
    try:
        raise SystemError("unpickle returned a result with an exception set") from KeyboardInterrupt()
    except SystemError as error:
        raise SystemError("kernel returned a result with an exception set") from error


def broken_kernel():
    raise SystemError("no interrupt")


@pytest.mark.parametrize("call", [lambda: Interrupted().fit([[0]], [0]), lambda: run_tasks(interrupted_kernel, [()])])
def test_an_error_of_numba_gives_way_to_the_interrupt_it_came_from(call):
    with pytest.raises(KeyboardInterrupt):
        call()


def test_another_error_of_the_system_is_raised_as_it_is():
    with pytest.raises(SystemError, match="no interrupt"):
        run_tasks(broken_kernel, [()])
