"""What people did and suffered, and what of it is in the records."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.simulate.columns import Ints, Mask
from commonweal.simulate.violence.arrests import all_arrests, arrested
from commonweal.simulate.violence.codes import KILLED, SHOT
from commonweal.simulate.violence.danger import Shootings
from commonweal.simulate.violence.events import Events
from commonweal.simulate.violence.harms import all_harms, reported
from commonweal.simulate.violence.people import DAYS, Population


@dataclass(frozen=True, slots=True)
class Happened:
    """Everything that happened.

    Parameters
    ----------
    arrests, harms
        Events; the code indexes `ARRESTS` and `HARMS`.
    arrests_recorded, harms_recorded
        Whether each is in the agency's records.
    incidents
        Number of incidents.
    without_gun
        Incidents in which somebody was killed otherwise than by a gun.
    """

    arrests: Events
    harms: Events
    arrests_recorded: Mask
    harms_recorded: Mask
    incidents: int
    without_gun: Ints


def happen(city: Population, shootings: Shootings, contact: float, seed: int) -> Happened:
    """Draw offences and harm, put them into incidents, and say which are recorded.

    Parameters
    ----------
    city
        Everyone.
    shootings
        Who was shot: each is a harm of its own, always recorded.
    contact
        Share of discretionary offences of White people that lead to an arrest, where 1 is that
        of Black people's; Hispanic people's lies halfway.
    seed
        The one seed.
    """
    harms = all_harms(city, shootings, seed)
    arrests = all_arrests(city, harms, shootings, seed)
    killed = harms.incident[harms.day.size - shootings.day.size :][~shootings.gun]
    died = _days_of_death(city, shootings)
    told = arrests.day + arrests.lag
    arrests = arrests.only((told < died[arrests.person]) & (told < DAYS))
    is_shot = np.isin(harms.code, (SHOT, KILLED))
    keep = (is_shot | (harms.day < died[harms.person])) & (harms.day + harms.lag < DAYS)
    seen = reported(city, harms, seed)[keep]
    harms = harms.only(keep)
    return Happened(
        arrests,
        harms,
        arrested(city, arrests, contact, seed),
        seen,
        int(max(arrests.incident.max(), harms.incident.max())) + 1,
        killed,
    )


def _days_of_death(city: Population, shootings: Shootings) -> Ints:
    """Return the day each person dies of a shooting, or one after the end."""
    died = np.full(city.count, DAYS + 1, np.int64)
    died[shootings.person[shootings.fatal]] = shootings.day[shootings.fatal]
    return died
