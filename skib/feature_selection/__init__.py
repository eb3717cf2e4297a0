"""Selection of columns by the information that they hold about a target."""

from skib.feature_selection._conditional_randomization import ConditionalRandomizationSelector
from skib.feature_selection._conditionals import EmpiricalConditional, GaussianConditional
from skib.feature_selection._drop_ins import mutual_info_classif, mutual_info_regression
from skib.feature_selection._influence import InfluenceSelector
from skib.feature_selection._markov_blanket import MarkovBlanketSelector
from skib.feature_selection._path_display import SelectionPathDisplay
from skib.feature_selection._posterior_entropy import PosteriorEntropySelector
from skib.feature_selection._ranking import Ranking, rank_table
from skib.feature_selection._selector import InformationSelector
from skib.feature_selection._selector_cv import InformationSelectorCV
from skib.feature_selection._sequential_columns import sequential_column_test
from skib.feature_selection._stops import ChiSquareStop, GainStop, PermutationStop, ScoreStop
from skib.feature_selection._terms import Decision, Step, Terms

__all__ = [
    "ChiSquareStop",
    "ConditionalRandomizationSelector",
    "Decision",
    "EmpiricalConditional",
    "GainStop",
    "GaussianConditional",
    "InfluenceSelector",
    "InformationSelector",
    "InformationSelectorCV",
    "MarkovBlanketSelector",
    "PermutationStop",
    "PosteriorEntropySelector",
    "Ranking",
    "ScoreStop",
    "SelectionPathDisplay",
    "Step",
    "Terms",
    "mutual_info_classif",
    "mutual_info_regression",
    "rank_table",
    "sequential_column_test",
]
