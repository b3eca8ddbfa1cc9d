from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from commonweal.core.canonical import file_digest
from commonweal.core.store import Artefact, Store, atomic_write, write_json


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def writer(
    text: str, calls: list[str] | None = None, file: str = "x.txt"
) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        if calls is not None:
            calls.append(text)
        (folder / file).write_text(text, encoding="utf-8")

    return write


def folders(store: Store) -> list[str]:
    return sorted(p.name for p in store.root.glob("*"))


def test_a_stage_is_computed_once(store: Store) -> None:
    calls: list[str] = []
    first = store.stage("records/arrest", 1, {"a": 1}, {"raw": "f"}, writer("one", calls))
    again = store.stage("records/arrest", 1, {"a": 1}, {"raw": "f"}, writer("two", calls))
    assert calls == ["one"]
    assert (first.reused, again.reused) == (False, True)
    assert again.file("x.txt").read_text() == "one"
    assert (first.key, first.content, first.path) == (again.key, again.content, again.path)
    assert first.path.name.startswith("records-arrest-")
    assert first.files == {"x.txt": file_digest(first.file("x.txt"))}
    assert again.parents == {"raw": "f"}
    assert folders(store) == [first.path.name]


@pytest.mark.parametrize(
    ("name", "version", "settings", "parents"),
    [
        ("b", 1, {"a": 1}, {"raw": "f"}),
        ("a", 2, {"a": 1}, {"raw": "f"}),
        ("a", 1, {"a": 2}, {"raw": "f"}),
        ("a", 1, {"a": 1}, {"raw": "g"}),
        ("a", 1, {"a": 1}, {"war": "f"}),
    ],
)
def test_whatever_a_stage_rests_on_is_in_its_name(
    store: Store, name: str, version: int, settings: object, parents: dict[str, str]
) -> None:
    first = store.stage("a", 1, {"a": 1}, {"raw": "f"}, writer("one"))
    other = store.stage(name, version, settings, parents, writer("one"))
    assert not other.reused
    assert other.key != first.key
    assert other.content == first.content


def chain(store: Store, version: int, text: str) -> tuple[Artefact, Artefact]:
    """Two stages, the second reading the first."""
    raw = store.stage("raw", version, None, {}, writer(text))
    return raw, store.stage("next", 1, None, {"raw": raw.content}, writer(f"{text}!"))


def test_what_follows_rests_on_contents_not_on_how_they_came_about(store: Store) -> None:
    _, first = chain(store, 1, "one")
    raw, same = chain(store, 2, "one")
    assert not raw.reused
    assert same.reused
    assert same.key == first.key
    _, changed = chain(store, 3, "two")
    assert not changed.reused
    assert changed.key != first.key


def test_contents_are_names_and_bytes(store: Store) -> None:
    made = [
        store.stage("a", i, None, {}, writer(text, file=file))
        for i, (text, file) in enumerate([("one", "x"), ("two", "x"), ("one", "y"), ("one", "x")])
    ]
    assert len({artefact.content for artefact in made}) == 3
    assert made[0].content == made[3].content


def test_a_failure_leaves_no_finished_stage(store: Store) -> None:
    def fail(folder: Path) -> None:
        writer("half")(folder)
        raise RuntimeError("the disk is on fire")

    with pytest.raises(RuntimeError, match="on fire"):
        store.stage("a", 1, None, {}, fail)
    assert not [name for name in folders(store) if not name.startswith(".tmp-")]
    store.sweep()
    assert folders(store) == []
    mended = store.stage("a", 1, None, {}, writer("whole"))
    assert not mended.reused
    assert mended.file("x.txt").read_text() == "whole"


def test_sweeping_keeps_what_is_finished(store: Store) -> None:
    store.sweep()
    first = store.stage("a", 1, None, {}, writer("one"))
    (store.root / ".tmp-a-123-99").mkdir()
    (store.root / ".tmp-a-123-99" / "half").write_text("x")
    store.sweep()
    assert folders(store) == [first.path.name]


def test_a_stage_may_write_folders_and_json(store: Store) -> None:
    def write(folder: Path) -> None:
        (folder / "deep").mkdir()
        write_json(folder / "deep" / "x.json", {"b": 1, "a": [1.5, None]})

    made = store.stage("a", 1, None, {}, write)
    assert list(made.files) == ["deep/x.json"]
    assert made.json("deep/x.json") == {"a": [1.5, None], "b": 1}
    assert made.json("stage.json") == {
        "stage": "a", "version": 1, "settings": None, "parents": {}, "key": made.key,
        "content": made.content, "files": dict(made.files),
    }  # fmt: skip


def test_atomic_write_leaves_equal_files_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.txt"
    assert atomic_write(path, "één")
    os.utime(path, (1, 1))
    before = path.stat()
    time.sleep(0.01)
    assert not atomic_write(path, "één")
    after = path.stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)
    assert atomic_write(path, "twee")
    assert path.read_text(encoding="utf-8") == "twee"
    assert path.stat().st_mtime_ns != before.st_mtime_ns
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]
