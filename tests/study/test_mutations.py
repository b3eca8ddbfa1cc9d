"""Bad input fails at once, in words that name the place."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from commonweal.cli import app
from study.mutations import CATALOGUE, Told
from study.small import write_study

DRAWN = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What `commonweal check` said of a mutated study."""

    code: int
    lines: tuple[str, ...]
    traceback: str


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    write_study(folder)
    return folder


def ask(study: Path) -> Answer:
    result = CliRunner().invoke(app, ["check", str(study)])
    unexpected = result.exception is not None and not isinstance(result.exception, SystemExit)
    text = result.output
    traceback = repr(result.exception) if unexpected else ""
    if "Traceback" in text:
        traceback = text
    return Answer(result.exit_code, tuple(text.splitlines()), traceback)


def mutated(sound: Path, folder: Path, name: str, seed: int) -> tuple[Told, Answer]:
    shutil.copytree(sound, folder)
    told = CATALOGUE[name](folder, np.random.default_rng([seed, len(name)]))
    answer = ask(folder / "study.toml")
    shutil.rmtree(folder)
    return told, answer


def faults(told: Told, answer: Answer) -> set[str]:
    """Which promises an answer breaks."""
    found = set()
    if answer.traceback:
        found.add("traceback")
    if told.warned:
        said = [line for line in answer.lines if line.strip().startswith("warn:")]
        if not said:
            found.add("silent")
    else:
        said = [line for line in answer.lines if line.startswith("error: ")]
        if answer.code == 0 or not said:
            found.add("silent")
    here = [line for line in said if told.file in line]
    if not here:
        found.add("file")
    if told.column is not None:
        columns = rf"(column |{re.escape(told.file)}: |in ){re.escape(told.column)}(?![\w])"
        here = [line for line in here if re.search(columns, line)]
        if not here:
            found.add("column")
    if told.warned:
        if not any(re.search(r", [1-9][\d,]* rows?$", line) for line in here):
            found.add("count")
    elif told.rows:
        numbers = {int(n) for line in here for n in re.findall(r"\brow (\d+)", line)}
        if not numbers & set(told.rows):
            found.add("row")
    return found


def test_a_sound_study_passes(sound: Path) -> None:
    answer = ask(sound / "study.toml")
    assert answer.code == 0, answer.lines
    assert answer.lines[-1] == "The study can run."


@pytest.mark.parametrize(
    ("told", "answer", "broken"),
    [
        (Told("a.csv", "x", (3,)), Answer(0, ("The study can run.",), ""),
         {"silent", "file", "column", "row"}),
        (Told("a.csv", "x", (3,)), Answer(1, (), "KeyError()"),
         {"traceback", "silent", "file", "column", "row"}),
        (Told("a.csv", "x", (3,)), Answer(1, ("error: a.csv: column xy, row 3: bad",), ""),
         {"column", "row"}),
        (Told("a.csv", "x", (3,)), Answer(1, ("error: a.csv: column x, row 33: bad",), ""),
         {"row"}),
        (Told("a.csv", "x", (3,)), Answer(1, ("error: a.csv: column x, row 3: bad",), ""), set()),
        (Told("s.toml", "a.b"), Answer(1, ("error: s.toml: a.b[1]: bad",), ""), set()),
        (Told("s.toml", "a.b"), Answer(1, ("error: s.toml: a.bc: bad",), ""), {"column"}),
        (Told("a.csv", "x", (3,), True),
         Answer(0, ("  warn: a.csv: unsafe text in x, 0 rows",), ""), {"count"}),
    ],
)  # fmt: skip
def test_the_judge_is_not_easily_pleased(told: Told, answer: Answer, broken: set[str]) -> None:
    assert faults(told, answer) == broken


def test_two_hundred_harmful_mutations(sound: Path, tmp_path: Path) -> None:
    assert len(CATALOGUE) >= 30
    rng = np.random.default_rng(20_260_101)
    order: list[str] = []
    while len(order) < DRAWN:
        order += rng.permutation(sorted(CATALOGUE)).tolist()
    broken: Counter[str] = Counter()
    checked: Counter[str] = Counter()
    told_of: list[str] = []
    for place, name in enumerate(order[:DRAWN]):
        told, answer = mutated(sound, tmp_path / f"m{place}", name, place)
        found = faults(told, answer)
        checked.update(["file"])
        checked.update(["column"] if told.column else [])
        checked.update(["row"] if told.rows and not told.warned else [])
        broken.update(found)
        if found:
            told_of.append(f"{place} {name} {told.file} {told.column} {told.rows[:3]}: {found}")
            told_of += [f"    {line}" for line in answer.lines[:6]] + [answer.traceback[:300]]
    shares = {what: 1 - broken[what] / checked[what] for what in checked}
    print(f"{len(CATALOGUE)} kinds, {DRAWN} drawn, {dict(broken)}, named: {shares}")
    said = "\n".join(told_of)
    assert broken["traceback"] == 0, said
    assert broken["silent"] == 0, said
    assert broken["file"] == 0, said
    assert broken["column"] == 0, said
    assert broken["count"] == 0, said
    assert shares["row"] >= 0.95, said
