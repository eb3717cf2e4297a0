"""Train a small network and dump its activations."""

import json
import shutil
from collections.abc import Sequence
from numbers import Integral
from pathlib import Path
from typing import Literal

import numpy as np
import sklearn
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state, check_X_y
from sklearn.utils.multiclass import check_classification_targets

import skib
from skib._typing import AnyPath, Seed, TableLike
from skib.datasets._checks import check_count, check_real
from skib.datasets._network import ACTIVATIONS, hidden_activations, training_epochs

# An epoch is written under this name, which is no valid name of an epoch, and renamed when it is complete.
UNFINISHED = "unfinished"


def _labeled_rows(X, y):
    """Validate X and y; return labels as numbers or fixed-width strings, which load without pickle."""
    for name, value in (("X", X), ("y", y)):
        if np.ma.is_masked(value):
            raise ValueError(f"{name} has masked entries, which training would use as data: drop those rows first.")
    X, y = check_X_y(X, y, dtype=(np.float64, np.float32))
    check_classification_targets(y)
    y = np.array(y.tolist()) if y.dtype.kind in "OT" else y
    if len(np.unique(y)) < 2:
        raise ValueError(f"y has 1 class ({y[0]!r}); a classifier needs at least 2 classes.")
    return X, y


def _checked(hidden, activation, learning_rate, batch_size, held_out):
    """Validate the settings of a run and return them as they are written to meta.json."""
    settings = {
        "hidden": [check_count(width, "hidden") for width in np.atleast_1d(hidden).tolist()],
        "activation": activation,
        "learning_rate": check_real(learning_rate, "learning_rate", min_val=0, include_boundaries="neither"),
        "batch_size": check_count(batch_size, "batch_size"),
        "held_out": check_real(held_out, "held_out", min_val=0, max_val=1, include_boundaries="left"),
    }
    if not settings["hidden"]:
        raise ValueError("hidden is empty, must have the width of at least one layer.")
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation == {activation!r}, must be one of {sorted(ACTIVATIONS)}.")
    return settings


def _split(n_samples, held_out, rng):
    """Return the row numbers to train on and those to dump."""
    rows = np.arange(n_samples)
    if held_out == 0:
        return rows, rows
    train, dumped = train_test_split(rows, test_size=held_out, random_state=rng)
    return np.sort(train), np.sort(dumped)


def _log_spaced(epochs):
    """Return epoch 0, the last, and between them ten per decade, the same for every length of the run."""
    exponents = np.arange(int(10 * np.log10(epochs)) + 1) / 10
    return sorted({0, epochs, *(10**exponents).round().astype(int).tolist()})


def _is_dump(path):
    """Whether `dump_training_run` wrote this directory."""
    try:
        return "skib" in json.loads((path / "meta.json").read_text())
    except (OSError, ValueError, TypeError):
        return False


def _clear(path):
    """Make ``path`` an empty directory, removing nothing but an earlier dump."""
    path = Path(path)
    path.mkdir(parents=True, exist_ok=True)
    if any(path.iterdir()) and not _is_dump(path):
        raise FileExistsError(
            f"path {str(path)!r} is not empty and is not a training run (its meta.json is missing or was not written "
            "by dump_training_run): choose a new directory, or empty this one."
        )
    for earlier in (*path.glob("epoch_[0-9]*"), *path.glob(UNFINISHED)):
        shutil.rmtree(earlier)
    return path


def _write(path, X, y, ids, networks, epochs, meta):
    """Write the rows, then each of ``epochs`` as the training reaches it."""
    layers = [f"layer_{i}" for i in range(1, 1 + len(meta["hidden"]))]
    meta = {"layers": layers, "epochs": [], "accuracy": [], **meta}
    (path / "meta.json").write_text(json.dumps(meta, indent=2))
    for name, rows in (("X", X), ("y", y), ("ids", ids)):
        np.save(path / f"{name}.npy", rows, allow_pickle=False)
    for epoch, network in enumerate(networks):
        if epoch in epochs:
            (path / UNFINISHED).mkdir()
            for layer, activation in zip(layers, hidden_activations(network, X), strict=True):
                np.save(path / UNFINISHED / f"{layer}.npy", activation.astype(np.float32))
            (path / UNFINISHED).rename(path / f"epoch_{epoch:05d}")
            meta["epochs"].append(epoch)
            meta["accuracy"].append(float(network.score(X, y)))
            (path / "meta.json").write_text(json.dumps(meta, indent=2))
    return path


def dump_training_run(
    path: AnyPath,
    X: TableLike,
    y: TableLike,
    *,
    hidden: Sequence[int] = (10, 7, 5),
    activation: Literal["identity", "logistic", "tanh", "relu"] = "tanh",
    epochs: int = 200,
    learning_rate: float = 1e-3,
    batch_size: int = 32,
    held_out: float = 0.5,
    random_state: Seed = None,
) -> Path:
    """Train a multilayer perceptron and write its hidden activations at log-spaced epochs.

    The directory holds ``epoch_00010/layer_1.npy`` (float32, one row per dumped row) for epoch 0, which is before
    training, and about ten epochs per decade; ``X.npy``, ``y.npy`` and ``ids.npy`` (row numbers in the X given) of the
    dumped rows; and ``meta.json``, rewritten after every epoch, so that a run cut short is a shorter dump.

    Parameters
    ----------
    path : str or path-like
        Directory to write. It is made if needed; an earlier run in it is replaced.
    X : array-like of shape (n_samples, n_features)
        Inputs, used as they are: scale the columns to about unit size first.
    y : array-like of shape (n_samples,)
        Labels, numbers or strings.
    hidden : sequence of int, default=(10, 7, 5)
        Width of each hidden layer.
    activation : {"identity", "logistic", "tanh", "relu"}, default="tanh"
        Activation of the hidden layers.
    epochs : int, default=200
        Passes over the training rows.
    learning_rate : float, default=1e-3
        Step size of Adam.
    batch_size : int, default=32
        Rows per step, at most all of them.
    held_out : float in [0, 1), default=0.5
        Share of the rows that are dumped and not trained on. With 0 all rows are trained on and dumped; see Notes.
    random_state : int, RandomState instance or None, default=None
        Seeds the split, the initial weights and the mini-batches. Pass an int for the same result at every call.

    Returns
    -------
    pathlib.Path
        The directory.

    Raises
    ------
    FileExistsError
        If the directory holds anything but an earlier run.
    ValueError
        If X or y has missing or infinite values, lengths differ, y is not a class label, or an argument is out of
        range.

    Notes
    -----
    ``meta.json`` has ``layers`` (in order), ``epochs``, ``accuracy`` (share of the dumped rows classified rightly, per
    epoch), ``hidden``, ``activation``, ``learning_rate``, ``batch_size``, ``held_out``, ``seed`` (an integer that
    repeats the run), ``n_samples`` (dumped), ``n_train``, and the versions of ``skib`` and ``scikit-learn``.

    A network can memorize any labels of its training rows: after training on coin flips, its layers determine the label
    of every training row, and an estimate on those rows is H(Y) where the truth is 0. A null from permuted labels does
    not reveal this, since the network has not been trained on the permuted ones. Measure I(T; Y) on held-out
    rows; ``held_out=0`` is for tasks whose X holds every possible input, such as `make_szt_task`, and for I(X; T).

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skib.datasets import dump_training_run, make_gaussian_classes
    >>> made = make_gaussian_classes(200, random_state=0)
    >>> with TemporaryDirectory() as directory:
    ...     run = dump_training_run(Path(directory) / "run", made.X, made.y, hidden=(3,), epochs=4, random_state=0)
    ...     sorted(entry.name for entry in run.iterdir())
    ['X.npy', 'epoch_00000', 'epoch_00001', 'epoch_00002', 'epoch_00003', 'epoch_00004',
     'ids.npy', 'meta.json', 'y.npy']
    """
    X, y = _labeled_rows(X, y)
    epochs = check_count(epochs, "epochs")
    settings = _checked(hidden, activation, learning_rate, batch_size, held_out)
    # Always an integer, so that the run can be repeated from meta.json.
    if not isinstance(random_state, Integral):
        random_state = check_random_state(random_state).randint(2**31 - 1)
    rng = np.random.RandomState(random_state)
    train, dumped = _split(len(X), settings["held_out"], rng)
    networks = training_epochs(
        X[train],
        y[train],
        np.unique(y),
        epochs,
        rng,
        hidden_layer_sizes=settings["hidden"],
        activation=activation,
        learning_rate_init=settings["learning_rate"],
        batch_size=min(settings["batch_size"], len(train)),
    )
    versions = {"skib": skib.__version__, "scikit-learn": sklearn.__version__}
    meta = {**versions, **settings, "seed": int(random_state), "n_samples": len(dumped), "n_train": len(train)}
    return _write(_clear(path), X[dumped], y[dumped], dumped, networks, _log_spaced(epochs), meta)
