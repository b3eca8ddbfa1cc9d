"""Error rates of a list by group, and how far groups differ in them: measures, never a verdict."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from commonweal.core.errors import DataError, problem
from commonweal.evaluation.people import (
    Groups,
    Labels,
    groups_of,
    labels_of,
    same_length,
    scores_of,
)
from commonweal.evaluation.people import People as Ranked
from commonweal.evaluation.pictures import rungs
from commonweal.evaluation.proportions import Z, holm, newcombe, two_shares, two_sided, wilson
from commonweal.evaluation.ranking import Floats
from commonweal.evaluation.tallies import OTHERS, Tally, tallies_of, together

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

GAP = "calibration_gap"
COMPARED = ("selection_rate", "false_discovery", "false_negative", "false_positive", GAP)
"""What groups are compared in; precision and recall are 1 less two of these."""
SAID = {
    "selection_rate": "selection rate", "false_discovery": "false discovery rate",
    "false_negative": "false negative rate", "false_positive": "false positive rate",
    "precision": "precision", "recall": "recall", GAP: "calibration gap",
}  # fmt: skip
CAUTION = (
    "No measure decides whether a list is fair, and where groups differ in how many have the "
    "outcome, several of these cannot be equal at once."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measure of one group: a share of n people, or a mean over n people."""

    attribute: str
    group: str
    measure: str
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A group's measure less that of those it is compared with.

    Parameters
    ----------
    attribute, group, against, measure
        What is compared.
    value, low, high
        The difference and its 95% interval.
    n, n_against
        People the two measures are about.
    p, p_adjusted
        Two-sided p-value of no difference, and the same with Holm's adjustment for all
        comparisons made together.
    """

    attribute: str
    group: str
    against: str
    measure: str
    value: float
    low: float
    high: float
    n: int
    n_against: int
    p: float
    p_adjusted: float


@dataclass(frozen=True, slots=True)
class Fairness:
    """Error rates by group; made by `fairness`.

    Parameters
    ----------
    tallies
        Counts of every group of every attribute.
    references
        Attribute -> group the others are compared with.
    """

    tallies: tuple[Tally, ...]
    references: Mapping[str, str]

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Every measure that is defined: none is a share of nobody."""
        found = []
        for tally in self.tallies:
            found += [m for name in SAID if name != GAP if (m := _share(tally, name))]
            gap = _gap(tally)
            found += [gap] if gap else []
        return tuple(found)

    def differences(self, reference: str | Mapping[str, str] | None = None) -> Differences:
        """Compare every group with a reference.

        Estimated: the group's measure less the reference's, with Newcombe's interval for two
        shares of different people, and the p-value of the pooled z-test. For the calibration
        gap: the difference of two means, with the normal interval and z-test. The interval and
        the test are two approximations: close to .05 they may differ. Precision and recall are 1
        less the false discovery and the false negative rate, and so are their differences.

        Parameters
        ----------
        reference
            A group, or attribute -> group, or ``everyone else``; where None, what `fairness`
            was told: the largest group unless it was told another.

        Raises
        ------
        DataError
            If there is no such group.
        """
        references = self.references
        if reference is not None:
            references = _references(self.tallies, reference)
        found = [
            d
            for tally in self.tallies
            for other in [self._reference(tally, references.get(tally.attribute))]
            if other is not None
            for name in COMPARED
            if (d := _difference(tally, other, name))
        ]
        adjusted = holm([d.p for d in found])
        return Differences(
            tuple(replace(d, p_adjusted=p) for d, p in zip(found, adjusted, strict=True))
        )

    def _reference(self, tally: Tally, name: str | None) -> Tally | None:
        mine = [t for t in self.tallies if t.attribute == tally.attribute]
        if name == OTHERS:
            return together(mine).without(tally) if len(mine) > 1 else None
        return next((t for t in mine if t.group == name != tally.group), None)

    def frame(self) -> pd.DataFrame:
        """Return a row a measure: attribute, group, measure, value, low, high and n."""
        import pandas as pd

        return pd.DataFrame([asdict(m) for m in self.measures])

    def plot(self) -> alt.LayerChart:
        """Draw every measure of every group with its interval."""
        several = len(self.references) > 1
        rows = [
            {**asdict(m), "measure": SAID[m.measure] + (f", {m.attribute}" if several else "")}
            for m in self.measures
        ]
        return rungs(rows, ("value", "with 95% interval"), ("measure", ""), ("group", "group"))

    def sentence(self) -> str:
        """Say the error rates of the groups, and that they are no verdict."""
        said = []
        for attribute in self.references:
            for name in ("false_positive", "false_negative", "false_discovery"):
                mine = [m for m in self.measures
                        if m.attribute == attribute and m.measure == name]  # fmt: skip
                each = [f"{m.group} {m.value:.1%} ({m.low:.1%} to {m.high:.1%}, n = {m.n:,})"
                        for m in mine]  # fmt: skip
                said += [f"{SAID[name]} by {attribute}: {', '.join(each)}"] if each else []
        text = "; ".join(said)
        return f"{text[:1].upper()}{text[1:]}. {CAUTION}" if text else CAUTION


@dataclass(frozen=True, slots=True)
class Differences:
    """Differences between groups; made by `Fairness.differences`."""

    found: tuple[Difference, ...]

    def __iter__(self) -> Any:
        """Go through the differences."""
        return iter(self.found)

    def __len__(self) -> int:
        """Return how many comparisons were made."""
        return len(self.found)

    def frame(self) -> pd.DataFrame:
        """Return a row a comparison."""
        import pandas as pd

        return pd.DataFrame([asdict(d) for d in self.found])

    def plot(self) -> alt.LayerChart:
        """Draw every difference with its interval; 0 is no difference."""
        rows = [{**asdict(d), "measure": SAID[d.measure], "who": f"{d.group} less {d.against}"}
                for d in self.found]  # fmt: skip
        return rungs(rows, ("value", "difference, 95% interval"), ("measure", ""), ("who", "who"))

    def sentence(self) -> str:
        """Say which differences are larger than chance explains, of how many, and which test."""
        large = [d for d in self.found if d.p_adjusted < 0.05]
        each = [
            f"{SAID[d.measure]} of {d.group} less that of {d.against} {100 * d.value:+.1f} points "
            f"({100 * d.low:+.1f} to {100 * d.high:+.1f}; n = {d.n:,} and {d.n_against:,})"
            for d in large
        ]
        many = f"{len(self.found)} comparison{'' if len(self.found) == 1 else 's'}"
        listed = f": {'; '.join(each)}" if each else ""
        return (
            f"Of {many} (z-tests, Holm's adjustment at .05), {len(large)} found a "
            f"difference{listed}. {CAUTION}"
        )


def fairness(
    labels: Any, chosen: Any, groups: Any, *, scores: Any = None,
    reference: str | Mapping[str, str] | None = None, ids: Iterable[Any] | None = None,
) -> Fairness:  # fmt: skip
    """Measure a list by group.

    Estimated for each group: selection rate (chosen, of the group); false discovery rate (did
    not have the outcome, of those chosen) and precision; false negative rate (not chosen, of
    those with the outcome) and recall; false positive rate (chosen, of those without); where
    scores are probabilities the calibration gap (mean prediction less base rate). Each share has
    Wilson's 95% interval, the gap a normal one; people are taken to be independent, and who is
    chosen to be given: what the cut-off would be in another sample is not asked.

    Parameters
    ----------
    labels
        0 or 1, shape (n,).
    chosen
        Whether each person is chosen, shape (n,); or a whole number k: the k people of the
        highest scores. Of equal scores at k each has the same chance to be chosen.
    groups
        A column of groups, or attribute -> column, or a data frame.
    scores
        Numbers, shape (n,); needed with k. They are taken for probabilities if all lie between
        0 and 1.
    reference
        The group that others are compared with, or attribute -> group, or ``everyone else``;
        the largest of each attribute where none is given.
    ids
        An id a person, so that not even last digits depend on the order of rows.

    Raises
    ------
    DataError
        If values are missing or of other lengths, k is out of range, or there is no such group.

    References
    ----------
    Larson et al. 2016 (ProPublica) compare false positive and false negative rates. Chouldechova
    2017 and Kleinberg, Mullainathan and Raghavan 2017 show that with different base rates these,
    precision and calibration cannot all be equal.
    """
    outcome = labels_of(labels)
    values = None if scores is None else scores_of(scores)
    if values is not None:
        same_length(len(outcome), scores=len(values))
    named = groups_of(groups, len(outcome))
    if isinstance(chosen, (int, np.integer)) and not isinstance(chosen, bool):
        inside = _top(outcome, values, int(chosen), ids)
    else:
        inside = labels_of(chosen, "chosen").astype(np.float64)
        same_length(len(outcome), chosen=len(inside))
    probable = values is not None and bool(((values >= 0) & (values <= 1)).all())
    return measured(outcome, inside, named, values if probable else None, reference)


def measured(
    labels: Labels, inside: Floats, groups: Mapping[str, Groups], scores: Floats | None,
    reference: str | Mapping[str, str] | None = None,
) -> Fairness:  # fmt: skip
    """Measure a list given everybody's chance to be on it; scores only where probabilities."""
    tallies = tuple(
        t for name, of in groups.items() for t in tallies_of(labels, inside, name, of, scores)
    )
    return Fairness(tallies, _references(tallies, reference))


def _top(labels: Labels, scores: Floats | None, k: int, ids: Iterable[Any] | None) -> Floats:
    """Return each person's chance to be among the k with the highest scores."""
    if scores is None:
        raise problem(DataError, "scores", "are missing", "give scores where chosen is a number")
    if not 1 <= k <= len(labels):
        mend = f"use 1 to {len(labels):,}, or say of each person whether they are chosen"
        raise problem(DataError, "chosen", f"is {k:,} of {len(labels):,} people", mend)
    ranking = Ranked.of(labels, scores, ids).ranking
    inside = np.empty(ranking.n)
    inside[ranking.order] = ranking.inclusion(k)
    return inside


def _references(tallies: Iterable[Tally], wanted: str | Mapping[str, str] | None) -> dict[str, str]:
    """Return attribute -> reference group."""
    names: dict[str, list[Tally]] = {}
    for tally in tallies:
        names.setdefault(tally.attribute, []).append(tally)
    found = {a: max(mine, key=lambda t: t.people).group for a, mine in names.items()}
    if wanted is None:
        return found
    given = dict.fromkeys(names, wanted) if isinstance(wanted, str) else dict(wanted)
    for attribute, group in given.items():
        held = [t.group for t in names.get(attribute, [])]
        if group != OTHERS and group not in held:
            mend = f"there are: {', '.join(held) or ', '.join(names)}"
            raise problem(DataError, "reference", f"{attribute} has no group {group!r}", mend)
    return found | given


def _share(tally: Tally, measure: str) -> Measure | None:
    count, of = tally.share(measure)
    if of <= 0:
        return None
    low, high = wilson(count, of)
    return Measure(attribute=tally.attribute, group=tally.group, measure=measure,
                   value=count / of, low=low, high=high, n=round(of))  # fmt: skip


def _gap(tally: Tally) -> Measure | None:
    if tally.gap is None or tally.spread is None or tally.people < 2:
        return None
    half = Z * math.sqrt(tally.spread / tally.people)
    return Measure(attribute=tally.attribute, group=tally.group, measure=GAP, value=tally.gap,
                   low=tally.gap - half, high=tally.gap + half, n=round(tally.people))  # fmt: skip


def _difference(tally: Tally, other: Tally, measure: str) -> Difference | None:
    if measure == GAP:
        return _gap_difference(tally, other)
    mine, theirs = tally.share(measure), other.share(measure)
    if mine[1] <= 0 or theirs[1] <= 0:
        return None
    value, low, high = newcombe(mine, theirs)
    return _compared(tally, other, measure, (value, low, high), (mine[1], theirs[1]),
                     two_shares(mine, theirs))  # fmt: skip


def _gap_difference(tally: Tally, other: Tally) -> Difference | None:
    if _gap(tally) is None or _gap(other) is None:
        return None
    assert tally.gap is not None
    assert other.gap is not None
    value = tally.gap - other.gap
    variance = (tally.spread or 0.0) / tally.people + (other.spread or 0.0) / other.people
    error = math.sqrt(variance)
    p = two_sided(value / error) if error else float(value == 0)
    interval = (value, value - Z * error, value + Z * error)
    return _compared(tally, other, GAP, interval, (tally.people, other.people), p)


def _compared(
    tally: Tally, other: Tally, measure: str, interval: tuple[float, float, float],
    sizes: tuple[float, float], p: float,
) -> Difference:  # fmt: skip
    value, low, high = interval
    return Difference(
        attribute=tally.attribute, group=tally.group, against=other.group, measure=measure,
        value=value, low=low, high=high, n=round(sizes[0]), n_against=round(sizes[1]),
        p=p, p_adjusted=p,
    )  # fmt: skip
