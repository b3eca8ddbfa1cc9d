"""Parts and folds: by person, in the shares asked for, whatever the order of rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.models.parts import FOLDS, folded, fractions, needs_parts, parted
from commonweal.models.spec import BaseRateSpec, BoostedSpec, LogisticSpec
from commonweal.models.tuning_spec import TuningSpec
from models.memory import InMemory, sample_of

NAMES = ("x",)


def rows_of(ids: list[str]) -> tuple[np.ndarray, np.ndarray]:
    values = np.arange(len(ids), dtype=np.float32)[:, None]
    return values, np.zeros(len(ids), np.int8)


@settings(max_examples=50)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=60), st.integers(0, 3))
def test_a_person_is_in_one_part_in_any_order(people: list[int], seed: int) -> None:
    ids = [f"p{one}" for one in people]
    order = np.random.default_rng(0).permutation(len(ids))
    first = parted(sample_of(*rows_of(ids), NAMES), ids, (0.5, 0.25, 0.25), seed)
    mixed = [ids[i] for i in order]
    second = parted(sample_of(*rows_of(mixed), NAMES), mixed, (0.5, 0.25, 0.25), seed)
    names = ("tuning", "calibration", "stopping")
    one = {n: {ids[i] for i in getattr(first, n).rows} for n in names}
    two = {n: {mixed[i] for i in getattr(second, n).rows} for n in names}
    assert one == two
    assert set.union(*one.values()) == set(ids)
    assert sum(len(x) for x in one.values()) == len(set(ids))
    assert sum(len(getattr(first, n).rows) for n in names) == len(ids)
    folds = folded(ids, seed)
    assert len(set(zip(ids, folds.tolist(), strict=True))) == len(set(ids))
    assert set(folds.tolist()) <= set(range(FOLDS))


def test_shares_are_as_asked_for_and_another_seed_is_another_division() -> None:
    ids = [f"p{i}" for i in range(20_000)]
    whole = sample_of(*rows_of(ids), NAMES)
    parts = parted(whole, ids, (0.5, 0.2, 0.3), 7)
    sizes = [len(p.rows) / 20_000 for p in (parts.tuning, parts.calibration, parts.stopping)]
    assert sizes == pytest.approx([0.5, 0.2, 0.3], abs=0.012)
    assert parted(whole, ids, (0.5, 0.2, 0.3), 8).tuning.rows.tolist() != parts.tuning.rows.tolist()
    counts = np.bincount(folded(ids, 7), minlength=FOLDS)
    assert counts / 20_000 == pytest.approx(np.full(FOLDS, 1 / FOLDS), abs=0.012)


def test_what_nobody_needs_goes_to_early_stopping() -> None:
    tuned = BoostedSpec(kind="boosted", tuning=TuningSpec())
    assert fractions(tuned) == (0.5, 0.0, 0.5)
    assert fractions(BoostedSpec(kind="boosted", tuning=TuningSpec(), calibration="platt")) == (
        0.5, 0.25, 0.25
    )  # fmt: skip
    calibrated = LogisticSpec(kind="logistic", calibration="isotonic")
    assert fractions(calibrated) == (0.0, 0.25, 0.75)
    crossed = LogisticSpec(kind="logistic", calibration="isotonic", cross_fitted=True)
    assert fractions(crossed) == (0.0, 0.0, 1.0)
    assert needs_parts(tuned)
    assert needs_parts(crossed)
    assert not needs_parts(BoostedSpec(kind="boosted"))
    assert not needs_parts(BaseRateSpec(kind="base_rate"))


def test_nobody_is_in_a_part_of_no_share() -> None:
    ids = [f"p{i}" for i in range(500)]
    parts = parted(sample_of(*rows_of(ids), NAMES), ids, (0.0, 0.25, 0.75), 1)
    assert len(parts.tuning.rows) == 0
    assert InMemory(np.zeros((1, 1), np.float32), NAMES).take(parts.tuning.rows).shape == (0, 1)
