"""What the output is for, for whom, and who looked at it."""

from __future__ import annotations

from commonweal.reports.parts import Facts, Notice, Part, Section
from commonweal.reports.reading import Reading
from commonweal.reports.words import day, listed, number, spaced

_KINDS = {
    "help": "It helps: people are offered something they may refuse.",
    "burden": "It burdens: something is done to people that they would rather avoid.",
}


def use(reading: Reading) -> Section:
    """Say the intended use, the recipients, the limits of use and the review."""
    content = reading.content
    action, review, capacity = content.action, content.review, content.capacity
    parts: list[Part] = []
    if action.kind == "burden":
        parts.append(
            Notice(
                "Nothing about a person is written.",
                "The action burdens people. The rule is evaluated in aggregate only: this study "
                "writes no list of people, no recommendation and no person's score, whatever else "
                "is set.",
            )
        )
    parts.append(
        Facts(
            (
                ("Intended use", (action.intended_use,)),
                ("What is done", (action.offer, _KINDS[action.kind])),
                ("Capacity at an as-of date", (f"{number(capacity.k)} {capacity.unit}",)),
                ("Who may see the output", action.recipients or ("Nobody is named.",)),
                ("Who must never see it", action.forbidden_recipients or ("Nobody is named.",)),
                ("It must not be used for", action.not_for or ("Nothing is named.",)),
                ("Lists of people", (_list_of_people(reading),)),
                ("Reviewed by", (f"{review.by} ({day(review.on)})",)),
                ("Their statement", (review.statement,)),
                ("Protected attributes", _protected(reading)),
            )
        )
    )
    return Section("use", "Intended use and review", tuple(parts))


def _list_of_people(reading: Reading) -> str:
    content = reading.content
    if content.action.kind == "burden":
        return "None is written, because the action burdens people."
    if content.recommendation is None:
        return "This run wrote no recommendation."
    return (
        f"The recommendation is in {content.recommendation}, beside this page: pseudonyms in order "
        "with reasons, and no score. It is for the people named above only; this page names nobody."
    )


def _protected(reading: Reading) -> tuple[str, ...]:
    content = reading.content
    if not content.protected:
        return ("The study declares none, so nothing is audited by group.",)
    names = listed([spaced(name) for name in content.protected])
    allowed = [spaced(name) for name in content.review.allows_features]
    if allowed:
        features = f"The review allows as features: {listed(allowed)}."
    else:
        features = "The review allows none of them as a feature: they are kept out of the model."
    return (f"Audited: {names}.", features, "Other columns may still stand in for them.")
