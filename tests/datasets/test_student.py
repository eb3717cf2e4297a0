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


@pytest.mark.parametrize("dof", [0.01, 1e7, np.nan])
def test_dof_out_of_range(dof):
    with pytest.raises(ValueError, match="dof"):
        make_student_pair(10, dof=dof)
