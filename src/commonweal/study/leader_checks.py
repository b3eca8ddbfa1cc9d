"""Whether what leaders ask for fits the study: costs, units and stability."""

from __future__ import annotations

from collections.abc import Iterator

from commonweal.core.errors import Problem
from commonweal.evaluation.spec import Assumed
from commonweal.models.spec import CountRankSpec
from commonweal.study.parts import Parts, between, filled, known

_MOST_DATES = 100
_MOST_PEOPLE = 10_000_000


def check_leaders(parts: Parts) -> Iterator[Problem]:
    """Check ``[costs]``, ``[units]`` and ``[stability]``."""
    yield from _costs(parts)
    yield from _units(parts)
    stability = parts.study.get("stability")
    if stability is not None:
        yield from between(stability.dates, 2, _MOST_DATES, parts.at("stability.dates"))


def _costs(parts: Parts) -> Iterator[Problem]:
    costs = parts.study.get("costs")
    if costs is None:
        return
    yield from filled(costs.unit, parts.at("costs.unit"), "say what costs are counted in")
    mend = "say where the figures come from: a study, a budget, whoever assumes them"
    yield from filled(costs.source, parts.at("costs.source"), mend)
    yield from _assumed(costs.cost, parts.at("costs.per_event"), 1e15)
    yield from _assumed(costs.cut, parts.at("costs.effect"), 1.0)


def _assumed(given: Assumed, where: str, most: float) -> Iterator[Problem]:
    if given.least <= 0:
        yield Problem(where, f"is {given.least:g}", "use numbers above 0")
    if given.most > most:
        yield Problem(where, f"is {given.most:g}", f"use at most {most:g}")
    if not given.least <= given.value <= given.most:
        what = f"{given.value:g} is not between {given.least:g} and {given.most:g}"
        yield Problem(where, what, "put the number used between low and high")


def _units(parts: Parts) -> Iterator[Problem]:
    units, models = parts.study.get("units"), parts.study.get("models")
    if units is None:
        return
    yield from filled(units.noun, parts.at("units.noun"), "say what one unit is called")
    yield from between(units.smallest, 1, _MOST_PEOPLE, parts.at("units.smallest"))
    if units.model is not None and models is not None:
        where = parts.at("units.model")
        yield from known(units.model, models, where, "model")
        if isinstance(models.get(units.model), CountRankSpec):
            what = f"{units.model!r} ranks by a count and gives no chances"
            yield Problem(where, what, "name a model of kind boosted or logistic")
    if parts.sources:
        yield from known(units.event, parts.sources, parts.at("units.event"), "source")
        if units.event in parts.sources:
            columns = parts.sources[units.event].columns
            yield from known(units.column, columns, parts.at("units.column"), "column")
