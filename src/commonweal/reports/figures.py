"""Looking up the figures of one as-of date by what they are about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from commonweal.core.results import Metric

About = tuple[str, str | None, str | None, str | None, str | None, str | None]
"""Metric, model, group, outcome, variant, and what it is compared with."""
Key = tuple[int | None, About]


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one as-of date; made by `of`.

    Parameters
    ----------
    by_key
        Cut-off and what it is about -> figure.
    by_subject
        What they are about -> figures, ascending by k.
    groups
        Every group named by a figure, in the order first met.
    """

    by_key: Mapping[Key, Metric]
    by_subject: Mapping[About, tuple[Metric, ...]]
    groups: tuple[str, ...]

    @classmethod
    def of(cls, metrics: Iterable[Metric], as_of: date | None) -> Figures:
        """Index the figures of `as_of`; of two that are about the same, the first counts."""
        by_key: dict[Key, Metric] = {}
        by_subject: dict[About, list[Metric]] = {}
        for m in metrics:
            about = (m.metric, m.model, m.group, m.outcome, m.variant, m.against)
            if m.as_of == as_of and (m.k, about) not in by_key:
                by_key[m.k, about] = m
                by_subject.setdefault(about, []).append(m)
        ordered = {
            subject: tuple(sorted(found, key=lambda m: m.k or 0))
            for subject, found in by_subject.items()
        }
        groups = dict.fromkeys(m.group for m in by_key.values() if m.group is not None)
        return cls(by_key, ordered, tuple(groups))

    def one(
        self, metric: str, *, model: str, k: int | None = None, group: str | None = None,
        outcome: str | None = None, variant: str | None = None, against: str | None = None,
    ) -> Metric | None:  # fmt: skip
        """Return the figure about exactly this, or None where it was not published."""
        return self.by_key.get((k, (metric, model, group, outcome, variant, against)))

    def many(
        self, metric: str, *, model: str, group: str | None = None, outcome: str | None = None,
        variant: str | None = None, against: str | None = None,
    ) -> tuple[Metric, ...]:  # fmt: skip
        """Return the figures at every published cut-off, ascending by k."""
        return self.by_subject.get((metric, model, group, outcome, variant, against), ())

    def cutoffs(self, metric: str, *, model: str, group: str | None = None) -> tuple[int, ...]:
        """Return the cut-offs at which a figure was published, ascending."""
        found = self.many(metric, model=model, group=group)
        return tuple(m.k for m in found if m.k is not None)

    def groups_of(self, attribute: str, *, model: str) -> tuple[str, ...]:
        """Return the groups of an attribute that any figure of the model is about."""
        held = {
            about[2] for about in self.by_subject
            if about[1] == model and not about[0].startswith("crossing.")
        }  # fmt: skip
        return tuple(g for g in self.groups if g.startswith(f"{attribute}=") and g in held)


def nearest(k: int, published: Iterable[int], within: float | None = None) -> int | None:
    """Return the published cut-off nearest to `k`, the smaller of two equally near.

    Parameters
    ----------
    k
        The cut-off wanted.
    published
        Those there are.
    within
        Largest distance accepted, as a share of `k`; any where none is given.
    """
    found = min(published, key=lambda p: (abs(p - k), p), default=None)
    if found is None or (within is not None and abs(found - k) > within * k):
        return None
    return found


def dates(metrics: Iterable[Metric]) -> tuple[date, ...]:
    """Return the as-of dates at which a model was measured, ascending."""
    return tuple(sorted({m.as_of for m in metrics if m.as_of is not None and m.model}))
