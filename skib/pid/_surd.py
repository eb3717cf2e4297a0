"""The decomposition into synergistic, unique and redundant increments of many sources."""

from itertools import combinations

import numpy as np

from skib.pid._discrete import Atoms, DiscreteDecomposition

# Cells times atoms of which some tables are held: together 4 GB.
_MOST_TERMS = 1e8


class SURD(DiscreteDecomposition):
    """Synergistic, unique and redundant increments of the information of many sources, and what they leak.

    For each symbol of the target, all groups of sources are ranked by what they tell of it: first the single sources,
    then those groups of two that tell more than any single one, then of three, and so on. An atom is the increment from
    one rank to the next, averaged over the symbols: of single sources it is redundant among this source and all that
    tell more, or unique to the last one; of groups it is synergistic.

    Parameters
    ----------
    sources : list of columns or of lists of columns, default=None
        The two to ten sources, each a column or a group of columns that is taken as one variable, by number or by name.
        ``None`` means that each column is one.
    bias_correction : bool, default=True
        Whether the logarithm of every count is replaced by the G(n) of Grassberger [2]_. Without it, the plug-in has a
        bias that is largest for the groups of most sources.
    n_permutations : int, default=0
        Number of permutations of y from which a p-value of each atom is computed; 0 for none.
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations. Pass an int for the same result at every call.

    Attributes
    ----------
    mutual_info_ : float
        The sum of the atoms, in nats: without the correction, the information of all sources about y.
    leak_ : float
        Share of the entropy of y that all sources leave, between 0 and 1; what is unknown because a cause is not
        among them, or because y is random. The correction may move it outside.
    gap_ : float
        Bound of the error of an optimization, in nats: 0, since the atoms have a closed form.
    atoms_ : DataFrame
        One row per atom, such as ``redundant {1,2}``, ``unique {1}`` or ``synergistic {1,3}``, with the columns:

        - ``value``: the atom, in nats;
        - ``kind``: ``"redundant"``, ``"unique"`` or ``"synergistic"``;
        - ``sources``: the numbers of the sources, counted from 1;
        - ``std_error``: standard error of ``value`` over rows, which does not cover the bias;
        - ``pvalue``: share of the permutations of y whose atom is as large; only with `n_permutations`.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    WilliamsBeer : The same values for two sources; the full lattice for three.

    Notes
    -----
    Of d sources there are 2^d - 1 groups, whose atoms are far fewer than those of the lattice. The price is that the
    same information is attributed to one order of the sources for each symbol of the target: sources that tell equally
    much are put in the order of their numbers.

    As in :class:`WilliamsBeer`, amounts are compared, not contents: of two independent sources that tell equally much,
    all is redundant.

    A p-value tests whether y is independent of all sources.

    References
    ----------
    .. [1] A. Martinez-Sanchez, G. Arranz, A. Lozano-Duran, "Decomposing causality into its synergistic, unique, and
       redundant components", Nature Communications 15, 2024.
    .. [2] P. Grassberger, "Entropy estimates from insufficient samplings", arXiv:physics/0307138, 2003.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.pid import SURD
    >>> X = np.array(list(np.ndindex(2, 2, 2, 2)) * 20)
    >>> y = X[:, 0] ^ X[:, 1] ^ X[:, 2]  # the last column has no part in it
    >>> surd = SURD(bias_correction=False).fit(X, y)
    >>> surd.atoms_["value"].idxmax(), round(surd.mutual_info_, 4)  # log 2
    ('synergistic {1,2,3}', 0.6931)
    """

    mutual_info_: float
    leak_: float

    # 1023 sets of ten sources.
    _most_sources, _one_per_column = 10, True

    def _atoms(self, cells):
        groups = [
            frozenset(g) for size in range(cells.n_sources) for g in combinations(range(cells.n_sources), size + 1)
        ]
        keys = [("redundant", group) for group in groups if len(group) > 1]
        keys += [("unique", group) for group in groups if len(group) == 1]
        keys += [("synergistic", group) for group in groups if len(group) > 1]
        _require_few_terms(len(cells.weights), len(keys))
        place = {key: k for k, key in enumerate(keys)}
        information = {group: cells.information(group) for group in groups}
        specific = {group: _given_target(cells, values) for group, values in information.items()}
        local, slopes = np.zeros((2, len(cells.weights), len(keys)))
        for symbol in range(cells.target.max() + 1):
            rows = cells.target == symbol
            for key, more, less in _increments({group: values[symbol] for group, values in specific.items()}):
                for group, sign in ((more, 1), (less, -1)) if less else ((more, 1),):
                    local[rows, place[key]] += sign * information[group][rows]
                    slopes[:, place[key]] -= sign * cells.mean_given(group, False, rows)
        slopes += local
        found = {"gap_": 0.0, "mutual_info_": float((cells.shares @ local).sum()), "leak_": _leak(cells)}
        columns = {"kind": [kind for kind, _ in keys], "sources": [tuple(sorted(i + 1 for i in g)) for _, g in keys]}
        names = [f"{kind} {{{','.join(map(str, g))}}}" for kind, g in zip(*columns.values(), strict=True)]
        return Atoms(names, [[group] for _, group in keys], local, slopes, columns, found)


def _require_few_terms(n_cells, n_atoms):
    if n_cells * n_atoms > _MOST_TERMS:
        raise ValueError(
            f"the sources and the target have {n_cells} combinations of symbols with {n_atoms} atoms each, more than "
            f"the {_MOST_TERMS:.0e} that SURD can hold; group some of the columns, or merge rare symbols"
        )


def _given_target(cells, values):
    """Average values over the cells of each symbol of the target."""
    return np.bincount(cells.target, cells.shares * values) / np.bincount(cells.target, cells.shares)


def _increments(specific):
    """Return (atom, group, the group below it or None) of one symbol of the target, by the information of all groups.

    Single sources ascend: the smallest is redundant among all of them, what the next one has more among all others.
    Then groups of two, three, ... sources follow that have more than any smaller group, in ascending order.
    """
    left = frozenset().union(*specific)
    found, below = [], None
    for size in range(1, len(left) + 1):
        largest = -np.inf if below is None else specific[below]
        ranked = sorted((g for g in specific if len(g) == size and specific[g] > largest), key=specific.get)
        for group in ranked:
            kind = "synergistic" if size > 1 else "redundant" if len(left) > 1 else "unique"
            found.append(((kind, left if size == 1 else group), group, below))
            left, below = left - group if size == 1 else left, group
    return found


def _leak(cells):
    """Return the share of the entropy of the target that all sources leave."""
    nothing, everything = frozenset(), frozenset(range(cells.n_sources))
    entropy = -cells.shares @ cells.log_share(nothing, True)
    return float(1 - cells.shares @ cells.information(everything) / entropy) if entropy > 0 else 0.0
