"""The truth: whose record is whose, what officers saw, and what would have been."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.simulate.columns import Floats, Ints, dates, words
from commonweal.simulate.custody.facilities import BIN_NAMES
from commonweal.simulate.custody.outcomes import DAYS_TO_REARREST
from commonweal.simulate.custody.published import BINS, END
from commonweal.simulate.custody.tables import Everything, Raw


def records(raw: Mapping[str, Raw]) -> pa.Table:
    """Return the person of every record of every table about people."""
    sizes = [one.ids.size for one in raw.values()]
    return pa.table(
        {
            "table": words(np.repeat(np.arange(len(raw)), sizes), tuple(raw)),
            "record_id": pc.cast(pa.array(np.concatenate([r.ids for r in raw.values()])), "string"),
            "person": np.concatenate([one.person for one in raw.values()]),
        }
    )


def people(drawn: Everything, index: Floats, signal: Floats) -> pa.Table:
    """Return one row a person: both outcomes, every decision that might have been, and chances.

    The outcome of the deported, ``y1``, is 0 for everybody; ``y0`` is whether people would be
    re-arrested, and on record, by the day the tables are drawn if they were let go: on the day
    they were, or for the deported on the day the sentence ended.
    """
    who, decisions, outcomes = drawn.people, drawn.decisions, drawn.outcomes
    quartile = drawn.facilities.quartile[who.facility]
    group = np.where(who.group < BINS, who.group, -1)
    outside = group < 0
    number = np.arange(who.count)
    other = pa.array(drawn.facility_ids[decisions.other_side], mask=outside)
    return pa.table(
        {
            "person": number,
            "still_imprisoned": number >= who.final,
            "level": who.level.astype(np.int8),
            "facility_id": drawn.facility_ids[who.facility],
            "bin": words(group, BIN_NAMES),
            "quartile": pa.array(quartile.astype(np.int8), mask=outside),
            "near": pa.array(quartile <= 2, mask=outside),
            "index": index.astype(np.float32),
            "signal": signal.astype(np.float32),
            "risk": outcomes.risk.astype(np.float32),
            "eventual": outcomes.eventual.astype(np.float32),
            "mean_days": np.full(who.count, DAYS_TO_REARREST, np.float32),
            "chance": outcomes.chance.astype(np.float32),
            "y0": outcomes.would,
            "y1": np.zeros(who.count, np.bool_),
            "rearrested_on": dates(_dated(outcomes.day), ~outcomes.would),
            "released_on": dates(who.released),
            "settled_on": dates(outcomes.settled),
            "detained": decisions.detained,
            "deported": decisions.deported,
            "chance_detained": decisions.chance_detained.astype(np.float32),
            "chance_deported": decisions.chance_deported.astype(np.float32),
            "other_facility_id": other,
            "detained_near": pa.array(decisions.detained_near, mask=outside),
            "detained_far": pa.array(decisions.detained_far, mask=outside),
            "deported_near": pa.array(decisions.deported_near, mask=outside),
            "deported_far": pa.array(decisions.deported_far, mask=outside),
            "defier": decisions.defier,
        }
    )


def units(drawn: Everything) -> pa.Table:
    """Return one row a facility of the nine bins: what it adds to the log odds."""
    facilities = drawn.facilities
    inside = np.flatnonzero(facilities.quartile > 0)
    return pa.table(
        {
            "facility_id": drawn.facility_ids[inside],
            "bin": words(facilities.group[inside], BIN_NAMES),
            "quartile": facilities.quartile[inside].astype(np.int8),
            "decision_shift": facilities.decision_shift[inside],
            "outcome_shift": facilities.outcome_shift[inside],
        }
    )


def _dated(day: Ints) -> Ints:
    return np.minimum(day, END)
