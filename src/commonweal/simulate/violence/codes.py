"""What people are arrested for and harmed by: 46 arrest codes, 29 victim codes, ten indices.

The paper names its indices (A.3.2) and, in Tables B.6 to B.9, some of its codes; it counts
windows by code, from which 46 and 29 codes follow (365 and 233 columns over eight windows). Which
codes are in which index, and how common each is, are guesses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

INDICES = (
    "domestic", "drug", "dealing", "gun assault or battery", "gun battery", "gun robbery",
    "property", "violent", "part one",
)  # fmt: skip
"""The indices but the tenth, which holds every code."""
_SHORT = {"dom": 0, "drug": 1, "deal": 2, "gab": 3, "gb": 4, "gr": 5, "prop": 6, "viol": 7, "p1": 8}
STYLES = ("woman", "man", "street", "armed")
"""Who leans to which codes: women and men seldom arrested, careers, and careers of high danger."""


@dataclass(frozen=True, slots=True)
class Arrest:
    """A code people are arrested under.

    Parameters
    ----------
    code
        As recorded.
    indices
        Indices it belongs to, by place in `INDICES`.
    felony
        Share charged as felonies.
    weights
        How common it is in each of `STYLES`.
    harms
        Victim code of the incidents it comes from; empty where nobody is harmed.
    discretionary
        Whether it comes to light by police contact rather than by a victim.
    """

    code: str
    indices: tuple[int, ...]
    felony: float
    weights: tuple[float, float, float, float]
    harms: str = ""
    discretionary: bool = False


@dataclass(frozen=True, slots=True)
class Harm:
    """A code people are victims under.

    Parameters
    ----------
    code, indices
        As for arrests.
    weights
        How common it is among women, among men, and among people of the street.
    reported
        Share of such events that are reported to the police.
    """

    code: str
    indices: tuple[int, ...]
    weights: tuple[float, float, float]
    reported: float


def _a(
    code: str, short: str, felony: float, weights: tuple[float, float, float, float],
    harms: str = "", police: bool = False,
) -> Arrest:  # fmt: skip
    return Arrest(code, _places(short), felony, weights, harms, police)


def _h(code: str, short: str, weights: tuple[float, float, float], reported: float = 0.7) -> Harm:
    return Harm(code, _places(short), weights, reported)


def _places(short: str) -> tuple[int, ...]:
    return tuple(_SHORT[name] for name in short.split())


ARRESTS = (
    _a("BATTERY-SIMPLE", "viol", 0.02, (9, 7, 4, 4), "BATTERY-SIMPLE"),
    _a("BATTERY-DOMESTIC", "dom viol", 0.05, (14, 13, 4, 3), "BATTERY-DOMESTIC"),
    _a("BATTERY-AGG-DOMESTIC", "dom viol p1", 0.95, (1.5, 1.2, 0.6, 0.6), "BATTERY-AGG-DOMESTIC"),
    _a("BATTERY-AGG-KNIFE", "viol p1", 0.95, (0.9, 0.7, 0.8, 1.2), "BATTERY-AGG-KNIFE"),
    _a("BATTERY-AGG-HANDGUN", "gab gb viol p1", 1.0, (0.02, 0.1, 0.25, 0.9), "BATTERY-AGG-HANDGUN"),
    _a("BATTERY-AGG-OTHER", "viol p1", 0.9, (0.8, 0.8, 0.8, 1.0), "BATTERY-AGG-OTHER"),
    _a("BATTERY-POLICE", "viol", 0.9, (1.2, 1.0, 1.2, 1.5)),
    _a("ASSAULT-SIMPLE", "viol", 0.02, (4, 4, 2, 2), "ASSAULT-SIMPLE"),
    _a("ASSAULT-AGG-HANDGUN", "gab viol p1", 0.9, (0.1, 0.4, 0.6, 1.8), "ASSAULT-AGG-HANDGUN"),
    _a("ASSAULT-AGG-OTHER", "viol p1", 0.7, (0.9, 0.9, 0.6, 0.8), "ASSAULT-AGG-OTHER"),
    _a("ASSAULT-SCHOOL", "viol", 0.8, (0.4, 0.3, 0.3, 0.4)),
    _a("ROBBERY-STRONGARM", "viol p1", 1.0, (0.3, 0.6, 1.3, 1.6), "ROBBERY-STRONGARM"),
    _a("ROBBERY-HANDGUN", "gr viol p1", 1.0, (0.03, 0.25, 0.7, 1.8), "ROBBERY-HANDGUN"),
    _a("ROBBERY-OTHER", "viol p1", 1.0, (0.1, 0.2, 0.4, 0.6), "ROBBERY-OTHER"),
    _a("SEXUAL-ASSAULT", "viol p1", 1.0, (0.02, 0.4, 0.3, 0.3), "SEXUAL-ASSAULT"),
    _a("MURDER", "viol p1", 1.0, (0.01, 0.02, 0.04, 0.12)),
    _a("KIDNAPPING", "viol", 1.0, (0.05, 0.08, 0.1, 0.1)),
    _a("ARSON", "prop", 1.0, (0.08, 0.08, 0.05, 0.05), "ARSON"),
    _a("BURGLARY", "prop", 1.0, (0.5, 1.2, 2.0, 1.6), "BURGLARY"),
    _a("THEFT", "prop", 0.2, (5, 3.5, 3, 2), "THEFT"),
    _a("THEFT-RETAIL", "prop", 0.15, (16, 5, 4, 2)),
    _a("THEFT-VEHICLE", "prop", 0.9, (0.5, 1.2, 2.4, 2.6), "THEFT-VEHICLE"),
    _a("STOLEN-PROPERTY", "prop", 0.6, (0.3, 0.4, 0.8, 0.8)),
    _a("CRIMINAL-DAMAGE", "prop", 0.1, (3, 3, 2, 2), "CRIMINAL-DAMAGE"),
    _a("FORGERY", "prop", 0.7, (1.2, 0.7, 0.3, 0.2), "DECEPTION"),
    _a("DECEPTION", "prop", 0.4, (1.2, 0.8, 0.4, 0.3), "DECEPTION"),
    _a("TRESPASS-LAND", "", 0.0, (4, 5, 7, 6), police=True),
    _a("TRESPASS-VEHICLE", "prop", 0.0, (0.4, 0.8, 1.6, 1.8)),
    _a("WEAPON-HANDGUN", "", 0.7, (0.15, 0.9, 1.4, 4.0), police=True),
    _a("WEAPON-FELON", "", 1.0, (0.03, 0.25, 1.0, 3.0), police=True),
    _a("WEAPON-OTHER", "", 0.2, (0.3, 0.5, 0.6, 0.9), police=True),
    _a("WEAPON-REPLICA", "", 0.0, (0.05, 0.15, 0.3, 0.5), police=True),
    _a("CANNABIS-POSSESSION", "drug", 0.02, (3, 7, 11, 11), police=True),
    _a("CANNABIS-DELIVERY", "drug deal", 0.8, (0.3, 0.7, 1.6, 1.6), police=True),
    _a("COCAINE-POSSESSION", "drug", 1.0, (3, 3.5, 7, 6), police=True),
    _a("COCAINE-DELIVERY", "drug deal", 1.0, (0.5, 1.0, 3.6, 3.4), police=True),
    _a("HEROIN-POSSESSION", "drug", 1.0, (2.0, 2.0, 5.0, 3.5), police=True),
    _a("HEROIN-DELIVERY", "drug deal", 1.0, (0.3, 0.6, 3.2, 3.0), police=True),
    _a("DRUG-PARAPHERNALIA", "drug", 0.0, (0.6, 0.6, 1.0, 0.8), police=True),
    _a("SOLICITATION", "drug", 0.1, (0.8, 1.2, 2.4, 2.2), police=True),
    _a("PROSTITUTION", "", 0.1, (6, 1.2, 0.4, 0.2), police=True),
    _a("GAMBLING", "", 0.0, (0.1, 0.8, 2.2, 3.0), police=True),
    _a("RECKLESS-CONDUCT", "", 0.0, (1.0, 2.0, 3.2, 4.2), police=True),
    _a("DISORDERLY-CONDUCT", "", 0.0, (5, 6, 6, 6), police=True),
    _a("PUBLIC-DRINKING", "", 0.0, (2.0, 7.0, 4.0, 3.0), police=True),
    _a("OBSTRUCTING-OFFICER", "", 0.05, (2.0, 2.5, 4.0, 5.0), police=True),
)  # fmt: skip

HARMS = (
    _h("BATTERY-SIMPLE", "viol", (11, 12, 12), 0.6),
    _h("BATTERY-DOMESTIC", "dom viol", (16, 5, 6), 0.6),
    _h("BATTERY-AGG-DOMESTIC", "dom viol p1", (0.9, 0.6, 0.8), 0.8),
    _h("BATTERY-AGG-KNIFE", "viol p1", (0.4, 0.8, 1.8), 0.9),
    _h("BATTERY-AGG-HANDGUN", "gab gb viol p1", (0, 0, 0), 1.0),
    _h("BATTERY-AGG-OTHER", "viol p1", (0.5, 0.9, 1.8), 0.8),
    _h("ASSAULT-SIMPLE", "viol", (6, 5, 5), 0.5),
    _h("ASSAULT-AGG-HANDGUN", "gab viol p1", (0.4, 0.7, 3.2), 0.6),
    _h("ASSAULT-AGG-OTHER", "viol p1", (0.8, 1.0, 1.8), 0.6),
    _h("ROBBERY-STRONGARM", "viol p1", (1.8, 2.4, 3.4), 0.6),
    _h("ROBBERY-HANDGUN", "gr viol p1", (0.9, 2.0, 3.8), 0.7),
    _h("ROBBERY-KNIFE", "viol p1", (0.3, 0.5, 0.8), 0.6),
    _h("ROBBERY-OTHER", "viol p1", (0.3, 0.5, 0.8), 0.6),
    _h("SEXUAL-ASSAULT", "viol p1", (0.9, 0.05, 0.3), 0.4),
    _h("SEXUAL-ABUSE", "viol", (0.8, 0.1, 0.2), 0.4),
    _h("KIDNAPPING", "viol", (0.2, 0.05, 0.1), 0.8),
    _h("CHILD-ABDUCTION", "viol", (0.1, 0.05, 0.05), 0.9),
    _h("CHILD-ENDANGERMENT", "", (0.3, 0.3, 0.2), 0.6),
    _h("STALKING", "", (0.3, 0.05, 0.05), 0.5),
    _h("TELEPHONE-THREAT", "", (3.5, 1.5, 1.5), 0.5),
    _h("HARASSMENT", "", (3.0, 1.5, 1.2), 0.5),
    _h("BURGLARY", "prop", (9, 9, 6), 0.8),
    _h("THEFT", "prop", (21, 22, 12), 0.6),
    _h("THEFT-FROM-BUILDING", "prop", (6, 6, 4), 0.6),
    _h("THEFT-VEHICLE", "prop", (6, 9, 6), 0.95),
    _h("CRIMINAL-DAMAGE", "prop", (14, 14, 10), 0.6),
    _h("ARSON", "prop", (0.2, 0.3, 0.2), 0.9),
    _h("DECEPTION", "prop", (5, 4, 2), 0.5),
    _h("HOMICIDE", "viol p1", (0, 0, 0), 1.0),
)  # fmt: skip

ARREST_CODES = tuple(one.code for one in ARRESTS)
HARM_CODES = tuple(one.code for one in HARMS)
SHOT, KILLED = HARM_CODES.index("BATTERY-AGG-HANDGUN"), HARM_CODES.index("HOMICIDE")
SHOOTER, MURDERER = ARREST_CODES.index("BATTERY-AGG-HANDGUN"), ARREST_CODES.index("MURDER")

ARREST_STYLE = np.array([one.weights for one in ARRESTS]).T
HARM_STYLE = np.array([one.weights for one in HARMS]).T
REPORTED = np.array([one.reported for one in HARMS])
FELONY = np.array([one.felony for one in ARRESTS])
DISCRETIONARY = np.array([one.discretionary for one in ARRESTS])
HARM_OF = np.array([HARM_CODES.index(one.harms) if one.harms else -1 for one in ARRESTS])


def codes_in(index: str, codes: tuple[Arrest, ...] | tuple[Harm, ...]) -> tuple[str, ...]:
    """Return the codes that belong to an index, in order."""
    place = INDICES.index(index)
    return tuple(one.code for one in codes if place in one.indices)
