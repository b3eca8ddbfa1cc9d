"""Conditions of study and agency files, evaluated on Arrow columns and in Ibis relations."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.core.tables import Relation
from commonweal.records.cast import Mask
from commonweal.records.spec import Condition


def holds(condition: Condition, column: pa.Array) -> Mask:
    """Return where `condition` holds on its column; a missing value fails every test."""
    if condition.present is not None:
        found = column.is_valid() if condition.present else column.is_null()
    elif condition.at_least is not None or condition.at_most is not None:
        found = pa.array(np.ones(len(column), dtype=np.bool_))
        if condition.at_least is not None:
            found = pc.and_(found, pc.greater_equal(column, condition.at_least))
        if condition.at_most is not None:
            found = pc.and_(found, pc.less_equal(column, condition.at_most))
    elif condition.starts_with:
        found = pa.array(np.zeros(len(column), dtype=np.bool_))
        for start in condition.starts_with:
            found = pc.or_(found, pc.starts_with(column, start))
    elif condition.any_of:
        if pa.types.is_floating(column.type):
            # Adding 0 makes a negative zero a zero: Arrow tells the two apart.
            numbers = pa.array([float(text) + 0.0 for text in condition.any_of])
            found = pc.is_in(pc.add(column, 0.0), numbers)
        else:
            found = pc.is_in(column.cast(pa.string()), pa.array(condition.any_of))
    elif pa.types.is_date(column.type):
        found = pc.equal(column, pa.scalar(_day(condition), pa.date32()))
    else:
        found = pc.equal(column, pa.scalar(condition.equals))
    return np.asarray(pc.fill_null(found, False).to_numpy(zero_copy_only=False), dtype=np.bool_)


def expression(condition: Condition, events: Relation) -> Relation:
    """Return the same test as a boolean Ibis expression over `events`; never null."""
    column = events[condition.column]
    if condition.present is not None:
        return column.notnull() if condition.present else column.isnull()
    if condition.at_least is not None or condition.at_most is not None:
        low, high = condition.at_least, condition.at_most
        found = column >= low if low is not None else column <= high
        if low is not None and high is not None:
            found = found & (column <= high)
    elif condition.starts_with:
        found = column.startswith(condition.starts_with[0])
        for start in condition.starts_with[1:]:
            found = found | column.startswith(start)
    elif condition.any_of:
        if column.type().is_floating():
            found = column.isin([float(text) for text in condition.any_of])
        else:
            found = column.cast("string").isin(condition.any_of)
    else:
        found = column == (_day(condition) if column.type().is_date() else condition.equals)
    return found.fill_null(False)


def _day(condition: Condition) -> date:
    return date.fromisoformat(str(condition.equals))
