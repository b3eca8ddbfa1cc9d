"""Prisons and jails: where they stand, whom they hold, how far the nearest office is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.core.seeds import stream
from commonweal.simulate.columns import Floats, Ints
from commonweal.simulate.custody.knobs import Knobs
from commonweal.simulate.custody.published import (
    BINS,
    CASES,
    CUTOFFS,
    FACILITY,
    INMATES_A_BIN,
    PRISONS,
    STATE,
)

TYPES = tuple(FACILITY)
SECURITIES = ("low", "medium", "high", "administrative")
SYSTEMS = ("federal", "CA", "TX")
BIN_NAMES = tuple(f"{system} {level}" for system in SYSTEMS for level in SECURITIES[:3])
STATES = (
    *STATE,
    *("NJ", "IL", "NC", "VA", "NV", "CO", "WA", "SC", "TN", "MD", "MA", "OR", "OK", "PA", "UT"),
    *("KS", "NM", "AL", "LA", "MI", "OH", "IN", "MO", "WI", "MN", "CT", "AR", "KY", "NE", "ID"),
    *("IA", "MS", "DE", "DC", "RI", "HI", "AK", "NH", "MT", "ND", "SD", "WY", "ME", "VT", "WV"),
)
# After the six states of Table 1, each is a little smaller than the one before (guess).
_OTHERS = 0.94 ** np.arange(len(STATES) - len(STATE))
STATE_SHARE: Floats = np.concatenate(
    [list(STATE.values()), _OTHERS / _OTHERS.sum() * (1.0 - sum(STATE.values()))]
)
IN_BINS = 3 * INMATES_A_BIN / CASES
"""Share of all cases held in the bins of one system."""
FEDERAL_REST, STATE_REST = BINS, BINS + 1
GROUPS = (*BIN_NAMES, "federal administrative", "state elsewhere", "county", "local", "other")
"""Nine bins, and the rest by type. People are sent to a group, then to a facility of it."""
# How many facilities there are outside the bins (guesses).
_COUNT = {
    "federal administrative": 40,
    "state elsewhere": 80,
    "county": 900,
    "local": 250,
    "other": 80,
}
_FARTHEST = {"federal": 450.0, "state": 280.0}  # miles (guess)
_NEAREST, _FARTHEST_JAIL = 1.0, 500.0
# Miles from jails to the nearest office: log-normal (guess).
_JAIL_MEDIAN, _JAIL_SPREAD = 70.0, 0.8


@dataclass(frozen=True, slots=True)
class Facilities:
    """Facilities by number, those of a group next to each other.

    Parameters
    ----------
    group
        Place in `GROUPS`.
    state
        Place in `STATES`.
    share
        Share of the group's inmates; adds to 1 in every group.
    miles
        To the nearest office.
    quartile
        1 (nearest) to 4 of that distance in the nine bins, 0 elsewhere. Every quartile holds a
        quarter of a bin's inmates.
    decision_shift, outcome_shift
        Log odds by which detention and re-arrest are likelier here; 0 outside the bins.
    """

    group: Ints
    state: Ints
    share: Floats
    miles: Floats
    quartile: Ints
    decision_shift: Floats
    outcome_shift: Floats

    def of(self, group: int) -> Ints:
        """Return the facilities of a group."""
        return np.flatnonzero(self.group == group)


def draw_facilities(seed: int, knobs: Knobs) -> Facilities:
    """Draw all facilities; how many there are does not depend on the number of people."""
    rng = stream(seed, "custody", "facilities")
    group, quartile = _prisons()
    rest = np.repeat(np.arange(BINS, len(GROUPS)), [_COUNT[name] for name in GROUPS[BINS:]])
    group = np.concatenate([group, rest])
    quartile = np.concatenate([quartile, np.zeros(rest.size, np.int64)])
    size = rng.lognormal(0.0, 0.4, group.size)
    share = _shares(group * 5 + quartile, size) * np.where(quartile > 0, 0.25, 1.0)
    state = _states(group, rng)
    share = np.where(quartile > 0, share, _weighted(group, state, share))
    effects = stream(seed, "custody", "unit effects").normal(size=(2, group.size)) * (quartile > 0)
    return Facilities(
        group=group,
        state=state,
        share=share,
        miles=_miles(group, quartile, rng),
        quartile=quartile,
        decision_shift=effects[0] * knobs.unit_decisions,
        outcome_shift=effects[1] * knobs.unit_outcomes,
    )


def _prisons() -> tuple[Ints, Ints]:
    """Return bin and quartile of the 116 prisons: 13 in a bin, 12 in the last.

    The quartile with a fourth prison is another one from bin to bin.
    """
    groups, quartiles = list[int](), list[int]()
    for bin_ in range(BINS):
        more = 1 + bin_ % 4 if bin_ < PRISONS - 12 * BINS else 0
        held = [quartile for quartile in (1, 2, 3, 4) for _ in range(3 + (quartile == more))]
        groups += [bin_] * len(held)
        quartiles += held
    return np.array(groups), np.array(quartiles)


def _shares(cell: Ints, size: Floats) -> Floats:
    """Return sizes as shares of the total of their cell."""
    total = np.bincount(cell, size)
    shares: Floats = size / total[cell]
    return shares


def _states(group: Ints, rng: np.random.Generator) -> Ints:
    """Put facilities into states; every state has a jail of every kind."""
    state = rng.choice(len(STATES), group.size, p=STATE_SHARE)
    bins = group < BINS
    system = group // 3
    state = np.where(bins & (system == 1), STATES.index("CA"), state)
    state = np.where(bins & (system == 2), STATES.index("TX"), state)
    for jail in range(STATE_REST, len(GROUPS)):
        held = np.flatnonzero(group == jail)
        first = 2 if jail == STATE_REST else 0  # Texas and California are in bins
        state[held] = rng.choice(
            np.arange(first, len(STATES)), held.size, p=_renormed(STATE_SHARE[first:])
        )
        state[held[: len(STATES) - first]] = np.arange(first, len(STATES))
    return state


def _weighted(group: Ints, state: Ints, share: Floats) -> Floats:
    """Weigh facilities outside the bins so that the states' shares are those of Table 1.

    What prisons hold of a state's people, its jails hold less. Sizes within a state stay as
    they were, relative to each other.
    """
    weight = _group_weight()
    prison = np.bincount(state, share * weight[group] * (group <= STATE_REST), len(STATES))
    jails = np.clip(STATE_SHARE - prison, 0.0, None)
    jail_state = _renormed(jails)
    within = _shares(group * len(STATES) + state, share)
    return np.where(group > STATE_REST, within * jail_state[state], share)


def _group_weight() -> Floats:
    """Return the share of all cases each group holds."""
    in_bins = np.repeat(IN_BINS / 3, BINS)
    rest = [FACILITY["federal"] - IN_BINS, FACILITY["state"] - 2 * IN_BINS]
    return np.array([*in_bins, *rest, FACILITY["county"], FACILITY["local"], FACILITY["other"]])


def _renormed(weight: Floats) -> Floats:
    normed: Floats = weight / weight.sum()
    return normed


def _miles(group: Ints, quartile: Ints, rng: np.random.Generator) -> Floats:
    """Draw distances: in the bins spread evenly within the paper's quartiles."""
    spread = rng.lognormal(np.log(_JAIL_MEDIAN), _JAIL_SPREAD, group.size)
    miles = np.clip(spread, _NEAREST, _FARTHEST_JAIL)
    for system, cuts in CUTOFFS.items():
        here = (group < 3) if system == "federal" else (group >= 3) & (group < BINS)
        ends = (_NEAREST, *cuts, _FARTHEST[system])
        for number in (1, 2, 3, 4):
            held = np.flatnonzero(here & (quartile == number))
            place = (rng.permutation(held.size) + rng.random(held.size)) / held.size
            miles[held] = ends[number - 1] + place * (ends[number] - ends[number - 1])
    return np.round(miles, 1)
