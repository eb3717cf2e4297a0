"""The training run on disk: layout, seeds, what was held out, and what an earlier run leaves behind."""

import json
from pathlib import Path

import numpy as np
import pytest
import sklearn
from sklearn.datasets import load_digits
from sklearn.linear_model import RidgeClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.utils import shuffle

import skib
from skib.datasets import dump_training_run, make_gaussian_classes
from skib.datasets._network import ACTIVATIONS, hidden_activations

EPOCHS = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12]


@pytest.fixture(scope="module")
def classes():
    made = make_gaussian_classes(120, n_classes=3, separation=3.0, random_state=0)
    rng = np.random.RandomState(1)
    return np.column_stack([made.X, rng.standard_normal((120, 2))]), made.y


def run(path, X, y, **settings):
    settings = {"hidden": (6, 4), "epochs": 12, "random_state": 0, **settings}
    return dump_training_run(path, X, y, **settings)


def meta_of(path):
    return json.loads((path / "meta.json").read_text())


def files_of(path):
    return {file.relative_to(path): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def test_layout(tmp_path, classes):
    X, y = classes
    path = run(str(tmp_path / "new" / "run"), X, y)
    assert isinstance(path, Path)
    expected = {Path("meta.json"), Path("X.npy"), Path("y.npy"), Path("ids.npy")}
    expected |= {Path(f"epoch_{epoch:05d}") / f"layer_{layer}.npy" for epoch in EPOCHS for layer in (1, 2)}
    assert set(files_of(path)) == expected
    for layer, width in enumerate((6, 4), start=1):
        activation = np.load(path / "epoch_00010" / f"layer_{layer}.npy", allow_pickle=False)
        assert activation.shape == (60, width)
        assert activation.dtype == np.float32


def test_meta(tmp_path, classes):
    meta = meta_of(run(tmp_path / "run", *classes, held_out=0.25, batch_size=16, learning_rate=0.01))
    accuracy = meta.pop("accuracy")
    assert meta == {
        "layers": ["layer_1", "layer_2"],
        "epochs": EPOCHS,
        "skib": skib.__version__,
        "scikit-learn": sklearn.__version__,
        "hidden": [6, 4],
        "activation": "tanh",
        "learning_rate": 0.01,
        "batch_size": 16,
        "held_out": 0.25,
        "seed": 0,
        "n_samples": 30,
        "n_train": 90,
    }
    assert len(accuracy) == len(EPOCHS)
    assert accuracy[-1] > 0.7 > accuracy[0]


def test_rows_are_those_that_ids_name(tmp_path, classes):
    X, y = classes
    path = run(tmp_path / "run", X, y)
    ids = np.load(path / "ids.npy")
    assert len(np.unique(ids)) == len(ids) == 60
    np.testing.assert_array_equal(np.load(path / "X.npy"), X[ids])
    np.testing.assert_array_equal(np.load(path / "y.npy"), y[ids])


def test_epochs_are_dense_early_then_log_spaced_and_end_with_the_last(tmp_path, classes):
    settings = {"hidden": (1,), "batch_size": 60}
    assert meta_of(run(tmp_path / "one", *classes, epochs=1, **settings))["epochs"] == [0, 1]
    shorter, longer = (meta_of(run(tmp_path / str(n), *classes, epochs=n, **settings))["epochs"] for n in (100, 150))
    assert shorter == [0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 63, 79, 100]
    assert longer == [*shorter, 126, 150]


def test_epoch_zero_is_where_training_starts(tmp_path, classes):
    # With a step size of almost nothing, every epoch shows the initial network; with a real one, only epoch 0 does.
    still = run(tmp_path / "still", *classes, learning_rate=1e-12)
    moving = run(tmp_path / "moving", *classes, learning_rate=1e-2)
    for layer in ("layer_1.npy", "layer_2.npy"):
        start = np.load(moving / "epoch_00000" / layer)
        np.testing.assert_allclose(np.load(still / "epoch_00012" / layer), start, atol=1e-6)
        assert np.abs(np.load(moving / "epoch_00001" / layer) - start).max() > 1e-3


def test_every_epoch_is_one_pass_in_a_new_order(tmp_path, classes):
    # A network that does not shuffle is handed the rows in the orders that the generator yields after the weights.
    X, y = classes
    path = run(tmp_path / "run", X, y, held_out=0, batch_size=10)
    seed = np.random.RandomState(0).randint(2**31 - 1)
    rng = np.random.RandomState(seed)
    n_weights = (3 * 6 + 6) + (6 * 4 + 4) + (4 * 3 + 3)
    rng.uniform(size=n_weights)
    network = MLPClassifier((6, 4), activation="tanh", batch_size=10, shuffle=False, random_state=seed)
    for _ in range(12):
        order = shuffle(np.arange(120), random_state=rng)
        network.partial_fit(X[order], y[order], classes=[0, 1, 2])
    for layer, expected in enumerate(hidden_activations(network, X), start=1):
        np.testing.assert_allclose(np.load(path / "epoch_00012" / f"layer_{layer}.npy"), expected, atol=1e-5)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_activations_lead_to_the_predictions_of_the_network(activation, classes):
    X, y = classes
    network = MLPClassifier((6, 4), activation=activation, random_state=0).partial_fit(X, y, classes=[0, 1, 2])
    *_, last = hidden_activations(network, X)
    scores = np.exp(last @ network.coefs_[-1] + network.intercepts_[-1])
    np.testing.assert_allclose(scores / scores.sum(axis=1, keepdims=True), network.predict_proba(X), rtol=1e-10)


def test_seeds(tmp_path, classes):
    first = files_of(run(tmp_path / "a", *classes))
    assert files_of(run(tmp_path / "b", *classes)) == first
    assert files_of(run(tmp_path / "c", *classes, random_state=1)) != first
    drawn = run(tmp_path / "d", *classes, random_state=None)
    assert files_of(run(tmp_path / "e", *classes, random_state=meta_of(drawn)["seed"])) == files_of(drawn)
    rng = np.random.RandomState(0)
    shared = [files_of(run(tmp_path / name, *classes, random_state=rng)) for name in "fg"]
    assert shared[0] != shared[1]


def test_memorized_labels_show_on_training_rows_alone(tmp_path):
    # Coin-flip labels: a wide network learns them by heart, and held-out rows stay at chance.
    rng = np.random.RandomState(0)
    X, y = rng.standard_normal((200, 10)), rng.randint(2, size=200)

    def decoded(held_out):
        path = run(tmp_path / str(held_out), X, y, hidden=(64,), epochs=150, learning_rate=0.01, held_out=held_out)
        activation, labels = np.load(path / "epoch_00150" / "layer_1.npy"), np.load(path / "y.npy")
        half = len(labels) // 2
        probe = RidgeClassifier().fit(activation[:half], labels[:half])
        return probe.score(activation[half:], labels[half:]), meta_of(path)["accuracy"][-1]

    assert min(decoded(0)) > 0.95
    # 4 standard errors of a share of 50 rows (the probe) and of 100 rows (the network).
    probe, network = decoded(0.5)
    assert abs(probe - 0.5) < 4 * 0.5 / np.sqrt(50)
    assert abs(network - 0.5) < 4 * 0.5 / np.sqrt(100)


def test_all_rows_are_dumped_when_none_is_held_out(tmp_path, classes):
    path = run(tmp_path / "run", *classes, held_out=0)
    np.testing.assert_array_equal(np.load(path / "ids.npy"), np.arange(120))
    assert meta_of(path)["n_samples"] == meta_of(path)["n_train"] == 120


@pytest.mark.parametrize("as_object", [False, True])
def test_string_labels_load_without_pickle(tmp_path, classes, as_object):
    X, y = classes
    names = np.array(["ant", "bee", "cicada"], dtype=object if as_object else None)[y]
    path = run(tmp_path / "named", X, names)
    loaded = np.load(path / "y.npy", allow_pickle=False)
    assert loaded.tolist() == names[np.load(path / "ids.npy")].tolist()
    # Names in the order of the codes give the same network.
    coded = run(tmp_path / "coded", X, y)
    assert meta_of(path) == meta_of(coded)
    layer = Path("epoch_00012") / "layer_2.npy"
    assert (path / layer).read_bytes() == (coded / layer).read_bytes()


def test_batches_larger_than_the_data_are_the_whole_data(tmp_path, classes):
    whole = run(tmp_path / "whole", *classes, batch_size=60)
    larger = run(tmp_path / "larger", *classes, batch_size=1000)
    layer = Path("epoch_00012") / "layer_2.npy"
    assert (whole / layer).read_bytes() == (larger / layer).read_bytes()


def test_earlier_run_is_replaced_whole(tmp_path, classes):
    path = run(tmp_path / "run", *classes, hidden=(6, 4, 2), epochs=30)
    (path / "notes.txt").write_text("kept")
    run(path, *classes)
    fresh = files_of(run(tmp_path / "fresh", *classes))
    assert files_of(path) == {**fresh, Path("notes.txt"): b"kept"}


@pytest.mark.parametrize("meta", [None, "{}", "[1]", "3", "not json"])
def test_other_directories_are_left_alone(tmp_path, classes, meta):
    (tmp_path / "epoch_00000").mkdir()
    (tmp_path / "epoch_00000" / "mine.npy").write_bytes(b"precious")
    if meta is not None:
        (tmp_path / "meta.json").write_text(meta)
    before = files_of(tmp_path)
    with pytest.raises(FileExistsError, match="is not empty and is not a training run"):
        run(tmp_path, *classes)
    assert files_of(tmp_path) == before


def test_bad_arguments_leave_an_earlier_run_alone(tmp_path, classes):
    path = run(tmp_path / "run", *classes)
    before = files_of(path)
    with pytest.raises(ValueError, match="activation"):
        run(path, *classes, activation="swish")
    assert files_of(path) == before


def test_run_cut_short_is_a_shorter_run(tmp_path, classes, monkeypatch):
    write = np.save

    def interrupted(file, *args, **kwargs):
        if Path(file).name == "layer_2.npy" and (tmp_path / "run" / "epoch_00005").exists():
            raise KeyboardInterrupt
        write(file, *args, **kwargs)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(np, "save", interrupted)
        run(tmp_path / "run", *classes)
    assert meta_of(tmp_path / "run")["epochs"] == [0, 1, 2, 3, 4, 5]
    assert {d.name for d in (tmp_path / "run").glob("epoch_*")} == {f"epoch_{epoch:05d}" for epoch in range(6)}
    assert files_of(run(tmp_path / "run", *classes)) == files_of(run(tmp_path / "whole", *classes))


@pytest.mark.parametrize(
    "settings, error, message",
    [
        ({"activation": "swish"}, ValueError, "activation == 'swish', must be one of"),
        ({"hidden": ()}, ValueError, "hidden is empty"),
        ({"hidden": (4, 0)}, ValueError, "hidden == 0"),
        ({"hidden": (4.5,)}, TypeError, "hidden"),
        ({"epochs": 0}, ValueError, "epochs == 0"),
        ({"batch_size": 0}, ValueError, "batch_size == 0"),
        ({"learning_rate": 0}, ValueError, "learning_rate == 0"),
        ({"learning_rate": np.nan}, ValueError, "learning_rate.*finite"),
        ({"held_out": 1.0}, ValueError, "held_out == 1.0"),
        ({"held_out": -0.1}, ValueError, "held_out == -0.1"),
        ({"held_out": 0.999}, ValueError, "train set will be empty"),
    ],
)
def test_settings_out_of_range(tmp_path, classes, settings, error, message):
    with pytest.raises(error, match=message):
        run(tmp_path / "run", *classes, **settings)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "break_it, message",
    [
        (lambda X, y: (np.where(X > 1, np.nan, X), y), "Input X contains NaN"),
        (lambda X, y: (X, y[:-1]), "inconsistent numbers of samples"),
        (lambda X, y: (X, np.zeros_like(y)), "y has 1 class"),
        (lambda X, y: (X, X[:, 1]), "continuous"),
        (lambda X, y: (np.ma.masked_greater(X, 1), y), "X has masked entries"),
    ],
)
def test_bad_data(tmp_path, classes, break_it, message):
    with pytest.raises(ValueError, match=message):
        run(tmp_path / "run", *break_it(*classes))


@pytest.mark.slow
def test_digits_are_learned(tmp_path):
    digits = load_digits()
    path = run(tmp_path / "run", digits.data / 16, digits.target, hidden=(64, 16, 8), epochs=200)
    assert meta_of(path)["accuracy"][-1] > 0.9
