"""Later data put in place: the same study file, with one more as-of date, runs as it is."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from commonweal.study.load import load
from commonweal.study.run import Run, rebuild, run

BEFORE = date(2018, 7, 1)
TUNED = """
[models.boosted.tuning]
configurations = 3

[feature_sets.no_network]
without = ["network"]
"""


def _cut(folder: Path, day: date) -> None:
    """Leave of every table what was known before a day, and of decisions those made by then."""
    for path in folder.glob("*.parquet"):
        table = pq.read_table(path)
        known = "known_on" if "known_on" in table.column_names else "registered_on"
        table = table.filter(pc.less(table[known], pa.scalar(day, pa.date32())))
        if "disposed_on" in table.column_names:
            made = pc.less(table["disposed_on"], pa.scalar(day, pa.date32()))
            for name in ("disposition", "disposed_on"):
                kept = pc.if_else(made, table[name], pa.nulls(len(table), table[name].type))
                place = table.column_names.index(name)
                table = table.set_column(place, name, kept)
        pq.write_table(table, path)


def _set(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def _figure(done: Run, metric: str, k: int | None = None) -> tuple[date | None, float]:
    found = [m for m in done.metrics if m.metric == metric and m.model == "boosted" and m.whole
             and m.k == k]  # fmt: skip
    assert len(found) == 1
    return found[0].as_of, found[0].value


@pytest.mark.slow
def test_the_same_study_runs_on_later_data(small_study: Path, tmp_path: Path) -> None:
    agency, data = small_study.parent / "agency.toml", small_study.parent / "data"
    _set(agency, 'simulated = "simulation.json"\n', "")
    study = small_study.read_text(encoding="utf-8")
    small_study.write_text(study + TUNED, encoding="utf-8")
    later = tmp_path / "later"
    shutil.copytree(data, later)

    _cut(data, BEFORE)
    _set(agency, "extracted_on = 2020-01-01", f"extracted_on = {BEFORE}")
    _set(small_study, "last = 2018-07-01", "last = 2017-01-01")
    first = run(load(small_study), tmp_path / "run")
    assert _figure(first, "auc")[0] == date(2017, 1, 1)

    shutil.rmtree(data)
    shutil.copytree(later, data)
    _set(agency, f"extracted_on = {BEFORE}", "extracted_on = 2020-01-01")
    _set(small_study, "last = 2017-01-01", "last = 2018-07-01")
    second = run(load(small_study), tmp_path / "run")
    when, auc = _figure(second, "auc")
    assert when == date(2018, 7, 1)
    assert 0.6 < auc < 1
    opened = next(f for f in second.findings if f.code == "evaluation.openings")
    assert opened.severity == "pass", "a date nobody has looked at yet is opened once"


def test_a_run_knows_its_study_by_the_name_it_gave_it(small_study: Path, tmp_path: Path) -> None:
    other = small_study.rename(small_study.with_name("paper.toml"))
    done = run(load(other), tmp_path / "run")
    page = done.report.read_bytes()
    rebuild(done.out)
    assert done.report.read_bytes() == page
