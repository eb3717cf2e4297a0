"""Selection of columns by the information that they hold about a target."""

from skib.feature_selection._affinities import (
    ConditionalInformationAffinity,
    ECFSAffinity,
    InfFSAffinity,
    SupervisedInfFSAffinity,
)
from skib.feature_selection._cardinality import CardinalityAwareSelector
from skib.feature_selection._centralities import DegreeCentrality, EigenvectorCentrality, KatzCentrality
from skib.feature_selection._conditional_randomization import ConditionalRandomizationSelector
from skib.feature_selection._conditionals import EmpiricalConditional, GaussianConditional
from skib.feature_selection._drop_ins import mutual_info_classif, mutual_info_regression
from skib.feature_selection._graph import GraphSelector
from skib.feature_selection._influence import InfluenceSelector
from skib.feature_selection._markov_blanket import MarkovBlanketSelector
from skib.feature_selection._path_display import SelectionPathDisplay
from skib.feature_selection._posterior_entropy import PosteriorEntropySelector
from skib.feature_selection._ranking import Ranking, rank_table
from skib.feature_selection._selection_curve import SelectionCurve, selection_curve
from skib.feature_selection._selection_curve_display import SelectionCurveDisplay
from skib.feature_selection._selector import InformationSelector
from skib.feature_selection._selector_cv import InformationSelectorCV
from skib.feature_selection._sequential_attention import SequentialAttentionSelector
from skib.feature_selection._sequential_columns import sequential_column_test
from skib.feature_selection._sparse_autoencoder import SparseAutoencoderSelector
from skib.feature_selection._stops import ChiSquareStop, GainStop, PermutationStop, ScoreStop
from skib.feature_selection._terms import Decision, Step, Terms

__all__ = [
    "CardinalityAwareSelector",
    "ChiSquareStop",
    "ConditionalInformationAffinity",
    "ConditionalRandomizationSelector",
    "Decision",
    "DegreeCentrality",
    "ECFSAffinity",
    "EigenvectorCentrality",
    "EmpiricalConditional",
    "GainStop",
    "GaussianConditional",
    "GraphSelector",
    "InfFSAffinity",
    "InfluenceSelector",
    "InformationSelector",
    "InformationSelectorCV",
    "KatzCentrality",
    "MarkovBlanketSelector",
    "PermutationStop",
    "PosteriorEntropySelector",
    "Ranking",
    "ScoreStop",
    "SelectionCurve",
    "SelectionCurveDisplay",
    "SelectionPathDisplay",
    "SequentialAttentionSelector",
    "SparseAutoencoderSelector",
    "Step",
    "SupervisedInfFSAffinity",
    "Terms",
    "mutual_info_classif",
    "mutual_info_regression",
    "rank_table",
    "selection_curve",
    "sequential_column_test",
]
