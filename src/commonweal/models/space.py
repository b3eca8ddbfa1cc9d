"""Where configurations are drawn from: a range or a list a setting, and the usual ones a kind."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np

from commonweal.core.seeds import stream
from commonweal.models.spec import BoostedSpec, ForestSpec, Tunable
from commonweal.models.tuning_spec import Range, TuningSpec

Space = Mapping[str, Range | tuple[float, ...]]
Values = Mapping[str, float]
"""Setting -> value; whole where the setting is a whole number."""
_Kind = TypeVar("_Kind", BoostedSpec, ForestSpec)

USUAL: Mapping[str, Space] = {
    "boosted": {
        "leaves": Range(low=4, high=64, log=True),
        "min_leaf": Range(low=10, high=500, log=True),
        "learning_rate": Range(low=0.02, high=0.2, log=True),
        "row_fraction": Range(low=0.4, high=1.0),
        "column_fraction": Range(low=0.05, high=0.8),
    },
    "forest": {
        "min_leaf": Range(low=2, high=200, log=True),
        "column_fraction": Range(low=0.01, high=0.5, log=True),
        "max_depth": (0, 6, 10, 16),
    },
}
"""The settings paper C searches over (A.4.2); it gives no ranges. Below a learning rate of .02
models take several times as long and are hardly better."""
SEARCHED: Mapping[str, tuple[str, ...]] = {
    "boosted": ("leaves", "min_leaf", "learning_rate", "row_fraction", "column_fraction", "l2"),
    "forest": ("trees", "min_leaf", "max_depth", "column_fraction", "row_fraction"),
}
"""Settings that may be searched for, by kind."""


def space_of(spec: Tunable) -> Space:
    """Return a model's space: its own, or its kind's."""
    declared = spec.tuning.space if spec.tuning else {}
    return declared or USUAL[spec.kind]


def whole(spec: Tunable, setting: str) -> bool:
    """Return whether a setting is a whole number."""
    return any(f.name == setting and f.type == "int" for f in fields(spec))


def drawn(spec: Tunable, seed: int, name: str, place: int) -> Values:
    """Draw the configuration of one place, independently of how many there are and of others.

    Parameters
    ----------
    spec
        The model's settings, its space among them.
    seed
        The study's seed.
    name
        Name of the model.
    place
        Place of the configuration, from 0.
    """
    found = {}
    for setting, among in space_of(spec).items():
        number = float(stream(seed, "tuning", name, str(place), setting).random())
        found[setting] = rounded(spec, setting, _at(among, number, whole(spec, setting)))
    return found


def _at(among: Range | tuple[float, ...], number: float, is_whole: bool) -> float:
    """Return the value at `number`, from 0 to below 1, of a range or a list."""
    if not isinstance(among, Range):
        return among[int(number * len(among))]
    # Each whole number gets its share, the ends too.
    low, high = (among.low - 0.5, among.high + 0.5) if is_whole else (among.low, among.high)
    if not among.log:
        value = low + number * (high - low)
    else:
        value = math.exp(math.log(low) + number * (math.log(high) - math.log(low)))
    return min(max(value, among.low), among.high)


def rounded(spec: Tunable, setting: str, value: float) -> float:
    """Return a value as a study file would write it: whole, or of four significant digits."""
    if whole(spec, setting):
        return int(np.rint(value))
    return float(f"{value:.4g}")


def with_values(spec: _Kind, values: Values) -> _Kind:
    """Return a model's settings with some of them replaced."""
    changed: dict[str, Any] = dict(values)
    return replace(spec, **changed)


def bare(spec: _Kind) -> _Kind:
    """Return settings on which a fit depends: how they were found, or are used, left out.

    That there was a search is kept: it decides how validation rows are divided and binned.
    """
    return replace(spec, tuning=TuningSpec() if spec.tuning else None)
