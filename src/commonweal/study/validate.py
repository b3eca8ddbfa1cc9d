"""Whether the sections of a study agree with each other and with the agency's sources."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from commonweal.cohorts.splits import assign, problems_with
from commonweal.core.errors import Problem
from commonweal.features.registry import columns_of, groups_of, sources_of
from commonweal.features.spec import AttributesSpec, CountsSpec, NetworkSpec
from commonweal.models.spec import BoostedSpec, LogisticSpec
from commonweal.records.spec import STRUCTURE, Condition, Source
from commonweal.records.assemble import declared_columns

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


@dataclass(frozen=True, slots=True)
class Parts:
    """The sound sections of both files; a section with mistakes of its own is absent.

    Parameters
    ----------
    study_file, agency_file
        Names of the files, for messages.
    study, agency
        Section -> its dataclass or value.
    """

    study_file: str
    study: Mapping[str, Any]
    agency_file: str
    agency: Mapping[str, Any]

    @property
    def sources(self) -> Mapping[str, Source]:
        """Sources of the agency, empty where they could not be read."""
        found: Mapping[str, Source] = self.agency.get("sources", {})
        return found

    def at(self, place: str) -> str:
        """Return a place in the study file."""
        return f"{self.study_file}: {place}"


def cross_check(parts: Parts) -> list[Problem]:
    """Return every contradiction that can be seen without reading a table."""
    checks: list[Callable[[Parts], Iterable[Problem]]] = [
        _sources, _action, _review, _protected, _cohort, _outcome, _splits, _features, _models,
        _capacity, _evaluation,
    ]  # fmt: skip
    return [found for check in checks for found in check(parts)]


def _known(name: str, names: Iterable[str], where: str, noun: str) -> Iterator[Problem]:
    names = list(names)
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        mend = f"did you mean {near[0]}?" if near else f"there are: {', '.join(names)}"
        yield Problem(where, f"there is no {noun} {name!r}", mend)


def _sources(parts: Parts) -> Iterator[Problem]:
    for name, source in parts.sources.items():
        where = f"{parts.agency_file}: sources.{name}"
        if not _NAME.match(name):
            yield Problem(where, "is not a usable name", "use a-z, 0-9 and _, starting with a-z")
        columns = declared_columns(source)
        for taken in sorted(set(source.columns) & set(STRUCTURE)):
            mend = "rename the column in the table"
            yield Problem(f"{where}.columns.{taken}", "is a name commonweal uses itself", mend)
        for column, spec in source.columns.items():
            if "__" in column:
                yield Problem(f"{where}.columns.{column}", "holds a double underscore", "rename it")
            if spec.min is not None and spec.max is not None and spec.min > spec.max:
                yield Problem(f"{where}.columns.{column}", "min is above max", "swap them")
            if (spec.min is not None or spec.max is not None) and spec.type not in ("integer", "number"):
                yield Problem(f"{where}.columns.{column}", "min and max are for numbers", "drop them")
        conditions = [(f"where[{i + 1}]", c) for i, c in enumerate(source.where)]
        yield from _conditions(where, conditions, {c: columns[c] for c in columns})
        named = [(f"groups.{group}", c) for group, c in source.groups.items()]
        yield from _conditions(where, named, {c: s.type for c, s in source.columns.items()})
        for group in source.groups:
            if not _NAME.match(group) or group == "all":
                yield Problem(f"{where}.groups.{group}", "is not a usable name", "use a-z, 0-9, _")
        if source.covers_from and "extracted_on" in parts.agency:
            if source.covers_from >= parts.agency["extracted_on"]:
                mend = "check covers_from and extracted_on"
                yield Problem(f"{where}.covers_from", "is not before extracted_on", mend)


_NUMERIC = {"integer", "number"}


def _conditions(
    where: str, conditions: Iterable[tuple[str, Condition]], columns: Mapping[str, str]
) -> Iterator[Problem]:
    for place, condition in conditions:
        at = f"{where}.{place}"
        yield from _known(condition.column, columns, at, "column")
        if condition.tests() != 1:
            mend = "give one of equals, any_of, starts_with, at_least/at_most, present"
            yield Problem(at, f"has {condition.tests()} tests", mend)
            continue
        kind = columns.get(condition.column)
        ranged = condition.at_least is not None or condition.at_most is not None
        if kind and ranged and kind not in _NUMERIC:
            yield Problem(at, f"compares a {kind} column with a number", "test it as text")
        if kind and condition.starts_with and kind != "text":
            yield Problem(at, f"looks at the start of a {kind} column", "use equals or a range")
        fits = {"text": str, "boolean": bool, "integer": (int, float), "number": (int, float)}
        if kind and condition.equals is not None:
            value, wanted = condition.equals, fits.get(kind, str)
            if not isinstance(value, wanted) or (kind in _NUMERIC and isinstance(value, bool)):  # type: ignore[arg-type]
                yield Problem(at, f"equals {value!r}, but the column is {kind}", "match the type")


def _action(parts: Parts) -> Iterator[Problem]:
    action = parts.study.get("action")
    if action is None:
        return
    for name in ("offer", "intended_use"):
        if not getattr(action, name).strip():
            yield Problem(parts.at(f"action.{name}"), "is empty", "say it in a sentence")
    for name in ("recipients", "forbidden_recipients", "not_for"):
        if not [text for text in getattr(action, name) if text.strip()]:
            yield Problem(parts.at(f"action.{name}"), "is empty", "name at least one")
    both = set(action.recipients) & set(action.forbidden_recipients)
    for name in sorted(both):
        mend = "take them out of one list"
        yield Problem(parts.at("action.recipients"), f"{name!r} is forbidden as well", mend)
    if action.kind == "burden" and parts.study.get("recommendation") is not None:
        yield Problem(
            parts.at("recommendation"),
            "a study whose action burdens people has no recommendation",
            "remove the section; the rule is evaluated in aggregate",
        )


def _review(parts: Parts) -> Iterator[Problem]:
    review = parts.study.get("review")
    if review is None:
        return
    for name in ("by", "statement"):
        if not getattr(review, name).strip():
            yield Problem(parts.at(f"review.{name}"), "is empty", "say who reviewed it and what")
    if "protected" in parts.study:
        for name in review.allows_features:
            where = parts.at("review.allows_features")
            yield from _known(name, parts.study["protected"], where, "protected attribute")



def _protected(parts: Parts) -> Iterator[Problem]:
    for name, spec in parts.study.get("protected", {}).items():
        where = parts.at(f"protected.{name}")
        if not parts.sources:
            return
        yield from _known(spec.event, parts.sources, f"{where}.event", "source")
        source = parts.sources.get(spec.event)
        if source is None:
            continue
        yield from _known(spec.column, source.columns, f"{where}.column", "column")
        column = source.columns.get(spec.column)
        if spec.age_bands and column is not None and column.type != "integer":
            yield Problem(f"{where}.age_bands", "needs a year of birth (integer)", "declare it so")
        if list(spec.age_bands) != sorted(set(spec.age_bands)):
            yield Problem(f"{where}.age_bands", "is not ascending", "sort the lower ends")


def _rules(parts: Parts, rules: Sequence[Any], place: str) -> Iterator[Problem]:
    for number, rule in enumerate(rules, start=1):
        where = parts.at(f"cohort.{place}[{number}]")
        yield from _known(rule.event, parts.sources, f"{where}.event", "source")
        if rule.at_least < 1:
            yield Problem(f"{where}.at_least", f"is {rule.at_least}", "use 1 or more")
        source = parts.sources.get(rule.event)
        if source is not None:
            listed = [(f"where[{i + 1}]", c) for i, c in enumerate(rule.where)]
            types = {c: s.type for c, s in source.columns.items()}
            yield from _conditions(where, listed, types)


def _cohort(parts: Parts) -> Iterator[Problem]:
    cohort = parts.study.get("cohort")
    if cohort is None or not parts.sources:
        return
    if not cohort.include:
        yield Problem(parts.at("cohort.include"), "is empty", "say who is in the study")
    yield from _rules(parts, cohort.include, "include")
    yield from _rules(parts, cohort.exclude, "exclude")
    if cohort.as_of.first > cohort.as_of.last:
        yield Problem(parts.at("cohort.as_of"), "first is after last", "swap them")
    for name in ("validation", "test"):
        if getattr(cohort, name) < 1:
            mend = "hold out at least one date: every figure is out of sample"
            yield Problem(parts.at(f"cohort.{name}"), f"is {getattr(cohort, name)}", mend)


def _outcome(parts: Parts) -> Iterator[Problem]:
    outcome = parts.study.get("outcome")
    if outcome is None or not parts.sources:
        return
    yield from _known(outcome.event, parts.sources, parts.at("outcome.event"), "source")
    if outcome.at_least < 1:
        yield Problem(parts.at("outcome.at_least"), f"is {outcome.at_least}", "use 1 or more")
    source = parts.sources.get(outcome.event)
    if source is None:
        return
    if outcome.role is not None:
        yield from _known(outcome.role, [source.role], parts.at("outcome.role"), "role")
    listed = [(f"where[{i + 1}]", c) for i, c in enumerate(outcome.where)]
    types = {c: s.type for c, s in source.columns.items()}
    yield from _conditions(parts.at("outcome"), listed, types)


def _splits(parts: Parts) -> Iterator[Problem]:
    cohort, outcome = parts.study.get("cohort"), parts.study.get("outcome")
    extracted = parts.agency.get("extracted_on")
    if cohort is None or outcome is None or extracted is None:
        return
    if cohort.as_of.first > cohort.as_of.last or min(cohort.validation, cohort.test) < 1:
        return
    if cohort.as_of.last > extracted:
        mend = f"end the grid by {extracted}"
        yield Problem(parts.at("cohort.as_of.last"), "is after the day of extraction", mend)
    for missing in problems_with(assign(cohort, outcome, extracted)):
        mend = (
            f"training outcomes ({outcome.within}) must close before validation, validation "
            f"before the test and the test before {extracted}: add earlier dates"
        )
        yield Problem(parts.at("cohort.as_of"), missing, mend)


def _features(parts: Parts) -> Iterator[Problem]:
    blocks = parts.study.get("features")
    if blocks is None or not parts.sources:
        return
    if not blocks:
        yield Problem(parts.at("features"), "is empty", "add a [features.NAME] block")
    for name, spec in blocks.items():
        where = parts.at(f"features.{name}")
        for source in sources_of(spec):
            yield from _known(source, parts.sources, where, "source")
        for source, group in groups_of(spec):
            if source in parts.sources:
                yield from _known(group, parts.sources[source].groups, f"{where}.groups", "group")
        for source, column in columns_of(spec):
            if source in parts.sources:
                yield from _known(column, parts.sources[source].columns, where, "column")
        yield from _windows(where, spec)
        yield from _kept_out(parts, where, spec)


def _windows(where: str, spec: Any) -> Iterator[Problem]:
    if isinstance(spec, (CountsSpec, NetworkSpec)):
        days = [w.number * (1 if w.unit == "days" else 30.44) for w in spec.windows]
        if days != sorted(set(days)):
            yield Problem(f"{where}.windows", "is not ascending", "sort the windows, each once")
        if not days and not spec.ever:
            yield Problem(f"{where}.windows", "is empty", "name a window or set ever = true")
    if isinstance(spec, CountsSpec) and not (spec.total or spec.groups or spec.by):
        yield Problem(where, "counts nothing", "set total = true, or name groups or by")
    if isinstance(spec, (CountsSpec, AttributesSpec)) and spec.top < 1:
        yield Problem(f"{where}.top", f"is {spec.top}", "use 1 or more")
    if isinstance(spec, NetworkSpec):
        for edge in spec.edges:
            if not 1 <= len(edge.split("-")) <= 2:
                yield Problem(f"{where}.edges", f"{edge!r} links more than two", "name one or two")
        if not spec.edges:
            yield Problem(f"{where}.edges", "is empty", "name at least one source")
    if isinstance(spec, AttributesSpec) and not spec.columns:
        yield Problem(f"{where}.columns", "is empty", "name at least one column")


def _kept_out(parts: Parts, where: str, spec: Any) -> Iterator[Problem]:
    """Protected attributes stay out of features unless the review allows them by name."""
    review = parts.study.get("review")
    allowed = set(review.allows_features) if review is not None else set()
    used = set(columns_of(spec))
    for source, group in groups_of(spec):
        if source in parts.sources and group in parts.sources[source].groups:
            used.add((source, parts.sources[source].groups[group].column))
    for name, protected in parts.study.get("protected", {}).items():
        # The same column may stand in several tables: it is kept out of all of them.
        if any(column in (protected.column, name) for _, column in used) and name not in allowed:
            what = f"uses the protected attribute {name!r}"
            mend = "take it out; only the study's review can allow it (review.allows_features)"
            yield Problem(where, what, mend)


def _models(parts: Parts) -> Iterator[Problem]:
    models = parts.study.get("models")
    if models is None:
        return
    if not models:
        yield Problem(parts.at("models"), "is empty", "add a [models.NAME] section")
    for name, spec in models.items():
        where = parts.at(f"models.{name}")
        if isinstance(spec, BoostedSpec):
            for setting in ("learning_rate", "row_fraction", "column_fraction"):
                if not 0 < getattr(spec, setting) <= 1:
                    value = getattr(spec, setting)
                    yield Problem(f"{where}.{setting}", f"is {value}", "use more than 0, at most 1")
            for setting, least in (("leaves", 2), ("min_leaf", 1), ("max_trees", 1), ("patience", 1),
                                   ("bags", 1), ("l2", 0)):  # fmt: skip
                if getattr(spec, setting) < least:
                    value = getattr(spec, setting)
                    yield Problem(f"{where}.{setting}", f"is {value}", f"use {least} or more")
        if isinstance(spec, LogisticSpec) and not all(p > 0 for p in spec.penalties or (0,)):
            yield Problem(f"{where}.penalties", "must be above 0, and at least one", "mend them")


def _capacity(parts: Parts) -> Iterator[Problem]:
    capacity = parts.study.get("capacity")
    if capacity is not None and capacity.k < 1:
        yield Problem(parts.at("capacity.k"), f"is {capacity.k}", "use 1 or more")


def _evaluation(parts: Parts) -> Iterator[Problem]:
    models, evaluation = parts.study.get("models"), parts.study.get("evaluation")
    recommendation = parts.study.get("recommendation")
    if evaluation is not None:
        if models is not None:
            where = parts.at("evaluation.headline")
            yield from _known(evaluation.headline, models, where, "model")
        if evaluation.draws < 100:
            yield Problem(parts.at("evaluation.draws"), f"is {evaluation.draws}", "use 100 or more")
        if evaluation.calibration_bins < 2:
            value = evaluation.calibration_bins
            yield Problem(parts.at("evaluation.calibration_bins"), f"is {value}", "use 2 or more")
        if any(k < 1 for k in evaluation.cutoffs):
            yield Problem(parts.at("evaluation.cutoffs"), "holds a number below 1", "remove it")
    if recommendation is not None:
        if models is not None:
            where = parts.at("recommendation.model")
            yield from _known(recommendation.model, models, where, "model")
        if recommendation.reasons < 1:
            value = recommendation.reasons
            yield Problem(parts.at("recommendation.reasons"), f"is {value}", "use 1 or more")
