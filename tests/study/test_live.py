"""Features built live are those that models learned from, bit for bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import commonweal.api as cw
from commonweal.cohorts import history as history_module
from commonweal.cohorts.history import History
from commonweal.features.past import Past
from commonweal.study import live as live_module
from study.live import (
    BETWEEN,
    DATES,
    TEST_DAY,
    Live,
    cut_short,
    same_bits,
    write_children_study,
    write_live_study,
)


def unlike(live: Live, rows: np.ndarray, folder: Path) -> int:
    """Build rows again from tables cut short at each date; return how many cells differ."""
    differing = 0
    for day in np.unique(live.as_of[rows]).tolist():
        mine = rows[live.as_of[rows] == np.datetime64(day)]
        asked = [live.entities[row] for row in mine]
        data = cut_short(live.study, day, folder / str(day))
        found = cw.live_features(live.out, day, asked, data=data, extracted_on=day)
        before = live.stored.take(mine)
        if found.names != live.stored.names or found.refused:
            differing += before.size
            continue
        place = {one: row for row, one in enumerate(found.people.inside.to_pylist())}
        again = found.values[[place[one] for one in asked]]
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
    assert values[:, live.stored.names.index("network.eigenvector")].max() > 0
    assert unlike(live, np.sort(rows), tmp_path) == 0


@pytest.mark.slow
def test_windows_built_again_are_equal_bit_for_bit(tmp_path: Path) -> None:
    """Children in the system, whose overlapping investigations are windows of versions."""
    run = Live.of(write_children_study(tmp_path / "world", 8_000), tmp_path / "run")
    dates = np.unique(run.as_of)[::3]
    rows = np.flatnonzero(np.isin(run.as_of, dates))
    assert len(rows) > 1_000
    assert len(dates) >= 4
    assert unlike(run, rows, tmp_path / "cut") == 0


def test_the_runs_own_records_give_its_own_rows(live: Live) -> None:
    rows = live.rows(TEST_DAY)
    found = cw.live_features(live.out, TEST_DAY, [live.entities[row] for row in rows])
    before = live.stored.take(rows)
    assert (found.values.view(np.uint32) == before.view(np.uint32)).all()
    frame = found.frame()
    assert list(frame.columns) == ["entity_id", "as_of", *live.stored.names]
    assert found.sentence() == (
        f"As of 2018-07-01: {len(rows):,} asked for, {len(rows):,} built, 0 refused."
    )
    assert found.warnings == ()


def test_a_date_between_the_studys_dates(live: Live, tmp_path: Path) -> None:
    ids = [f"P{n:04d}" for n in range(0, 4000, 10)]
    whole = cw.live_features(live.out, BETWEEN, ids)
    data = cut_short(live.study, BETWEEN, tmp_path / "cut")
    cut = cw.live_features(live.out, BETWEEN, ids, data=data, extracted_on=BETWEEN)
    assert whole.refused == cut.refused
    assert len(whole.values) > 50
    assert same_bits(whole, cut)


def anew(codes: object) -> object:
    """Choose codes on the rows at hand, whatever the run chose."""

    def chosen_here(
        self: Past, block: str, sources: Sequence[str], column: str, top: int
    ) -> object:
        rows = replace(self.rows, training=self.rows.dates)
        return codes(replace(self, chosen={}, rows=rows, _kept={}), block, sources, column, top)

    return chosen_here


def test_codes_are_those_of_the_run(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Codes chosen anew are refused; were they not, bits would tell."""
    rows = live.rows(TEST_DAY)[:200]
    monkeypatch.setattr(Past, "codes", anew(Past.codes))
    with pytest.raises(
        cw.DataError, match=r"features\.gang: its codes are not those the run chose"
    ):
        cw.live_features(live.out, TEST_DAY, [live.entities[row] for row in rows])
    monkeypatch.setattr(live_module, "differences", lambda *_: iter(()))
    assert unlike(live, rows, tmp_path) > 0


def same_day(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(history_module, "seen", lambda known_on, as_of: known_on <= as_of)


def early_decisions(patched: pytest.MonkeyPatch) -> None:
    def visible(self: History, source: str, joined: object) -> object:
        past = joined.filter(joined.known_on < joined.as_of)
        decided = [c for c in self.sources[source].decided() if c in past.columns]
        return past.drop(*[f"{column}__known_on" for column in decided]) if decided else past

    patched.setattr(History, "_visible", visible)


@pytest.mark.slow
@pytest.mark.parametrize("plant", [same_day, early_decisions])
def test_planted_leaks_are_caught_by_bits(
    plant: object, town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    run = Live.of(write_live_study(town, tmp_path / "study", "18 months"), tmp_path / "run")
    assert unlike(run, np.arange(run.stored.rows), tmp_path / "cut") > 0
