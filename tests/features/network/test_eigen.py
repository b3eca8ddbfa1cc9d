"""Eigenvector centrality against hand cases and the whole decomposition."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from commonweal.features.network.eigen import eigenvector, leading
from commonweal.features.network.graph import Graph


def graph_of(nodes: int, pairs: list[tuple[int, int]]) -> Graph:
    both = sorted({*pairs, *((b, a) for a, b in pairs)})
    first = np.searchsorted([a for a, _ in both], np.arange(nodes + 1)).astype(np.int64)
    link = np.array([b for _, b in both], np.int32)
    return Graph(pa.array(range(nodes)), first, link, {}, 0)


def test_nobody_a_pair_and_a_star() -> None:
    assert eigenvector(graph_of(0, [])).tolist() == []
    np.testing.assert_allclose(eigenvector(graph_of(2, [(0, 1)])), [0.5**0.5] * 2)
    found = eigenvector(graph_of(5, [(2, k) for k in (0, 1, 3, 4)]))
    np.testing.assert_allclose(found, [8**-0.5, 8**-0.5, 2**-0.5, 8**-0.5, 8**-0.5])


def test_a_large_star_and_a_ring_start_where_lanczos_breaks_down() -> None:
    star = graph_of(10_001, [(0, k) for k in range(1, 10_001)])
    found = eigenvector(star)
    np.testing.assert_allclose(found[0], 2**-0.5, rtol=1e-9)
    np.testing.assert_allclose(found[1:], 20_000**-0.5, rtol=1e-9)
    assert (found == eigenvector(star)).all()
    ring = graph_of(100, [(k, (k + 1) % 100) for k in range(100)])
    np.testing.assert_allclose(eigenvector(ring), 0.1)


def test_of_equal_parts_that_with_the_smallest_id() -> None:
    found = eigenvector(graph_of(7, [(4, 5), (5, 6), (0, 2), (2, 3), (1, 1)]))
    np.testing.assert_allclose(found, [0.5, 0, 0.5**0.5, 0.5, 0, 0, 0], atol=1e-12)


def test_random_graphs_as_the_whole_decomposition() -> None:
    rng = np.random.default_rng(5)
    for nodes in (3, 20, 33, 60, 150):
        pairs = [(k, int(rng.integers(0, k))) for k in range(1, nodes)]  # a tree: connected
        pairs += [(int(a), int(b)) for a, b in rng.integers(0, nodes, (nodes // 2, 2)) if a != b]
        graph = graph_of(nodes, pairs)
        whole = np.zeros((nodes, nodes))
        for a, b in pairs:
            whole[a, b] = whole[b, a] = 1
        vector = np.abs(np.linalg.eigh(whole)[1][:, -1])
        np.testing.assert_allclose(eigenvector(graph), vector, atol=1e-8)
        np.testing.assert_allclose(leading(sp.csr_array(whole)), vector, atol=1e-8)
