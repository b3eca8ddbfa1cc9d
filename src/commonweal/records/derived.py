"""Dates no record holds: releases, from the day of a verdict and the length of the sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.core.dates import day_number
from commonweal.records.cast import Mask
from commonweal.records.codes import Floats, Ints
from commonweal.records.derived_spec import DAYS, IMPUTED, DerivedSpec
from commonweal.records.lengths import HeldOut, Lengths, impute
from commonweal.records.spec import STRUCTURE, Source
from commonweal.records.spells import Spells, spells

if TYPE_CHECKING:
    import pandas as pd

PAPER_A = 0.047
"""Share of people whom paper A projects to be in prison still (section 3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedReport:
    """What deriving one source counted.

    Parameters
    ----------
    name, method
        Name of the derived source, and what is done with missing lengths.
    records, missing, undated
        Records that count, and of these without a length and (apart from these) without a day.
    people
        People in the source it is derived from.
    projected
        People whose latest spell has a day and a length, known or imputed.
    dropped
        People whose latest spell has no length, and is given none.
    not_over
        People whose latest spell ends on the day of extraction or later: they are left out.
    events
        Events derived.
    fitted_on
        Records known before the first test date that model or median rest on.
    held_out
        How far the model was off on people nobody fitted on; None where there is none.
    """

    name: str
    method: str
    records: int
    missing: int
    undated: int
    people: int
    projected: int
    dropped: int
    not_over: int
    events: int
    fitted_on: int
    held_out: HeldOut | None = None

    @property
    def share(self) -> float:
        """Share of the people in the source whose window is not over."""
        return self.not_over / max(1, self.people)


@dataclass(frozen=True, slots=True)
class Derived:
    """A derived source.

    Parameters
    ----------
    events
        `STRUCTURE` columns, ``days`` and ``imputed``, in the order of `records`. ``occurred_on``
        is the projected day; ``known_on`` is that day, or the one on which beginning and length
        were known where that is later.
    latest
        ``entity_id``, ``ends_on``, ``imputed`` of every person's latest spell, by entity, from
        all that is known on the day of extraction; ``ends_on`` is missing where there is no
        length. Who is counted as not over is counted by it.
    report
        Counts.
    """

    events: pa.Table
    latest: pa.Table
    report: DerivedReport

    def frame(self) -> pd.DataFrame:
        """Return the counts as a data frame of one row."""
        import pandas as pd

        names = [name for name in DerivedReport.__slots__ if name != "held_out"]
        row = {name: getattr(self.report, name) for name in names}
        return pd.DataFrame([{**row, "share": self.report.share}])

    def sentence(self) -> str:
        """Say the counts in words, beside paper A's share."""
        r = self.report
        text = (
            f"Of {r.people:,} people {r.not_over:,} ({r.share:.1%}; paper A: {PAPER_A:.1%}) are "
            f"left out because their window is not over; {r.missing:,} of {r.records:,} lengths "
            f"were missing ({r.method})."
        )
        if r.held_out is not None:
            h = r.held_out
            text += (
                f" On {h.n:,} known ones held out the model is off by {h.error:,.0f} days, the "
                f"median by {h.baseline:,.0f}: {h.gain:.0%} less ({h.low:.0%} to {h.high:.0%})."
            )
        return text


def derive(
    name: str, spec: DerivedSpec, events: Mapping[str, pa.Table], sources: Mapping[str, Source],
    extracted_on: date, known_before: date, seed: int,
) -> Derived:  # fmt: skip
    """Derive the events of one source.

    A spell ends its length after it begins, that day not included in it. It has no event where
    another one of the person began before or on the day it would end, and was known by then: the
    latest one known counts, and of those beginning on one day the longest. So each event rests on
    what was known on its ``known_on`` alone; only model and median for missing lengths are those
    of the first test date. Paper A, section 3.

    Assumes that sentences are served in full.

    Parameters
    ----------
    name
        Name of the derived source.
    spec
        What is derived.
    events, sources
        Source -> its events and its declaration; those `spec` names.
    extracted_on
        The day the tables were drawn. Nobody's event lies on or after it.
    known_before
        The first test date: missing lengths are learned from what was known before it.
    seed
        The study's seed.
    """
    found = spells(spec, sources[spec.of], events[spec.of], extracted_on)
    lengths = impute(spec.impute, found, events, sources, spec.of, known_before, extracted_on, seed)
    return _derived(name, spec, events[spec.of], found, lengths, day_number(extracted_on))


def _derived(
    name: str, spec: DerivedSpec, raw: pa.Table, found: Spells, lengths: Lengths, extracted: int
) -> Derived:
    there, ends = _ends(found, lengths.then)
    known = np.maximum(ends, found.known)
    kept = there & (known < extracted) & ~_overtaken(found, ends, known, there)
    table = _events(found, np.flatnonzero(kept), ends, known, lengths.then)
    there, ends = _ends(found, lengths.days)
    last = found.latest(lengths.days)
    late = there[last] & (ends[last] >= extracted)
    latest = pa.table({
        "entity_id": found.events["entity_id"].take(pa.array(last)),
        "ends_on": pa.array(ends[last].astype(np.int32), mask=~there[last]).cast(pa.date32()),
        IMPUTED: found.missing[last],
    })  # fmt: skip
    report = DerivedReport(
        name=name, method=spec.impute.method, records=found.begins.size,
        missing=int(found.missing.sum()), undated=found.undated,
        people=pc.count_distinct(raw["entity_id"]).as_py(), projected=int(there[last].sum()),
        dropped=int((~there[last]).sum()), not_over=int(late.sum()), events=table.num_rows,
        fitted_on=lengths.fitted_on, held_out=lengths.held_out,
    )  # fmt: skip
    return Derived(table, latest, report)


def _ends(found: Spells, length: Floats) -> tuple[Mask, Ints]:
    """Return which spells have a length, and when they end."""
    there = ~np.isnan(length)
    return there, found.begins + np.where(there, length, 0).astype(np.int64)


def _overtaken(found: Spells, ends: Ints, known: Ints, there: Mask) -> Mask:
    """Return which spells another one of the person took the place of, as known by their end.

    It began later and no later than the end; or on the same day, and is longer.
    """
    order = np.lexsort((np.where(there, ends, -1), found.begins, found.person))
    person, begins, end = found.person[order], found.begins[order], ends[order]
    known, since = known[order], found.known[order]
    overtaken = np.zeros(order.size, dtype=np.bool_)
    for step in range(1, order.size):
        near = (person[step:] == person[:-step]) & (begins[step:] <= end[:-step])
        if not near.any():
            break
        overtaken[:-step] |= near & (since[step:] <= known[:-step])
    back = np.empty(order.size, dtype=np.bool_)
    back[order] = overtaken
    return back


def _events(found: Spells, rows: Ints, ends: Ints, known: Ints, length: Floats) -> pa.Table:
    part = found.events.take(pa.array(rows))
    columns = {name: part[name] for name in STRUCTURE}
    columns["occurred_on"] = pa.array(ends[rows].astype(np.int32)).cast(pa.date32())
    columns["known_on"] = pa.array(known[rows].astype(np.int32)).cast(pa.date32())
    columns[DAYS] = pa.array(length[rows].astype(np.int64))
    columns[IMPUTED] = pa.array(found.missing[rows])
    first = ["entity_id", "known_on", "occurred_on", "record_id"]
    rest = [name for name in columns if name not in first]
    return pa.table(columns).sort_by([(name, "ascending") for name in first + rest])
