"""A person's own history in Polars: one group_by with one filtered aggregate a column.

Run in the environment of the peers (`make peers`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date, timedelta

os.environ.setdefault("POLARS_MAX_THREADS", "2")

import numpy as np
import polars as pl
from work import Source, Work, contend

Frames = Mapping[str, pl.DataFrame]


def read(work: Work, _: date) -> Frames:
    """Read events, codes as an enumeration, and the cohort."""
    frames = {"cohort": pl.read_parquet(work.data / "cohort.parquet")}
    for source, one in work.sources.items():
        code = pl.col(one.column).cast(pl.Enum(list(one.codes))).alias("code")
        wanted = ("entity_id", "event_id", "occurred_on", "known_on", code)
        frames[source] = pl.scan_parquet(work.events(source)).select(*wanted).collect()
    return frames


def compute(work: Work, day: date, frames: Frames) -> dict[str, np.ndarray]:
    """Return all columns at one as-of date."""
    cohort = frames["cohort"].filter(pl.col("as_of") == day).sort("row")
    cohort = cohort.select("entity_id", row=pl.int_range(pl.len(), dtype=pl.Int32))
    columns: dict[str, np.ndarray] = {}
    for source, one in work.sources.items():
        past = cohort.lazy().join(frames[source].lazy(), on="entity_id")
        past = past.filter(pl.col("known_on") < day).unique(["row", "event_id"])
        past = past.select("row", "occurred_on", "code")
        past = past.with_columns(
            (pl.lit(True) if index == "all" else pl.col("code").is_in(list(codes))).alias(index)
            for index, codes in one.indices.items()
        )
        wide = past.group_by("row").agg(aggregates(work, source, one, day)).collect()
        place = wide["row"].to_numpy()
        for name in wide.columns[1:]:
            empty = np.nan if "days_since" in name else 0
            columns[name] = np.full(len(cohort), empty, np.float32)
            columns[name][place] = wide[name].to_numpy()
    return columns


def aggregates(work: Work, source: str, one: Source, day: date) -> list[pl.Expr]:
    """Return one expression a column."""
    made = []
    when = pl.col("occurred_on")
    for slug, days in zip(work.slugs, (*work.windows, None), strict=True):
        recent = pl.lit(True) if days is None else when >= day - timedelta(days=days)
        series = {index: pl.col(index) for index in one.indices}
        series |= {f"{one.column}={code}": pl.col("code") == code for code in one.codes}
        made += [
            (within & recent).sum().alias(f"{source}.{name}.count.{slug}")
            for name, within in series.items()
        ]
    for index in one.indices:
        for end, found in (("first", when.filter(pl.col(index)).min()),
                           ("last", when.filter(pl.col(index)).max())):  # fmt: skip
            since = (pl.lit(day) - found).dt.total_days()
            made.append(since.alias(f"{source}.{index}.days_since_{end}"))
    return made


if __name__ == "__main__":
    contend(read, compute)
