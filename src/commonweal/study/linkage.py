"""The stages that link records: who is who, as of each date of the study and in the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.core.errors import DataError, problem
from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.store import Artefact, write_json
from commonweal.core.tables import read_table, write_table
from commonweal.linkage.answers import Answers, read_answers
from commonweal.linkage.asof import Drift, drift, named_alike
from commonweal.linkage.cells import Ints
from commonweal.linkage.link import Linkage, entities, link_records
from commonweal.linkage.near import near_pairs
from commonweal.linkage.spec import Columns
from commonweal.oversight.disclosure import Disclosure
from commonweal.study.spec import Study
from commonweal.study.stages import ALIASES, ANSWERS, IDENTITIES, Workshop, code_below

COLUMNS = Columns(
    source="source", record="record_id", occurred_on="occurred_on", known_on="known_on",
    terminal="terminal",
)  # fmt: skip
_COPY = "~"


@dataclass(frozen=True, slots=True)
class Linked:
    """Records with the people they were found to be of.

    Parameters
    ----------
    records
        Every source's events; linked ones carry their people's ids.
    linkage
        The linkage itself, None where nothing is linked.
    stages
        The stages made.
    """

    records: Mapping[str, Artefact]
    linkage: Artefact | None = None
    stages: tuple[Artefact, ...] = ()


def link(shop: Workshop, made: Mapping[str, Artefact], digests: Mapping[str, str]) -> Linked:
    """Link the records of the sources that are to be linked.

    Parameters
    ----------
    shop
        Where stages are made.
    made
        Source -> its events.
    digests
        Hashes of the inputs; a review's answers are among them.

    Returns
    -------
    Linked
        `made`, with linked sources replaced.

    Raises
    ------
    DataError
        If the records cannot be linked as declared, or a review's answers are not there.

    Notes
    -----
    Probabilities, weights and threshold are learned from records known before the study's first
    as-of date. Whose a record is at an as-of date follows from the records known before it.
    """
    names = shop.study.agency.linked()
    if not names:
        return Linked(made)
    crosswalk = _linkage(shop, {name: made[name] for name in names}, digests.get(ANSWERS))
    replaced = {name: _source(shop, name, made[name], crosswalk) for name in names}
    return Linked({**made, **replaced}, crosswalk, (crosswalk, *replaced.values()))


def linkable(study: Study, made: Mapping[str, Artefact]) -> pa.Table:
    """Return the records to be linked, source by source, in the order of their ids.

    Raises
    ------
    DataError
        If a source holds a record id twice.
    """
    spec = study.agency.linkage
    assert spec is not None
    fields = {c for name, field in spec.fields.items() for c in (name, *field.also)}
    fields |= {spec.trusted_id.column} if spec.trusted_id else set()
    parts = []
    for name in sorted(made):
        own = sorted(fields & set(study.agency.sources[name].columns))
        table = read_table(
            made[name].file("events.parquet"), ["record_id", "occurred_on", "known_on", *own]
        )
        if pc.count_distinct(table["record_id"]).as_py() < table.num_rows:
            what = "holds a record id more than once, so its records cannot be told apart"
            raise problem(DataError, f"sources.{name}.record", what, "name columns that do")
        table = table.append_column("source", pa.array([name]).take(_zeros(table.num_rows)))
        terminal = pa.array([name in spec.terminal]).take(_zeros(table.num_rows))
        parts.append(table.append_column("terminal", terminal))
    return pa.concat_tables(_alike(parts), promote_options="default")


def _zeros(count: int) -> pa.Array:
    return pa.array(np.zeros(count, np.int8))


def _alike(parts: list[pa.Table]) -> list[pa.Table]:
    """Cast a column that two sources hold as different types to text."""
    kinds: dict[str, set[pa.DataType]] = {}
    for table in parts:
        for field in table.schema:
            kinds.setdefault(field.name, set()).add(field.type)
    mixed = {name for name, types in kinds.items() if len(types) > 1}
    return [
        pa.table({
            name: table[name].cast(pa.string()) if name in mixed else table[name]
            for name in table.column_names
        })
        for table in parts
    ]  # fmt: skip


def _linkage(shop: Workshop, made: Mapping[str, Artefact], digest: str | None) -> Artefact:
    study = shop.study
    spec = study.agency.linkage
    assert spec is not None
    dates = study.spec.cohort.as_of.dates()
    answers = study.answers
    if digest == "missing":
        mend = "write it with commonweal link review, or drop the setting"
        raise problem(DataError, f"linkage.answers: {spec.answers}", "there is no such file", mend)

    def write(folder: Path) -> None:
        table = linkable(study, made)
        read = _read(table, answers)
        found = link_records(
            table, spec, COLUMNS, seed=study.spec.study.seed, threads=shop.threads,
            before=dates[0], answers=read, progress=shop.progress,
        )  # fmt: skip
        names = _names(table, found.entity)
        then, drifts = _identities(table, found, names, dates)
        _write(folder, table, found, names, then)
        if read is not None:
            write_table(_kept(table, found, read), folder / "answers.parquet")
        write_json(folder / "drift.json", [_described(one) for one in drifts])

    settings = [spec, study.spec.study.seed, dates, digest, sorted(made)]
    return shop.make("linkage", code_below("linkage", "study/linkage.py"), settings, made, write)


def _read(table: pa.Table, answers: Path | None) -> Answers | None:
    if answers is None:
        return None
    keys = zip(table["source"].to_pylist(), table["record_id"].to_pylist(), strict=True)
    return read_answers(answers, {key: row for row, key in enumerate(keys)})


def _kept(table: pa.Table, found: Linkage, answers: Answers) -> pa.Table:
    """Return a review's answers, and whether what was said is how it is."""
    together = found.entity[answers.left] == found.entity[answers.right]
    columns: dict[str, Any] = {}
    for number, rows in enumerate((answers.left, answers.right), start=1):
        columns[f"source_{number}"] = table["source"].take(pa.array(rows))
        columns[f"record_{number}"] = table["record_id"].take(pa.array(rows))
    return pa.table({**columns, "same": answers.same, "kept": together == answers.same})


def _names(table: pa.Table, entity: Ints) -> pa.Array:
    """Return people's ids: source and id of their first record."""
    _, first = np.unique(entity, return_index=True)
    # Rows are sorted by source and record, so the first row is the person's first record.
    order = pc.sort_indices(table, [("source", "ascending"), ("record_id", "ascending")])
    rank = np.empty(len(entity), np.int64)
    rank[np.asarray(order)] = np.arange(len(entity))
    least = np.full(len(first), len(entity), np.int64)
    np.minimum.at(least, entity, rank)
    rows = order.take(pa.array(least))
    parts = [table[name].combine_chunks().take(rows) for name in ("source", "record_id")]
    return pc.binary_join_element_wise(*parts, ":")


def _identities(
    table: pa.Table, found: Linkage, names: pa.Array, dates: tuple[date, ...]
) -> tuple[pa.Table, list[Drift]]:
    """Return whose records were, at each date, where that is not whose they are in the end."""
    parts, drifts = [], []
    place = found.candidates.prepared.place
    for as_of in dates:
        clusters, known = found.candidates.put_together(as_of)
        then = entities(found.candidates, clusters)
        visible = np.empty(len(known), np.bool_)
        visible[place] = known
        drifts.append(drift(as_of, then, found.entity, visible))
        person, copy = named_alike(then, found.entity, visible)
        rows = np.flatnonzero(visible & ((person != found.entity) | (copy > 0)))
        copies = copy[rows].tolist()
        marks = pa.array([f"{_COPY}{n}" if n else "" for n in copies], pa.string())
        whole = names.take(pa.array(person[rows]))
        parts.append(pa.table({
            "as_of": pa.array([as_of] * len(rows), pa.date32()),
            "source": table["source"].take(pa.array(rows)),
            "record_id": table["record_id"].take(pa.array(rows)),
            "entity_id": pc.binary_join_element_wise(whole, marks, ""),
            "in_the_end": whole,
        }))  # fmt: skip
    return pa.concat_tables(parts).combine_chunks(), drifts


def _write(folder: Path, table: pa.Table, found: Linkage, names: pa.Array, then: pa.Table) -> None:
    crosswalk = pa.table({
        "source": table["source"], "record_id": table["record_id"],
        "entity_id": names.take(pa.array(found.entity)),
        "probability": pa.array(found.probability.astype(np.float32)),
        "quarantined": pa.array(found.quarantined),
    })  # fmt: skip
    by = [("source", "ascending"), ("record_id", "ascending")]
    write_table(crosswalk.sort_by(by), folder / "crosswalk.parquet")
    write_table(then.sort_by([("as_of", "ascending"), *by]), folder / IDENTITIES)
    write_table(near_pairs(table, found), folder / "near.parquet")
    write_json(folder / "metrics.json", [metric.record() for metric in found.quality])
    write_json(folder / "findings.json", found.findings)
    write_json(folder / "summary.json", {
        "sentence": found.sentence(), "records": len(found.entity), "people": found.people,
        "threshold": found.threshold, "single_pair": found.ties.share,
        "with_several": found.ties.with_several, "on_one_pair": found.ties.on_one_pair,
    })  # fmt: skip


def _described(one: Drift) -> dict[str, object]:
    return {
        "as_of": one.as_of.isoformat(), "records": one.records, "people": one.people,
        "changed": one.changed, "joined": one.joined, "parted": one.parted,
    }  # fmt: skip


def _source(shop: Workshop, name: str, events: Artefact, crosswalk: Artefact) -> Artefact:
    """Give a source's events the ids of the people they were found to be of."""

    def write(folder: Path) -> None:
        mine = pc.field("source") == name
        whose = read_table(crosswalk.file("crosswalk.parquet")).filter(mine)
        table = read_table(events.file("events.parquet"))
        table = table.take(pc.sort_indices(table, [("record_id", "ascending")]))
        at = table.column_names.index("entity_id")
        table = table.set_column(at, "entity_id", whose["entity_id"])
        first = ["entity_id", "known_on", "occurred_on", "record_id"]
        write_table(
            table.sort_by([(column, "ascending") for column in first]), folder / "events.parquet"
        )
        then = read_table(crosswalk.file(IDENTITIES)).filter(mine)
        write_table(then.select(["as_of", "record_id", "entity_id"]), folder / IDENTITIES)
        renamed = read_table(crosswalk.file(IDENTITIES), ["entity_id", "in_the_end"])
        aliases = renamed.group_by(["entity_id", "in_the_end"]).aggregate([])
        aliases = aliases.filter(pc.field("entity_id") != pc.field("in_the_end"))
        write_table(aliases.sort_by("entity_id"), folder / ALIASES)
        write_json(folder / "report.json", events.json("report.json"))

    parents = {"events": events, "linkage": crosswalk}
    code = code_below("linkage", "study/linkage.py")
    return shop.make(f"linked/{name}", code, [name], parents, write)


def linkage_findings(study: Study, linkage: Artefact | None, rule: Disclosure) -> list[Finding]:
    """Return what the linkage's checks found, less counts that may not be shown."""
    if linkage is None:
        message = "Records carry the agency's own ids; nothing was linked."
        return [Finding(code="linkage.people", severity=Severity.NOT_APPLICABLE, message=message)]
    raw: Any = linkage.json("findings.json")
    found = [Finding(**{**one, "severity": Severity(one["severity"])}) for one in raw]
    summary: Any = linkage.json("summary.json")
    return [
        Finding(
            code="linkage.people", severity=Severity.PASS, message=summary["sentence"],
            count=summary["records"],
        ),
        *(_safe(one, rule) for one in found),
        *(_safe(one, rule) for one in _drift_findings(linkage)),
        *_window_findings(study),
    ]  # fmt: skip


def _safe(finding: Finding, rule: Disclosure) -> Finding:
    """Take a small count, and the sentence that says it, out."""
    if finding.count is None or rule.safe(finding.count):
        return finding
    message = "A count of 1 to 10, which is not shown."
    return Finding(
        code=finding.code, severity=finding.severity, message=message, where=finding.where
    )


def _drift_findings(linkage: Artefact) -> Iterator[Finding]:
    raw: Any = linkage.json("drift.json")
    for one in raw:
        described = _drift(one)
        changed = described.joined + described.parted
        yield Finding(
            code="linkage.later-records",
            severity=Severity.WARN if changed > 0.1 else Severity.PASS,
            message=described.sentence(), where=one["as_of"], count=described.changed,
        )  # fmt: skip


def _window_findings(study: Study) -> Iterator[Finding]:
    linked = set(study.agency.linked())
    for name, spec in sorted(study.agency.episodes.items()):
        if spec.of in linked:
            message = (
                f"Windows of {spec.of} are made of the people its records turn out to be of: at "
                "earlier dates some were not known to be one person's yet."
            )
            yield Finding(
                code="linkage.windows", severity=Severity.WARN, message=message, where=name
            )


def linkage_metrics(linkage: Artefact | None, rule: Disclosure) -> list[Metric]:
    """Return the linkage's figures: quality by group, people, what later records change."""
    if linkage is None:
        return []
    raw: Any = linkage.json("metrics.json")
    found = [Metric(**one) for one in raw if rule.safe(one["n"])]
    summary: Any = linkage.json("summary.json")
    people = summary["people"]
    found += [
        Metric(metric="linkage.people", value=people, n=summary["records"]),
        Metric(metric="linkage.single_pair", value=summary["single_pair"], n=people),
    ]
    if not rule.safe(summary["on_one_pair"]):
        del found[-1]
    drifts: Any = linkage.json("drift.json")
    for raw_drift in drifts:
        one = _drift(raw_drift)
        if rule.safe(one.changed):
            found += [
                Metric(
                    metric=f"linkage.later.{name}", value=getattr(one, name), n=one.people,
                    as_of=one.as_of,
                )
                for name in ("unchanged", "joined", "parted")
            ]  # fmt: skip
    return found


def _drift(raw: Any) -> Drift:
    return Drift(**{**raw, "as_of": date.fromisoformat(raw["as_of"])})
