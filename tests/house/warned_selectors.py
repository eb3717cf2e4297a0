"""Calls of selectors and of neural bottlenecks that issue a warning each."""

import numpy as np

from skib.bottleneck.neural import LBFGS, Adam, BottleneckGate, VIBClassifier
from skib.feature_selection import (
    CardinalityAwareSelector,
    ConditionalRandomizationSelector,
    GraphSelector,
    InformationSelector,
    PosteriorEntropySelector,
    SequentialAttentionSelector,
)
from skib.mutual_info import GaussianCopula
from tests.house.warned_rows import CLASSES, NAMES, NUMBERS, RARE, ROWS, SYMBOLS, WIDE, N

CASES = {
    "BottleneckGate that keeps nothing": lambda: (
        BottleneckGate(1.0, beta_start=1.0, max_iter=40).fit(ROWS, NUMBERS).transform(ROWS)
    ),
    "collapsed code": lambda: VIBClassifier(0.1, 2, (), solver=Adam(0.05, 10), random_state=0).fit(ROWS, CLASSES),
    "code of its own for each row": lambda: VIBClassifier(noise=1e-4, solver=Adam(max_iter=2)).fit(ROWS, CLASSES),
    "few iterations of L-BFGS": lambda: VIBClassifier(hidden=(), solver=LBFGS(2)).fit(ROWS, CLASSES),
    "nothing to count": lambda: CardinalityAwareSelector().fit(SYMBOLS, np.ones(N)),
    "nothing beyond chance": lambda: CardinalityAwareSelector(4).fit(SYMBOLS, CLASSES),
    "columns without edges": lambda: GraphSelector().fit(0 * SYMBOLS),
    "more columns than there are nodes": lambda: GraphSelector("spec_cmi", n_features_to_select=4).fit(ROWS, CLASSES),
    "identifiers among the columns to select": lambda: InformationSelector().fit(np.c_[NAMES, RARE], CLASSES),
    "nothing to know about y": lambda: InformationSelector("jmi", 1).fit(SYMBOLS, np.ones(N)),
    "more columns than there are": lambda: InformationSelector("jmi", 4).fit(SYMBOLS, CLASSES),
    "no column that is informative": lambda: InformationSelector().fit_transform(WIDE, np.tile([0, 1], N // 2)),
    "atoms among the columns to select": lambda: InformationSelector("jmi", 1, estimator=GaussianCopula()).fit(
        SYMBOLS, NUMBERS
    ),
    "more columns to select than there are": lambda: SequentialAttentionSelector(9).fit(ROWS, CLASSES),
    "class weights": lambda: InformationSelector().fit(ROWS, CLASSES, sample_weight=1 + CLASSES),
    "randomization of copies": lambda: ConditionalRandomizationSelector(n_draws=20).fit(ROWS[:, [0, 0, 1]], NUMBERS),
    "more statistics than there are": lambda: PosteriorEntropySelector(9).fit(ROWS, NUMBERS),
}
