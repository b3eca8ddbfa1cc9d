"""What an investigation found: its closing day, finding, RAP level and allegations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.core.seeds import stream
from commonweal.simulate.children.calendar import END
from commonweal.simulate.children.knobs import Knobs
from commonweal.simulate.columns import Floats, Ints, Mask

LEVELS = ("low", "moderate", "high", "very high")
LEVEL_SHARES = np.array([0.33, 0.38, 0.20, 0.09])
"""Of the RAP levels, before any is missing. Guesses."""
INDICATED = 0.38
"""Share of investigations with some credible evidence. A guess near the city's figures."""
ALLEGATIONS = (
    "neglect",
    "drug or alcohol misuse by a parent",
    "educational neglect",
    "medical neglect",
    "physical abuse",
    "sexual abuse",
)
NEGLECT = 4
"""The first so many of `ALLEGATIONS` are kinds of neglect."""

# Guesses: days to close an investigation, which may take 60 by law; what families and children
# alone are reported for; how many allegations a child; how strongly need decides the finding,
# and how well the RAP level measures need; allegations substantiated in an indicated case.
_CLOSING = (47.0, 11.0, 7, 90)
_FAMILIES = np.array([0.56, 0.16, 0.05, 0.05, 0.15, 0.03])
_ALONE = np.array([0.25, 0.03, 0.38, 0.06, 0.22, 0.06])
_HOW_MANY = np.array([0.72, 0.22, 0.06])
_FINDING_BY_NEED = 0.5
_RAP_SHOWS = 0.55
_SUBSTANTIATED = 0.6


@dataclass(frozen=True, slots=True)
class Assessed:
    """One row an investigation.

    Parameters
    ----------
    closed_on
        Day of its closing; on or after `END` it is still open.
    indicated
        The finding.
    level
        RAP level, a place in `LEVELS`.
    rated_on
        Day of the RAP.
    unrated
        Whether the RAP level was never recorded.
    """

    closed_on: Ints
    indicated: Mask
    level: Ints
    rated_on: Ints
    unrated: Mask

    @property
    def open(self) -> Mask:
        """Return which investigations are open on the day of extraction."""
        return self.closed_on >= END


def assess(day: Ints, need: Floats, knobs: Knobs, seed: int) -> Assessed:
    """Assess investigations.

    Parameters
    ----------
    day
        When each was reported.
    need
        Need of the family, or of the child where it was reported alone.
    knobs, seed
        The world's.

    Notes
    -----
    The level is need, measured with error, cut at fixed shares. Whether it is missing depends on
    the part of need that the level does not show: on what it would have had to be corrected by.
    """
    rng = stream(seed, "children", "assessment")
    need = (need - need.mean()) / max(float(need.std()), 1e-9)
    mean, spread, least, most = _CLOSING
    closed = day + np.clip(np.rint(rng.normal(mean, spread, day.size)), least, most).astype(int)
    measured = _RAP_SHOWS * need + np.sqrt(1 - _RAP_SHOWS**2) * rng.normal(0.0, 1.0, day.size)
    level = np.searchsorted(np.quantile(measured, np.cumsum(LEVEL_SHARES)[:-1]), measured)
    finding = _FINDING_BY_NEED * need
    indicated = rng.random(day.size) < _chances(finding, INDICATED)
    unseen = need - _RAP_SHOWS * measured
    unseen /= max(float(unseen.std()), 1e-9)
    missing = _chances(knobs.rap_missing_need * unseen, knobs.rap_missing)
    return Assessed(
        closed_on=closed,
        indicated=indicated,
        level=level.astype(np.int64),
        rated_on=np.minimum(day + rng.integers(3, 22, day.size), closed),
        unrated=rng.random(day.size) < missing,
    )


@dataclass(frozen=True, slots=True)
class Alleged:
    """One row an allegation.

    Parameters
    ----------
    row
        Place of its child-investigation.
    kind
        Place in `ALLEGATIONS`.
    substantiated
        Whether it was found to be so when the investigation closed.
    """

    row: Ints
    kind: Ints
    substantiated: Mask


def allege(report: Ints, alone: Mask, indicated: Mask, seed: int) -> Alleged:
    """Draw the allegations of every child-investigation, one to three of different kinds.

    Parameters
    ----------
    report
        Investigation of each row; rows of one are together.
    alone
        Whether it is about one child alone.
    indicated
        Its finding. An indicated investigation has an allegation that was substantiated, any
        other has none.
    seed
        The world's.
    """
    rng = stream(seed, "children", "allegations")
    count = 1 + np.searchsorted(np.cumsum(_HOW_MANY)[:-1], rng.random(report.size), side="right")
    row = np.repeat(np.arange(report.size), count)
    draw = rng.random(row.size)
    kinds = [np.searchsorted(np.cumsum(p)[:-1], draw, side="right") for p in (_FAMILIES, _ALONE)]
    kind = np.where(alone[row], kinds[1], kinds[0])
    once = np.sort(row * len(ALLEGATIONS) + kind, kind="stable")
    once = once[np.diff(once, prepend=-1) != 0]
    row, kind = once // len(ALLEGATIONS), once % len(ALLEGATIONS)
    substantiated = rng.random(row.size) < _SUBSTANTIATED
    substantiated[np.diff(report[row], prepend=-1) != 0] = True
    return Alleged(row, kind, substantiated & indicated[row])


def _chances(logits: Floats, mean: float) -> Floats:
    """Return chances of these log odds, shifted so that their mean is as given."""
    if mean <= 0.0:
        return np.zeros(logits.size)
    shift = np.log(mean / (1 - mean))
    found: Floats = 1.0 / (1.0 + np.exp(-(logits + shift)))
    for _ in range(8):
        slope = max(float((found * (1 - found)).mean()), 1e-9)
        shift += (mean - float(found.mean())) / slope
        found = 1.0 / (1.0 + np.exp(-(logits + shift)))
    return found
