from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from commonweal.core.canonical import file_digest
from commonweal.core.errors import StudyError
from commonweal.core.tables import read_table
from commonweal.simulate import world
from commonweal.simulate.seal import SEAL, matches_seal
from commonweal.simulate.truth import find_truth
from commonweal.simulate.world import World, simulate, world_named
from commonweal.study.check import check_tables
from commonweal.study.load import load
from simulate.fake import PEOPLE, contents, simulated
from simulate.fakeworld import world as fakeworld

HERE = Path(__file__).resolve().parent
TABLES = ("harms.parquet", "registrations.parquet", "visits.parquet")
FILES = {
    "agency.toml", "data", "data/harms.parquet", "data/registrations.parquet",
    "data/simulation.json", "data/visits.parquet", "knobs.toml", "study.toml", "truth",
    "truth/chances.parquet", "truth/records.parquet", "truth/truth.json",
}  # fmt: skip
RENAMES = 10

pytestmark = pytest.mark.usefixtures("fake")


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let the build fail when it has written everything."""

    def build(*arguments: object) -> None:
        fakeworld.build(*arguments)  # type: ignore[arg-type]
        raise error

    broken = World(people=2_000, knobs=fakeworld.Knobs, build=build, words=fakeworld.WORLD.words)
    monkeypatch.setattr(fakeworld, "WORLD", broken)


def sound(folder: Path) -> bool:
    """Whether the tables are under their seal and the truth is theirs."""
    truth = find_truth(folder / "data")
    return matches_seal(folder / "data", SEAL, TABLES) and truth is not None


def test_a_world_is_written_whole_and_its_study_reads_it(tmp_path: Path) -> None:
    out = tmp_path / "new" / "world"
    done = simulate("fake", out, PEOPLE, 3, "hard")
    assert set(contents(out)) == FILES
    assert sound(out)
    assert (done.folder, done.data, done.study) == (out, out / "data", out / "study.toml")
    assert list(done.rows) == ["harms", "registrations", "truth/chances", "truth/records", "visits"]
    assert done.rows["registrations"] == PEOPLE
    assert done.rows["visits"] == read_table(out / "data" / "visits.parquet").num_rows
    assert done.sentence() == (
        f"Simulated fake (people 1,000, seed 3, noise hard): {done.rows['harms']:,} harms, 1,000 "
        f"registrations, 3,000 visits. Next: commonweal run {out / 'study.toml'} --out FOLDER"
    )
    study = load(done.study)
    assert study.simulated
    assert study.spec.capacity.k == 20
    assert "visit: 3,000 of 3,000 rows can be used." in check_tables(study)


def test_the_seal_says_what_it_was_simulated_with(tmp_path: Path) -> None:
    simulated(tmp_path, 3, noise="hard")
    seal = json.loads((tmp_path / "data" / SEAL).read_text(encoding="utf-8"))
    assert {key: seal[key] for key in ("world", "people", "seed", "noise")} == {
        "world": "fake", "people": PEOPLE, "seed": 3, "noise": "hard",
    }  # fmt: skip
    assert seal["files"] == {
        file: file_digest(tmp_path / file) for file in ("agency.toml", "knobs.toml", "study.toml")
    }


def test_no_byte_depends_on_threads_or_on_the_folder(tmp_path: Path) -> None:
    one = simulated(tmp_path / "one", threads=1)
    assert simulated(tmp_path / "two", threads=2) == one
    assert simulated(tmp_path / "many", threads=8) == one
    assert (
        simulated(tmp_path / "other", seed=2)["data/visits.parquet"] != (one["data/visits.parquet"])
    )


def test_without_a_number_of_people_it_is_the_papers(tmp_path: Path) -> None:
    assert simulate("fake", tmp_path).rows["registrations"] == 2_000


def test_a_world_simulated_again_is_replaced(tmp_path: Path) -> None:
    other = simulated(tmp_path / "other", 2, noise="none")
    simulated(tmp_path / "world", 1, noise="hard")
    (tmp_path / "world" / "notes.txt").write_text("mine", encoding="utf-8")
    again = simulated(tmp_path / "world", 2, noise="none")
    assert again.pop("notes.txt") == b"mine"
    assert again == other


def test_damaged_tables_are_replaced_too(tmp_path: Path) -> None:
    first = simulated(tmp_path)
    (tmp_path / "data" / "visits.parquet").write_bytes(b"")
    (tmp_path / "truth" / "truth.json").write_bytes(b"")
    (tmp_path / "study.toml").unlink()
    assert simulated(tmp_path) == first


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("study.toml", "study.toml: is there and was edited"),
        ("agency.toml", "agency.toml: is there and was edited"),
        ("knobs.toml", "knobs.toml: is there and was edited"),
        ("data/notes.txt", "notes.txt: is there and is no simulation's"),
        ("data/mine.parquet", "mine.parquet: is there and is no simulation's"),
        ("truth/notes.txt", "notes.txt: is there and is no simulation's"),
    ],
)
def test_what_no_simulation_wrote_is_not_written_over(
    tmp_path: Path, change: str, told: str
) -> None:
    simulated(tmp_path)
    with (tmp_path / change).open("ab") as stream:
        stream.write(b"\r\n\xff")
    before = contents(tmp_path)
    with pytest.raises(StudyError, match=told) as error:
        simulated(tmp_path, 2)
    assert len(error.value.problems) == 1
    assert contents(tmp_path) == before


@pytest.mark.parametrize("there", ["study.toml", "knobs.toml", "data", "truth"])
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, there: str, kind: str) -> None:
    (tmp_path / there).mkdir() if kind == "folder" else (tmp_path / there).write_text("mine")
    before = contents(tmp_path)
    with pytest.raises(StudyError, match=f"{there}: is there and"):
        simulated(tmp_path)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("seal", [b"", b"{}", b"[1]", b'{"tables": 1, "files": 2}', b"[" * 99_999])
def test_a_garbled_seal_is_no_simulations(tmp_path: Path, seal: bytes) -> None:
    simulated(tmp_path)
    (tmp_path / "data" / SEAL).write_bytes(seal)
    before = contents(tmp_path)
    with pytest.raises(StudyError, match="data: is there and is no simulation's"):
        simulated(tmp_path)
    assert contents(tmp_path) == before


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StudyError, match="is not a folder -> name another folder"):
        simulated(tmp_path / "file")
    with pytest.raises(StudyError, match="cannot be written: Not a directory"):
        simulated(tmp_path / "file" / "world")


@pytest.mark.parametrize("error", [ZeroDivisionError("ours"), KeyboardInterrupt()])
def test_a_failing_build_leaves_the_folder_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    before = simulated(tmp_path / "old")
    (tmp_path / "empty").mkdir()
    failing(monkeypatch, error)
    for folder in ("old", "empty", "new"):
        with pytest.raises(type(error)):
            simulated(tmp_path / folder, 2)
    assert contents(tmp_path / "old") == before
    assert not any((tmp_path / "empty").iterdir())
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("number", range(1, RENAMES + 1))
def test_a_failing_swap_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    before = simulated(tmp_path)
    original, left = os.rename, [number]

    def rename(source: Path, target: Path) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise OSError("no")
        original(source, target)

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(OSError, match="no"):
        simulated(tmp_path, 2)
    assert left[0] <= 0
    assert contents(tmp_path) == before


def test_killed_at_any_moment_no_world_is_half_old_and_half_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = simulated(tmp_path / "old")
    new = simulated(tmp_path / "new", 2)
    moments = ["build", *(str(number) for number in range(1, RENAMES + 1)), "end"]
    for moment in moments:
        shutil.copytree(tmp_path / "old", tmp_path / "killed" / moment)
    command = [sys.executable, str(HERE / "killed.py"), str(tmp_path / "killed"), *moments]
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    told = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    assert told.stdout.split() == [word for moment in moments for word in (moment, "9")]
    for moment in moments:
        folder = tmp_path / "killed" / moment
        there = {
            path: data for path, data in contents(folder).items() if not path.startswith(".partial")
        }
        assert len(contents(folder)) > len(there), "it was killed while it worked"
        if moment in ("build", "1"):
            assert there == old
        elif moment == "end":
            assert there == new
        else:
            assert "data" not in there
        shutil.copytree(folder, tmp_path / "again" / moment)
        assert simulated(tmp_path / "again" / moment, 2) == new
    failing(monkeypatch, ZeroDivisionError("ours"))
    for moment in moments:
        with pytest.raises(ZeroDivisionError):
            simulated(tmp_path / "killed" / moment, 2)
        assert contents(tmp_path / "killed" / moment) == (new if moment == "end" else old)


def test_two_cannot_simulate_into_one_folder(tmp_path: Path) -> None:
    before = simulated(tmp_path)
    held = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(StudyError, match="is being simulated into -> wait, or name another"):
        simulated(tmp_path, 2)
    os.close(held)
    assert contents(tmp_path) == before
    assert simulated(tmp_path, 2) != before


def test_every_world_there_is_is_declared() -> None:
    with pytest.raises(StudyError, match="there is no world 'moon' -> there is: violence-prev"):
        world_named("moon")
    assert world_named("fake") is fakeworld.WORLD
    assert set(world.WORLDS) == {"violence-prevention", "children-services", "custody", "fake"}


def test_what_was_there_is_named(tmp_path: Path) -> None:
    first = simulate("custody", tmp_path / "w", 1_000, 1)
    assert first.replaced is None
    again = simulate("custody", tmp_path / "w", 2_000, 2)
    assert again.replaced == "custody, 1,000 people, seed 1"
    assert "In place of what was there: custody, 1,000 people, seed 1." in again.sentence()


def test_the_agency_says_what_its_world_is_made_with(tmp_path: Path) -> None:
    knobs = tmp_path / "knobs.toml"
    knobs.write_text("skill = 0.64\n")
    world = simulate("custody", tmp_path / "w", 1_000, 3, "hard", str(knobs))
    agency = (world.folder / "agency.toml").read_text(encoding="utf-8")
    assert "(custody, 1,000 people, seed 3, noise hard, skill = 0.64)" in agency


def test_too_many_people_and_knobs_that_are_no_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="too many"):
        simulate("custody", tmp_path / "w", 10**12)
    with pytest.raises(StudyError, match="TOML file"):
        simulate("custody", tmp_path / "w", 1_000, knobs={"skill": 0.7})  # type: ignore[arg-type]
