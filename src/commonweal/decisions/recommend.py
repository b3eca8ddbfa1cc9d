"""The top k under capacity, as a table with reasons; for help only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from commonweal.core.errors import BurdenError, problem
from commonweal.core.seeds import keyed_hash


@dataclass(frozen=True, slots=True)
class Candidates:
    """The people scored at one as-of date.

    Parameters
    ----------
    as_of
        The date.
    ids
        Entity ids, shape (n,).
    scores
        One a person; used to rank and never written.
    ties
        Number per person that decides between equal scores.
    """

    as_of: date
    ids: Sequence[str]
    scores: NDArray[np.float64]
    ties: NDArray[np.uint64]


def top_k(candidates: Candidates, k: int) -> NDArray[np.int64]:
    """Return the places of the at most k people ranked first, best first."""
    order = np.lexsort((candidates.ties, -candidates.scores))
    return np.asarray(order[:k], dtype=np.int64)


def recommend(
    kind: str, candidates: Candidates, chosen: NDArray[np.int64],
    reasons: Sequence[Sequence[str]], key: bytes, length: int = 20,
) -> pa.Table:  # fmt: skip
    """Write down whom the service is offered to first.

    Parameters
    ----------
    kind
        The study's action: only ``help`` is served.
    candidates
        The people scored.
    chosen
        Places of those chosen, best first, from `top_k`.
    reasons
        For each of them, the feature blocks that raised the ranking most, in words.
    key
        Secret that turns an id into a pseudonym; kept outside the run's folder.
    length
        Length of a pseudonym in hexadecimal digits.

    Returns
    -------
    pyarrow.Table
        ``pseudonym``, ``as_of``, ``rank`` (from 1), ``offered``, ``reason``. No score.

    Raises
    ------
    BurdenError
        If the action burdens people: nothing about a person is written for such a study.
    """
    if kind != "help":
        raise problem(
            BurdenError,
            "recommendation",
            "the study's action burdens people, so no person is listed",
            "evaluate the rule in aggregate",
        )
    count = len(chosen)
    return pa.table({
        "pseudonym": [keyed_hash(key, candidates.ids[int(i)])[:length] for i in chosen],
        "as_of": pa.array([candidates.as_of] * count, pa.date32()),
        "rank": pa.array(range(1, count + 1), pa.int32()),
        "offered": pa.array([True] * count, pa.bool_()),
        "reason": ["; ".join(words) for words in reasons],
    })  # fmt: skip


def block_reasons(
    contributions: NDArray[np.float64], blocks: Sequence[str], most: int
) -> list[list[str]]:
    """Name the feature blocks that raised each score most.

    Parameters
    ----------
    contributions
        Log-odds by feature, shape (n, features).
    blocks
        Block of each feature.
    most
        How many blocks at most; only those that raised the score.
    """
    names = sorted(set(blocks))
    if not names:
        return [[] for _ in contributions]
    sums = np.stack(
        [contributions[:, [b == name for b in blocks]].sum(axis=1) for name in names], axis=1
    )
    reasons = []
    for row in sums:
        order = np.lexsort((np.arange(len(names)), -row))[:most]
        reasons.append([names[i].replace("_", " ") for i in order if row[i] > 0])
    return reasons
