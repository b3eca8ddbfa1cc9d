"""A block more, one less, events left out: what is computed again, and what is not."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from commonweal.study.load import load
from commonweal.study.run import Run, run

PLACE = """\
[features.network_place]
kind = "centrality"
edges = ["arrest"]
built_from = "4 years"
measures = ["degree"]

"""
BLOCKS = "arrests arrest_timing arrest_place victimizations victimization_timing shootings "
BLOCKS += "shooting_timing network"
FILTER = """
[filter.{source}]
leave_out = [{{ {condition} }}]
{cohort}
"""
FATAL = 'column = "fatal", equals = true'
"""Fewer than one shooting in three; nobody fatally shot is in the cohort."""


def sections(text: str) -> dict[str, str]:
    """Section -> its text, in the file's order."""
    parts = re.split(r"^(?=\[[\w.]+\]$)", text, flags=re.MULTILINE)
    return {part.partition("\n")[0].strip("[]"): part for part in parts if part.strip()}


@pytest.fixture
def text(small_study: Path) -> str:
    """The study with models that see some of the blocks, soon fitted."""
    found = sections(small_study.read_text(encoding="utf-8"))
    found["models.logistic"] = found["models.logistic"].replace(
        "penalties = [100.0, 1000.0]", 'penalties = [100.0]\nblocks = ["arrests", "shootings"]'
    )
    found["models.boosted"] = found["models.boosted"].replace("max_trees = 60", "max_trees = 5")
    ranks = ("past_arrests", "arrests"), ("past_victimizations", "victimizations")
    for model, block in ranks:
        found[f"models.{model}"] = found[f"models.{model}"].rstrip() + f'\nblocks = ["{block}"]\n\n'
    return "".join(found.values())


def finished(study: Path, text: str, out: Path) -> Run:
    study.write_text(text, encoding="utf-8")
    return run(load(study), out)


def made(done: Run, *kinds: str) -> set[str]:
    """Stages computed, of the kinds that blocks, models and the cohort are."""
    return {stage for stage in done.made if stage.partition("/")[0] in kinds}


def test_a_block_more_computes_that_block_and_models_that_see_it(
    small_study: Path, text: str, tmp_path: Path
) -> None:
    finished(small_study, text, tmp_path / "run")
    more = text.replace("[models.boosted]", PLACE + "[models.boosted]")
    done = finished(small_study, more, tmp_path / "run")
    assert made(done, "records", "cohort", "labels", "groups") == set()
    assert made(done, "features") == {"features/network_place"}
    assert made(done, "models") == {"models/boosted"}


def test_a_block_less_computes_no_block(small_study: Path, text: str, tmp_path: Path) -> None:
    whole = finished(small_study, text, tmp_path / "run")
    assert made(whole, "features") == {f"features/{name}" for name in BLOCKS.split()}
    fewer = sections(text)
    del fewer["features.network"], fewer["features.arrest_timing"]
    done = finished(small_study, "".join(fewer.values()), tmp_path / "run")
    assert made(done, "records", "cohort", "labels", "groups", "features") == set()
    assert made(done, "models") == {"models/boosted"}
    again = finished(small_study, text, tmp_path / "run")
    assert made(again, "features", "models") == set()


def test_a_filter_rebuilds_the_blocks_that_read_its_source(
    small_study: Path, text: str, tmp_path: Path
) -> None:
    before = contents(finished(small_study, text, tmp_path / "run"))
    left_out = text + FILTER.format(source="shooting", condition=FATAL, cohort="")
    done = finished(small_study, left_out, tmp_path / "run")
    assert made(done, "records", "cohort", "labels", "groups") == set()
    assert made(done, "features") == {
        "features/shootings", "features/shooting_timing", "features/network"
    }  # fmt: skip
    # Nobody in the cohort was fatally shot, but people whom they know were: own cells stay as they
    # were, so that models that see only those are not fitted again.
    now = contents(done)
    assert {name for name in before if before[name] != now[name]} >= {"features/network"}
    for name in ("shootings", "shooting_timing"):
        assert before[f"features/{name}"] == now[f"features/{name}"]
    assert made(done, "models") == {"models/boosted"}


def contents(done: Run) -> dict[str, str]:
    """Stage -> fingerprint of its files."""
    manifest = json.loads((done.out / "manifest.json").read_text(encoding="utf-8"))
    return {stage["stage"]: stage["content"] for stage in manifest["stages"]}


def test_a_filter_may_hold_for_the_cohort_as_well(
    small_study: Path, text: str, tmp_path: Path
) -> None:
    """Who came in by what is left out comes in no more, and everybody's rows are others."""
    finished(small_study, text, tmp_path / "run")
    narcotics = 'column = "charge", starts_with = ["NARC"]'
    features = text + FILTER.format(source="arrest", condition=narcotics, cohort="cohort = false")
    done = finished(small_study, features, tmp_path / "run")
    assert made(done, "records", "cohort", "labels", "groups") == set()
    (told,) = [one.message for one in done.findings if one.code == "features.filter"]
    assert told == (
        "Features do not see events of arrest where charge starts with NARC; the cohort's rules do."
    )
    reading = {"arrests", "arrest_timing", "arrest_place", "network"}
    assert made(done, "features") == {f"features/{name}" for name in reading}
    both = text + FILTER.format(source="arrest", condition=narcotics, cohort="cohort = true")
    narrower = finished(small_study, both, tmp_path / "run")
    assert made(narrower, "records") == set()
    assert made(narrower, "cohort", "labels", "groups") == {"cohort", "labels", "groups"}
    assert made(narrower, "features") == {f"features/{name}" for name in BLOCKS.split()}
    assert people(narrower) < people(done)


def people(done: Run) -> float:
    return sum(m.value for m in done.metrics if m.metric == "flow.cohort" and m.group is None)


def test_blocks_in_another_order_fit_the_models_again(
    small_study: Path, text: str, tmp_path: Path
) -> None:
    """A model tells columns by their places; blocks themselves have none."""
    finished(small_study, text, tmp_path / "run")
    found = sections(text)
    first = "features.arrests"
    order = [name for name in found if name != first]
    order.insert(order.index("features.network"), first)
    done = finished(small_study, "".join(found[name] for name in order), tmp_path / "run")
    assert made(done, "records", "cohort", "labels", "groups", "features") == set()
    # It sees two blocks, in the order of the study; the others see one, or none.
    assert made(done, "models") == {"models/boosted", "models/logistic"}
