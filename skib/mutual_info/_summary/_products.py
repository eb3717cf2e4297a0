"""Products of two or three columns that tell something: trees see no column of them where none tells anything alone."""

from itertools import combinations

import numpy as np

# Columns up to which all products of two and of three are looked at, and how many are taken.
_MOST_COLUMNS = {2: 30, 3: 16}
_MOST_PRODUCTS = 4
# Standard errors by which a correlation must exceed the largest of so many by chance.
_BEYOND_CHANCE = 1.0
_ROWS_AT_ONCE = 4096


def telling_products(x, target):
    """Return the products whose correlation with a target is beyond chance, the strongest first.

    Parameters
    ----------
    x : ndarray of shape (n_samples, n_columns)
        Rows.
    target : ndarray of shape (n_samples,)
        Numbers.

    Returns
    -------
    products : list of tuples of int
        The two or three columns of each of at most four products.
    """
    n_columns = x.shape[1]
    products = [
        p for size, most in _MOST_COLUMNS.items() if n_columns <= most for p in combinations(range(n_columns), size)
    ]
    if not products:
        return []
    z = np.abs(_correlations(x, products, target)) * np.sqrt(len(x))
    limit = np.sqrt(2 * np.log(len(products))) + _BEYOND_CHANCE
    strongest = np.argsort(-z, kind="stable")[:_MOST_PRODUCTS]
    return [products[i] for i in strongest if z[i] > limit]


def with_products(x, products):
    """Return the columns and some products of them."""
    return np.column_stack([x, *(x[:, p].prod(axis=1) for p in products)])


def _correlations(x, products, target):
    """Compute the correlation of each product with the target from some rows at a time; 0 where either is constant."""
    target = target - target.mean()
    moments = np.zeros((3, len(products)))
    for start in range(0, len(x), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        values = _values(x[rows].T, products)
        moments += [values.sum(axis=1), np.einsum("ij,ij->i", values, values), values @ target[rows]]
    mean, square, common = moments / len(x)
    variance = (square - mean**2) * np.mean(target**2)
    varies = variance > np.finfo(float).eps * square * np.mean(target**2)
    return np.divide(common, np.sqrt(np.maximum(variance, 0)), out=np.zeros(len(products)), where=varies)


def _values(columns, products):
    values = np.empty((len(products), columns.shape[1]))
    for value, (first, second, *third) in zip(values, products, strict=True):
        np.multiply(columns[first], columns[second], out=value)
        if third:
            value *= columns[third[0]]
    return values
