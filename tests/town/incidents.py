"""The town's incidents: who was there, who was hurt, and what became a record."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from town.people import (
    FIRST_YEAR,
    QUARTERS,
    RACES,
    Ints,
    Lives,
    Mask,
    Population,
    draws,
)


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge code.

    Parameters
    ----------
    code
        As recorded.
    weight, crew_weight
        How common it is among ordinary offences, and among graver ones.
    arrest
        Probability that a participant is arrested, police contact aside.
    felony
        Probability that it is charged as a felony.
    crime
        Code under which a victim of it is recorded; empty where there is no victim.
    discretionary
        Whether it comes to light through police contact and not through a victim.
    """

    code: str
    weight: float
    crew_weight: float
    arrest: float
    felony: float
    crime: str = ""
    discretionary: bool = False


CHARGES = (
    Charge("BATTERY", 10, 9, 0.30, 0.05, "BATTERY"),
    Charge("BATTERY-DOM", 9, 4, 0.40, 0.10, "BATTERY-DOM"),
    Charge("AGG-BATTERY", 3, 6, 0.35, 0.90, "AGG-BATTERY"),
    Charge("ASSAULT", 7, 6, 0.25, 0.03, "ASSAULT"),
    Charge("ASSAULT-GUN", 1, 5, 0.30, 0.60, "ASSAULT-GUN"),
    Charge("ROBBERY", 2, 4, 0.20, 0.95, "ROBBERY"),
    Charge("ROBBERY-ARMED", 1, 4, 0.20, 1.00, "ROBBERY-ARMED"),
    Charge("BURGLARY", 4, 3, 0.15, 0.95, "BURGLARY"),
    Charge("THEFT", 10, 4, 0.15, 0.15, "THEFT"),
    Charge("THEFT-RETAIL", 9, 3, 0.35, 0.10),
    Charge("THEFT-VEHICLE", 2, 5, 0.15, 0.85, "THEFT-VEHICLE"),
    Charge("DAMAGE", 6, 5, 0.20, 0.10, "DAMAGE"),
    Charge("UUW", 2, 8, 0.35, 0.75, discretionary=True),
    Charge("UUW-FELON", 0.5, 4, 0.40, 1.00, discretionary=True),
    Charge("NARC-POSS", 9, 11, 0.30, 0.45, discretionary=True),
    Charge("NARC-DELIVERY", 2, 9, 0.30, 1.00, discretionary=True),
    Charge("CANNABIS-POSS", 9, 9, 0.22, 0.05, discretionary=True),
    Charge("TRESPASS", 7, 5, 0.28, 0.00, discretionary=True),
    Charge("DISORDERLY", 7, 6, 0.28, 0.00, discretionary=True),
    Charge("SHOOTING", 0, 0, 0.25, 1.00, "SHOOTING"),
)
CRIMES = (*(charge.crime for charge in CHARGES if charge.crime), "HOMICIDE")
SHOT, KILLED = CRIMES.index("SHOOTING"), CRIMES.index("HOMICIDE")
_SHOOTING = [charge.code for charge in CHARGES].index("SHOOTING")
_CRIME = np.array([CRIMES.index(c.crime) if c.crime else -1 for c in CHARGES], dtype=np.int64)
_VIOLENT = np.array([c.crime.startswith(("BATT", "AGG", "ASS", "ROBB")) for c in CHARGES])
_STRAY_CRIMES = {"THEFT": 0.4, "BATTERY": 0.15, "BURGLARY": 0.15, "DAMAGE": 0.15, "ROBBERY": 0.15}
# Police contact: how much likelier group B is arrested for the same discretionary offence.
CONTACT_B = 1.9
# A second person is wounded in so many shootings; victims report to the police so often where
# nobody is arrested, and where somebody is.
_SECOND_WOUNDED, _REPORTED, _REPORTED_ARREST = 0.12, 0.5, 0.9


@dataclass(frozen=True, slots=True)
class Records:
    """One row a person in an incident, with the charge or crime."""

    incident: Ints
    person: Ints
    code: Ints

    def only(self, rows: Mask | Ints) -> Records:
        """Return some of the rows."""
        return Records(self.incident[rows], self.person[rows], self.code[rows])


@dataclass(frozen=True, slots=True)
class Incidents:
    """Incidents, numbered from 0, and the people in them.

    Parameters
    ----------
    day, beat
        Of each incident; days are counted from 1970-01-01.
    arrests
        Who took part; once recorded, who was arrested. The code indexes `CHARGES`.
    victims
        Who was harmed; once recorded, whose harm is on record. The code indexes `CRIMES`.
    """

    day: Ints
    beat: Ints
    arrests: Records
    victims: Records


def all_incidents(town: Population, lives: Lives, seed: int) -> Incidents:
    """Return everything on record: offences of the town's people, of strangers, and shootings."""
    happened = _joined(
        _offences(town, lives, seed), _strays(town, seed), _shootings(town, lives, seed)
    )
    return _until_death(_recorded(town, happened, seed), town.temper.size)


def _offences(town: Population, lives: Lives, seed: int) -> Incidents:
    """Return the offences: the lead's companions join in, and crews look for their rivals."""
    rng = draws(seed, "offences")
    lead, crew = lives.lead, town.crew[lives.lead]
    charge = _charges(town, lead, rng)
    more = np.minimum(rng.poisson(0.35 + 0.35 * (crew >= 0)), 4)
    joined = np.repeat(np.arange(lead.size), more)
    incident = np.concatenate([np.arange(lead.size), joined])
    person = np.concatenate([lead, town.companions(lead[joined], rng)])
    harm = np.flatnonzero(_CRIME[charge] >= 0)
    harm = np.repeat(harm, 1 + (rng.random(harm.size) < 0.15))
    known = town.acquaintances(lead[harm], rng)
    away = rng.integers(4, 201, harm.size)
    stranger = town.circle[(town.place[lead[harm]] + away) % town.circle.size]
    rival = town.crew_members(town.rival[crew[harm]], rng)
    whom = np.where(rng.random(harm.size) < 0.5, known, stranger)
    feud = (crew[harm] >= 0) & _VIOLENT[charge[harm]] & (rng.random(harm.size) < 0.5)
    whom = np.where(feud, rival, whom)
    return Incidents(
        day=_days(lives.lead_quarter, rng),
        beat=_nearby(town.beat[lead], town.hardship.size, rng),
        arrests=Records(incident, person, charge[incident]),
        victims=Records(harm, whom, _CRIME[charge[harm]]),
    )


def _charges(town: Population, lead: Ints, rng: np.random.Generator) -> Ints:
    """Return what each offence is; crews and people of higher risk commit graver ones."""
    plain = np.cumsum([charge.weight for charge in CHARGES])
    grave = np.cumsum([charge.crew_weight for charge in CHARGES])
    draw, which = rng.random(lead.size), rng.random(lead.size)
    leaning = -1.8 + 0.5 * town.temper[lead] + 1.8 * (town.crew[lead] >= 0)
    as_grave = np.searchsorted(grave, draw * grave[-1], side="right")
    as_plain = np.searchsorted(plain, draw * plain[-1], side="right")
    charge: Ints = np.where(which < 1.0 / (1.0 + np.exp(-leaning)), as_grave, as_plain)
    return charge


def _strays(town: Population, seed: int) -> Incidents:
    """Return offences by people from elsewhere, whom nobody arrests."""
    rng = draws(seed, "strays")
    rate = 0.014 * np.exp(0.8 * town.hardship[town.beat] + 0.15 * town.temper)
    who = np.repeat(np.arange(town.temper.size), rng.poisson(rate * QUARTERS))
    crimes = np.array([CRIMES.index(crime) for crime in _STRAY_CRIMES], dtype=np.int64)
    code = rng.choice(crimes, who.size, p=list(_STRAY_CRIMES.values()))
    nobody = np.zeros(0, dtype=np.int64)
    return Incidents(
        day=_days(rng.integers(0, QUARTERS, who.size), rng),
        beat=_nearby(town.beat[who], town.hardship.size, rng),
        arrests=Records(nobody, nobody, nobody),
        victims=Records(np.arange(who.size), who, code),
    )


def _shootings(town: Population, lives: Lives, seed: int) -> Incidents:
    """Return the shootings; a companion may be wounded too, and a rival crew is behind most."""
    rng = draws(seed, "shootings")
    shot = np.arange(lives.shot.size)
    crew = town.crew[lives.shot]
    rivals = town.crew_members(town.rival[crew], rng)
    known = town.acquaintances(lives.shot, rng)
    shooter = np.where((crew >= 0) & (rng.random(shot.size) < 0.75), rivals, known)
    second = np.flatnonzero(rng.random(shot.size) < _SECOND_WOUNDED)
    beside = town.companions(lives.shot[second], rng)
    code = np.where(lives.shot_fatal, KILLED, SHOT)
    return Incidents(
        day=_days(lives.shot_quarter, rng),
        beat=_nearby(town.beat[lives.shot], town.hardship.size, rng),
        arrests=Records(shot, shooter, np.full(shot.size, _SHOOTING)),
        victims=Records(
            np.concatenate([shot, second]),
            np.concatenate([lives.shot, beside]),
            np.concatenate([code, np.full(second.size, SHOT)]),
        ),
    )


def _recorded(town: Population, happened: Incidents, seed: int) -> Incidents:
    """Keep what the police see: group B is arrested more for the same discretionary offence.

    Every shooting is seen, whoever is shot: the outcome is measured alike for all.
    """
    rng = draws(seed, "records")
    there, hurt, people = happened.arrests, happened.victims, town.temper.size
    there = there.only(np.unique(there.incident * people + there.person, return_index=True)[1])
    hurt = hurt.only(np.unique(hurt.incident * people + hurt.person, return_index=True)[1])
    # Whoever is hurt did not take part.
    there = there.only(
        ~np.isin(there.incident * people + there.person, hurt.incident * people + hurt.person)
    )
    arrest = np.array([charge.arrest for charge in CHARGES])[there.code]
    police = np.array([charge.discretionary for charge in CHARGES])[there.code]
    watched = police & (town.race[there.person] == RACES.index("B"))
    arrest = arrest * np.where(watched, CONTACT_B, 1.0)
    arrests = there.only(rng.random(there.person.size) < arrest)
    cleared = np.zeros(happened.day.size, dtype=np.bool_)
    cleared[arrests.incident] = True
    report = np.where(cleared[hurt.incident], _REPORTED_ARREST, _REPORTED)
    seen = (rng.random(hurt.person.size) < report) | np.isin(hurt.code, (SHOT, KILLED))
    return Incidents(happened.day, happened.beat, arrests, hurt.only(seen))


def _until_death(recorded: Incidents, people: int) -> Incidents:
    """Drop what is dated after the person's death."""
    hurt, day = recorded.victims, recorded.day
    died = np.full(people, np.iinfo(np.int64).max)
    dead = hurt.code == KILLED
    np.minimum.at(died, hurt.person[dead], day[hurt.incident[dead]])
    arrests = recorded.arrests
    return Incidents(
        day,
        recorded.beat,
        arrests.only(day[arrests.incident] <= died[arrests.person]),
        hurt.only(day[hurt.incident] <= died[hurt.person]),
    )


def _joined(*parts: Incidents) -> Incidents:
    """Return the incidents of all parts, renumbered."""
    sizes = np.array([part.day.size for part in parts])
    first = np.cumsum(sizes) - sizes

    def records(pieces: list[Records]) -> Records:
        moved = [piece.incident + start for piece, start in zip(pieces, first, strict=True)]
        return Records(
            np.concatenate(moved),
            np.concatenate([piece.person for piece in pieces]),
            np.concatenate([piece.code for piece in pieces]),
        )

    return Incidents(
        np.concatenate([part.day for part in parts]),
        np.concatenate([part.beat for part in parts]),
        records([part.arrests for part in parts]),
        records([part.victims for part in parts]),
    )


def _days(quarter: Ints, rng: np.random.Generator) -> Ints:
    """Return a day in each quarter."""
    first = np.datetime64(f"{FIRST_YEAR}-01", "M") + 3 * np.arange(QUARTERS + 1)
    bounds = first.astype("datetime64[D]").astype(np.int64)
    length = np.diff(bounds)[quarter]
    return np.asarray(bounds[quarter] + np.floor(rng.random(quarter.size) * length), np.int64)


def _nearby(beat: Ints, beats: int, rng: np.random.Generator) -> Ints:
    """Return the same beat mostly, else one close by."""
    return (beat + (rng.random(beat.size) < 0.25) * rng.integers(-2, 3, beat.size)) % beats
