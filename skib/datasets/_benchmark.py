"""The tasks of a published benchmark of mutual-information estimators."""

from functools import partial

from sklearn.utils import Bunch

from skib._typing import Seed
from skib.datasets._concentric import make_concentric_pair
from skib.datasets._gaussian import make_gaussian_pair
from skib.datasets._mixture import make_bimodal_pair
from skib.datasets._multinormal import make_multinormal_pair
from skib.datasets._pair import BenchmarkTask
from skib.datasets._student import make_student_pair
from skib.datasets._transforms import transformed_pair
from skib.datasets._uniform_noise import make_additive_noise_pair


def _bimodal(n_samples, random_state):
    pair = make_gaussian_pair(n_samples, rho=0.75, random_state=random_state)
    return transformed_pair(pair, "bimodal")


BASES = {
    "1v1-normal-0.75": partial(make_gaussian_pair, rho=0.75),
    "1v1-additive-0.1": partial(make_additive_noise_pair, epsilon=0.1),
    "1v1-additive-0.75": partial(make_additive_noise_pair, epsilon=0.75),
    "1v1-bimodal-0.75": _bimodal,
    "1v1-X-0.9": partial(make_bimodal_pair, rho=0.9, separation=0.0),
    "5v1-concentric_gaussians-5": partial(make_concentric_pair, dim=5, n_components=5),
}
BASES |= {
    f"multinormal-dense-{d}-{d}-0.5": partial(make_multinormal_pair, kind="dense", dim_x=d, dim_y=d)
    for d in (2, 3, 5, 25, 50)
}
BASES |= {
    f"multinormal-sparse-{d}-{d}-2-2.0": partial(make_multinormal_pair, kind="sparse", dim_x=d, dim_y=d)
    for d in (2, 3, 5, 25)
}
BASES |= {
    f"student-identity-{d}-{d}-{dof}": partial(make_student_pair, dof=dof, dim_x=d, dim_y=d)
    for d, dof in ((1, 1), (2, 1), (2, 2), (3, 2), (3, 3), (5, 2), (5, 3))
}

_SPARSE = [f"multinormal-sparse-{d}-{d}-2-2.0" for d in (3, 5, 25)]
TASKS = (
    *BASES,
    "normal_cdf-1v1-normal-0.75",
    "wiggly-1v1-normal-0.75",
    "half_cube-1v1-normal-0.75",
    "swissroll_x-normal_cdf-1v1-normal-0.75",
    *(f"{name}-{base}" for name in ("normal_cdf", "half_cube", "spiral", "spiral-normal_cdf") for base in _SPARSE),
    *(f"asinh-student-identity-{tail}" for tail in ("1-1-1", "2-2-1", "3-3-2", "5-5-2")),
)


def _draw(name, n_samples, random_state):
    """Draw a base, or peel off the transform that stands first and draw the rest."""
    if name in BASES:
        return BASES[name](n_samples, random_state=random_state)
    transform, _, rest = name.partition("-")
    return transformed_pair(_draw(rest, n_samples, random_state), transform)


def benchmark_tasks() -> tuple[str, ...]:
    """Return the names of the benchmark's tasks, for `make_benchmark_task`.

    The 40 tasks of [1]_ under the names of that benchmark, and two mixtures of [2]_, "1v1-X-0.9" and
    "5v1-concentric_gaussians-5".

    Returns
    -------
    tuple of str
        Names. Transforms stand first, the last one applied foremost.

    References
    ----------
    .. [1] P. Czyz, F. Grabowski, J. E. Vogt, N. Beerenwinkel and A. Marx, "Beyond normal: on the evaluation of mutual
       information estimators", NeurIPS 2023.
    .. [2] P. Czyz, F. Grabowski, J. E. Vogt, N. Beerenwinkel and A. Marx, "On the properties and estimation of
       pointwise mutual information profiles", arXiv:2310.10240, 2023.

    Examples
    --------
    >>> from skib.datasets import benchmark_tasks
    >>> len(benchmark_tasks())  # 40 and 2
    42
    >>> benchmark_tasks()[0]
    '1v1-normal-0.75'
    """
    return TASKS


def make_benchmark_task(name: str, n_samples: int = 5000, *, random_state: Seed = None) -> BenchmarkTask:
    """Draw a task of the benchmark "Beyond normal", with its exact information.

    Parameters
    ----------
    name : str
        One of `benchmark_tasks`.
    n_samples : int, default=5000
        Number of rows.
    random_state : int, RandomState instance or None, default=None
        Seeds the draw. Pass an int for the same result at every call.

    Returns
    -------
    Bunch
        ``X`` (n_samples, dim_x); ``y`` (n_samples,) if it has one column, else (n_samples, dim_y); ``mutual_info``, the
        true value in nats; ``name``.

    Raises
    ------
    ValueError
        If ``name`` is unknown or ``n_samples`` is less than 1.

    Notes
    -----
    The distributions are those of the benchmark, the samples are not: other generators, in double precision.

    References
    ----------
    P. Czyz, F. Grabowski, J. E. Vogt, N. Beerenwinkel and A. Marx, "Beyond normal: on the evaluation of mutual
    information estimators", NeurIPS 2023.

    Examples
    --------
    >>> from skib.datasets import make_benchmark_task
    >>> task = make_benchmark_task("spiral-multinormal-sparse-3-3-2-2.0", n_samples=500, random_state=0)
    >>> task.X.shape, task.y.shape
    ((500, 3), (500, 3))
    >>> round(task.mutual_info, 4)  # -log(1 - 0.64): the spiral can be undone
    1.0217
    """
    if name not in TASKS:
        raise ValueError(f"name == {name!r} is not a task of the benchmark; benchmark_tasks() lists them.")
    return Bunch(**_draw(name, n_samples, random_state), name=name)
