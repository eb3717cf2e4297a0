"""A measurement is read as its value."""

import math

import pytest

from skib.metrics import Measurement


def test_value_as_float_and_in_text():
    measurement = Measurement(0.25, std_error=0.01, ceiling=1)
    assert float(measurement) == 0.25
    assert f"{measurement:.1f}" == "0.2"
    assert "std_error=0.01" in f"{measurement}"
    assert math.isnan(measurement.null)


def test_it_cannot_be_changed():
    with pytest.raises(AttributeError):
        Measurement(1.0).value = 2
