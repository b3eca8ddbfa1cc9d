"""A clerical review's answers, and what follows from them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from commonweal.core.errors import DataError, Problem
from commonweal.linkage.calibration import Threshold
from commonweal.linkage.candidates import Candidates
from commonweal.linkage.cells import Floats, Ints

WORDS = ("same", "different", "unsure")
_SURE = 50.0
_DOUBT = 1.0
"""Standard deviation of how far the calibration may be off, in log odds, before any answer."""
FEWEST = 10
"""Answers (same or different) without which nothing is re-estimated."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Pairs of records that clerks looked at.

    Parameters
    ----------
    left, right
        Rows of the linked table.
    same
        What they said; pairs they were unsure about are not among them.
    unsure
        How many pairs they were unsure about.
    """

    left: Ints
    right: Ints
    same: np.ndarray[tuple[int], np.dtype[np.bool_]]
    unsure: int


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a review came to.

    Parameters
    ----------
    answered, same, unsure
        Pairs said to be the same or different, of these the same, and pairs left open.
    expected
        How many of the answered pairs were expected to be the same.
    shift
        What the answers add to log odds; 0 where too few were given.
    threshold
        The threshold that follows.
    """

    answered: int
    same: int
    unsure: int
    expected: float
    shift: float
    threshold: float

    def sentence(self) -> str:
        """Say it in words."""
        text = (
            f"Clerks found {self.same:,} of {self.answered:,} pairs to be one person's, "
            f"{self.expected:.1f} were expected"
        )
        if self.answered < FEWEST:
            return f"{text}: too few answers to re-estimate anything (fewer than {FEWEST})."
        return f"{text}: log odds move by {self.shift:+.2f}, the threshold to {self.threshold:.2f}."


def read_answers(path: Path, place: Mapping[tuple[str, str], int]) -> Answers:
    """Read the answers of a review.

    Parameters
    ----------
    path
        CSV file as `commonweal link review` wrote it, with the column ``answer`` filled:
        same, different, unsure or empty.
    place
        (source, record) -> row of the linked table.

    Raises
    ------
    DataError
        Naming every row that cannot be read.
    """
    wanted = ["source_1", "record_1", "source_2", "record_2", "answer"]
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            header, rows = reader.fieldnames or [], list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            [Problem(str(path), f"cannot be read: {error}", "check the file")]
        ) from None
    missing = [name for name in wanted if name not in header]
    if missing:
        mend = "use the file that commonweal link review wrote"
        raise DataError([Problem(path.name, f"lacks the column {name}", mend) for name in missing])
    problems: list[Problem] = []
    left, right, same, unsure = [], [], [], 0
    for number, row in enumerate(rows, start=1):
        answer = (row["answer"] or "").strip().lower()
        keys = [(row[f"source_{n}"] or "", row[f"record_{n}"] or "") for n in (1, 2)]
        unknown = [key for key in keys if key not in place]
        if answer and answer not in WORDS:
            where = f"{path.name}: column answer, row {number}"
            problems.append(Problem(where, f"{answer!r} is no answer", f"write {', '.join(WORDS)}"))
        elif answer and unknown:
            where = f"{path.name}: column record_1 or record_2, row {number}"
            what = f"there is no record {unknown[0][1]!r} of {unknown[0][0]!r}"
            problems.append(Problem(where, what, "the records may have changed: review again"))
        elif answer == "unsure":
            unsure += 1
        elif answer:
            left.append(place[keys[0]])
            right.append(place[keys[1]])
            same.append(answer == "same")
    if problems:
        raise DataError(problems)
    return Answers(
        np.array(left, np.int64), np.array(right, np.int64), np.array(same, bool), unsure
    )


def review_strength(found: Candidates, answers: Answers) -> tuple[Candidates, Reviewed]:
    """Re-estimate log odds and threshold from answers, and let answered pairs be what they are.

    Log odds of all pairs move by one number: the likeliest, given how many of the answered
    pairs are the same, and a doubt of one unit of log odds before any answer. A pair said to be
    the same is merged before all others, unless a rule forbids it; one said to be different
    speaks for nothing.
    """
    place = np.empty(found.prepared.count, np.int64)
    place[found.prepared.place] = np.arange(found.prepared.count)
    node = found.profiles.of
    ends = np.sort(np.stack([node[place[answers.left]], node[place[answers.right]]]), axis=0)
    known = found.pairs.left.astype(np.int64) * found.profiles.count + found.pairs.right
    order = np.argsort(known)
    asked = ends[0] * found.profiles.count + ends[1]
    at = np.minimum(np.searchsorted(known[order], asked), max(len(known) - 1, 0))
    row = order[at] if len(known) else np.zeros(0, np.int64)
    hit = known[row] == asked if len(known) else np.zeros(len(asked), np.bool_)
    row, same = row[hit], answers.same[hit]
    odds = found.strength[row]
    strength = found.strength.copy()
    strength[row] = np.where(same, _SURE, -_SURE)
    old = found.threshold
    came = reviewed(odds, same, answers.unsure, old.value)
    moved = Threshold(came.threshold, f"{old.by} and {len(row):,} answers", old.tried)
    return replace(found, strength=strength, threshold=moved), came


def reviewed(
    odds: Floats, same: np.ndarray[tuple[int], np.dtype[np.bool_]], unsure: int, threshold: float
) -> Reviewed:
    """Say what answers come to.

    Parameters
    ----------
    odds
        Log odds of each answered pair before it was looked at.
    same
        The answers.
    unsure
        Pairs left open.
    threshold
        The threshold before.
    """
    shift = _shift(odds, same) if len(odds) >= FEWEST else 0.0
    expected = float((1 / (1 + np.exp(-np.clip(odds, -500, 500)))).sum())
    return Reviewed(len(odds), int(same.sum()), unsure, expected, shift, threshold - shift)


def _shift(odds: Floats, same: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    """Return what to add to log odds, by Newton's method on the penalized likelihood."""
    shift = 0.0
    for _ in range(50):
        chance = 1 / (1 + np.exp(-(odds + shift)))
        slope = float((same - chance).sum()) - shift / _DOUBT**2
        step = slope / (float((chance * (1 - chance)).sum()) + 1 / _DOUBT**2)
        shift += step
        if abs(step) < 1e-10:
            break
    return round(shift, 9)
