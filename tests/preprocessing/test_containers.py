"""Bins and groups are those of the plain array of the same content, whatever its container."""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skib.preprocessing import EntropyBoundedMerger, IBCategoryGrouper, IBDiscretizer
from tests.house.containers import CONTAINERS, N, as_table

CONTENT = np.random.default_rng(0).permutation(N)
CLASSES = (CONTENT // 7 + np.random.default_rng(1).integers(0, 2, N)) % 3


def outcome(estimator, table):
    """What the groups keep and lose, or the error."""
    try:
        fit = estimator.fit(table, CLASSES)
    except (TypeError, ValueError) as error:
        return error
    return fit.entropy_ if isinstance(fit, EntropyBoundedMerger) else fit.mutual_info_, fit.loss_


@pytest.mark.filterwarnings("ignore::skib.SkibWarning")
@pytest.mark.parametrize(
    "estimator", [EntropyBoundedMerger(1.4), IBDiscretizer(4), IBCategoryGrouper(4, smooth=0)], ids=repr
)
@pytest.mark.parametrize("container", CONTAINERS, ids=lambda container: container.name)
def test_every_container(container, estimator):
    content = np.column_stack([CONTENT, CONTENT // 5]) if container.pair else CONTENT
    found = outcome(estimator, as_table(container.make(content)))
    expected = None
    if container.kind == "value" and not container.whole:  # columns of arrays are refused
        expected = outcome(estimator, as_table(container.like(content)))
    if isinstance(expected, tuple):
        assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
    elif isinstance(found, Exception):
        assert re.search(r"X|0 (feature|sample)\(s\)", str(found)) and len(str(found)) < 400
    else:  # missing values, which are a level
        assert container.kind != "value"
        assert re.search("NaN|NaT|NA|None|null|missing", container.name) or container.kind == "either"
