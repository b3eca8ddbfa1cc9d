"""Certificates: brute force, published optima, and what cannot be proven."""

from __future__ import annotations

import sys
import time
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from commonweal.core.errors import StudyError
from commonweal.models.trees import certificate
from commonweal.models.trees.cart import cart
from commonweal.models.trees.certificate import certify
from commonweal.models.trees.prove import RESOLUTION, prove
from commonweal.models.trees.tree import Kind

COMPAS = Path(__file__).resolve().parents[4] / "shared" / "data" / "compas" / "binary54.parquet"
SECONDS = 120.0
"""More than a proof here takes on a busy machine."""

Sample = tuple[NDArray[np.float32], NDArray[np.int8]]


def errors(labels: NDArray[np.int8]) -> float:
    positives = int(labels.sum())
    return positives * (len(labels) - positives) / len(labels)


def best(
    goes: NDArray[np.bool_], labels: NDArray[np.int8], penalty: float, depth: int, least: int
) -> float:
    """Objective of the best of all trees: every split, and both of its sides, tried."""
    found = errors(labels) + penalty
    for left in goes.T if depth else ():
        if min(left.sum(), (~left).sum()) >= least:
            sides = [
                best(goes[side], labels[side], penalty, depth - 1, least) for side in (left, ~left)
            ]
            found = min(found, sum(sides))
    return found


def drawn(rng: np.random.Generator, rows: int, columns: int) -> Sample:
    values = rng.integers(0, 2, (rows, columns)).astype(np.float32)
    odds = values @ rng.normal(0, 2, columns) + 2 * values[:, 0] * values[:, 1] - 1
    labels = (rng.random(rows) < 1 / (1 + np.exp(-odds))).astype(np.int8)
    labels[:2] = 0, 1
    return values, labels


@pytest.fixture(scope="module")
def small() -> Sample:
    return drawn(np.random.default_rng(1), 200, 3)


@pytest.fixture
def _pystreed() -> None:
    pytest.importorskip("pystreed", reason="pystreed comes with the extra certify")


pytestmark = pytest.mark.usefixtures("_pystreed")


def test_the_bound_is_the_best_of_all_trees() -> None:
    rng, exact, tried = np.random.default_rng(7), 0, 0
    for alpha, depth, least in product((0.0, 1e-3, 0.01, 0.1), (1, 2, 3), (1, 2, 5, 20, 40)):
        for columns in (3, 5):
            values, labels = drawn(rng, int(rng.integers(2 * least, 300)) + 2, columns)
            penalty = alpha * errors(labels)
            proof = prove(values.astype(np.uint8), labels, alpha, depth, least)
            truth = best(values == 1, labels, penalty, depth, least)
            assert proof.bound + penalty <= truth * (1 + depth * RESOLUTION) + 1e-9
            exact += abs(proof.bound + penalty - truth) <= 1e-9 * truth
            tried += 1
    assert exact > 0.8 * tried  # where a tree of smaller leaves is better, it is a bound only


def test_the_default_bound_of_pystreed_is_not_sound() -> None:
    """Should this fail, pystreed was mended, and `prove` may use its default."""
    from pystreed import STreeDRegressor

    rng, above = np.random.default_rng(3), []
    for _ in range(200):
        values, labels = drawn(rng, int(rng.integers(10, 300)), 4)
        whole = values.astype(np.intc)
        model = STreeDRegressor(max_depth=1, cost_complexity=0.1).fit(whole, labels.astype(float))
        reached = float(((labels - model.predict(whole)) ** 2).sum())
        reached += 0.1 * errors(labels) * model.get_n_leaves()
        assert model.fit_result.is_optimal()
        above.append(reached / best(values == 1, labels, 0.1 * errors(labels), 1, 1) - 1)
    assert max(above) > 0.01


def test_a_certificate_is_the_best_depth_two_tree(small: Sample) -> None:
    values, labels = small
    found = certify(values, labels, alpha=0.01, max_depth=2, min_leaf=1, seconds=SECONDS)
    assert found is not None
    truth = best(values == 1, labels, 0.01 * errors(labels), 2, 1)
    assert found.proven
    assert found.objective == pytest.approx(truth, rel=1e-12)
    assert truth * (1 - 3e-4) <= found.bound <= truth
    assert found.tree.objective(0.01) == found.objective
    assert found.tree.depth == 2
    mine = cart(values, labels, ("a", "b", "c"), ("binary",) * 3, alpha=0.01, max_depth=2,
                min_leaf=1)  # fmt: skip
    assert found.objective <= mine.objective(0.01) * (1 + 1e-12)
    errs = ((labels - found.tree.predict(values)) ** 2).sum()
    assert errs == pytest.approx(found.tree.sse, rel=1e-12)


def test_numbers_categories_and_the_missing_offer_every_split() -> None:
    rng = np.random.default_rng(5)
    values = np.stack([
        rng.integers(0, 6, 300) / 3, rng.integers(0, 4, 300), rng.integers(0, 2, 300),
    ], axis=1).astype(np.float32)  # fmt: skip
    values[rng.random(300) < 0.2, 0] = np.nan
    odds = np.where(np.isnan(values[:, 0]), 2, values[:, 0]) - 3 * (values[:, 1] == 2)
    labels = (rng.random(300) < 1 / (1 + np.exp(-odds))).astype(np.int8)
    kinds: tuple[Kind, ...] = ("number", "category", "binary")
    missing, number = np.isnan(values[:, 0]), values[:, 0]
    held = np.unique(number[~missing])
    goes = [missing, *(values[:, 1] == code for code in range(4)), values[:, 2] == 1]
    goes += [(number <= one) | way for one in held[:-1] for way in (missing, False)]
    truth = best(np.stack(goes, axis=1), labels, 0.001 * errors(labels), 2, 10)
    found = certify(values, labels, alpha=0.001, max_depth=2, min_leaf=10, seconds=SECONDS,
                    names=("x", "c", "b"), kinds=kinds)  # fmt: skip
    assert found is not None
    assert found.bound <= truth <= found.objective * (1 + 1e-9)
    leaves = found.tree.leaves
    assert found.tree.rows[leaves].min() >= 10
    counted = np.bincount(found.tree.apply(values), minlength=len(found.tree.rows))[leaves]
    assert counted.tolist() == found.tree.rows[leaves].tolist()


@pytest.mark.slow
def test_a_bound_below_small_leaves_is_not_called_proven() -> None:
    values, labels = drawn(np.random.default_rng(0), 120, 5)
    said = []
    for least in (2, 15, 30):
        found = certify(values, labels, alpha=0.0, max_depth=3, min_leaf=least, seconds=SECONDS)
        assert found is not None
        assert found.tree.rows[found.tree.leaves].min() >= least
        truth = best(values == 1, labels, 0.0, 3, least)
        assert found.bound <= truth <= found.objective * (1 + 1e-9)
        if found.proven:
            assert found.objective == pytest.approx(truth, rel=3e-4)
        said.append(found.proven)
    assert set(said) == {True, False}


@pytest.mark.parametrize(
    ("alpha", "depth", "least", "all_alike"),
    [(0.01, 0, 1, False), (0.01, 2, 1, True), (0.01, 2, 101, False), (1.0, 2, 1, False)],
)
def test_a_leaf_alone_needs_no_proof(
    alpha: float, depth: int, least: int, all_alike: bool, small: Sample
) -> None:
    values, labels = small
    labels = np.zeros_like(labels) if all_alike else labels
    found = certify(values, labels, alpha=alpha, max_depth=depth, min_leaf=least, seconds=0)
    assert found is not None
    assert found.proven
    assert found.objective == found.bound == found.tree.objective(alpha)
    assert len(found.tree.leaves) == 1


def test_columns_that_part_nobody_need_no_proof(small: Sample) -> None:
    values = np.ones((200, 2), np.float32)
    found = certify(values, small[1], alpha=0.01, max_depth=2, min_leaf=1, seconds=0)
    assert found is not None
    assert len(found.tree.leaves) == 1


@pytest.mark.slow
def test_a_proof_out_of_time_is_ended() -> None:
    values, labels = drawn(np.random.default_rng(2), 3_000, 80)
    start = time.perf_counter()
    assert certify(values, labels, alpha=0, max_depth=6, min_leaf=1, seconds=8) is None
    assert time.perf_counter() - start < 20
    assert certify(values, labels, alpha=0, max_depth=6, min_leaf=1, seconds=0) is None


def test_too_large_a_problem_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificate, "_proof", lambda *_: pytest.fail("it was begun"))
    rng = np.random.default_rng(2)
    values = rng.normal(size=(1_500, 1)).astype(np.float32)
    labels = (rng.random(1_500) < 0.3).astype(np.int8)
    assert certify(values, labels, alpha=0, max_depth=2, min_leaf=1, seconds=SECONDS) is None
    monkeypatch.setattr(certificate, "CELLS", 4_000)
    values = (values[:, [0, 0, 0]] > np.array([-1, 0, 1])).astype(np.float32)
    assert certify(values, labels, alpha=0, max_depth=2, min_leaf=1, seconds=SECONDS) is None


@pytest.mark.slow
def test_a_proof_that_breaks_says_why(small: Sample) -> None:
    with pytest.raises(RuntimeError, match="max_depth"):  # must not be above 20
        certify(*small, alpha=0.01, max_depth=21, min_leaf=1, seconds=SECONDS)


def test_without_pystreed_the_mend_is_said(small: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pystreed", None)
    with pytest.raises(StudyError, match=r"commonweal\[certify\]"):
        certify(*small, alpha=0.01, max_depth=2, min_leaf=1, seconds=SECONDS)


@pytest.mark.slow
@pytest.mark.skipif(not COMPAS.is_file(), reason="the COMPAS features are not there")
@pytest.mark.parametrize(
    ("depth", "optimum", "greedy"),
    [(2, 936.196, 938.367), (3, 905.122, 910.995), (4, 893.168, 895.561), (5, 885.341, 891.148)],
)
def test_published_optima(depth: int, optimum: float, greedy: float) -> None:
    import pandas as pd

    people = pd.read_parquet(COMPAS)
    people = people[people.train == 1]
    values = people.iloc[:, :54].to_numpy(np.float32)
    labels = people.two_year_recid.to_numpy(np.int8)
    found = certify(values, labels, alpha=0.001, max_depth=depth, min_leaf=1, seconds=SECONDS)
    assert found is not None
    assert found.proven
    assert found.tree.root_sse == pytest.approx(1073.5, abs=0.05)
    assert found.objective == pytest.approx(optimum, abs=5e-4)
    mine = cart(values, labels, found.tree.names, found.tree.kinds, alpha=0.001, max_depth=depth,
                min_leaf=1)  # fmt: skip
    assert mine.objective(0.001) == pytest.approx(greedy, abs=5e-4)
