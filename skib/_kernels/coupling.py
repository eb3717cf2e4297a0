"""Greedy minimum-entropy coupling: the largest remaining masses of all marginals, again and again.

The states of marginal k stand in falling order at places starts[k] to starts[k + 1] - 1, the last of which is a
sentinel of mass 0. What remains of a state of which a part was taken lies in a heap at the same places of `rest`: its
largest mass stands first, and the children of place i are 4 i + 1 to 4 i + 4. Four children rather than two halve the
depth, and their comparisons do not wait for each other. A heap of size s has a mass of 0 at place s.

Masses are whole, so that nothing is lost by rounding: a step exhausts the state of one marginal at least.
"""

from skib._jit import njit

# Digits of 11 bits of a mass, of 2^53 units at most.
N_DIGITS, N_VALUES = 5, 2048


@njit
def sort_falling(masses, states, other_masses, other_states, places):
    """Sort masses and their states in falling order, of equal masses in the order given; returns the sorted arrays.

    A radix sort: comparisons of a sort cost twice the time, for the processor cannot predict them. All four arrays are
    overwritten; `places` (N_DIGITS, N_VALUES) begins with zeros.
    """
    for i in range(len(masses)):
        for digit in range(N_DIGITS):
            places[digit, N_VALUES - 1 - (masses[i] >> (11 * digit)) % N_VALUES] += 1
    for digit in range(N_DIGITS):
        total = 0
        for value in range(N_VALUES):
            total += places[digit, value]
            places[digit, value] = total - places[digit, value]
    for digit in range(N_DIGITS):
        for i in range(len(masses)):
            value = N_VALUES - 1 - (masses[i] >> (11 * digit)) % N_VALUES
            place = places[digit, value]
            places[digit, value] += 1
            other_masses[place], other_states[place] = masses[i], states[i]
        masses, other_masses = other_masses, masses
        states, other_states = other_states, states
    return masses, states


@njit
def couple(first, stop, masses, states, starts, heads, sizes, rest, rest_states, atoms, amounts):
    """Take steps first to stop - 1 and return the number taken; fewer than stop when all masses are coupled.

    Step i couples the states atoms[i] (n_marginals,) with the mass amounts[i], the least of the largest masses.
    `heads` are the places of the first states that were not touched, `sizes` those of the heaps.
    """
    for i in range(first, stop):
        amount = max(masses[heads[0]], rest[starts[0]])
        for k in range(1, len(heads)):
            amount = min(amount, max(masses[heads[k]], rest[starts[k]]))
        if amount == 0:
            return i
        amounts[i] = amount
        for k in range(len(heads)):
            start, head = starts[k], heads[k]
            if rest[start] >= masses[head]:
                atoms[i, k] = rest_states[start]
                _take_from_heap(amount, start, k, sizes, rest, rest_states)
            else:
                atoms[i, k] = states[head]
                heads[k] += 1
                if masses[head] > amount:
                    _push(masses[head] - amount, states[head], start, sizes[k], rest, rest_states)
                    sizes[k] += 1
    return stop


@njit
def _take_from_heap(amount, start, k, sizes, rest, rest_states):
    """Reduce the largest mass of a heap, and let it sink; one of which nothing is left gives way to the last one."""
    mass, state = rest[start] - amount, rest_states[start]
    if mass == 0:
        sizes[k] -= 1
        last = start + sizes[k]
        mass, state = rest[last], rest_states[last]
        rest[last] = 0
    size, place = sizes[k], 0
    while True:
        child = 4 * place + 1
        best = start + child
        if child + 3 < size:
            left = best + (rest[best + 1] > rest[best])
            right = best + 2 + (rest[best + 3] > rest[best + 2])
            best = right if rest[right] > rest[left] else left
        else:
            for other in range(start + child + 1, start + size):
                if rest[other] > rest[best]:
                    best = other
        if child >= size or rest[best] <= mass:
            break
        rest[start + place], rest_states[start + place] = rest[best], rest_states[best]
        place = best - start
    if size > 0:
        rest[start + place], rest_states[start + place] = mass, state


@njit
def _push(mass, state, start, size, rest, rest_states):
    """Add a mass to a heap."""
    place = size
    while place > 0:
        parent = (place - 1) // 4
        if rest[start + parent] >= mass:
            break
        rest[start + place], rest_states[start + place] = rest[start + parent], rest_states[start + parent]
        place = parent
    rest[start + place], rest_states[start + place] = mass, state


@njit
def add_profiles(masses, starts, values, sums):
    """Merge the masses of all marginals, each in falling order, into `values`, in rising order.

    The masses of marginal k stand at places starts[k] + 1 to starts[k + 1] - 1, behind a sentinel larger than all.
    sums[i] is the largest mass that a marginal has in states of mass up to values[i]. Masses of 0 come first, with the
    value 1: their sum is 0.
    """
    heads, own, most = starts[1:] - 1, starts[1:] * 0, 0
    for i in range(len(values)):
        k, mass = 0, masses[heads[0]]
        for other in range(1, len(heads)):
            is_less = masses[heads[other]] < mass
            k, mass = (other if is_less else k), (masses[heads[other]] if is_less else mass)
        heads[k] -= 1
        own[k] += mass
        most = max(most, own[k])
        values[i], sums[i] = max(mass, 1), most
