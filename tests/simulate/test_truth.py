from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from commonweal.core.canonical import pretty_json
from commonweal.core.errors import DataError
from commonweal.core.tables import read_table
from commonweal.simulate.seal import SEAL
from commonweal.simulate.truth import TRUTH_SEAL, find_truth
from simulate.fake import simulated

pytestmark = pytest.mark.usefixtures("fake")
YEAR = (date(2018, 1, 1), date(2019, 1, 1))


@pytest.fixture
def there(tmp_path: Path) -> Path:
    simulated(tmp_path / "world")
    return tmp_path / "world"


def test_a_sound_truth_is_found_from_the_data(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    truth = find_truth(there / "data")
    assert truth is not None
    assert (truth.world, truth.folder) == ("fake", there / "truth")
    records = read_table(truth.records)
    assert records.column_names == ["table", "record_id", "person"]
    monkeypatch.chdir(there)
    assert find_truth(Path("data")) == truth
    monkeypatch.chdir(there / "data")
    assert find_truth(Path(".")) == truth


def test_chances_are_the_worlds_own(there: Path) -> None:
    truth = find_truth(there / "data")
    assert truth is not None
    chances = truth.chance("harm", np.array([0, -1, 7]), *YEAR)
    assert chances is not None
    expected = read_table(there / "truth" / "chances.parquet")["chance"].to_numpy()[[0, 7]]
    assert np.allclose(chances, [0.1 * expected[0], 0.0, 0.1 * expected[1]], rtol=0.001)
    assert truth.chance("visit", np.array([0]), *YEAR) is None


def test_the_digest_tells_one_truth_from_another(there: Path, tmp_path: Path) -> None:
    simulated(tmp_path / "same")
    simulated(tmp_path / "other", 2)
    first, same, other = (
        find_truth(f / "data") for f in (there, tmp_path / "same", tmp_path / "other")
    )
    assert first
    assert same
    assert other
    assert first.digest == same.digest != other.digest


@pytest.mark.parametrize("gone", ["truth", f"truth/{TRUTH_SEAL}", f"data/{SEAL}", "data"])
def test_where_there_is_none_there_is_none(there: Path, gone: str) -> None:
    path = there / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert find_truth(there / "data") is None


def test_a_changed_or_missing_table_is_told(there: Path) -> None:
    table = there / "truth" / "chances.parquet"
    whole = bytearray(table.read_bytes())
    whole[len(whole) // 2] ^= 1
    table.write_bytes(whole)
    with pytest.raises(
        DataError, match=r"a table that was changed, chances.parquet -> simulate the world"
    ):
        find_truth(there / "data")
    table.unlink()
    with pytest.raises(
        DataError, match=r"is damaged: it lacks chances.parquet -> simulate the world"
    ):
        find_truth(there / "data")


def test_the_truth_of_other_tables_is_not_taken_for_theirs(there: Path, tmp_path: Path) -> None:
    simulated(tmp_path / "other", 2)
    shutil.rmtree(there / "truth")
    shutil.copytree(tmp_path / "other" / "truth", there / "truth")
    with pytest.raises(DataError, match=r"truth: belongs to other tables than .*data -> simulate"):
        find_truth(there / "data")


@pytest.mark.parametrize(
    "garbled",
    [
        b"", b"{", b"null", b"[]", b"{}", b"\xff\xfe\x00", b"[" * 99_999,
        b'{"world": "fake", "data": "x", "tables": 1}', b'{"world": "fake", "tables": {}}',
        b'{"world": "fake", "data": "x", "tables": ["ab", 3]}',
    ],
)  # fmt: skip
def test_a_garbled_seal_is_told(there: Path, garbled: bytes) -> None:
    (there / "truth" / TRUTH_SEAL).write_bytes(garbled)
    with pytest.raises(DataError, match=r"truth.json: is damaged -> simulate the world again"):
        find_truth(there / "data")


def test_a_digest_that_is_none_matches_nothing(there: Path) -> None:
    seal = there / "truth" / TRUTH_SEAL
    contents = json.loads(seal.read_text(encoding="utf-8"))
    contents["tables"]["chances.parquet"] = None
    seal.write_text(pretty_json(contents), encoding="utf-8")
    with pytest.raises(DataError, match="was changed"):
        find_truth(there / "data")
