"""One seed, named streams, and an order among equals that no row order can change."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def seed_for(seed: int, *names: str) -> int:
    """Return a 31-bit seed for the stream called `names`, fixed by the study's one seed."""
    digest = hashlib.sha256("\x1f".join([str(seed), *names]).encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def stream(seed: int, *names: str) -> np.random.Generator:
    """Return the random stream called `names`: streams of different names are independent."""
    digest = hashlib.sha256("\x1f".join([str(seed), *names]).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))


def keyed_hash(key: bytes, text: str) -> str:
    """HMAC-SHA256 of `text` in hexadecimal: stable, and meaningless without the key."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def tie_break(seed: int, ids: Iterable[str]) -> NDArray[np.uint64]:
    """Return a pseudo-random number per id that decides between equal scores.

    It depends on the id and the seed alone, so neither row order nor the number of threads
    can change who comes first, and no one is favoured for the spelling of an id.
    """
    key = f"tie-break:{seed}".encode()
    numbers = [int(keyed_hash(key, text)[:16], 16) for text in ids]
    return np.array(numbers, dtype=np.uint64)
