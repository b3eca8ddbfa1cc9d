"""What a finished run holds: its stages, whether its files are sound, and where a person is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from commonweal.core.tables import read_table
from commonweal.study.matrix import CELLS
from commonweal.study.verify import read_manifest, verify

_MOST = 8
"""Most parents of a stage that are named."""


def stages(out: Path) -> list[str]:
    """Return a line a stage: name, fingerprint, what it read."""
    manifest = read_manifest(out)
    lines = [f"{manifest['study']}: {len(manifest['stages'])} stages"]
    for stage in manifest["stages"]:
        read = [name.strip("_") for name in stage["parents"]]
        more = f" and {len(read) - _MOST} more" if len(read) > _MOST else ""
        parents = ", ".join(read[:_MOST]) + more or "raw tables"
        lines.append(f"{stage['stage']:32} {stage['key'][:12]}  from {parents}")
    return lines


def verified(out: Path) -> list[str]:
    """Check every file against the hash in the manifest.

    Raises
    ------
    DataError
        Naming every file that is missing or was changed.
    """
    return [f"{verify(out)} files are as the run wrote them."]


def trace(out: Path, entity: str) -> list[str]:
    """List what is held about one entity: its source records, and every artefact it is in.

    Whoever must remove a person removes these records from the tables and runs the study
    again: every artefact that saw one of them has them among its ancestors and is made anew.

    Parameters
    ----------
    out
        Folder of the run.
    entity
        The entity's id.
    """
    manifest: Any = read_manifest(out)
    lines: list[str] = []
    rows: dict[str, list[int]] = {}
    touched: set[str] = set()
    names = [stage["stage"] for stage in manifest["stages"]]
    linked = {_own(name)[1].partition("/")[2] for name in names if "linked/" in name}
    for stage in manifest["stages"]:
        folder = out / "store" / stage["folder"]
        name = stage["stage"]
        variant, own = _own(name)
        kind, _, source = own.partition("/")
        if kind == "linked" or (kind == "records" and source not in linked):
            found = _records(folder, entity)
            lines += [f"record {source}: {record}" for record in found]
        elif own == "repeats":
            found = []
            entity = _person(folder, entity)
        elif own == "cohort":
            found, rows[variant] = _rows(folder, entity)
            lines += [f"cohort{variant and f' of {variant}'} as of {day}" for day in found]
        else:
            mine = rows.get(variant, rows.get("", []))
            found = [str(row) for row in mine] if _by_row(folder) else []
        if found or any(parent in touched for parent in stage["parents"].values()):
            touched.add(stage["content"])
            held = (
                f"{len(found)} rows of this entity" if found else "made from this entity's records"
            )
            lines.append(f"artefact {name} ({stage['folder']}): {held}")
    return lines or [f"no record of {entity!r}"]


def _own(stage: str) -> tuple[str, str]:
    """Return the variant whose own stage it is, empty for none, and the stage's name in it."""
    if not stage.startswith("variants/"):
        return "", stage
    _, variant, own = stage.split("/", 2)
    return variant, own


def _records(folder: Path, entity: str) -> list[str]:
    table = read_table(folder / "events.parquet", ["entity_id", "record_id"])
    mine = table.filter(pc.equal(table["entity_id"], pa.scalar(entity)))
    return [str(record) for record in mine["record_id"].to_pylist()]


def _person(folder: Path, entity: str) -> str:
    """Return the id under which later stages hold an id's person."""
    table = read_table(folder / "people.parquet", ["entity_id", "person_id"])
    mine = table.filter(pc.equal(table["entity_id"], pa.scalar(entity)))
    return str(mine["person_id"][0]) if mine.num_rows else entity


def _rows(folder: Path, entity: str) -> tuple[list[str], list[int]]:
    table = read_table(folder / "cohort.parquet")
    mine = table.filter(pc.equal(table["entity_id"], pa.scalar(entity)))
    return [str(day) for day in mine["as_of"].to_pylist()], mine["row"].to_pylist()


def _by_row(folder: Path) -> bool:
    """Return whether the artefact has one row a cohort row."""
    return any((folder / name).exists() for name in ("labels.parquet", "groups.parquet", CELLS))
