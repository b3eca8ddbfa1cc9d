"""A sample's own history in featuretools: counts by where-clauses, a training window a call.

Run in an environment of its own (`make featuretools`). It is given only events that are known at
the as-of date, of the people asked for, each incident once: it has no word for these.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
import featuretools as ft  # noqa: E402
from featuretools.primitives import Count, TimeSinceFirst, TimeSinceLast  # noqa: E402
from work import Source, Work, contend  # noqa: E402

PEOPLE = int(os.environ.get("FEATURETOOLS_PEOPLE", "2000"))
Frames = Mapping[str, pd.DataFrame]


def read(work: Work, day: date) -> Frames:
    """Read the events of the cohort's sampled people."""
    cohort = pd.read_parquet(work.data / "cohort.parquet")
    cohort = cohort[pd.to_datetime(cohort.as_of) == pd.Timestamp(day)].sort_values("row")
    cohort = cohort.assign(row=np.arange(len(cohort)))[["row", "entity_id"]]
    cohort = cohort.sample(min(PEOPLE, len(cohort)), random_state=1).sort_values("row")
    frames = {"cohort": cohort}
    for source, one in work.sources.items():
        columns = ["entity_id", "event_id", "occurred_on", "known_on", one.column]
        frame = pd.read_parquet(work.events(source), columns=columns)
        frame = frame[frame.entity_id.isin(cohort.entity_id)]
        frame = frame.rename(columns={one.column: "code"})
        frame = frame[pd.to_datetime(frame.known_on) < pd.Timestamp(day)]
        frame = frame.drop_duplicates(["entity_id", "event_id"])
        frame["occurred_on"] = pd.to_datetime(frame.occurred_on)
        frame = frame[["entity_id", "occurred_on", "code"]].reset_index(drop=True)
        frames[source] = frame.assign(record=np.arange(len(frame)))
    return frames


def compute(work: Work, day: date, frames: Frames) -> dict[str, np.ndarray]:
    """Return all columns of the sample at one as-of date; windows end the day before it."""
    cohort = frames["cohort"]
    cutoff = pd.DataFrame({"entity_id": cohort.entity_id.to_numpy()})
    cutoff["time"] = pd.Timestamp(day - timedelta(days=1))
    columns = {"row": cohort.row.to_numpy()}
    entities = assembled(work, frames)
    for source, one in work.sources.items():
        counts, since = features(entities, source, one)
        for slug, days in zip(work.slugs, (*work.windows, None), strict=True):
            asked = counts if days is not None else counts | since
            window = None if days is None else ft.Timedelta(days, "d")
            made = ft.calculate_feature_matrix(
                list(asked.values()), entities, cutoff_time=cutoff, training_window=window,
                n_jobs=1,
            ).loc[cohort.entity_id]  # fmt: skip
            for name, feature in asked.items():
                values = made[feature.get_name()].to_numpy(np.float32)
                if name in since:  # seconds, to the day before
                    columns[name] = np.round(values / 86_400) + 1
                else:
                    columns[f"{name}.{slug}"] = np.nan_to_num(values)
    return columns


def assembled(work: Work, frames: Frames) -> ft.EntitySet:
    """Return people and their events, with a column for each index and code to be filtered by."""
    entities = ft.EntitySet("city")
    people = frames["cohort"][["entity_id"]]
    text = {"entity_id": "Categorical"}
    entities.add_dataframe(people, "people", index="entity_id", logical_types=text)
    for source, one in work.sources.items():
        frame = frames[source].assign(
            **{index: frames[source].code.isin(codes) for index, codes in one.indices.items()}
        )
        kinds = text | {"code": "Categorical"} | dict.fromkeys(one.indices, "Boolean")
        entities.add_dataframe(
            frame, source, index="record", time_index="occurred_on", logical_types=kinds
        )
        entities.add_relationship("people", "entity_id", source, "entity_id")
    entities.add_last_time_indexes()
    return entities


def features(
    entities: ft.EntitySet, source: str, one: Source
) -> tuple[dict[str, ft.Feature], dict[str, ft.Feature]]:
    """Return the counts, and the days since the first and the last, by the stem of their name."""
    record = ft.Feature(entities[source].ww["record"])
    when = ft.Feature(entities[source].ww["occurred_on"])
    code = ft.Feature(entities[source].ww["code"])
    counts, since = {}, {}
    for index in one.indices:
        where = ft.Feature(entities[source].ww[index]) == True  # noqa: E712
        given = {"parent_dataframe_name": "people", "where": where}
        counts[f"{source}.{index}.count"] = ft.Feature(record, primitive=Count, **given)
        for end, primitive in (("first", TimeSinceFirst), ("last", TimeSinceLast)):
            made = ft.Feature(when, primitive=primitive, **given)
            since[f"{source}.{index}.days_since_{end}"] = made
    for each in one.codes:
        counts[f"{source}.{one.column}={each}.count"] = ft.Feature(
            record, parent_dataframe_name="people", primitive=Count, where=code == each
        )
    return counts, since


if __name__ == "__main__":
    contend(read, compute)
