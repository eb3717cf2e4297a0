"""InformationPlane under scikit-learn: the common checks and the callbacks."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skib.information_plane import InformationPlane

N = 60


@pytest.mark.filterwarnings("ignore::skib._warnings.SkibWarning")
@parametrize_with_checks([InformationPlane(n_permutations=2)])
def test_common_checks(estimator, check):
    check(estimator)


class Recorder:
    """A callback that counts the cells and asks to stop after some."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.events = []

    def setup(self, estimator, context):
        self.events.append("setup")

    def on_fit_task_begin(self, estimator, context, **kwargs):
        pass

    def on_fit_task_end(self, estimator, context, **kwargs):
        if context.parent is not None:
            self.events.append(context.task_id)
        return self.stop_after is not None and self.events.count("setup") + self.stop_after <= len(self.events)

    def teardown(self, estimator, context):
        self.events.append("teardown")


def dump():
    rng = np.random.default_rng(0)
    return {epoch: {"a": rng.normal(size=(N, 2)), "b": rng.normal(size=(N, 2))} for epoch in range(3)} | {
        "y": np.arange(N) % 2,
        "ids": range(N),
    }


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_callbacks_hear_every_cell(n_jobs):
    pytest.importorskip("sklearn.callback")
    recorder = Recorder()
    InformationPlane(n_permutations=2, n_jobs=n_jobs).set_callbacks(recorder).fit(dump())
    assert recorder.events == ["setup", *range(6), "teardown"]


def test_callback_stops_the_run_and_what_is_done_stays():
    pytest.importorskip("sklearn.callback")
    recorder = Recorder(stop_after=2)
    plane = InformationPlane(n_permutations=2).set_callbacks(recorder).fit(dump())
    assert recorder.events == ["setup", 0, 1, "teardown"]
    assert plane.results_[["epoch", "layer"]].drop_duplicates().to_numpy().tolist() == [[0, "a"], [0, "b"]]
