"""The compiled loops against plain ones, on random small graphs."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.features.network.ids import encoded, ranked
from commonweal.features.network.kernels import (
    _bit,
    by_key,
    degrees,
    holders,
    latest,
    links,
    places,
    reached,
    shared,
    tally,
    vectors,
)

NODES, SERIES, AGES = 8, 3, 4
pairs = st.lists(
    st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)), max_size=20
)  # fmt: skip
records = st.lists(
    st.tuples(
        st.integers(0, NODES - 1), st.integers(0, 6), st.integers(1, 7), st.integers(0, AGES - 1)
    ),
    max_size=30,
)


def graph_of(drawn: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray, list[set[int]]]:
    """A graph through the kernels: each pair an incident of two."""
    person = np.array([p for pair in drawn for p in pair], np.int64)
    group = np.repeat(np.arange(len(drawn)), 2)
    first, order = by_key(person, NODES, np.arange(len(person)))
    begin, there = by_key(group, len(drawn), np.arange(len(group)))
    whole = (first, group[order], begin, person[there].astype(np.int32))
    start = np.concatenate([[0], np.cumsum(degrees(*whole, 0, len(begin)))]).astype(np.int64)
    link = links(*whole, start)
    plain: list[set[int]] = [set() for _ in range(NODES)]
    for a, b in drawn:
        if a != b:
            plain[a].add(b)
            plain[b].add(a)
    return start, link, plain


def two_away(plain: list[set[int]], u: int) -> set[int]:
    return {w for v in plain[u] for w in plain[v]} - plain[u] - {u}


def test_every_bit_is_found() -> None:
    assert [_bit(np.int64(1 << bit)) for bit in range(63)] == list(range(63))


@given(pairs, st.integers(1, 2))
@settings(max_examples=60, deadline=None)
def test_graphs_and_who_is_near(drawn: list[tuple[int, int]], hops: int) -> None:
    first, link, plain = graph_of(drawn)
    for u in range(NODES):
        assert link[first[u] : first[u + 1]].tolist() == sorted(plain[u])
    rows = np.array([0, -1, 3], np.int32)
    near = set(np.flatnonzero(reached(rows, first, link, hops)).tolist())
    wanted = plain[0] | plain[3]
    if hops == 2:
        wanted = wanted | {w for v in wanted for w in plain[v]}
    assert near == wanted
    score = np.linspace(0.1, 0.9, NODES)
    second, degree, top = places(np.arange(NODES, dtype=np.int32), first, link, score)
    for u in range(NODES):
        rings = (plain[u], two_away(plain, u))
        assert second[u] == len(rings[1])
        for hop, ring in enumerate(rings):
            assert degree[u, hop] == max((len(plain[v]) for v in ring), default=0)
            assert top[u, hop] == max((score[v] for v in ring), default=0)


@given(pairs, records)
@settings(max_examples=100, deadline=None)
def test_counts_around(
    drawn: list[tuple[int, int]], events: list[tuple[int, int, int, int]]
) -> None:
    first, link, plain = graph_of(drawn)
    events = sorted(events)
    node, event, mask, age = (np.array([e[k] for e in events], np.int64) for k in range(4))
    node, event, age = (x.astype(np.int32) for x in (node, event, age))
    start = np.searchsorted(node, np.arange(NODES + 1)).astype(np.int64)
    incidents = np.arange(SERIES, dtype=np.int32) * AGES
    people = incidents + SERIES * AGES
    width = 2 * SERIES * AGES
    kind = holders(node, event, age, 7)
    entries = (start, event, mask, age, kind)
    rows = np.array([-1, *range(NODES)], np.int32)
    count, column, number = tally(
        rows, 2, first, link, *vectors(*entries, incidents, people, width),
        *shared(*entries, 1), *shared(*entries, 2), incidents, AGES, width,
    )  # fmt: skip
    ends = np.concatenate([[0], np.cumsum(count)])
    assert count[0] == 0
    for u in range(NODES):
        here = slice(ends[u + 1], ends[u + 2])
        assert dict(zip(column[here].tolist(), number[here].tolist(), strict=True)) == wanted(
            plain, events, u
        )


def wanted(
    plain: list[set[int]], events: list[tuple[int, int, int, int]], u: int
) -> dict[int, int]:
    found: dict[int, int] = {}
    for hop, ring in enumerate((plain[u], two_away(plain, u))):
        for unit, thing in enumerate((1, 0)):
            for s in range(SERIES):
                best: dict[int, int] = {}
                for e in events:
                    if e[0] in ring and e[2] >> s & 1:
                        best[e[thing]] = min(best.get(e[thing], AGES), e[3])
                for age in best.values():
                    c = ((hop * 2 + unit) * SERIES + s) * AGES + age
                    found[c] = found.get(c, 0) + 1
    return found


def test_a_number_too_large_is_told_not_wrapped() -> None:
    first, link, _ = graph_of([(0, 1), (0, 2)])
    alone = np.array([0, 0, 1, 2, 2, 2, 2, 2, 2], np.int64)
    column = np.zeros(2, np.int32)
    number = np.full(2, 1 << 30, np.int32)
    none = (np.zeros(NODES + 1, np.int64), column[:0], column[:0], np.zeros(0, np.int64), 0)
    count, _, _ = tally(
        np.arange(2, dtype=np.int32), 1, first, link, alone, column, number, *none, *none,
        column[:1], 1, 1,
    )  # fmt: skip
    assert count.tolist() == [-1, 0]


def test_most_recent_day_around() -> None:
    first, link, _ = graph_of([(0, 1), (1, 2), (0, 3)])
    start = np.array([0, 0, 1, 2, 3, 3, 3, 3, 3], np.int64)
    found = latest(
        np.array([0, 2], np.int32), 2, first, link, start,
        np.zeros(3, np.int32), np.array([-5, 10, 20], np.int32), 1,
    )  # fmt: skip
    assert [part.tolist() for part in found] == [[2, 1], [0, 1, 0], [20, 10, -5]]


@given(st.lists(st.text(max_size=10)), st.integers(1, 4))
@settings(deadline=None)
def test_codes_of_texts(texts: list[str], chunks: int) -> None:
    size = max(1, len(texts) // chunks)
    cut = [pa.array(texts[k : k + size], pa.string()) for k in range(0, len(texts), size)]
    for kind in (pa.string(), pa.large_string()):
        ids = pa.chunked_array(cut, pa.string()).cast(kind)
        code, known = encoded(ids)
        assert [known[c].as_py() for c in code] == texts
        assert len(known) == len(set(texts))
        rank, ordered = ranked(ids)
        assert [ordered[c].as_py() for c in rank] == texts
        assert ordered.to_pylist() == sorted(set(texts), key=lambda text: text.encode())


def test_codes_of_numbers_in_chunks() -> None:
    ids = pa.chunked_array([[5, 3], [3, 9]], pa.int64())
    code, known = ranked(ids)
    assert (code.tolist(), known.to_pylist()) == ([1, 0, 0, 2], [3, 5, 9])
