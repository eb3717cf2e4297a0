"""What an estimate on ranks may not depend on: units, monotone maps, the order of rows and columns, and the storage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skib.metrics import HSIC
from skib.mutual_info import (
    KSG,
    Auto,
    CauchySchwarz,
    GaussianCopula,
    LocalNonuniformityCorrection,
    MatrixRenyi,
    MesnerShalizi,
    Ross,
)
from tests.strategies import tied_rows

pytestmark = pytest.mark.filterwarnings("ignore::skib.SkibWarning")

ON_RANKS = [
    KSG(2),
    KSG(2, variant=2),
    MesnerShalizi(2),
    GaussianCopula(),
    LocalNonuniformityCorrection(4, marginals="rank"),
    CauchySchwarz(marginals="rank"),
    MatrixRenyi(marginals="rank"),
    HSIC(marginals="rank"),
    Ross(2),
    Auto(),
]
# Increasing where it is applied: on whole numbers of at most seven digits, all exact in float32.
MAPS = {
    "shift": lambda x: x + 2.0**20,
    "tiny": lambda x: x * 1e-300,
    "huge": lambda x: x * 1e290,
    "cube": lambda x: x**3,
    "arctan": lambda x: np.arctan(x / 1e7),
    "exp": lambda x: np.exp(x / 1e6),
}
STORAGE = {
    "float32": lambda x: x.astype(np.float32),
    "int64": lambda x: x.astype(np.int64),
    "big-endian": lambda x: x.astype(">f8"),
    "objects": lambda x: x.astype(object),
    "Fortran": np.asfortranarray,
    "strided": lambda x: np.repeat(x, 2, axis=0)[::2],
    "backwards": lambda x: np.ascontiguousarray(x[::-1])[::-1],
}


@st.composite
def samples(draw):
    """Whole numbers X of two columns and y of one, with and without ties, and an order of the rows."""
    rows = np.rint(draw(tied_rows(min_rows=12, max_rows=60, min_columns=3, max_columns=3)) * 1e6)
    order = np.random.default_rng(draw(st.integers(0, 2**32 - 1))).permutation(len(rows))
    return rows[:, :2], rows[:, 2], order


def value(estimator, X, y):
    """The estimate, whatever its name."""
    if isinstance(estimator, Ross):
        y = np.searchsorted(np.sort(y)[[len(y) // 3, 2 * len(y) // 3]], y)
    return estimator.fit(X, y).score(X, y)


def check(estimator, sample, change, draw):
    """The value is the same, to rounding, after a change of X."""
    X, y, order = sample
    once = value(estimator, X, y)
    again = value(estimator, *change(X, y, order, draw))
    assert again == pytest.approx(once, abs=1e-12, rel=1e-12, nan_ok=True)


def mapped(X, y, order, draw):
    """Each column through an increasing map of its own."""
    names = [draw(st.sampled_from(sorted(MAPS))) for _ in X.T]
    return np.column_stack([MAPS[name](column) for name, column in zip(names, X.T, strict=True)]), y


def reordered(X, y, order, draw):
    """Rows and columns in another order."""
    return X[order][:, ::-1], y[order]


def stored(X, y, order, draw):
    """The same numbers in another type or layout."""
    return STORAGE[draw(st.sampled_from(sorted(STORAGE)))](X), y


@pytest.mark.parametrize("change", [mapped, reordered, stored], ids=lambda change: change.__name__)
@pytest.mark.parametrize("estimator", ON_RANKS, ids=repr)
def test_estimate_stays(estimator, change):
    @settings(max_examples=4 if isinstance(estimator, Auto) else 25)
    @given(samples(), st.data())
    def stays(sample, data):
        check(estimator, sample, change, data.draw)

    stays()


@pytest.mark.parametrize("estimator", ON_RANKS, ids=repr)
def test_read_only_file_on_disk(estimator, tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 2)), rng.normal(size=60)
    np.save(tmp_path / "x.npy", X)
    assert value(estimator, np.load(tmp_path / "x.npy", mmap_mode="r"), y) == value(estimator, X, y)
