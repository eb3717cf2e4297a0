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
            start, head, size = starts[k], heads[k], sizes[k]
            if rest[start] < masses[head]:
                atoms[i, k] = states[head]
                heads[k] += 1
                if masses[head] > amount:
                    _push(masses[head] - amount, states[head], start, size, rest, rest_states)
                    sizes[k] += 1
                continue
            mass, state = rest[start] - amount, rest_states[start]
            atoms[i, k] = state
            if mass == 0:  # the last one of the heap takes its place
                size -= 1
                sizes[k], mass, state = size, rest[start + size], rest_states[start + size]
                rest[start + size] = 0
            if size > 0:
                _sink(mass, state, start, start + size, rest, rest_states)
    return stop


@njit
def _sink(mass, state, start, stop, rest, rest_states):
    """Put a mass to the top of a heap, and exchange it for its largest child until none is larger."""
    place = start
    while True:
        best = start + 4 * (place - start) + 1
        if best >= stop:
            break
        largest = rest[best]
        if best + 3 < stop:
            second, third, fourth = rest[best + 1], rest[best + 2], rest[best + 3]
            left, right = best + (second > largest), best + 2 + (fourth > third)
            largest, other = max(largest, second), max(third, fourth)
            best = right if other > largest else left
            largest = max(largest, other)
        else:
            for other in range(best + 1, stop):
                if rest[other] > largest:
                    best, largest = other, rest[other]
        if largest <= mass:
            break
        rest[place], rest_states[place] = largest, rest_states[best]
        place = best
    rest[place], rest_states[place] = mass, state


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
