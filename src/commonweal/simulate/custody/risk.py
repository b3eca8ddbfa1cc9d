"""The risk that can be read off the records, and the signal that cannot."""

from __future__ import annotations

import numpy as np

from commonweal.core.seeds import stream
from commonweal.simulate.columns import Floats, Mask
from commonweal.simulate.custody.histories import CONVICTED, Histories
from commonweal.simulate.custody.offences import CATEGORIES, CATEGORY_OF
from commonweal.simulate.custody.people import People

# Weights of what is on record; all are guesses. Nationality and state have none.
_CONVICTIONS, _CHARGES = 0.55, 0.25
_EVER_CONVICTED = {
    "general violence": 0.45,
    "fatal violence": 0.10,
    "sexual violence": 0.20,
    "property": 0.15,
    "drug": 0.15,
    "weapon": 0.30,
}
_AGE, _YOUNG, _MAN, _ONSET, _YOUNG_VIOLENT = -0.50, 0.25, 0.35, -0.30, 0.35
LEVEL_SCORE: Floats = np.array([0.0, 1.0, 0.2, -0.5, -0.6])
"""How grave the guideline takes each level to be, 4 being charged but not convicted (guess)."""


def observable(people: People, histories: Histories, guideline: float) -> Floats:
    """Return the index of the risk on record, with mean 0 and standard deviation 1."""
    violent = _ever(people, histories, "general violence")
    index = _CONVICTIONS * np.log1p(people.convicted)
    index += _CHARGES * np.log1p(people.crimes - people.convicted)
    for name, weight in _EVER_CONVICTED.items():
        index += weight * (
            violent if name == "general violence" else _ever(people, histories, name)
        )
    young = people.age < 25
    index += _AGE * (people.age - 33.0) / 9.0 + _YOUNG * young + _YOUNG_VIOLENT * (young & violent)
    index += _MAN * ~people.woman + _ONSET * np.clip((histories.onset - 24.0) / 8.0, -1.5, 2.0)
    index += guideline * LEVEL_SCORE[people.level]
    standard: Floats = (index - index.mean()) / index.std()
    return standard


def unobserved(people: People, seed: int) -> Floats:
    """Return the signal that officers see and the records lack: independent of all of them."""
    return stream(seed, "custody", "signal").normal(size=people.count)


def _ever(people: People, histories: Histories, category: str) -> Mask:
    """Return who has ever been convicted of a crime of the category."""
    codes = np.equal(CATEGORY_OF, CATEGORIES.index(category))
    hits = codes[people.kind] & (histories.status == CONVICTED)
    ever: Mask = np.logical_or.reduceat(hits, people.first)
    return ever
