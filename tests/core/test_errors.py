from __future__ import annotations

import pytest

from commonweal.core.errors import (
    BurdenError,
    CommonwealError,
    DataError,
    Problem,
    StudyError,
    nearest,
    problem,
)


def test_a_problem_is_one_line_of_place_mistake_and_mend() -> None:
    assert (
        str(Problem("a.csv: row 3", "is empty", "fill it")) == "a.csv: row 3: is empty -> fill it"
    )
    assert str(Problem("a.csv", "is empty")) == "a.csv: is empty"


@pytest.mark.parametrize(
    "bad", ["a\nerror: b", "\x1b[31mred", "\r", "\u202eback", "a\x00", "\u2028"]
)
def test_a_problem_cannot_make_a_terminal_do_anything(bad: str) -> None:
    line = str(Problem(f"a.csv: column {bad}", bad, bad))
    assert line.isprintable()
    assert len(line.splitlines()) == 1


def test_ordinary_text_is_left_as_it_is() -> None:
    assert str(Problem("räume.csv: Spalte ß", "ist leer 空", "füllen")).startswith(
        "räume.csv: Spalte ß"
    )


@pytest.mark.parametrize("error", [StudyError, DataError, BurdenError])
def test_every_error_of_ours_carries_its_problems(error: type[CommonwealError]) -> None:
    raised = error([Problem("a", "b"), Problem("c", "d")])
    assert isinstance(raised, CommonwealError)
    assert [p.where for p in raised.problems] == ["a", "c"]
    assert str(raised) == "a: b\nc: d"
    assert problem(error, "a", "b", "m").problems == (Problem("a", "b", "m"),)


def test_the_nearest_name() -> None:
    names = ["person_id", "race", "Charge"]
    assert nearest("PERSON_ID", names) == "person_id"
    assert nearest("charge", names) == "Charge"
    assert nearest("rcae", names) == "race"
    assert nearest("something", names) is None
    assert nearest("x", []) is None
