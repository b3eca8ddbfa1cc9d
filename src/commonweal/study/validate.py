"""Whether the sections of a study agree with each other and with the agency's sources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from commonweal.cohorts.splits import assign, problems_with
from commonweal.core.errors import Problem
from commonweal.study.blocks import check_features
from commonweal.study.derived_checks import check_derived
from commonweal.study.episode_checks import check_episodes, check_settled
from commonweal.study.linkage_checks import check_linkage
from commonweal.study.matters_checks import check_matters
from commonweal.study.model_checks import check_models
from commonweal.study.parts import Parts, between, filled, known, once
from commonweal.study.repeat_checks import check_repeats
from commonweal.study.sources import EARLIEST, check_agency, check_conditions, in_future
from commonweal.study.variant_checks import check_variants

_MOST_PEOPLE = 10_000_000
_MOST_DATES = 1_000
_MOST_EVENTS = 1_000_000


def cross_check(parts: Parts) -> list[Problem]:
    """Return every contradiction that can be seen without reading a table."""
    declared: list[Callable[[Parts], Iterable[Problem]]] = [
        check_agency, check_linkage, check_repeats, check_derived,
    ]  # fmt: skip
    found = [problem for check in declared for problem in check(parts)]
    found += (wrong := list(check_episodes(parts)))
    if wrong:  # what rests on windows that are declared wrongly cannot be judged
        parts = parts.without_sources()
    checks: list[Callable[[Parts], Iterable[Problem]]] = [
        _about, _action, _review, _protected, _cohort, _outcome, _splits,
        _filter, check_features, check_models, _capacity, _evaluation, _recommendation,
        check_variants,
        check_matters,
    ]  # fmt: skip
    # The study's own rules may use what is computed from the sources.
    return found + [problem for check in checks for problem in check(parts.seen())]


def _filter(parts: Parts) -> Iterator[Problem]:
    protected = {
        text.casefold()
        for name, spec in (parts.study.get("protected") or {}).items()
        for text in (name, spec.column)
    }
    for name, spec in (parts.study.get("filter") or {}).items():
        where = parts.at(f"filter.{name}")
        if not spec.leave_out:
            yield Problem(f"{where}.leave_out", "is empty", "name conditions, or drop the section")
        for condition in spec.leave_out:
            if condition.column.casefold() in protected:
                what = f"rests on the protected attribute {condition.column!r}"
                yield Problem(f"{where}.leave_out", what, "leave events out by another column")
        if not parts.sources:
            continue
        yield from known(name, parts.sources, where, "source")
        if name in parts.sources:
            listed = [(f"leave_out[{i + 1}]", c) for i, c in enumerate(spec.leave_out)]
            yield from check_conditions(where, listed, parts.sources[name].columns)


def _about(parts: Parts) -> Iterator[Problem]:
    about = parts.study.get("study")
    if about is not None:
        for name in ("name", "title", "question", "people"):
            yield from filled(getattr(about, name), parts.at(f"study.{name}"), "fill it")


def _action(parts: Parts) -> Iterator[Problem]:
    action = parts.study.get("action")
    if action is None:
        return
    for name in ("offer", "intended_use"):
        yield from filled(getattr(action, name), parts.at(f"action.{name}"), "say it in a sentence")
    for name in ("recipients", "forbidden_recipients", "not_for"):
        if not [text for text in getattr(action, name) if text.strip()]:
            yield Problem(parts.at(f"action.{name}"), "is empty", "name at least one")
    forbidden = {name.strip().casefold() for name in action.forbidden_recipients}
    for name in action.recipients:
        if name.strip().casefold() in forbidden:
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
        where = parts.at(f"review.{name}")
        yield from filled(getattr(review, name), where, "say who reviewed it and what")
    if in_future(review.on):
        yield Problem(parts.at("review.on"), f"is {review.on}, in the future", "mend the date")
    if "protected" in parts.study:
        for name in review.allows_features:
            where = parts.at("review.allows_features")
            yield from known(name, parts.study["protected"], where, "protected attribute")


def _protected(parts: Parts) -> Iterator[Problem]:
    if not parts.sources:
        return
    for name, spec in parts.study.get("protected", {}).items():
        where = parts.at(f"protected.{name}")
        yield from filled(name, where, "name the attribute")
        yield from _holders(parts, spec, where)
        if list(spec.age_bands) != sorted(set(spec.age_bands)):
            yield Problem(f"{where}.age_bands", "is not ascending", "sort the lower ends")
        for band in spec.age_bands:
            yield from between(band, 0, 150, f"{where}.age_bands")


def _holders(parts: Parts, spec: Any, where: str) -> Iterator[Problem]:
    """Check that every source of a protected attribute holds it, and as the same type."""
    if not spec.sources:
        yield Problem(f"{where}.event", "is empty", "name at least one source")
    yield from once(spec.sources, f"{where}.event")
    types: dict[str, str] = {}
    for event in dict.fromkeys(spec.sources):
        yield from known(event, parts.sources, f"{where}.event", "source")
        if event not in parts.sources:
            continue
        columns = parts.sources[event].columns
        noun = "column" if len(spec.sources) == 1 else f"column of {event}"
        yield from known(spec.column, columns, f"{where}.column", noun)
        if spec.column in columns:
            types[event] = columns[spec.column].type
    if spec.age_bands and set(types.values()) - {"integer"}:
        yield Problem(f"{where}.age_bands", "needs a year of birth (integer)", "declare it so")
    elif len(set(types.values())) > 1:
        what = f"is {', '.join(f'{kind} in {event}' for event, kind in types.items())}"
        yield Problem(f"{where}.column", what, "declare the same type in every source")


def _rules(parts: Parts, rules: Sequence[Any], place: str) -> Iterator[Problem]:
    for number, rule in enumerate(rules, start=1):
        yield from _events(parts, rule, f"cohort.{place}[{number}]")


def _events(parts: Parts, rule: Any, place: str) -> Iterator[Problem]:
    """Check what a rule and the outcome have in common: so many events of a source."""
    where = parts.at(place)
    yield from known(rule.event, parts.sources, f"{where}.event", "source")
    yield from between(rule.at_least, 1, _MOST_EVENTS, f"{where}.at_least")
    if rule.event in parts.sources:
        listed = [(f"where[{i + 1}]", c) for i, c in enumerate(rule.where)]
        yield from check_conditions(where, listed, parts.sources[rule.event].columns)


def _cohort(parts: Parts) -> Iterator[Problem]:
    cohort = parts.study.get("cohort")
    if cohort is None or not parts.sources:
        return
    if not cohort.include:
        yield Problem(parts.at("cohort.include"), "is empty", "say who is in the study")
    yield from _rules(parts, cohort.include, "include")
    yield from _rules(parts, cohort.exclude, "exclude")


def _outcome(parts: Parts) -> Iterator[Problem]:
    outcome = parts.study.get("outcome")
    if outcome is None or not parts.sources:
        return
    yield from _events(parts, outcome, "outcome")
    yield from check_settled(parts, outcome)
    source = parts.sources.get(outcome.event)
    if source is not None and outcome.role is not None:
        yield from known(outcome.role, [source.role], parts.at("outcome.role"), "role")


def _splits(parts: Parts) -> Iterator[Problem]:
    """Check the grid of as-of dates, and that training, validation and test all have some."""
    cohort, outcome = parts.study.get("cohort"), parts.study.get("outcome")
    extracted = parts.agency.get("extracted_on")
    if cohort is None:
        return
    found = list(_grid(parts, cohort.as_of, extracted))
    for name in ("validation", "test"):
        found += between(getattr(cohort, name), 1, _MOST_DATES, parts.at(f"cohort.{name}"))
    yield from found
    if found or outcome is None or extracted is None:
        return
    for missing in problems_with(assign(cohort, outcome, extracted)):
        mend = (
            f"training outcomes ({outcome.within}) must close before validation, validation "
            f"before the test and the test before {extracted}: add earlier dates"
        )
        yield Problem(parts.at("cohort.as_of"), missing, mend)


def _grid(parts: Parts, as_of: Any, extracted: Any) -> Iterator[Problem]:
    where = parts.at("cohort.as_of")
    if as_of.first > as_of.last:
        yield Problem(where, "first is after last", "swap them")
    if as_of.first < EARLIEST:
        yield Problem(f"{where}.first", f"is {as_of.first}", "use a day from 1900 on")
    if in_future(as_of.last):
        yield Problem(f"{where}.last", f"is {as_of.last}, in the future", "mend the date")
    elif extracted is not None and as_of.last > extracted:
        mend = f"end the grid by {extracted}"
        yield Problem(f"{where}.last", "is after the day of extraction", mend)
    elif as_of.first >= EARLIEST and len(as_of.dates()) > _MOST_DATES:
        what = f"makes {len(as_of.dates()):,} as-of dates"
        yield Problem(f"{where}.every", what, f"use a longer step: at most {_MOST_DATES:,} dates")


def _capacity(parts: Parts) -> Iterator[Problem]:
    capacity = parts.study.get("capacity")
    if capacity is not None:
        yield from between(capacity.k, 1, _MOST_PEOPLE, parts.at("capacity.k"))
        yield from filled(capacity.unit, parts.at("capacity.unit"), "say what one place is called")


def _evaluation(parts: Parts) -> Iterator[Problem]:
    models, evaluation = parts.study.get("models"), parts.study.get("evaluation")
    if evaluation is None:
        return
    if models is not None:
        yield from known(evaluation.headline, models, parts.at("evaluation.headline"), "model")
    yield from between(evaluation.draws, 100, 100_000, parts.at("evaluation.draws"))
    bins = evaluation.calibration_bins
    yield from between(bins, 2, 1_000, parts.at("evaluation.calibration_bins"))
    yield from once(evaluation.cutoffs, parts.at("evaluation.cutoffs"))
    for k in evaluation.cutoffs:
        yield from between(k, 1, _MOST_PEOPLE, parts.at("evaluation.cutoffs"))


def _recommendation(parts: Parts) -> Iterator[Problem]:
    models, recommendation = parts.study.get("models"), parts.study.get("recommendation")
    if recommendation is None:
        return
    if models is not None:
        yield from known(recommendation.model, models, parts.at("recommendation.model"), "model")
    yield from between(recommendation.reasons, 1, 100, parts.at("recommendation.reasons"))
