"""Bivariate Student t: the closed form against quadrature, the sample against its density."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import multivariate_t, t

from skib.datasets import make_student_pair


def truth_by_quadrature(dof):
    """2 h(X) - h(X, Y) at rho = 0, the second in polar coordinates."""

    def planar(r):
        density = (1 + r**2 / dof) ** (-(dof + 2) / 2) / (2 * np.pi)
        return -2 * np.pi * r * density * np.log(density)

    marginal, _ = quad(lambda x: -t.pdf(x, dof) * t.logpdf(x, dof), -np.inf, np.inf, epsabs=1e-11, limit=500)
    joint, _ = quad(planar, 0, np.inf, epsabs=1e-11, limit=500)
    return 2 * marginal - joint


@pytest.mark.parametrize("dof", [1.0, 1.5, 4.0, 30.0])
def test_closed_form_equals_quadrature(dof):
    assert make_student_pair(2, dof=dof).mutual_info == pytest.approx(truth_by_quadrature(dof), abs=1e-7)


def test_known_values():
    assert make_student_pair(2, dof=1).mutual_info == pytest.approx(0.224, abs=5e-4)
    # The closed form at dof = 1, by hand: log(pi / 2) + 4 log(2) - 3.
    assert make_student_pair(2, dof=1).mutual_info == pytest.approx(np.log(np.pi / 2) + 4 * np.log(2) - 3, abs=1e-12)
    # Many degrees of freedom: the Gaussian pair.
    assert make_student_pair(2, rho=0.9, dof=1e5).mutual_info == pytest.approx(-0.5 * np.log(0.19), abs=1e-6)


@pytest.mark.parametrize("rho, dof", [(0.0, 1.0), (0.75, 2.0), (-0.5, 8.0)])
def test_sample_has_the_information_it_states(rho, dof):
    pair = make_student_pair(20_000, rho=rho, dof=dof, random_state=0)
    joint = multivariate_t(shape=[[1, rho], [rho, 1]], df=dof).logpdf(np.column_stack([pair.X, pair.y]))
    values = joint - t.logpdf(pair.X[:, 0], dof) - t.logpdf(pair.y, dof)
    assert abs(values.mean() - pair.mutual_info) < 4 * values.std() / np.sqrt(len(values))


@pytest.mark.parametrize("dim_x, dim_y, dof", [(1, 3, 1.0), (2, 2, 2.0), (5, 5, 3.0), (25, 4, 10.0)])
def test_columns_by_the_entropies_of_scipy(dim_x, dim_y, dof):
    x, y, joint = (multivariate_t(shape=np.eye(d), df=dof).entropy() for d in (dim_x, dim_y, dim_x + dim_y))
    made = make_student_pair(2, dof=dof, dim_x=dim_x, dim_y=dim_y)
    assert made.mutual_info == pytest.approx(x + y - joint, abs=1e-9)


def pointwise(pair, dispersion, dim_x, dof):
    """log p(x, y) / p(x) p(y) of a t distribution with this dispersion, whose margins are t with its blocks."""
    xy = np.column_stack([pair.X, pair.y])
    x, y = (
        multivariate_t(shape=dispersion[:dim_x, :dim_x], df=dof),
        multivariate_t(shape=dispersion[dim_x:, dim_x:], df=dof),
    )
    return multivariate_t(shape=dispersion, df=dof).logpdf(xy) - x.logpdf(xy[:, :dim_x]) - y.logpdf(xy[:, dim_x:])


DISPERSION = np.array([[2.0, 0.5, 0.8], [0.5, 1.0, -0.3], [0.8, -0.3, 1.5]])


def paired(dim_x, dim_y, rho):
    """The dispersion with correlation ``rho`` of X_j and y_j."""
    j, matrix = np.arange(min(dim_x, dim_y)), np.eye(dim_x + dim_y)
    matrix[j, dim_x + j] = matrix[dim_x + j, j] = rho
    return matrix


@pytest.mark.parametrize(
    "arguments, dispersion, dim_x",
    [
        ({"dispersion": DISPERSION, "dim_x": 2}, DISPERSION, 2),
        ({"dispersion": DISPERSION.tolist(), "dim_y": 2}, DISPERSION, 1),
        ({"rho": 0.7, "dim_x": 2, "dim_y": 3}, paired(2, 3, 0.7), 2),
        ({"rho": 0.7, "dim_x": 3, "dim_y": 2}, paired(3, 2, 0.7), 3),
    ],
)
def test_columns_have_the_information_they_state(arguments, dispersion, dim_x):
    pair = make_student_pair(20_000, dof=2.5, random_state=0, **arguments)
    values = pointwise(pair, dispersion, dim_x, 2.5)
    assert abs(values.mean() - pair.mutual_info) < 4 * values.std() / np.sqrt(len(values))


def test_many_degrees_of_freedom_never_go_below_zero():
    for dof in 10.0 ** np.arange(3, 7):
        for dim in (1, 2, 7):
            assert 0 <= make_student_pair(2, dof=dof, dim_x=dim, dim_y=dim).mutual_info < dim**2 / dof


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"dispersion": np.eye(3)}, r"shape \(3, 3\), must be \(2, 2\)"),
        ({"dispersion": [[1, 0.5], [0.2, 1]]}, "not symmetric"),
        ({"dispersion": [[1, 2], [2, 1]]}, "positive definite; its lowest eigenvalue is -1"),
        ({"dispersion": np.eye(2), "rho": 0.5}, "rho or dispersion, not both"),
        ({"dim_x": 0}, "dim_x == 0"),
    ],
)
def test_dispersion_and_dimensions(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_student_pair(10, **arguments)


@pytest.mark.parametrize("dof", [0.01, 1e7, np.nan])
def test_dof_out_of_range(dof):
    with pytest.raises(ValueError, match="dof"):
        make_student_pair(10, dof=dof)
