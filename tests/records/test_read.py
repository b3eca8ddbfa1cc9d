from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commonweal.core.errors import DataError
from commonweal.records.read import column_names, read_raw, table_file


def refused(folder: Path, table: str, columns: tuple[str, ...] = ()) -> list[str]:
    with pytest.raises(DataError) as caught:
        read_raw(folder, table, columns)
    return [str(problem) for problem in caught.value.problems]


def csv(folder: Path, data: bytes) -> Path:
    (folder / "t.csv").write_bytes(data)
    return folder


def test_a_table_is_a_file_with_or_without_a_name_inside(tmp_path: Path) -> None:
    assert table_file(tmp_path, "a.csv") == tmp_path / "a.csv"
    assert table_file(tmp_path, "a.duckdb#t") == tmp_path / "a.duckdb"


def test_csv_is_text_in_the_order_of_its_rows(tmp_path: Path) -> None:
    data = (
        '\ufeffid,name,"note, long"\r\n1,"Müller, A.","said ""no""\nand left"\r\n\r\n02,,"  "\r\n'
    )
    csv(tmp_path, data.encode())
    read = read_raw(tmp_path, "t.csv", ("note, long", "id"))
    assert read.column_names == ["note, long", "id"]
    assert read["id"].to_pylist() == ["1", "02"]
    assert read["note, long"].to_pylist() == ['said "no"\nand left', "  "]
    assert set(read.schema.types) == {pa.string()}
    every = read_raw(tmp_path, "t.csv", ())
    assert every.column_names == ["id", "name", "note, long"]
    assert every["name"].to_pylist() == ["Müller, A.", None]
    assert column_names(tmp_path, "t.csv") == every.column_names


def test_a_long_csv_loses_no_row(tmp_path: Path) -> None:
    rows = 60_000
    lines = "".join(f'{i},"{"x" * (i % 50)}\n",z\n' for i in range(rows))
    csv(tmp_path, ("a,b,c\n" + lines).encode())
    read = read_raw(tmp_path, "t.csv", ("a", "b"))
    assert read["a"].to_pylist() == [str(i) for i in range(rows)]
    assert read["b"][rows - 1].as_py() == "x" * ((rows - 1) % 50) + "\n"


BROKEN = [
    (b"", "t.csv: is empty"),
    (b"\n", "t.csv: is empty"),
    (b"\xef\xbb\xbf", "t.csv: is empty"),
    (b"id,a\n1,2,3\n4,5\n6\n", "t.csv: row 1: has 3 values where the header has 2"),
    (b"id,a\n\n1,2\n3\n", "t.csv: row 2: has 1 values where the header has 2"),
    (b'id,a\n1,"x\ny"\n3\n', "t.csv: row 2: has 1 values where the header has 2"),
    (b'id,a\n1,x\n2,"y\n3,z\n', "t.csv: column a, row 2: holds a quote that is not closed"),
    (b'id,a\n1,x\n"2,y\n3,z\n', "t.csv: column id, row 2: holds a quote that is not closed"),
    (b'id,a\n1,"x"y\n', "t.csv: row 1: holds a quote that is not closed, or not doubled"),
    (b'id,a\n1,"x\n2,"y"\n', "t.csv: column a, row 1: holds a quote that is not closed"),
    (b'id,"a\n1,x\n', "t.csv: the header: holds a quote that is not closed"),
    (b'id,a\n1,x\n2,"' + b"y" * 140_000,
     "t.csv: column a, row 2: holds a value of more than 131,072"),
    (b"id,a\n1,x\n2,caf\xe9\n", "t.csv: column a, row 2: is not UTF-8"),
    (b'id,a\n"1\n",x\n2,caf\xe9\n', "t.csv: column a, row 2: is not UTF-8"),
    (b"id,\xe9\n1,x\n", "t.csv: the header: is not UTF-8"),
    (b"id,a\n1,x\0y\n", "t.csv: column a, row 1: holds a NUL byte"),
    ("id,a\n1,x\n".encode("utf-16"), "t.csv: the header: holds a NUL byte"),
    (b"id,a,id\n1,x,2\n", "t.csv: column id: stands 2 times in the header"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "said"), BROKEN)
def test_a_broken_csv_names_the_place(tmp_path: Path, data: bytes, said: str) -> None:
    assert refused(csv(tmp_path, data), "t.csv", ("id", "a"))[0].startswith(said)


def test_every_ragged_row_is_named_up_to_ten(tmp_path: Path) -> None:
    csv(tmp_path, b"a,b\n" + b"1\n" * 3 + b"1,2\n" + b"1,2,3\n")
    assert [line.split(": ")[1] for line in refused(tmp_path, "t.csv")] == [
        "row 1", "row 2", "row 3", "row 5",
    ]  # fmt: skip
    csv(tmp_path, b"a,b\n" + b"1\n" * 30)
    assert len(refused(tmp_path, "t.csv")) == 10


def test_every_missing_column_is_named_with_the_likeliest(tmp_path: Path) -> None:
    csv(tmp_path, b"Person_ID,charge\n1,2\n")
    assert refused(tmp_path, "t.csv", ("person_id", "chrage", "when")) == [
        "t.csv: column person_id: is not in the table -> "
        "did you mean Person_ID? the table has: Person_ID, charge",
        "t.csv: column chrage: is not in the table -> "
        "did you mean charge? the table has: Person_ID, charge",
        "t.csv: column when: is not in the table -> the table has: Person_ID, charge",
    ]


def test_a_file_that_is_not_there_or_of_no_kind(tmp_path: Path) -> None:
    csv(tmp_path, b"a\n1\n")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "f.csv").mkdir()
    assert refused(tmp_path, "tt.csv")[0].endswith("did you mean t.csv?")
    assert "there is no file" in refused(tmp_path, "arrests.parquet")[0]
    assert "of no kind that can be read" in refused(tmp_path, "notes.txt")[0]
    assert "is a folder" in refused(tmp_path, "f.csv")[0]
    with pytest.raises(DataError, match="there is no file"):
        column_names(tmp_path, "arrests.parquet")


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    table = pa.table({"a": [1, 2], "b": ["x", None], "c": [date(2020, 1, 1)] * 2})
    pq.write_table(table, tmp_path / "t.parquet")
    read = read_raw(tmp_path, "t.parquet", ("c", "a"))
    assert read.equals(table.select(["c", "a"]))
    assert read_raw(tmp_path, "t.parquet", ()).num_columns == 3
    assert column_names(tmp_path, "t.parquet") == ["a", "b", "c"]
    said = refused(tmp_path, "t.parquet", ("A",))
    assert said == [
        "t.parquet: column A: is not in the table -> did you mean a? the table has: a, b, c"
    ]


@pytest.mark.parametrize("kept", [0, 4, 100, -1, -9])
def test_a_truncated_parquet_is_told(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"a": list(range(1000))}), path)
    path.write_bytes(path.read_bytes()[:kept])
    assert refused(tmp_path, "t.parquet")[0].startswith("t.parquet: cannot be read as Parquet")
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        column_names(tmp_path, "t.parquet")


def test_text_in_parquet_that_is_not_utf_8_is_told_with_its_row(tmp_path: Path) -> None:
    raw = pa.array([b"ok", None, b"caf\xe9"], pa.binary())
    text = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    pq.write_table(pa.table({"a": text}), tmp_path / "t.parquet")
    assert refused(tmp_path, "t.parquet")[0].startswith(
        "t.parquet: column a, row 3: holds text that is not UTF-8"
    )


def test_a_column_twice_in_parquet_is_told_only_if_it_is_wanted(tmp_path: Path) -> None:
    table = pa.table([pa.array([1]), pa.array([2]), pa.array([3])], names=["a", "a", "b"])
    pq.write_table(table, tmp_path / "t.parquet")
    assert "stands 2 times" in refused(tmp_path, "t.parquet", ("a",))[0]


def test_a_table_in_duckdb(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "x.duckdb")) as database:
        database.execute(
            "CREATE TABLE t AS SELECT i AS id, 'n' || i AS \"the name\" FROM range(3) r(i)"
        )
    read = read_raw(tmp_path, "x.duckdb#t", ("the name",))
    assert read["the name"].to_pylist() == ["n0", "n1", "n2"]
    assert column_names(tmp_path, "x.duckdb#t") == ["id", "the name"]
    assert refused(tmp_path, "x.duckdb#u")[0].startswith(
        "x.duckdb#u: cannot be read: Catalog Error"
    )
    assert "is not in the table" in refused(tmp_path, "x.duckdb#t", ("name",))[0]
    assert "of no kind that can be read" in refused(tmp_path, "x.duckdb")[0]
    (tmp_path / "x.duckdb").write_bytes(b"not a database")
    assert refused(tmp_path, "x.duckdb#t")[0].startswith("x.duckdb#t: cannot be read")
