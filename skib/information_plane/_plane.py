"""`InformationPlane`: every layer at every epoch, with errors, nulls and ceilings."""

import os
from collections.abc import Mapping
from numbers import Integral, Real

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skib._parallel import run_tasks
from skib._sklearn import CallbackSupportMixin, HasMethods, Interval, StrOptions, fit_context
from skib._statistics import holm_adjust
from skib._validation import check_numeric
from skib._warnings import UnreliableEstimateWarning, collect_warnings, warn
from skib.dumps import Dump, open_dump
from skib.information_plane._cell import Null, measure_cell
from skib.information_plane._checkpoint import Checkpoint, Kept
from skib.information_plane._fingerprint import fingerprint
from skib.information_plane._quantities import about_input, about_input_given_target, about_target, class_entropy
from skib.information_plane._results import ABOUT_Y, COLUMNS
from skib.information_plane._schedule import Schedule


class InformationPlane(CallbackSupportMixin, BaseEstimator):
    r"""Mutual information of every layer of a network, at every epoch, with its target and with its input.

    .. math:: \big(I(X;T_{\ell,e}),\; I(T_{\ell,e};Y)\big) \quad \text{for every layer } \ell \text{ and epoch } e,

    each with a standard error, a null and the ceiling that the number of rows sets; if asked for, :math:`I(X;T \mid Y)`
    as well.

    Parameters
    ----------
    estimator : mutual-information estimator, default=None
        Of I(T;Y), called ``fit(T, y)``. None takes :class:`~skib.mutual_info.Ross` for classes (text, booleans, or
        whole numbers with at most ``sqrt(n_samples)`` levels), with ``marginals=None`` if there is a `compressor`, and
        :class:`~skib.mutual_info.Auto` for a continuous y, which is dozens of times slower than
        :class:`~skib.mutual_info.KSG`, but that loses a third of the information among 8 columns.
    input_estimator : mutual-information estimator, default=None
        Of I(X;T), called ``fit(T, X)``. None takes ``Binned(n_bins=30)``. An estimator that takes classes gets the
        input as one symbol per distinct row, as in [1]_; any other, and ``Auto``, gets the numeric X itself.
    compressor : transformer, default=None
        Applied to every layer first, and seen by both estimators in place of the layer: anything with ``fit`` and
        ``transform``, such as ``PCA(8)`` or a pipeline. It sees activations alone, never y. What it loses is missing
        from both quantities, which are lower bounds then; what it keeps too much of is noise to the estimators. Layers
        with no more units than its ``n_components`` are left as they are, and so are constant ones.
    compressor_fit : {"each", "last"}, default="each"
        Whether the compressor is fitted anew in each cell, or to each layer at its last epoch and then frozen. "each"
        follows the layer where its variance goes; under "last" the code of a row changes from epoch to epoch because
        its activations do, but variance that was lost by the last epoch is never seen.
    conditional : bool, default=False
        Whether to estimate I(X;T|Y), too, with `input_estimator`: what the layer keeps of the input beyond the target.
        Estimators of symbols condition on y. Those of numbers are fitted within the classes and averaged, or condition
        on a continuous y.
    null : {"permutation", "noise"}, default="permutation"
        Layers that know nothing: the same with the target shuffled (for I(X;T|Y), within the classes of y), or Gaussian
        noise of the same mean and covariance, which leaves all labels out. The noise tells how far I(X;T) of a layer
        with distinct inputs is from that of a structureless one, where shuffling has nothing to say.
    n_permutations : int, default=20
        Such layers per estimate: 0, or at least 2. 0 saves the time of all those estimates, but then nothing tells
        information from bias.
    confidence_level : float, default=0.95
        Nominal coverage of the intervals.
    checkpoint : path, default=None
        File that keeps every cell as soon as it is finished. A run that finds its cells there does not compute them
        again, failed ones included, and has the same bits as one that was never interrupted. The file of a run with
        other parameters or data is refused; a dump may have gained epochs since. Needs a `random_state`.
    n_jobs : int, default=None
        Cells (one layer at one epoch) computed at once: threads, unless the user opened
        ``joblib.parallel_config`` with another backend, whose workers then read the dump themselves, by path.
    random_state : int, RandomState or None, default=None
        Seed of the permutations, and of compressors and estimators whose own ``random_state`` is None. What is drawn in
        a cell follows from the seed, its epoch and the name of its layer alone, so that a row is the same for every
        `n_jobs` and whatever other cells the dump has (of the epochs, ``compressor_fit="last"`` minds the last).
    verbose : int, default=0
        Above 0, show progress where ``rich`` is installed.

    Attributes
    ----------
    results_ : DataFrame
        Two or three rows per cell, informations in nats. ``epoch``, ``layer``, ``quantity`` ("I(T;Y)", "I(X;T)" or
        "I(X;T|Y)"), ``estimator`` (with its noise or bin model) and ``compressor`` ("none", or with the epoch that it
        was fitted at, if frozen) say what was estimated; ``mutual_info``, ``std_error``, ``ci_low`` and ``ci_high``
        (normal interval) how much; ``null_mean``, ``null_std`` and ``pvalue`` what remains in layers that know nothing
        (``pvalue`` is :attr:`skib.mutual_info.PermutationTest.tail_p_value`: a p-value that cannot fall below
        ``1 / (1 + n_permutations)`` would survive no correction for many cells); ``ceiling`` and ``saturated`` whether
        the number of rows is the limit; ``n_samples`` and ``n_units`` the shape; ``status`` ("ok", "warning" or "failed"),
        ``warnings`` (names of their classes, comma-separated), ``message`` (their texts, or the error) and ``seconds``
        how it went. Values of failed rows are NaN.
    estimator_, input_estimator_ : estimators
        The unfitted estimators that were used.
    target_entropy_ : float or None
        Plug-in H(Y), in nats, the ceiling of I(T;Y); None for a continuous y.
    epochs_ : tuple of int
        Epochs of the dump.
    layers_ : tuple of str
        Layers of the dump, in its order.
    n_samples_ : int
        Rows of every layer.
    n_features_in_, feature_names_in_ : int, ndarray
        Of a single array or frame given in place of a dump.

    Raises
    ------
    ValueError
        If there is no y, y or X have another number of rows than the dump, or either holds NaN; if `checkpoint` is the
        file of another run. If a quantity failed in every cell, the error of the first; `results_` is complete by then.

    Warns
    -----
    UnreliableEstimateWarning
        If some cells failed: how many, and which first. Warnings about single estimates go to ``message``.

    See Also
    --------
    InformationPlaneDisplay : Draws the results.
    skib.dumps.open_dump : What can be opened.

    Notes
    -----
    A network is a deterministic map, so I(X;T) of a continuous layer is infinite [2]_: the number reported depends on
    the bins, which is why the estimator is named in every row. If all inputs are distinct, binned I(X;T) is H(T) of
    the binned layer, shuffling the inputs cannot change it, and ``null_mean`` equals the estimate (``pvalue`` is 1).
    For input symbols ``ceiling`` is H(X), log(n_samples) if all differ, and ``saturated`` means near it.

    Binned estimates of I(T;Y) reach H(Y) for random labels on any layer of a few units; ``null_mean`` shows that, and
    an ``UnreliableEstimateWarning`` in the row of every estimate above 0.05 nats that is not told from its null
    (``pvalue > 1e-4``), or whose null exceeds 0.05 nats.

    With `conditional` and a continuous y only estimates for distinct inputs have a permutation null.

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

    _parameter_constraints = {
        "estimator": [HasMethods("fit"), None],
        "input_estimator": [HasMethods("fit"), None],
        "compressor": [HasMethods(["fit", "transform"]), None],
        "compressor_fit": [StrOptions({"each", "last"})],
        "conditional": ["boolean"],
        "null": [StrOptions({"permutation", "noise"})],
        "n_permutations": [Interval(Integral, 0, None, closed="left")],
        "confidence_level": [Interval(Real, 0, 1, closed="neither")],
        "checkpoint": [str, os.PathLike, None],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        estimator=None,
        input_estimator=None,
        *,
        compressor=None,
        compressor_fit="each",
        conditional=False,
        null="permutation",
        n_permutations=20,
        confidence_level=0.95,
        checkpoint=None,
        n_jobs=None,
        random_state=None,
        verbose=0,
    ):
        self.estimator = estimator
        self.input_estimator = input_estimator
        self.compressor = compressor
        self.compressor_fit = compressor_fit
        self.conditional = conditional
        self.null = null
        self.n_permutations = n_permutations
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
    def fit(self, dump, y=None, X=None):
        """Estimate all quantities in every cell.

        Parameters
        ----------
        dump : Dump, path, mapping or array-like of shape (n_samples, n_units)
            Activations: whatever :func:`~skib.dumps.open_dump` takes, or one array or frame, which is layer "layer"
            at epoch 0.
        y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None
            Labels or continuous targets; None takes those of the dump.
        X : array-like of shape (n_samples, ...), default=None
            Inputs of the network; None takes those of the dump. Where there are none, every row is its own input.

        Returns
        -------
        self : InformationPlane
        """
        self._check_combinations()
        dump = self._open(dump, y)
        quantities = self._quantities(dump, y, X)
        schedule = Schedule(dump, self.compressor, self.compressor_fit, self.random_state)
        self.results_ = pd.DataFrame(self._rows(schedule, quantities), columns=COLUMNS)
        self._report_failures(schedule, quantities)
        return self

    def significance(self, *, alpha=0.01):
        """Which cells have more I(T;Y) than their null, corrected for looking at all of them.

        Parameters
        ----------
        alpha : float, default=0.01
            Family-wise error rate: with no information anywhere, the chance that any cell is called significant.

        Returns
        -------
        cells : DataFrame
            A row per cell: ``epoch``, ``layer``, ``corrected`` (mutual_info - null_mean, in nats), ``pvalue``,
            ``adjusted_pvalue`` (Holm's step-down over all cells) and ``significant`` (adjusted_pvalue < alpha; False for failed
            cells).

        Notes
        -----
        The p-values assume a normal null, whose mean and variance `n_permutations` shuffles estimate: with 20 the
        actual error rate may be a few times a small `alpha`.
        """
        check_is_fitted(self)
        if not self.n_permutations:
            raise ValueError("n_permutations=0 leaves no null to compare with; fit again with n_permutations=20")
        rows = self.results_[self.results_["quantity"] == ABOUT_Y].reset_index(drop=True)
        adjusted_pvalue = holm_adjust(rows["pvalue"].to_numpy())
        return rows[["epoch", "layer"]].assign(
            corrected=rows["mutual_info"] - rows["null_mean"],
            pvalue=rows["pvalue"],
            adjusted_pvalue=adjusted_pvalue,
            significant=adjusted_pvalue < alpha,
        )

    def _open(self, dump, y):
        """The dump, and what it says of itself; an array is a dump of one cell, validated like any other X."""
        if issparse(dump) or not isinstance(dump, (Dump, Mapping, str, os.PathLike)):  # a sparse array may be a mapping
            x = check_numeric(self, dump, y)
            if isinstance(dump, np.ndarray) and dump.dtype.kind == "f":
                x = x.astype(dump.dtype)  # how finely it is rounded matters to a compressor
            dump = {0: {"layer": x}, "ids": np.arange(len(x))}
        dump = open_dump(dump)
        self.epochs_, self.layers_, self.n_samples_ = dump.epochs, dump.layers, dump.n_samples
        return dump

    def _check_combinations(self):
        if self.n_permutations == 1:
            raise ValueError("n_permutations=1 has no spread; pass 0 for no null, or at least 2")
        if self.checkpoint is not None and self.random_state is None:
            raise ValueError(
                "checkpoint needs a seed, for random_state=None draws other permutations when the run goes on; pass "
                "random_state=0"
            )

    def _quantities(self, dump, y, X):
        y, X = dump.y if y is None else y, dump.X if X is None else X
        about_y = about_target(self.estimator, y, dump.n_samples, compressed=self.compressor is not None)
        about_x = about_input(self.input_estimator, X, dump.n_samples)
        self.estimator_, self.input_estimator_ = about_y.estimator, about_x.estimator
        self.target_entropy_ = class_entropy(y, dump.n_samples)
        given = [about_input_given_target(about_x, y, dump.n_samples)] if self.conditional else []
        return [about_y, about_x, *given]

    def _rows(self, schedule, quantities):
        """The rows of all cells, in the order of the dump; those of a checkpoint are not computed again."""
        kept = (
            Kept() if self.checkpoint is None else Checkpoint(self.checkpoint, fingerprint(self, schedule, quantities))
        )
        with kept:
            todo = [key for key in schedule.dump.cells() if key not in kept.finished]
            null = Null(self.null, self.n_permutations)
            tasks = [
                (cell, quantities, null, self.confidence_level) for cell in schedule.cells(todo, n_jobs=self.n_jobs)
            ]
            run_tasks(
                measure_cell,
                tasks,
                n_jobs=self.n_jobs,
                verbose=self.verbose,
                description="information plane",
                owner=self,
                on_result=lambda i, rows: kept.append(*todo[i], rows),
            )
            return [row for key in schedule.dump.cells() for row in kept.finished.get(key, [])]

    def _report_failures(self, schedule, quantities):
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
    """Fit the cell of a row once more, here: its error comes with its own type and traceback from every backend."""
    (cell,) = schedule.cells([(row["epoch"], row["layer"])])
    with collect_warnings():
        quantity.fit(quantity.estimator, cell.code()[1])
    raise ValueError(f"{quantity.name} failed in every cell, first with {row['message']}")
