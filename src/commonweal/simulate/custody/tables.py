"""The agency's tables, each with whose record every row is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from commonweal.core.seeds import stream
from commonweal.simulate.columns import Ints, Mask, dates, numbered, words
from commonweal.simulate.custody.decisions import Decisions
from commonweal.simulate.custody.detainers import Detainers
from commonweal.simulate.custody.facilities import (
    BIN_NAMES,
    FEDERAL_REST,
    SECURITIES,
    STATES,
    TYPES,
    Facilities,
)
from commonweal.simulate.custody.histories import STATUSES, Histories
from commonweal.simulate.custody.knobs import Knobs
from commonweal.simulate.custody.offences import (
    CATEGORIES,
    CATEGORY_OF,
    GRAVE,
    LEVEL_OF,
    LEVELS,
    NAMES,
    weights,
)
from commonweal.simulate.custody.outcomes import Outcomes
from commonweal.simulate.custody.people import TYPE_OF_GROUP, People
from commonweal.simulate.custody.published import BINS, END, LEVEL, NATIONALITY

GENDERS = ("man", "woman")
INTO = ("custody", "community")


@dataclass(frozen=True, slots=True)
class Raw:
    """One of the agency's tables.

    Parameters
    ----------
    table
        As written.
    ids
        What identifies each row.
    person
        Whose record it is.
    """

    table: pa.Table
    ids: Ints
    person: Ints


@dataclass(frozen=True, slots=True)
class Everything:
    """All that was drawn, on its way into tables.

    Parameters
    ----------
    seed, knobs
        What it was drawn with.
    facilities, people, detainers, histories, decisions, outcomes
        The parts.
    person_ids, facility_ids
        The agency's numbers by number of id and of facility.
    """

    seed: int
    knobs: Knobs
    facilities: Facilities
    people: People
    detainers: Detainers
    histories: Histories
    decisions: Decisions
    outcomes: Outcomes
    person_ids: Ints
    facility_ids: Ints

    @property
    def dated(self) -> Mask:
        """Whether the day of the decision on a person is on record.

        It is that of the release; of people not detained it must be computed from the
        sentence, which may be missing, or end only after the tables were drawn.
        """
        over = np.arange(self.people.count) < self.people.final
        dated: Mask = over & (self.decisions.detained | ~self.histories.unclear)
        return dated


def facility_table(drawn: Everything) -> pa.Table:
    """Return one row a facility; security is known of federal and of the states' prisons."""
    facilities = drawn.facilities
    security = np.where(facilities.group < BINS, facilities.group % 3, -1)
    security[facilities.group == FEDERAL_REST] = SECURITIES.index("administrative")
    table = pa.table(
        {
            "facility_id": drawn.facility_ids,
            "kind": words(TYPE_OF_GROUP[facilities.group], TYPES),
            "located_in": words(facilities.state, STATES),
            "security": words(security, SECURITIES),
            "bin": words(np.where(facilities.group < BINS, facilities.group, -1), BIN_NAMES),
            "miles_to_office": facilities.miles,
        }
    )
    return table.take(pa.array(np.argsort(drawn.facility_ids)))


def detainer_table(drawn: Everything) -> Raw:
    """Return one row a raw detainer, with the decisions on the case as far as they are made."""
    kept, people, rng = drawn.detainers, drawn.people, stream(drawn.seed, "custody", "notices")
    ids = numbered(kept.person.size, drawn.seed, "custody", "detainers")
    order = np.argsort(ids)
    who, facility = kept.person[order], kept.facility[order]
    issued = kept.issued[order]
    latest = np.minimum(people.released, END - 1)[who]
    known = np.minimum(issued + rng.integers(0, 4, who.size), latest)
    undated, detained = ~drawn.dated[who], drawn.decisions.detained[who]
    settled = np.where(detained, drawn.outcomes.settled[who], people.released[who])
    table = pa.table(
        {
            "detainer_id": ids[order],
            "person_id": drawn.person_ids[kept.id[order]],
            "issued_on": dates(issued),
            "known_on": dates(known),
            "facility_id": drawn.facility_ids[facility],
            "facility_type": words(TYPE_OF_GROUP[drawn.facilities.group[facility]], TYPES),
            "state": words(drawn.facilities.state[facility], STATES),
            "birth_year": kept.birth_year[order].astype(np.int16),
            "gender": words(kept.woman[order].astype(np.int8), GENDERS),
            "nationality": words(kept.nationality[order], tuple(NATIONALITY)),
            "priority": words(people.level[who] - 1, tuple(LEVEL)),
            "detained": detained,
            "detained_decided_on": dates(people.released[who], undated),
            "deported": drawn.decisions.deported[who],
            "deported_decided_on": dates(settled, undated),
        }
    )
    return Raw(table, ids[order], who)


def crime_table(drawn: Everything) -> Raw:
    """Return one row a crime of every id: a history is listed again under each of a person's."""
    people, past = drawn.people, drawn.histories
    order = np.argsort(drawn.person_ids)
    owner = drawn.detainers.owner[order]
    size = people.crimes[owner]
    ends = np.cumsum(size)
    row = np.repeat(people.first[owner] - (ends - size), size) + np.arange(ends[-1])
    rng = stream(drawn.seed, "custody", "lost crimes")
    copy = np.repeat(drawn.detainers.last_id[owner] != order, size)
    kept = ~copy | (rng.random(row.size) >= drawn.knobs.lost_crimes)
    row, id_ = row[kept], np.repeat(drawn.person_ids[order], size)[kept]
    ids = np.arange(row.size) + 10 ** max(7, len(str(row.size)))
    sentence = past.sentence[row]
    kind = people.kind[row]
    table = pa.table(
        {
            "crime_id": ids,
            "person_id": id_,
            "crime": words(kind, NAMES),
            "category": words(CATEGORY_OF[kind], CATEGORIES),
            "level": words(LEVEL_OF[kind] - 1, LEVELS),
            "status": words(past.status[row], STATUSES),
            "charged_on": dates(past.charged[row]),
            "known_on": dates(past.known[row]),
            "status_on": dates(past.settled[row]),
            "sentence_days": pa.array(
                sentence.astype(np.int32), mask=(sentence < 0) | past.missing[row]
            ),
        }
    )
    return Raw(table, ids, np.repeat(owner, size)[kept])


def release_table(drawn: Everything) -> Raw:
    """Return one row a release: at the end of the sentence, and again out of custody.

    Releases into the community that would have to be computed from a missing sentence have no
    row, nor have those still to come.
    """
    people, decisions = drawn.people, drawn.decisions
    ended = np.flatnonzero(drawn.dated)
    let_go = np.flatnonzero(decisions.detained & ~decisions.deported)
    who = np.concatenate([ended, let_go])
    day = np.concatenate([people.released[ended], drawn.outcomes.settled[let_go]])
    into = np.concatenate([~decisions.detained[ended], np.ones(let_go.size, np.bool_)])
    ids = numbered(who.size, drawn.seed, "custody", "releases")
    order = np.argsort(ids)
    lag = stream(drawn.seed, "custody", "release notices").integers(0, 4, who.size)
    who, day = who[order], day[order]
    table = pa.table(
        {
            "release_id": ids[order],
            "person_id": drawn.person_ids[drawn.detainers.last_id[who]],
            "released_on": dates(day),
            "known_on": dates(np.minimum(day + lag, END - 1)),
            "into": words(into[order].astype(np.int8), INTO),
        }
    )
    return Raw(table, ids[order], who)


def rearrest_table(drawn: Everything) -> Raw:
    """Return one row a person re-arrested for a Level 1 crime, the first time only."""
    people, outcomes = drawn.people, drawn.outcomes
    rng = stream(drawn.seed, "custody", "re-arrests")
    again = outcomes.would & ~drawn.decisions.deported & (np.arange(people.count) < people.final)
    who = np.flatnonzero(again)
    grave = weights()[GRAVE]
    kind = rng.choice(GRAVE, who.size, p=grave / grave.sum())
    lag = np.minimum(rng.geometric(0.3, who.size) - 1, 14)
    ids = numbered(who.size, drawn.seed, "custody", "re-arrests")
    order = np.argsort(ids)
    who, kind = who[order], kind[order]
    day = outcomes.day[who]
    table = pa.table(
        {
            "rearrest_id": ids[order],
            "person_id": drawn.person_ids[drawn.detainers.last_id[who]],
            "occurred_on": dates(day),
            "known_on": dates(np.minimum(day + lag, END - 1)),
            "crime": words(kind, NAMES),
            "category": words(CATEGORY_OF[kind], CATEGORIES),
        }
    )
    return Raw(table, ids[order], who)
