"""Clerical review: pairs near the threshold, side by side, and what the answers come to."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from commonweal.core.errors import StudyError, problem
from commonweal.core.store import atomic_write
from commonweal.core.tables import read_table
from commonweal.linkage.answers import Reviewed, read_answers, reviewed
from commonweal.reports.review import Pair, Side, render_review
from commonweal.study.load import load
from commonweal.study.offer import inert
from commonweal.study.spec import Study
from commonweal.study.verify import read_manifest


@dataclass(frozen=True, slots=True)
class Review:
    """What was written for clerks.

    Parameters
    ----------
    page, table
        The page to look at, and the file to answer in.
    pairs
        How many pairs stand in them.
    """

    page: Path
    table: Path
    pairs: int


def write_review(out: Path, to: Path) -> Review:
    """Write pairs near the threshold, both records side by side.

    The order is drawn by lot, and neither file says how likely a pair is to be one person's:
    a clerk is to judge by the records.

    Parameters
    ----------
    out
        Folder of a run, or of `commonweal link run`.
    to
        Folder for ``review.html`` and ``review.csv``; it holds names, so it may not lie in the
        run's folder.

    Raises
    ------
    StudyError
        If the folder holds no linkage, or `to` lies in it, or a review is there already.
    """
    study, near, _ = _opened(out)
    if to.resolve().is_relative_to(out.resolve()):
        raise problem(StudyError, str(to), "lies in the run's folder", "write it elsewhere")
    if (to / "review.csv").exists():
        mend = "read its answers, or name another folder"
        raise problem(StudyError, str(to / "review.csv"), "is there already", mend)
    columns = _columns(study)
    records = {name: _records(out, name, columns) for name in study.agency.linked()}
    pairs = tuple(_pairs(near, records))
    atomic_write(to / "review.csv", _as_csv(pairs, columns))
    atomic_write(
        to / "review.html", render_review(study.agency.name, columns, _changing(study), pairs)
    )
    return Review(to / "review.html", to / "review.csv", len(pairs))


def read_review(out: Path, answers: Path) -> Reviewed:
    """Say what a review's answers come to.

    Raises
    ------
    DataError
        Naming every row of the answers that cannot be read.
    StudyError
        If the folder holds no linkage, or none of the pairs is near its threshold: a run that
        uses the answers already draws other pairs.
    """
    _, near, threshold = _opened(out)
    folder = _folder(out, read_manifest(out), "linkage")
    every = read_table(folder / "crosswalk.parquet", ["source", "record_id"])
    ends = [
        list(zip(near[f"source_{n}"].to_pylist(), near[f"record_{n}"].to_pylist(), strict=True))
        for n in (1, 2)
    ]
    keys = zip(every["source"].to_pylist(), every["record_id"].to_pylist(), strict=True)
    place = {key: row for row, key in enumerate(keys)}
    read = read_answers(answers, place)
    known = {
        frozenset((place[a], place[b])): row for row, (a, b) in enumerate(zip(*ends, strict=True))
    }
    asked = zip(read.left.tolist(), read.right.tolist(), strict=True)
    rows = np.array([known.get(frozenset(pair), -1) for pair in asked], np.int64)
    hit = rows >= 0
    if len(rows) and not hit.any():
        what = "holds no pair that is near the threshold of this run"
        mend = "where [linkage] uses these answers, finding linkage.review says what they came to"
        raise problem(StudyError, answers.name, what, mend)
    odds = near["log_odds"].to_numpy()[rows[hit]] + threshold
    return reviewed(odds, read.same[hit], read.unsure, threshold)


def _opened(out: Path) -> tuple[Study, pa.Table, float]:
    """Return the study of a run, its pairs near the threshold, and the threshold."""
    manifest = read_manifest(out)
    study = load(out / "study.toml", out, out / "agency.toml")
    folder = _folder(out, manifest, "linkage")
    near = read_table(folder / "near.parquet")
    return study, near, float(_summary(folder)["threshold"])


def _summary(folder: Path) -> Any:
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


def _folder(out: Path, manifest: Any, stage: str) -> Path:
    for one in manifest["stages"]:
        if one["stage"] == stage:
            return out / "store" / str(one["folder"])
    mend = "add [linkage] to the agency file and run the study"
    raise problem(StudyError, str(out), "links no records", mend)


def _columns(study: Study) -> list[str]:
    spec = study.agency.linkage
    assert spec is not None
    trusted = [spec.trusted_id.column] if spec.trusted_id else []
    return [*spec.fields, *trusted, "occurred_on"]


def _changing(study: Study) -> list[str]:
    spec = study.agency.linkage
    assert spec is not None
    return ["occurred_on", *(name for name, field in spec.fields.items() if field.kind == "age")]


def _records(out: Path, name: str, columns: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return record id -> what stands in it, as text."""
    manifest = read_manifest(out)
    table = read_table(_folder(out, manifest, f"records/{name}") / "events.parquet")
    held = [column for column in columns if column in table.column_names]
    texts = {column: table[column].cast(pa.string()).to_pylist() for column in held}
    ids = table["record_id"].to_pylist()
    return {
        record: {column: texts[column][row] or "" for column in held}
        for row, record in enumerate(ids)
    }


def _pairs(near: pa.Table, records: dict[str, dict[str, dict[str, str]]]) -> Iterable[Pair]:
    order = np.random.default_rng(near.num_rows).permutation(near.num_rows)
    rows = near.take(pa.array(order)).to_pylist()
    for number, row in enumerate(rows, start=1):
        sides = [
            Side(row[f"source_{n}"], row[f"record_{n}"],
                 records[row[f"source_{n}"]][row[f"record_{n}"]])
            for n in (1, 2)
        ]  # fmt: skip
        yield Pair(number, sides[0], sides[1])


def _as_csv(pairs: tuple[Pair, ...], columns: list[str]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    ids = ["pair", "answer", "source_1", "record_1", "source_2", "record_2"]
    writer.writerow([*ids, *(f"{column}_{n}" for column in columns for n in (1, 2))])
    for pair in pairs:
        one, two = pair.one, pair.two
        held = [side.values.get(column, "") for column in columns for side in (one, two)]
        cells = [pair.number, "", one.source, one.record, two.source, two.record, *held]
        writer.writerow([inert(cell) for cell in cells])
    return text.getvalue()
