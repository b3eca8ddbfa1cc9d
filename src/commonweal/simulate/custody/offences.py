"""Kinds of crime: their category and level, and how common they must be to give Table 1.

Paper A counts over 450 kinds; this world has some 60. Names and weights are guesses; categories
and levels follow the paper's Table 1, read as shares of people: "ever convicted of a crime of the
category", and the gravest level among a person's convictions.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from commonweal.simulate.columns import Floats, Ints
from commonweal.simulate.custody.published import CATEGORY, CRIMES_A_CASE, LEVEL

CATEGORIES = (*CATEGORY, "public order", "traffic", "immigration")
LEVELS = ("level 1", "level 2", "level 3")
_KINDS: dict[str, tuple[str, str, str]] = {
    "general violence": (
        "assault aggravated, assault weapon, robbery, robbery armed, kidnapping, domestic grave",
        "battery felony, resisting with violence, threat",
        "assault simple, battery simple, domestic simple, menacing",
    ),
    "fatal violence": ("murder, manslaughter, homicide by vehicle", "", ""),
    "sexual violence": (
        "rape, sexual assault, sexual assault child, exploitation child",
        "lewd act, failure to register",
        "indecent exposure, prostitution",
    ),
    "property": (
        "burglary armed, arson, burglary dwelling",
        "burglary, larceny felony, vehicle theft, fraud, forgery, stolen goods",
        "larceny petty, shoplifting, trespass, damage",
    ),
    "drug": (
        "trafficking cocaine, trafficking heroin, trafficking meth, distribution",
        "possession to sell, possession felony, cultivation",
        "possession, possession marijuana, paraphernalia",
    ),
    "weapon": (
        "weapon trafficking, discharge at person, explosives",
        "firearm unlawful, firearm by alien, concealed weapon",
        "knife carried, weapon licence",
    ),
    "public order": (
        "racketeering, gang crime",
        "escape, bribery, perjury",
        "disorderly, intoxicated, obstruction, failure to appear, false name, gambling",
    ),
    "traffic": (
        "hit and run injury",
        "drunk driving third, evading police",
        "drunk driving, no licence, reckless, hit and run",
    ),
    "immigration": ("smuggling aliens", "reentry, false documents", "illegal entry"),
}
# How the levels of a category lean before they are fitted to Table 1 (guesses).
_LEAN = np.array(
    [
        [0.35, 0.15, 0.50],
        [1.00, 0.00, 0.00],
        [0.80, 0.15, 0.05],
        [0.20, 0.40, 0.40],
        [0.40, 0.30, 0.30],
        [0.30, 0.50, 0.20],
        [0.05, 0.10, 0.85],
        [0.02, 0.08, 0.90],
        [0.10, 0.30, 0.60],
    ]
)
_REST = np.array([0.35, 0.45, 0.20])  # public order, traffic, immigration (guess)
_ONE_TO_FOUR = np.array([0.270, 0.194, 0.122, 0.085])  # 1-2 and 3-4 add up to Table 1
_TAIL, _MOST = 0.70, 60  # geometric tail of five and more convictions (guess)
_LISTS = [
    (category, level, name.strip())
    for category, lists in enumerate(_KINDS.values())
    for level, names in enumerate(lists)
    for name in names.split(",")
    if name.strip()
]
NAMES = tuple(name for _, _, name in _LISTS)
CATEGORY_OF: Ints = np.array([category for category, _, _ in _LISTS])
LEVEL_OF: Ints = np.array([level + 1 for _, level, _ in _LISTS])
GRAVE: Ints = np.flatnonzero(LEVEL_OF == 1)
"""The kinds of Level 1."""


@cache
def convictions() -> Floats:
    """Return the chance of 0, 1, 2, ... convictions.

    Three and more, five and more, and none at all are Table 1's ("number of crimes" is read as
    convictions, as in the paper's section 4).
    """
    chance = np.zeros(_MOST + 1)
    chance[0] = LEVEL["not convicted"]
    chance[1:5] = _ONE_TO_FOUR
    tail = _TAIL ** np.arange(_MOST - 4)
    chance[5:] = (1.0 - chance[:5].sum()) * tail / tail.sum()
    return chance


@cache
def charges() -> tuple[float, float, float]:
    """Return what number of further, unconvicted charges is to be expected.

    Returns
    -------
    tuple
        Mean beyond the first of people never convicted; then, for the others, a constant and a
        slope by number of convictions. Together with the convictions they make the paper's
        4.02 crimes a case.
    """
    chance = convictions()
    mean = float(chance @ np.arange(chance.size))
    none, slope = 0.8, 0.25  # guesses; the constant makes up the rest
    rest = CRIMES_A_CASE - mean - chance[0] * (1.0 + none) - slope * mean
    return none, rest / (1.0 - chance[0]), slope


@cache
def weights() -> Floats:
    """Return how common each kind is among convictions."""
    rows = np.array([_a_crime(share) for share in CATEGORY.values()])
    rows = np.concatenate([rows, _REST * (1.0 - rows.sum())])
    first = _a_crime(LEVEL["level 1"])
    second = _a_crime(LEVEL["level 1"] + LEVEL["level 2"]) - first
    cells = _fitted(rows, np.array([first, second, 1.0 - first - second]))
    same = np.bincount(CATEGORY_OF * 3 + LEVEL_OF - 1, minlength=cells.size)
    place = CATEGORY_OF * 3 + LEVEL_OF - 1
    spread: Floats = cells.ravel()[place] / same[place]
    spread /= spread.sum()
    return spread


def _a_crime(share: float) -> float:
    """Return the share of convictions that makes `share` of people ever have one such."""
    chance, low, high = convictions(), 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2.0
        ever = 1.0 - float(chance @ (1.0 - middle) ** np.arange(chance.size))
        low, high = (middle, high) if ever < share else (low, middle)
    return (low + high) / 2.0


def _fitted(rows: Floats, columns: Floats) -> Floats:
    """Fit the lean to the totals of categories and of levels, by iterative proportions."""
    cells = _LEAN.copy()
    for _ in range(500):
        cells *= (rows / cells.sum(axis=1))[:, None]
        cells *= columns / cells.sum(axis=0)
    return cells
