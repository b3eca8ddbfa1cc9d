from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from commonweal.linkage.candidates import Candidates
from commonweal.linkage.certainty import UNCERTAIN, Ties, measure_ties, probabilities
from commonweal.linkage.clusters import Clusters
from commonweal.linkage.link import Linkage
from commonweal.linkage.profiles import Profiles
from commonweal.linkage.scoring import Scored


def put(
    small: Linkage, root: list[int], pairs: list[tuple[int, int, float]], trusted: list[int],
    at: float = 0.0,
) -> tuple[Candidates, Clusters]:  # fmt: skip
    """A made-up clustering: one record a profile."""
    count = len(root)
    left, right, strength = (np.array([p[n] for p in pairs]) for n in range(3))
    scored = Scored(left.astype(np.int64), right.astype(np.int64), strength.astype(float),
                    np.zeros((1, len(pairs)), np.int8))  # fmt: skip
    made = small.candidates
    found = replace(
        made, profiles=Profiles(np.arange(count), np.arange(count), np.array(trusted)),
        pairs=scored, strength=strength.astype(float),
        threshold=replace(made.threshold, value=at),
    )  # fmt: skip
    return found, Clusters(
        np.array(root), np.zeros(count, np.bool_), np.zeros(count, np.bool_), {}, 0
    )


def chance(odds: float) -> float:
    return float(1 / (1 + np.exp(-odds)))


def test_a_record_is_as_sure_as_its_likeliest_pair_within_the_person(small: Linkage) -> None:
    pairs = [(0, 1, 2.0), (1, 2, 3.0), (0, 3, 9.0), (4, 5, -1.0), (6, 7, 5.0)]
    found, clusters = put(
        small, [0, 0, 0, 3, 4, 4, 6, 6], pairs, [-1, -1, -1, -1, -1, -1, 5, 5], at=0.5
    )
    told = probabilities(found, clusters)
    # 3 stands alone; 4 and 5 hang together by no pair above the threshold; 6 and 7 by an id.
    expected = [chance(2), chance(3), chance(3), 1, chance(0.5), chance(0.5), 1, 1]
    assert told == pytest.approx(expected)


def test_whoever_would_fall_apart_without_one_uncertain_pair_is_counted(small: Linkage) -> None:
    sure = float(np.log(UNCERTAIN / (1 - UNCERTAIN))) + 0.1
    pairs = [
        (0, 1, sure), (1, 2, 1.0),  # rests on 1-2
        (3, 4, 1.0), (4, 5, 1.0), (3, 5, 1.0),  # a triangle rests on none
        (6, 7, sure),  # a pair that is sure
        (8, 9, 1.0),  # tied by an id besides
        (10, 11, 1.0), (11, 12, 1.0),  # two such pairs, one person
        (0, 13, 1.0),  # not put together
    ]  # fmt: skip
    root = [0, 0, 0, 3, 3, 3, 6, 6, 8, 8, 10, 10, 10, 13]
    trusted = [-1] * 8 + [2, 2] + [-1] * 4
    found, clusters = put(small, root, pairs, trusted)
    told = measure_ties(found, clusters)
    assert told == Ties(people=6, with_several=5, on_one_pair=2)
    assert told.share == pytest.approx(1 / 3)
    assert told.sentence() == ("2 people (33.3%) rest on a single pair less than 99% sure.")
    assert Ties(0, 0, 0).share == 0


def test_probabilities_of_a_linkage_are_honest(small: Linkage, village: pa.Table) -> None:
    assert ((small.probability >= 0) & (small.probability <= 1)).all()
    ids = village["id"].to_pylist()
    repeated = [n for n, i in enumerate(ids) if i is not None and ids.count(i) > 1]
    assert (small.probability[repeated] == 1).all()
    counts = np.bincount(small.entity)
    assert (small.probability[counts[small.entity] == 1] == 1).all()
    open_ = np.array([i is None for i in ids]) & (counts[small.entity] > 1)
    assert 0.5 < small.probability[open_].mean() < 1
    assert small.ties.people == small.people
    assert small.ties.with_several == int((counts > 1).sum())
