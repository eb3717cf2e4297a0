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


def conditional_information(joint, groups):
    """I(T;Y|Z) of a table q(t, (y, z)), `groups` holding the z of each column."""
    joint = joint / joint.sum()
    total = 0.0
    for z in set(groups):
        part = joint[:, np.equal(groups, z)]
        if part.sum() > 0:
            total += part.sum() * information(part)
    return total


def step(p_x, p_y, encoder, beta, alpha=1.0, groups=None):
    """One step of the self-consistent equations, from the equations themselves.

    q(t|x) is proportional to exp{[log q(t) - beta KL(p(y|x) || q(y|t))] / alpha}; with a z, the divergence is that of
    p(y|x,z) to q(y|t,z), in the mean over p(z|x).
    """
    groups = [0] * p_y.shape[1] if groups is None else groups
    n, k = encoder.shape
    prior = [sum(p_x[x] * encoder[x, t] for x in range(n)) for t in range(k)]
    new = np.empty((n, k))
    for x in range(n):
        for t in range(k):
            centers = sum(p_x[i] * encoder[i, t] * p_y[i] for i in range(n)) / prior[t]
            divergence = 0.0
            for j, z in enumerate(groups):
                if p_y[x, j] > 0:
                    own = p_y[x, j] / p_y[x, np.equal(groups, z)].sum()
                    divergence += p_y[x, j] * np.log(own / (centers[j] / centers[np.equal(groups, z)].sum()))
            new[x, t] = prior[t] ** (1 / alpha) * np.exp(-beta * divergence / alpha)
    return new / new.sum(axis=1, keepdims=True)


def objective(p_x, p_y, encoder, beta, alpha=1.0, groups=None):
    """H(T) - alpha H(T|X) - beta I(T;Y|Z)."""
    groups = [0] * p_y.shape[1] if groups is None else groups
    prior = p_x @ encoder
    entropy = -sum(q * np.log(q) for q in prior if q > 0)
    conditional = entropy - information(p_x[:, None] * encoder)
    return entropy - alpha * conditional - beta * conditional_information((p_x[:, None] * encoder).T @ p_y, groups)


def partitions(n, largest=None):
    """Every partition of n rows into at most `largest` clusters, as labels."""

    def grow(labels, k):
        if len(labels) == n:
            yield np.array(labels)
            return
        for t in range(min(k + 1, largest or n)):
            yield from grow([*labels, t], max(k, t + 1))

    yield from grow([], 0)
