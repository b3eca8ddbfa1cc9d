"""The whole protocol on a small town: killed at any instant it goes on to the same bytes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from commonweal.study.load import load
from commonweal.study.run import run

MORE = """
[models.boosted.tuning]
configurations = 6

[models.boosted.tuning.space]
leaves = { low = 4, high = 16, log = true }
min_leaf = [20, 50]

[selection]
features = 6
sizes = [3, 6]

[proxies]
attributes = ["gender"]

[learning_curve]
fractions = [0.5, 1.0]
repeats = 1

[stability]
every = "3 months"
dates = 2

[costs]
per_event = 1_900_000
effect = 0.5
unit = "dollars"
source = "An example."

[outcomes.any_victim]
event = "victimization"
within = "18 months"
dated_by = "known_on"

[feature_sets.no_network]
without = ["network"]

[feature_sets.no_misdemeanors]
leave_out = { arrest = [{ column = "level", equals = "misdemeanor" }] }
cohort = "redrawn"

[variants.two_arrests]
what = "Two arrests are asked for."
include = [{ event = "arrest", at_least = 2 }, { event = "victimization", at_least = 2 }]
"""
_RUN = (
    "import sys; from commonweal.study.load import load; from commonweal.study.run import run;"
    "run(load(sys.argv[1]), sys.argv[2])"
)


def _files(out: Path) -> dict[str, bytes]:
    """Every file of a run but its lock and what it cost this machine."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name not in (".lock", "costs.jsonl")
    }


def _stages(out: Path) -> int:
    return sum(not p.name.startswith(".") for p in (out / "store").glob("*"))


@pytest.mark.slow
def test_killed_anywhere_it_goes_on_to_the_same_bytes(small_study: Path, tmp_path: Path) -> None:
    text = small_study.read_text(encoding="utf-8")
    small_study.write_text(text + MORE, encoding="utf-8")
    whole, out = tmp_path / "whole", tmp_path / "killed"
    start = time.perf_counter()
    finished = run(load(small_study), whole)
    seconds = time.perf_counter() - start
    assert {m.variant for m in finished.metrics if m.variant} >= {
        "no_network", "no_misdemeanors", "two_arrests", "boosted_best_3", "ols_best_6", "rolling",
    }  # fmt: skip
    told = json.loads((whole / "manifest.json").read_text(encoding="utf-8"))
    names = [one["stage"] for one in told["stages"]]
    assert len([n for n in names if n.startswith("tuning/boosted/")]) == 6

    lines = (whole / "openings.jsonl").read_text(encoding="utf-8").splitlines()
    noted = {json.loads(line)["stage"] for line in lines}
    assert noted == {"evaluation", "variants", "stability"}

    before, struck = 0, 0
    for _ in range(8):
        process = subprocess.Popen([sys.executable, "-c", _RUN, str(small_study), str(out)])
        time.sleep(1.5 + seconds / 9)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            struck += 1
        process.wait()
        now = _stages(out) if out.exists() else 0
        assert now >= before, "a kill may lose no finished stage"
        before = now
    assert struck >= 3
    last = run(load(small_study), out)
    assert _files(out) == _files(whole)
    assert last.report.read_text(encoding="utf-8").count("looked at once") >= 1
