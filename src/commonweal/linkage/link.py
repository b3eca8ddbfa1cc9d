"""Records to people: the public verb, and what it returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pyarrow as pa

from commonweal.core.errors import DataError, Problem, nearest, problem
from commonweal.core.progress import Progress
from commonweal.core.results import Finding, Metric
from commonweal.linkage.answers import Answers, Reviewed, review_strength
from commonweal.linkage.candidates import Candidates, compare_records
from commonweal.linkage.cells import Floats, Ints, Mask
from commonweal.linkage.certainty import Ties, measure_ties, probabilities
from commonweal.linkage.clusters import Clusters
from commonweal.linkage.findings import findings
from commonweal.linkage.quality import estimate_quality
from commonweal.linkage.spec import (
    DEFAULT_TUNING,
    Columns,
    Field,
    FieldKind,
    LinkageSpec,
    TrustedId,
    Tuning,
)
from commonweal.linkage.verify import Violation, violations

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Linkage:
    """Which records are one person's, and how sure that is.

    Parameters
    ----------
    entity
        Person of each row of the input: 0, 1, ... by the person's first record, whatever the
        order of the rows.
    probability
        Chance that the row is that person's, by its likeliest pair with another of the person's
        records; 1 for records tied by a trusted id and for those that stand alone.
    quarantined
        Rows whose trusted id ties together records that break a rule (nothing was merged with
        them), or that are at odds with the other records of their trusted id and were set aside
        from the rule.
    threshold
        Log odds from which pairs were taken for one person's.
    quality
        Estimated precision and recall with intervals over people, overall and by group; empty
        where there are no known ids to measure on.
    ties
        How many people rest on a single uncertain pair.
    reviewed
        What a clerical review came to, None where there was none.
    findings
        What the checks found.
    candidates, clusters
        Compared pairs, and what became of them.
    """

    entity: Ints
    probability: Floats
    quarantined: Mask
    threshold: float
    quality: tuple[Metric, ...]
    ties: Ties
    reviewed: Reviewed | None
    findings: tuple[Finding, ...] = field(repr=False)
    candidates: Candidates = field(repr=False)
    clusters: Clusters = field(repr=False)

    @property
    def people(self) -> int:
        """Number of people."""
        return int(self.entity.max()) + 1

    def frame(self) -> pd.DataFrame:
        """Return ``entity`` and ``probability``, one row a row of the input."""
        import pandas as pd

        return pd.DataFrame({"entity": self.entity, "probability": self.probability})

    def plot(self) -> alt.Chart:
        """Return the estimated F1 over thresholds, as an Altair chart."""
        import altair as alt
        import pandas as pd

        tried = pd.DataFrame(self.candidates.threshold.tried, columns=["threshold", "F1"])
        chart: alt.Chart = alt.Chart(tried).mark_line(point=True).encode(
            x=alt.X("threshold", title="threshold (log odds)"),
            y=alt.Y("F1", title="estimated F1 over open pairs", scale=alt.Scale(zero=False)),
        )  # fmt: skip
        return chart

    def sentence(self) -> str:
        """Say in words how many records became how many people, and how good that is."""
        text = f"{len(self.entity):,} records are {self.people:,} people's."
        figures = {m.metric: m for m in self.quality if m.group is None}
        if "linkage.open.precision" in figures:
            parts = [
                f"{name} {m.value:.3f} ({m.low:.3f} to {m.high:.3f})"
                for name in ("precision", "recall")
                if (m := figures[f"linkage.open.{name}"]).low is not None
            ]
            n = figures["linkage.open.precision"].n
            text += f" Over open pairs, on hidden ids: {', '.join(parts)}, n = {n:,} people."
        else:
            text += " How good that is could not be measured: too few records carry a trusted id."
        return text

    def verify(self) -> tuple[Violation, ...]:
        """Hold every person's records against every rule, by comparing each with each.

        Returns
        -------
        tuple of Violation
            Empty where all is well; rows of the input are named.
        """
        place = self.candidates.prepared.place
        found = violations(
            self.entity[place], self.candidates.members(), self.candidates.rules,
            self.quarantined[place],
        )  # fmt: skip
        return tuple(
            Violation(v.entity, v.rule, tuple(int(place[row]) for row in v.records)) for v in found
        )


def link(
    table: pa.Table | pd.DataFrame, fields: Mapping[str, FieldKind | Field], *,
    trusted_id: str | TrustedId | None = None, columns: Columns | None = None,
    spec: LinkageSpec | None = None, seed: int = 1, threads: int = 2,
) -> Linkage:  # fmt: skip
    """Find which records are one person's.

    Pairs are compared by splink (Fellegi and Sunter 1969) and weighed by what agreement proved
    to be worth on records whose trusted id was hidden; clusters grow from the likeliest pairs
    down and keep every rule (paper C, A.2). The threshold is chosen without truth.

    Parameters
    ----------
    table
        One row a record. Column names are the caller's.
    fields
        Column -> its kind: ``name``, ``birth_date``, ``birth_year``, ``age``, ``date``,
        ``address``, ``category``. Missing values are nulls.
    trusted_id
        Column of an identifier that is right where it is there.
    columns
        Which columns hold the source, the record's id, its dates, and terminal events.
    spec
        Further settings; its fields and trusted id are replaced by those given here.
    seed
        Same seed and records, same people, whatever the order of rows.
    threads
        Threads; nothing depends on it.

    Raises
    ------
    DataError
        If a column is not there or not what it is declared to be, or too many pairs would be
        compared.
    """
    trusted = TrustedId(column=trusted_id) if isinstance(trusted_id, str) else trusted_id
    if not hasattr(table, "columns") or not isinstance(fields, Mapping):
        what = "takes a pandas or Arrow table, and fields as column -> kind"
        raise problem(DataError, "link", what, 'link(table, {"last_name": "name", ...})')
    declared = {n: f if isinstance(f, Field) else Field(kind=f) for n, f in fields.items()}
    given = columns or Columns()
    rows = _arrow(table, declared, trusted, given)
    settings = replace(spec or LinkageSpec(fields=declared), fields=declared, trusted_id=trusted)
    return link_records(rows, settings, given, seed=seed, threads=threads)


def _arrow(
    table: pa.Table | pd.DataFrame, fields: Mapping[str, Field], trusted: TrustedId | None,
    columns: Columns,
) -> pa.Table:  # fmt: skip
    """Return the columns that are named, as Arrow.

    Raises
    ------
    DataError
        Naming every column that is not there or cannot be read, and every kind there is not.
    """
    there = list(table.column_names if isinstance(table, pa.Table) else table.columns)
    named = {
        f"fields: {name}": next((c for c in (name, *field.also) if c in there), name)
        for name, field in fields.items()
    }
    named |= {"trusted_id": trusted.column} if trusted else {}
    held = {name: getattr(columns, name) for name in columns.__slots__}
    named |= {f"columns.{name}": column for name, column in held.items() if column is not None}
    problems = [
        Problem(where, f"there is no column {name!r}", _meant(name, there))
        for where, name in named.items() if name not in there
    ]  # fmt: skip
    kinds = get_args(FieldKind)
    problems += [
        Problem(f"fields: {name}", f"there is no kind {field.kind!r}", _meant(field.kind, kinds))
        for name, field in fields.items() if field.kind not in kinds
    ]  # fmt: skip
    if trusted is not None and trusted.column in fields:
        mend = "an id is no field: drop one"
        problems.append(Problem(f"fields: {trusted.column}", "is the trusted id as well", mend))
    if problems:
        raise DataError(problems)
    more = sorted({c for field in fields.values() for c in field.also if c in there})
    wanted = list(dict.fromkeys([*named.values(), *more]))
    if isinstance(table, pa.Table):
        return table.select(wanted).combine_chunks()
    return pa.table({name: _column(table, name) for name in wanted})


def _column(table: pd.DataFrame, name: str) -> pa.Array:
    try:
        return pa.array(table[name], from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        what = "holds values of different types"
        raise problem(DataError, f"column {name}", what, "make it text") from error


def _meant(name: str, names: Sequence[str]) -> str:
    near = nearest(name, names)
    return f"did you mean {near}?" if near else f"there are: {', '.join(names)}"


def link_records(
    table: pa.Table, spec: LinkageSpec, columns: Columns, *, seed: int = 1, threads: int = 2,
    before: date | None = None, answers: Answers | None = None, tuning: Tuning = DEFAULT_TUNING,
    progress: Progress | None = None,
) -> Linkage:  # fmt: skip
    """Link records as a study does.

    Parameters
    ----------
    table, spec, columns, seed, threads, tuning, progress
        As in `candidates.compare_records`.
    before
        Everything is learned from records known before this day alone.
    answers
        What a clerical review found.
    """
    shown = progress or Progress()
    found = compare_records(
        table, spec, columns, seed=seed, threads=threads, before=before, tuning=tuning,
        progress=shown,
    )  # fmt: skip
    reviewed: Reviewed | None = None
    if answers is not None:
        found, reviewed = review_strength(found, answers)
    with shown.step("linkage: people"):
        clusters, _ = found.put_together()
    with shown.step("linkage: quality"):
        quality = _quality(found, spec, seed, tuning.draws)
        ties = measure_ties(found, clusters)
    entity = entities(found, clusters)
    chance = probabilities(found, clusters)
    place, of = found.prepared.place, found.profiles.of
    return Linkage(
        entity=entity,
        probability=_placed(chance[of], place),
        quarantined=_placed(clusters.quarantined[of], place),
        threshold=found.threshold.value,
        quality=quality,
        ties=ties,
        reviewed=reviewed,
        findings=findings(found, clusters, ties, quality, reviewed, answers),
        candidates=found,
        clusters=clusters,
    )


def _placed(values: Any, place: Ints) -> Any:
    """Return values of records in the order of the input's rows."""
    found = np.empty_like(values)
    found[place] = values
    return found


def entities(found: Candidates, clusters: Clusters) -> Ints:
    """Return each input row's person: a number, ascending with its first record."""
    root = clusters.root[found.profiles.of]
    _, first, of = np.unique(root, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    placed: Ints = _placed(rank[of.ravel()], found.prepared.place)
    return placed


def _quality(found: Candidates, spec: LinkageSpec, seed: int, draws: int) -> tuple[Metric, ...]:
    rehearsal = found.learned.rehearsal
    if rehearsal is None:
        return ()
    layout = found.prepared.layout
    named = {layout.title[c]: c for c in layout.categories}
    wanted = spec.groups or tuple(named)
    rows = rehearsal.practice.record
    groups = {
        name: found.prepared.table[named[name]].take(pa.array(rows)).to_numpy(zero_copy_only=False)
        for name in wanted if name in named
    }  # fmt: skip
    return estimate_quality(rehearsal, found.threshold.value, groups, draws, seed)
