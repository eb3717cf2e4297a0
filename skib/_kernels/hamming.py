"""Nearest neighbors of packed bits by the number of bits in which they differ."""

import numpy as np

from skib._jit import inlined, njit


@inlined
def _ones(word):
    # The form in which the compiler knows the population count, for which machines have an instruction.
    word = word - (word >> np.uint64(1) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + (word >> np.uint64(2) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return word * np.uint64(0x0101010101010101) >> np.uint64(56)


@njit
def hamming_neighbors(queries, words, first_row, distances, neighbors):
    """Find the neighbors of each query among the rows of `words`, uint64 of as many columns.

    Query i is row first_row + i, which is no neighbor of itself; a negative number is no row. `distances` and
    `neighbors` (n_queries, n_neighbors) int64 are filled by rising distance, and by row number where it is equal.
    """
    n_neighbors = distances.shape[1]
    for i in range(len(queries)):
        n_found = 0
        for j in range(len(words)):
            if j == first_row + i:
                continue
            limit = distances[i, n_neighbors - 1] if n_found == n_neighbors else 64 * words.shape[1] + 1
            distance = _distance(queries, i, words, j, limit)
            if distance < limit:
                n_found = min(n_found + 1, n_neighbors)
                _insert(distances[i], neighbors[i], n_found, distance, j)


@njit
def _distance(queries, i, words, j, limit):
    """Count the differing bits; from `limit` on the count may stop early."""
    total, start = np.int64(0), 0
    while start < words.shape[1] and total < limit:
        stop = min(start + 16, words.shape[1])
        for w in range(start, stop):
            total += np.int64(_ones(queries[i, w] ^ words[j, w]))
        start = stop
    return total


@njit
def _insert(distances, neighbors, n_found, distance, j):
    """Put a neighbor in its place among the n_found best, the last of which it replaces."""
    place = n_found - 1
    while place > 0 and distances[place - 1] > distance:
        distances[place], neighbors[place] = distances[place - 1], neighbors[place - 1]
        place -= 1
    distances[place], neighbors[place] = distance, j
