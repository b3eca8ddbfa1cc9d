"""The oracle stage: what a ranking by true chances finds, where people are simulated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.store import Artefact
from commonweal.evaluation.oracle import Oracle
from commonweal.evaluation.overall import Subject
from commonweal.evaluation.ranking import Floats
from commonweal.evaluation.spec import ORACLE
from commonweal.reports.figures import nearest
from commonweal.study.chain import Chain
from commonweal.study.evaluate import rankings
from commonweal.study.evaluated import Evaluated, evaluated, write_evaluated
from commonweal.study.load import outcome_of
from commonweal.study.spec import Study
from commonweal.study.stages import Records, Workshop, code_below, history
from commonweal.study.tested import Shown, Tested, measured, tested, wanted

_SAME = ("event", "at_least", "where", "dated_by")
"""What an outcome must share with that of the world's own study to have its chance."""


def oracle_of(study: Study) -> Oracle | None:
    """Return the oracle of a study's tables; None where they are real or no truth is there.

    Raises
    ------
    DataError
        If the truth beside simulated tables is damaged or belongs to others.
    """
    return Oracle.beside(study.data) if study.simulated else None


def oracle(shop: Workshop, known: Oracle, main: Chain, published: Artefact) -> Artefact:
    """Measure the ranking by true chances like any other: ``metrics.json``, ``findings.json``.

    It is the only stage whose fingerprint holds the truth's. No true chance is stored.

    Parameters
    ----------
    shop
        Where stages are made.
    known
        Who knows the true chances.
    main
        What the models were evaluated on.
    published
        The evaluation of the models: figures that can be subtracted from the oracle's.
    """
    spec, made = shop.study.spec, main.made
    # Windows are no rows of a table: whose they are, the records they are made of say.
    sources = shop.study.agency.sources
    tables = {name: sources[name].table for name in sorted(made) if name in sources}
    theirs = evaluated(published).metrics

    def write(folder: Path) -> None:
        metrics: list[Metric] = []
        findings: list[Finding] = []
        for test in tested(shop, main.people, main.labelled):
            scores = _chances(shop, known, made, tables, test)
            if scores is None:
                findings.append(_unknown())
                continue
            shown = _shown(shop, test, main.blocks, main.fitted, theirs)
            mine = _measured(shop, test, scores, shown)
            metrics += mine
            here = [m for m in theirs if m.as_of == test.as_of]
            findings.append(_compared([*here, *mine], test.as_of, shop))
        write_evaluated(folder, metrics, findings)

    settings = [
        spec.evaluation, spec.capacity, spec.study.seed, spec.outcome, shop.study.disclosure,
        shop.dates("test"), tables, {"truth": known.digest},
    ]  # fmt: skip
    parents = {f"records/{n}": a for n, a in made.items()}
    parents |= {f"blocks/{n}": a for n, a in main.blocks.items()}
    parents |= {f"models/{n}": a for n, a in main.fitted.items()}
    parents |= {"cohort": main.people, "labels": main.labelled, "evaluation": published}
    files = [f"study/{name}.py" for name in ("evaluate", "evaluated", "oracle", "tested")]
    code = code_below("models", "simulate", "evaluation", "oversight", *files)
    return shop.opening("oracle", code, settings, parents, write)


def no_oracle() -> Evaluated:
    """Return what is said where nobody knows the true chances."""
    message = "Nobody knows the true chances of these people."
    return Evaluated(
        (), (Finding(code="evaluation.oracle", severity=Severity.NOT_APPLICABLE, message=message),)
    )


def _foretold(shop: Workshop, known: Oracle) -> bool:
    """Whether the study predicts what the world's own study does, in a window of any length."""
    theirs, mine = outcome_of(known.study(), "study.toml"), shop.study.spec.outcome
    return theirs is not None and all(getattr(theirs, n) == getattr(mine, n) for n in _SAME)


def _chances(
    shop: Workshop, known: Oracle, made: Records, tables: Mapping[str, str], test: Tested
) -> Floats | None:
    spec = shop.study.spec
    if not _foretold(shop, known):
        return None
    with shop.engine() as engine:
        past = history(engine, shop, made)
        until = spec.outcome.within.after(test.as_of)
        return known.chances(
            test.people, past, tables, spec.outcome.event, test.as_of, until
        )  # fmt: skip


def _shown(
    shop: Workshop, test: Tested, blocks: Mapping[str, Artefact],
    fitted: Mapping[str, Artefact], theirs: Iterable[Metric],
) -> list[Shown]:  # fmt: skip
    """Return the models' rankings as they are published, from which small lists could follow."""
    if shop.study.disclosure.exempt:
        return []
    ks: dict[str | None, list[int]] = {}
    for m in theirs:
        if m.metric == "precision" and m.whole and m.as_of == test.as_of and m.k:
            ks.setdefault(m.model, []).append(m.k)
    return [
        (ranking, tuple(sorted(ks.get(name, ()))))
        for name, ranking in rankings(shop, test, blocks, fitted)
    ]


def _measured(shop: Workshop, test: Tested, scores: Floats, shown: Sequence[Shown]) -> list[Metric]:
    if not test.measurable(shop):
        return []
    ranking = test.ranking(scores)
    cutoffs = shop.study.disclosure.cutoffs(ranking, None, wanted(shop), rankings=shown)
    subject = Subject(ORACLE, test.as_of, True, test.outside(shop))
    return measured(shop, (ranking, cutoffs), subject)


def _unknown() -> Finding:
    message = "The simulation knows no true chance of this outcome, only of its own study's."
    return Finding(code="evaluation.oracle", severity=Severity.NOT_APPLICABLE, message=message)


def _compared(metrics: Sequence[Metric], as_of: date, shop: Workshop) -> Finding:
    """Say how much of what the true chances find at capacity the headline model finds."""
    code, where = "evaluation.oracle", str(as_of)
    headline, capacity = shop.study.spec.evaluation.headline, shop.study.spec.capacity.k
    precise = [m for m in metrics if m.metric == "precision" and m.whole]
    mine = {m.k: m for m in precise if m.model == headline}
    best = {m.k: m for m in precise if m.model == ORACLE}
    k = nearest(capacity, [k for k in mine if k in best and k is not None], within=0.5)
    if k is None:
        message = f"No cut-off of {headline} and of the true chances near capacity can be shown."
        return Finding(code=code, severity=Severity.SKIPPED, message=message, where=where)
    found, top = mine[k], best[k]
    at = f"at capacity ({k:,})" if k == capacity else f"in the top {k:,}"
    message = (
        f"Who knew the true chances would find {top.value:.1%} {at}; {headline} finds "
        f"{found.value:.1%}"
    )
    message += f": {found.value / top.value:.0%} of that." if top.value else "."
    more = found.low is not None and top.high is not None and found.low > top.high
    if more:
        message += " That is more than anybody can expect: a feature may know what came after."
    severity = Severity.WARN if more else Severity.PASS
    return Finding(code=code, severity=severity, message=message, where=where)
