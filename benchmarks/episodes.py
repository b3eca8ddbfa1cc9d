"""What making windows costs, beside sorting the same records alone (`--quick`: 100,000 records).

Random intervals of up to 90 days over 20 years, two and a half a person, a twentieth of them open,
some known or closed late; four columns, one of them decided later. Every version is made.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
import pyarrow as pa
from measuring import cpu_of, figure, show

from commonweal.records.episode_spec import EpisodeSpec, Resolution
from commonweal.records.episodes import episodes

LEVELS = ("low", "middle", "high")
SPEC = EpisodeSpec(
    of="case",
    ends="end",
    columns={
        "sex": Resolution(rule="mode"),
        "level": Resolution(rule="most_severe", order=LEVELS),
        "cost": Resolution(rule="sum"),
        "hurt": Resolution(rule="any"),
    },
)


def events(records: int, people: int, seed: int = 0) -> pa.Table:
    """Draw the events of a source as `assemble_source` returns them."""
    rng = np.random.default_rng(seed)
    start = rng.integers(10_000, 17_300, records)
    known = start + rng.integers(0, 5, records)
    end = start + rng.integers(0, 90, records)
    still_open = rng.random(records) < 0.05

    def dates(days: np.ndarray, missing: np.ndarray | None = None) -> pa.Array:
        return pa.array(days.astype(np.int32), mask=missing).cast(pa.date32())

    ids = pa.array([f"r{i:08d}" for i in range(records)])
    return pa.table({
        "record_id": ids, "event_id": ids,
        "entity_id": pa.array([f"p{i}" for i in rng.integers(0, people, records)]),
        "role": pa.array(["child"] * records),
        "occurred_on": dates(start), "known_on": dates(known),
        "end": dates(end, still_open),
        "end__known_on": dates(np.maximum(end, known), still_open),
        "sex": pa.array(rng.choice(["f", "m"], records)),
        "level": pa.array(rng.choice(LEVELS, records)),
        "level__known_on": dates(known + 20),
        "cost": pa.array(rng.integers(0, 5, records)),
        "hurt": pa.array(rng.random(records) < 0.5),
    })  # fmt: skip


def main() -> None:
    """Measure one run beside sorting the same records alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100,000 records")
    asked = parser.parse_args()
    records = 100_000 if asked.quick else 1_000_000
    table = events(records, records * 2 // 5)
    order = [(name, "ascending") for name in ("entity_id", "known_on", "occurred_on", "record_id")]
    floor = cpu_of(lambda: table.sort_by(order), 1)
    began = time.process_time()
    made = episodes(table, SPEC)
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{records:,} records, {made.report.windows:,} windows, "
          f"{made.events.num_rows:,} versions, {made.report.withdrawn:,} withdrawn")  # fmt: skip
    show([
        figure("windows, a million records", seconds / (records / 1e6), "CPU s", "<= 6"),
        figure("windows to sorting the records alone", seconds / floor, "times", "<= 15"),
        figure("peak of memory", peak, "GB", "<= 2"),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
