"""
Which columns belong together?
==============================

A score of single columns leaves out a column that tells something only beside another one. The decomposition of all
pairs of columns shows such pairs, and those of which one column will do.
"""

# %%
# Measurements of cell nuclei, and whether the tumor is benign. By itself, the fractal dimension of the outline tells
# least of all columns; scores of single columns leave it out first.
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skib.pid import PIDMatrixDisplay, pid_matrix

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X = X.filter(like="mean").rename(columns=lambda name: name.removeprefix("mean "))
matrix = pid_matrix(X, y, n_permutations=99, random_state=0)
matrix.mutual_info.sort_values().round(3)

# %%
# Together with the compactness it tells most of what no single column does. In the map on the left, red frames surround
# pairs that have more synergy than redundancy; each belongs together. The map on the right shows the sizes (radius,
# area, perimeter), of which one will do. Dots mark terms with a significant p-value.
display = PIDMatrixDisplay.from_matrix(matrix).plot(units="bits")

# %%
# The same as a table, in nats.
matrix.pairs[["first", "second", "redundancy", "unique_1", "unique_2", "synergy", "net_synergy"]].round(3).head()

# %%
# What it changes for the selection of a second column beside the compactness: the one that tells least by itself is the
# best company. Loss of a logistic regression on held-out rows, in nats; less is better.
model = make_pipeline(StandardScaler(), LogisticRegression())
for partner in ["symmetry", "smoothness", "texture", "fractal dimension"]:
    loss = -cross_val_score(model, X[["compactness", partner]], y, cv=10, scoring="neg_log_loss").mean()
    print(f"compactness and {partner:18} own information {matrix.mutual_info[partner]:.3f}, loss {loss:.3f}")
