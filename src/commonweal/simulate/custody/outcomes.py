"""Who would be re-arrested for a Level 1 crime if let go, and when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.core.seeds import stream
from commonweal.simulate.columns import Floats, Ints, Mask
from commonweal.simulate.custody.calibrate import SAMPLE, auc, chances, constant
from commonweal.simulate.custody.decisions import Decisions
from commonweal.simulate.custody.facilities import Facilities
from commonweal.simulate.custody.knobs import Knobs
from commonweal.simulate.custody.people import TYPE_OF_GROUP, People
from commonweal.simulate.custody.published import (
    BINS,
    END,
    FACILITY,
    RATE_FEDERAL,
    RATE_STATE,
    REARRESTED,
)

DAYS_TO_REARREST = 500.0
"""Mean days from being let go to a re-arrest, of those who ever are (guess)."""
_DAYS_IN_CUSTODY = 40.0  # Mean days from detention to being let go or deported (guess).
_PRISONS = RATE_FEDERAL * FACILITY["federal"] + RATE_STATE * FACILITY["state"]
# Rates by federal prison, state prison, jail. That the rates of Figure 4 are those among the
# people not deported is a guess; jails make up the rest to the published .134.
_RATES = (
    RATE_FEDERAL,
    RATE_STATE,
    (REARRESTED - _PRISONS) / (1.0 - FACILITY["federal"] - FACILITY["state"]),
)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What happens after, and what would have.

    Parameters
    ----------
    settled
        Day on which people are deported or let go if detained; of those who are, a day before
        the tables were drawn.
    risk
        Log odds of ever being re-arrested that can be read off the records.
    eventual
        Chance of ever being re-arrested, given everything.
    chance
        Chance of being re-arrested and on record when the tables are drawn, if let go.
    would
        Whether that would happen: the outcome if let go.
    day
        Day of the re-arrest if let go, END or later where it is not on record.
    """

    settled: Ints
    risk: Floats
    eventual: Floats
    chance: Floats
    would: Mask
    day: Ints


def follow(
    people: People, index: Floats, signal: Floats, decisions: Decisions, facilities: Facilities,
    knobs: Knobs, seed: int,
) -> Outcomes:  # fmt: skip
    """Draw what becomes of people who are let go.

    The chance of a re-arrest within t days of being let go is ``eventual * within(t)``.
    """
    rng = stream(seed, "custody", "outcomes")
    held = 2 + np.floor(rng.exponential(_DAYS_IN_CUSTODY, people.count)).astype(np.int64)
    last = np.maximum(END - 1, people.released)
    settled = np.minimum(people.released + held, last)
    let_go = np.where(decisions.detained & ~decisions.deported, settled, people.released)
    risk = _observable(people, index, signal, decisions, knobs, seed)
    near = (facilities.quartile > 0) & (facilities.quartile <= 2)
    shift = facilities.outcome_shift + knobs.exclusion * near
    eventual = chances(risk + knobs.signal * signal + shift[people.facility])
    ever = rng.random(people.count) < eventual
    days = np.floor(rng.exponential(DAYS_TO_REARREST, people.count)).astype(np.int64)
    day = np.where(ever, let_go + days, np.iinfo(np.int32).max)
    return Outcomes(
        settled=settled,
        risk=risk,
        eventual=eventual,
        chance=eventual * within((END - let_go).astype(np.float64)),
        would=day < END,
        day=day,
    )


def within(days: Floats) -> Floats:
    """Return the chance that a re-arrest that ever comes has come within so many days."""
    result: Floats = -np.expm1(-np.maximum(days, 0.0) / DAYS_TO_REARREST)
    return result


def _observable(
    people: People, index: Floats, signal: Floats, decisions: Decisions, knobs: Knobs, seed: int
) -> Floats:  # fmt: skip
    """Scale the index to the skill asked for, and its constants to the published rates.

    Both are solved for among a sample of people, each weighted by the chance of not being
    deported, without the shifts that break the exclusion.
    """
    system = np.array([2, 0, 1, 2, 2])[TYPE_OF_GROUP[people.group]]
    sample = slice(0, people.final, max(1, people.final // SAMPLE))
    kept = 1.0 - (decisions.chance_detained * decisions.chance_deported)[sample]
    noise = stream(seed, "custody", "calibration", "outcomes").normal(size=kept.size)
    unit = knobs.unit_outcomes * noise * (people.group[sample] < BINS)
    further = knobs.signal * signal[sample] + unit
    share = within((END - people.released[sample]).astype(np.float64))
    low, high = 0.0, 6.0
    for _ in range(12):
        scale = (low + high) / 2.0
        risk = scale * index[sample]
        constants = _constants(risk + further, system[sample], kept, share)
        risk = risk + constants[system[sample]]
        reached = auc(risk, share * chances(risk + further), kept)
        low, high = (scale, high) if reached < knobs.skill else (low, scale)
    result: Floats = scale * index + constants[system]
    return result


def _constants(log_odds: Floats, system: Ints, kept: Floats, share: Floats) -> Floats:
    """Return what makes the rates of federal prisons, state prisons and jails."""
    found = []
    for number, rate in enumerate(_RATES):
        here = system == number
        found.append(constant(log_odds[here], rate, kept[here], share[here]))
    return np.array(found)
