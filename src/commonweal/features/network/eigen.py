"""Eigenvector centrality within the largest connected part of a network."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import ArpackNoConvergence, eigsh
from threadpoolctl import threadpool_limits

from commonweal.core.errors import DataError, problem
from commonweal.features.network.graph import Graph

Floats = NDArray[np.float64]
SMALL = 32
"""Up to this many people the whole decomposition is as cheap."""
TOLERANCE = 1e-10
RESTARTS = 5000


def eigenvector(graph: Graph) -> Floats:
    """Return each node's eigenvector centrality.

    It is taken within the largest connected part (of equally large ones, that with the smallest
    id), has euclidean norm 1 there, and is 0 elsewhere.
    """
    nodes = len(graph.people)
    out: Floats = np.zeros(nodes)
    if not nodes:
        return out
    ones = np.ones(len(graph.link))
    matrix = sp.csr_array((ones, graph.link, graph.first), shape=(nodes, nodes))
    _, part = connected_components(matrix, directed=False)
    size = np.bincount(part)[part]
    inside = np.flatnonzero(part == part[np.argmax(size)])
    with threadpool_limits(1, "blas"):
        out[inside] = leading(matrix[inside][:, inside])
    return out


def leading(matrix: sp.csr_array) -> Floats:
    """Return the vector of the largest eigenvalue of a connected graph: positive, of norm 1."""
    nodes = matrix.shape[0]
    degree = matrix.sum(axis=1)
    if (degree == degree[0]).all():  # where to start is the answer, which Lanczos cannot use
        return np.full(nodes, 1 / np.sqrt(nodes))
    if nodes <= SMALL:
        found = np.linalg.eigh(matrix.toarray())[1][:, -1]
    else:
        try:
            _, vectors = eigsh(
                matrix, k=1, which="LA", v0=np.ones(nodes), tol=TOLERANCE, maxiter=RESTARTS
            )
        except ArpackNoConvergence as error:
            what = f"eigenvector centrality of {nodes:,} linked people did not settle"
            raise problem(
                DataError, "features", what, "leave eigenvector out of the measures"
            ) from error
        found = vectors[:, 0]
    found = np.abs(found)  # one sign but for rounding, by Perron and Frobenius
    return np.asarray(found / np.linalg.norm(found))
