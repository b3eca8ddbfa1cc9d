"""Linking alone: a run's first stages, the verifier over what they made, and a moved threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from commonweal.core.errors import StudyError, problem
from commonweal.core.progress import Progress, progress
from commonweal.core.results import Metric
from commonweal.core.store import Store
from commonweal.core.tables import read_table
from commonweal.linkage.constraints.registry import constraints
from commonweal.linkage.constraints.rule import Members
from commonweal.linkage.prepare import prepare
from commonweal.linkage.verify import Violation, violations
from commonweal.study import stages
from commonweal.study.chain import chain
from commonweal.study.evaluate import evaluation
from commonweal.study.evaluated import evaluated
from commonweal.study.extras import extras
from commonweal.study.fetched import fetched
from commonweal.study.linkage import COLUMNS, link, linkable
from commonweal.study.load import load
from commonweal.study.openings import Openings
from commonweal.study.prepared import prepare as prepare_records
from commonweal.study.run import alone, write_manifest, write_settings
from commonweal.study.spec import Study
from commonweal.study.verify import read_manifest


@dataclass(frozen=True, slots=True)
class LinkRun:
    """Records linked.

    Parameters
    ----------
    out
        The run's folder; a study run into it goes on from here.
    crosswalk
        Table of (source, record, entity, probability).
    summary
        What came of it, in words.
    warnings
        Findings that warn, in words.
    """

    out: Path
    crosswalk: Path
    summary: str
    warnings: tuple[str, ...]


def link_run(study: Study, out: Path, threads: int = 2) -> LinkRun:
    """Assemble a study's records and link them.

    Parameters
    ----------
    study
        A checked study whose agency declares a linkage.
    out
        The run's folder.
    threads
        Threads used; no byte depends on it.

    Raises
    ------
    StudyError
        If nothing is declared to be linked, or another run uses the folder.
    DataError
        If the records are not as declared, or cannot be linked.
    """
    if not study.agency.linked():
        mend = "add [linkage] to the agency file"
        raise problem(StudyError, study.agency_path.name, "declares nothing to link", mend)
    with fetched(study) as study, alone(out), progress() as shown:
        store = Store(out / "store")
        store.root.mkdir(exist_ok=True)
        store.sweep()
        write_settings(study, out)
        shop = stages.Workshop(study, store, threads, shown)
        digests = stages.input_digests(study)
        raw = stages.records(shop, digests)
        linked = link(shop, raw, digests)
        assert linked.linkage is not None
        finished = [*raw.values(), *linked.stages]
        write_manifest(study, out, digests, finished, [], None)
    found: Any = linked.linkage.json("findings.json")
    summary: Any = linked.linkage.json("summary.json")
    return LinkRun(
        out, linked.linkage.file("crosswalk.parquet"), summary["sentence"],
        tuple(f["message"] for f in found if f["severity"] in ("warn", "fail")),
    )  # fmt: skip


def verify_run(out: Path) -> tuple[int, tuple[tuple[Violation, tuple[str, ...]], ...]]:
    """Hold every person of a run against every rule, record by record.

    Returns
    -------
    people
        How many there are.
    broken
        Who breaks which rule, with the records' sources and ids; nobody in quarantine.

    Raises
    ------
    StudyError
        If the run links no records.
    """
    manifest = read_manifest(out)
    study = load(out / "study.toml", out, out / "agency.toml")
    made = {one["stage"]: Store.read(out / "store" / one["folder"]) for one in manifest["stages"]}
    if "linkage" not in made:
        raise problem(StudyError, str(out), "links no records", "add [linkage] and run it")
    spec = study.agency.linkage
    assert spec is not None
    table = linkable(study, {name: made[f"records/{name}"] for name in study.agency.linked()})
    table = table.sort_by([("source", "ascending"), ("record_id", "ascending")])
    whose = read_table(made["linkage"].file("crosswalk.parquet"))
    entity = np.unique(whose["entity_id"].to_numpy(zero_copy_only=False).astype(str),
                       return_inverse=True)[1].ravel()  # fmt: skip
    ready = prepare(table, spec.fields, spec.trusted_id, COLUMNS)
    members = Members(ready.trusted, ready.occurred, ready.terminal, ready.birth_year, ready.birth)
    aside = whose["quarantined"].to_numpy()
    found = violations(entity[ready.place], members, constraints(spec), aside[ready.place])
    named = []
    for one in found:
        rows = [int(ready.place[row]) for row in one.records]
        ids = zip(table["source"].take(rows).to_pylist(), table["record_id"].take(rows).to_pylist(),
                  strict=True)  # fmt: skip
        named.append((one, tuple(f"{source}:{record}" for source, record in ids)))
    return int(entity.max()) + 1, tuple(named)


@dataclass(frozen=True, slots=True)
class Moved:
    """The study's headline at a moved threshold.

    Parameters
    ----------
    shift
        What was added to the threshold, in log odds.
    threshold
        The threshold.
    people
        People the records were found to be of.
    metrics
        The headline model's AUC, base rate, and precision at the cut-off nearest to capacity.
    """

    shift: float
    threshold: float
    people: int
    metrics: tuple[Metric, ...]

    def sentence(self) -> str:
        """Say it in words."""
        said = [f"threshold {self.threshold:.2f} ({self.shift:+.1f}): {self.people:,} people"]
        for m in self.metrics:
            span = f" ({m.low:.3f} to {m.high:.3f})" if m.low is not None else ""
            at = f" in the top {m.k:,}" if m.k else ""
            said.append(f"{m.metric}{at} {m.value:.3f}{span}, n = {m.n:,}")
        return "; ".join(said) + "."


def move_threshold(
    study: Study, out: Path, shifts: Sequence[float], threads: int = 2
) -> tuple[Moved, ...]:
    """Run the study with other thresholds, and say what its headline would be.

    Parameters
    ----------
    study
        A checked study with a linkage.
    out
        Folder of its run; what does not change is not computed again.
    shifts
        What to add to the threshold, in log odds. Above 0 fewer records are put together.
    threads
        Threads used.
    """
    spec = study.agency.linkage
    if spec is None:
        raise problem(StudyError, study.agency_path.name, "links no records", "add [linkage]")
    found = []
    with fetched(study) as study, alone(out), progress() as shown:
        store = Store(out / "store")
        store.root.mkdir(exist_ok=True)
        for shift in shifts:
            moved = replace(spec, threshold_shift=spec.threshold_shift + shift)
            other = replace(study, agency=replace(study.agency, linkage=moved))
            found.append(_headline(_opening(other, store, out, threads, shown), shift))
    return tuple(found)


def _opening(
    study: Study, store: Store, out: Path, threads: int, shown: Progress
) -> stages.Workshop:
    """Return where stages are made; a moved threshold looks at the test outcomes again."""
    shop = stages.Workshop(study, store, threads, shown)
    log = Openings.of(out, study, stages.input_digests(study), shop.dates("test"))
    return replace(shop, openings=log)


def _headline(shop: stages.Workshop, shift: float) -> Moved:
    spec, digests = shop.study.spec, stages.input_digests(shop.study)
    ready = prepare_records(shop, stages.records(shop, digests), digests)
    shop, made = ready.shop, ready.made
    assert ready.linkage is not None
    main = chain(shop, made)
    more = extras(shop, made, main.people, main.labelled, main.grouped)
    tested = evaluation(shop, main, more)
    metrics = evaluated(tested).metrics
    mine = [m for m in metrics if m.model == spec.evaluation.headline and m.whole]
    mine = [m for m in mine if m.as_of == max(m.as_of for m in mine if m.as_of)]
    plain = [m for name in ("auc", "base_rate") for m in mine if m.metric == name and m.k is None]
    precise = [m for m in mine if m.metric == "precision" and m.k]
    near = sorted(precise, key=lambda m: abs((m.k or 0) - spec.capacity.k))[:1]
    summary: Any = ready.linkage.json("summary.json")
    return Moved(shift, summary["threshold"], summary["people"], (*plain, *near))
