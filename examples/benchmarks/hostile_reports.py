"""More data of ``hostile.py``: what public reports describe, made anew with known truths.

Dates, identifiers, categories, missing values, columns of arrays, rare classes, columns that others determine,
conditions, dependent rows, codes of many columns, and targets of several columns.
"""

import datetime as dt
from functools import cache

import numpy as np
import pandas as pd
from hostile_cases import ERROR, TRUTH, WARNING, Case, N, pair, replaced, rng, same, truth_of
from scipy import special, stats
from scipy.special import entr

LOG2 = float(np.log(2))
EPOCH = dt.datetime(2026, 1, 1)
LETTERS = np.array(list("abcdefghijkl"))


def objects(values):
    array = np.empty(len(values), object)
    for row, value in enumerate(values):
        array[row] = value
    return array


# Dates, times and durations: increasing maps of x, which lose nothing.


def dates(x):
    return np.datetime64(EPOCH, "ns") + (6e10 * x).astype("timedelta64[ns]")


def zoned(x):
    return pd.Series(dates(x)).dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin")


def datetimes(x, zone=None):
    return objects([EPOCH.replace(tzinfo=zone) + dt.timedelta(minutes=float(v)) for v in x])


def days(x):
    return objects([EPOCH.date() + dt.timedelta(days=int(v)) for v in 1e5 * x])


def time_of_day(x):
    return objects([(EPOCH + dt.timedelta(days=float(v))).time() for v in stats.norm.cdf(x)])


def dates_beside(make=dates):
    """Case data: dates and a column of noise, in a frame."""
    return lambda: (pd.DataFrame({"t": make(pair()[0]), "u": rng(5).normal(size=N)}), pair()[1])


def polars_dates(x):
    import polars

    return polars.DataFrame({"t": dates(x)}).with_columns(polars.col("t").dt.replace_time_zone("UTC"))


def arrow_dates(x):
    import pyarrow

    return pyarrow.table({"t": pyarrow.array(dates(x), pyarrow.timestamp("ns", "UTC"))})


def arrow_dates_beside():
    import pyarrow

    frame, y = dates_beside()()
    return pyarrow.Table.from_pandas(frame), y


DATES = [
    same("dates with time zone (pandas)", zoned),
    same("dates with time zone in a frame", lambda x: zoned(x).to_frame()),
    same("dates with time zone, an index", lambda x: pd.DatetimeIndex(zoned(x))),
    same("dates with time zone (polars)", polars_dates),
    same("dates with time zone (pyarrow)", arrow_dates),
    same("y: dates with time zone", lambda x: x, zoned),
    same("objects that are datetimes", datetimes),
    same("objects that are datetimes with time zone", lambda x: datetimes(x, dt.UTC)),
    same("objects that are dates", days),
    same("objects that are times of day", time_of_day),
    same("objects that are timedeltas", lambda x: objects([dt.timedelta(minutes=float(v)) for v in x])),
    same("periods of seconds", lambda x: pd.Series(pd.PeriodIndex(dates(1000 * x), freq="s"))),
    Case("frame: dates beside floats", dates_beside(), TRUTH),
    Case("frame: dates with time zone beside floats", dates_beside(zoned), TRUTH),
    Case("frame: durations beside floats", dates_beside(lambda x: dates(x) - dates(x).min()), TRUTH),
    Case("frame: date objects beside floats", dates_beside(days), TRUTH),
    Case("pyarrow: dates beside floats", arrow_dates_beside, TRUTH),
]


# Identifiers: whole numbers whose last bits a float64 loses.


def codes(n_levels=4, seed=0, n=N):
    return rng(seed).integers(0, n_levels, n)


def identifiers(make):
    """Case data: four identifiers, the last bit of which is y."""
    return lambda: (make(codes()), codes() % 2)


def with_halves(code):
    return pd.DataFrame({"id": 2**53 + code, "w": codes(2, seed=1) * 0.5})


def stamps():
    """Running nanoseconds, and the same with noise of ten."""
    tick = np.arange(N)
    return 1_700_000_000_000_000_000 + tick, tick + 10 * rng().normal(size=N)


@cache
def stamps_truth():
    y = np.arange(-100, N + 100, 0.25)
    density = np.mean(stats.norm.pdf(y[:, None], np.arange(N), 10), axis=1)
    return 0.25 * entr(density).sum() - stats.norm.entropy(scale=10)


IDENTIFIERS = [
    Case("int64 from 2**53, y its last bit", identifiers(lambda code: 2**53 + code), LOG2),
    Case("int64 from 10**18, y its last bit", identifiers(lambda code: 10**18 + code), LOG2),
    Case("uint64 from 2**63, y its last bit", identifiers(lambda code: np.uint64(2**63) + code.astype("u8")), LOG2),
    Case(
        "Int64 (nullable) from 2**60", identifiers(lambda code: pd.DataFrame({"id": 2**60 + code}, dtype="Int64")), LOG2
    ),
    Case("objects that are ints from 2**60", identifiers(lambda code: (2**60 + code).astype(object)), LOG2),
    Case("identifiers from 2**53 beside floats", identifiers(with_halves), LOG2),
    Case("y: int64 from 2**60, x its last bit", lambda: (codes() % 2, 2**60 + codes()), LOG2),
    Case("nanoseconds since 1970 as int64", stamps, stamps_truth()),
]


# Categories whose names are numbers: their order says nothing.


@cache
def effects(n_sites):
    return rng(8).normal(size=n_sites)


def sites(n_sites=80, n=N):
    """The site of each row, and its effect with noise of 0.3."""
    site = rng().integers(0, n_sites, n)
    return site, effects(n_sites)[site] + 0.3 * rng(1).normal(size=n)


@cache
def sites_truth(n_sites=80, shares=None):
    """Entropy of the mixture less that of the noise."""
    grid = np.arange(-6, 6, 0.002)
    density = np.average(stats.norm.pdf(grid[:, None], effects(n_sites), 0.3), axis=1, weights=shares)
    return 0.002 * entr(density).sum() - stats.norm.entropy(scale=0.3)


def by_site(name, f, *, target=False, n_sites=80):
    """Case of sites as categories, of X or of y."""

    def make():
        site, effect = sites(n_sites)
        return (effect, f(site)) if target else (f(site), effect)

    return Case(name, make, sites_truth(n_sites), classes=target)


CATEGORIES = [
    by_site("80 categories of integers, Series", lambda site: pd.Series(pd.Categorical(site))),
    by_site("80 categories of integers, Categorical", pd.Categorical),
    by_site("80 categories of integers, .values", lambda site: pd.Series(pd.Categorical(site)).values),
    by_site("80 categories of integers, Index", pd.CategoricalIndex),
    by_site("80 categories of floats, frame", lambda site: pd.DataFrame({"a": pd.Categorical(site / 7)})),
    by_site("y: 80 categories of integers", pd.Categorical, target=True),
    by_site("y: 80 categories, Index", pd.CategoricalIndex, target=True),
    by_site("one-hot of 10 sites", lambda site: np.eye(10)[site], n_sites=10),
    by_site("y: one-hot of 3 sites", lambda site: np.eye(3)[site], target=True, n_sites=3),
]


# Missing values and containers of none.


def missing(name, f):
    """Case of a hole in y."""
    return Case(name, lambda: (pair()[0], f(pair()[1])), ERROR)


def text_with_a_hole(hole):
    def make(y):
        return np.array(replaced(LETTERS[codes()].astype(object), hole), np.dtypes.StringDType(na_object=hole))

    return make


def lazy(y):
    import polars

    return polars.LazyFrame({"y": y})


def arrays_in_a_column(kind):
    """Case data: one column of two units, of which the second is informative."""

    def make():
        x, y = pair()
        units = np.column_stack([rng(5).normal(size=N), x])
        return kind(units), y

    return make


def polars_array(units):
    import polars

    return polars.DataFrame({"layer": units})


def arrow_array(units):
    import pyarrow

    return pyarrow.table({"layer": pyarrow.FixedSizeListArray.from_arrays(units.ravel(), 2)})


HOLES = [
    missing("masked y", lambda y: np.ma.masked_greater(y, 1)),
    missing("masked integers y", lambda y: np.ma.masked_greater(codes(), 2)),
    missing("StringDType with NaN", text_with_a_hole(np.nan)),
    missing("StringDType with None", text_with_a_hole(None)),
    missing("category with a missing value", lambda y: pd.Categorical(replaced(LETTERS[codes()].astype(object), None))),
    missing("NaT among dates with time zone", lambda y: zoned(y).where(np.arange(N) != 7)),
    missing("None among dates", lambda y: replaced(datetimes(y), None)),
    missing("objects that are complex", lambda y: (y + 1j).astype(object)),
    missing("a generator", lambda y: (v for v in y)),
    missing("a dictionary", lambda y: dict(enumerate(y))),
    missing("a set", lambda y: set(y)),
    missing("a lazy frame", lazy),
    Case("one column of arrays (polars)", arrays_in_a_column(polars_array), TRUTH),
    Case("one column of arrays (pyarrow)", arrays_in_a_column(arrow_array), TRUTH),
]


# Classes of a few rows.


def rare(n_sites, n_rare, rows, label):
    """Case data: an effect and its class; the first `n_rare` classes have `rows` rows each, the others the rest."""

    def make():
        site, _ = sites(n_sites)
        site = n_rare + site % (n_sites - n_rare) if n_rare < n_sites else site
        site[: n_rare * rows] = np.repeat(np.arange(n_rare), rows)
        return effects(n_sites)[site] + 0.3 * rng(1).normal(size=N), label(site)

    return make


def rare_truth(n_sites, n_rare, rows):
    counts = np.full(n_sites, (N - n_rare * rows) / max(1, n_sites - n_rare))
    counts[:n_rare] = rows
    return sites_truth(n_sites, tuple(counts))


def rare_case(name, *sites, label=np.array):
    """A case of numbers of sites, rare sites and rows of each of these."""
    return Case(name, rare(*sites, label), rare_truth(*sites), warned=True, classes=True)


def site_name(site):
    return np.char.mod("site %d", site)


RARE = [
    rare_case("40 labels, 20 of them of 4 rows", 40, 20, 4),
    rare_case("40 labels as text, 20 of 4 rows", 40, 20, 4, label=site_name),
    rare_case("400 classes of 5 rows, text", 400, 400, 5, label=site_name),
    Case(
        "labels: +200 singletons, integers",
        lambda: (pair()[0], replaced((pair()[1] > 0).astype(int), np.arange(10, 210), slice(200))),
        WARNING,
        classes=True,
    ),
]


# Columns that others determine.


def softmaxes(n_classes, noise):
    """Case data: softmax of Gaussian logits, without and with noise on the logits."""

    def make():
        logits, error = rng().normal(size=(2, N, n_classes))
        return special.softmax(logits, axis=1), special.softmax(logits + noise * error, axis=1)

    return make


def circles():
    """Two directions in the plane whose angles differ by a normal of 0.3."""
    angle = rng().uniform(0, 2 * np.pi, N)
    return tuple(np.column_stack([np.cos(a), np.sin(a)]) for a in (angle, angle + 0.3 * rng(1).normal(size=N)))


def dependent(*others):
    """Case data: x, a column of noise, and columns made of them."""

    def make():
        (x, y), u = pair(), rng(5).normal(size=N)
        return np.column_stack([x, u, *(f(x, u) for f in others)]), y

    return make


def half_log(ratio, dim=1):
    return dim / 2 * float(np.log1p(ratio))


DEPENDENT_COLUMNS = [
    Case("softmax of 3, of noisy logits", softmaxes(3, 1.0), half_log(1.0, 2)),
    Case("softmax of 3, of less noisy logits", softmaxes(3, 0.5), half_log(4.0, 2)),
    Case("softmax of 5, of noisy logits", softmaxes(5, 1.0), half_log(1.0, 4)),
    Case("directions on a circle", circles, np.log(2 * np.pi) - stats.norm.entropy(scale=0.3)),
    Case("x, u, x + u", dependent(np.add), TRUTH),
    Case("x, u, their product", dependent(np.multiply), TRUTH),
    Case("x, u, x**2", dependent(lambda x, u: x**2), TRUTH),
    Case("x, u and unit vector of them", dependent(lambda x, u: x / np.hypot(x, u)), TRUTH),
]


# Conditions: X, y and given.


def series(phi, n=N, seed=0):
    """An autoregression of order one."""
    shock = rng(seed).normal(size=n)
    values = np.zeros(n)
    for t in range(1, n):
        values[t] = phi * values[t - 1] + shock[t]
    return values


def past_and_next(f=lambda past: past):
    values = series(0.7)
    return f(values[:-1]), values[1:], values[:-1, None]


def under(f=lambda z: z, rho=0.0):
    """Case data: x and y are z with noise of correlation rho, given f(z)."""

    def make():
        z = rng(3).normal(size=N)
        x, y = pair(rho=rho)
        return x + z, y + z, f(z)

    return make


def partial(rho):
    return -0.5 * float(np.log(1 - rho**2))


def under_site(kind):
    """Case data: x and y have the effect of a site in common, and noise of correlation 0.8; given the site."""

    def make():
        site, _ = sites()
        x, y = pair(rho=0.8)
        return 3 * effects(80)[site] + x, 3 * effects(80)[site] + y, kind(site)

    return make


def exclusive_or():
    """Whether y equals x is the last bit of given."""
    x, code = codes(2, seed=1), codes()
    return x, x ^ (code % 2), 2**60 + code


def itself(noise=0.0):
    """Case data: x and x with noise, given z."""

    def make():
        z, e, error = rng(3).normal(size=(3, N))
        return z + e, z + e + noise * error, z

    return make


CONDITIONS = [
    Case("given z, x and y independent", under(), 0.0),
    Case("given z with time zone, partial .8", under(zoned, 0.8), partial(0.8)),
    Case("given date objects, partial .8", under(days, 0.8), partial(0.8)),
    Case(
        "given z in a frame with dates, partial .8", under(lambda z: pd.DataFrame({"t": dates(z)}), 0.8), partial(0.8)
    ),
    Case("past and next of a series, given past", past_and_next, 0.0),
    Case(
        "the same, past with noise of 1e-9", lambda: past_and_next(lambda p: p + 1e-9 * rng(4).normal(size=N - 1)), 0.0
    ),
    Case("the same, past beside noise", lambda: past_and_next(lambda p: np.c_[p, rng(4).normal(size=N - 1)]), 0.0),
    Case("given 80 categories of integers, Categorical", under_site(pd.Categorical), partial(0.8)),
    Case("given 80 categories of integers, Series", under_site(lambda s: pd.Series(pd.Categorical(s))), partial(0.8)),
    Case("given identifiers from 2**60 (exclusive or)", exclusive_or, LOG2),
    Case("x and x, given z", itself(), np.inf, warned=True),
    Case("x and x + 1e-3 noise, given z", itself(1e-3), half_log(1e6), warned=True),
    Case("given masked", under(lambda z: np.ma.masked_greater(z, 1)), ERROR),
    Case("given NaN", under(lambda z: replaced(z, np.nan)), ERROR),
    Case("given a row less", under(lambda z: z[1:]), ERROR),
]


# Dependent rows, codes of many columns, targets of several columns, few rows.


def bits(n, n_columns=12):
    return rng().integers(0, 2, (n, n_columns))


def sum_of_digits():
    digits = rng().integers(0, 3, (20_000, 8))
    return digits, digits.sum(axis=1)


@cache
def sum_truth():
    share = np.ones(1)
    for _ in range(8):
        share = np.convolve(share, np.full(3, 1 / 3))
    return entr(share).sum()


def parity():
    code = bits(4000, 10)
    return code, code[:, 0] ^ code[:, 1]


ROWS = [
    Case("two independent series, phi=.95", lambda: (series(0.95), series(0.95, seed=1)), 0.0, warned=True),
    Case("two independent random walks", lambda: (series(1.0), series(1.0, seed=1)), WARNING),
    Case("12 bits as integers, y = x, n=40k", lambda: (bits(40_000), bits(40_000)), 12 * LOG2),
    Case("12 bits as bools, y = x, n=40k", lambda: (bits(40_000) > 0, bits(40_000) > 0), 12 * LOG2),
    Case("8 digits, y their sum, n=20k", sum_of_digits, sum_truth()),
    Case("10 bits, y the parity of two, n=4000", parity, LOG2),
    Case("y of two columns: noise, signal", lambda: (pair()[0], np.c_[rng(5).normal(size=N), pair()[1]]), TRUTH),
    Case(
        "y of two columns: text, signal",
        lambda: (pair()[0], pd.DataFrame({"a": LETTERS[codes()], "b": pair()[1]})),
        TRUTH,
    ),
    Case(
        "y of two columns of bits (multilabel)",
        lambda: (pair()[0], np.c_[pair()[1] > 0, codes(2) > 0]),
        truth_of(g=lambda y: y > 0),
    ),
    Case("n=5", lambda: pair(5), ERROR),
    Case("x alone, n=100, 500 columns", lambda: (rng().normal(size=(100, 500)), rng(1).normal(size=100)), WARNING),
]

CASES = DATES + IDENTIFIERS + CATEGORIES + HOLES + RARE + DEPENDENT_COLUMNS + CONDITIONS + ROWS
