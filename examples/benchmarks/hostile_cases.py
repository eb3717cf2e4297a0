"""The data of ``hostile.py``: each case makes X and y, and says what a good estimator does with them.

Most cases are maps of one Gaussian pair of correlation 0.9. Maps that lose nothing keep its 0.830 nats; the truth of
the others is that of a table of 1200 x 1200 cells, merged as the map merges them (exact to 0.001 nats).
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd
from scipy import sparse, special, stats

N, RHO = 2000, 0.9
TRUTH = -0.5 * np.log(1 - RHO**2)
ERROR, WARNING = "error", "warning"
# Unlike any noise that an implementation adds; of 20, the samples whose mean log density ratio is nearest the truth.
_STREAM = 7
_GRID = (np.arange(-600, 600) + 0.5) / 100


@dataclass(frozen=True)
class Case:
    """What is done to an estimator, and what it should answer."""

    name: str
    make: Callable  # () -> X, y or X, y, given
    truth: float | str  # nats, ERROR (or a warning), WARNING (or an error): there is no right value
    warned: bool = False  # a warning besides the value is welcome
    classes: bool = False  # y holds class labels


def rng(seed=0):
    return np.random.default_rng([seed, _STREAM])


def pair(n=N, rho=RHO, dim=None):
    """Gaussian columns x and y of correlation rho."""
    x, noise = rng().normal(size=(2, n) if dim is None else (2, n, dim))
    return x, rho * x + np.sqrt(1 - rho**2) * noise


def two_classes(n=N, share=0.5):
    """A column of N(+-1, 1) and its class, 0 or 1."""
    y = (rng(1).random(n) < share).astype(int)
    return rng(2).normal(size=n) + 2 * y - 1, y


def information(joint):
    """Mutual information of a table of probabilities."""
    return special.rel_entr(joint, joint.sum(1, keepdims=True) * joint.sum(0)).sum()


def truth_of(f=None, g=None):
    """I(f(X); g(Y)) of the Gaussian pair."""
    given_x = stats.norm.pdf(_GRID, RHO * _GRID[:, None], np.sqrt(1 - RHO**2))
    joint = given_x * stats.norm.pdf(_GRID)[:, None] * (_GRID[1] - _GRID[0]) ** 2
    return information(_merged(_merged(joint, f).T, g))


def truth_of_classes(f=None, share=0.5):
    """I(f(X); Y) of ``two_classes``."""
    joint = np.column_stack([stats.norm.pdf(_GRID, 2 * k - 1) * p / 100 for k, p in enumerate([1 - share, share])])
    return information(_merged(joint, f))


def _merged(joint, f):
    """Rows of the table, added up where f takes them to one value."""
    if f is None:
        return joint
    codes = np.unique(f(_GRID), return_inverse=True)[1]
    return (codes == np.arange(codes.max() + 1)[:, None]).astype(float) @ joint


def relu(x):
    return np.maximum(x, 0)


def saturated(x):
    return np.tanh(20 * x).astype(np.float32)


def rounded(step):
    return lambda x: np.round(x / step) * step


def replaced(x, value, rows=0):
    """A copy of x with some rows replaced."""
    x = np.array(x, copy=True)
    x[rows] = value
    return x


def same(name, f, g=None, **kw):
    """Case of a map that loses nothing."""
    return Case(name, lambda: (f(pair()[0]), g(pair()[1]) if g else pair()[1]), TRUTH, **kw)


def lossy(name, f=None, g=None, n=N, **kw):
    """Case of a map that merges values."""
    return Case(
        name, lambda: tuple(h(v) if h else v for h, v in zip((f, g), pair(n), strict=True)), truth_of(f, g), **kw
    )


def refused(name, f, g=None):
    """Case where an error is due."""
    return Case(name, lambda: (f(pair()[0]), g(pair()[1]) if g else pair()[1]), ERROR)


def labels(name, f=None, g=None, share=0.5, truth=None, **kw):
    """Case of a column and class labels; f maps the column and g the labels."""
    truth = truth_of_classes(f, share) if truth is None else truth
    return Case(
        name,
        lambda: tuple(h(v) if h else v for h, v in zip((f, g), two_classes(share=share), strict=True)),
        truth,
        classes=True,
        **kw,
    )


def rows_again(name, rows):
    """Case of rows that repeat."""
    return Case(name, lambda: tuple(v[rows()] for v in pair()), TRUTH, warned=True)


def memmap(x):
    file = tempfile.TemporaryFile()
    file.write(x.tobytes())
    return np.memmap(file, x.dtype, "r", shape=x.shape)


def polars_frame(x):
    import polars

    return polars.DataFrame({"a": x})


def arrow_table(x):
    import pyarrow

    return pyarrow.table({"a": x})


def strong():
    x, y = pair(rho=0.9999)
    return x + 1e9, y


def half_one_row():
    atom = rng(2).random(N) < 0.5
    return tuple(replaced(v, 3.0, atom) for v in pair())


def zero_inflated_poisson():
    x = rng().exponential(size=N)
    return x, rng(1).poisson(x) * (rng(2).random(N) >= 0.15)


def uniform_pairs(n_levels, *, copy=False, n=N):
    x, y = rng().integers(0, n_levels, (2, n))
    return x, x.copy() if copy else y


def poisson_truth():
    """The table of k and x; 0.256 in the literature is I(X;Y) for those who know which zeros are inflated."""
    k, x = np.arange(80)[:, None], (np.arange(8000) + 0.5) / 200
    joint = stats.poisson.pmf(k, x) * np.exp(-x) / 200
    return information(0.85 * joint + 0.15 * (k == 0) * joint.sum(0))


SCALES = [
    same("x, y as they are", lambda x: x),
    *(same(f"x + {offset:.0e} (offset)", lambda x, o=offset: x + o) for offset in (1e6, -1e9, 1e10, 1e12)),
    Case("x + 1e9, rho=.9999", strong, -0.5 * np.log(1 - 0.9999**2)),
    *(same(f"x * {scale:.0e} (scale)", lambda x, s=scale: x * s) for scale in (1e-12, 1e12, 1e-310, 1e-320, 1e300)),
    same("x * 1e-300, y * 1e300", lambda x: x * 1e-300, lambda y: y * 1e300),
    same("x from -1.7e308 to 1.7e308", lambda x: x / np.abs(x).max() * 1.7e308),
    same("float32 y * 1e30 (var overflows f32)", lambda x: x, lambda y: (y * 1e30).astype(np.float32)),
    same("float32 x * 1e-40 (denormal)", lambda x: (x * 1e-40).astype(np.float32)),
    same("float32 x + 1e6 (quantized to 1/16)", lambda x: (x + 1e6).astype(np.float32)),
    same("x -> exp(6x)", lambda x: np.exp(6 * x)),
    same("x -> exp(150x)", lambda x: np.exp(150 * x)),
    same("x -> x**9", lambda x: x**9),
    same("x -> Cauchy", lambda x: stats.cauchy.ppf(stats.norm.cdf(x))),
    same("x, y -> Cauchy", *2 * [lambda x: stats.cauchy.ppf(stats.norm.cdf(x))]),
    *(same(f"one outlier x[0]={value:.0e}", lambda x, v=value: replaced(x, v)) for value in (1e6, 1e12, 1e300)),
    same("20 outliers of 1e6 in y", lambda x: x, lambda y: np.where(np.arange(N) % 100, y, 1e6 + y)),
    Case("rows in ascending order of x", lambda: tuple(v[np.argsort(pair()[0])] for v in pair()), TRUTH),
]

CONTAINERS = [
    same("float16", lambda x: x.astype(np.float16)),
    same("longdouble", lambda x: x.astype(np.longdouble)),
    same("int64 of 1e6 x", lambda x: (1e6 * x).astype(np.int64)),
    same("int64 near its ends", lambda x: (2e18 * x).astype(np.int64)),
    same("uint64 beyond 2**63", lambda x: (1e18 * x + 1.2e19).astype(np.uint64)),
    lossy("int8 of 10 x", lambda x: np.clip(np.round(10 * x), -128, 127).astype(np.int8)),
    lossy("bool x > 0", lambda x: x > 0),
    same("big-endian", lambda x: x.astype(">f8")),
    same("strided", lambda x: np.repeat(x, 3)[::3]),
    Case("Fortran, two columns", lambda: (np.asfortranarray(np.column_stack([pair()[0]] * 2)), pair()[1]), TRUTH),
    same("read-only memmap", memmap),
    same("objects that are floats", lambda x: x.astype(object)),
    same("objects that are Decimals", lambda x: np.array([Decimal(v) for v in x])),
    same("list", lambda x: x.tolist(), lambda y: y.tolist()),
    same("y of shape (n, 1)", lambda x: x, lambda y: y[:, None]),
    same("masked array without a mask", np.ma.asarray),
    same("pandas, indices in other orders", lambda x: pd.DataFrame({"a": x}), lambda y: pd.Series(y, range(N, 0, -1))),
    same("pandas Float64 (nullable)", lambda x: pd.DataFrame({"a": x}).astype("Float64")),
    same("pandas double[pyarrow]", lambda x: pd.DataFrame({"a": x}).astype("double[pyarrow]")),
    same("polars", polars_frame),
    same("pyarrow", arrow_table),
    same("datetime64[ns]", lambda x: np.datetime64("2026-01-01", "ns") + (6e10 * x).astype("timedelta64[ns]")),
    same("timedelta64[s]", lambda x: (1e6 * x).astype("timedelta64[s]")),
]

TIES = [
    lossy("x, y rounded to integers (float dtype)", rounded(1), rounded(1)),
    lossy("x, y rounded to 0.5", rounded(0.5), rounded(0.5)),
    lossy("x rounded to 0.1", rounded(0.1)),
    Case("int64 x = y uniform on 0..9", lambda: uniform_pairs(10, copy=True), np.log(10)),
    Case("binary x = y", lambda: uniform_pairs(2, copy=True), np.log(2)),
    Case("binary x, y independent", lambda: uniform_pairs(2), 0.0),
    rows_again("every row twice", lambda: np.repeat(np.arange(N), 2)),
    rows_again("every row 5 times", lambda: np.repeat(np.arange(N), 5)),
    rows_again("bootstrap resample", lambda: rng(3).integers(0, N, N)),
    rows_again("a tenth of the rows 10 times", lambda: np.repeat(np.arange(N), np.where(np.arange(N) % 10, 1, 10))),
    Case("half the rows are one repeated row", half_one_row, np.log(2) + TRUTH / 2),
    Case("zero-inflated Poisson", zero_inflated_poisson, poisson_truth()),
    lossy("ReLU(x) vs ReLU(y) (joint atom)", relu, relu),
    lossy("ReLU(x) vs y", relu),
    lossy("x, y clipped to +-1", *2 * [lambda x: np.clip(x, -1, 1)]),
    lossy("float32 tanh(20x) vs y (saturated)", saturated),
    Case("dead unit: x all zero", lambda: (0 * pair()[0], pair()[1]), 0.0, warned=True),
    Case("y constant", lambda: (pair()[0], 0 * pair()[1] + 5), 0.0, warned=True),
    Case("x, y both constant", lambda: tuple(0 * v for v in pair()), 0.0, warned=True),
    Case("y = x exactly (continuous)", lambda: (pair()[0], pair()[0]), np.inf, warned=True),
    Case("y = sin(3x) exactly", lambda: (pair()[0], np.sin(3 * pair()[0])), np.inf, warned=True),
    Case(
        "y = x + 1e-6 noise",
        lambda: (pair()[0], pair()[0] + 1e-6 * rng(4).normal(size=N)),
        0.5 * np.log(1 + 1e12),
        warned=True,
    ),
]

ERRORS = [
    refused("NaN in x", lambda x: replaced(x, np.nan)),
    refused("inf in x", lambda x: replaced(x, np.inf)),
    refused("NaN in y", lambda x: x, lambda y: replaced(y, np.nan)),
    refused("None among objects", lambda x: replaced(x.astype(object), None)),
    refused("NA in pandas Float64", lambda x: pd.DataFrame({"a": replaced(x, np.nan)}).astype("Float64")),
    refused("NaT in datetime64", lambda x: replaced((1e6 * x).astype("datetime64[s]"), np.datetime64("NaT"))),
    refused("numpy masked array, half masked junk", lambda x: np.ma.array(np.where(x > 0, 99, x), mask=x > 0)),
    refused("complex", lambda x: x + 1j * x**2),
    refused("sparse CSR", lambda x: sparse.csr_matrix(x[:, None])),
    refused("numeric strings", lambda x: x.astype(str)),
    refused("numeric strings, objects", lambda x: x.astype(str).astype(object)),
    refused("lists of two lengths", lambda x: [[1.0, 2.0]] + [[v] for v in x[1:]]),
    refused("three dimensions", lambda x: x.reshape(-1, 1, 1)),
    refused("y longer by one", lambda x: x[1:]),
    *(Case(f"n={n}", lambda n=n: pair(n), ERROR) for n in (0, 1, 3)),
    Case("no columns", lambda: (np.empty((N, 0)), pair()[1]), ERROR),
]


def as_category(y):
    return pd.Series(pd.Categorical(y))


def with_singletons(y):
    return as_category(replaced(y, np.arange(10, 210), slice(200)))


LABELS = [
    labels("labels 0/1"),
    labels("labels 0.0/1.0", g=lambda y: y.astype(float)),
    labels("labels -5/1e9", g=lambda y: np.where(y, 10**9, -5)),
    labels("labels, bool", g=lambda y: y > 0),
    labels("labels, text", g=lambda y: np.where(y, "yes", "no")),
    labels("labels, digits as text", g=lambda y: y.astype(str)),
    labels("labels, pandas category, one unused", g=lambda y: pd.Series(pd.Categorical.from_codes(y, list("abc")))),
    labels("labels, 2 % of one class", share=0.02),
    Case("labels, x = y (binary)", lambda: (two_classes()[1], two_classes()[1]), np.log(2), classes=True),
    labels("labels, x ReLU (half zeros)", relu),
    labels("labels, x rounded to integers", rounded(1)),
    Case(
        "labels, one x outlier 1e12",
        lambda: (replaced(two_classes()[0], 1e12), two_classes()[1]),
        truth_of_classes(),
        classes=True,
    ),
    Case("100 classes, x independent", lambda: (pair()[0], rng(5).integers(0, 100, N)), 0.0, classes=True),
    Case(
        "100 classes, category of numbers",
        lambda: (pair()[0], as_category(rng(5).integers(0, 100, N))),
        0.0,
        classes=True,
    ),
    labels("labels: +200 singleton classes", g=with_singletons, truth=WARNING),
    labels("labels: all unique (ID column)", g=lambda y: as_category(np.arange(N)), truth=WARNING),
    labels("labels: all unique, text", g=lambda y: np.char.add("id", np.arange(N).astype(str)), truth=WARNING),
    Case("y a running number, x independent", lambda: (pair()[0], np.arange(N)), 0.0),
    labels("labels: one class", g=lambda y: 0 * y, truth=0.0, warned=True),
    labels("labels with NaN", g=lambda y: replaced(y.astype(float), np.nan), truth=ERROR),
]


def beside(*others):
    """Case data: x with further columns, and y."""
    return lambda: (np.column_stack([pair()[0], *(other() for other in others)]), pair()[1])


def many(n_columns, rho=0.0, n=N):
    return lambda: pair(n, rho, dim=n_columns)


def mixed_frame():
    x, y = pair()
    return pd.DataFrame({"a": x, "b": pd.Categorical(np.where(rng(6).random(N) < 0.5, "u", "v"))}), y


DIMENSIONS = [
    Case("2-d x: signal + noise*1000", beside(lambda: 1000 * rng(5).normal(size=N)), TRUTH),
    Case("2-d x: signal + constant", beside(lambda: np.full(N, 7.0)), TRUTH),
    Case("2-d x: signal, signal + 1e12", beside(lambda: pair()[0] + 1e12), TRUTH),
    Case("2-d x: signal + 2 categories (pandas)", mixed_frame, TRUTH),
    Case("5-d x, 5-d y, rho=.5 each", many(5, 0.5), 5 * -0.5 * np.log(0.75)),
    Case("20-d x, 20-d y, rho=.5 each", many(20, 0.5), 20 * -0.5 * np.log(0.75)),
    Case("20-d x, 20-d y, independent", many(20), 0.0),
    Case("300-d x, 1-d y, n=200", lambda: (rng().normal(size=(200, 300)), rng(1).normal(size=200)), WARNING),
]

LARGE = [
    Case("n=100k binary x, binary y (ties: hang?)", lambda: uniform_pairs(2, n=100_000), 0.0),
    Case("n=100k x, y uniform on 0..9", lambda: uniform_pairs(10, n=100_000), 0.0),
    lossy("n=100k ReLU pair", relu, relu, n=100_000),
    lossy("n=100k x, y rounded to 0.5", rounded(0.5), rounded(0.5), n=100_000),
]

CASES = SCALES + CONTAINERS + TIES + ERRORS + LABELS + DIMENSIONS + LARGE
