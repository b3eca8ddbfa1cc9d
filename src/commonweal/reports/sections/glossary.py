"""What the words mean, and what the figures cannot say."""

from __future__ import annotations

from commonweal.reports.parts import Bullets, Facts, Group, Section
from commonweal.reports.reading import Reading
from commonweal.reports.words import number

_EFFECT = {
    "help": "whether the action helps them: that needs a comparison of people who got it with "
    "people who did not.",
    "burden": "what the action prevents, whom it harms, or whether a rule would do better than "
    "those who decide now: that needs a comparison with their decisions.",
}


def glossary(reading: Reading) -> Section:
    """Explain the words in plain language, then the limits."""
    return Section(
        "reading",
        "How to read this",
        (
            Group("Words", (Facts(_terms(reading)),)),
            Group("Limits", (Bullets(_limits(reading)),)),
        ),
    )


def _terms(reading: Reading) -> tuple[tuple[str, tuple[str, ...]], ...]:
    people = reading.people
    terms = {
        "As-of date": "The day on which the ranking is imagined to be made. Only what was known "
        "before it is used.",
        "Cohort": f"The {people} who are ranked at an as-of date.",
        "Outcome": "The event predicted. Those for whom it happened in time are called positives.",
        "Base rate": "The share of the cohort with the outcome: what picking at random would find.",
        "Cut-off k": f"How many {people} from the top of the ranking are looked at.",
        "Precision": "Of the top k, the share with the outcome.",
        "Recall": "Of all in the cohort with the outcome, the share that is in the top k.",
        "Total recall": "The same, out of everybody with the outcome, in the cohort or not.",
        "AUC": "How often a random person with the outcome is ranked above a random one without; "
        "0.5 is chance.",
        "Calibration": "Whether predicted chances come true: of those given 20%, about 20% have "
        "the outcome.",
        "95% interval": "The range within which the figure mostly falls when people like these "
        "are drawn again.",
    }
    measured = {m.metric for m in reading.content.metrics}
    if "calibration.slope" in measured:
        terms["Calibration slope"] = (
            "How predicted chances are spread beside those that come true: 1 is right; below 1, "
            "high chances are too high and low ones too low."
        )
    if "overlap" in measured:
        terms["On both lists"] = (
            "How many of the top k of one ranking are in the top k of another too. Two rankings "
            "may find equally many and yet offer places to different people."
        )
    if any(m.metric.startswith("linkage.") for m in reading.content.metrics):
        terms["Hidden id"] = (
            "An identifier that is known and was hidden, so that what linkage makes of the record "
            "can be checked. Only people who have one, known before the first date, are counted."
        )
        terms["B-cubed"] = (
            "Precision and recall of the average record instead of the average pair, so that "
            "people with many records do not count for more."
        )
    if reading.ceiling:
        terms["True chance (ceiling)"] = (
            "The chance of the outcome the simulation itself drew from, given the state of its "
            "world on the as-of date, which holds more than any record: no model can be expected "
            "to reach it, and none ranks better on average, save by luck. A person is found by "
            "most of the records under an id, so wrong ids lower the ceiling too. It exists "
            "because these people are simulated: of real people nobody can know it, and no "
            "report on them has it."
        )
    return tuple((term, (text,)) for term, text in terms.items())


def _limits(reading: Reading) -> tuple[str, ...]:
    content = reading.content
    draws = number(content.evaluation.draws)
    limits = [
        f"Intervals come from drawing the test date's people again {draws} times. They cover the "
        "chance in who was there. They do not cover the choice and fitting of the model, change "
        "after the test date, mistakes in the records, or links between people, which make them "
        "somewhat too short. Where none or all of some people count, the exact interval of a "
        "share stands instead. For total recall, people outside the cohort are not drawn again.",
        "Records are not behaviour. A complaint, a report or an arrest is what someone wrote down; "
        "who is watched and who is believed shapes it, and can differ by group.",
        "A prediction is not a judgement about a person, and not a statement about causes: what "
        "the model uses is not what would have to change.",
        "The figures say how well the ranking finds people with the outcome. They do not say "
        f"{_EFFECT[content.action.kind]}",
        "Where several figures are compared, some intervals exclude equality by chance alone.",
        "Groups can differ in base rates; then precision, recall and calibration cannot all be "
        "equal between groups. Which of them matters is for the reviewers to decide.",
    ]
    if not content.exempt:
        limits.append(
            "Nothing between 1 and 10 people is shown or can be worked out; some figures are "
            "missing, moved to another cut-off or pooled for that reason."
        )
    return tuple(limits)
