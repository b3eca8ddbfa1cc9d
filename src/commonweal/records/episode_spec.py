"""What an agency declares about windows: whose intervals, how near, who wins a conflict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from commonweal.core.dates import Period
from commonweal.records.spec import Column, Condition, Source

RuleName = Literal["mode", "most_severe", "latest", "earliest", "any", "sum"]
ALWAYS: Mapping[str, Column] = {
    "records": Column(type="integer"),
    "ended_on": Column(type="date"),
    "days": Column(type="integer"),
}
"""Columns every window has: how many records it holds, its last day (missing while it is open),
and its length in days, first and last day included (missing while it is open)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """How one column of a window is settled where its records differ. Missing values never count.

    Parameters
    ----------
    rule
        ``mode``: the commonest value, among equals that of the latest record. ``most_severe``: the
        last in `order`. ``latest``, ``earliest``: of the record that occurred last or first; on
        one day the one known later or earlier counts, then the record id. ``any``: whether any
        is true. ``sum``: the values added up.
    order
        For ``most_severe``: every allowed value, the least severe first.
    """

    rule: RuleName
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeSpec:
    """Overlapping or near records of one entity, consolidated into windows.

    Parameters
    ----------
    of
        The source whose records are the intervals. An interval begins on the day its record
        occurred.
    ends
        Date column of that source: the interval's last day, which belongs to it. It counts once
        it has come and is known; until then, and where it is missing, the interval is open and
        overlaps all that begins later.
    gap
        Two intervals are of one window also where the later begins at most this long after the
        earlier's last day. Without it they must share a day: one that begins on the day another
        ends does, one that begins a day later does not.
    columns
        Columns of the source that a window has, and the rule that settles each. Beside them
        every window has `records` (how many it holds), `ended_on` and `days` (its length), the
        last two missing while it is open.
    groups
        Named, possibly overlapping groups of windows, by conditions on a window's columns.
    role
        The entity's part in a window; the source's role where none is given.
    """

    of: str
    ends: str
    gap: Period | None = None
    columns: Mapping[str, Resolution] = field(default_factory=dict)
    groups: Mapping[str, Condition] = field(default_factory=dict)
    role: str | None = None


def source_of(spec: EpisodeSpec, sources: Mapping[str, Source]) -> Source:
    """Return the declaration of the windows as a source of events.

    None of its columns is decided later: each row is one version of a window and holds what was
    known while it stood, so `History` shows it as it is.
    """
    origin = sources[spec.of]
    columns = {
        name: replace(origin.columns[name], decided_on=None, required=False, min=None, max=None)
        for name in spec.columns
        if name in origin.columns
    }
    return Source(
        table=origin.table, entity=origin.entity, occurred_on=origin.occurred_on,
        known_on=origin.known_on, role=spec.role or origin.role, columns={**columns, **ALWAYS},
        groups=spec.groups, covers_from=origin.covers_from,
    )  # fmt: skip


def with_episodes(
    sources: Mapping[str, Source], episodes: Mapping[str, EpisodeSpec]
) -> Mapping[str, Source]:
    """Return the sources and, beside them, the windows made of them."""
    made = {name: source_of(spec, sources) for name, spec in episodes.items() if spec.of in sources}
    return {**sources, **made}


def unsettled(spec: EpisodeSpec, sources: Mapping[str, Source]) -> frozenset[str]:
    """Return the columns of a window whose value is expected to change while it lasts."""
    later = sources[spec.of].decided() if spec.of in sources else ()
    return frozenset(ALWAYS) | (frozenset(spec.columns) & frozenset(later))
