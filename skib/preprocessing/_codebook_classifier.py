"""Classes from codes: a table of counts, which learns one class after another and forgets none."""

from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, issparse
from sklearn import config_context
from sklearn.utils.validation import check_is_fitted

from skib._class_labels import class_labels, joined_classes
from skib._parallel import with_seed
from skib._sklearn import BaseEstimator, ClassifierMixin, HasMethods, Interval, fit_context
from skib._typing import Floats, Seed, TableLike, Transformer
from skib._validation import check_numbers
from skib.preprocessing._codebook_bottleneck import CodebookBottleneck


class CodebookClassifier(ClassifierMixin, BaseEstimator):
    r"""Classes of rows from the classes of the training rows that share their codes.

    .. math::
        p(y|x) = \frac{1}{|T(x)|} \sum_{t \in T(x)} p(y|t), \qquad p(y|t) = \frac{n_{ty} + m\, p(y)}{n_t + m}

    T(x) are the active codes of a row, of all heads, and :math:`n_{ty}` counts the training rows of class y where code
    t is active. ``partial_fit`` adds to the counts: rows of other classes change hardly any code of the classes before
    them, and the result is the same for every order of the rows.

    Parameters
    ----------
    codebook : transformer, default=None
        What finds the codes: a transformer to zeros and ones. ``None`` means ``CodebookBottleneck(n_heads=4,
        encode="onehot")``. A clone is fitted to the rows of ``fit``, or of the first ``partial_fit``. To learn classes
        one after another, fit it to rows of all kinds, without their classes, and pass it as a
        :class:`~sklearn.frozen.FrozenEstimator`.
    smooth : float, default=1.0
        Pseudo-rows m of each code, with the classes of all rows. More of them draw codes of few rows to the prior.
    random_state : int, RandomState instance or None, default=None
        Seeds the codebook, if its own `random_state` is None. Pass an int for the same result at every call.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    codebook_ : transformer
        The fitted codebook.
    code_counts_ : ndarray of shape (n_codes, n_classes)
        Training rows of each class where each code is active: the values of the table.
    class_counts_ : ndarray of shape (n_classes,)
        Training rows of each class.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    CodebookBottleneck : The codes.
    code_associations : Which code stands for which label.

    Notes
    -----
    Codes that were found on rows of the first classes alone hardly distinguish the others. The features have to be
    fixed as well: a network that is trained further has other ones, for which the table is wrong.

    The mean over many codes is less certain than it could be: probabilities are too near to those of all rows, but
    their order is that of the votes.

    References
    ----------
    .. [1] F. Träuble et al., "Discrete key-value bottleneck", ICML 2023. The values there are trained by gradients; for
       counts they have a closed form.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.frozen import FrozenEstimator
    >>> from skib.preprocessing import CodebookBottleneck, CodebookClassifier
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat([0, 1, 2], 50)
    >>> X = rng.normal(size=(150, 2)) + 9 * np.array([[0, 0], [0, 1], [1, 0]])[y]
    >>> codes = CodebookBottleneck(n_codes=9, encode="onehot", random_state=0).fit(X)
    >>> classifier = CodebookClassifier(FrozenEstimator(codes))
    >>> for label in range(3):  # one class after another
    ...     classifier = classifier.partial_fit(X[y == label], y[y == label])
    >>> classifier.score(X, y)
    1.0
    """

    classes_: NDArray[Any]
    codebook_: Any
    code_counts_: Floats
    class_counts_: Floats

    _parameter_constraints = {
        "codebook": [HasMethods(["fit", "transform"]), None],
        "smooth": [Interval(Real, 0, None, closed="neither")],
        "random_state": ["random_state"],
    }

    def __init__(self, codebook: Transformer | None = None, *, smooth: float = 1.0, random_state: Seed = None) -> None:
        self.codebook = codebook
        self.smooth = smooth
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True  # the codebook, without a seed
        return tags

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: TableLike, y: TableLike) -> Self:
        """Find the codes, and count the classes of each.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.
        y : array-like of shape (n_samples,)
            Class labels.

        Returns
        -------
        self : object
            The fitted classifier.
        """
        return self._learn(X, y, None, is_first=True)

    @fit_context(prefer_skip_nested_validation=False)
    def partial_fit(self, X: TableLike, y: TableLike, classes: ArrayLike | None = None) -> Self:
        """Add rows to the counts; the first call finds the codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.
        y : array-like of shape (n_samples,)
            Class labels. Labels that are new are added to the classes.
        classes : array-like of shape (n_classes,), default=None
            Classes that will come, so that the columns of ``predict_proba`` stay the same. ``None``: those of y.

        Returns
        -------
        self : object
            The fitted classifier.
        """
        return self._learn(X, y, classes, is_first=not hasattr(self, "codebook_"))

    def predict_proba(self, X: TableLike) -> Floats:
        """Return the mean of p(y|t) over the active codes of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`. Those of a row without an active code are the shares of the classes.
        """
        check_is_fitted(self)
        check_numbers(self, X, reset=False)
        marks = _marks(self.codebook_, X)
        prior = self.class_counts_ / self.class_counts_.sum()
        n_rows = self.code_counts_.sum(axis=1, keepdims=True)
        table = (self.code_counts_ + self.smooth * prior) / (n_rows + self.smooth)
        n_active = np.asarray(marks.sum(axis=1)).reshape(-1, 1)
        return np.where(n_active > 0, (marks @ table) / np.maximum(n_active, 1), prior)

    def predict(self, X: TableLike) -> NDArray[Any]:
        """Return the most probable class of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            Of classes that are equally probable, the first.
        """
        probabilities = self.predict_proba(X)
        return self.classes_[np.argmax(probabilities, axis=1)]

    def _learn(self, X, y, classes, *, is_first):
        if y is None:
            raise ValueError(f"This {type(self).__name__} requires y to be passed, but the target y is None.")
        n_samples = len(check_numbers(self, X, reset=is_first))
        labels = class_labels(y, n_samples)
        if is_first:
            self.codebook_ = self._new_codebook().fit(X, labels)
            self.classes_, self.class_counts_ = labels[:0], np.zeros(0)
        marks = _marks(self.codebook_, X)
        if is_first:
            self.code_counts_ = np.zeros((marks.shape[1], 0))
        self._add_classes(joined_classes(self.classes_, labels, [] if classes is None else classes))
        columns = np.searchsorted(self.classes_, labels)
        members = csr_array((np.ones(n_samples), columns, np.arange(n_samples + 1)), (n_samples, len(self.classes_)))
        self.code_counts_ = self.code_counts_ + (marks.T @ members).toarray()
        self.class_counts_ = self.class_counts_ + np.bincount(columns, minlength=len(self.classes_))
        return self

    def _new_codebook(self):
        default = CodebookBottleneck(n_heads=4, encode="onehot")
        codebook = with_seed(default if self.codebook is None else self.codebook, self.random_state)
        if not str(getattr(codebook, "encode", "onehot")).startswith("onehot"):
            raise ValueError(f"codebook has encode={codebook.encode!r}, but zeros and ones are needed; pass 'onehot'")
        return codebook

    def _add_classes(self, classes):
        """Take these classes, with a column of zeros in the counts for each that is new."""
        places = np.searchsorted(classes, self.classes_)
        code_counts, class_counts = np.zeros((len(self.code_counts_), len(classes))), np.zeros(len(classes))
        code_counts[:, places], class_counts[places] = self.code_counts_, self.class_counts_
        self.classes_, self.code_counts_, self.class_counts_ = classes, code_counts, class_counts


def _marks(codebook, X):
    """Return what a codebook returns of rows as a sparse array, whose values have to be 0 and 1."""
    with config_context(transform_output="default"):  # frames, which users may ask for everywhere, are not sparse
        codes = codebook.transform(X)
    marks = csr_array(codes if issparse(codes) else np.asarray(codes, np.float64))
    if ((marks.data != 1) & (marks.data != 0)).any():
        raise ValueError(
            "codebook returns other values than 0 and 1; pass a transformer to marks of codes, such as "
            "CodebookBottleneck(encode='onehot')"
        )
    return marks
