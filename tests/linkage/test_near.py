from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa

from commonweal.linkage.link import Linkage
from commonweal.linkage.near import near_pairs
from linkage.city import City


def test_as_many_pairs_are_drawn_from_each_band_on_both_sides(city: City, linked: Linkage) -> None:
    found = near_pairs(city.records, linked)
    off = linked.candidates.strength - linked.threshold
    bands = [-4, -2, -1, 0, 1, 2, 4]
    drawn = Counter(np.digitize(found["log_odds"].to_numpy(), bands).tolist())
    there = Counter(np.digitize(off, bands).tolist())
    assert drawn == {n: min(50, there[n]) for n in range(1, 7) if there[n]}
    assert sum(drawn.values()) > 150
    assert min(drawn) <= 3 < max(drawn), "on both sides of the threshold"


def test_a_drawn_pair_is_two_records_of_compared_profiles(city: City, linked: Linkage) -> None:
    found = near_pairs(city.records, linked)
    keys = zip(city.records["source"].to_pylist(), city.records["record_id"].to_pylist(),
               strict=True)  # fmt: skip
    row = {key: n for n, key in enumerate(keys)}
    made = linked.candidates
    profile = np.empty(made.prepared.count, np.int64)
    profile[made.prepared.place] = made.profiles.of
    odds = {
        (int(a), int(b)): s - linked.threshold
        for a, b, s in zip(made.pairs.left, made.pairs.right, made.strength, strict=True)
    }
    seen = set()
    for one in found.to_pylist():
        ends = [row[one[f"source_{n}"], one[f"record_{n}"]] for n in (1, 2)]
        pair = (int(profile[ends[0]]), int(profile[ends[1]]))
        assert abs(odds[pair] - one["log_odds"]) < 1e-5
        assert one["together"] == (linked.entity[ends[0]] == linked.entity[ends[1]])
        seen.add(pair)
    assert len(seen) == found.num_rows


def test_the_same_linkage_draws_the_same_pairs(village: pa.Table, small: Linkage) -> None:
    table = village.append_column("record_id", village["record"])
    one, other = near_pairs(table, small), near_pairs(table, small)
    assert one.equals(other)
    assert 0 < one.num_rows <= 300
