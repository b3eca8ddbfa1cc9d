"""Intervals for tests, and what their windows are: slowly, by definition, one day at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from commonweal.core.dates import Period
from commonweal.records.episode_spec import EpisodeSpec, Resolution

ORIGIN = date(1969, 12, 20)
"""Days of tests are counted from here: some lie before 1970, where day numbers are negative."""
LEVELS = ("low", "middle", "high")
RULES = {
    "sex": Resolution(rule="mode"),
    "level": Resolution(rule="most_severe", order=LEVELS),
    "unit": Resolution(rule="latest"),
    "first_unit": Resolution(rule="earliest"),
    "hurt": Resolution(rule="any"),
    "cost": Resolution(rule="sum"),
}
TYPES = {
    "sex": pa.string(), "level": pa.string(), "unit": pa.string(), "first_unit": pa.string(),
    "hurt": pa.bool_(), "cost": pa.int64(),
}  # fmt: skip


@dataclass(frozen=True)
class Record:
    """One interval; days are counted from `ORIGIN`.

    `level` is decided on `level_known`, `end` is known on `end_known`; None: never.
    """

    name: str
    entity: str = "a"
    start: int = 0
    known: int = 0
    end: int | None = None
    end_known: int | None = None
    sex: str | None = None
    level: str | None = None
    level_known: int | None = None
    unit: str | None = None
    hurt: bool | None = None
    cost: int | None = None


def day(number: int | None) -> date | None:
    return None if number is None else ORIGIN + timedelta(days=number)


def spec(gap: str | None = None, **columns: Resolution) -> EpisodeSpec:
    return EpisodeSpec(
        of="case", ends="end", gap=Period.parse(gap) if gap else None, columns=columns or RULES
    )


def table(records: Sequence[Record]) -> pa.Table:
    """The events of these records, as `assemble_source` would return them."""
    columns: dict[str, Any] = {
        "record_id": pa.array([r.name for r in records], pa.string()),
        "event_id": pa.array([r.name for r in records], pa.string()),
        "entity_id": pa.array([r.entity for r in records], pa.string()),
        "role": pa.array(["child"] * len(records), pa.string()),
    }
    dated = {
        "occurred_on": [r.start for r in records], "known_on": [r.known for r in records],
        "end": [r.end for r in records], "end__known_on": [r.end_known for r in records],
        "level__known_on": [r.level_known for r in records],
    }  # fmt: skip
    columns |= {n: pa.array([day(x) for x in days], pa.date32()) for n, days in dated.items()}
    for name, kind in TYPES.items():
        held = "unit" if name == "first_unit" else name
        columns[name] = pa.array([getattr(r, held) for r in records], kind)
    return pa.table(columns)


def ended(record: Record, as_of: int) -> int | None:
    """The record's last day, where it has come and is known before a day."""
    if record.end is None or record.end_known is None:
        return None
    end = max(record.end, record.start)
    return end if max(end, record.known, record.end_known) < as_of else None


def together(records: Sequence[Record], as_of: int, gap: str | None) -> list[list[Record]]:
    """Windows as sets of records that reach each other, by going through all pairs."""
    found: list[list[Record]] = []
    for record in records:
        meeting = [w for w in found if any(_meet(record, other, as_of, gap) for other in w)]
        found = [w for w in found if w not in meeting]
        found.append([record, *(other for w in meeting for other in w)])
    return found


def _meet(one: Record, other: Record, as_of: int, gap: str | None) -> bool:
    if one.entity != other.entity:
        return False
    first, second = sorted((one, other), key=lambda r: r.start)
    end = ended(first, as_of)
    if end is None:
        return True
    last = day(end)
    assert last is not None
    reach = Period.parse(gap).after(last) if gap else last
    start = day(second.start)
    assert start is not None
    return start <= reach


def snapshot(
    records: Sequence[Record], as_of: int, gap: str | None = None
) -> dict[tuple[str, date], dict[str, Any]]:
    """What is known of every window before a day: (entity, first day) -> its columns."""
    known = [r for r in records if r.known < as_of]
    found = {}
    for window in together(known, as_of, gap):
        held = sorted(window, key=lambda r: (r.start, r.known, r.name))
        first = day(held[0].start)
        assert first is not None
        found[held[0].entity, first] = _columns(held, as_of)
    return found


def _columns(held: Sequence[Record], as_of: int) -> dict[str, Any]:
    ends = [ended(r, as_of) for r in held]
    last = None if None in ends else max(e for e in ends if e is not None)
    sexes = [r.sex for r in held if r.sex is not None]
    most = max(Counter(sexes).values(), default=0)
    common = [sex for sex in sexes if Counter(sexes)[sex] == most]
    levels = [
        r.level for r in held
        if r.level is not None and r.level_known is not None
        and max(r.level_known, r.known) < as_of
    ]  # fmt: skip
    units = [r.unit for r in held if r.unit is not None]
    hurt = [r.hurt for r in held if r.hurt is not None]
    costs = [r.cost for r in held if r.cost is not None]
    return {
        "sex": common[-1] if common else None,
        "level": max(levels, key=LEVELS.index) if levels else None,
        "unit": units[-1] if units else None,
        "first_unit": units[0] if units else None,
        "hurt": any(hurt) if hurt else None,
        "cost": sum(costs) if costs else None,
        "records": len(held),
        "ended_on": day(last),
        "days": None if last is None else last - held[0].start + 1,
    }


def reference(
    records: Sequence[Record], as_of: int, gap: str | None = None
) -> dict[tuple[str, date], dict[str, Any]]:
    """`snapshot`, with the day since which each window is known as it stands."""
    now = snapshot(records, as_of, gap)
    since = dict.fromkeys(now, as_of - 1)
    still = set(now)
    before = as_of - 1
    while still:
        then = snapshot(records, before, gap)
        still = {window for window in still if then.get(window) == now[window]}
        before -= 1
        for window in still:
            since[window] = before
    return {window: {**now[window], "known_on": day(since[window])} for window in now}


def read(windows: pa.Table) -> dict[tuple[str, date], dict[str, Any]]:
    """A table of windows in the form of `reference`."""
    left_out = ("record_id", "event_id", "entity_id", "role", "occurred_on")
    found = {
        (row["entity_id"], row["occurred_on"]): {k: v for k, v in row.items() if k not in left_out}
        for row in windows.to_pylist()
    }
    assert len(found) == windows.num_rows
    return found
