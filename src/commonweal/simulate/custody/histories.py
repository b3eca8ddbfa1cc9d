"""Criminal histories: when each crime was charged, what came of it, for how long."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.core.seeds import stream
from commonweal.simulate.columns import Floats, Ints, Mask
from commonweal.simulate.custody.knobs import Knobs
from commonweal.simulate.custody.offences import LEVEL_OF
from commonweal.simulate.custody.people import TYPE_OF_GROUP, People
from commonweal.simulate.custody.published import END, FACILITY

CHARGED, CONVICTED, DISMISSED = 0, 1, 2
STATUSES = ("charged", "convicted", "dismissed")
# Mean days from the charge to the first detainer (guess): in jails it is issued at booking.
_DAYS_TO_DETAINER = {"county": 2.0, "federal": 150.0, "state": 150.0, "local": 1.0, "other": 20.0}
_ONSET = 15  # Nobody is charged at a younger age (guess).
_DAYS_TO_VERDICT, _DISMISSED = 90.0, 0.7  # guesses
_MEDIAN_SENTENCE = np.array([0.0, 540.0, 240.0, 45.0])  # days, of earlier convictions by level
_APART = 10  # Days at least between an earlier charge and the one that led to the detainer.


@dataclass(frozen=True, slots=True)
class Histories:
    """Dates of every crime in `People.kind`, and what the records lack.

    Parameters
    ----------
    charged, known
        Days of the charge and of its coming on record.
    status
        Place in `STATUSES`.
    settled
        Day of the verdict or dismissal; of coming on record where there is none yet.
    sentence
        Days; -1 where not convicted.
    missing
        Whether the sentence is missing from the records.
    onset
        Person -> age at the first charge, in years.
    unclear
        Person -> whether the sentence being served is missing from the records.
    """

    charged: Ints
    known: Ints
    status: Ints
    settled: Ints
    sentence: Ints
    missing: Mask
    onset: Floats
    unclear: Mask


def draw_histories(people: People, first_day: Ints, seed: int, knobs: Knobs) -> Histories:
    """Date all crimes; the first of every person is the one that led to the detainer.

    Earlier sentences end before that charge. A sentence is served in full.
    """
    rng = stream(seed, "custody", "histories")
    owner, first = people.owner(), people.first
    mean = np.array([_DAYS_TO_DETAINER[name] for name in FACILITY])[TYPE_OF_GROUP[people.group]]
    charge = first_day - np.floor(rng.exponential(mean)).astype(np.int64)
    active = np.maximum(people.age - _ONSET, 1) * 365.0 * rng.random(people.count) + 60.0
    back = active[owner] * rng.random(owner.size) ** 1.5
    charged = charge[owner] - _APART - back.astype(np.int64)
    known = charged + rng.integers(0, 4, owner.size)
    known[first] = charged[first] = charge
    status = np.where(rng.random(owner.size) < _DISMISSED, DISMISSED, CHARGED)
    status[np.arange(owner.size) < (first + people.convicted)[owner]] = CONVICTED
    settled = _settled(people, owner, charge, known, status, rng)
    sentence = _sentences(people, owner, charge, settled, status, rng)
    missing = (sentence >= 0) & (rng.random(owner.size) < knobs.missing_sentences)
    began = np.minimum.reduceat(charged, first)
    return Histories(
        charged=charged,
        known=known,
        status=status,
        settled=settled,
        sentence=sentence,
        missing=missing,
        onset=people.age - (people.noticed - began) / 365.25,
        unclear=missing[first],
    )


def _settled(
    people: People, owner: Ints, charge: Ints, known: Ints, status: Ints, rng: np.random.Generator
) -> Ints:  # fmt: skip
    """Draw the days of verdicts; in the case that led to the detainer, before the sentence ends."""
    days = np.floor(rng.exponential(_DAYS_TO_VERDICT, owner.size)).astype(np.int64)
    settled = np.minimum(known + days, charge[owner] - _APART // 2)
    open_until = np.minimum(people.released, END - 1)
    verdict = charge + np.floor(rng.beta(1.5, 4.0, people.count) * (open_until - charge))
    let_off = status[people.first] == DISMISSED
    settled[people.first] = np.where(let_off, people.released, verdict).astype(np.int64)
    return np.where(status == CHARGED, known, settled)


def _sentences(
    people: People, owner: Ints, charge: Ints, settled: Ints, status: Ints,
    rng: np.random.Generator,
) -> Ints:  # fmt: skip
    """Draw earlier sentences; that of the case that led to the detainer ends at release."""
    median = _MEDIAN_SENTENCE[LEVEL_OF[people.kind]]
    drawn = np.floor(rng.lognormal(0.0, 0.9, owner.size) * median).astype(np.int64) + 1
    served = np.minimum(drawn, charge[owner] - settled - 1)
    served[people.first] = people.released - settled[people.first]
    return np.where(status == CONVICTED, served, -1)
