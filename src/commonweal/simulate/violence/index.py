"""The department's own index of persons: which records its clerks hold to be one person's.

It is what agencies have before they link records: fingerprints where there are some, and for
everybody else a clerk's look at the name. It splits people and, more rarely, mixes namesakes up.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from commonweal.core.seeds import stream
from commonweal.simulate.columns import Ints, numbered, words
from commonweal.simulate.sink import Sink
from commonweal.simulate.violence.knobs import Knobs
from commonweal.simulate.violence.names import Identity
from commonweal.simulate.violence.records import Written


def write_index(
    parts: Sequence[Written], identity: Identity, knobs: Knobs, seed: int, sink: Sink
) -> None:
    """Write ``person_index`` (record to person number) and, into the truth, whose each is."""
    rng = stream(seed, "violence", "index")
    person = np.concatenate([part.person for part in parts])
    record = np.concatenate([part.record for part in parts])
    table = np.repeat(np.arange(len(parts)), [part.record.size for part in parts])
    printed = np.concatenate([part.fingerprint for part in parts]) >= 0
    drawn = rng.random(person.size, dtype=np.float32)
    merged = ~printed & (drawn < knobs.index_merges)
    split = (drawn >= 1 - knobs.index_splits) & ~printed
    held = np.where(merged, _namesake(identity, person), person)
    numbers = numbered(identity.given.size + int(split.sum()), seed, "index")
    held[split] = identity.given.size + np.arange(int(split.sum()))
    names = [part.table for part in parts]
    for place, part in enumerate(parts):
        rows = table == place
        sink.put(f"index_{part.table}", pa.table({
            "record_id": part.record, "person_number": numbers[held[rows]],
        }))  # fmt: skip
    sink.reveal("records", pa.table({
        "table": words(table, names),
        "record_id": pa.array(record).cast(pa.string()),
        "person": pa.array(person.astype(np.int32)),
    }))  # fmt: skip


def _namesake(identity: Identity, person: Ints) -> Ints:
    """Return somebody of the same names as each person: the next such, or the person itself."""
    name = identity.surname.astype(np.int64) * (1 << 20) + identity.given
    order = np.argsort(name, kind="stable")
    follower = np.arange(order.size)
    same = name[order[1:]] == name[order[:-1]]
    follower[order[:-1][same]] = order[1:][same]
    found: Ints = follower[person]
    return found
