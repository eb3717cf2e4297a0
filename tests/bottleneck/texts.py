"""Text-like counts: documents of one subject each, words of subjects over common ones."""

import numpy as np
from scipy.sparse import csr_matrix


def make_texts(n_documents, n_words, n_subjects, *, n_tokens=80, share=0.6, random_state=0):
    """Counts of words in documents, and the subject of each.

    Common words follow a power law, as in text; `share` of a document comes from the words of its subject.
    """
    rng = np.random.default_rng(random_state)
    common = np.arange(1, n_words + 1) ** -0.7
    common /= common.sum()
    subjects = (1 - share) * common + share * rng.dirichlet(common * n_words / 20, n_subjects)
    subject = rng.integers(n_subjects, size=n_documents)
    lengths = rng.poisson(n_tokens, n_documents) + 5
    words = [rng.choice(n_words, length, p=subjects[s]) for length, s in zip(lengths, subject, strict=True)]
    places = np.repeat(np.arange(n_documents), lengths), np.concatenate(words)
    counts = csr_matrix((np.ones(lengths.sum(), np.int64), places), shape=(n_documents, n_words))
    counts.sum_duplicates()
    return counts, subject
