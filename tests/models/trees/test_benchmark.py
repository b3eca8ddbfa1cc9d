"""The benchmark of trees: its data, how it judges a tree, and a quick run of it."""

from __future__ import annotations

import importlib
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from commonweal.models.trees.cart import cart

ROOT = Path(__file__).resolve().parents[3]
BENCHMARKS = ROOT / "benchmarks"
RECIPE = ROOT.parent / "shared" / "tools" / "binary150.py"


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("trees")


@pytest.fixture
def data(benchmark: ModuleType) -> ModuleType:
    return importlib.import_module("trees_data")


def test_samples_have_the_structure_they_are_said_to_have(data: ModuleType) -> None:
    sample, fixed = data.drawn(20_000, 3), data.structure()
    assert sample.values.shape == (20_000, 150)
    first = 0
    for share in fixed.shares:  # one category each
        held = sample.values[:, first : first + len(share)]
        assert (held.sum(axis=1) == 1).all()
        assert np.abs(held.mean(axis=0) - share).max() < 0.02
        first += len(share)
    assert sample.chance.mean() == pytest.approx(0.13, abs=1e-9)
    assert sample.labels.mean() == pytest.approx(0.13, abs=0.01)
    again = data.drawn(20_000, 3)
    assert (again.values == sample.values).all()
    assert (again.labels == sample.labels).all()
    assert (data.drawn(20_000, 4).values != sample.values).any()


@pytest.mark.skipif(not RECIPE.is_file(), reason="the shared recipe is not there")
def test_samples_are_those_of_the_shared_recipe(
    data: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(RECIPE.parent))
    theirs = importlib.import_module("binary150").draw(3_000, 9)
    sample = data.drawn(3_000, 9)
    for mine, other in zip((sample.values, sample.labels, sample.chance), theirs, strict=True):
        assert (mine == other).all()


def test_a_tree_is_judged_as_it_judges_itself(
    benchmark: ModuleType, data: ModuleType, tmp_path: Path
) -> None:
    alone = importlib.import_module("trees_alone")
    data.write(tmp_path, 3_000, 2_000, 1)
    values, labels = np.load(tmp_path / "train.npy"), np.load(tmp_path / "train_labels.npy")
    names = tuple(map(str, range(150)))
    tree = cart(values.astype(np.float32), labels.astype(np.int8), names, ("binary",) * 150,
                alpha=0.002, max_depth=4, min_leaf=1)  # fmt: skip
    problem = benchmark.Problem("small", tmp_path, 3_000, 0.002)
    objective, auc, leaves = benchmark.judged(problem, alone.nested(tree))
    assert objective == pytest.approx(tree.objective(0.002), rel=1e-12)
    assert leaves == len(tree.leaves) > 2
    tested = np.load(tmp_path / "test_labels.npy") == 1
    scores = tree.predict(np.load(tmp_path / "test.npy").astype(np.float32))
    above, below = scores[tested][:, None], scores[~tested][None]
    assert auc == pytest.approx((above > below).mean() + (above == below).mean() / 2, rel=1e-9)


def test_paths_of_leaves_are_joined_to_a_tree(benchmark: ModuleType) -> None:
    alone = importlib.import_module("trees_alone")
    assert alone.joined([[]]) is None
    paths = [[3, -1], [3, 1], [-3]]  # what has column 2 is split by column 0
    assert alone.joined(paths) == [2, None, [0, None, None]]


@pytest.mark.slow
def test_a_quick_run_tells_every_figure() -> None:
    script = str(BENCHMARKS / "trees.py")
    command = [sys.executable, script, "--quick", "--part", "samples", "--part", "first"]
    command += [word for method in ("ours", "cart", "pystreed") for word in ("--method", method)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
    *lines, last = done.stdout.splitlines()
    figures = {one["name"]: one for one in json.loads(last)["figures"]}
    proofs = [name for name in figures if "above the optimum" in name]
    assert len(proofs) == (2 if importlib.util.find_spec("pystreed") else 0)
    assert all(figures[name]["value"] >= 0 for name in proofs)
    assert figures["first fit of a process over its second"]["holds"]
    for depth in (2, 3):
        for method in ("ours", "cart"):
            assert any(line.split()[:3] == ["5,000", str(depth), method] for line in lines)
