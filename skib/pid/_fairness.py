"""What predictions tell about a sensitive attribute: over all clients, within each, and masked by the client."""

from dataclasses import dataclass, field
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.utils import check_scalar

from skib._columns import read_columns, require_same_length
from skib._kernels.counts import joint_codes
from skib._typing import Seed, TableLike
from skib._validation import warn_if_constant
from skib._warnings import ConstantInputWarning, warn_once
from skib.pid._discrete_redundancy import LatticeDecomposition
from skib.pid._matrix_measure import checked_measure

_TERMS = {"unique": "unique_1", "redundant": "redundancy", "masked": "synergy"}


@dataclass(frozen=True, eq=False)
class FairnessDecomposition:
    r"""Disparity of predictions between sensitive groups, by its relation to the client.

    Attributes
    ----------
    unique : float
        Information of the predictions about the sensitive attribute that the client does not have, in nats. It is part
        of the global and of the local disparity.
    redundant : float
        What the predictions and the client both tell about it, in nats: the disparity that comes with unlike clients.
        It is part of the global disparity alone.
    masked : float
        What only the predictions and the client together tell about it, in nats: disparities of single clients that
        cancel over all of them. It is part of the local disparity alone.
    global_disparity : float
        Information of the predictions about the sensitive attribute over all clients, :math:`I(Z;\hat Y)`, in nats.
    local_disparity : float
        The same within clients, :math:`I(Z;\hat Y|S)`, in nats.
    gap : float
        Bound of the error of the optimization in the three terms, in nats.
    terms : DataFrame
        One row for each of the three terms, with their ``value`` and ``std_error``, in nats, and with permutations
        their ``pvalue``.
    """

    unique: float
    redundant: float
    masked: float
    global_disparity: float
    local_disparity: float
    gap: float
    terms: pd.DataFrame = field(repr=False)


def fairness_decomposition(
    y_pred: TableLike,
    sensitive: TableLike,
    client: TableLike,
    *,
    measure: LatticeDecomposition | None = None,
    n_permutations: int = 0,
    random_state: Seed = None,
) -> FairnessDecomposition:
    r"""Decompose the disparity of predictions into what is unique, redundant with the client, and masked by it.

    .. math::
        I(Z;\hat Y) = \text{unique} + \text{redundant} \qquad I(Z;\hat Y \mid S) = \text{unique} + \text{masked}

    Parameters
    ----------
    y_pred : array-like of shape (n_samples,)
        Predicted classes :math:`\hat Y`.
    sensitive : array-like of shape (n_samples,) or (n_samples, n_attributes)
        Sensitive attribute Z, such as sex; several columns are taken as one.
    client : array-like of shape (n_samples,) or (n_samples, n_attributes)
        Client S of each row, such as the hospital or the branch; several columns are taken as one.
    measure : measure of redundancy, default=None
        What is called redundant, such as :class:`WilliamsBeer`. ``None`` means :class:`BROJA` with a
        gap of at most 1e-4 nats.
    n_permutations : int, default=0
        Permutations of `sensitive` for the p-values of the three terms; 0 for none.
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations. Pass an int for the same result at every call.

    Returns
    -------
    decomposition : FairnessDecomposition
        The three terms, and the global and the local disparity.

    Raises
    ------
    ValueError
        If a value is missing, or the lengths differ.
    TypeError
        If `measure` is no measure of redundancy on discrete columns.

    Warns
    -----
    ConstantInputWarning
        If `sensitive` is constant: there is no disparity.
    UnreliableEstimateWarning
        If there are fewer than five rows per combination of prediction, client and sensitive attribute.

    See Also
    --------
    fairness_frontier : The least error that limits of both disparities allow.

    Notes
    -----
    A disparity of 0 is statistical parity: predictions are independent of the sensitive attribute, over all clients or
    within each [1]_. Neither implies the other, unless the redundant and the masked disparity vanish. The two
    disparities are the same for every measure; which part of them is unique is not.

    References
    ----------
    .. [1] F. Hamman, S. Dutta, "Demystifying local and global fairness trade-offs in federated learning using partial
       information decomposition", International Conference on Learning Representations, 2024, section 3.

    Examples
    --------
    >>> from skib.pid import fairness_decomposition
    >>> client = ["north", "south"] * 200
    >>> sex = ["f", "f", "m", "m"] * 100
    >>> loan = [(c == "north") == (s == "f") for c, s in zip(client, sex)]  # women of the north, men of the south
    >>> disparity = fairness_decomposition(loan, sex, client)
    >>> round(abs(disparity.global_disparity), 1), round(disparity.local_disparity, 1)  # 0, log 2
    (0.0, 0.7)
    >>> round(disparity.masked, 1)  # log 2
    0.7
    """
    check_scalar(n_permutations, "n_permutations", Integral, min_val=0)
    measure = checked_measure(measure).set_params(n_permutations=n_permutations, random_state=random_state)
    predictions, labels, clients = codes_of(y_pred=y_pred, sensitive=sensitive, client=client)
    warn_if_constant("sensitive", labels)
    with warn_once(excluded=(ConstantInputWarning,)):  # which names the target y
        fitted = measure.fit(np.column_stack([predictions, clients]), labels)
    terms = fitted.atoms_.loc[list(_TERMS.values())].drop(columns="redundancy").set_axis(list(_TERMS), axis=0)
    unique, redundant, masked = (float(value) for value in terms["value"])
    return FairnessDecomposition(
        unique, redundant, masked, unique + redundant, unique + masked, float(fitted.gap_), terms
    )


def codes_of(**arguments):
    """Return the codes of the rows of each argument, of which the first is one column, in their order."""
    columns = {name: read_columns(name, values) for name, values in arguments.items()}
    name, first = next(iter(columns.items()))
    if len(first) > 1:
        raise ValueError(f"{name} has {len(first)} columns, but one is required; pass one column of classes")
    for other, of_argument in columns.items():
        require_same_length(len(first[0].values), len(of_argument[0].values), other, name)
    return [joint_codes([column.codes() for column in of_argument]) for of_argument in columns.values()]
