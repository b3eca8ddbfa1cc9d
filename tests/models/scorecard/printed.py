"""Points added up by hand: from the words of a printed card alone, as a clerk would."""

from __future__ import annotations

import math
from collections.abc import Mapping

Record = Mapping[str, float | str]
"""What a clerk sees of a person: a value, a word, or NaN, by label."""


def by_hand(card: str, record: Record) -> int:
    """Add up the points of the lines that are true of a person."""
    body = card.split("points  line\n")[1].split("\n\n")[0]
    total = 0
    for line in body.splitlines():
        points, asked = line.strip().split("  ", 1)
        total += int(points) * _true(asked.removesuffix(" (on top of the line above)"), record)
    return total


def _true(asked: str, record: Record) -> bool:
    label, _, test = asked.rpartition(": ")
    value = record[label]
    missing = isinstance(value, float) and math.isnan(value)
    if test == "not recorded" or missing:
        return missing and test == "not recorded"
    if test == "yes":
        return value == 1
    if test.startswith("at least "):
        return float(value) >= float(test.removeprefix("at least "))
    return value == test


def chance_by_hand(card: str, score: int) -> float:
    """Look a score up in the card's table, as a share."""
    table = card.split(" score  chance\n")[1].splitlines()
    found = {int(left): float(right.rstrip("%")) / 100 for left, right in map(str.split, table)}
    return found[score]
