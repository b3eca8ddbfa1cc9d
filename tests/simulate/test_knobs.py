from __future__ import annotations

import tempfile
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.core.errors import StudyError
from commonweal.simulate.knobs import PRESETS, knobs_text, preset_text, read_knobs
from simulate.fake import PACKAGE
from simulate.fakeworld.world import Knobs

SHARES = st.floats(0.0, 1.0)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def read(text: str, tmp_path: Path) -> Knobs:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return read_knobs(Knobs, PACKAGE, "paper", path)


@given(st.builds(Knobs, missing=SHARES, harm=SHARES, shift=NUMBERS), st.sampled_from(PRESETS))
def test_knobs_written_are_the_knobs_read(knobs: Knobs, noise: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "knobs.toml"
        path.write_text(knobs_text(knobs), encoding="utf-8")
        found = read_knobs(Knobs, PACKAGE, noise, path)
    assert found == knobs
    assert knobs_text(found) == knobs_text(knobs)


@given(st.integers(-(10**300), 10**300))
def test_a_whole_number_is_a_number_like_any_other(number: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = read(f"shift = {number}", Path(folder))
    assert found.shift == float(number)
    assert knobs_text(found).endswith(f"shift = {float(number)!r}\n")


@pytest.mark.parametrize("noise", PRESETS)
def test_a_preset_gives_every_knob_in_the_order_declared(noise: str) -> None:
    knobs = read_knobs(Knobs, PACKAGE, noise)
    assert [line.split()[0] for line in knobs_text(knobs).splitlines()] == list(asdict(knobs))
    assert all(isinstance(value, float) for value in asdict(knobs).values())


def test_a_files_knobs_replace_the_presets_and_only_those(tmp_path: Path) -> None:
    paper = read_knobs(Knobs, PACKAGE, "paper")
    assert read("\ufeff# mine\nmissing = 1\n", tmp_path) == replace(paper, missing=1.0)
    assert read("", tmp_path) == paper


def test_a_preset_there_is_not_is_refused() -> None:
    for noise in ("loud", "", "../fakeworld/none", "study"):
        with pytest.raises(StudyError, match=r"there is no preset .* -> choose none, paper, hard"):
            preset_text(PACKAGE, noise)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("mising = 0.1", "mine.toml: mising: is no knob of this world -> .*missing, harm, shift"),
        ("[missing]\nx = 1", r"missing: is {'x': 1} -> a knob is a number"),
        ("missing = true", "missing: is True -> a knob is a number"),
        ('missing = "0.1"', "missing: is '0.1' -> a knob is a number"),
        ("shift = nan", "shift: is nan -> a knob is a number"),
        ("shift = inf", "shift: is inf -> a knob is a number"),
        ("shift = -inf", "shift: is -inf -> a knob is a number"),
        ("shift = 1" + "0" * 400, "shift: is 1000.* -> a knob is a number"),
        ("missing = 1.5", "missing is 1.5, outside 0.0 to 1.0 -> give a number in its range"),
        ("missing = -1", "missing is -1.0, outside 0.0 to 1.0"),
        ("missing", "is not TOML"),
        ("missing = 0.1\nmissing = 0.2", "is not TOML"),
        ("missing = " + "[" * 99_999, "is not TOML"),
        ("missing = 1" + "0" * 5_000, "is not TOML"),
    ],
)
def test_a_mistake_in_a_file_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(StudyError, match=told) as error:
        read(text, tmp_path)
    assert len(error.value.problems) == 1
    assert "mine.toml" in error.value.problems[0].where


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(StudyError) as error:
        read("a = 1\nb = 2\nmissing = false\nharm = 0.5", tmp_path)
    assert len(error.value.problems) == 3


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    for path, told in ((tmp_path / "no.toml", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(StudyError, match=f"cannot be read: {told}"):
            read_knobs(Knobs, PACKAGE, "paper", path)
    (tmp_path / "latin").write_bytes(b"# caf\xe9\n")
    with pytest.raises(StudyError, match="is not TOML"):
        read_knobs(Knobs, PACKAGE, "paper", tmp_path / "latin")
