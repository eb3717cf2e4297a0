"""What a criterion and a stop see at a step of the greedy search: the terms of the candidates, and the step."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from skib._typing import Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skib.feature_selection._counts import Counts


class Terms(NamedTuple):
    r"""Information of candidates k about the target Y and the selected columns j, in nats.

    A criterion of your own is a function of them: ``criterion=lambda terms: terms.relevance - terms.redundancy``. All
    are arrays of shape (n_candidates,), but for the number of selected columns. The first column is the one of most
    relevance for every criterion, so that at least one column is selected when a criterion is called. Terms that the
    estimator of the selector does not estimate are NaN, as are those but the relevance for the criterion ``"mim"``.

    Attributes
    ----------
    relevance : ndarray
        :math:`I(X_k;Y)`.
    redundancy : ndarray
        :math:`\sum_j I(X_k;X_j)`.
    conditional_redundancy : ndarray
        :math:`\sum_j I(X_k;X_j|Y)`.
    excess_redundancy : ndarray
        :math:`\sum_j \max(0, I(X_k;X_j) - I(X_k;X_j|Y))`.
    symmetrical_relevance : ndarray
        :math:`\sum_j I(X_k,X_j;Y) / H(X_k,X_j,Y)`.
    min_conditional : ndarray
        :math:`\min_j I(X_k;Y|X_j)`.
    min_joint : ndarray
        :math:`\min_j I(X_k,X_j;Y)`.
    min_symmetrical : ndarray
        :math:`\min_j I(X_k,X_j;Y) / H(X_k,X_j,Y)`.
    conditional : ndarray
        :math:`I(X_k;Y|S)` given all selected columns S jointly. NaN, but for the criterion ``"cmi"``.
    n_selected : int
        Number of selected columns.
    """

    relevance: Floats
    redundancy: Floats
    conditional_redundancy: Floats
    excess_redundancy: Floats
    symmetrical_relevance: Floats
    min_conditional: Floats
    min_joint: Floats
    min_symmetrical: Floats
    conditional: Floats
    n_selected: int


class Tests(NamedTuple):
    """Information of the best candidates about Y given each selected column, and the degrees of freedom of each."""

    information: Floats
    dof: Floats


class Step(NamedTuple):
    """What the greedy search knows before it takes its best candidates.

    Its columns are numbered among those that may be selected: excluded ones are left out, and a group is one.

    Attributes
    ----------
    counts : Counts or None
        The joint entropies of columns, without corrections; None for estimates whose distribution is not known.
    selected : tuple of int
        The columns that are selected, in order.
    best : tuple of int
        The columns to take now: one, or two for a start with a pair.
    candidates : ndarray of shape (n_candidates,)
        The columns that may be taken, `best` among them.
    n_choices : int
        Number of the choices of which `best` is one: of candidates that are not constant, or of pairs of them.
    terms : Terms
        The terms of the candidates.
    scores : ndarray of shape (n_candidates,) or None
        Their scores; None for a start with a pair.
    score : float
        The score of `best`.
    past_scores : tuple of float
        The scores of the picks before.
    """

    counts: "Counts | None"
    selected: tuple[int, ...]
    best: tuple[int, ...]
    candidates: "NDArray[np.intp]"
    n_choices: int
    terms: Terms
    scores: Floats | None
    score: float
    past_scores: tuple[float, ...]

    @property
    def contexts(self) -> list[tuple[int, ...]]:
        """The columns given which the best candidates are tested: none, and each selected one."""
        return [(), *((j,) for j in self.selected)]

    def taking(self, candidate: int) -> "Step":
        """Return the step with another candidate for the best one.

        Parameters
        ----------
        candidate : int
            The column, one of `candidates`.

        Returns
        -------
        step : Step
            The step, of which everything else is the same.
        """
        place = int(np.flatnonzero(self.candidates == candidate)[0])
        return self._replace(best=(candidate,), score=float(self.scores[place]))

    def tests(self) -> Tests:
        """Compute I(best;Y), and I(best;Y|j) for each selected column j.

        Returns
        -------
        tests : Tests
            A named tuple of two arrays: the information in nats, and its degrees of freedom.
        """
        results = [self._test(context) for context in self.contexts]
        return Tests(*(np.array(part) for part in zip(*results, strict=True)))

    def _test(self, context):
        """Sum over the columns of `best` by the chain rule."""
        information = dof = 0.0
        for k in self.best:
            joint = self.counts.joint(context, np.array([k]))
            information += joint.information[0]
            dof += joint.dof[0]
            context = (*context, k)
        return information, dof


class Decision(NamedTuple):
    """What a stop returns of a step: ``stop.decide(step)``.

    Attributes
    ----------
    reason : str or None
        Why to stop before the best candidates are taken; None takes them.
    pvalue : float, default=nan
        Their p-value, of a stop that is a test.
    instead : int or None, default=None
        The candidate to take in place of the best one, whose p-value it is then.
    """

    reason: str | None
    pvalue: float = np.nan
    instead: int | None = None
