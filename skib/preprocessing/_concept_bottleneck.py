"""Concept columns of a layer: by probes of annotated concepts, or by a non-negative factorization."""

from numbers import Integral
from typing import Any, Self

import numpy as np
from scipy.optimize import nnls
from sklearn import config_context
from sklearn.base import clone
from sklearn.decomposition import NMF
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

from skib._parallel import N_JOBS, run_tasks, spawn_generators, with_drawn_seeds
from skib._sklearn import BaseEstimator, HasMethods, Interval, OneToOneFeatureMixin, TransformerMixin, fit_context
from skib._typing import Estimator, Floats, Seed, TableLike
from skib._validation import check_class_columns, check_numbers

# Concepts of a factorization if no number is given.
_N_CONCEPTS = 10
# Relative fall of the gradient at which a factorization ends: a tenth of it takes ten times as long.
_TOLERANCE = 1e-3


class ConceptBottleneck(TransformerMixin, BaseEstimator):
    r"""Concepts as columns, from the activations of a layer.

    With annotated concepts a probe is fitted to each, and the columns are its probabilities, :math:`p(c = 1 | t)`.
    Without any, the concepts are the rows of H in the non-negative factorization :math:`T \approx W H`, and the columns
    are the weights of each row, :math:`\min_{w \ge 0} |t - w H|`.

    Parameters
    ----------
    n_concepts : int, default=None
        Number of concepts of the factorization. ``None`` means 10, or as many as there are rows or units. It has no
        effect with annotated concepts.
    probe : classifier with ``predict_proba``, default=None
        Probe of a concept. ``None`` means a logistic regression of standardized units.
    hard : bool, default=False
        Whether columns are decisions, 0 or 1, in place of probabilities, which encode more than the concept
        (:func:`skib.metrics.concept_leakage`). It needs annotated concepts.
    max_iter : int, default=1000
        Largest number of steps of the factorization.
    random_state : int, RandomState instance or None, default=None
        Seeds the probes and the factorization. Pass an int for the same result at every call.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the concepts; the result is the same for every value.

    Attributes
    ----------
    probes_ : list of estimators
        The fitted probes, one per annotated concept; empty for a factorization.
    classes_ : list of ndarrays
        The classes of each annotated concept.
    components_ : ndarray of shape (n_concepts, n_features)
        H; only of a factorization.
    n_iter_ : int
        Number of steps of the factorization, as above.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    skib.metrics.concept_existence : Whether the layer holds the concepts.
    skib.metrics.concept_leakage : What the columns tell about a target beyond the annotated concepts.
    skib.metrics.concept_residual : What the layer tells beyond the columns.

    Notes
    -----
    Annotated concepts are passed to ``fit`` as `concepts`; y is ignored, so that a pipeline which passes the target of
    its last step does not take it for a concept. In a pipeline, request them:
    ``ConceptBottleneck().set_fit_request(concepts=True)`` with metadata routing, or pass
    ``conceptbottleneck__concepts`` to its ``fit``.

    Measure leakage on rows that the probes were not fitted to: fitted rows are predicted better.

    References
    ----------
    .. [1] P. W. Koh et al., "Concept bottleneck models", ICML 2020.
    .. [2] M. Yuksekgonul, M. Wang, J. Zou, "Post-hoc concept bottleneck models", ICLR 2023.
    .. [3] T. Fel et al., "CRAFT: concept recursive activation factorization for explainability", CVPR 2023.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.preprocessing import ConceptBottleneck
    >>> rng = np.random.default_rng(0)
    >>> concepts = rng.integers(0, 2, size=(200, 2))
    >>> layer = concepts @ rng.normal(size=(2, 8)) + 0.1 * rng.normal(size=(200, 8))
    >>> columns = ConceptBottleneck(hard=True).fit(layer, concepts=concepts).transform(layer)
    >>> bool((columns == concepts).all())
    True

    >>> parts = np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]])  # without labels
    >>> layer = rng.integers(0, 3, size=(100, 2)) @ parts
    >>> found = ConceptBottleneck(2, random_state=0).fit(layer)
    >>> sorted((found.components_ > 0.01).tolist(), reverse=True)
    [[True, True, False, False], [False, False, True, True]]
    """

    probes_: list[Any]
    classes_: list[Any]
    components_: Floats
    n_iter_: int

    _parameter_constraints = {
        "n_concepts": [Interval(Integral, 1, None, closed="left"), None],
        "probe": [HasMethods(["fit", "predict_proba"]), None],
        "hard": ["boolean"],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "n_jobs": N_JOBS,
    }

    def __init__(
        self,
        n_concepts: int | None = None,
        *,
        probe: Estimator | None = None,
        hard: bool = False,
        max_iter: int = 1000,
        random_state: Seed = None,
        n_jobs: int | None = None,
    ) -> None:
        self.n_concepts = n_concepts
        self.probe = probe
        self.hard = hard
        self.max_iter = max_iter
        self.random_state = random_state
        self.n_jobs = n_jobs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True  # for lack of concepts
        tags.transformer_tags.preserves_dtype = []
        return tags

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: TableLike, y: object = None, *, concepts: TableLike | None = None) -> Self:
        """Fit a probe to each concept, or factorize X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Activations of a layer; non-negative if there are no concepts.
        y : None
            Ignored.
        concepts : array-like of shape (n_samples, n_concepts), default=None
            Annotated concepts: a column of classes each. ``None``: X is factorized.

        Returns
        -------
        self : ConceptBottleneck
            The fitted transformer.
        """
        x = check_numbers(self, X)
        generator = spawn_generators(self.random_state, 1)[0]
        for name in ("components_", "n_iter_"):  # of an earlier fit
            vars(self).pop(name, None)
        self.probes_, self.classes_ = [], []
        if concepts is None:
            self._factorize(x, generator)
        else:
            self._fit_probes(x, concepts, generator)
        return self

    def _factorize(self, x, generator):
        if self.hard:
            raise ValueError("hard=True needs annotated concepts; pass concepts to fit, or hard=False")
        if x.min() < 0:
            raise ValueError(
                f"Negative values in data passed to {type(self).__name__}: a factorization needs activations that are "
                f"not negative, got {x.min():.3g}; take a layer after its ReLU, or pass concepts to fit"
            )
        most = min(x.shape)
        n_concepts = min(_N_CONCEPTS, most) if self.n_concepts is None else self.n_concepts
        if n_concepts > most:
            raise ValueError(f"n_concepts={n_concepts} exceeds the {most} rows or units of X; pass {most} or fewer")
        seed = int(generator.integers(2**31))
        model = NMF(n_concepts, init="nndsvda", tol=_TOLERANCE, max_iter=self.max_iter, random_state=seed)
        with config_context(array_api_dispatch=False):  # which its initialization warns of
            unit = x.mean() or 1.0  # it is started, and ended after two steps of values about 1000, in an absolute unit
            model.fit(x / unit)
        self.components_, self.n_iter_ = model.components_ * np.sqrt(unit), model.n_iter_
        self._names = [f"concept{j}" for j in range(n_concepts)]

    def _fit_probes(self, x, concepts, generator):
        remedy = "a probe predicts classes: bin it, or leave it out"
        names, columns = check_class_columns(concepts, len(x), "concepts", "X", remedy)
        probe = self.probe
        if probe is None:
            probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        self.classes_, codes = zip(*(_classes_and_codes(column) for column in columns), strict=True)
        self.classes_ = list(self.classes_)
        tasks = [
            (with_drawn_seeds(probe, child), x, code)
            for child, code in zip(generator.spawn(len(codes)), codes, strict=True)
        ]
        self.probes_ = run_tasks(_fit_probe, tasks, n_jobs=self.n_jobs)
        self._names = []
        for j, (name, classes) in enumerate(zip(names, self.classes_, strict=True)):
            name = f"concept{j}" if isinstance(name, int) else str(name)
            self._names += [name] if len(classes) == 2 else [f"{name}_{label}" for label in classes]

    def transform(self, X: TableLike) -> Floats:
        """Return the concepts of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Activations.

        Returns
        -------
        columns : ndarray of shape (n_samples, n_columns)
            A column for each concept of two classes, the probability or decision of the second one (True, 1, or the
            later one in sorted order); a column for each class of other concepts; or a column of weights for each
            concept of a factorization.
        """
        check_is_fitted(self)
        x = check_numbers(self, X, reset=False)
        if not self.probes_:
            return _weights(x, self.components_)
        return np.hstack([_columns(probe, x, self.hard) for probe in self.probes_])

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """Return the names of the columns of what ``transform`` returns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of X, which are only compared with those of ``fit``.

        Returns
        -------
        names : ndarray of str
            Names of the concepts where these have some, otherwise "concept0", "concept1" and so on; those of concepts
            of three or more classes end in the class.
        """
        OneToOneFeatureMixin.get_feature_names_out(self, input_features)
        return np.array(self._names, dtype=object)


def _classes_and_codes(column):
    """Return the sorted classes of a Column, and their codes."""
    codes = column.codes()
    _, first = np.unique(codes, return_index=True)
    labels = [column.label(row) for row in first]
    if column.source == "number" and all(label == np.rint(label) for label in labels):
        labels = [int(label) for label in labels]
    try:
        order = sorted(range(len(labels)), key=labels.__getitem__)
    except TypeError:  # of several types, without an order
        order = list(range(len(labels)))
    return np.array([labels[j] for j in order]), np.argsort(order)[codes]


def _fit_probe(probe, x, codes):
    return clone(probe).fit(x, codes)


def _columns(probe, x, hard):
    """Return the columns of one concept: of its second class, or of all if there are more than two."""
    p = probe.predict_proba(x)
    if hard:
        p = (p.argmax(axis=1)[:, None] == np.arange(p.shape[1])).astype(float)
    return p[:, 1:] if p.shape[1] == 2 else p


def _unit(x, axis=None):
    """Return the power of two near the largest value, which rounds nothing."""
    return np.exp2(np.frexp(np.abs(x).max(axis=axis, keepdims=axis is not None))[1])


def _weights(x, components):
    """Return the non-negative weights of the components that are nearest to each row."""
    units, unit = _unit(x, axis=1), _unit(components)
    basis, triangle = np.linalg.qr(components.T / unit)
    return np.array([nnls(triangle, row)[0] for row in x / units @ basis]) * (units / unit)
