"""Codes and labels: counts, and tests, of each pair."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from scipy.stats import fisher_exact
from sklearn.metrics import mutual_info_score, precision_score, recall_score

from skib.preprocessing import CodebookBottleneck, code_associations


def toy(seed=0, n_samples=200):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n_samples)
    codes = rng.random((n_samples, 4)) < np.array([0.02, 0.3, 0.5, 0.9])
    codes[:, 1] |= (y == 1) & (rng.random(n_samples) < 0.6)
    return codes, np.array(["ant", "bee", "cat"])[y]


@pytest.mark.parametrize("container", [np.asarray, csr_array, pd.DataFrame])
def test_every_pair_against_its_definition(container):
    codes, y = toy()
    table = code_associations(container(codes), y)
    assert len(table) == 12 and table["label"].tolist() == ["ant", "bee", "cat"] * 4
    for row in table.itertuples():
        active, label = codes[:, row.code], y == row.label
        assert row.n_active == active.sum()
        assert row.precision == pytest.approx(precision_score(label, active))
        assert row.recall == pytest.approx(recall_score(label, active))
        assert row.mutual_info == pytest.approx(mutual_info_score(label, active), abs=1e-12)
        counts = [[np.sum(a & b) for b in (label, ~label)] for a in (active, ~active)]
        assert row.pvalue == pytest.approx(fisher_exact(counts, alternative="greater").pvalue)
    assert (table["pvalue_bh"] >= table["pvalue"]).all()
    assert table.loc[table["pvalue_bh"] < 0.05, ["code", "label"]].to_numpy().tolist() == [[1, "bee"]]


def test_numbers_are_active_unless_they_are_zero():
    codes, y = toy()
    latents = pd.DataFrame(codes * np.random.default_rng(1).normal(size=codes.shape), columns=list("abcd"))
    table = code_associations(latents, y)
    pd.testing.assert_frame_equal(table.drop(columns="code"), code_associations(codes, y).drop(columns="code"))
    assert table["code"].tolist() == sorted(3 * list("abcd"))


def test_codes_that_are_never_or_always_active():
    table = code_associations([[0, 1]] * 4, [True, True, False, False])
    assert table["precision"].isna().tolist() == [True, True, False, False]
    assert table["recall"].tolist() == [0, 0, 1, 1]
    assert table["mutual_info"].tolist() == [0] * 4 and table["pvalue"].tolist() == [1] * 4


def test_independent_codes_are_hardly_ever_significant():
    """The share of p-values up to 0.05 is at most 0.05, and the information of the plug-in about 1 / 2n."""
    rng = np.random.default_rng(0)
    codes, y = rng.random((400, 2000)) < 0.3, np.arange(400) % 2 == 0
    table = code_associations(codes, y).query("label")
    share = np.mean(table["pvalue"] <= 0.05)
    assert share < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 2000)
    assert share > 0.02  # discrete, and yet no test that never rejects
    error = table["mutual_info"].std() / np.sqrt(2000)
    assert table["mutual_info"].mean() == pytest.approx(1 / 800, abs=4 * error + 1 / 400**2)


def test_codes_of_a_bottleneck():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, 400)
    x = rng.normal(size=(400, 3)) + 20 * np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])[y]
    codes = CodebookBottleneck(n_codes=4, encode="onehot", random_state=0).fit_transform(x)
    best = code_associations(codes, y).sort_values("mutual_info").tail(4)
    assert (best["precision"] == 1).all() and (best["recall"] == 1).all() and set(best["label"]) == set(range(4))


def test_errors():
    with pytest.raises(ValueError, match="codes has 3 rows but y has 2"):
        code_associations(np.eye(3), [0, 1])
    with pytest.raises(ValueError, match="continuous"):
        code_associations(np.eye(3), [0.5, 1.2, 3.1])


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (["red", "blue"], "text"),
        (pd.Categorical(["red", "blue"]), "categories"),
        (pd.to_datetime(["2020-01-01", "2020-01-02"]), "dates"),
    ],
)
def test_what_does_not_say_whether_a_code_is_active_is_refused(column, kind):
    with pytest.raises(ValueError, match=f"column 'a' of codes holds {kind}; pass numbers or bools"):
        code_associations(pd.DataFrame({"a": column}), [0, 1])
