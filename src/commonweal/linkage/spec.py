"""How an agency's records are linked: the ``[linkage]`` section of ``agency.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

FieldKind = Literal["name", "birth_date", "birth_year", "age", "date", "address", "category"]
ConstraintName = Literal["one_trusted_id", "terminal_event", "ages_agree", "birth_dates_agree"]
CONSTRAINTS: tuple[ConstraintName, ...] = (
    "one_trusted_id",
    "terminal_event",
    "ages_agree",
    "birth_dates_agree",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field that tells people apart.

    Parameters
    ----------
    kind
        ``name``: compared by spelling, rare ones count more. ``birth_date``; ``birth_year``;
        ``age`` in whole years on the day of the event. ``date``: another date (a date whose name
        says birth or dob is taken as birth date, and so is the only date where it agrees with a
        birth year). ``address``: all address fields together are one address. ``category``: the
        same or not.
    also
        Columns that hold the field under another name, in sources where `NAME` is not declared.
    """

    kind: FieldKind
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedId:
    """An identifier taken as ground truth: the same id is the same person, another id another.

    Parameters
    ----------
    column
        Column that holds it; records without it are the open ones.
    since
        First day from which it is trusted. Ids of earlier events are compared like a category:
        they neither force two records together nor keep them apart.
    """

    column: str
    since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkageSpec:
    """Which records are one person's.

    Parameters
    ----------
    fields
        Fields that tell people apart, by the column's name.
    trusted_id
        The identifier some records carry.
    terminal
        Sources after whose events nothing happens to a person (homicides).
    sources
        Sources to link; all that have one of the fields where none is named. The others keep
        their own ids.
    constraints
        Rules no person's records may break. ``one_trusted_id``; ``terminal_event``: nothing
        after a terminal event; ``ages_agree``: years of birth within `ages_within` years where
        either record lacks a birth date; ``birth_dates_agree``: birth dates within `edits`
        character edits over the whole person, where one of the records lacks one.
    ages_within
        Years.
    edits
        Character edits (insertions, deletions, substitutions) of a date written YYYYMMDD.
    contradictions
        What happens where records of one trusted id are at odds in birth date or year with the
        most of them, by more than the rules allow. ``binding``: the rules hold for them like for
        all others, so that one slip keeps every record without a birth date from that person.
        ``quarantine``: such records stay with their id, are listed, and have no say in these two
        rules: the id proves them wrong.
    groups
        Fields by whose values the quality of the linkage is reported; all categories where
        none is named.
    max_pairs
        Most pairs to compare. Where more are predicted, nothing is started.
    diverged
        What happens where the m probabilities found by expectation maximization are not those
        of known ids: ``known``: they are refused, known ids' are used, and the report warns;
        ``error``: the run stops.
    answers
        A clerical review's answers, a CSV file beside the agency file.
    threshold_shift
        Added to the calibrated threshold (log odds), to see what would change.
    """

    fields: Mapping[str, Field]
    trusted_id: TrustedId | None = None
    terminal: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    constraints: tuple[ConstraintName, ...] = CONSTRAINTS
    ages_within: float = 3.0
    edits: int = 2
    contradictions: Literal["binding", "quarantine"] = "binding"
    groups: tuple[str, ...] = ()
    max_pairs: int = 200_000_000
    diverged: Literal["known", "error"] = "known"
    answers: str | None = None
    threshold_shift: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which columns of a table of records are what; every one of them may be missing.

    Parameters
    ----------
    source, record
        Columns of the source's name and of the record's id within it.
    occurred_on, known_on
        Date columns: when the event happened, and the first day the agency could see it.
    terminal
        Truth-valued column: nothing happens to the person after this event.
    """

    source: str | None = None
    record: str | None = None
    occurred_on: str | None = None
    known_on: str | None = None
    terminal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """Sizes that trade time for precision; the defaults suit 1,000 to 13 million records.

    Parameters
    ----------
    hidden, practice
        Records whose trusted id is hidden for calibration, and rows of the practice file, at
        most; a fiftieth and a tenth of all records where that is more.
    random_pairs
        Random pairs from which u probabilities are counted.
    em_pairs
        Pairs on which expectation maximization runs, at most, in each of its sessions.
    draws
        Bootstrap draws over people.
    chunk
        Pairs scored at a time.
    """

    hidden: int = 20_000
    practice: int = 100_000
    random_pairs: int = 80_000
    em_pairs: int = 50_000
    draws: int = 1_000
    chunk: int = 500_000


DEFAULT_TUNING = Tuning()
