"""Features built live are those that models learned from, bit for bit."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import commonweal.api as cw
from commonweal.cohorts import history as history_module
from commonweal.core.store import Store
from commonweal.features.matrix import FeatureMatrix
from commonweal.study.matrix import matrix
from commonweal.study.verify import read_manifest
from study.live import DATES, cut_short, write_live_study


@dataclass(frozen=True)
class Live:
    """A finished run, its study, its matrix and whose rows these are."""

    study: Path
    out: Path
    stored: FeatureMatrix
    entities: list[str]
    as_of: np.ndarray

    @classmethod
    def of(cls, study: Path, out: Path) -> Live:
        cw.run(cw.load(study), out)
        of_run = {s["stage"]: out / "store" / s["folder"] for s in read_manifest(out)["stages"]}
        names = cw.load(study).spec.features
        blocks = {name: Store.read(of_run[f"features/{name}"]) for name in names}
        cohort = pq.read_table(of_run["cohort"] / "cohort.parquet")
        days = cohort["as_of"].to_numpy()
        return cls(study, out, matrix(blocks), cohort["entity_id"].to_pylist(), days)

    def rows(self, day: date) -> np.ndarray:
        return np.flatnonzero(self.as_of == np.datetime64(day))

    def people(self, day: date, count: int = 20) -> list[str]:
        return [self.entities[row] for row in self.rows(day)[:count]]


@pytest.fixture(scope="module")
def live(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("live")
    with pytest.MonkeyPatch.context() as patched:
        (folder / "key").write_text("0123456789abcdef0123456789abcdef", encoding="utf-8")
        patched.setenv("COMMONWEAL_KEY_FILE", str(folder / "key"))
        yield Live.of(write_live_study(town, folder / "study"), folder / "run")


def unlike(live: Live, rows: np.ndarray, folder: Path) -> int:
    """Build rows again from tables cut short at each date; return how many cells differ."""
    differing = 0
    for day in DATES:
        mine = rows[live.as_of[rows] == np.datetime64(day)]
        if not len(mine):
            continue
        asked = [live.entities[row] for row in mine]
        data = cut_short(live.study, day, folder / str(day))
        found = cw.live_features(live.out, day, asked, data=data, extracted_on=day)
        assert found.refused == ()
        place = {one: row for row, one in enumerate(found.people.inside.to_pylist())}
        again = found.values[[place[one] for one in asked]]
        before = live.stored.take(mine)
        assert found.names == live.stored.names
        differing += int((again.view(np.uint32) != before.view(np.uint32)).sum())
    return differing


@pytest.mark.slow
def test_ten_thousand_person_dates_built_again_are_equal_bit_for_bit(
    live: Live, tmp_path: Path
) -> None:
    rows = np.random.default_rng(1).permutation(live.stored.rows)[:10_000]
    assert len(rows) == 10_000
    assert len(np.unique(live.as_of[rows])) == len(DATES)
    values = live.stored.take(np.sort(rows))
    assert (np.nanmax(values, axis=0) > np.nanmin(values, axis=0)).mean() > 0.9
    started = time.perf_counter()
    assert unlike(live, np.sort(rows), tmp_path) == 0
    print(f"{values.size:,} cells, {values.shape[1]} columns, {time.perf_counter() - started:.1f} s")
