"""Neural collapse of all linear layers at the end of a network, in one table."""

from collections.abc import Mapping, Sequence
from dataclasses import fields

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from skib._typing import Seed, TableLike
from skib.metrics._measurement import Measurement
from skib.metrics._neural_collapse import Frame, Loss, check_frame, check_loss, measure_layer, read_layer
from skib.metrics._neural_collapse_frames import OrthogonalFrame


def deep_neural_collapse(
    layers: Mapping[str, TableLike] | Sequence[TableLike],
    y: TableLike,
    weights: Sequence[ArrayLike] | None = None,
    biases: Sequence[ArrayLike] | None = None,
    *,
    frame: Frame = None,
    loss: Loss = "log_loss",
    n_permutations: int = 10,
    random_state: Seed = None,
) -> pd.DataFrame:
    """Measure the neural collapse of all linear layers at the end of a network.

    In the limit every one of them has collapsed, not only the last [1]_. With M linear layers, the inputs of the
    (j+1)-th are compared with its limit, and the product of the weights that follow with the class means. The lengths
    of the orthogonal limit then depend on M and j, as well as on the class sizes.

    Parameters
    ----------
    layers : mapping or sequence of array-like of shape (n_samples, n_units)
        The inputs of the M linear layers, in their order; the names of a mapping stand in the table.
    y : array-like of shape (n_samples,)
        Class labels.
    weights : sequence of array-like of shape (n_outputs, n_inputs), default=None
        The weights of the M linear layers, the last with a row for each of the sorted labels.
    biases : sequence of array-like of shape (n_outputs,), default=None
        Their biases.
    frame : {"simplex", "orthogonal"}, default=None
        The limit, as in :func:`neural_collapse`.
    loss : {"log_loss", "squared_error"}, default="log_loss"
        The loss of the training. Of several linear layers, unequal classes and cross-entropy the limit is unknown.
    n_permutations : int, default=10
        Number of permutations of the labels, whose mean is the null; 0 leaves it NaN.
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations. Pass an int for the same result at every call.

    Returns
    -------
    table : DataFrame
        A row for each layer and measure: ``layer``, ``quantity``, ``value``, ``std_error``, ``null``, ``ceiling``.

    See Also
    --------
    neural_collapse : The measures of one layer.

    References
    ----------
    .. [1] H. Dang, T. Tran, S. Osher, H. Tran-The, N. Ho, T. Nguyen, "Neural collapse in deep linear networks: from
       balanced to imbalanced data", ICML, 2023, theorems 3.1 and 4.1.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.metrics import deep_neural_collapse
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat([0, 1, 2], 500)
    >>> H = np.eye(3, 8)[y] + 0.2 * rng.normal(size=(1500, 8))
    >>> first = np.eye(8)[:4]  # keeps the first four units
    >>> table = deep_neural_collapse([H, H @ first.T], y, [first, np.eye(3, 4)], random_state=0)
    >>> table.query("quantity == 'nc1'")[["layer", "value"]].round(2)  # truth: 0.08
       layer  value
    0      0   0.08
    6      1   0.08
    """
    named = dict(layers) if isinstance(layers, Mapping) else dict(enumerate(layers))
    if not named:
        raise ValueError("layers is empty; pass the inputs of one linear layer or more")
    following = _following(len(named), weights, biases)
    read = [
        read_layer(rows, y, *affine, name=f"layer {name!r}")
        for (name, rows), affine in zip(named.items(), following, strict=True)
    ]
    sizes = read[0].sizes
    frame, loss = check_frame(frame, sizes), check_loss(loss)
    if frame == "orthogonal" and loss == "log_loss" and len(read) > 1:
        raise ValueError(
            f"the limit of {len(read)} linear layers for unequal classes is known for squared error only; pass "
            "loss='squared_error', frame='simplex', or one layer at a time to neural_collapse"
        )
    found = []
    for position, (name, layer) in enumerate(zip(named, read, strict=True)):
        limit = OrthogonalFrame(sizes, loss, len(read), position)
        collapse = measure_layer(layer, frame, limit, n_permutations, random_state)
        measured = [(field.name, getattr(collapse, field.name)) for field in fields(collapse)]
        found += [
            (name, quantity, one.value, one.std_error, one.null, one.ceiling)
            for quantity, one in measured
            if isinstance(one, Measurement)
        ]
    return pd.DataFrame(found, columns=["layer", "quantity", "value", "std_error", "null", "ceiling"])


def _following(n_layers, weights, biases):
    """Return for each layer the affine map of its rows to the output: (None, None) if it is unknown."""
    if weights is None:
        return [(None, None)] * n_layers
    if len(weights) != n_layers or (biases is not None and len(biases) != n_layers):
        given = f"{len(weights)} weights" + (f" and {len(biases)} biases" if biases is not None else "")
        raise ValueError(f"{n_layers} layers have {given}; pass one for each layer")
    weights = [np.asarray(weight, np.float64) for weight in weights]
    shapes = [weight.shape for weight in weights]
    if any(len(shape) != 2 for shape in shapes) or any(
        after[1] != before[0] for before, after in zip(shapes, shapes[1:], strict=False)
    ):
        raise ValueError(f"weights of shapes {shapes} cannot follow each other; pass (n_outputs, n_inputs) in order")
    if biases is not None:
        biases = [np.asarray(bias, np.float64) for bias in biases]
        if [bias.shape for bias in biases] != [shape[:1] for shape in shapes]:
            raise ValueError(
                f"biases have the shapes {[bias.shape for bias in biases]}, required are {[s[:1] for s in shapes]}, "
                "one value for each output of a layer"
            )
    product, offset = np.eye(shapes[-1][0]), np.zeros(shapes[-1][0])
    maps = []
    for i in reversed(range(n_layers)):
        if biases is not None:
            offset = offset + product @ biases[i]
        product = product @ weights[i]
        maps.append((product, offset))
    return maps[::-1]
