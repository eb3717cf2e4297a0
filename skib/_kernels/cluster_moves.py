"""Changes of whole clusters: equal ones are joined, and rows of a CSR table move to the cluster of least cost."""

import numpy as np

from skib._jit import njit


@njit
def equal_clusters(joint, weights, order, tolerance):
    """Number clusters so that each, in the given order, joins the nearest one before it of nearly equal q(y,z|t).

    Two are nearly equal if no cell differs by `tolerance`. Clusters that are not in `order` have the number -1.
    """
    m, k = joint.shape
    number, leaders, n_found = np.empty(k, np.int64), np.empty(k, np.int64), 0
    for t in range(k):
        number[t] = -1
    for t in order:
        nearest = tolerance
        for f in range(n_found):
            distance = 0.0
            for j in range(m):
                distance = max(distance, abs(joint[j, t] / weights[t] - joint[j, leaders[f]] / weights[leaders[f]]))
                if distance >= nearest:
                    break
            if distance < nearest:
                nearest, number[t] = distance, f
        if number[t] < 0:
            number[t], leaders[n_found] = n_found, t
            n_found += 1
    return number


@njit
def _x_log_x(x):
    return x * np.log(x) if x > 0.0 else 0.0


@njit
def _cost_of_joining(i, t, indptr, indices, data, weight, shares, groups, inverse_beta, joint, sums, prior):
    """Change of H(T)/beta - I(T;Y|Z) if row i, of the `shares` of z, joins cluster t."""
    cost = inverse_beta * (_x_log_x(prior[t]) - _x_log_x(prior[t] + weight))
    for e in range(indptr[i], indptr[i + 1]):
        before = joint[indices[e], t]
        cost += _x_log_x(before) - _x_log_x(before + weight * data[e])
    for g in range(len(shares)):
        if shares[g] > 0.0:
            cost += _x_log_x(sums[g, t] + weight * shares[g]) - _x_log_x(sums[g, t])
    return cost


@njit
def _shift(i, t, indptr, indices, data, weight, shares, sign, sizes, joint, sums, prior):
    """Add row i to cluster t, or take it away; a cluster without rows becomes exactly zero."""
    sizes[t] += sign
    prior[t] = max(prior[t] + sign * weight, 0.0) if sizes[t] else 0.0
    for g in range(len(shares)):
        sums[g, t] = max(sums[g, t] + sign * weight * shares[g], 0.0) if sizes[t] else 0.0
    for e in range(indptr[i], indptr[i + 1]):
        j = indices[e]
        joint[j, t] = max(joint[j, t] + sign * weight * data[e], 0.0) if sizes[t] else 0.0


@njit
def move_rows(
    first, last, indptr, indices, data, weights, groups, inverse_beta, least, labels, sizes, joint, sums, prior
):
    """Move each of the rows first to last - 1 to the cluster of least H(T)/beta - I(T;Y|Z), if that gains `least`.

    `sizes` are the numbers of rows of the clusters; one without rows may receive one. Returns how many rows moved.
    """
    k, n_moved = len(prior), 0
    shares = np.empty(len(sums))
    for i in range(first, last):
        shares[:] = 0.0
        for e in range(indptr[i], indptr[i + 1]):
            shares[groups[indices[e]]] += data[e]
        own = labels[i]
        _shift(i, own, indptr, indices, data, weights[i], shares, -1, sizes, joint, sums, prior)
        best = own
        least_cost = -least + _cost_of_joining(
            i, own, indptr, indices, data, weights[i], shares, groups, inverse_beta, joint, sums, prior
        )
        for t in range(k):
            if t != own:
                cost = _cost_of_joining(
                    i, t, indptr, indices, data, weights[i], shares, groups, inverse_beta, joint, sums, prior
                )
                if cost < least_cost:
                    best, least_cost = t, cost
        _shift(i, best, indptr, indices, data, weights[i], shares, 1, sizes, joint, sums, prior)
        labels[i] = best
        n_moved += best != own
    return n_moved
