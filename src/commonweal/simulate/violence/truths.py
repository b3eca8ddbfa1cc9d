"""What is true of the violence-prevention world and stands in no record."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from commonweal.simulate.columns import dates, words
from commonweal.simulate.sink import Sink
from commonweal.simulate.violence.codes import ARREST_CODES, HARM_CODES
from commonweal.simulate.violence.danger import (
    FEUD_ENDS,
    FEUD_HEAT,
    FEUD_SPARKS,
    FEUD_STARTS,
    Danger,
    Shootings,
)
from commonweal.simulate.violence.names import Identity
from commonweal.simulate.violence.offences import Happened
from commonweal.simulate.violence.people import FIRST_DAY, LASTS, RACES, Population


def reveal(
    city: Population, identity: Identity, danger: Danger, shootings: Shootings,
    happened: Happened, contagion: float, sink: Sink,
) -> None:  # fmt: skip
    """Write the truth's tables but the first, whose record is whose."""
    died = np.full(city.count, -1, np.int64)
    died[shootings.person[shootings.fatal]] = shootings.day[shootings.fatal]
    sink.reveal("people", pa.table({
        "race": words(city.race, RACES),
        "woman": pa.array(city.woman),
        "birth_date": dates(identity.birth + FIRST_DAY),
        "beat": pa.array(city.beat + 111),
        "background_young": pa.array(danger.background[:, 0]),
        "background_old": pa.array(danger.background[:, 1]),
        "died_on": dates(died + FIRST_DAY, died < 0),
    }))  # fmt: skip
    street = np.flatnonzero(city.end > city.start)
    sink.reveal("street", pa.table({
        "person": pa.array(street.astype(np.int32)),
        "from": dates(city.start[street] + FIRST_DAY),
        "until": dates(city.end[street] + FIRST_DAY),
        "street_young": pa.array(danger.street[street, 0]),
        "street_old": pa.array(danger.street[street, 1]),
        "ends_a_year": pa.array((1.0 / LASTS[city.kind[street]]).astype(np.float32)),
        "crew": pa.array(city.crew[street]),
    }))  # fmt: skip
    sink.reveal("feuds", pa.table({
        "crew": pa.array(shootings.feud_crew),
        "from": dates(shootings.feud_start + FIRST_DAY),
        "until": dates(shootings.feud_end + FIRST_DAY),
    }))  # fmt: skip
    sink.reveal("feuding", pa.table({
        "starts_a_year": [FEUD_STARTS], "sparks_a_shooting": [FEUD_SPARKS * contagion],
        "ends_a_year": [FEUD_ENDS], "heat": [FEUD_HEAT],
    }))  # fmt: skip
    _unrecorded(happened, sink)


def _unrecorded(happened: Happened, sink: Sink) -> None:
    """Write offences nobody was arrested for, and harm nobody reported."""
    offences = happened.arrests.only(~happened.arrests_recorded)
    harms = happened.harms.only(~happened.harms_recorded)
    kinds = np.repeat([0, 1], [offences.day.size, harms.day.size])
    codes = np.concatenate([offences.code, harms.code + len(ARREST_CODES)])
    sink.reveal("unrecorded", pa.table({
        "kind": words(kinds, ("offence", "harm")),
        "person": pa.array(np.concatenate([offences.person, harms.person]).astype(np.int32)),
        "occurred_on": dates(np.concatenate([offences.day, harms.day]) + FIRST_DAY),
        "code": words(codes, ARREST_CODES + HARM_CODES),
    }))  # fmt: skip
