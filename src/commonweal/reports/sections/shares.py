"""Who makes up the list, against who makes up the cohort."""

from __future__ import annotations

from dataclasses import dataclass

from commonweal.core.results import Metric
from commonweal.reports.figures import nearest
from commonweal.reports.reading import Reading
from commonweal.reports.words import UNPUBLISHED, counted, listed, number, percent, size, span

_EXPECTED = 5


@dataclass(frozen=True, slots=True)
class Share:
    """A group's shares of the list, the cohort and those with the outcome."""

    group: str
    top: Metric
    cohort: Metric
    positives: Metric | None

    def differs(self) -> int:
        """Return 1 or -1 where the interval of its share of the list excludes its cohort share.

        Where a list of this length drawn from the cohort at random would hold fewer than five
        of the group, nothing is said: the interval is too short there, and none of them is usual.
        """
        if self.cohort.value * self.top.n < _EXPECTED:
            return 0
        if self.top.low is not None and self.top.low > self.cohort.value:
            return 1
        if self.top.high is not None and self.top.high < self.cohort.value:
            return -1
        return 0

    def words(self) -> str:
        """Say the three shares."""
        positives = percent(self.positives.value) if self.positives else UNPUBLISHED
        interval = f" ({span(self.top)})" if span(self.top) else ""
        return (
            f"{self.group}, {percent(self.top.value)}{interval} of the list, "
            f"{percent(self.cohort.value)} of the cohort, {positives} of those with the outcome"
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """The shares by one attribute at one cut-off."""

    attribute: str
    k: int
    shares: tuple[Share, ...]

    def sentence(self) -> str:
        """Say which groups are a larger or smaller part of the list than of the cohort."""
        more = [s.words() for s in self.shares if s.differs() > 0]
        fewer = [s.words() for s in self.shares if s.differs() < 0]
        where = f"By {self.attribute}, in the top {number(self.k)} ({size(self.k)})"
        if not more and not fewer:
            groups = counted(len(self.shares), "group")
            return (
                f"{where}: none of the {groups} shown is a larger or smaller part of the list than "
                "of the cohort by more than its interval."
            )
        said = [f"a larger part than of the cohort: {listed(more)}"] if more else []
        said += [f"a smaller part than of the cohort: {listed(fewer)}"] if fewer else []
        return f"{where}, {'; '.join(said)}."


def cutoff(reading: Reading, attribute: str) -> int | None:
    """Return the cut-off nearest to the capacity at which an attribute's shares are published."""
    figures, model = reading.figures, reading.headline
    groups = names(reading, attribute)
    ks = {k for g in groups for k in figures.cutoffs("composition.top", model=model, group=g)}
    return nearest(reading.content.capacity.k, ks)


def standing(reading: Reading, attribute: str) -> Standing | None:
    """Read an attribute's shares; None where they are not published."""
    k = cutoff(reading, attribute)
    if k is None:
        return None
    figures, model = reading.figures, reading.headline
    shares = []
    for group in names(reading, attribute):
        top = figures.one("composition.top", model=model, k=k, group=group)
        cohort = figures.one("composition.cohort", model=model, group=group)
        positives = figures.one("composition.positives", model=model, group=group)
        if top is not None and cohort is not None:
            shares.append(Share(label(attribute, group), top, cohort, positives))
    return Standing(attribute, k, tuple(shares)) if shares else None


def names(reading: Reading, attribute: str) -> tuple[str, ...]:
    """Return the groups an attribute's figures are about; age bands youngest first."""
    found = reading.figures.groups_of(attribute, model=reading.headline)
    if reading.content.protected[attribute].age_bands:
        young = [name for name in found if label(attribute, name).startswith("under ")]
        return (*young, *(name for name in found if name not in young))
    return found


def label(attribute: str, group: str) -> str:
    """Return the group's own name: ``BLACK`` of ``race=BLACK``."""
    return group.removeprefix(f"{attribute}=")
