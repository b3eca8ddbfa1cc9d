"""The same work on several things at once; what comes out does not depend on how many threads."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(work: Callable[[Item], Result], items: Iterable[Item], threads: int) -> list[Result]:
    """Return ``work(item)`` for every item, in the order of the items.

    Parameters
    ----------
    work
        What is done; it may not change anything that another item's work reads.
    items
        What it is done to.
    threads
        How many at once. The first error, in the order of the items, is raised.
    """
    if threads <= 1:
        return [work(item) for item in items]
    with ThreadPoolExecutor(max_workers=threads) as pool:
        try:
            return list(pool.map(work, items))
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            sys.stderr.write("stopping after the work in hand; interrupt again to stop now\n")
            raise


def once(work: Callable[[], Result]) -> Callable[[], Result]:
    """Return a function that does `work` when first called, by whichever thread, and keeps it."""
    lock, kept = Lock(), list[Result]()

    def get() -> Result:
        with lock:
            if not kept:
                kept.append(work())
        return kept[0]

    return get
