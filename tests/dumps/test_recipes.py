"""The recipes of the guide: one text in the guide and in the scripts, and what they write is read."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from skib.dumps import open_dump

ROOT = Path(__file__).parents[2]
RECIPES = sorted((ROOT / "examples" / "recipes").glob("*.py"))
GUIDE = (ROOT / "doc" / "networks" / "frameworks.rst").read_text()


def functions(path):
    return {node.name: node for node in ast.parse(path.read_text()).body if hasattr(node, "name")}


@pytest.fixture
def save_epoch():
    space = {"Path": Path, "np": np}
    exec(ast.unparse(functions(ROOT / "examples" / "recipes" / "save_epoch.py")["save_epoch"]), space)
    return space["save_epoch"]


def test_the_function_of_the_guide_is_that_of_the_scripts():
    lines = re.search(r">>> (def save_epoch.*?)\n\n", GUIDE, re.DOTALL)[1].splitlines()
    shown = "\n".join(line.removeprefix("... ") for line in lines)
    assert ast.dump(ast.parse(shown).body[0]) == ast.dump(
        functions(RECIPES[0].with_name("save_epoch.py"))["save_epoch"]
    )


@pytest.mark.parametrize("path", [path for path in RECIPES if path.stem != "save_epoch"], ids=lambda path: path.stem)
def test_the_guide_includes_every_script_and_its_versions(path):
    included = re.findall(rf"literalinclude:: \.\./\.\./examples/recipes/{path.name}\n   :pyobject: (\w+)", GUIDE)
    assert included and set(included) <= set(functions(path))
    versions = re.findall(r"\d+\.\d+\.\d+", ast.get_docstring(ast.parse(path.read_text())))
    part = GUIDE[GUIDE.index(f"``examples/recipes/{path.name}``") :].split(":pyobject:")[0]
    assert versions and all(version in part for version in versions)


def test_every_picture_of_a_recipe_is_shown_and_small():
    shown = set(re.findall(r"_static/(recipe_\w+\.png)", GUIDE))
    pictures = {path.name: path.stat().st_size for path in (ROOT / "doc" / "_static").glob("recipe_*.png")}
    assert shown == set(pictures) and len(shown) == len(RECIPES) - 1
    assert max(pictures.values()) < 60_000


def test_what_the_recipes_write_is_read(tmp_path, save_epoch):
    rng = np.random.default_rng(0)
    y, ids = rng.integers(3, size=20), np.arange(100, 120)
    layers = {
        "model.fc1": rng.normal(size=(20, 4)).astype("f4"),  # nnsight
        "blocks.0.hook_resid_post": rng.normal(size=(20, 5, 4)).astype("f4"),  # TransformerLens
        "conv1": rng.normal(size=(20, 6, 6, 2)).astype("f4"),  # Keras
    }
    for epoch in (0, 8):
        save_epoch(tmp_path / "run", epoch, layers, y, ids)
    reduce = {"blocks.0.hook_resid_post": "last_token", "conv1": "flatten"}
    dump = open_dump(tmp_path / "run", reduce=reduce)
    assert dump.layers == ("blocks.0.hook_resid_post", "conv1", "model.fc1")
    np.testing.assert_array_equal(dump[8, "blocks.0.hook_resid_post"], layers["blocks.0.hook_resid_post"][:, -1])
    np.testing.assert_array_equal(dump.y, y)


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".h5"])
def test_bfloat16_of_jax_that_lost_its_type_is_told(tmp_path, suffix):
    lost = np.arange(12, dtype="u2").reshape(4, 3).view("V2")  # as np.load and h5py return it
    path = (tmp_path / "epoch_1").with_suffix(suffix)
    if suffix == ".npy":
        path = tmp_path / "epoch_1" / "fc1.npy"
        path.parent.mkdir()
        np.save(path, lost)
    elif suffix == ".npz":
        np.savez(path, fc1=lost)
    else:
        h5py = pytest.importorskip("h5py")
        with h5py.File(path, "w") as file:
            file["fc1"] = lost
    with pytest.raises(ValueError, match=r"dtype \|?V2 is refused .*bfloat16 .* save array.astype\('float32'\)"):
        open_dump(tmp_path)


def test_both_ways_to_write_codes_are_one_layer(tmp_path):
    rng = np.random.default_rng(0)
    top_indices = np.argsort(rng.random((20, 32)), axis=1)[:, :5]
    top_acts = np.maximum(rng.normal(size=(20, 5)), 0).astype("f4")
    codes = np.zeros((20, 64), "f4")
    np.put_along_axis(codes, top_indices, top_acts, axis=1)
    for name in ("matrix", "pairs"):
        (tmp_path / name / "epoch_00000").mkdir(parents=True)
        np.save(tmp_path / name / "ids.npy", np.arange(20))
    blocks = [sparse.csr_array(block) for block in np.array_split(codes, 3)]
    sparse.save_npz(tmp_path / "matrix" / "epoch_00000" / "codes.npz", sparse.vstack(blocks, "csr"))
    (tmp_path / "pairs" / "meta.json").write_text('{"n_latents": 64}')
    (tmp_path / "pairs" / "epoch_00000").rmdir()
    np.savez(tmp_path / "pairs" / "epoch_00000", top_indices=top_indices, top_acts=top_acts)
    for name in ("matrix", "pairs"):
        np.testing.assert_array_equal(open_dump(tmp_path / name)[0, "codes"].toarray(), codes)
