"""Services: what they are, what they do, and which families are offered one of the few places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.simulate.children.calendar import END, RECORDS, months
from commonweal.simulate.children.families import Families
from commonweal.simulate.children.knobs import Knobs
from commonweal.simulate.columns import Floats, Ints, Mask

SERVICES = (
    "preventive casework",
    "intensive family therapy",
    "parenting classes",
    "housing and income help",
)
EFFECTS = np.array([-0.35, -0.60, 0.0, -0.25])
"""Log hazard ratio of a report while the service is in effect, at ``effects = 1``. Guesses."""
PLACES = np.array([0.45, 0.15, 0.20, 0.20])
"""Share of the places that each service has. A guess."""
ACCEPTED = 0.75
"""Chance that a family accepts an offer. A guess; it does not depend on need."""
LASTS = 365.0
"""Days for which a service is in effect. A guess."""
_OFFER_DAYS, _START_DAYS = 21, (5, 26)


@dataclass(frozen=True, slots=True)
class Decided:
    """What was settled about each of a month's investigations when the month was over.

    Parameters
    ----------
    eligible
        Whether a service could be offered: none was in effect, and no earlier investigation
        of the month concerned the same source.
    wish
        Place in `SERVICES` of the service its case worker would choose.
    offered, accepted
        Whether it was offered, and accepted.
    offered_on, starts
        When it is or would be offered, and when it takes or would take effect.
    """

    eligible: Mask
    wish: Ints
    offered: Mask
    accepted: Mask
    offered_on: Ints
    starts: Ints


def places(families: Families, knobs: Knobs) -> Ints:
    """Return how many offers each unit can make: one a unit, service and simulated month."""
    inside = np.minimum(families.closes, END) - np.maximum(families.opens, RECORDS)
    unit = families.unit[families.family_of(np.arange(families.rate.size))]
    reports = np.bincount(
        unit, families.rate * np.maximum(inside, 0.0), minlength=families.units.share.size
    )
    count = months().size - 1
    monthly = reports / (END - RECORDS) * 365.25 / 12 / (1 - knobs.echo - knobs.follow_up)
    mean = monthly[:, None] * knobs.capacity * PLACES
    grown = np.floor(mean[:, :, None] * np.arange(count + 1) + 0.5)
    found: Ints = np.diff(grown, axis=2).astype(np.int64)
    return found


def decide(
    first: Mask, unit: Ints, need: Floats, open_places: Ints, ends: int, knobs: Knobs,
    rng: np.random.Generator,
) -> Decided:  # fmt: skip
    """Offer a month's places: by need that no record shows, and by chance.

    Parameters
    ----------
    first
        Which investigations are eligible.
    unit, need
        Unit of each investigation, and need of the family or child.
    open_places
        Offers that can be made, a unit and service.
    ends
        The day after the month.
    knobs, rng
        The world's knobs, and a stream of its own.
    """
    count = unit.size
    wish = np.searchsorted(np.cumsum(PLACES)[:-1], rng.random(count), side="right")
    score = knobs.confounding * need + rng.normal(0.0, 1.0, count)
    queue = np.where(first, unit * len(SERVICES) + wish, -1)
    order = np.lexsort((-score, queue))
    starts = np.searchsorted(queue[order], queue[order], side="left")
    turn = np.empty(count, dtype=np.int64)
    turn[order] = np.arange(count) - starts
    offered = first & (turn < open_places[unit, wish])
    offered_on = ends + rng.integers(0, _OFFER_DAYS, count)
    return Decided(
        eligible=first,
        wish=wish.astype(np.int64),
        offered=offered,
        accepted=offered & (rng.random(count) < ACCEPTED),
        offered_on=offered_on,
        starts=offered_on + rng.integers(*_START_DAYS, count),
    )
