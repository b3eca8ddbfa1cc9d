"""The parts of the search alone: what each does, whatever another one would find."""

import numpy as np
import pytest

from commonweal.models.trees.bins import binned
from commonweal.models.trees.lookahead import Here, Search
from commonweal.models.trees.splits import all_splits, answers


def problem(seed, rows=700, columns=10):
    random = np.random.default_rng([37, seed])
    x = (random.random((rows, columns)) < random.uniform(0.2, 0.6, columns)).astype(np.uint8)
    y = random.random(rows) < np.where(x[:, 0] ^ x[:, 1], 0.7, 0.15 + 0.3 * x[:, 2])
    made = binned(x, ("binary",) * columns)
    order = random.permutation(rows)
    listed = np.concatenate([order[y[order]], order[~y[order]]]).astype(np.int32)
    engine = Search(
        words=answers(made, all_splits(made)).words, weights=np.zeros(0), splits=columns,
        penalty=0.5, least=5.0, width=3, threads=1, check=lambda: None,
    )  # fmt: skip
    return engine, Here(listed, int(y.sum())), y


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("split", [4, 7])
def test_one_depth_further_the_parts_of_a_tree_are_searched_anew(seed, split, monkeypatch):
    engine, here, _ = problem(seed)
    before = engine.divided(here, split)
    rough = engine.leaf(here)
    tree = type(rough)(
        sum(engine.leaf(part).value for part in before), split, *map(engine.leaf, before)
    )
    monkeypatch.setattr(Search, "wide", lambda self, here, _: self.leaf(here))
    found = engine.deeper(here, tree, 4)
    assert found.split == split
    assert found.value == sum(engine.quick(part, 3).value for part in before)
    assert found.value < tree.value


@pytest.mark.parametrize("seed", range(3))
def test_shaking_mends_a_wrong_beginning_and_makes_nothing_worse(seed):
    engine, here, _ = problem(seed)
    worst = max(range(engine.splits), key=lambda split: _begun(engine, here, split).value)
    start = tree = _begun(engine, here, worst)
    random, values = np.random.default_rng(0), [start.value]
    for _ in range(12):
        tree = engine.shaken(here, tree, 4, random)
        values.append(tree.value)
    assert values == sorted(values, reverse=True)
    assert tree.value < start.value
    assert engine.shaken(here, start, 2, random) is start


@pytest.mark.parametrize("share", [0.1, 0.33, 0.5])
def test_a_sample_has_its_share_of_both_outcomes(share):
    engine, here, y = problem(0)
    some = engine._some(here, share)
    assert y[some.rows[: some.positives]].all()
    assert not y[some.rows[some.positives :]].any()
    assert some.positives == round(share * here.positives)
    assert len(some.rows) == pytest.approx(share * len(y), abs=1)


def _begun(engine, here, split):
    no, yes = (engine.quick(part, 3) for part in engine.divided(here, split))
    return type(no)(no.value + yes.value, split, no, yes)
