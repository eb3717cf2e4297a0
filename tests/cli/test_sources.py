"""Which layers a command reads, as which tables, and what it says of names that are not there."""

import numpy as np
import pandas as pd
import pytest

from skib._cli import main
from skib._cli._sources import open_source

N = 60
pytestmark = pytest.mark.filterwarnings("ignore:.*has no ids")


@pytest.fixture
def dump(tmp_path):
    """A cache of a transformer: two blocks with streams and patterns, and a head."""
    rng, arrays = np.random.default_rng(0), {"y": np.arange(N) % 2}
    for epoch in (0, 6):
        for block in (0, 1):
            arrays[f"epoch_{epoch}/blocks.{block}.resid"] = rng.normal(size=(N, 3, 4))
            arrays[f"epoch_{epoch}/blocks.{block}.pattern"] = rng.normal(size=(N, 2, 3, 3))
        arrays[f"epoch_{epoch}/head"] = rng.normal(size=(N, 2))
    np.savez(tmp_path / "run.npz", **arrays)
    return tmp_path / "run.npz"


def test_layers_of_patterns_in_the_order_of_the_dump(dump):
    assert open_source(dump, layers=["head", "blocks.*.resid"]).layers == ("blocks.0.resid", "blocks.1.resid", "head")
    assert open_source(dump, layers=["head"]).cells() == ((0, "head"), (6, "head"))
    assert open_source(dump).layers[-1] == "head"


def test_a_reduction_for_all_layers_and_others_by_name(dump):
    opened = open_source(dump, ["last_token", "*.pattern=flatten", "blocks.1.pattern=gap"])
    widths = {layer: opened.shape(6, layer)[1] for layer in opened.layers}
    assert widths == {
        "blocks.0.resid": 4,
        "blocks.0.pattern": 18,
        "blocks.1.resid": 4,
        "blocks.1.pattern": 2,
        "head": 2,
    }
    assert open_source(dump, ["mean_tokens"]).shape(0, "blocks.0.resid") == (N, 4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--layers", "blocks.0.resdi"],
            "no layer of the dump is named 'blocks.0.resdi'; did you mean 'blocks.0.resid'?",
        ),
        (["--layers", "zzz*"], "no layer of the dump is named 'zzz*': they are blocks.0.resid, blocks.0.pattern,"),
        (["--reduce", "haed=flatten"], "no layer of the dump is named 'haed'; did you mean 'head'?"),
        (["--reduce", "gap", "--reduce", "flatten"], "--reduce is given for all layers more than once: gap, flatten"),
        (["--reduce", "head=magic"], "--reduce [NAME=]magic is unknown, required is one of 'flatten'"),
        (["--estimator", "rosss:3"], "'rosss:3' is none of auto, summary, ross:K,"),
        (["--estimator", "rosss:3"], "; did you mean ross:K?"),
    ],
)
def test_names_that_are_not_there_are_refused_with_the_nearest(dump, tmp_path, capsys, options, message):
    assert main(["plane", str(dump), "-o", str(tmp_path / "p.csv"), *options]) == 2
    assert message in capsys.readouterr().err


def test_failures_name_the_option_of_the_command(dump, tmp_path, capsys):
    options = ["--permutations", "0", "--reduce", "head=gap"]
    assert main(["plane", str(dump), "-o", str(tmp_path / "p.csv"), *options]) == 1
    told = capsys.readouterr().err
    assert "or pass one of --reduce [NAME=]flatten for any shape" in told and "reduce='" not in told


@pytest.mark.parametrize("command", ["plane", "inspect"])
def test_a_path_that_is_nearly_right(dump, capsys, command):
    assert main([command, str(dump.with_name("rnu.npz"))]) == 2
    assert f"rnu.npz does not exist; did you mean {dump}?" in capsys.readouterr().err


def test_commands_take_both_options(dump, tmp_path, capsys):
    options = ["--layers", "blocks.*.pattern", "--reduce", "blocks.*=flatten"]
    assert main(["inspect", str(dump), *options]) == 0
    assert "cells: 4, 60 rows" in capsys.readouterr().out
    assert main(["convert", str(dump), str(tmp_path / "copy"), *options]) == 0
    assert sorted(path.name for path in (tmp_path / "copy").rglob("blocks*.npy")) == [
        f"blocks.{i}.pattern.npy" for i in (0, 0, 1, 1)
    ]
    plane = [
        "plane",
        str(dump),
        *options,
        "-o",
        str(tmp_path / "p.csv"),
        "--permutations",
        "0",
        "--estimator",
        "ross:3",
    ]
    assert main(plane) == 0
    assert set(pd.read_csv(tmp_path / "p.csv")["n_units"]) == {18}


@pytest.mark.parametrize("command", ["plane", "inspect"])
def test_what_is_left_out_is_named(tmp_path, capsys, command):
    pytest.importorskip("pyarrow")
    columns = {"fc": np.random.default_rng(0).normal(size=N), "y": np.arange(N) % 2, "id": np.arange(N)}
    frame = pd.DataFrame(columns | {"prompt": ["a", "b"] * (N // 2)})
    frame.to_parquet(tmp_path / "epoch_1.parquet")
    options = ["-o", str(tmp_path / "p.csv"), "--permutations", "0"] * (command == "plane")
    assert main([command, str(tmp_path / "epoch_1.parquet"), *options]) == 0
    told = "skib: left out: id (numbers of the rows by its name), prompt (text): neither layers nor y, X or ids"
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("command", ["plane", "inspect"])
def test_layers_that_are_equal_bit_for_bit_are_pointed_out(tmp_path, capsys, command):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, N, 3))
    near = np.nextafter(a, np.inf)  # differs in the last bit
    arrays = {"epoch_1/conv": b, "epoch_1/relu": b, "y": np.arange(N) % 2}
    arrays |= {"epoch_9/conv": a, "epoch_9/relu": a, "epoch_9/near": near, "epoch_9/cube": np.zeros((N, 2, 2))}
    np.savez(tmp_path / "run.npz", **arrays)
    options = ["-o", str(tmp_path / "p.csv"), "--permutations", "0", "--reduce", "gap"] * (command == "plane")
    assert main([command, str(tmp_path / "run.npz"), *options]) == 0
    (told,) = [line for line in capsys.readouterr().err.splitlines() if "equal layers" in line]
    assert told.startswith("skib: equal layers: conv and relu are equal bit for bit at all epochs: ")
    assert "output.detach().clone()" in told


def test_the_order_that_a_bound_depends_on_is_printed(tmp_path, capsys):
    """A layer of forty columns of noise and one of y has less by nearest neighbors than the column of y alone."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 300)
    narrow = y[:, None] + 0.05 * rng.normal(size=(300, 1))
    wide = np.column_stack([narrow, 3 * rng.normal(size=(300, 40))])
    np.savez(tmp_path / "run.npz", **{"epoch_0/wide": wide, "epoch_0/narrow": narrow, "y": y, "ids": np.arange(300)})
    options = ["--estimator", "ross:3", "--permutations", "5", "-o", str(tmp_path / "plane.csv")]
    assert main(["plane", str(tmp_path / "run.npz"), *options]) == 0
    assert "the order is wide, narrow; if the network's is another, list it in meta.json" in capsys.readouterr().out
    assert main(["plane", str(tmp_path / "run.npz"), *options, "--no-chain", "--force"]) == 0
    assert "the order is" not in capsys.readouterr().out
