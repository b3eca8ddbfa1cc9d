"""Events under the ids of people: ids rewritten, repeats marked, histories listed once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.linkage.repeats.find import Repeats
from commonweal.linkage.repeats.items import item_codes
from commonweal.records.cast import Mask
from commonweal.records.codes import Ints, coded, day_numbers
from commonweal.records.repeat_spec import SUPERSEDED, RepeatSpec
from commonweal.records.spec import Source

_FIRST = ("entity_id", "known_on", "occurred_on", "record_id")


@dataclass(frozen=True, slots=True)
class Merged:
    """A source's events under the ids of people.

    Parameters
    ----------
    events
        As `records` assembled them, with ``entity_id`` the person's; of the orders also
        ``superseded`` and ``superseded__known_on``. In the order of `records`.
    listed_again
        Items of histories left out because they stand under another id of the person too.
    """

    events: pa.Table
    listed_again: int = 0


def merge(
    name: str, events: pa.Table, spec: RepeatSpec, source: Source, repeats: Repeats
) -> Merged:  # fmt: skip
    """Put one source's events under the ids of people.

    What stands under an id is seen no earlier than the id was known to be the person's:
    ``known_on`` is moved there. So at any as-of date a person's events are those under the ids
    linked by what was known by then. Nothing is dropped but items of a history that stand under
    another id of the same person too; of these the one known first is kept, and an item that
    stands twice under one id counts twice.

    Parameters
    ----------
    name
        Name of the source.
    events
        Its events.
    spec
        The ``[repeats]`` section.
    source
        Its declaration.
    repeats
        What was found.
    """
    codes = item_codes(events, source, spec.history_key)[0] if name == spec.history else None
    place = pc.index_in(events["entity_id"], value_set=repeats.people["entity_id"])
    person = pc.coalesce(repeats.people["person_id"].take(place), events["entity_id"])
    joined = repeats.people["joined_on"].take(place)
    known = pc.max_element_wise(events["known_on"], joined)
    moved = _with(_with(events, "entity_id", person), "known_on", known)
    again = 0
    if name == spec.orders:
        moved = _marked(moved, repeats)
    if codes is not None:
        owners = pc.is_in(events["entity_id"], value_set=_several(repeats))
        twice = _listed_again(moved, events["entity_id"], codes, np.asarray(owners))
        again, moved = int(twice.sum()), moved.filter(pa.array(~twice))
    rest = [column for column in moved.column_names if column not in _FIRST]
    return Merged(moved.sort_by([(column, "ascending") for column in (*_FIRST, *rest)]), again)


def latest_orders(events: pa.Table) -> pa.Table:
    """Return the most recent order of every case, as paper A's cross-section keeps them.

    Only for looking at all records at once: at an earlier as-of date the order kept then was
    another one. In a study, test ``superseded`` instead, which is known in its time.
    """
    return events.filter(pc.is_null(events[SUPERSEDED]))


def _with(table: pa.Table, name: str, column: pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, column)


def _marked(events: pa.Table, repeats: Repeats) -> pa.Table:
    """Add whether a later order is known for the same case, and since when."""
    place = pc.index_in(events["record_id"], value_set=repeats.orders["record_id"])
    day = repeats.orders["superseded_on"].take(place)
    marked = pc.if_else(pc.is_valid(day), True, pa.scalar(None, pa.bool_()))
    events = events.append_column(SUPERSEDED, marked)
    return events.append_column(f"{SUPERSEDED}__known_on", day)


def _several(repeats: Repeats) -> pa.Array:
    """Return the ids of people with more than one."""
    counts = pc.value_counts(repeats.people["person_id"].combine_chunks())
    several = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    held = pc.is_in(repeats.people["person_id"], value_set=several)
    return repeats.people["entity_id"].filter(held).combine_chunks()


def _listed_again(
    moved: pa.Table, ids: pa.ChunkedArray, codes: Ints,
    asked: Mask,
) -> Mask:  # fmt: skip
    """Return the items that stand under an id of the person whose listing was known earlier.

    The n-th time an item stands under one id is the same as the n-th time under another.
    """
    rows = np.flatnonzero(asked)
    part = moved.take(pa.array(rows))
    item, known = codes[rows], day_numbers(part["known_on"])
    id_, person = coded(ids.take(pa.array(rows)))[0], coded(part["entity_id"])[0]
    record = coded(part["record_id"])[0]
    number = _numbered(np.lexsort((record, known, item, id_)), id_, item)
    order = np.lexsort((record, known, number, item, person))
    again = np.zeros(moved.num_rows, dtype=np.bool_)
    same = (np.diff(person[order]) == 0) & (np.diff(item[order]) == 0)
    again[rows[order[1:]]] = same & (np.diff(number[order]) == 0)
    return again


def _numbered(order: Ints, *keys: Ints) -> Ints:
    """Count rows of equal keys from 0, in an order in which these stand together."""
    new = np.ones(order.size, dtype=np.bool_)
    new[1:] = np.any([np.diff(key[order]) != 0 for key in keys], axis=0)
    start = np.maximum.accumulate(np.where(new, np.arange(order.size), 0))
    number = np.empty(order.size, dtype=np.int64)
    number[order] = np.arange(order.size) - start
    return number
