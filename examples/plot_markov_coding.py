"""
Messages in the moves of an agent
=================================

An agent walks through a grid to its goal, and someone who watches its moves reads a message from them. Yet its moves
are those of its usual random policy, so that the walk takes no longer on average and looks as it would without a
message. The sender, who has the message, may tell the agent no more than a few nats before each move. This is a Markov
coding game under a rate limit (Ebrahimi, Chen and Khisti, NeurIPS 2024), and each move is a coupling of the message
with the move through a bottleneck: :func:`~skib.coupling.coupling_with_bottleneck`.
"""

# %%
# The grid, and its policy. With reward -1 per step and a bonus of the temperature for each nat of entropy, the best
# policy is a softmax of the values, which value iteration finds. A high temperature makes moves more random: there is
# more room for a message, and the walk takes longer.

import matplotlib.pyplot as plt
import numpy as np

from skib.coupling import coupling_with_bottleneck

size, n_messages = 5, 64
moves = np.array([[0, 1], [1, 0], [0, -1], [-1, 0]])
cells = np.array([(row, column) for row in range(size) for column in range(size)])
reached = np.clip(cells[:, None] + moves, 0, size - 1) @ [size, 1]  # a move into the wall stays
goal = size**2 - 1


def policy_of(temperature):
    """Probabilities of the moves in each cell."""
    values = np.zeros(size**2)
    for _ in range(500):
        exponents = (values[reached] - 1) / temperature
        values = temperature * np.log(np.exp(exponents).sum(axis=1))
        values[goal] = 0
    weights = np.exp((values[reached] - 1) / temperature)
    return weights / weights.sum(axis=1, keepdims=True)


# %%
# One walk. Sender and reader hold the same belief about the message, uniform at first. Before each move, belief and
# policy are coupled through a T of entropy up to the rate. The move is drawn given the message, and the belief
# becomes that of the message given the move. Averaged over messages the move has the probabilities of the policy:
# these are the marginal of the coupling.


def walk(policy, max_entropy, rng):
    """Probability of the true message after each move, up to the goal."""
    message, belief, cell, found = rng.integers(n_messages), np.full(n_messages, 1 / n_messages), 0, []
    while cell != goal:
        joint = coupling_with_bottleneck(belief, policy[cell], max_entropy).joint.toarray()
        move = rng.choice(4, p=joint[message] / joint[message].sum())
        belief = joint[:, move] / joint[:, move].sum()
        cell = reached[cell, move]
        found.append(belief[message])
    return np.array(found)


temperatures, rates = [0.2, 0.4, 0.6], [0.2, 0.5, 1.4]
walks = {
    (t, rate): [walk(policy_of(t), rate, np.random.default_rng(i)) for i in range(25)]
    for t in temperatures
    for rate in rates
}

# %%
# How many messages have a probability above one half at the goal depends on temperature and rate. The length of the
# walk depends on the temperature alone, up to chance: the last column is what the policy takes without a message, by
# its linear equations.


def expected_steps(policy):
    """Mean number of moves to the goal."""
    transitions = np.zeros((size**2, size**2))
    np.add.at(transitions, (np.arange(size**2)[:, None], reached), policy)
    return np.linalg.solve(np.eye(goal) - transitions[:goal, :goal], np.ones(goal))[0]


print("temperature   rate   read   steps (standard error)   of the policy")
for (t, rate), found in walks.items():
    steps = np.array([len(chances) for chances in found])
    read = np.mean([chances[-1] > 0.5 for chances in found])
    error = steps.std(ddof=1) / np.sqrt(len(steps))
    print(f"{t:11.2f} {rate:6.1f} {read:6.0%} {steps.mean():7.1f} ({error:.1f}) {expected_steps(policy_of(t)):22.1f}")

# %%
# What the reader knows after each move, in bits of the six of a message: the mean of log2 of the probability of the
# true message, plus six. A walk that has ended keeps what it had. A small rate slows the message down. At a low
# temperature the walk is over before the message is, for the shortest way has few choices.

fig, axes = plt.subplots(1, 3, figsize=(10, 3.2), sharey=True, layout="constrained")
for ax, t in zip(axes, temperatures, strict=True):
    for rate in rates:
        longest = np.array([np.r_[found, np.full(25, found[-1])][:25] for found in walks[t, rate]])
        ax.plot(range(26), np.r_[0, 6 + np.log2(longest).mean(axis=0)], label=f"rate {rate} nats")
    ax.axhline(6, color="0.7", lw=1)
    ax.set(title=f"temperature {t}", xlabel="moves")
axes[0].set_ylabel("bits known of the message")
axes[0].legend()
plt.show()
