"""Whether the sections that ask what matters, and what can be read, can be answered."""

from __future__ import annotations

from collections.abc import Iterator

from commonweal.core.errors import Problem
from commonweal.evaluation.matters import SelectionSpec
from commonweal.study.parts import Parts, between, known, once

_MOST_FEATURES = 1_000
_MOST_REPEATS = 100
_FEWEST_ROWS = 100


def check_matters(parts: Parts) -> Iterator[Problem]:
    """Check ``[selection]``, ``[proxies]``, ``[learning_curve]`` and ``[interpretability]``."""
    yield from _selection(parts)
    yield from _proxies(parts)
    yield from _learning_curve(parts)
    yield from _interpretability(parts)


def _selection(parts: Parts) -> Iterator[Problem]:
    spec = parts.study.get("selection")
    if spec is None:
        return
    yield from between(spec.features, 1, _MOST_FEATURES, parts.at("selection.features"))
    if list(spec.sizes) != sorted(set(spec.sizes)):
        yield Problem(parts.at("selection.sizes"), "is not ascending", "sort them, each once")
    for setting in ("sizes", "kinds"):
        if not getattr(spec, setting):
            yield Problem(parts.at(f"selection.{setting}"), "is empty", "name one, or drop it")
    for size in spec.sizes if spec.sizes != SelectionSpec().sizes else ():
        yield from between(size, 1, spec.features, parts.at("selection.sizes"))
    yield from once(spec.kinds, parts.at("selection.kinds"))
    yield from once(spec.sets, parts.at("selection.sets"))
    for name in dict.fromkeys(spec.sets):
        sets = parts.study.get("feature_sets") or {}
        yield from known(name, sets, parts.at("selection.sets"), "set of features")


def _proxies(parts: Parts) -> Iterator[Problem]:
    spec = parts.study.get("proxies")
    if spec is None:
        return
    yield from once(spec.attributes, parts.at("proxies.attributes"))
    if "protected" in parts.study:
        where, protected = parts.at("proxies.attributes"), parts.study["protected"]
        for name in dict.fromkeys(spec.attributes):
            yield from known(name, protected, where, "protected attribute")
    yield from between(spec.warn_above, 0.5, 1, parts.at("proxies.warn_above"))


def _learning_curve(parts: Parts) -> Iterator[Problem]:
    spec = parts.study.get("learning_curve")
    if spec is None:
        return
    where = parts.at("learning_curve.fractions")
    if list(spec.fractions) != sorted(set(spec.fractions)):
        yield Problem(where, "is not ascending", "sort them, each once")
    if len(spec.fractions) < 2:
        yield Problem(where, "names fewer than two shares", "name at least two")
    for share in spec.fractions:
        if not 0 < share <= 1:
            yield Problem(where, f"holds {share}", "use more than 0, at most 1")
    yield from between(spec.repeats, 1, _MOST_REPEATS, parts.at("learning_curve.repeats"))


def _interpretability(parts: Parts) -> Iterator[Problem]:
    spec = parts.study.get("interpretability")
    if spec is None:
        return
    where = parts.at("interpretability.kinds")
    yield from once(spec.kinds, where)
    if len(spec.kinds) < 2:
        yield Problem(where, "names fewer than two kinds", "name two, or set splits = 0")
    splits = parts.at("interpretability.splits")
    yield from between(spec.splits, 0, _MOST_REPEATS, splits)
    if spec.splits == 1:
        yield Problem(splits, "is 1: nothing tells how far chance goes", "use 2 or more, or 0")
    yield from between(spec.rows, _FEWEST_ROWS, 10_000_000, parts.at("interpretability.rows"))
