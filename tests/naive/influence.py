"""Slow twin of skib._kernels.influence, from the definition of the influence score in Chernoff, Lo, Zheng (2009)."""

from fractions import Fraction


def influence(columns, outputs):
    """Sum over outputs k and cells c of [n_c (mean of y_k in c - mean of y_k)]^2; exact for whole outputs.

    `columns` are the codes of some columns, `outputs` the values of each output: lists of one value per row.
    """
    cells = {}
    for i, key in enumerate(zip(*columns, strict=True)):
        cells.setdefault(key, []).append(i)
    total = 0
    for y in outputs:
        y = [Fraction(value) for value in y]
        mean = sum(y) / len(y)
        total += sum((len(rows) * (sum(y[i] for i in rows) / len(rows) - mean)) ** 2 for rows in cells.values())
    return total


def drop_backward(codes, outputs, start):
    """Return the best set on the way from the start to a single column, and its score."""
    columns = list(start)
    best, best_score = columns, influence([codes[j] for j in columns], outputs)
    while len(columns) > 1:
        rests = [[j for j in columns if j != dropped] for dropped in columns]
        scores = [influence([codes[j] for j in rest], outputs) for rest in rests]
        score = max(scores)
        columns = [rest for rest, s in zip(rests, scores, strict=True) if s == score][-1]
        if score >= best_score:
            best, best_score = columns, score
    return best, best_score
