"""No feature sees anything known on or after its as-of date, and planted leaks are caught."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import numpy as np
import pytest

from commonweal.cohorts import history as history_module
from commonweal.cohorts.history import History
from commonweal.features.past import Past
from features.histories import build, change_future, changed_histories, draw_world


def worlds(count: int, seed: int) -> tuple[list[Any], list[Any]]:
    rng = np.random.default_rng(seed)
    before = [draw_world(number, rng) for number in range(count)]
    return before, [change_future(world, rng) for world in before]


def test_a_thousand_random_histories_change_no_feature() -> None:
    before, after = worlds(1000, 11)
    assert changed_histories(build(before), build(after)) == set()


def test_features_are_not_all_alike() -> None:
    """The test above would pass on constants: the past must move the features."""
    before, _ = worlds(50, 12)
    other, _ = worlds(50, 13)
    assert len(changed_histories(build(before), build(other))) == 50
    for block in build(before).values():
        assert np.nanstd(block.values, axis=0).max() > 0


def test_planted_same_day_leak_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "seen", lambda known_on, as_of: known_on <= as_of)
    before, after = worlds(200, 14)
    assert len(changed_histories(build(before), build(after))) > 100


def test_planted_event_date_leak_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seeing records by the day they happened, not the day they were known."""

    def visible(self: History, source: str, joined: Any) -> Any:
        past = joined.filter(joined.occurred_on < joined.as_of)
        decided = [c for c in self.sources[source].decided() if c in past.columns]
        return past.drop(*[f"{column}__known_on" for column in decided]) if decided else past

    monkeypatch.setattr(History, "_visible", visible)
    before, after = worlds(200, 15)
    assert len(changed_histories(build(before), build(after))) > 100


def test_planted_early_decision_leak_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seeing a verdict as soon as the arrest is known."""

    def visible(self: History, source: str, joined: Any) -> Any:
        past = joined.filter(joined.known_on < joined.as_of)
        decided = [c for c in self.sources[source].decided() if c in past.columns]
        return past.drop(*[f"{column}__known_on" for column in decided]) if decided else past

    monkeypatch.setattr(History, "_visible", visible)
    before, after = worlds(200, 16)
    assert len(changed_histories(build(before), build(after))) > 50


def test_planted_global_statistic_leak_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Choosing codes on all records instead of the past of the training rows."""

    def codes(self: Past, block: str, sources: Sequence[str], column: str, top: int) -> list[str]:
        parts = []
        for source in sources:
            events = self.history.events[source]
            events = events.mutate(code=events[column].cast("string"))
            parts.append(events.filter(events.code.notnull()).select("code"))
        every = ibis.union(*parts) if parts[1:] else parts[0]
        found = every.group_by("code").agg(n=every.count())
        ordered = found.order_by([ibis.desc("n"), ibis.asc("code")]).limit(top)
        return [str(code) for code in ordered.to_pyarrow()["code"].to_pylist()]

    monkeypatch.setattr(Past, "codes", codes)
    before, after = worlds(200, 17)
    assert changed_histories(build(before), build(after)) != set()
