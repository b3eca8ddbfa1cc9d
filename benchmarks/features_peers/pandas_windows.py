"""A person's own history the usual way in pandas: join, filter, and one groupby a window.

Events are joined with the cohort and those not yet known are dropped; every window is counted for
all codes at once, and an index is the sum of its codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
from work import Source, Work, contend

Frames = Mapping[str, pd.DataFrame]


def read(work: Work, _: date) -> Frames:
    """Read events, codes as categories, and the cohort."""
    frames = {"cohort": pd.read_parquet(work.data / "cohort.parquet")}
    for source, one in work.sources.items():
        columns = ["entity_id", "event_id", "occurred_on", "known_on", one.column]
        frame = pd.read_parquet(work.events(source), columns=columns)
        frame = frame.rename(columns={one.column: "code"})
        frame["code"] = frame.code.astype(pd.CategoricalDtype(list(one.codes)))
        for column in ("occurred_on", "known_on"):
            frame[column] = pd.to_datetime(frame[column])
        frames[source] = frame
    return frames


def compute(work: Work, day: date, frames: Frames) -> dict[str, np.ndarray]:
    """Return all columns at one as-of date."""
    cohort = frames["cohort"]
    cohort = cohort[pd.to_datetime(cohort.as_of) == pd.Timestamp(day)].sort_values("row")
    cohort = cohort.assign(row=np.arange(len(cohort)))[["row", "entity_id"]]
    columns: dict[str, np.ndarray] = {}
    for source, one in work.sources.items():
        past = cohort.merge(frames[source], on="entity_id")
        past = past[past.known_on < pd.Timestamp(day)].drop_duplicates(["row", "event_id"])
        past = past[["row", "occurred_on", "code"]]
        columns |= counted(work, source, one, past, pd.Timestamp(day), len(cohort))
        columns |= dated(source, one, past, pd.Timestamp(day), len(cohort))
    return columns


def counted(
    work: Work, source: str, one: Source, past: pd.DataFrame, day: pd.Timestamp, rows: int
) -> dict[str, np.ndarray]:
    """Count window by window."""
    columns = {}
    for slug, days in zip(work.slugs, (*work.windows, None), strict=True):
        recent = past if days is None else past[past.occurred_on >= day - pd.Timedelta(days=days)]
        table = recent.groupby(["row", "code"], observed=True).size().unstack(fill_value=0)
        table = table.reindex(index=range(rows), columns=list(one.codes), fill_value=0)
        table = table.astype(np.float32)
        for index, codes in one.indices.items():
            columns[f"{source}.{index}.count.{slug}"] = table[list(codes)].sum(axis=1).to_numpy()
        for code in one.codes:
            columns[f"{source}.{one.column}={code}.count.{slug}"] = table[code].to_numpy()
    return columns


def dated(
    source: str, one: Source, past: pd.DataFrame, day: pd.Timestamp, rows: int
) -> dict[str, np.ndarray]:
    """Return the days since the first and the most recent incident of each index."""
    columns = {}
    for index, codes in one.indices.items():
        chosen = past if index == "all" else past[past.code.isin(codes)]
        found = chosen.groupby("row").occurred_on.agg(["min", "max"]).reindex(range(rows))
        for end, column in (("first", "min"), ("last", "max")):
            columns[f"{source}.{index}.days_since_{end}"] = (day - found[column]).dt.days.to_numpy(
                np.float32, na_value=np.nan
            )
    return columns


if __name__ == "__main__":
    contend(read, compute)
