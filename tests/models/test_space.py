"""Configurations: inside their space, spread over it, and one by one the same."""

from __future__ import annotations

import importlib.util
from dataclasses import replace

import numpy as np
import pytest

from commonweal.core.errors import StudyError
from commonweal.models.space import (
    SEARCHED,
    USUAL,
    bare,
    drawn,
    restarted,
    settled,
    space_of,
    with_values,
)
from commonweal.models.spec import BaseRateSpec, BoostedSpec, ForestSpec, Tunable
from commonweal.models.suggested import optuna, suggested
from commonweal.models.tuning_spec import Range, TuningSpec

SPECS: tuple[Tunable, ...] = (
    BoostedSpec(kind="boosted", tuning=TuningSpec()),
    ForestSpec(kind="forest", tuning=TuningSpec()),
)
here = importlib.util.find_spec("optuna") is not None


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: s.kind)
def test_every_one_is_inside_and_all_are_spread(spec: Tunable) -> None:
    many = [drawn(spec, 7, "model", place) for place in range(300)]
    for setting, among in space_of(spec).items():
        values = np.array([one[setting] for one in many])
        if isinstance(among, Range):
            assert among.low <= values.min() < values.max() <= among.high
            middle = (among.low * among.high) ** 0.5 if among.log else (among.low + among.high) / 2
            assert 0.4 < (values < middle).mean() < 0.6
        else:
            assert set(values) == set(among)
    assert isinstance(many[0]["min_leaf"], int)
    assert set(USUAL[spec.kind]) <= set(SEARCHED[spec.kind])
    assert with_values(spec, many[0]) != spec


def test_each_is_drawn_by_itself() -> None:
    spec = SPECS[0]
    assert drawn(spec, 7, "a", 3) == drawn(replace(spec, leaves=9), 7, "a", 3)
    others = [drawn(spec, 8, "a", 3), drawn(spec, 7, "b", 3), drawn(spec, 7, "a", 4)]
    assert drawn(spec, 7, "a", 3) not in others


def test_the_ends_of_whole_numbers_are_as_likely_as_others() -> None:
    space = {"leaves": Range(low=2, high=4)}
    spec = BoostedSpec(kind="boosted", tuning=TuningSpec(space=space))
    found = np.bincount([int(drawn(spec, 1, "m", i)["leaves"]) for i in range(900)])
    assert found[2:] == pytest.approx([300, 300, 300], abs=60)


def test_a_trial_is_bare_and_what_it_led_to_is_not() -> None:
    spec = replace(SPECS[0], bags=4, calibration="platt", blocks=("a",))
    assert isinstance(spec, BoostedSpec)
    plain = bare(spec)
    assert isinstance(plain, BoostedSpec)
    assert (plain.bags, plain.calibration, plain.blocks) == (1, None, ())
    assert plain.parts == (0.5, 0.25, 0.25)
    assert bare(replace(spec, calibration=None)).parts == (0.5, 0.0, 0.5)
    found = settled(spec, {"leaves": 31}, 77)
    assert isinstance(found, BoostedSpec)
    assert (found.leaves, found.trees, found.bags, found.calibration) == (31, 77, 4, "platt")
    elsewhere = restarted(found)
    assert isinstance(elsewhere, BoostedSpec)
    assert (elsewhere.leaves, elsewhere.trees) == (31, None)
    fixed = BoostedSpec(kind="boosted", trees=50)  # not found by a search: the study's own word
    assert restarted(fixed) == fixed
    assert restarted(BaseRateSpec(kind="base_rate")) == BaseRateSpec(kind="base_rate")


@pytest.mark.skipif(here, reason="Optuna is installed")
def test_without_optuna_the_mend_is_said() -> None:
    with pytest.raises(StudyError, match=r"commonweal\[optuna\]"):
        optuna()


@pytest.mark.skipif(not here, reason="Optuna is not installed")
def test_suggestions_follow_from_those_before_and_get_better() -> None:
    space = {"learning_rate": Range(low=0.01, high=1, log=True), "leaves": (4, 8, 16)}
    spec = BoostedSpec(kind="boosted", tuning=TuningSpec(sampler="optuna", space=space))
    tried: list[tuple[dict[str, float], float]] = []
    for _ in range(40):
        values = dict(suggested(spec, 7, "m", tried, larger=False))
        assert values == suggested(spec, 7, "m", tried, larger=False)
        loss = abs(np.log(values["learning_rate"] / 0.1)) + (values["leaves"] != 8)
        tried.append((values, float(loss)))
    first, last = (np.mean([loss for _, loss in part]) for part in (tried[:10], tried[-10:]))
    assert last < first / 2
