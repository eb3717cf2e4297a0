"""
Which columns depend on each other?
===================================

A correlation matrix needs numbers, and detects linear dependence. The mutual information of all pairs of columns takes
categories, bools and numbers together, and detects any dependence.
"""

# %%
# A table of mixed columns. Blood pressure rises with age, and with smoking; rents follow incomes, and these the town;
# the hormone oscillates with age, so that the two are dependent but hardly correlated; shoes are independent of the
# rest.
import numpy as np
import pandas as pd

from skib.mutual_info import MutualInfoMatrixDisplay, mutual_info_matrix

rng = np.random.default_rng(1)
n = 1500
age = rng.gamma(4, 10, n)
smoker = rng.random(n) < 0.3
town = rng.choice(["Oslo", "Bergen", "Narvik"], n, p=[0.6, 0.3, 0.1])
income = np.exp(rng.normal(10, 0.4, n) + 0.4 * (town == "Oslo"))
rent = 0.3 * income * np.exp(rng.normal(0, 0.3, n))
frame = pd.DataFrame(
    {
        "age": age,
        "smoker": smoker,
        "pressure": 100 + 0.5 * age + 12 * smoker + rng.normal(0, 10, n),
        "town": pd.Categorical(town),
        "income": income,
        "rent": rent,
        "rooms": np.clip(rent // 3000, 1, 6).astype(int),
        "shoes": rng.normal(42, 2, n),
        "hormone": np.sin(age / 6) + rng.normal(0, 0.3, n),
    }
)

# %%
# Estimates in nats. On the diagonal stands the entropy of discrete columns.
matrix = mutual_info_matrix(frame, n_permutations=199, random_state=0)
matrix.mutual_info.round(2)

# %%
# Dependent columns are adjacent. Dots mark pairs whose dependence is significant.
display = MutualInfoMatrixDisplay.from_matrix(matrix).plot(units="bits")

# %%
# Age and the hormone, by the two measures. The informational correlation has the scale of a correlation, and the
# information of a Gaussian pair.
frame["age"].corr(frame["hormone"]).round(2), matrix.correlation().loc["age", "hormone"].round(2)
