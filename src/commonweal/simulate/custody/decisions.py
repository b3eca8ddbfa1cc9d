"""Officers' decisions: whom they detain, whom of these they deport, and what they would have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from commonweal.core.seeds import stream
from commonweal.simulate.columns import Floats, Ints, Mask
from commonweal.simulate.custody.calibrate import SAMPLE, chances, constant
from commonweal.simulate.custody.facilities import Facilities
from commonweal.simulate.custody.knobs import Knobs
from commonweal.simulate.custody.people import People
from commonweal.simulate.custody.published import BINS, DEPORTED, DETAINED, GAPS
from commonweal.simulate.custody.risk import LEVEL_SCORE

_LEVEL = 0.3  # Log odds of detention and deportation by the guideline's level (guess).
_DEPORT = 0.5  # Weight of risk and signal in deporting, beside detaining (guess).
_BY_MILES = -1.05  # Log odds by distance outside the bins; makes the AUC by distance about .70.
# Rates by quartile, nearest first: the published gaps, around the rate of all detainers (that
# the rate in prisons is the same is a guess).
QUARTILE_RATES: Floats = DETAINED + np.array([*GAPS, 0.0]) - sum(GAPS) / 4.0


@dataclass(frozen=True, slots=True)
class Decisions:
    """What officers do with each person, and what they would do elsewhere.

    Parameters
    ----------
    detained, deported
        What was decided; of those still imprisoned, nothing yet.
    chance_detained, chance_deported
        The chances, given everything an officer sees; the second among the detained.
    other_side
        A prison of the same bin on the other side, near for far and far for near; -1 outside
        the bins.
    detained_near, detained_far, deported_near, deported_far
        What the same officer would have decided in a near and in a far prison.
    defier
        Whether nearness lowers the chance of detention.
    """

    detained: Mask
    deported: Mask
    chance_detained: Floats
    chance_deported: Floats
    other_side: Ints
    detained_near: Mask
    detained_far: Mask
    deported_near: Mask
    deported_far: Mask
    defier: Mask


def decide(
    people: People, index: Floats, signal: Floats, facilities: Facilities, knobs: Knobs, seed: int
) -> Decisions:  # fmt: skip
    """Let officers decide; one draw a person decides alike wherever the person is held."""
    rng = stream(seed, "custody", "decisions")
    seen = knobs.officers * index + knobs.confounding * signal
    level = _LEVEL * LEVEL_SCORE[people.level]
    pull = _pull(people, seen + level, facilities, knobs, seed)
    defier = (people.group < BINS) & (rng.random(people.count) < 2 * knobs.defiers * ndtr(signal))
    sign = np.where(defier, -1.0, 1.0)

    def chance(facility: Ints) -> Floats:
        shift = pull.level[facility] + sign * pull.slope[facility]
        return chances(seen + level + shift + facilities.decision_shift[facility])

    removal = _DEPORT * seen + level
    final = slice(0, people.final, max(1, people.final // SAMPLE))
    here = chance(people.facility)
    removal += constant(removal[final], DEPORTED / DETAINED, here[final])
    gone = chances(removal)
    other = _other_side(people, facilities, seed)
    draw, second = rng.random(people.count), rng.random(people.count) < gone
    detained = draw < here
    elsewhere = np.where(other >= 0, draw < chance(other), detained)
    near = facilities.quartile[people.facility] <= 2
    detained_near, detained_far = (
        np.where(near, detained, elsewhere),
        np.where(near, elsewhere, detained),
    )
    decided = np.arange(people.count) < people.final
    return Decisions(
        detained=detained & decided,
        deported=detained & second & decided,
        chance_detained=here,
        chance_deported=gone,
        other_side=other,
        detained_near=detained_near,
        detained_far=detained_far,
        deported_near=detained_near & second,
        deported_far=detained_far & second,
        defier=defier,
    )


@dataclass(frozen=True, slots=True)
class _Pull:
    """Log odds of detention by facility: what is common, and what nearness adds."""

    level: Floats
    slope: Floats


def _pull(
    people: People, seen: Floats, facilities: Facilities, knobs: Knobs, seed: int
) -> _Pull:  # fmt: skip
    """Solve for the published rates by quartile of distance, and over all facilities.

    Solved without defiers, and for a fresh draw of the prisons' shifts: neither is undone here.
    """
    rng = stream(seed, "custody", "calibration")
    level, slope = np.zeros(facilities.miles.size), np.zeros(facilities.miles.size)
    group = people.group[: people.final]
    bins = np.flatnonzero(group < BINS)
    bins = bins[:: max(1, bins.size // SAMPLE)]
    held = seen[bins] + knobs.unit_decisions * rng.normal(size=bins.size)
    solved = np.array([constant(held, rate, np.ones(bins.size)) for rate in QUARTILE_RATES])
    inside = facilities.quartile > 0
    level[inside] = solved.mean()
    slope[inside] = solved[facilities.quartile[inside] - 1] - solved.mean()
    far = np.log(facilities.miles[~inside])
    slope[~inside] = _BY_MILES * (far - far.mean()) / far.std()
    rest = np.flatnonzero(group >= BINS)
    rest = rest[:: max(1, rest.size // SAMPLE)]
    log_odds = seen[rest] + slope[people.facility[rest]]
    level[~inside] = constant(log_odds, DETAINED, np.ones(rest.size))
    return _Pull(level, slope)


def _other_side(people: People, facilities: Facilities, seed: int) -> Ints:
    """Return a prison of the same bin beyond the median distance, drawn by size; else -1."""
    rng = stream(seed, "custody", "other side")
    other = np.full(people.count, -1, np.int64)
    near = facilities.quartile <= 2
    for number in range(BINS):
        prisons = facilities.of(number)
        for side in (False, True):
            there = prisons[near[prisons] != side]
            edges = np.cumsum(facilities.share[there] / facilities.share[there].sum())[:-1]
            held = np.flatnonzero((people.group == number) & (near[people.facility] == side))
            other[held] = there[np.searchsorted(edges, rng.random(held.size))]
    return other
