"""Families of independent variables whose sides have structure of their own: the truth is 0."""

from functools import partial

import numpy as np
import pandas as pd
from families_classes import sparse_rows
from families_columns import student
from families_pairs import circle
from families_tables import letters, rental_count, zipf
from family_truths import Family

WAREHOUSES = 10, 50, 200, 400, 800


def cumulated(rng, n, n_columns):
    """Cumulated exponentials: each column is above the one before."""
    return rng.exponential(size=(n, n_columns)).cumsum(1)


def clusters(rng, n, n_columns):
    centers = np.random.default_rng([7, 4]).normal(size=(5, n_columns)) * 3
    return centers[rng.integers(5, size=n)] + rng.normal(size=(n, n_columns))


def ring(rng, n):
    x, y = circle(rng, n)
    return np.column_stack([x, y])


def normal(rng, n, n_columns):
    return rng.normal(size=(n, n_columns))


def labels(rng, n, n_classes):
    return rng.integers(n_classes, size=n)


def counts(rng, n):
    """Counts of which most occur several times, as of rentals by the hour."""
    return rental_count(rng.normal(size=n), rng.normal(size=n))


def both(x, y, decimals=None):
    """Draw x and y on their own, perhaps rounded."""

    def draw(rng, n):
        sides = x(rng, n), y(rng, n)
        return sides if decimals is None else tuple(np.round(side, decimals) for side in sides)

    return draw


def text(rng, n, weights):
    return letters(rng.choice(len(weights), size=n, p=weights / weights.sum()))


def codes(rng, n, weights):
    return rng.choice(len(weights), size=n, p=weights / weights.sum())


def words(rng, n, weights):
    return text(rng, n, weights)["x"].to_numpy()


def stores(rng, n, n_levels):
    return pd.DataFrame({"store": pd.Categorical(rng.integers(n_levels, size=n))})


def person(rng, n):
    town = pd.Categorical(rng.choice(list("abcde"), n))
    return pd.DataFrame({"age": rng.normal(size=n), "town": town})


def calendar(rng, n):
    table = pd.DataFrame({"hour": rng.integers(24, size=n), "season": rng.integers(4, size=n)})
    return table.assign(working=rng.random(n) < 0.7).astype({"hour": "category", "season": "category"})


def zeros(rng, n):
    return np.where(rng.random((n, 1)) < 0.4, 0, rng.gamma(2, size=(n, 1)))


def layer(rng, n, n_units):
    return sparse_rows(rng, n, np.full((2, n_units), -0.524))[0]


def _null(name, x, y, decimals=None):
    return Family(name, "nulls", both(x, y, decimals), lambda: 0.0)


_T2, _EXPONENTIALS = partial(student, n_columns=5, df=2), partial(cumulated, n_columns=5)
_LETTERS = np.ones(30)

NULLS = [
    _null("null: gaussian 1+1", partial(normal, n_columns=1), partial(normal, n_columns=1)),
    _null("null: gaussian 5+5", partial(normal, n_columns=5), partial(normal, n_columns=5)),
    _null("null: gaussian 25+25", partial(normal, n_columns=25), partial(normal, n_columns=25)),
    _null("null: gaussian 5+1", partial(normal, n_columns=5), partial(normal, n_columns=1)),
    _null("null: gaussian 50+1", partial(normal, n_columns=50), partial(normal, n_columns=1)),
    _null("null: student, exponentials 5+5", _T2, _EXPONENTIALS),
    _null("null: student, exponentials 5+5, 2 decimals", _T2, _EXPONENTIALS, 2),
    _null("null: student, exponentials 5+5, 1 decimal", _T2, _EXPONENTIALS, 1),
    _null("null: student, exponential 5+1", _T2, partial(cumulated, n_columns=1)),
    _null("null: heavy tails 2+1", partial(student, n_columns=2, df=1), partial(student, n_columns=1, df=1)),
    _null("null: gaussian 1+1, 1 decimal", partial(normal, n_columns=1), partial(normal, n_columns=1), 1),
    _null("null: clusters 3+3", partial(clusters, n_columns=3), partial(clusters, n_columns=3)),
    _null("null: rings 2+2", ring, ring),
    _null("null: zeros 1+1", zeros, zeros),
    _null("null: 5 classes in 20", partial(normal, n_columns=20), partial(labels, n_classes=5)),
    _null("null: 10 classes in 100", partial(normal, n_columns=100), partial(labels, n_classes=10)),
    _null("null: 2 classes in clusters 10", partial(clusters, n_columns=10), partial(labels, n_classes=2)),
    _null("null: 10 classes in a sparse layer 30", partial(layer, n_units=30), partial(labels, n_classes=10)),
    _null("null: 50 labels in 3", partial(normal, n_columns=3), partial(labels, n_classes=50)),
    *(_null(f"null: {k} stores, counts", partial(stores, n_levels=k), counts) for k in WAREHOUSES),
    _null("null: person", person, partial(normal, n_columns=1)),
    _null("null: calendar, counts", calendar, counts),
    _null("null: 30 letters", partial(text, weights=_LETTERS), partial(words, weights=_LETTERS)),
    _null("null: Zipf(1000)", partial(text, weights=zipf(1000)), partial(words, weights=zipf(1000))),
    _null(
        "null: Zipf(1000), whole numbers",
        lambda rng, n: codes(rng, n, zipf(1000))[:, None],
        partial(codes, weights=zipf(1000)),
    ),
]
