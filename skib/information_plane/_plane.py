"""`InformationPlane`: mutual information of every layer at every epoch, with errors, nulls and ceilings."""

import os
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.utils.validation import check_is_fitted

from skib._parallel import N_JOBS, one_blas_thread, run_tasks
from skib._sklearn import BaseEstimator, CallbackSupportMixin, HasMethods, Interval, StrOptions, fit_context
from skib._typing import AnyPath, MutualInfoEstimator, Seed, Shuffle, TableLike, Transformer
from skib._validation import check_numeric
from skib._warnings import UnreliableEstimateWarning, collect_warnings, warn
from skib.dumps import Dump, open_dump
from skib.information_plane._cell import Null, measure_cell
from skib.information_plane._checkpoint import Checkpoint, MemoryStore
from skib.information_plane._comparisons import chain_of, compare_cells
from skib.information_plane._duration import Foresight
from skib.information_plane._fingerprint import fingerprint
from skib.information_plane._quantities import (
    about_input,
    about_input_given_target,
    about_target,
    group_codes,
    target_entropy,
    with_null,
)
from skib.information_plane._results import ALPHA, COLUMNS, significance_table
from skib.information_plane._schedule import Schedule
from skib.information_plane._series import warn_of_series_layers


class InformationPlane(CallbackSupportMixin, BaseEstimator):
    r"""Mutual information of every layer of a network, at every epoch, with its target and with its input.

    .. math:: \big(I(X;T_{\ell,e}),\; I(T_{\ell,e};Y)\big) \quad \text{for every layer } \ell \text{ and epoch } e,

    each with a standard error, a null distribution and the ceiling that the number of rows sets; optionally with
    :math:`I(X;T \mid Y)` as well.

    Parameters
    ----------
    estimator : mutual-information estimator, default=None
        Estimator of I(T;Y), fitted as ``fit(T, y)``. None takes :class:`~skib.mutual_info.Auto`, with
        ``marginals=None`` if y holds class labels (text, booleans, or whole numbers with at most ``sqrt(n_samples)``
        levels): units of a layer are compared in their common unit. An estimator that takes y for numbers, such as
        :class:`~skib.mutual_info.KSG`, is refused with class labels, between which there is no distance.
    input_estimator : mutual-information estimator, default=None
        Estimator of I(X;T), fitted as ``fit(T, X)``. None takes ``Binned(n_bins=30)``. An estimator that takes classes
        receives the input as one symbol per distinct row, as in [1]_; any other, and ``Auto``, receives the numeric X.
    compressor : transformer, default=None
        Applied to every layer before both estimators: anything with ``fit`` and ``transform``, such as ``PCA(8)`` or a
        pipeline. It is fitted to the activations alone, without y. Both quantities are then lower bounds, by the
        information that the code loses; superfluous columns of the code add noise to the estimates. Constant layers,
        and layers with no more units than its ``n_components``, are not compressed.
    compressor_fit : {"each", "last"}, default="each"
        When the compressor is fitted.

        - ``"each"``: anew in each cell, so that the code follows the directions of largest variance of each epoch.
        - ``"last"``: once per layer, at its last epoch. The code of a row changes between epochs because its
          activations do, but variance that the layer has lost by the last epoch is not seen.
    conditional : bool, default=False
        Whether to estimate I(X;T|Y) as well, with `input_estimator`: the information that the layer has about the input
        beyond the target. Estimators of symbols condition on y. Those of numbers are fitted within the classes and
        averaged, or condition on a continuous y.
    null : {"permutation", "noise"}, default="permutation"
        Null distribution of each estimate.

        - ``"permutation"``: the target is permuted (within classes of y for I(X;T|Y)).
        - ``"noise"``: the layer is replaced by Gaussian noise of the same mean and covariance. It compares I(X;T) of a
          layer with distinct inputs to that of a layer without structure; permutations do not change such an estimate.
    n_permutations : int, default=20
        Number of permutations, or of noise layers, per estimate: 0, or at least 2. 0 saves their time, but information
        can then not be distinguished from bias.
    shuffle : {"rows", "circular"}, default="rows"
        How the target is permuted, as in :func:`~skib.mutual_info.permutation_test`.

        - ``"rows"``: every order of the rows, or of the `groups` passed to ``fit``, is equally likely;
        - ``"circular"``: the rows are a time series, and the target is shifted against the layer by a random number of
          rows, the end coming before the beginning. Neither `groups` nor `conditional` then.
    chain : bool or sequence of str, default=True
        Which layers are functions of each other, each of the one before it, so that none has less information about y
        than a later one (``lower_bound`` in `results_`): all, in the order of the dump (True), those named, in this
        order, or none (False). Blocks of a residual stream are such a chain; parallel branches, and the heads of
        attention, are not.
    confidence_level : float, default=0.95
        Nominal coverage of the intervals.
    checkpoint : path, default=None
        File to which every cell is written as soon as it is finished. A run does not compute the cells that its file
        contains again, failed ones included, and returns the same bits as one that was never interrupted. The file of a
        run with other parameters or data is refused; a dump in files may have gained epochs. Requires a `random_state`.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the cells; the result is the same for every value. If the user opened
        ``joblib.parallel_config`` with a backend of processes, its workers read the dump themselves, by path.
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations, and the compressors and estimators whose own ``random_state`` is None. Pass an int for
        the same result at every call. What is drawn in a cell depends only on the seed, the epoch and the name of the
        layer: its estimates and nulls are the same for every `n_jobs` and whatever other cells the dump has (except for
        the last epoch under ``compressor_fit="last"``); ``lower_bound`` and ``status`` compare it with them.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.

    Attributes
    ----------
    results_ : DataFrame
        Two or three rows per cell, informations in nats; values of failed rows are NaN.

        - ``epoch``, ``layer``, ``quantity``: the cell, and "I(T;Y)", "I(X;T)" or "I(X;T|Y)".
        - ``estimator``, ``compressor``: the estimator, with its model of noise or bins; "none" or the compressor, with
          the epoch at which it was fitted if that is one for all epochs.
        - ``mutual_info``, ``std_error``, ``ci_low``, ``ci_high``: the estimate and its normal interval, that of
          independent rows: NaN, but for the estimate, with `groups` or ``shuffle="circular"``.
        - ``null_mean``, ``null_std``, ``pvalue``: mean and standard deviation of the null, and the p-value of the
          estimate from the moments of the null. (A p-value that counts permutations cannot fall below
          ``1 / (1 + n_permutations)``, and would survive no correction for many cells.)
        - ``lower_bound``: of I(T;Y), the largest lower end of an interval (with ``null_mean`` taken off, if positive)
          of this layer and those after it in the `chain`, of a certificate of the estimator, or of the information of
          the largest unit, in a layer of one unit per class.
        - ``ceiling``, ``saturated``: the largest value possible with this number of rows, and of I(T;Y) no more than
          the entropy of a y whose levels repeat, and whether the estimator is near its own.
        - ``n_samples``, ``n_units``: rows and units of the layer.
        - ``status``, ``warnings``, ``message``, ``seconds``: "ok", "warning" or "failed"; the names of the classes of
          the warnings, comma-separated; their texts, or the error; the time.
    estimator_, input_estimator_ : estimators
        The unfitted estimators that were used.
    target_entropy_ : float or None
        Plug-in H(Y), in nats, the ceiling of I(T;Y), of class labels, and of numbers with five rows per level or more,
        such as counts; None for other numbers, whose entropy has no bound.
    epochs_ : tuple of int
        Epochs of the dump.
    layers_ : tuple of str
        Layers of the dump, in its order.
    n_samples_ : int
        Number of rows of every layer.
    n_features_in_, feature_names_in_ : int, ndarray
        Number and names of the columns of an array or frame that is passed instead of a dump.

    Raises
    ------
    ValueError
        If there is no y; if y holds class labels and `estimator` takes numbers; if `chain` names no layers; if y, X or
        `groups` have another number of rows than the dump, or contain NaN; if more than half of the rows are in groups
        of a size of their own; if `checkpoint` is the file of another run. If a quantity
        failed in every cell, the error of the first; `results_` is complete by then.

    Warns
    -----
    CostWarning
        After the first cell, if uncompressed layers are so wide that all take longer than five minutes.
    UnreliableEstimateWarning
        If some cells failed, with their number and the first of them. If successive rows are alike both in a layer and
        in its target, as in a time series, and neither groups nor shifts are used. Warnings about single estimates are
        in the column ``message``.

    See Also
    --------
    InformationPlaneDisplay : Draw the results.
    skib.dumps.open_dump : Sources that can be opened.

    Notes
    -----
    A network is a deterministic map, so I(X;T) of a continuous layer is infinite [2]_: the estimate depends on the
    bins, which is why every row contains the name of its estimator. If all inputs are distinct, binned I(X;T) is H(T)
    of the binned layer, permutations of the inputs cannot change it, and ``null_mean`` equals the estimate (``pvalue``
    is 1). For input symbols ``ceiling`` is H(X), log(n_samples) if all differ.

    Binned estimates of I(T;Y) reach H(Y) for random labels on any layer of a few units. Their null is as large, and a
    row has an ``UnreliableEstimateWarning`` if its estimate exceeds 0.05 nats and either is not significantly above its
    null (Holm's p among the cells >= 0.01, as in :meth:`significance`) or the mean of the null exceeds 0.05 nats. A row
    has one, too, if its ``lower_bound`` exceeds the interval and 0.05 nats more than the estimate: by data processing
    a layer has at least the information of the layers after it, and this estimate is too low.

    The null has the same estimator with the same rule of choice as the estimate, refitted to every permutation: what
    depends on the layer alone (neighbors, folds, whitened coordinates) is computed once, and predictors that are slow
    to fit are tried only where fast ones find something, which they hardly ever do in permuted rows. Permuting labels
    within the folds, with the predictors left as they were, would be faster, and too narrow a null: chance agreement
    of two folds counts in the predictions for both.

    Groups and shifts make the null right for dependent rows. The standard errors of the estimators are those of
    independent rows, several times too small for others, and are therefore left out. Pass a layer and its target to
    :func:`~skib.mutual_info.confidence_interval` with the groups, or with blocks of a series as groups.

    With `conditional` and a continuous y only estimates for distinct inputs have a permutation null.

    The code of a ``PCA`` that leaves `svd_solver` to ``"auto"`` comes from the covariance matrix of the layer, in
    double precision, where that is faster than scikit-learn's randomized solver; its axes are exact.

    References
    ----------
    .. [1] R. Shwartz-Ziv, N. Tishby, "Opening the black box of deep neural networks via information",
       arXiv:1703.00810, 2017.
    .. [2] Z. Goldfeld et al., "Estimating information flow in deep neural networks", ICML 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.information_plane import InformationPlane
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(2, size=200)
    >>> blind = rng.normal(size=(200, 3))
    >>> dump = {0: {"fc1": blind}, 10: {"fc1": blind + 8 * y[:, None]}, "ids": range(200)}
    >>> plane = InformationPlane(random_state=0).fit(dump, y)
    >>> plane.results_.query("quantity == 'I(T;Y)'")["mutual_info"].round(1).abs().tolist()  # 0 and H(Y) = 0.69
    [0.0, 0.7]
    >>> plane.significance()["significant"].tolist()
    [False, True]
    """

    results_: pd.DataFrame
    estimator_: Any
    input_estimator_: Any
    target_entropy_: float | None
    epochs_: tuple[int, ...]
    layers_: tuple[str, ...]
    n_samples_: int

    _parameter_constraints = {
        "estimator": [HasMethods("fit"), None],
        "input_estimator": [HasMethods("fit"), None],
        "compressor": [HasMethods(["fit", "transform"]), None],
        "compressor_fit": [StrOptions({"each", "last"})],
        "conditional": ["boolean"],
        "null": [StrOptions({"permutation", "noise"})],
        "n_permutations": [Interval(Integral, 0, None, closed="left")],
        "shuffle": [StrOptions({"rows", "circular"})],
        "chain": ["boolean", "array-like"],
        "confidence_level": [Interval(Real, 0, 1, closed="neither")],
        "checkpoint": [str, os.PathLike, None],
        "n_jobs": N_JOBS,
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        estimator: MutualInfoEstimator | None = None,
        input_estimator: MutualInfoEstimator | None = None,
        *,
        compressor: Transformer | None = None,
        compressor_fit: Literal["each", "last"] = "each",
        conditional: bool = False,
        null: Literal["permutation", "noise"] = "permutation",
        n_permutations: int = 20,
        shuffle: Shuffle = "rows",
        chain: bool | Sequence[str] = True,
        confidence_level: float = 0.95,
        checkpoint: AnyPath | None = None,
        n_jobs: int | None = None,
        random_state: Seed = None,
        verbose: int = 0,
    ) -> None:
        self.estimator = estimator
        self.input_estimator = input_estimator
        self.compressor = compressor
        self.compressor_fit = compressor_fit
        self.conditional = conditional
        self.null = null
        self.n_permutations = n_permutations
        self.shuffle = shuffle
        self.chain = chain
        self.confidence_level = confidence_level
        self.checkpoint = checkpoint
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        return tags

    @fit_context(prefer_skip_nested_validation=False)
    def fit(
        self,
        dump: AnyPath | Mapping[Any, Any] | Dump | TableLike,
        y: TableLike | None = None,
        X: TableLike | None = None,
        *,
        groups: TableLike | None = None,
    ) -> Self:
        """Estimate all quantities in every cell.

        Parameters
        ----------
        dump : Dump, path, mapping or array-like of shape (n_samples, n_units)
            Activations: any source of :func:`~skib.dumps.open_dump`, or one array or frame, which becomes the layer
            "layer" at epoch 0.
        y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None
            Labels or continuous targets; None takes those of the dump.
        X : array-like of shape (n_samples, ...), default=None
            Inputs of the network; None takes those of the dump. Without any, the inputs of all rows are distinct.
        groups : array-like of shape (n_samples,), default=None
            Labels of groups of dependent rows, such as the tokens of one text or the visits of one patient. For the
            null each group of rows of the target is exchanged as a whole with another one of the same size (and, for
            I(X;T|Y), with the same classes of y in the same order).

        Returns
        -------
        self : InformationPlane
            The fitted plane.
        """
        self._check_combinations(groups)
        dump = self._open(dump, y)
        chain = chain_of(self.chain, dump.layers)
        groups = group_codes(groups, dump.n_samples)
        quantities = self._quantities(dump, y, X, groups)
        if self.n_permutations and groups is None and self.shuffle == "rows":
            warn_of_series_layers(dump, quantities)
        schedule = Schedule(dump, self.compressor, self.compressor_fit, self.random_state)
        null = self._null(groups)
        self.results_ = pd.DataFrame(self._rows(schedule, quantities, groups, null), columns=COLUMNS)
        compare_cells(self.results_, [q.name for q in quantities if q.ceiling is None], null, chain)
        self._report_failures(schedule, quantities)
        return self

    def significance(self, *, alpha: float = ALPHA) -> pd.DataFrame:
        """Test I(T;Y) of every cell against its null, with Holm's correction over the cells.

        Parameters
        ----------
        alpha : float, default=0.01
            Family-wise error rate: without information in any cell, the probability that any is called significant.

        Returns
        -------
        cells : DataFrame
            A row per cell:

            - ``epoch``, ``layer``;
            - ``corrected``: ``mutual_info - null_mean``, in nats;
            - ``pvalue``, and ``adjusted_pvalue`` after Holm's correction over all cells;
            - ``significant``: ``adjusted_pvalue < alpha``, False for failed cells.

        Notes
        -----
        The p-values use moments of the null that are estimated from `n_permutations` permutations: with 20 the actual
        error rate may be a few times a small `alpha`. For a continuous y and few units it is many times as large: there
        most permuted estimates of :class:`~skib.mutual_info.Auto` are nearly 0 and some far above, of which 20 may show
        nothing. Pass ``n_permutations=100``, or :class:`~skib.mutual_info.KSG`.
        """
        check_is_fitted(self)
        if not 0 < alpha < 1:
            raise ValueError(f"alpha must lie between 0 and 1, got {alpha}")
        if not self.n_permutations:
            raise ValueError("n_permutations=0 leaves no null to compare with; fit again with n_permutations=20")
        return significance_table(self.results_, alpha)

    def _open(self, dump, y):
        """Open the dump and set the attributes that describe it; an array is validated like any other X."""
        if issparse(dump) or not isinstance(dump, (Dump, Mapping, str, os.PathLike)):  # some sparse arrays are mappings
            x = check_numeric(self, dump, y)
            if isinstance(dump, np.ndarray) and dump.dtype.kind == "f":
                x = x.astype(dump.dtype)  # the compressor needs the rounding of what was stored
            dump = {0: {"layer": x}, "ids": np.arange(len(x))}
        dump = open_dump(dump)
        self.epochs_, self.layers_, self.n_samples_ = dump.epochs, dump.layers, dump.n_samples
        return dump

    def _check_combinations(self, groups):
        if self.n_permutations == 1:
            raise ValueError("n_permutations=1 has no spread; pass 0 for no null, or at least 2")
        if self.checkpoint is not None and self.random_state is None:
            raise ValueError(
                "checkpoint needs a seed: with random_state=None the resumed run would draw other permutations; pass "
                "random_state=0"
            )
        if self.null == "noise" and (groups is not None or self.shuffle == "circular"):
            raise ValueError(
                "groups and shuffle='circular' concern permutations, and the rows of null='noise' are independent; "
                "pass null='permutation', or leave groups and shuffle out"
            )
        if self.conditional and self.shuffle == "circular":
            raise ValueError(
                "conditional=True permutes within the classes of y, and shuffle='circular' shifts the rows as one "
                "series; leave one of them out"
            )

    def _quantities(self, dump, y, X, groups):
        y, X = dump.y if y is None else y, dump.X if X is None else X
        about_y = about_target(self.estimator, y, dump.n_samples)
        about_x = about_input(self.input_estimator, X, dump.n_samples)
        self.estimator_, self.input_estimator_ = about_y.estimator, about_x.estimator
        self.target_entropy_ = target_entropy(y, dump.n_samples)
        given = [about_input_given_target(about_x, y, dump.n_samples)] if self.conditional else []
        return [with_null(q, dump.n_samples, groups, self.shuffle) for q in (about_y, about_x, *given)]

    def _null(self, groups):
        unit = "groups" if groups is not None else "rows" if self.shuffle == "rows" else "steps of the series"
        return Null(self.null, self.n_permutations, unit)

    def _rows(self, schedule, quantities, groups, null):
        """Return the rows of all cells, in the order of the dump; those of a checkpoint are not computed again."""
        # Cells limit BLAS themselves, wherever they run; to find its libraries each time takes milliseconds.
        with one_blas_thread(), self._store(schedule, quantities, groups) as store:
            todo = [key for key in schedule.dump.cells() if key not in store.finished]
            tasks = [
                (cell, quantities, null, self.confidence_level) for cell in schedule.cells(todo, n_jobs=self.n_jobs)
            ]
            foresight = Foresight(self, [cell.shape[1] for cell, *_ in tasks])

            def keep(i, rows):
                store.append(*todo[i], rows)
                foresight.see(rows)

            run_tasks(
                measure_cell,
                tasks,
                n_jobs=self.n_jobs,
                verbose=self.verbose,
                description="information plane",
                owner=self,
                on_result=keep,
            )
            return [row for key in schedule.dump.cells() for row in store.finished.get(key, [])]

    def _store(self, schedule, quantities, groups):
        if self.checkpoint is None:
            return MemoryStore()
        return Checkpoint(self.checkpoint, fingerprint(self, schedule, quantities, groups))

    def _report_failures(self, schedule, quantities):
        """Raise if a quantity failed in every cell; warn if any estimate failed."""
        failed = self.results_[self.results_["status"] == "failed"]
        if failed.empty:
            return
        first = failed.iloc[0]
        for quantity, rows in self.results_.groupby("quantity"):
            if (rows["status"] == "failed").all():
                _raise_again(schedule, next(q for q in quantities if q.name == quantity), rows.iloc[0])
        warn(
            f"{len(failed)} of {len(self.results_)} estimates failed, the first being {first['quantity']} of layer "
            f"{first['layer']!r} at epoch {first['epoch']} ({first['message']}); see the column 'message' of results_",
            UnreliableEstimateWarning,
        )


def _raise_again(schedule, quantity, row):
    """Fit the cell of a row once more in this process, to raise its error with traceback, and with the cell."""
    (cell,) = schedule.cells([(row["epoch"], row["layer"])])
    try:
        with collect_warnings():
            quantity.fit(quantity.estimator, cell.code()[1])
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{quantity.name} of layer {cell.layer!r} at epoch {cell.epoch}: {error}") from error
    raise ValueError(f"{quantity.name} failed in every cell, first with {row['message']}")
