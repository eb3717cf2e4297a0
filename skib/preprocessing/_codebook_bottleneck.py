"""A bottleneck of codes: each row is replaced by a few vectors of a codebook, whose information can be counted."""

from numbers import Integral
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse
from scipy.special import entr
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from skib._copies import count_copies
from skib._kernels.counts import joint_codes
from skib._parallel import N_JOBS, run_tasks, spawn_generators
from skib._sklearn import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    Interval,
    OneToOneFeatureMixin,
    StrOptions,
    TransformerMixin,
    fit_context,
)
from skib._typing import Floats, Seed, TableLike
from skib._validation import check_numbers, require_samples
from skib.preprocessing._codebook_heads import (
    active_codes,
    one_hot,
    orthonormal_projections,
    products,
    scalar_codes,
    scalar_levels,
    vector_codes,
)


class CodebookBottleneck(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    r"""Rows as codes: the nearest vectors of codebooks, or the nearest number for each column.

    .. math::
        T_h(x) = \arg\min_c \; \lVert P_h (x - \mu) - e_{hc} \rVert^2, \qquad I(X;T) = H(T)

    Head h projects a row by :math:`P_h` and replaces the projection by the nearest of its codes :math:`e_{hc}`, which
    are those of k-means. With several active codes it is replaced by a sum of codes. T is a function of X, so that
    what it has of X is the entropy of the codes, which are counted.

    Parameters
    ----------
    n_heads : int, default=1
        Number of heads, each with a projection and a codebook of its own. More heads keep more information.
    n_codes : int, default=64
        Largest number of codes per head. More codes lose less of the rows, but fewer rows share each of them.
    n_active : int, default=1
        Number of codes whose sum replaces a row in each head.
    per_dimension : bool, default=False
        Whether each column has a codebook of numbers of its own, in place of the heads. It is the best one for the
        squared distance, found by dynamic programming, and not a local optimum.
    n_components_per_head : int, default=None
        Number of columns of each projection. ``None`` means n_features / n_heads, rounded up: all heads together are
        then a rotation of the rows, and a single head has no projection.
    encode : {"ordinal", "onehot", "onehot-dense", "reconstruction"}, default="ordinal"
        What ``transform`` returns.

        - ``"ordinal"``: the numbers of the active codes, `n_active` columns of integers for each head.
        - ``"onehot"``: a sparse array with a column for each code, which is 1 where the code is active.
        - ``"onehot-dense"``: the same as a dense array, as ``set_output(transform="pandas")`` requires.
        - ``"reconstruction"``: the rows as the codes describe them, in the columns of X.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the heads; the result is the same for every value.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.
    random_state : int, RandomState instance or None, default=None
        Seeds the projections and k-means. Pass an int for the same result at every call.

    Attributes
    ----------
    codebooks_ : list of ndarray of shape (n_codes, n_components)
        The codes of each head, of rows from which `mean_` is subtracted: by falling number of training rows, or for
        numbers in rising order. Where X has fewer distinct rows than `n_codes`, there are as many codes.
    components_ : ndarray of shape (n_heads, n_components, n_features) or None
        The projections; None if there are none.
    mean_ : ndarray of shape (n_features,)
        Means of the columns.
    entropy_ : float
        H(T) of the codes of all heads together, in nats: I(X;T) of the training rows.
    head_entropies_ : ndarray of shape (n_heads,)
        H(T_h) of the codes of each head, or of each column, in nats.
    reconstruction_error_ : float
        Share of the variance of the training rows that is lost.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    CodebookClassifier : Classes from codes, learned one after another.
    code_associations : Which code stands for which label.
    IBDiscretizer : Bins that keep information about classes.
    Autoencoder : A code of numbers.

    Notes
    -----
    All columns count by their variance: put a ``StandardScaler`` in front if their units differ.

    `entropy_` and `head_entropies_` are those of the training rows, at most log(n_samples). With many heads nearly
    every row has a combination of codes of its own, and `entropy_` is then close to log(n_samples) whatever the
    population has. Each of `head_entropies_` is at most log(`n_codes`).

    With `n_active` > 1 the first active code is the nearest one, the next is the nearest to what the first leaves, and
    so on. The codes are fitted to this by least squares, from those of k-means, which is a local optimum. With two
    active codes of 64 there are 2016 sums.

    References
    ----------
    .. [1] F. Träuble et al., "Discrete key-value bottleneck", ICML 2023: heads with random projections.
    .. [2] A. Tamkin, M. Taufeeque, N. D. Goodman, "Codebook features: sparse and discrete interpretability for neural
       networks", ICML 2024: sums of codes. Theirs are nearest by their angle, and trained with the network.
    .. [3] K. Hsu, W. Dorrell, J. C. R. Whittington, J. Wu, C. Finn, "Disentanglement via latent quantization", NeurIPS
       2023: a codebook of numbers for each dimension.
    .. [4] X. Wu, "Optimal quantization by matrix searching", Journal of Algorithms 12, 1991.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.preprocessing import CodebookBottleneck
    >>> X = np.repeat([[0.0, 0.0], [0.0, 9.0], [9.0, 0.0], [9.0, 9.0]], 5, axis=0)
    >>> bottleneck = CodebookBottleneck(n_codes=4, random_state=0).fit(X)
    >>> round(bottleneck.entropy_, 4)  # log 4: four places are four codes
    1.3863
    >>> numbers = CodebookBottleneck(n_codes=2, per_dimension=True).fit(X)
    >>> numbers.transform([[1.0, 8.0]]).tolist()
    [[0, 1]]
    >>> numbers.inverse_transform([[0, 1]]).tolist()
    [[0.0, 9.0]]
    """

    codebooks_: list[Floats]
    components_: Floats | None
    mean_: Floats
    entropy_: float
    head_entropies_: Floats
    reconstruction_error_: float

    _parameter_constraints = {
        "n_heads": [Interval(Integral, 1, None, closed="left")],
        "n_codes": [Interval(Integral, 1, None, closed="left")],
        "n_active": [Interval(Integral, 1, None, closed="left")],
        "per_dimension": ["boolean"],
        "n_components_per_head": [Interval(Integral, 1, None, closed="left"), None],
        "encode": [StrOptions({"ordinal", "onehot", "onehot-dense", "reconstruction"})],
        "n_jobs": N_JOBS,
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_heads: int = 1,
        n_codes: int = 64,
        n_active: int = 1,
        per_dimension: bool = False,
        *,
        n_components_per_head: int | None = None,
        encode: Literal["ordinal", "onehot", "onehot-dense", "reconstruction"] = "ordinal",
        n_jobs: int | None = None,
        verbose: int = 0,
        random_state: Seed = None,
    ) -> None:
        self.n_heads = n_heads
        self.n_codes = n_codes
        self.n_active = n_active
        self.per_dimension = per_dimension
        self.n_components_per_head = n_components_per_head
        self.encode = encode
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.non_deterministic = not self.per_dimension
        tags.transformer_tags.preserves_dtype = []
        return tags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: object = None) -> Self:
        """Find the codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted transformer.
        """
        x = check_numbers(self, X)
        self._require_agreement()
        self.mean_ = x.mean(axis=0)
        self._scale = _power_of_two(x - self.mean_)
        self.components_ = None
        self.codebooks_ = [self._scale * codes for codes in self._fit_codes(x)]
        active = self._active(x)
        self.entropy_ = _entropy(joint_codes(list(np.column_stack(active).T)))
        self.head_entropies_ = np.array([_entropy(joint_codes(list(codes.T))) for codes in active])
        self.reconstruction_error_ = _lost_share(x / self._scale, self._reconstructed(active) / self._scale)
        return self

    def transform(self, X: TableLike) -> NDArray[Any] | csr_array:
        """Replace rows by their codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.

        Returns
        -------
        codes : ndarray or csr_array of shape (n_samples, n_columns)
            Codes or rows, as `encode` says. With ``"ordinal"`` the codes of a head are in rising order, int64.
        """
        check_is_fitted(self)
        active = self._active(check_numbers(self, X, reset=False))
        if self.encode == "reconstruction":
            return self._reconstructed(active)
        if self.encode == "ordinal":
            return np.column_stack(active)
        marks = one_hot(active, self._n_codes_of_heads())
        return marks if self.encode == "onehot" else marks.toarray()

    def inverse_transform(self, X: TableLike) -> Floats:
        """Return the rows that codes stand for.

        The projections are inverted by least squares, the more exactly the more columns all heads have together.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_columns)
            What ``transform`` returned.

        Returns
        -------
        rows : ndarray of shape (n_samples, n_features)
            Rows of numbers; those of ``encode="reconstruction"`` as they are.
        """
        check_is_fitted(self)
        values = X if issparse(X) else check_array(X)
        if values.shape[1] != self._n_features_out:
            raise ValueError(f"X has {values.shape[1]} columns, but transform returns {self._n_features_out}")
        if self.encode in ("onehot", "onehot-dense"):
            return self.mean_ + values @ self._lifted_codes()
        if self.encode == "reconstruction":
            return np.array(values, np.float64)
        return self._reconstructed(np.split(_whole(values, self.codebooks_), len(self.codebooks_), axis=1))

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Return the names of the columns of what ``transform`` returns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of X; only used where those of ``transform`` follow from them.

        Returns
        -------
        names : ndarray of str
            Those of X for ``encode="reconstruction"``, and for numbers of codes per dimension. Of marks, the name of
            the column or of the head, and the number of the code: "codebookbottleneck0_5" is code 5 of head 0.
        """
        names = OneToOneFeatureMixin.get_feature_names_out(self, input_features)
        if self.encode == "reconstruction" or (self.per_dimension and self.encode == "ordinal"):
            return names
        if self.encode == "ordinal":
            return super().get_feature_names_out(input_features)
        heads = names if self.per_dimension else [f"codebookbottleneck{h}" for h in range(len(self.codebooks_))]
        n_codes = zip(heads, self._n_codes_of_heads(), strict=True)
        return np.array([f"{head}_{code}" for head, n in n_codes for code in range(n)], dtype=object)

    @property
    def _n_features_out(self):
        if self.encode == "reconstruction":
            return len(self.mean_)
        return len(self.codebooks_) * self._n_each if self.encode == "ordinal" else sum(self._n_codes_of_heads())

    @property
    def _n_each(self):
        """Active codes of each head."""
        return 1 if self.per_dimension else self.n_active

    def _require_agreement(self):
        if self.per_dimension and (self.n_heads, self.n_active, self.n_components_per_head) != (1, 1, None):
            raise ValueError(
                "per_dimension=True has a codebook for each column in place of heads; leave n_heads, n_active and "
                "n_components_per_head at their defaults, or project X first"
            )
        if self.n_active > self.n_codes:
            raise ValueError(f"n_active={self.n_active} codes cannot be active of n_codes={self.n_codes}; pass fewer")

    def _fit_codes(self, x):
        """Return the codes of each head, or of each column, of rows in units of the scale."""
        if self.per_dimension:
            tasks = [(column, self.n_codes) for column in self._scaled(x).T]
            return self._run(scalar_codes, tasks, "codebooks")
        n_features, copies = x.shape[1], count_copies(self._scaled(x))
        n_distinct = round(float(np.sum(1 / (1 + copies)))) if len(copies) else len(x)
        require_samples(self, n_distinct, self.n_active, kind="distinct rows", remedy="lower n_active")
        generator, *others = spawn_generators(self.random_state, 1 + self.n_heads)
        if (self.n_heads, self.n_components_per_head) != (1, None):
            n_components = self.n_components_per_head or -(-n_features // self.n_heads)
            self.components_ = orthonormal_projections(n_features, self.n_heads, n_components, generator)
        n_codes = min(self.n_codes, n_distinct)
        tasks = [(x, h, n_codes, int(other.integers(2**31))) for h, other in enumerate(others)]
        return self._run(self._codes_of_head, tasks, "codebooks")

    def _run(self, function, tasks, description):
        return run_tasks(function, tasks, n_jobs=self.n_jobs, verbose=self.verbose, description=description)

    def _codes_of_head(self, x, h, n_codes, seed):
        rows = self._projected(x, h)
        codes = vector_codes(rows, n_codes, self.n_active, seed)
        counts = np.bincount(active_codes(rows, codes, self.n_active).ravel(), minlength=n_codes)
        return codes[np.argsort(-counts, kind="stable")]

    def _scaled(self, x):
        """Rows about the mean, in units in which no square overflows: a power of two, which rounds nothing."""
        return (x - self.mean_) / self._scale

    def _projected(self, x, h):
        rows = self._scaled(x)
        return rows if self.components_ is None else products(rows, self.components_[h].T)

    def _active(self, x):
        """Return the active codes of each head: a list of (n_samples, n_active)."""
        if self.per_dimension:
            pairs = zip(self._scaled(x).T, self.codebooks_, strict=True)
            return [scalar_levels(column, codes / self._scale) for column, codes in pairs]
        return self._run(self._active_of_head, [(x, h) for h in range(len(self.codebooks_))], "codes")

    def _active_of_head(self, x, h):
        return active_codes(self._projected(x, h), self.codebooks_[h] / self._scale, self.n_active)

    def _n_codes_of_heads(self):
        return [len(codes) for codes in self.codebooks_]

    def _reconstructed(self, active):
        return self.mean_ + one_hot(active, self._n_codes_of_heads()) @ self._lifted_codes()

    def _lifted_codes(self):
        """What each code adds to a row of X: a row for each code, head by head."""
        n_features = len(self.mean_)
        if self.per_dimension:
            each = np.eye(n_features)
        elif self.components_ is None:
            return self.codebooks_[0]
        else:
            stacked = self.components_.reshape(-1, n_features)
            inverse = stacked.T if len(stacked) <= n_features else np.linalg.pinv(stacked)
            each = inverse.T.reshape(self.components_.shape)
        pairs = zip(self.codebooks_, each, strict=True)
        return np.concatenate([products(codes, np.atleast_2d(directions)) for codes, directions in pairs])


def _entropy(codes):
    counts = np.bincount(codes)
    return float(entr(counts / counts.sum()).sum())


def _power_of_two(deviations):
    """Return a power of two near the largest deviation."""
    largest = float(np.abs(deviations).max())
    return float(2.0 ** np.floor(np.log2(largest))) if largest > 0 else 1.0


def _lost_share(x, reconstructed):
    variance = np.mean((x - x.mean(axis=0)) ** 2)
    return float(np.mean((x - reconstructed) ** 2) / variance) if variance > 0 else 0.0


def _whole(values, codebooks):
    """Return numbers of codes as integers, each of which has to be one of its codebook."""
    n_codes = np.repeat([len(codes) for codes in codebooks], values.shape[1] // len(codebooks))
    codes = values.astype(np.int64)
    if (codes != values).any() or (codes < 0).any() or (codes >= n_codes).any():
        raise ValueError(
            f"X holds other numbers than those of codes, 0 to {n_codes.max() - 1}; pass what transform returned"
        )
    return codes
