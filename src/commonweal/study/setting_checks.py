"""Whether a model's own settings are sound: their ranges, and those of a search over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from commonweal.core.errors import Problem
from commonweal.models.parts import fractions, needs_parts
from commonweal.models.space import SEARCHED, whole
from commonweal.models.spec import (
    BoostedSpec,
    ForestSpec,
    Learned,
    LogisticSpec,
    ModelSpec,
    ScorecardSpec,
    Tunable,
)
from commonweal.models.tuning_spec import Range, TuningSpec
from commonweal.study.parts import between, known, once

_LEAST = 1e-9
"""Stands for `more than 0`."""
_RANGES: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "boosted": {
        "learning_rate": (_LEAST, 1),
        "row_fraction": (_LEAST, 1),
        "column_fraction": (_LEAST, 1),
        "leaves": (2, 10_000),
        "min_leaf": (1, 10_000_000),
        "max_trees": (1, 100_000),
        "patience": (1, 100_000),
        "trees": (1, 100_000),
        "bags": (1, 1_000),
        "l2": (0, 1_000_000_000),
    },
    "forest": {
        "trees": (1, 100_000),
        "min_leaf": (1, 10_000_000),
        "max_depth": (0, 1_000),
        "column_fraction": (0, 1),
        "row_fraction": (_LEAST, 1),
        "rows": (100, 1_000_000_000),
    },
    "tree": {
        "max_depth": (1, 12),
        "min_leaf": (1, 10_000_000),
        "alpha": (0, 1),
        "folds": (2, 20),
        "restarts": (1, 1_000),
        "bins": (2, 255),
    },
    "scorecard": {
        "items": (1, 30),
        "points": (1, 100),
        "thresholds": (1, 50),
        "min_rows": (1, 1_000_000_000),
    },
}


def check_settings(where: str, spec: ModelSpec) -> Iterator[Problem]:
    """Check one model's settings; `where` is its section."""
    for setting, (least, most) in _RANGES.get(spec.kind, {}).items():
        value = getattr(spec, setting)
        if value is not None:
            yield from _within(value, least, most, f"{where}.{setting}")
    if isinstance(spec, LogisticSpec):
        yield from once(spec.penalties, f"{where}.penalties")
        if not all(p > 0 for p in spec.penalties or (0,)):
            yield Problem(f"{where}.penalties", "must be above 0, and at least one", "mend them")
    if isinstance(spec, ScorecardSpec) and spec.missing is not None:
        what = "fills features, so that points could not be added up by hand"
        yield Problem(f"{where}.missing", what, "drop it: a line may be `not recorded`")
    if isinstance(spec, Learned):
        yield from _learned(where, spec)
    if isinstance(spec, (BoostedSpec, ForestSpec)) and spec.tuning is not None:
        yield from _tuning(f"{where}.tuning", spec, spec.tuning)
        if isinstance(spec, BoostedSpec) and spec.trees is not None:
            yield Problem(f"{where}.trees", "stands beside a search", "drop it: it is searched for")


def _within(value: float, least: float, most: float, where: str) -> Iterator[Problem]:
    """Say that a number is out of its range."""
    if least != _LEAST:
        yield from between(value, least, most, where)
    elif not 0 < value <= most:
        yield Problem(where, f"is {value}", f"use more than 0, at most {most:g}")


def _learned(where: str, spec: Learned) -> Iterator[Problem]:
    if spec.cross_fitted and spec.calibration is None:
        yield Problem(f"{where}.cross_fitted", "says how to calibrate", "name `calibration` too")
    shares = spec.parts
    if any(not 0 <= share <= 1 for share in shares) or abs(sum(shares) - 1) > 1e-9:
        mend = "give three shares that sum to 1"
        yield Problem(f"{where}.parts", f"are {', '.join(f'{s:g}' for s in shares)}", mend)
    elif needs_parts(spec):
        tuning, calibration, stopping = fractions(spec)
        wanted = (isinstance(spec, (BoostedSpec, ForestSpec)) and spec.tuning is not None,
                  spec.calibration is not None and not spec.cross_fitted, True)  # fmt: skip
        names = ("tuning", "calibration", "early stopping")
        for name, share, needed in zip(names, (tuning, calibration, stopping), wanted, strict=True):
            if needed and share < 0.01:
                yield Problem(f"{where}.parts", f"leave nobody for {name}", "give it a share")
    if spec.permutation is not None:
        place = f"{where}.permutation"
        yield from between(spec.permutation.repeats, 0, 1_000, f"{place}.repeats")
        yield from between(spec.permutation.rows, 100, 1_000_000_000, f"{place}.rows")
        yield from between(spec.permutation.columns, 1, 1_000_000, f"{place}.columns")


def _tuning(where: str, spec: Tunable, tuning: TuningSpec) -> Iterator[Problem]:
    yield from between(tuning.configurations, 1, 10_000, f"{where}.configurations")
    if tuning.minutes is not None and not tuning.minutes > 0:
        yield Problem(f"{where}.minutes", f"is {tuning.minutes:g}", "use more than 0")
    for setting, among in tuning.space.items():
        place = f"{where}.space.{setting}"
        wrong = list(known(setting, SEARCHED[spec.kind], place, "setting to search for"))
        yield from wrong
        if not wrong:
            yield from _space(place, spec, setting, among)


def _space(
    where: str, spec: Tunable, setting: str, among: Range | tuple[float, ...]
) -> Iterator[Problem]:
    """Check the values one setting may take."""
    if isinstance(among, Range):
        values: tuple[float, ...] = (among.low, among.high)
        if not among.low < among.high:
            yield Problem(where, "has a low end that is not below its high end", "mend them")
        if among.log and among.low <= 0:
            what = f"begins at {among.low:g}, which has no logarithm"
            yield Problem(where, what, "begin above 0, or drop `log`")
    else:
        values = among
        if not values:
            yield Problem(where, "is empty", "name values, or drop it")
        yield from once(values, where)
    least, most = _RANGES[spec.kind][setting]
    for value in dict.fromkeys(values):
        yield from _within(value, least, most, where)
        if whole(spec, setting) and value != int(value):
            yield Problem(where, f"names {value:g}", "this setting takes whole numbers")
