"""
Latents of a sparse autoencoder: the difference of means misleads
=================================================================

Which of the thousands of latents of a sparse autoencoder are about a concept? They are commonly ranked by how much
their mean activation differs between the tokens with the concept and those without. The difference grows with the scale
of a latent and with how often it fires. Information has no scale, and is bounded by the entropy of the firing: it is
what the firing says about the concept.
"""

# %%
# Activations as an autoencoder gives them, in a sparse matrix: 2000 latents, most of which fire rarely, by a power law,
# with scales of their own. (``scipy.sparse.load_npz`` reads those of your own.) One token in twenty is about the
# concept, and the truth is known:
#
# - Latents 0 to 4 are about the concept, each about one part of it, as dictionaries often split a concept. They fire in
#   80 % of the tokens of their part, weakly. Latents 5 to 9 fire with them, nearly always.
# - Latents 10 to 29 fire in half of all tokens, strongly, and a little more often with the concept.
# - All others are independent of it.

import matplotlib.pyplot as plt
import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from skib.feature_selection import InformationSelector
from skib.mutual_info import mutual_info_features

rng = np.random.default_rng(0)
n_tokens, n_latents = 20_000, 2000
concept = rng.random(n_tokens) < 0.05
part = rng.integers(5, size=n_tokens)
rates = np.minimum(0.4, 0.002 * rng.random(n_latents) ** -0.7)
scales = rng.lognormal(0, 0.7, n_latents)
scales[:10], scales[10:30] = 0.5, 12


def firing(j):
    """Draw the tokens in which latent j fires."""
    if j < 5:
        return rng.random(n_tokens) < np.where(concept & (part == j), 0.8, 0.001)
    if j < 10:
        return fires[j - 5] & (rng.random(n_tokens) < 0.9)
    return rng.random(n_tokens) < (np.where(concept, 0.6, 0.5) if j < 30 else rates[j])


fires = []
for j in range(n_latents):
    fires.append(firing(j))
strengths = (scale * rng.gamma(4, 0.25, n_tokens) for scale in scales)
columns = [sparse.csc_matrix((f * s)[:, None]) for f, s in zip(fires, strengths, strict=True)]
X = sparse.hstack(columns, format="csr")
print(f"{X.shape[0]} tokens, {X.shape[1]} latents, {X.nnz / X.shape[0]:.0f} of which fire in a token")

# %%
# By the difference of means, the first latents are all of those that fire everywhere: a tenth of a large mean.

difference = np.abs(np.asarray(X[concept].mean(axis=0) - X[~concept].mean(axis=0)).ravel())
by_means = np.argsort(-difference)[:10]
print("difference of means:", by_means)

# %%
# The information of whether a latent fires, in nats, counts the non-zeros of the sparse matrix. The ten latents of the
# concept come first. A latent that fires in few tokens cannot have much: its entropy bounds it.

information = mutual_info_features(X, concept)
by_information = np.argsort(-information)[:10]
print("information:        ", by_information, information[by_information].round(3))

# %%
# Half of these are copies. ``"jmi"`` takes one latent of each part first, and then the copies. A test ends the
# selection, among 2000 candidates: the latents that fire everywhere are dependent on the concept, if weakly, and come
# last. None of the 1970 others is selected.

selector = InformationSelector("jmi").fit(X, concept)
print("jmi:                ", selector.selected_features_)
print(selector.stop_reason_)
selector.path_.head(8).round(4)

# %%
# A linear probe of five latents, on tokens that were not used. The probe sees the activations, and not only whether
# there are any.

half = n_tokens // 2
known = X[:half], concept[:half]
means = np.abs(np.asarray(known[0][known[1]].mean(axis=0) - known[0][~known[1]].mean(axis=0)).ravel())
choices = {
    "difference of means": np.argsort(-means)[:5],
    "information of each": np.argsort(-mutual_info_features(*known))[:5],
    "jmi": InformationSelector("jmi", 5).fit(*known).selected_features_,
}
precision = {}
for name, latents in choices.items():
    probe = LogisticRegression(max_iter=1000).fit(X[:half][:, latents], concept[:half])
    precision[name] = average_precision_score(concept[half:], probe.decision_function(X[half:][:, latents]))
    print(f"{name:20s} {latents}  average precision {precision[name]:.2f}")

# %%
# Each point is a latent. The vertical axis is what it says about the concept, the horizontal one what it is usually
# ranked by.

groups = {"about the concept": slice(10), "fire everywhere": slice(10, 30), "independent": slice(30, None)}
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
for (name, group), color in zip(groups.items(), ("tab:blue", "tab:red", "0.7"), strict=True):
    left.plot(difference[group], np.maximum(information[group], 1e-5), "o", ms=4, color=color, label=name)
left.set(
    xscale="log",
    yscale="log",
    xlabel="difference of means",
    ylabel="information in nats",
    title="Latents",
    xlim=(1e-5, None),
)
left.legend(frameon=False, loc="upper left")
right.barh(list(precision)[::-1], list(precision.values())[::-1], color=["tab:blue", "tab:gray", "tab:red"])
right.set(xlabel="average precision on new tokens", title="Linear probe of five latents")
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)
plt.show()
