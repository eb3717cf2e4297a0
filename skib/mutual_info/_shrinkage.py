"""How much of a difference to believe."""


def shrinkage(difference, error):
    """Weight max(0, 1 - (error / difference)^2) of a difference whose standard error is known."""
    return max(0.0, 1 - (error / difference) ** 2) if difference else 0.0
