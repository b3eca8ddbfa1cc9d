from __future__ import annotations

from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from commonweal.linkage import kernels
from commonweal.linkage.clusters import single_ties
from commonweal.linkage.constraints.birth_dates_agree import edits


def textbook(one: str, other: str) -> int:
    """Levenshtein's distance, by its recursive definition."""
    if not one or not other:
        return len(one) + len(other)
    if one[0] == other[0]:
        return textbook(one[1:], other[1:])
    pairs = [(one[1:], other), (one, other[1:]), (one[1:], other[1:])]
    return 1 + min(textbook(a, b) for a, b in pairs)


@given(st.text("ab1", max_size=5), st.text("ab1", max_size=5))
def test_edits_are_the_textbooks(one: str, other: str) -> None:
    assert edits(one, other) == textbook(one, other)


DATES = st.dates(date(1900, 1, 1), date(2020, 1, 1)) | st.dates(date(1980, 1, 1), date(1980, 3, 9))


@settings(max_examples=500, deadline=None)
@given(DATES, DATES, st.integers(0, 8))
def test_the_compiled_edit_distance_is_the_textbooks(one: date, other: date, most: int) -> None:
    texts = one.strftime("%Y%m%d"), other.strftime("%Y%m%d")
    distance = edits(*texts)
    found = kernels.edit_distance(int(texts[0]), int(texts[1]), most)
    assert (found <= most) == (distance <= most)
    if distance <= most:
        assert found == distance


def test_edit_distances_by_hand() -> None:
    assert kernels.edit_distance(19800312, 19800312, 2) == 0
    assert kernels.edit_distance(19800312, 19800313, 2) == 1
    assert kernels.edit_distance(19800312, 19801203, 8) == edits("19800312", "19801203")
    assert kernels.edit_distance(19801123, 19811230, 2) == 2, "a digit out, a digit in"
    assert kernels.edit_distance(19800312, 20011124, 2) == 3


GRAPHS = st.integers(1, 9).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(
            lambda pair: pair[0] != pair[1]), max_size=14),
    )
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(GRAPHS)
def test_a_bridge_is_what_falls_apart_without_it(graph: tuple[int, list[tuple[int, int]]]) -> None:
    nodes, edges = graph
    ends = np.array(edges, np.int64).reshape(-1, 2)

    def parts(kept: np.ndarray) -> int:
        ones = np.ones(len(kept), np.int8)
        matrix = coo_matrix((ones, (kept[:, 0], kept[:, 1])), (nodes, nodes))
        return int(connected_components(matrix, directed=False)[0])

    found = single_ties(nodes, ends[:, 0], ends[:, 1])
    without = [parts(np.delete(ends, n, axis=0)) > parts(ends) for n in range(len(edges))]
    assert found.tolist() == without
