"""scikit-learn's contract, for every public estimator and without a list of exceptions."""

import importlib
import inspect
import pkgutil

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

import skib
from skib.bottleneck import InformationBottleneck, InformationCurve
from skib.bottleneck.neural import (
    Adam,
    BottleneckGate,
    CauchySchwarzIBRegressor,
    DistributedIBClassifier,
    DistributedIBRegressor,
    NeuralBottleneckClassifier,
    NeuralBottleneckRegressor,
    VIBClassifier,
    VIBRegressor,
)
from skib.entropy import NSB, JamesStein, KolchinskyTracey, LeaveOneOutKDE, MillerMadow
from skib.feature_selection import (
    CardinalityAwareSelector,
    GraphSelector,
    InformationSelector,
    InformationSelectorCV,
    SequentialAttentionSelector,
    SparseAutoencoderSelector,
)
from skib.information_plane import InformationPlane
from skib.metrics import HSIC
from skib.mutual_info import (
    KSG,
    Binned,
    CauchySchwarz,
    ChainRule,
    ContrastiveBound,
    GaussianCopula,
    MatrixRenyi,
    MesnerShalizi,
    Sliced,
)
from skib.preprocessing import (
    Autoencoder,
    CodebookBottleneck,
    KDIDiscretizer,
    KDITransformer,
    LeastVolumeAutoencoder,
    NeuralCode,
)

NEURAL = (
    CauchySchwarzIBRegressor,
    NeuralBottleneckClassifier,
    NeuralBottleneckRegressor,
    VIBClassifier,
    VIBRegressor,
)

# Parameters that lead to code of their own.
VARIANTS = [
    KSG(variant=2),
    KSG(marginals="standard"),
    ChainRule(MillerMadow()),
    Binned(5, strategy="quantile"),
    Binned(entropy=MillerMadow()),
    Binned(30, strategy="adaptive"),
    Binned(bin_width=0.07),
    KolchinskyTracey(adaptive=True),
    ChainRule(KolchinskyTracey()),
    ChainRule(NSB()),
    ChainRule(JamesStein()),
    LeaveOneOutKDE("silverman"),
    KolchinskyTracey(bound="lower"),
    MesnerShalizi(marginals=None),
    Sliced(GaussianCopula(), 8),
    CauchySchwarz(marginals="standard"),
    MatrixRenyi(2),
    HSIC(unbiased=False),
    InformationBottleneck(beta=5.0, alpha=0.0),
    InformationBottleneck(2, beta=5.0, random_state=0),
    CodebookBottleneck(2, 8, 2, random_state=0),
    CodebookBottleneck(3, 5, n_components_per_head=3, encode="reconstruction"),
    CodebookBottleneck(n_codes=5, per_dimension=True),
    NeuralCode(0.5, packed=True),
    InformationSelector("mrmr", 2),
    SequentialAttentionSelector(2, loss="squared"),
    Autoencoder(2, (8,), ordered=True, max_iter=10),
    KDIDiscretizer(0.2, encode="onehot-dense"),
    KDITransformer(0.0),
    InformationSelector("cmi", 2, init="pair"),
    CardinalityAwareSelector(2, criterion="3mr"),
    CardinalityAwareSelector(interaction_order=2),
    GraphSelector("ec_fs"),
    GraphSelector("inf_fs_supervised"),
    GraphSelector("spec_cmi", n_features_to_select=1),
]


def public_estimators():
    """One instance of each estimator class that a public subpackage exports, and the variants."""
    names = [module.name for module in pkgutil.iter_modules(skib.__path__) if not module.name.startswith("_")]
    packages = [importlib.import_module(f"skib.{name}") for name in [*names, "bottleneck.neural"]]
    exported = [getattr(p, name) for p in packages for name in getattr(p, "__all__", [])]
    # The rules that end a selection have parameters, but no fit.
    classes = {c for c in exported if inspect.isclass(c) and issubclass(c, BaseEstimator) and hasattr(c, "fit")}
    # The null and the classifier, too, but not many permutations and a quick one.
    quick = {InformationPlane: {"n_permutations": 2}, ContrastiveBound: {"estimator": LogisticRegression()}}
    quick |= {InformationBottleneck: {"beta": 5.0}, InformationCurve: {"betas": [2.0, 5.0]}}
    quick |= {InformationSelectorCV: {"estimator": LogisticRegression(), "cv": 3}}
    quick |= {SparseAutoencoderSelector: {"max_iter": 2, "n_hidden": 8}}
    quick |= {LeastVolumeAutoencoder: {"n_components": 2, "hidden_layer_sizes": (8,), "max_iter": 60, "tolerance": 0.5}}
    quick |= dict.fromkeys(NEURAL, {"hidden": (8,), "n_components": 4, "solver": Adam(0.02, 10)})
    quick |= dict.fromkeys(
        (DistributedIBClassifier, DistributedIBRegressor), {"hidden": (8,), "decoder_hidden": (8,), "max_iter": 10}
    )
    quick |= {BottleneckGate: {"decoder_hidden": (8,), "max_iter": 10}}
    return [c(**quick.get(c, {})) for c in sorted(classes, key=lambda c: c.__name__)] + VARIANTS


# What check_estimator leaves out.
LEFT_OUT = [
    "check_param_validation",
    "check_dataframe_column_names_consistency",
    "check_inplace_ensure_writeable",
]
LEFT_OUT_OF_TRANSFORMERS = [
    "check_set_output_transform",
    "check_set_output_transform_pandas",
    "check_set_output_transform_polars",
    "check_global_output_transform_pandas",
    "check_global_set_output_transform_polars",
    "check_transformer_get_feature_names_out",
    "check_transformer_get_feature_names_out_pandas",
]


def left_out_checks():
    """Each estimator with the name of each check that is meant for it."""
    for estimator in public_estimators():
        for name in LEFT_OUT + LEFT_OUT_OF_TRANSFORMERS * hasattr(estimator, "transform"):
            yield pytest.param(estimator, name, id=f"{estimator!r}-{name}")


pytestmark = pytest.mark.filterwarnings("ignore::skib.SkibWarning")


def test_every_family_is_there():
    names = {type(e).__name__ for e in public_estimators()}
    assert {"NSB", "GaussianEntropy", "KSG", "Auto", "HSIC", "UsableInformation", "InformationPlane"} <= names


@parametrize_with_checks(public_estimators())
def test_estimator_checks(estimator, check):
    check(estimator)


# The checks of set_output fit a transformer to frames and transform arrays, and the other way round.
@pytest.mark.filterwarnings("ignore:X (does not have valid|has) feature names")
@pytest.mark.parametrize(("estimator", "name"), list(left_out_checks()))
def test_checks_that_are_left_out(estimator, name):
    getattr(estimator_checks, name)(type(estimator).__name__, clone(estimator))


@pytest.mark.parametrize(
    "estimator", [e for e in public_estimators() if "n_jobs" in e.get_params(deep=False)], ids=repr
)
def test_no_jobs_are_refused(estimator):
    X, y = np.random.default_rng(0).uniform(size=(20, 2)), np.arange(20) % 2
    name = type(estimator).__name__
    with pytest.raises(
        ValueError, match=f"The 'n_jobs' parameter of {name} must be an int in the range .* Got 0 instead"
    ):
        clone(estimator).set_params(n_jobs=0).fit(X, y)
