"""Sparse layers: matrices of scipy in .npz files, and pairs of top indices and values in every format."""

import pickle
import tracemalloc
import zipfile

import numpy as np
import pytest
from scipy import sparse

from skib._cli import main
from skib.dumps import convert, open_dump
from skib.feature_selection import InformationSelector
from skib.mutual_info import mutual_info_features

N, K, LATENTS = 40, 4, 30
ids = np.arange(N)


@pytest.fixture
def top():
    """Indices and values of the latents that fire, and the same as a dense array."""
    rng = np.random.default_rng(0)
    indices = np.argsort(rng.random((N, LATENTS)), axis=1)[:, :K]
    indices[0, 0] = LATENTS - 1 if LATENTS - 1 not in indices[0] else indices[0, 0]
    values = rng.gamma(2, size=(N, K)).astype(np.float32)
    values[5] = 0  # a row in which nothing fires
    values[7, 2:] = 0
    dense = np.zeros((N, LATENTS), np.float32)
    np.put_along_axis(dense, indices, values, axis=1)
    return indices, values, dense


def with_ids(folder):
    folder.mkdir(exist_ok=True, parents=True)
    np.save(folder / "ids.npy", ids)
    return folder


def same(layer, dense):
    assert isinstance(layer, sparse.csr_array) and layer.has_canonical_format and layer.nnz == np.count_nonzero(dense)
    assert not any(part.flags.writeable for part in (layer.data, layer.indices, layer.indptr))
    assert layer.dtype == dense.dtype
    np.testing.assert_array_equal(layer.toarray(), dense)


# --- matrices of scipy


@pytest.mark.parametrize("make", [sparse.csr_array, sparse.csc_array, sparse.coo_array, sparse.csr_matrix])
@pytest.mark.parametrize("compressed", [False, True])
def test_matrices_of_scipy_are_layers_in_every_place(tmp_path, top, make, compressed):
    matrix, root = make(top[2]), with_ids(tmp_path)
    for place in ("folder/epoch_1/sae.npz", "file/epoch_1.npz", "layer/sae/epoch_1.npz", "alone/sae.npz"):
        path = tmp_path / place
        with_ids(tmp_path / place.partition("/")[0])
        path.parent.mkdir(exist_ok=True)
        sparse.save_npz(path, matrix, compressed=compressed)
    np.save(root / "folder" / "epoch_1" / "fc.npy", top[2])  # a dense layer beside it
    dump = open_dump(root / "folder")
    assert dump.layers == ("sae", "fc")  # "fc" is the name of a head, which comes last
    same(dump[1, "sae"], top[2])
    same(open_dump(root / "file")[1, "codes"], top[2])
    same(open_dump(root / "layer")[1, "sae"], top[2])
    same(open_dump(root / "alone")[0, "sae"], top[2])


def test_a_matrix_of_zeros_and_other_types_are_read(tmp_path):
    for name, dtype in {"bools": bool, "counts": "i2", "floats": "f8"}.items():
        (tmp_path / "epoch_1").mkdir(exist_ok=True)
        sparse.save_npz(tmp_path / "epoch_1" / f"{name}.npz", sparse.csr_array((N, 3), dtype=dtype))
    dump = open_dump(with_ids(tmp_path))
    assert [dump[1, name].dtype for name in dump.layers] == [np.dtype(bool), np.int16, np.float64]
    assert [dump[1, name].nnz for name in dump.layers] == [0, 0, 0]


def test_parts_are_joined(tmp_path, top):
    (tmp_path / "epoch_1" / "b").mkdir(parents=True)
    for i, rows in enumerate((slice(25), slice(25, None))):
        sparse.save_npz(tmp_path / "epoch_1" / f"a_{i:05d}.npz", sparse.csr_array(top[2][rows]))
        sparse.save_npz(tmp_path / "epoch_1" / "b" / f"part-{i}.npz", sparse.csr_array(top[2][rows]))
    dump = open_dump(with_ids(tmp_path))
    same(dump[1, "a"], top[2])
    same(dump[1, "b"], top[2])
    assert dump.equal_layers() == (("a", "b"),)


def write_matrix(path, top, **changes):
    """Write the parts of a matrix of scipy, some of them changed or (None) left out."""
    matrix = sparse.csr_array(top[2])
    parts = dict(format=b"csr", shape=matrix.shape, data=matrix.data, indices=matrix.indices, indptr=matrix.indptr)
    np.savez(path, **{name: part for name, part in (parts | changes).items() if part is not None})


def changed(array, place, value):
    array = array.copy()
    array[place] = value
    return array


DAMAGE = {
    "beyond": (lambda m: {"indices": changed(m.indices, 3, LATENTS)}, f"column {LATENTS} lies outside"),
    "negative": (lambda m: {"indices": changed(m.indices, 3, -2)}, "column -2 lies outside"),
    "duplicate": (lambda m: {"indices": changed(m.indices, 1, m.indices[0])}, "1 of .* share their row and column"),
    "not monotone": (lambda m: {"indptr": changed(m.indptr, 4, m.indptr[3] - 1)}, "indptr.* out of order"),
    "too short": (lambda m: {"indptr": m.indptr[:-1]}, "do not match"),
    "wrong end": (lambda m: {"indptr": changed(m.indptr, -1, len(m.data) - 1)}, "do not end with the number"),
    "fewer values": (lambda m: {"data": m.data[:-1]}, "do not match"),
    "NaN": (lambda m: {"data": changed(m.data, 2, np.nan)}, "1 of .* NaN or infinite"),
    "infinite": (lambda m: {"data": changed(m.data, 2, -np.inf)}, "1 of .* NaN or infinite"),
    "no shape": (lambda m: {"shape": None}, "lacks shape"),
    "no indptr": (lambda m: {"indptr": None}, "lacks indptr"),
    "no format": (lambda m: {"format": None}, "format '' is refused"),
    "another format": (lambda m: {"format": b"bsr"}, "format 'bsr' is refused; save matrix.tocsr"),
    "three axes": (lambda m: {"shape": (N, 3, 10)}, "3 numbers, not 2"),
    "negative shape": (lambda m: {"shape": (-N, LATENTS)}, "is no matrix"),
    "huge": (lambda m: {"shape": (N, 2**50)}, "above the limit"),
    "float indices": (lambda m: {"indices": m.indices.astype(float)}, "must be integers"),
    "complex": (lambda m: {"data": m.data.astype(complex)}, "complex64 is refused|complex128 is refused"),
    "text": (lambda m: {"data": m.data.astype(str)}, "save numbers or bools"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_matrices_are_refused(tmp_path, top, name):
    change, reason = DAMAGE[name]
    (tmp_path / "epoch_1").mkdir()
    write_matrix(tmp_path / "epoch_1" / "sae.npz", top, **change(sparse.csr_array(top[2])))
    with pytest.raises(ValueError, match=f"sae.npz.*({reason})"):
        open_dump(with_ids(tmp_path))[1, "sae"]


class Payload:
    def __reduce__(self):
        return (open, ("ran", "w"))


@pytest.mark.parametrize("part", ["format", "shape", "data", "indices"])
def test_pickles_in_a_matrix_stay_refused(tmp_path, top, part, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "epoch_1").mkdir()
    array = np.empty((), object) if part == "format" else np.empty(2, object)
    array[...] = Payload()
    write_matrix(tmp_path / "epoch_1" / "sae.npz", top, **{part: array})
    with pytest.raises(ValueError, match="[Oo]bject"):
        open_dump(with_ids(tmp_path))[1, "sae"]
    assert not (tmp_path / "ran").exists()
    with zipfile.ZipFile(tmp_path / "epoch_1" / "sae.npz") as archive:
        assert b"ran" in archive.read(f"{part}.npy")  # the test had something to refuse


def test_a_file_that_changes_is_noticed(tmp_path, top):
    (tmp_path / "epoch_1").mkdir()
    write_matrix(tmp_path / "epoch_1" / "sae.npz", top)
    dump = open_dump(with_ids(tmp_path))
    write_matrix(tmp_path / "epoch_1" / "sae.npz", (None, None, top[2] * 2.0**70))
    write_matrix(tmp_path / "epoch_1" / "sae.npz", (None, None, top[2][:, :5]))
    with pytest.raises(ValueError, match="changed after the dump was opened"):
        dump[1, "sae"]


def test_a_small_file_of_a_huge_matrix_takes_little_memory(tmp_path):
    parts = dict(format=b"coo", data=np.ones(2), row=np.array([0, 1]), col=np.array([1, 0]))
    for name, shape in {"wide": (N, 10**9), "long": (10**9, 4)}.items():
        (tmp_path / name / "epoch_1").mkdir(parents=True)
        for layer in "ab":
            np.savez(tmp_path / name / "epoch_1" / f"{layer}.npz", shape=shape, **parts)
    tracemalloc.start()
    dump = open_dump(with_ids(tmp_path / "wide"))
    assert dump.equal_layers() == (("a", "b"),) and dump[1, "a"].shape == (N, 10**9)
    with pytest.raises(ValueError, match="1000000000 rows in 48 bytes is refused"):
        open_dump(tmp_path / "long")
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_inputs_and_targets_are_read_as_dense_arrays_of_a_bounded_size(top):
    layers = {0: {"fc": top[2]}, "ids": ids}
    dump = open_dump(layers | {"X": sparse.csr_array(top[2]), "y": sparse.csc_array(top[2][:, :1])})
    np.testing.assert_array_equal(dump.X, top[2])
    np.testing.assert_array_equal(dump.y, top[2][:, :1])
    with pytest.raises(ValueError, match="above the limit"):
        open_dump(layers | {"X": sparse.csr_array((N, 10**9))})


# --- top indices and values


def npz(path, arrays):
    np.savez(path.with_suffix(".npz"), **arrays)


def npy_pairs(path, arrays):
    path.mkdir()
    for name, array in arrays.items():
        np.save(path / f"{name}.npy", array)


def hdf5(path, arrays):
    h5py = pytest.importorskip("h5py")
    with h5py.File(path.with_suffix(".h5"), "w") as file:
        for name, array in arrays.items():
            file[name] = array


def parquet(path, arrays):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    lists = {
        name: pa.FixedSizeListArray.from_arrays(array.ravel(), array.shape[1]) if array.ndim == 2 else array
        for name, array in arrays.items()
    }
    parquet.write_table(pa.table(lists), path.with_suffix(".parquet"))


@pytest.mark.parametrize("write", [npz, npy_pairs, hdf5, parquet])
@pytest.mark.parametrize("values", ["top_acts", "top_values", "top_activations"])
def test_pairs_are_sparse_layers_in_every_format(tmp_path, top, write, values):
    write(with_ids(tmp_path) / "epoch_3", {"top_indices": top[0].astype(np.int32), values: top[1]})
    dump = open_dump(tmp_path)
    assert dump.layers == ("codes",) and dump.shape(3, "codes") == (N, LATENTS)
    same(dump[3, "codes"], top[2])


def test_pairs_of_safetensors_and_torch(tmp_path, top, safetensors, torch):
    for kind in ("safe", "torch"):
        with_ids(tmp_path / kind)
    arrays = {"sae.top_indices": top[0], "sae.top_acts": top[1]}
    (tmp_path / "safe" / "epoch_3.safetensors").write_bytes(safetensors(arrays))
    torch(tmp_path / "torch" / "epoch_3.pt", {"sae": {"top_indices": top[0], "top_acts": top[1]}})
    for kind in ("safe", "torch"):
        same(open_dump(tmp_path / kind)[3, "sae"], top[2])


@pytest.mark.parametrize("joint", ["_", ".", "/", "-"])
def test_the_name_before_the_pair_is_the_layer(tmp_path, top, joint):
    pair = {"top_indices": top[0], "top_acts": top[1]}
    layers = {f"{layer}{joint}{name}": array for layer in ("l3", "l10") for name, array in pair.items()}
    np.savez(tmp_path / "run.npz", ids=ids, **{f"epoch_{e}/{name}": a for e in (0, 5) for name, a in layers.items()})
    dump = open_dump(tmp_path / "run.npz")
    assert list(dump) == [(e, layer) for e in (0, 5) for layer in ("l3", "l10")]
    same(dump[5, "l10"], top[2])


def test_all_epochs_have_one_width(top):
    narrow = np.tile(np.arange(K), (N, 1))
    cells = {1: {"top_indices": narrow, "top_acts": top[1]}, 2: {"top_indices": top[0], "top_acts": top[1]}}
    assert open_dump(cells | {"ids": ids}).shape(1, "codes") == (N, LATENTS)
    dump = open_dump(cells | {"ids": ids, "meta": {"n_latents": 64}})
    assert dump.shape(1, "codes") == dump.shape(2, "codes") == (N, 64) == dump[1, "codes"].shape
    dump = open_dump(cells | {"ids": ids, "meta": {"n_latents": {"codes": 50, "other": 3}}})
    assert dump.shape(1, "codes") == (N, 50)
    with pytest.raises(ValueError, match=f"column {LATENTS - 1} lies outside of a matrix"):
        open_dump({2: cells[2], "ids": ids, "meta": {"n_latents": LATENTS - 1}})[2, "codes"]
    for wrong in (0, -3, 2.5, "64", True):
        with pytest.raises(ValueError, match="'n_latents' must be a positive whole number"):
            open_dump(cells | {"ids": ids, "meta": {"n_latents": wrong}})


def test_places_without_a_value_may_be_padded(top):
    indices = np.where(top[1] == 0, -1, top[0])
    same(open_dump({1: {"top_indices": indices, "top_acts": top[1]}, "ids": ids})[1, "codes"], top[2])


def test_half_precision_is_read_as_float32(top):
    dump = open_dump({1: {"top_indices": top[0], "top_acts": top[1].astype("f2")}, "ids": ids})
    assert dump.dtype(1, "codes") == np.float32
    same(dump[1, "codes"], top[2].astype("f2").astype("f4"))


@pytest.mark.parametrize(
    "change, reason",
    [
        (lambda i, v: (changed(i, (3, 1), -1), v), "column -1 lies outside"),
        (lambda i, v: (changed(i, (3, 1), i[3, 0]), v), "1 of .* share their row and column"),
        (lambda i, v: (i, changed(v, (3, 1), np.nan)), "1 of .* NaN or infinite"),
        (lambda i, v: (i.astype(float), v), "must be integers"),
        (lambda i, v: (i[:, :2], v), r"shapes \(40, 2\) and \(40, 4\)"),
        (lambda i, v: (i.reshape(N, 2, 2), v.reshape(N, 2, 2)), r"Tokens become rows by a.reshape"),
        (lambda i, v: (changed(i, (3, 1), 2**55), v), "above the limit"),
    ],
)
def test_damaged_pairs_are_refused(tmp_path, top, change, reason):
    indices, values = change(*top[:2])
    np.savez(with_ids(tmp_path) / "epoch_1.npz", top_indices=indices, top_acts=values)
    with pytest.raises(ValueError, match=f"top_indices.*{reason}"):
        open_dump(tmp_path)[1, "codes"]


def test_indices_without_values_or_with_two_are_layers_as_any_other(top):
    for names in (["top_indices"], ["top_indices", "top_acts", "top_values"]):
        arrays = dict(zip(names, (top[0], top[1], top[1]), strict=False))
        assert open_dump({1: arrays, "ids": ids}).layers == tuple(names)


# --- what is done with them


def test_sparse_arrays_in_memory(top):
    dump = open_dump({1: {"sae": sparse.lil_array(top[2]), "fc": top[2]}, "ids": ids, "X": sparse.csr_array(top[2])})
    same(dump[1, "sae"], top[2])
    np.testing.assert_array_equal(dump.X, top[2])
    assert dump.equal_layers() == ()  # one is sparse
    with pytest.raises(ValueError, match="no matrix"):
        open_dump({1: {"sae": sparse.coo_array(np.ones(N))}, "ids": ids})


def test_summary_has_the_bytes_that_are_stored(tmp_path, top):
    write_matrix(with_ids(tmp_path) / "epoch_1.npz", top)
    matrix = sparse.csr_array(top[2])
    row = open_dump(tmp_path).summary().iloc[0]
    assert row["bytes"] == matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes
    assert (row["n_units"], row["dtype"]) == (LATENTS, "float32")


def test_blocks_are_dense_rows(monkeypatch, top):
    monkeypatch.setattr("skib.dumps.formats._stored.BLOCK_BYTES", 7 * LATENTS * 4)
    dump = open_dump({1: {"top_indices": top[0], "top_acts": top[1]}, "ids": ids})
    (stored,) = (stored for epoch, _, stored in dump.stored() if epoch is not None)
    blocks = list(stored.blocks())
    assert [len(block) for block in blocks] == [7, 7, 7, 7, 7, 5]
    np.testing.assert_array_equal(np.vstack(blocks), top[2])
    np.testing.assert_array_equal(stored.dense(), top[2])


def test_equal_codes_are_found(top):
    twice = {
        "a_top_indices": top[0],
        "a_top_acts": top[1],
        "b_top_indices": top[0][:, ::-1],
        "b_top_acts": top[1][:, ::-1],
    }
    other = {"c_top_indices": top[0], "c_top_acts": changed(top[1], (0, 0), 9)}
    assert open_dump({1: twice | other, "ids": ids}).equal_layers() == (("a", "b"),)


def test_conversion_keeps_layers_sparse(tmp_path, top):
    source = {1: {"sae/x": sparse.csr_array(top[2]), "fc": top[2]}, "ids": ids}
    path = convert(source, tmp_path / "run")
    assert sorted(file.name for file in (path / "epoch_00001").iterdir()) == ["fc.npy", "sae.x-0.npz"]
    dump = open_dump(path)
    assert dump.layers == ("sae/x", "fc")
    same(dump[1, "sae/x"], top[2])


def test_a_pickled_dump_reads_them(tmp_path, top):
    np.savez(with_ids(tmp_path) / "epoch_1.npz", top_indices=top[0], top_acts=top[1])
    same(pickle.loads(pickle.dumps(open_dump(tmp_path)))[1, "codes"], top[2])


def test_inspect_lists_them(tmp_path, top, capsys):
    np.savez(with_ids(tmp_path) / "epoch_1.npz", top_indices=top[0], top_acts=top[1])
    assert main(["inspect", str(tmp_path)]) == 0
    stored = top[0].nbytes + top[1].nbytes
    assert f"codes 1 (40, {LATENTS}) float32 {stored}" in " ".join(capsys.readouterr().out.split())


@pytest.mark.filterwarnings("ignore::skib._warnings.ConstantInputWarning")
def test_latents_go_into_the_functions_of_columns(tmp_path, top):
    rng = np.random.default_rng(1)
    y = rng.integers(2, size=N)
    dense = np.where(np.arange(LATENTS) == 3, y[:, None], top[2])
    sparse.save_npz(with_ids(tmp_path) / "epoch_1.npz", sparse.csr_array(dense))
    codes = open_dump(tmp_path)[1, "codes"]
    scores = mutual_info_features(codes, y)
    np.testing.assert_allclose(scores, mutual_info_features(dense != 0, y), atol=1e-12)
    assert scores.argmax() == 3
    assert InformationSelector("jmi", 1).fit(codes, y).selected_features_[0] == 3
