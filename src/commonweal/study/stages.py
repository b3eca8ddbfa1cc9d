"""The stages of a run: each reads artefacts and its part of the study and writes one artefact.

A stage's fingerprint holds everything its output depends on: its settings, its parents'
contents, and the code of its own folder and of those below it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from commonweal.cohorts.draw import Step, draw
from commonweal.cohorts.history import History
from commonweal.cohorts.labels import label
from commonweal.cohorts.spec import CohortSpec
from commonweal.cohorts.splits import Split, assign
from commonweal.core.canonical import file_digest
from commonweal.core.code import code_digest
from commonweal.core.engines.address import HERE, Address
from commonweal.core.engines.open import open_engine
from commonweal.core.errors import DataError, Problem, StudyError
from commonweal.core.progress import Progress
from commonweal.core.store import Artefact, Store, write_json
from commonweal.core.tables import Engine, Relation, read_table, write_table
from commonweal.oversight.attributes import attribute
from commonweal.records.assemble import assemble_source
from commonweal.records.read import table_file
from commonweal.records.spec import Condition, Source
from commonweal.study.openings import Openings
from commonweal.study.spec import Study

IDENTITIES = "identities.parquet"
"""Beside the events of a linked source: whose a record was at an as-of date, where it differs."""
ANSWERS = "answers of a clerical review"
"""The name a review's answers go by among the inputs."""
ALIASES = "aliases.parquet"
"""Who somebody known under an id of an as-of date turns out to be in the end."""
_FOLDERS = ("core", "records", "linkage", "cohorts", "features", "models")


def code_below(folder: str, *more: str) -> str:
    """Return the fingerprint of the code of a folder and all below it, and of `more`."""
    return code_digest(*_FOLDERS[: _FOLDERS.index(folder) + 1], *more)


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where stages are made.

    Parameters
    ----------
    study
        The checked study.
    store
        Where artefacts lie.
    threads
        Threads a stage may use; no artefact depends on it.
    progress
        Display.
    address
        Where relations are computed; no artefact depends on it.
    prefix
        Stands before the name of every stage that is not among `shared`: a variant's.
    shared
        Keys of the stages of the study as declared, which its variants use too.
    openings
        Where it is noted that test outcomes are looked at; None where they never are.
    """

    study: Study
    store: Store
    threads: int
    progress: Progress
    address: Address = HERE
    prefix: str = ""
    shared: frozenset[str] = frozenset()
    openings: Openings | None = None

    def engine(self) -> Engine:
        """Open the engine in which relations are computed, to be left when a stage is made."""
        return open_engine(self.address, self.threads)

    def has(self, name: str, code: str, settings: object, parents: Mapping[str, Artefact]) -> bool:
        """Return whether a stage is made already."""
        contents = {key: parent.content for key, parent in parents.items()}
        name = self._named(name, code, settings, contents)
        return self.store.has(name, code, settings, contents)

    def make(
        self, name: str, code: str, settings: object, parents: Mapping[str, Artefact],
        write: Callable[[Path], None],
    ) -> Artefact:  # fmt: skip
        """Make one stage, showing its name while it lasts."""
        contents = {key: parent.content for key, parent in parents.items()}
        name = self._named(name, code, settings, contents)
        with self.progress.step(name):
            return self.store.stage(name, code, settings, contents, write)

    def _named(self, name: str, code: str, settings: object, contents: Mapping[str, str]) -> str:
        """Return the name of a stage: a variant's own one has the prefix."""
        if not self.prefix or self.store.key(name, code, settings, contents) in self.shared:
            return name
        return f"{self.prefix}/{name}"

    def opening(
        self, name: str, code: str, settings: object, parents: Mapping[str, Artefact],
        write: Callable[[Path], None],
    ) -> Artefact:  # fmt: skip
        """Make a stage that looks at test outcomes together with scores, and note it first."""

        def opened(folder: Path) -> None:
            if self.openings:
                self.openings.opened(name)
            write(folder)

        return self.make(name, code, settings, parents, opened)

    @property
    def splits(self) -> tuple[Split, ...]:
        """What each as-of date is used for."""
        spec = self.study.spec
        return assign(spec.cohort, spec.outcome, self.study.agency.extracted_on)

    def dates(self, *roles: str) -> list[str]:
        """As-of dates of some roles as ISO text."""
        return [s.as_of.isoformat() for s in self.splits if s.role in roles]


Records = Mapping[str, Artefact]


def input_digests(study: Study) -> dict[str, str]:
    """Return table -> SHA-256 of its file, for every table and review the agency declares."""
    tables = {source.table for source in study.agency.sources.values()}
    tables |= {s.join.table for s in study.agency.sources.values() if s.join}
    found = {}
    for table in sorted(tables):
        path = table_file(study.data, table)
        found[table] = file_digest(path) if path.is_file() else "missing"
    answers = study.answers
    if answers is not None:
        found[ANSWERS] = file_digest(answers) if answers.is_file() else "missing"
    return found


def records(shop: Workshop, digests: Mapping[str, str]) -> dict[str, Artefact]:
    """Assemble every source; all sources' mistakes are reported at once."""
    made: dict[str, Artefact] = {}
    problems: list[Problem] = []
    for name, source in sorted(shop.study.agency.sources.items()):
        try:
            made[name] = _source(shop, name, source, digests)
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(problems)
    return made


def _source(shop: Workshop, name: str, source: Source, digests: Mapping[str, str]) -> Artefact:
    tables = [source.table, *([source.join.table] if source.join else [])]
    extracted_on = shop.study.agency.extracted_on

    def write(folder: Path) -> None:
        assembled = assemble_source(name, source, shop.study.data, extracted_on)
        write_table(assembled.events, folder / "events.parquet")
        write_table(assembled.quarantine, folder / "quarantine.parquet")
        write_json(folder / "report.json", assembled.report)

    # Groups only name conditions on events; changing them changes no event.
    settings = [replace(source, groups={}), extracted_on, {t: digests[t] for t in tables}]
    return shop.make(f"records/{name}", code_below("records"), settings, {}, write)


def history(
    engine: Engine, shop: Workshop, made: Records,
    left_out: Mapping[str, Sequence[Condition]] | None = None,
) -> History:  # fmt: skip
    """Open the past of some sources, without the events that are `left_out`."""
    tables = {name: artefact.file("events.parquet") for name, artefact in made.items()}
    then = {name: a.file(IDENTITIES) for name, a in made.items() if IDENTITIES in a.files}
    return History.open(engine, tables, shop.study.agency.events, then, left_out)


def filters(
    shop: Workshop, names: Iterable[str], *, cohort: bool
) -> dict[str, tuple[Condition, ...]]:
    """Return what is left out of some sources for features, or for the `cohort`'s rules."""
    declared = shop.study.spec.filter
    return {
        name: declared[name].leave_out
        for name in sorted(set(names))
        if name in declared and (declared[name].cohort or not cohort)
    }


def some(made: Records, names: Iterable[str]) -> dict[str, Artefact]:
    """Return the artefacts of some sources, by name."""
    return {name: made[name] for name in sorted(set(names))}


def declared(shop: Workshop, names: Iterable[str]) -> dict[str, Source]:
    """Return the declarations of some sources, by name."""
    return {name: shop.study.agency.events[name] for name in sorted(set(names))}


def drawn(
    engine: Engine, shop: Workshop, made: Records, spec: CohortSpec
) -> tuple[pa.Table, tuple[Step, ...]]:
    """Draw a cohort by some rules from what they may see."""
    names = _looked_at(spec)
    left_out = filters(shop, names, cohort=True)
    return draw(spec, history(engine, shop, some(made, names), left_out))


def cohort(shop: Workshop, made: Records) -> Artefact:
    """Draw the cohort: ``cohort.parquet`` and ``flow.json``."""
    spec = shop.study.spec.cohort
    names = _looked_at(spec)

    def write(folder: Path) -> None:
        with shop.engine() as engine:
            people, flow = drawn(engine, shop, made, spec)
        if people.num_rows == 0:
            what = "no one meets the rules at any as-of date"
            raise DataError([Problem("cohort", what, "see cohort.include and cohort.as_of")])
        write_table(people, folder / "cohort.parquet")
        write_json(folder / "flow.json", flow)

    return shop.make(
        "cohort",
        code_below("cohorts"),
        [spec, declared(shop, names), filters(shop, names, cohort=True)],
        some(made, names),
        write,
    )


def _looked_at(spec: CohortSpec) -> list[str]:
    """Return the sources that a cohort's rules look at."""
    return [rule.event for rule in (*spec.include, *spec.exclude)]


def check_capacity(shop: Workshop, people: Artefact) -> None:
    """Refuse a capacity that everybody fits in: a ranking of everybody decides nothing.

    Raises
    ------
    StudyError
        If the cohort of a test or live date holds no more people than can be served.
    """
    k = shop.study.spec.capacity.k
    as_of = read_table(people.file("cohort.parquet"), ["as_of"])["as_of"]
    for split in (s for s in shop.splits if s.role in ("test", "live")):
        count = int(pc.sum(pc.equal(as_of, pa.scalar(split.as_of, pa.date32()))).as_py() or 0)
        if count <= k:
            noun = shop.study.spec.study.people
            what = f"is {k:,}, but the cohort of {split.as_of} holds {count:,} {noun}"
            where = f"{shop.study.path.name}: capacity.k"
            raise StudyError([Problem(where, what, "everybody would be chosen: name fewer")])


def in_the_end(engine: Engine, rows: Relation, linked: Artefact | None) -> Relation:
    """Return rows with the ids their entities turn out to have once all records have come.

    What came after an as-of date is what a label is about: there, and only there, records that
    came later may say who was who.
    """
    if linked is None:
        return rows
    aliases = engine.parquet(linked.file(ALIASES))
    joined = rows.left_join(aliases, "entity_id")
    return joined.mutate(entity_id=joined.in_the_end.fill_null(joined.entity_id)).select(
        *rows.columns
    )


def labels(shop: Workshop, made: Records, people: Artefact) -> Artefact:
    """Label the cohort: ``labels.parquet`` and ``everyone.json``."""
    spec = shop.study.spec.outcome
    source = shop.study.agency.events[spec.event]
    linked = next((a for _, a in sorted(made.items()) if ALIASES in a.files), None)

    def write(folder: Path) -> None:
        with shop.engine() as engine:
            events = engine.parquet(made[spec.event].file("events.parquet"))
            rows = in_the_end(engine, engine.parquet(people.file("cohort.parquet")), linked)
            labelled = label(spec, source, events, rows, shop.splits, engine)
        write_table(labelled.labels, folder / "labels.parquet")
        write_json(folder / "everyone.json", {str(day): n for day, n in labelled.everyone.items()})

    parents = {"events": made[spec.event], "cohort": people}
    parents |= {"linked": linked} if linked else {}
    return shop.make("labels", code_below("cohorts"), [spec, source, shop.splits], parents, write)


def groups(shop: Workshop, made: Records, people: Artefact) -> Artefact:
    """Look up protected attributes, for audits only: ``groups.parquet``."""
    protected = shop.study.spec.protected
    names = [source for spec in protected.values() for source in spec.sources]

    def write(folder: Path) -> None:
        table = read_table(people.file("cohort.parquet"))
        columns = {"row": table["row"]}
        with shop.engine() as engine:
            past = history(engine, shop, some(made, names))
            rows = engine.table(table)
            for name, spec in protected.items():
                columns[name] = attribute(spec, past, rows, table.num_rows)
        write_table(pa.table(columns), folder / "groups.parquet")

    parents = {**some(made, names), "__cohort": people}
    return shop.make(
        "groups",
        code_below("cohorts", "oversight"),
        [protected, declared(shop, names)],
        parents,
        write,
    )
