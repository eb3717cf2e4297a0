"""
Subjects of texts: sequential information bottleneck of a sparse matrix
=======================================================================

A document x is a distribution p(y|x) of words y. :class:`~skib.bottleneck.SequentialIB` groups the documents so that
the clusters T keep as much information I(T;Y) about the words as they can. It takes the sparse counts of a
``CountVectorizer`` as they are, in a ``Pipeline``, and its score on held-out documents chooses the number of clusters.
"""

# %%
# The texts are made up, so that their subjects are known: 8 subjects, each with favorite words; 7 of 10 words of a
# document are common to all subjects.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skib.bottleneck import SequentialIB

N_SUBJECTS, N_TEXTS, N_TOKENS = 8, 1200, 50
rng = np.random.default_rng(0)
syllables = [consonant + vowel for consonant in "bdfgklmnprst" for vowel in "aeiou"]
vocabulary = np.unique(["".join(rng.choice(syllables, 3)) for _ in range(800)])
common = np.arange(1, len(vocabulary) + 1) ** -0.7
common /= common.sum()
words_of = 0.7 * common + 0.3 * rng.dirichlet(40 * common, N_SUBJECTS)
subject = rng.integers(N_SUBJECTS, size=N_TEXTS)
texts = [" ".join(rng.choice(vocabulary, N_TOKENS, p=words_of[s])) for s in subject]
print(texts[0])

# %%
# The pipeline counts words and clusters documents. The adjusted mutual information with the subjects would be 1 if
# every document were found; some have hardly a word of their subject.

pipeline = make_pipeline(CountVectorizer(), SequentialIB(N_SUBJECTS, n_init=2, random_state=0))
found = pipeline.fit_predict(texts)
print(f"{adjusted_mutual_info_score(subject, found):.3f}")

# %%
# The words by which a cluster is known are those whose share q(y|t) exceeds p(y) most, in terms of the information
# q(y|t) log q(y|t) / p(y) that they contribute.

counts, ib = pipeline
centers, names = ib.cluster_centers_, counts.get_feature_names_out()
overall = ib.cluster_weights_ @ centers
terms = centers * np.log(np.where(centers > 0, centers / overall, 1))
for t, term in enumerate(terms):
    print(f"cluster {t}: {', '.join(names[np.argsort(-term)[:6]])}")

# %%
# New documents are assigned by the same cost, so that the fitted pipeline labels texts that it has not seen.

new = [" ".join(rng.choice(vocabulary, N_TOKENS, p=words_of[s])) for s in range(N_SUBJECTS)]
print(pipeline.predict(new))

# %%
# I(T;Y) of the fitted documents rises with every further cluster. The score is the information about words of held-out
# documents, and it falls once clusters describe accidents of the sample.

numbers = [2, 4, 6, 7, 8, 9, 10, 12, 16]
search = GridSearchCV(pipeline, {"sequentialib__n_clusters": numbers}, cv=3).fit(texts)
fitted = [pipeline.set_params(sequentialib__n_clusters=k).fit(texts)[-1].relevance_ for k in numbers]

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
ax.plot(numbers, fitted, "o--", color="0.5", label="I(T;Y) of the fitted documents")
ax.plot(numbers, search.cv_results_["mean_test_score"], "o-", color="tab:blue", label="held-out documents")
ax.axvline(N_SUBJECTS, color="tab:red", linewidth=1, label="true number")
ax.set(xlabel="number of clusters", ylabel="information in nats", title=f"best of held-out: {search.best_params_}")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)
plt.show()
