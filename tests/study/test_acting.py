"""What follows a run: resolving pseudonyms, live dates, and capacities that decide nothing."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from commonweal.core.errors import BurdenError, DataError, StudyError
from commonweal.core.parallel import each, once
from commonweal.core.seeds import keyed_hash
from commonweal.study.load import load
from commonweal.study.resolve import resolve
from commonweal.study.run import Run, rebuild, run


def changed(study: Path, before: str, after: str) -> Path:
    text = study.read_text(encoding="utf-8")
    assert before in text
    study.write_text(text.replace(before, after), encoding="utf-8")
    return study


def listed(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def live(small_study: Path, tmp_path: Path) -> Run:
    """A run whose last as-of date lies on the day of extraction: nothing after it is known."""
    changed(small_study, "last = 2018-07-01", "last = 2020-01-01")
    return run(load(small_study), tmp_path / "run")


def test_a_live_date_is_ranked_and_not_measured(live: Run, tmp_path: Path) -> None:
    assert {m.as_of for m in live.metrics if m.model} == {date(2018, 7, 1)}
    assert live.recommendation is not None
    rows = listed(live.recommendation)
    assert len(rows) == 60
    assert {row["as_of"] for row in rows} == {"2020-01-01"}
    assert set(rows[0]) == {"pseudonym", "as_of", "rank", "offered", "reason"}
    to = tmp_path / "who.csv"
    assert resolve(live.out, to) == 60
    key = b"0123456789abcdef0123456789abcdef"
    named = listed(to)
    assert [keyed_hash(key, row["entity_id"])[:20] for row in named] == [
        row["pseudonym"] for row in rows
    ]
    cohort = pq.read_table(next((live.out / "store").glob("cohort-*/cohort.parquet")))
    there = {
        person
        for person, day in zip(
            cohort["entity_id"].to_pylist(), cohort["as_of"].to_pylist(), strict=True
        )
        if day == date(2020, 1, 1)
    }
    assert {row["entity_id"] for row in named} <= there


def test_names_are_not_written_into_the_run_nor_with_another_key(
    live: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StudyError, match="lies in the run's folder"):
        resolve(live.out, live.out / "who.csv")
    other = tmp_path / "other.key"
    other.write_text("f" * 32, encoding="utf-8")
    monkeypatch.setenv("COMMONWEAL_KEY_FILE", str(other))
    with pytest.raises(StudyError, match="another key"):
        resolve(live.out, tmp_path / "who.csv")
    assert not (tmp_path / "who.csv").exists()
    changed(live.out / "study.toml", 'kind = "help"', 'kind = "burden"')
    changed(live.out / "study.toml", '[recommendation]\nmodel = "boosted"\n', "")
    with pytest.raises(BurdenError):
        resolve(live.out, tmp_path / "who.csv")


def test_a_damaged_run_is_not_reported_again(live: Run) -> None:
    next((live.out / "store").glob("labels-*/labels.parquet")).unlink()
    with pytest.raises(DataError, match=r"labels\.parquet: is missing"):
        rebuild(live.out)


def test_a_capacity_for_everybody_is_refused(small_study: Path, tmp_path: Path) -> None:
    changed(small_study, "k = 60", "k = 2000")
    with pytest.raises(StudyError, match=r"capacity\.k: is 2,000, but the cohort of 2018-07-01"):
        run(load(small_study), tmp_path / "run")


def test_a_folder_of_other_things_is_left_alone(small_study: Path) -> None:
    data = small_study.parent / "data"
    before = sorted(path.name for path in data.iterdir())
    with pytest.raises(StudyError, match="holds files that are no run"):
        run(load(small_study), data)
    assert sorted(path.name for path in data.iterdir()) == before


def test_work_on_threads_comes_back_in_order_and_is_done_once() -> None:
    done: list[int] = []
    counted = once(lambda: done.append(1) or len(done))
    assert each(lambda x: x * counted(), range(50), 4) == list(range(50))
    assert done == [1]
    with pytest.raises(ZeroDivisionError):
        each(lambda x: 1 // x, [1, 0, 2], 2)
