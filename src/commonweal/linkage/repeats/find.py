"""Repeated orders for one person under several ids, found by characteristics and history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.core.dates import day_number
from commonweal.linkage.repeats.items import Histories, histories, item_codes
from commonweal.linkage.repeats.joining import ALWAYS, People, people
from commonweal.linkage.repeats.pairs import candidates, needed, shared
from commonweal.linkage.repeats.profiles import agreement, profiles
from commonweal.records.cast import Mask
from commonweal.records.codes import Ints, coded, day_numbers
from commonweal.records.repeat_spec import RepeatSpec
from commonweal.records.spec import Source

if TYPE_CHECKING:
    import pandas as pd

PAPER_A = 0.171
"""Share of orders that paper A flags as repeats (section 3)."""
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatsReport:
    """What was compared and found.

    Parameters
    ----------
    orders, repeats
        Orders, and how many of them a later order for the same case supersedes.
    ids, people
        Ids with an order, and people they belong to.
    pairs, links
        Pairs of ids compared, and of these taken for one person.
    conflicting, apart
        Pairs refused because the characteristics contradict each other, and of the others
        because the histories do not overlap enough.
    oversized, never
        Items standing under too many ids to suggest a pair, and ids with no other items.
    """

    orders: int
    repeats: int
    ids: int
    people: int
    pairs: int
    links: int
    conflicting: int
    apart: int
    oversized: int
    never: int

    @property
    def share(self) -> float:
        """Share of the orders that are repeats."""
        return self.repeats / max(1, self.orders)


@dataclass(frozen=True, slots=True)
class Repeats:
    """Whose the ids are, and which orders are repeats.

    Parameters
    ----------
    people
        ``entity_id``, ``person_id`` and ``joined_on`` of every id with an order, by id. The
        person is named after the id whose first order was known first; ``joined_on`` is the day
        on which another id was known to be the same person's, missing for that one.
    orders
        ``record_id`` and ``superseded_on`` of every order, by record: the day on which a later
        order for the same case was known, missing for the most recent.
    report
        Counts.
    """

    people: pa.Table
    orders: pa.Table
    report: RepeatsReport

    def frame(self) -> pd.DataFrame:
        """Return the counts as a data frame of one row."""
        import pandas as pd

        names = RepeatsReport.__slots__
        row = {name: getattr(self.report, name) for name in names}
        return pd.DataFrame([{**row, "share": self.report.share}])

    def sentence(self) -> str:
        """Say the share in words, beside paper A's."""
        r = self.report
        return (
            f"{r.repeats:,} of {r.orders:,} orders ({r.share:.1%}; paper A: {PAPER_A:.1%}) repeat "
            f"an earlier one of the same case; {r.ids:,} ids belong to {r.people:,} people."
        )


def find_repeats(
    spec: RepeatSpec, orders: pa.Table, history: pa.Table, source: Source,
    as_of: date | None = None,
) -> Repeats:  # fmt: skip
    """Find the ids that are one person's, and the orders a later one supersedes.

    Two ids are one person's where the share `spec.overlap` of the shorter history stands in the
    longer one, the share `spec.coverage` of what the longer one should list by then stands in
    the shorter one, and an order of each describe the same person, but for as many
    characteristics as are allowed and outweighed by further items. So are ids linked through
    others. Ids without a history stay as they are. The order of rows changes nothing.

    Assumes that one person's histories list the same items, up to losses, and that two people
    do not share most of theirs. Paper A, section 3.

    Parameters
    ----------
    spec
        The ``[repeats]`` section.
    orders, history
        Events of the two sources it names.
    source
        Declaration of the history.
    as_of
        Only what was known before this day is used, where given.
    """
    if as_of is not None:
        day = pa.scalar(as_of, pa.date32())
        orders = orders.filter(pc.less(orders["known_on"], day))
        history = history.filter(pc.less(history["known_on"], day))
    owner, ids = coded(orders["entity_id"])
    known = day_numbers(orders["known_on"])
    opened, last = np.full(len(ids), _NEVER), np.zeros(len(ids), np.int64)
    np.minimum.at(opened, owner, known)
    np.maximum.at(last, owner, known)
    past = _past(spec, history, source, ids, as_of)
    pairs = candidates(past, len(ids), spec.largest_block)
    common = shared(past, pairs.one, pairs.other, last, spec.overlap)
    held = profiles(owner, known, orders, spec.characteristics)
    allowed = np.minimum(spec.conflicts_allowed, common.items - 1)
    differ, described = agreement(held, pairs.one, pairs.other, allowed)
    alike, enough = differ <= allowed, common.items >= needed(common.least, spec.overlap)
    enough &= common.items >= common.due * spec.coverage
    kept = alike & enough
    since = np.maximum(described, common.since)[kept]
    found = people(opened, pairs.one[kept], pairs.other[kept], since)
    superseded = _superseded(spec, orders, owner, known, found)
    report = RepeatsReport(
        orders=orders.num_rows, repeats=int((superseded < _NEVER).sum()),
        ids=len(ids), people=int(np.unique(found.name).size),
        pairs=pairs.one.size, links=int(kept.sum()), conflicting=int((~alike).sum()),
        apart=int((alike & ~enough).sum()), oversized=pairs.oversized, never=pairs.never,
    )  # fmt: skip
    return Repeats(_crosswalk(ids, found), _orders(orders, superseded), report)


def _past(
    spec: RepeatSpec, history: pa.Table, source: Source, ids: pa.Array, as_of: date | None
) -> Histories:
    """Gather the items of the ids that have orders."""
    place = pc.fill_null(pc.index_in(history["entity_id"], value_set=ids), -1)
    codes, known = item_codes(history, source, spec.history_key, as_of)
    return histories(np.asarray(place).astype(np.int64), codes, known, len(ids))


def _superseded(
    spec: RepeatSpec, orders: pa.Table, owner: Ints, known: Ints, found: People
) -> Ints:
    """Return the day from which a later order of the same case is known, for every order.

    An order under an id that joined later counts from the day it joined.
    """
    person, seen = found.name[owner], np.maximum(known, found.joined[owner])
    occurred, record = day_numbers(orders["occurred_on"]), coded(orders["record_id"])[0]
    order = np.lexsort((record, known, occurred, person))
    person, seen, occurred = person[order], seen[order], occurred[order]
    same = person[1:] == person[:-1]
    if spec.apart is not None:
        days, place = np.unique(occurred, return_inverse=True)
        dates = days.astype("datetime64[D]").tolist()
        until = np.array([day_number(spec.apart.after(day)) for day in dates], dtype=np.int64)
        same &= occurred[1:] <= until[place[:-1]]
    case = np.cumsum(np.append(True, ~same)) if order.size else np.zeros(0, np.int64)
    # The earliest day over all later orders of the case: a running minimum from the end, held
    # apart from case to case by a distance no day reaches.
    far = case * 10**6
    least = np.minimum.accumulate((seen + far)[::-1])[::-1]
    day = np.full(order.size, _NEVER)
    day[:-1] = np.where(same, np.maximum(least[1:] - far[1:], seen[:-1]), _NEVER)
    superseded = np.empty(order.size, dtype=np.int64)
    superseded[order] = day
    return superseded


def _dates(numbers: Ints, missing: Mask) -> pa.Array:
    """Return days as dates, missing in some places."""
    whole = np.where(missing, 0, numbers).astype(np.int32)
    return pa.array(whole, mask=missing).cast(pa.date32())


def _crosswalk(ids: pa.Array, found: People) -> pa.Table:
    return pa.table({
        "entity_id": ids,
        "person_id": ids.take(pa.array(found.name)),
        "joined_on": _dates(found.joined, found.joined == ALWAYS),
    })  # fmt: skip


def _orders(orders: pa.Table, superseded: Ints) -> pa.Table:
    table = pa.table({
        "record_id": orders["record_id"],
        "superseded_on": _dates(superseded, superseded == _NEVER),
    })  # fmt: skip
    return table.sort_by("record_id")
