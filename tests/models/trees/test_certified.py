"""Where the optimum can be proven, the tree found is held against it."""

import numpy as np
import pytest

from commonweal.core.errors import StudyError
from commonweal.models.trees.optimal import OptimalTree

pytest.importorskip("pystreed", reason="needs the extra `certify`")


def problem(seed, rows=1_500, columns=25):
    random = np.random.default_rng([17, seed])
    x = (random.random((rows, columns)) < random.uniform(0.1, 0.6, columns)).astype(np.uint8)
    score = x @ random.normal(0, 0.8, columns) + 1.5 * (x[:, 2] ^ x[:, 3])
    return x, (random.random(rows) < 1 / (1 + np.exp(1.5 - score))).astype(int)


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "depth"), [(s, d) for s in range(2) for d in (2, 3, 4)])
def test_near_every_certified_optimum_and_never_below(seed, depth):
    x, y = problem(seed)
    found = OptimalTree(depth, alpha=0.002, certify=120).fit(x, y).found_
    root = float(len(y) * y.mean() * (1 - y.mean()))
    assert found.certified is not None
    # The proof leaves .01% a level open.
    assert found.objective >= found.certified * (1 - 1e-4 * depth)
    assert found.gap <= 0.005
    assert root - found.objective >= 0.98 * (root - found.certified)
    assert "certified optimum" in found.words()


def test_a_certificate_in_no_time_is_none():
    x, y = problem(0, rows=400, columns=8)
    found = OptimalTree(3, alpha=0.002, certify=0.01).fit(x, y).found_
    assert found.certified is None
    assert found.words().startswith("local optimum")


def test_rows_with_weights_have_no_certificate():
    x, y = problem(0, rows=300, columns=5)
    with pytest.raises(StudyError, match="weights"):
        OptimalTree(2, alpha=0.01, certify=10).fit(x, y, sample_weight=1.0 + (y == 1))


def test_what_cannot_be_proven_is_said_before_the_search(monkeypatch):
    def search(*_):
        raise AssertionError("searched first")

    monkeypatch.setattr("commonweal.models.trees.grow.search", search)
    x, y = problem(0, rows=300, columns=5)
    for alpha in (0.01, None):
        with pytest.raises(StudyError, match="weights"):
            OptimalTree(2, alpha=alpha, certify=10).fit(x, y, sample_weight=1.0 + (y == 1))


def test_values_that_32_bits_do_not_tell_apart_are_proven_apart():
    """As numbers of 32 bits all of these are one, and the best tree would be a leaf."""
    random = np.random.default_rng(3)
    x = 1e9 + random.integers(0, 4, (400, 2))
    y = (random.random(400) < np.where(x[:, 0] > 1e9 + 1, 0.8, 0.2)).astype(int)
    found = OptimalTree(2, alpha=0.01, certify=60).fit(x, y).found_
    assert found.certified is not None
    assert found.certified <= found.objective * (1 + 1e-9)
