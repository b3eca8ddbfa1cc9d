import json
from pathlib import Path

import pytest

from commonweal.core.canonical import file_digest, fingerprint, pretty_json
from commonweal.simulate.seal import SEAL, matches_seal, write_seal

TABLES = ("one.parquet", "two.parquet")


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    for number, name in enumerate(TABLES):
        (tmp_path / name).write_bytes(bytes([number]) * 100)
    write_seal(tmp_path, "town", 7, 1000, TABLES)
    return tmp_path


def test_untouched_tables_match(sealed: Path) -> None:
    assert matches_seal(sealed, SEAL, TABLES)
    assert matches_seal(sealed, SEAL, TABLES[:1])


def test_the_part_after_the_hash_is_no_part_of_the_file(sealed: Path) -> None:
    assert matches_seal(sealed, SEAL, ["one.parquet#some_table", "two.parquet"])
    assert not matches_seal(sealed, SEAL, ["other.parquet#one.parquet"])


@pytest.mark.parametrize("place", [0, 50, 99])
def test_a_changed_byte_is_seen(sealed: Path, place: int) -> None:
    data = bytearray((sealed / "two.parquet").read_bytes())
    data[place] ^= 1
    (sealed / "two.parquet").write_bytes(data)
    assert not matches_seal(sealed, SEAL, TABLES)
    assert matches_seal(sealed, SEAL, TABLES[:1])


def test_a_longer_a_shorter_and_an_empty_table_are_seen(sealed: Path) -> None:
    whole = (sealed / "one.parquet").read_bytes()
    for data in (whole + b"\0", whole[:-1], b""):
        (sealed / "one.parquet").write_bytes(data)
        assert not matches_seal(sealed, SEAL, TABLES)


def test_tables_exchanged_do_not_match(sealed: Path) -> None:
    one, two = (sealed / name for name in TABLES)
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    assert not matches_seal(sealed, SEAL, TABLES)


def test_a_missing_or_unsealed_table_does_not_match(sealed: Path) -> None:
    (sealed / "three.parquet").write_bytes(b"about somebody")
    assert not matches_seal(sealed, SEAL, [*TABLES, "three.parquet"])
    (sealed / "one.parquet").unlink()
    assert not matches_seal(sealed, SEAL, TABLES)
    (sealed / "one.parquet").mkdir()
    assert not matches_seal(sealed, SEAL, TABLES)


def test_tables_elsewhere_do_not_match(
    sealed: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "one.parquet"
    elsewhere.write_bytes((sealed / "one.parquet").read_bytes())
    assert not matches_seal(sealed, SEAL, [str(elsewhere)])
    assert not matches_seal(sealed, SEAL, ["./one.parquet"])
    assert not matches_seal(sealed, SEAL, [f"../{sealed.name}/one.parquet"])


def test_no_table_at_all_does_not_match(sealed: Path) -> None:
    assert not matches_seal(sealed, SEAL, [])


def test_a_missing_seal_does_not_match(sealed: Path) -> None:
    assert not matches_seal(sealed, "other.json", TABLES)
    assert not matches_seal(sealed, "", TABLES)
    assert not matches_seal(sealed / "nowhere", SEAL, TABLES)


@pytest.mark.parametrize(
    "garbled",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b'{"tables": []}',
        b"\xff\xfe\x00",
        b'"\\ud800"',
        b"[" * 100_000,
        b'{"tables": {"one.parquet": null}}',
    ],
)
def test_a_garbled_seal_does_not_match(sealed: Path, garbled: bytes) -> None:
    (sealed / SEAL).write_bytes(garbled)
    assert not matches_seal(sealed, SEAL, TABLES)


def test_any_changed_byte_of_the_seal_is_seen(sealed: Path) -> None:
    whole = (sealed / SEAL).read_bytes()
    for place in range(len(whole)):
        data = bytearray(whole)
        data[place] ^= 1
        (sealed / SEAL).write_bytes(data)
        assert not matches_seal(sealed, SEAL, TABLES), (
            f"byte {place}: {bytes(data[place : place + 9])!r}"
        )
    (sealed / SEAL).write_bytes(whole)
    assert matches_seal(sealed, SEAL, TABLES)


@pytest.mark.parametrize(
    ("key", "value"), [("seed", 8), ("people", 10), ("world", "city"), ("more", 1)]
)
def test_a_seal_rewritten_by_hand_does_not_match(sealed: Path, key: str, value: object) -> None:
    contents = json.loads((sealed / SEAL).read_text())
    contents[key] = value
    (sealed / SEAL).write_text(pretty_json(contents))
    assert not matches_seal(sealed, SEAL, TABLES)


def test_a_table_added_to_the_seal_by_hand_does_not_match(sealed: Path) -> None:
    (sealed / "three.parquet").write_bytes(b"about somebody")
    contents = json.loads((sealed / SEAL).read_text())
    contents["tables"]["three.parquet"] = file_digest(sealed / "three.parquet")
    (sealed / SEAL).write_text(pretty_json(contents))
    assert not matches_seal(sealed, SEAL, ["three.parquet"])


def test_the_seal_says_what_was_simulated_in_one_spelling(sealed: Path) -> None:
    text = (sealed / SEAL).read_text()
    contents = json.loads(text)
    assert (contents["world"], contents["seed"], contents["people"]) == ("town", 7, 1000)
    assert contents["tables"] == {name: file_digest(sealed / name) for name in TABLES}
    assert contents.pop("digest") == fingerprint(contents)
    write_seal(sealed, "town", 7, 1000, reversed(TABLES))
    assert (sealed / SEAL).read_text() == text


@pytest.mark.parametrize("name", ["../one.parquet", "deeper/one.parquet", "/one.parquet"])
def test_only_tables_of_the_folder_can_be_sealed(sealed: Path, name: str) -> None:
    with pytest.raises(ValueError, match="its own folder"):
        write_seal(sealed, "town", 7, 1000, [name])
