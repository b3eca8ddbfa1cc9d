from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from commonweal.core.seeds import keyed_hash, seed_for, stream, tie_break

names = st.lists(st.text(), max_size=3)


@given(st.integers(), names)
def test_a_stream_is_its_names(seed: int, called: list[str]) -> None:
    assert seed_for(seed, *called) == seed_for(seed, *called)
    assert 0 <= seed_for(seed, *called) < 2**31
    first, again = stream(seed, *called).random(3), stream(seed, *called).random(3)
    assert first.tolist() == again.tolist()
    assert first.tolist() != stream(seed, *called, "more").random(3).tolist()
    assert first.tolist() != stream(seed + 1, *called).random(3).tolist()


def test_names_do_not_run_together() -> None:
    assert seed_for(1, "ab", "c") != seed_for(1, "a", "bc")
    assert seed_for(11, "a") != seed_for(1, "1a")


def test_ties_are_broken_by_id_and_seed_alone() -> None:
    ids = [f"p{i}" for i in range(500)]
    numbers = tie_break(7, ids)
    assert numbers.dtype == np.uint64
    assert len(set(numbers.tolist())) == 500
    order = np.random.default_rng(0).permutation(500)
    assert tie_break(7, [ids[i] for i in order]).tolist() == numbers[order].tolist()
    assert tie_break(8, ids).tolist() != numbers.tolist()
    # No one is favoured for the spelling of an id: the ranks of low ids are spread out.
    ranks = np.argsort(np.argsort(numbers))
    assert 200 < ranks[:100].mean() < 300


def test_a_keyed_hash_needs_its_key() -> None:
    assert keyed_hash(b"key", "p1") == keyed_hash(b"key", "p1")
    assert keyed_hash(b"key", "p1") != keyed_hash(b"yek", "p1")
    assert len(keyed_hash(b"", "")) == 64


def test_neither_process_nor_hash_seed_matters() -> None:
    code = (
        "from commonweal.core.seeds import seed_for, stream, tie_break;"
        "print(seed_for(1, 'a'), stream(1, 'a').integers(10**9), tie_break(1, ['x', 'y']).tolist())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": zone},
        ).stdout
        for hash_seed, zone in (("0", "UTC"), ("42", "Asia/Tokyo"))
    }  # fmt: skip
    mine = (
        f"{seed_for(1, 'a')} {stream(1, 'a').integers(10**9)} {tie_break(1, ['x', 'y']).tolist()}"
    )
    assert said == {f"{mine}\n"}
