"""
Selection in a pipeline, of a table with categories and missing values
======================================================================

A table as it comes: numbers, counts, categories, identifiers, and missing values that say something themselves.
:class:`~skib.feature_selection.InformationSelector` takes it without any encoding, in the first step of a pipeline.
"""

# %%
# Customers who leave or stay. What matters are the contract, the number of visits, the age below 30, and *whether* the
# income is known. The city is one of 200 and does not matter, and neither does the last column.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skib.feature_selection import InformationSelector, SelectionPathDisplay

rng = np.random.default_rng(0)
n_customers = 3000
contract = rng.choice(["month", "year", "two years"], n_customers, p=[0.5, 0.3, 0.2])
age, visits = rng.integers(18, 80, n_customers), rng.poisson(4, n_customers)
risk = -1.2 + 1.2 * (contract == "month") - 0.35 * (visits - 4) + 0.8 * (age < 30)
leaves = rng.random(n_customers) < 1 / (1 + np.exp(-risk))
income = rng.lognormal(10.3, 0.5, n_customers)
income[rng.random(n_customers) < np.where(leaves, 0.3, 0.1)] = np.nan
table = pd.DataFrame(
    {
        "contract": pd.Categorical(contract),
        "city": pd.Categorical(rng.integers(200, size=n_customers).astype(str)),
        "age": age,
        "age in months": 12 * age + rng.integers(12, size=n_customers),
        "visits": visits,
        "income": income,
        "discount": rng.normal(size=n_customers),
    }
)
table.head()

# %%
# Numbers become quantile bins, categories are taken as they are, and a missing value is a level of its own. The city
# has 200 levels, and by that much information about these rows, which is not significant for so many levels. It is left
# out, and the selection goes on.

selector = InformationSelector().fit(table, leaves)
print(selector.stop_reason_)
selector.path_.round(4)

# %%
# Without the test, the city is the second column.

InformationSelector("jmi", 3).fit(table, leaves).path_.round(4)

# %%
# The mutual information of each column is the relevance; redundancy is what others have of it already: age in years
# after age in months.

display = SelectionPathDisplay.from_estimator(selector).plot()

# %%
# In a pipeline, ``set_output`` keeps the names and the types of the columns for the steps that follow: categories get
# indicators, and missing numbers a value and an indicator. The criterion and the number of columns are parameters like
# any other. Selection takes place within each fold.

numbers = make_pipeline(StandardScaler(), SimpleImputer(add_indicator=True))
encode = make_column_transformer(
    (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_include="category")),
    (numbers, make_column_selector(dtype_include="number")),
)
pipe = Pipeline(
    [
        ("select", InformationSelector().set_output(transform="pandas")),
        ("encode", encode),
        ("classify", LogisticRegression(max_iter=1000)),
    ]
)
train, test, y_train, y_test = train_test_split(table, leaves, random_state=0)
grid = {"select__criterion": ["mim", "jmi", "mrmr"], "select__n_features_to_select": ["auto", 2, 5]}
search = GridSearchCV(pipe, grid, scoring="neg_log_loss", cv=3).fit(train, y_train)
print(search.best_params_)
print("columns:", search.best_estimator_["select"].get_feature_names_out())

# %%
# The loss of the selected columns and of all of them, in nats per new row. The indicators of 200 cities cost more than
# they are worth.

for name, model in {"selected": search.best_estimator_, "all columns": pipe[1:].fit(train, y_train)}.items():
    print(f"{name:12s} {log_loss(y_test, model.predict_proba(test)):.3f}")
plt.show()
