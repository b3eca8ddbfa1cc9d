"""Whom a record is about, where only a second table says it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from commonweal.core.errors import DataError
from commonweal.records.assemble import Assembled, assemble_source
from commonweal.records.spec import Checks, Column, Join, Policy, Source

EXTRACTED = date(2020, 1, 1)
SOURCE = Source(
    table="arrests.parquet", entity="person_number", record=("record_id",), occurred_on="on",
    known_on="on", columns={"charge": Column()},
    join=Join(table="person_index.parquet", on="record_id"),
)  # fmt: skip
RECORDS = {
    "record_id": [11, 12, 13, 14],
    "on": [date(2015, 1, day) for day in (1, 2, 3, 4)],
    "charge": ["A", "B", "C", "D"],
}
INDEX = {"record_id": [14, 13, 12, 11, 99], "person_number": [2, 1, 1, 2, 3]}


def write(folder: Path, records: dict[str, Any], index: dict[str, Any]) -> None:
    pq.write_table(pa.table(records), folder / "arrests.parquet")
    pq.write_table(pa.table(index), folder / "person_index.parquet")


def assembled(folder: Path, source: Source = SOURCE) -> Assembled:
    return assemble_source("arrest", source, folder, EXTRACTED)


def owners(result: Assembled) -> dict[str, str]:
    columns = (result.events[name].to_pylist() for name in ("record_id", "entity_id"))
    return dict(zip(*columns, strict=True))


def refused(folder: Path, source: Source = SOURCE) -> list[str]:
    with pytest.raises(DataError) as caught:
        assembled(folder, source)
    return [str(problem) for problem in caught.value.problems]


def checked(**policies: Policy) -> Source:
    return replace(SOURCE, checks=Checks(**policies))


def without(index: dict[str, Any], record: int) -> dict[str, Any]:
    """The index without its entry of a record."""
    kept = [place for place, one in enumerate(index["record_id"]) if one != record]
    return {name: [column[place] for place in kept] for name, column in index.items()}


def test_the_entity_comes_from_the_partner(tmp_path: Path) -> None:
    write(tmp_path, RECORDS, INDEX)
    result = assembled(tmp_path)
    assert owners(result) == {"11": "2", "12": "1", "13": "1", "14": "2"}
    assert result.events["entity_id"].to_pylist() == ["1", "1", "2", "2"]
    assert result.report.mistakes == ()


def test_the_entity_of_the_table_itself_comes_first(tmp_path: Path) -> None:
    write(tmp_path, {**RECORDS, "person_number": [7, 7, 8, 8]}, INDEX)
    assert owners(assembled(tmp_path)) == {"11": "7", "12": "7", "13": "8", "14": "8"}


def test_an_entity_in_neither_table_is_told(tmp_path: Path) -> None:
    write(tmp_path, RECORDS, {"record_id": [11], "person": [1]})
    (told,) = refused(tmp_path)
    assert told.startswith("arrests.parquet: column person_number: is not in the table")


def test_a_record_without_an_entry_in_the_index(tmp_path: Path) -> None:
    write(tmp_path, RECORDS, without(INDEX, 12))
    (told,) = refused(tmp_path)
    assert told.startswith("arrests.parquet: column record_id, row 2: has no partner")
    aside = {"record_id": "12", "check": "missing_partner", "column": "record_id"}
    result = assembled(tmp_path, checked(missing_partner="quarantine"))
    assert owners(result) == {"11": "2", "13": "1", "14": "2"}
    assert result.quarantine.to_pylist() == [aside]
    for policy in ("error", "quarantine", "warn"):
        result = assembled(tmp_path, checked(missing_partner="warn", missing=policy))
        assert owners(result) == {"11": "2", "13": "1", "14": "2"}
        nobody = {"record_id": "12", "check": "missing", "column": "person_number"}
        assert result.quarantine.to_pylist() == [nobody]
        assert ("missing_partner", "record_id", "warn", 1) in result.report.mistakes
        assert ("missing", "person_number", "quarantine", 1) in result.report.mistakes


def test_an_entry_without_a_person_is_missing(tmp_path: Path) -> None:
    write(tmp_path, RECORDS, {**INDEX, "person_number": [2, None, 1, 2, 3]})
    (told,) = refused(tmp_path)
    assert told.startswith("person_index.parquet: column person_number, row 2: is missing")
    result = assembled(tmp_path, checked(missing="warn"))
    assert owners(result) == {"11": "2", "12": "1", "14": "2"}
    assert [one["check"] for one in result.quarantine.to_pylist()] == ["missing"]
    # An entry without a person stops the run even where records without an entry may pass.
    write(tmp_path, RECORDS, without({**INDEX, "person_number": [2, None, 1, 2, 3]}, 12))
    (told,) = refused(tmp_path, checked(missing_partner="warn"))
    assert told.startswith("person_index.parquet: column person_number, row 2: is missing")


def test_words_that_stand_for_nobody_are_placeholders(tmp_path: Path) -> None:
    index = {**INDEX, "person_number": ["2", "unknown", "1", "2", "3"]}
    write(tmp_path, RECORDS, index)
    (told,) = refused(tmp_path)
    assert told.startswith("person_index.parquet: column person_number, row 2: is a word")


@pytest.mark.parametrize("mine", [pa.int64(), pa.int32(), pa.uint16(), pa.uint64(), pa.string()])
@pytest.mark.parametrize("theirs", [pa.int64(), pa.uint32(), pa.uint64(), pa.string()])
def test_keys_of_any_kind_find_the_same_person(
    tmp_path: Path, mine: pa.DataType, theirs: pa.DataType
) -> None:
    random = np.random.default_rng(4)
    keys = random.permutation(60)[:50]
    records = {
        "record_id": pa.array(keys).cast(mine),
        "on": pa.array([date(2015, 1, 1)] * 50, pa.date32()),
        "charge": ["A"] * 50,
    }
    entries = random.permutation(60)
    index = {"record_id": pa.array(entries).cast(theirs), "person_number": entries // 3}
    write(tmp_path, records, index)
    assert owners(assembled(tmp_path)) == {str(key): str(key // 3) for key in keys}
    write(tmp_path, records, {name: column[:30] for name, column in index.items()})
    result = assembled(tmp_path, checked(missing_partner="quarantine"))
    there = set(entries[:30].tolist())
    assert owners(result) == {str(key): str(key // 3) for key in keys if int(key) in there}


@pytest.mark.parametrize("kind", [pa.int64(), pa.string()])
def test_a_missing_key_has_no_partner_and_a_key_twice_is_told(
    tmp_path: Path, kind: pa.DataType
) -> None:
    records = {**RECORDS, "case": pa.array([5, None, 6, 6], pa.int64()).cast(kind)}
    index = {"case": pa.array([6, None, 5, None], pa.int64()).cast(kind), "person_number": range(4)}
    source = replace(
        checked(missing_partner="quarantine"), join=Join(table="person_index.parquet", on="case")
    )
    write(tmp_path, records, index)
    assert owners(assembled(tmp_path, source)) == {"11": "2", "13": "0", "14": "0"}
    write(tmp_path, records, {**index, "case": pa.array([6, 5, 6, 5], pa.int64()).cast(kind)})
    assert refused(tmp_path, source) == [
        "person_index.parquet: column case, row 1: '6' stands more than once -> one row a key"
    ]


def test_a_number_too_large_for_others_is_still_a_key(tmp_path: Path) -> None:
    large = 2**63 + 5
    records = {**RECORDS, "case": pa.array([1, 2, 3, 4], pa.int64())}
    index = {"case": pa.array([1, 2, 3, 4], pa.uint64()), "person_number": [5, 6, 7, 8]}
    source = replace(SOURCE, join=Join(table="person_index.parquet", on="case"))
    write(tmp_path, records, index)
    assert sorted(owners(assembled(tmp_path, source)).values()) == ["5", "6", "7", "8"]
    write(tmp_path, records, {**index, "case": pa.array([1, 2, 3, large], pa.uint64())})
    (told,) = refused(tmp_path, source)
    assert "column case, row 4: is not of its declared type" in told


def test_the_order_of_the_index_leaves_no_trace(tmp_path: Path) -> None:
    write(tmp_path, RECORDS, INDEX)
    first = assembled(tmp_path).events
    order = pa.array([4, 2, 0, 1, 3])
    shuffled = pa.table(INDEX).take(order)
    pq.write_table(shuffled, tmp_path / "person_index.parquet")
    assert assembled(tmp_path).events.equals(first)
    assert pc.all(pc.equal(first["role"], "subject")).as_py()
