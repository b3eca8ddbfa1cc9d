"""A study from raw tables to its report."""

from __future__ import annotations

import fcntl
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from commonweal.core.canonical import file_digest, fingerprint, pretty_json
from commonweal.core.code import code_digest
from commonweal.core.engines.address import ENGINE, Address, Kind
from commonweal.core.engines.open import check_engine
from commonweal.core.errors import StudyError, problem
from commonweal.core.progress import progress
from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.store import Artefact, Store, atomic_write
from commonweal.evaluation.oracle import Oracle
from commonweal.models.boosted import check_openmp
from commonweal.models.spec import BoostedSpec, Tunable
from commonweal.models.suggested import optuna
from commonweal.reports.content import Content
from commonweal.study import offer, release, stages
from commonweal.study.chain import Chain, chain, chains
from commonweal.study.compared import compared
from commonweal.study.dictionary import DICTIONARY, describe
from commonweal.study.evaluate import evaluation
from commonweal.study.evaluated import Evaluated, evaluated
from commonweal.study.extras import extras
from commonweal.study.fetched import fetched
from commonweal.study.few import few
from commonweal.study.load import load
from commonweal.study.matters import matters
from commonweal.study.openings import Openings
from commonweal.study.oracle import no_oracle, oracle, oracle_of
from commonweal.study.prepared import prepare
from commonweal.study.spec import Study
from commonweal.study.stability import stability
from commonweal.study.trees import summaries, trees
from commonweal.study.tuning import TRIALS
from commonweal.study.variants import Variant, variants
from commonweal.study.verify import read_manifest, verify

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run.

    Parameters
    ----------
    out
        The run's folder.
    report
        The report, a self-contained page.
    headline
        Name of the model whose figures lead the report.
    capacity
        How many people can be offered the service.
    recommendation
        The recommendation table, None where the study has none.
    metrics
        Every figure of the report.
    findings
        Every check made.
    made, reused
        Names of the stages computed by this run, and of those that were there already.
    """

    out: Path
    report: Path
    headline: str
    capacity: int
    recommendation: Path | None
    metrics: tuple[Metric, ...] = field(repr=False)
    findings: tuple[Finding, ...] = field(repr=False)
    made: tuple[str, ...] = field(repr=False)
    reused: tuple[str, ...] = field(repr=False)

    def frame(self) -> pd.DataFrame:
        """Return every figure as a data frame, one row a figure."""
        import pandas as pd

        return pd.DataFrame([metric.record() for metric in self.metrics])

    def plot(self) -> alt.LayerChart:
        """Return precision over cut-offs, every ranking, as an Altair chart."""
        from commonweal.reports.overview import precision_chart

        return precision_chart(self.metrics, self.headline)

    def sentence(self) -> str:
        """Say the headline figures in words: precision nearest capacity, base rate, AUC."""
        mine = [m for m in self.metrics if m.model == self.headline and m.whole]
        last = max((m.as_of for m in mine if m.as_of), default=None)
        mine = [m for m in mine if m.as_of == last]
        plain = {m.metric: m for m in mine if m.k is None}
        precise = [m for m in mine if m.metric == "precision" and m.k]
        if not plain:
            return "No figure may be shown."
        if "auc" not in plain:
            return f"As of {last}: none or all had the outcome, so no AUC can be given."
        auc, rate = plain["auc"], plain["base_rate"]
        text = f"As of {last}: AUC of {self.headline} {_interval(auc, '.3f')}, n = {auc.n:,}."
        if precise:
            top = min(precise, key=lambda m: abs((m.k or 0) - self.capacity))
            text += f" Of the {top.k:,} ranked first {_interval(top, '.1%')} had the outcome,"
            text += f" against {rate.value:.1%} of all."
        return text

    def warnings(self) -> int:
        """Return how many checks warn or failed; the report lists them."""
        return sum(f.severity in (Severity.WARN, Severity.FAIL) for f in self.findings)


def _interval(metric: Metric, form: str) -> str:
    if metric.low is None or metric.high is None:
        return format(metric.value, form)
    return f"{metric.value:{form}} ({metric.low:{form}} to {metric.high:{form}})"


def run(study: Study, out: Path | str, threads: int = 2, engine: str | None = None) -> Run:
    """Run a study; only what is not there yet is computed.

    Parameters
    ----------
    study
        A checked study, from `commonweal.study.load.load`.
    out
        The run's folder: ``report.html``, ``metrics.json``, ``dictionary.csv`` (what every
        feature is), ``manifest.json``,
        ``recommendation.csv`` (help only) and ``store/``.
    threads
        Threads used; no byte of the output depends on it.
    engine
        Where relations are computed: ``postgresql://user@host:port/database``,
        ``spark://host:port`` or ``spark://local``. None: what ``COMMONWEAL_ENGINE`` says, or
        DuckDB in this process. No byte of the output depends on it.

    Raises
    ------
    DataError
        If a table does not hold what is declared, or the truth beside simulated tables is
        damaged or belongs to others.
    StudyError
        If another run is using the folder, or the engine cannot be used.
    """
    out = Path(out)
    address = Address.parse(engine or os.environ.get(ENGINE))
    check_engine(address, threads)
    with fetched(study) as local:
        return _here(local, out, threads, address)


def _here(study: Study, out: Path, threads: int, address: Address) -> Run:
    """Run a study whose tables are files."""
    key = offer.read_key(out) if offer.offers(study) else None
    _check_libraries(study)
    known = oracle_of(study)
    with alone(out), progress() as shown:
        store = Store(out / "store")
        store.root.mkdir(exist_ok=True)
        store.sweep()
        write_settings(study, out)
        digests = stages.input_digests(study)
        shop = stages.Workshop(study, store, threads, shown, address)
        shop = replace(shop, openings=Openings.of(out, study, digests, shop.dates("test")))
        return _run(shop, out, key, digests, known)


def write_settings(study: Study, out: Path) -> None:
    """Put the study and agency file into the run's folder."""
    for name, path in (("study.toml", study.path), ("agency.toml", study.agency_path)):
        atomic_write(out / name, path.read_text(encoding="utf-8"))


def rebuild(out: Path | str) -> Run:
    """Write the report of a finished run again from its artefacts; nothing is computed.

    Raises
    ------
    StudyError
        If the folder holds no finished run, or it was made by other code.
    DataError
        If one of its artefacts is missing or was changed.
    """
    out = Path(out)
    verify(out, outputs=False)
    manifest = read_manifest(out)
    study = load(out / "study.toml", out, out / "agency.toml")
    study = replace(study, simulated=bool(manifest["simulated"]))
    key = offer.read_key(out) if offer.offers(study) else None
    known = Oracle(manifest["truth"]) if manifest.get("truth") else None
    with alone(out), progress() as shown:
        store = Store(out / "store", complete=True)
        shop = stages.Workshop(study, store, 1, shown, Address(manifest["engine"]))
        log = Openings.of(out, study, manifest["inputs"], shop.dates("test"))
        shop = replace(shop, openings=replace(log, counted=manifest.get("openings")))
        return _run(shop, out, key, manifest["inputs"], known)


def _check_libraries(study: Study) -> None:
    """Fail before any work where LightGBM or Optuna is wanted and cannot be loaded."""
    specs = study.spec.models.values()
    if any(isinstance(spec, BoostedSpec) for spec in specs):
        check_openmp()
    searches = [spec.tuning for spec in specs if isinstance(spec, Tunable)]
    if any(one and one.sampler == "optuna" for one in searches):
        optuna()


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """Hold the run's folder for this process."""
    if out.is_dir() and any(out.iterdir()) and not (out / ".lock").exists():
        what = "holds files that are no run of commonweal"
        raise problem(StudyError, str(out), what, "name a new or empty folder")
    try:
        out.mkdir(parents=True, exist_ok=True)
        stream = (out / ".lock").open("w")
    except OSError as error:
        mend = "choose another folder"
        raise problem(StudyError, str(out), f"cannot be written: {error.strerror}", mend) from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            what = "another run is using this folder"
            raise problem(
                StudyError, str(out), what, "wait for it, or use another --out"
            ) from error
        yield


def _run(
    shop: stages.Workshop, out: Path, key: bytes | None, digests: Mapping[str, str],
    known: Oracle | None,
) -> Run:  # fmt: skip
    study, bare = shop.study, shop
    ready = prepare(shop, stages.records(shop, digests), digests)
    shop, made = ready.shop, ready.made
    main = chain(shop, made)
    people = main.people
    described = describe(shop, main.blocks)
    finished = [*ready.stages, *main.stages(), described]
    shared = frozenset(artefact.key for artefact in finished)
    declared = main.search.elsewhere()[study.spec.evaluation.headline]
    varied = chains(bare, digests, variants(bare.study, declared), shared)
    limited = few(bare, main, varied)
    varied += chains(bare, digests, limited.variants, shared)
    finished += _own(finished, varied)
    more = extras(shop, made, people, main.labelled, main.grouped)
    tested, grown = evaluation(shop, main, more), trees(shop, main)
    asked, mattering = matters(shop, main, limited.stages)
    finished += [*more.values(), tested, *grown, *asked]
    found, best = evaluated(tested), no_oracle()
    if known is not None:
        ceiling = oracle(shop, known, main, tested)
        finished.append(ceiling)
        best = evaluated(ceiling)
    beside = Evaluated()
    if varied:
        finished.append(compared(shop, main, tested, varied, more))
        beside = evaluated(finished[-1])
    rolled = Evaluated()
    if study.spec.stability is not None:
        finished.append(stability(shop, main))
        rolled = evaluated(finished[-1])
    parts = (ready, main.search.found, found, best, beside, mattering, rolled)
    found = Evaluated(
        tuple(m for part in parts for m in part.metrics),
        (*(f for part in parts for f in part.findings), *_opened(shop)),
    )
    offered: Artefact | None = None
    if key is not None:
        offered = offer.recommendation(shop, people, main.blocks, main.fitted, key)
        finished.append(offered)
    name = "recommendation.csv" if offered else None
    told = [tree for one in grown for tree in summaries(one)]
    said = release.content(shop, digests, main, found, name, ready.linkage, varied, told)
    said = replace(said, tuning=main.search.said)
    page = _report(shop, said, finished)
    finished.append(page)
    if offered:
        _publish(offered, "recommendation.csv", out)
    _publish(described, DICTIONARY, out)
    tables = {f"trials-{model}.csv": one for model, one in main.search.searches.items()}
    for file, one in tables.items():
        _publish(one, TRIALS, out, file)
    _publish(page, "metrics.json", out)
    _publish(page, "report.html", out)
    published = [*([name] if name else []), *tables]
    opened = shop.openings.count() if shop.openings else None
    write_manifest(study, out, digests, finished, published, known, shop.address.kind, opened)
    return Run(
        out=out, report=out / "report.html", metrics=said.metrics,
        made=tuple(a.stage for a in finished if not a.reused),
        reused=tuple(a.stage for a in finished if a.reused),
        headline=study.spec.evaluation.headline, capacity=study.spec.capacity.k,
        findings=said.findings,
        recommendation=out / name if name else None,
    )  # fmt: skip


def _own(finished: Sequence[Artefact], varied: Sequence[tuple[Variant, Chain]]) -> list[Artefact]:
    """Return the stages that only variants have, each once."""
    keys = {artefact.key for artefact in finished}
    own = {a.key: a for _, made in varied for a in made.stages() if a.key not in keys}
    return list(own.values())


def _opened(shop: stages.Workshop) -> tuple[Finding, ...]:
    return (shop.openings.finding(),) if shop.openings else ()


def _report(shop: stages.Workshop, said: Content, finished: list[Artefact]) -> Artefact:
    """Write the report from what may be said: ``report.html`` and ``metrics.json``."""

    def write(folder: Path) -> None:
        from commonweal.reports.page import render

        text = pretty_json([metric.record() for metric in said.metrics])
        (folder / "metrics.json").write_text(text, encoding="utf-8")
        (folder / "report.html").write_text(render(said), encoding="utf-8")

    parents = {artefact.stage: artefact for artefact in finished}
    return shop.make("report", code_digest("core", "reports"), fingerprint(said), parents, write)


def _publish(artefact: Artefact, name: str, out: Path, file: str | None = None) -> None:
    """Put one of a stage's files beside the store, as `file` if it is to be called otherwise."""
    atomic_write(out / (file or name), artefact.file(name).read_text(encoding="utf-8"))


def write_manifest(
    study: Study, out: Path, digests: Mapping[str, str], finished: list[Artefact],
    published: Sequence[str], known: Oracle | None, engine: Kind = "duckdb",
    openings: int | None = None,
) -> None:  # fmt: skip
    """Write what the run was made from and what it made; no time, no path, no person."""
    reported = any(artefact.stage == "report" for artefact in finished)
    outputs = ["report.html", "metrics.json", DICTIONARY] if reported else []
    outputs += published
    text = pretty_json({
        "study": study.spec.study.name,
        "seed": study.spec.study.seed,
        "files": {name: file_digest(out / name) for name in ("study.toml", "agency.toml")},
        "settings": fingerprint(study.spec, study.agency),
        "simulated": study.simulated,
        "truth": known.digest if known else None,
        "inputs": dict(digests),
        "engine": engine,
        "openings": openings,
        "versions": release.versions() | {"python": platform.python_version()},
        "outputs": {output: file_digest(out / output) for output in outputs},
        "stages": [
            {
                "stage": a.stage, "folder": a.path.name, "key": a.key, "content": a.content,
                "parents": a.parents, "files": a.files,
            }
            for a in finished
        ],
    })  # fmt: skip
    atomic_write(out / "manifest.json", text)
