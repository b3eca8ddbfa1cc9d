"""What a study is about, what its action does, who reviewed it, which attributes are protected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a board reads first.

    Parameters
    ----------
    name
        Short name, for files.
    title
        Title of the report.
    question
        The question, in a sentence: among whom, what, within how long, so that what.
    agency
        The agency file, relative to the study file.
    seed
        The one seed from which every random stream is drawn.
    people
        What the people are called in the report.
    """

    name: str
    title: str
    question: str
    agency: str
    seed: int
    people: str = "people"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What is done to the people the output names; there is no default.

    Parameters
    ----------
    kind
        ``help`` (a service, support, a protective inspection) or ``burden`` (detention,
        enforcement, sanction). A burden study is evaluated in aggregate: it has no
        recommendation and no person-level score is written, whatever else is set.
    offer
        What is done, in a sentence.
    recipients
        Who may see the output.
    forbidden_recipients
        Who must never see it.
    intended_use
        What the output is for.
    not_for
        What it must not be used for.
    """

    kind: Literal["help", "burden"]
    offer: str
    recipients: tuple[str, ...]
    forbidden_recipients: tuple[str, ...]
    intended_use: str
    not_for: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Who reviewed the study, when, and what they said.

    Parameters
    ----------
    by
        The board or people.
    on
        Day of the review.
    statement
        Their conclusion, in their words.
    allows_features
        Protected attributes the review allows as features, by name.
    """

    by: str
    on: date
    statement: str
    allows_features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """A protected attribute: kept out of features, always audited.

    Parameters
    ----------
    event
        Source that holds it, or a list of several; the most recent value known before the
        as-of date counts, among records of one day that of the source named first.
    column
        Column of that source, of the same name and type in every one.
    age_bands
        Where the column is a year of birth: lower ends of age bands, ascending. The age is
        the as-of year less the year of birth.
    """

    event: str | tuple[str, ...]
    column: str
    age_bands: tuple[int, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources that hold it, in order."""
        return (self.event,) if isinstance(self.event, str) else self.event
