"""Rules of the study file in words."""

from __future__ import annotations

from commonweal.cohorts.spec import CohortSpec, OutcomeSpec, Rule
from commonweal.core.dates import Period
from commonweal.models.spec import (
    BaseRateSpec,
    BoostedSpec,
    CountRankSpec,
    ForestSpec,
    LogisticSpec,
    ModelSpec,
    OlsSpec,
    ScorecardSpec,
    TreeSpec,
)
from commonweal.records.spec import Condition
from commonweal.reports.words import listed, spaced


def condition(test: Condition) -> str:
    """Say what a condition asks of a column."""
    column = spaced(test.column)
    if test.present is not None:
        return f"{column} is {'filled in' if test.present else 'empty'}"
    if test.equals is not None:
        return f"{column} is {_plain(test.equals)}"
    if test.any_of:
        return f"{column} is {listed(test.any_of, 'or')}"
    if test.starts_with:
        return f"{column} starts with {listed(test.starts_with, 'or')}"
    ends = [f"at least {test.at_least:g}"] if test.at_least is not None else []
    ends += [f"at most {test.at_most:g}"] if test.at_most is not None else []
    return f"{column} is {listed(ends)}"


def rule(spec: Rule, within: Period | None) -> str:
    """Say what a rule of the cohort asks of a person's past.

    Parameters
    ----------
    spec
        The rule.
    within
        Lookback where the rule gives none.
    """
    lookback = spec.within or within
    when = f"in the {lookback} before the as-of date" if lookback else "before the as-of date"
    dated = ", counted from when the agency knew of it" if spec.dated_by == "known_on" else ""
    return f"at least {spec.at_least} {spaced(spec.event)} {when}{_where(spec.where)}{dated}"


def cohort(spec: CohortSpec) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Say who is in and who is out."""
    included = tuple(rule(r, spec.within) for r in spec.include)
    facts = [("In the cohort, when any of these holds", included)]
    if spec.exclude:
        facts.append(
            ("Left out, when any of these holds", tuple(rule(r, None) for r in spec.exclude))
        )
    return tuple(facts)


def outcome(spec: OutcomeSpec) -> str:
    """Say what is predicted."""
    role = f" in which the person is {spaced(spec.role)}" if spec.role else ""
    verb = "becomes known" if spec.dated_by == "known_on" else "occurs"
    text = (
        f"At least {spec.at_least} {spaced(spec.event)}{role}{_where(spec.where)}, which {verb} in "
        f"the {spec.within} from the as-of date."
    )
    if spec.decided_within:
        text += f" A condition still undecided is waited for until {spec.decided_within} later."
    if spec.settled_after:
        text += f" Records may still arrive for {spec.settled_after} after the window ends."
    return text


def model(spec: ModelSpec) -> str:
    """Say what a model does."""
    match spec:
        case BoostedSpec():
            return "gradient-boosted trees: many small decision trees added up"
        case ForestSpec():
            return "a random forest: the average of many deep decision trees"
        case OlsSpec():
            return "least squares: a weighted sum of the features, its scores no chances"
        case TreeSpec():
            return f"one decision tree, at most {spec.max_depth} questions deep"
        case ScorecardSpec():
            return f"a scorecard: whole points for at most {spec.items} items, added up by hand"
        case LogisticSpec():
            return "logistic regression: a weighted sum of the features"
        case CountRankSpec():
            return f"no model: ranks by one past count, {spec.feature}"
        case BaseRateSpec():
            return "no model: everybody gets the share found in the training data"


def _where(tests: tuple[Condition, ...]) -> str:
    return f", where {listed([condition(t) for t in tests])}" if tests else ""


def _plain(value: str | bool | float) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, (int, float)) else value
