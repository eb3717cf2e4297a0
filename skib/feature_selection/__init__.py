"""Selection of columns by the information that they hold about a target."""

from skib.feature_selection._drop_ins import mutual_info_classif, mutual_info_regression
from skib.feature_selection._influence import InfluenceSelector
from skib.feature_selection._path_display import SelectionPathDisplay
from skib.feature_selection._ranking import Ranking, rank_table
from skib.feature_selection._selection_curve import SelectionCurve, selection_curve
from skib.feature_selection._selection_curve_display import SelectionCurveDisplay
from skib.feature_selection._selector import InformationSelector
from skib.feature_selection._selector_cv import InformationSelectorCV
from skib.feature_selection._sequential_attention import SequentialAttentionSelector
from skib.feature_selection._sparse_autoencoder import SparseAutoencoderSelector
from skib.feature_selection._stops import ChiSquareStop, GainStop, PermutationStop, ScoreStop
from skib.feature_selection._terms import Decision, Step, Terms

__all__ = [
    "ChiSquareStop",
    "Decision",
    "GainStop",
    "InfluenceSelector",
    "InformationSelector",
    "InformationSelectorCV",
    "PermutationStop",
    "Ranking",
    "ScoreStop",
    "SelectionCurve",
    "SelectionCurveDisplay",
    "SelectionPathDisplay",
    "SequentialAttentionSelector",
    "SparseAutoencoderSelector",
    "Step",
    "Terms",
    "mutual_info_classif",
    "mutual_info_regression",
    "rank_table",
    "selection_curve",
]
