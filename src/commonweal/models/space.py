"""Where configurations are drawn from: a range or a list a setting, and the usual ones a kind."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from commonweal.core.seeds import stream
from commonweal.models.parts import fractions
from commonweal.models.spec import BoostedSpec, ModelSpec, Tunable
from commonweal.models.tuning_spec import Range, TuningSpec

Space = Mapping[str, Range | tuple[float, ...]]
Values = Mapping[str, float]
"""Setting -> value; whole where the setting is a whole number."""

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
DONE = TuningSpec(configurations=0)
"""Stands in settings that a search has found: rows are divided as they were for it."""
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


def with_values(spec: Tunable, values: Values) -> Tunable:
    """Return a model's settings with some of them replaced."""
    changed: dict[str, Any] = dict(values)
    return replace(spec, **changed)


def bare(spec: Tunable) -> Tunable:
    """Return what a trial's fit depends on: how settings are found and scores used is left out.

    That there is a search is kept: it decides how rows are divided and binned.
    """
    plain = replace(
        spec, tuning=DONE, calibration=None, cross_fitted=False, permutation=None,
        parts=fractions(spec), blocks=(), without=(), columns=(), without_columns=(),
    )  # fmt: skip
    return replace(plain, bags=1) if isinstance(plain, BoostedSpec) else plain


def settled(spec: Tunable, values: Values, trees: int | None) -> Tunable:
    """Return a model's settings with those found, and the number of trees that went with them."""
    found = replace(with_values(spec, values), tuning=DONE)
    return replace(found, trees=trees) if isinstance(found, BoostedSpec) else found


def restarted(spec: ModelSpec) -> ModelSpec:
    """Return settings that were found elsewhere, the number of trees to be found anew.

    What sees other columns needs another number of trees; it is found by early stopping on the
    same part of the validation rows.
    """
    if isinstance(spec, BoostedSpec) and spec.tuning is not None:
        return replace(spec, trees=None)
    return spec
