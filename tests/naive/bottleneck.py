"""The information bottleneck as its definitions spell it, without speed."""

import numpy as np


def information(joint):
    """I(A;B) of a joint distribution, a table of any sum."""
    joint = joint / joint.sum()
    a, b = joint.sum(axis=1), joint.sum(axis=0)
    return sum(
        joint[i, j] * np.log(joint[i, j] / (a[i] * b[j]))
        for i in range(len(a))
        for j in range(len(b))
        if joint[i, j] > 0
    )
