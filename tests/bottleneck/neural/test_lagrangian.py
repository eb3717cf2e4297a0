import pytest

from skib.bottleneck.neural import ExponentialLagrangian, LinearLagrangian, SquaredLagrangian


@pytest.mark.parametrize("price", [LinearLagrangian(), SquaredLagrangian(), ExponentialLagrangian(0.7)], ids=repr)
@pytest.mark.parametrize("rate", [0.0, 0.3, 2.5])
def test_slopes_are_finite_differences(price, rate):
    value, slope = price.value_and_slope(rate)
    ahead, behind = price.value_and_slope(rate + 1e-5)[0], price.value_and_slope(rate - 1e-5)[0]
    assert slope == pytest.approx((ahead - behind) / 2e-5, abs=1e-6)
    assert price.value_and_slope(0.0)[0] == 0


def test_exponential_price_is_linear_at_small_eta():
    assert ExponentialLagrangian(1e-8).value_and_slope(2.0) == pytest.approx((2.0, 1.0), abs=1e-6)
