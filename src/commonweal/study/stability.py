"""The stability stage: the headline model, as it was fitted, on further dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow.compute as pc

from commonweal.core.dates import Grid, Period
from commonweal.core.errors import DataError
from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.seeds import stream
from commonweal.core.store import Artefact, Store
from commonweal.core.tables import read_table
from commonweal.evaluation.spec import ROLLING
from commonweal.evaluation.stability import (
    Dated,
    Measured,
    Overlap,
    Stability,
    compared,
    dated,
    overlap,
)
from commonweal.models.fitted import scores
from commonweal.models.registry import load
from commonweal.oversight.disclosure import Disclosure
from commonweal.study.chain import Chain
from commonweal.study.evaluated import Evaluated, write_evaluated
from commonweal.study.features import features
from commonweal.study.finished import chosen_in, differences
from commonweal.study.matrix import seen_matrix
from commonweal.study.models import seen
from commonweal.study.stages import Records, Workshop, code_below, cohort, labels
from commonweal.study.tested import wanted

_DECAYS = ("auc", "precision")


def stability(shop: Workshop, main: Chain) -> Artefact:
    """Follow the headline model from date to date: ``metrics.json`` and ``findings.json``.

    Cohorts, labels and features of these dates are made by the stages that made the study's own,
    with the codes it chose, in a folder that is gone afterwards: no score is stored.
    """
    made, blocks, fitted = main.made, main.blocks, main.fitted
    spec, days = shop.study.spec, rolling_dates(shop)
    headline = spec.evaluation.headline
    sees = seen(spec.models[headline], blocks)

    def write(folder: Path) -> None:
        with TemporaryDirectory(prefix="commonweal-") as aside:
            here = _elsewhere(shop, days, sees, Store(Path(aside)))
            held = _held(here, made, sees, fitted[headline])
        found = measure(shop, held)
        write_evaluated(folder, found.metrics, (*found.findings, _identities(shop, days)))

    settings = [
        days, spec.cohort, spec.outcome, spec.filter, spec.models[headline], spec.capacity,
        spec.evaluation, spec.study.seed, shop.study.disclosure, shop.study.agency.extracted_on,
        shop.study.agency.events, {name: spec.features[name] for name in sees},
    ]  # fmt: skip
    parents = {f"records/{n}": a for n, a in made.items()}
    parents |= {f"blocks/{n}": a for n, a in sees.items()}
    parents |= {"model": fitted[headline]}
    files = [
        "evaluate",
        "evaluated",
        "features",
        "finished",
        "matrix",
        "stability",
        "stages",
        "tested",
    ]
    code = code_below(
        "models", "evaluation", "oversight", *(f"study/{name}.py" for name in files)
    )  # fmt: skip
    return shop.opening("stability", code, settings, parents, write)


def rolling_dates(shop: Workshop) -> tuple[date, ...]:
    """Return the dates: the first test date, and others whole steps before and after it.

    None is before every training outcome had closed, and none after the extraction; those before
    the test date come first, because more of their outcomes are known.
    """
    spec = shop.study.spec.stability
    assert spec is not None
    start = min(s.as_of for s in shop.splits if s.role == "test")
    learned = [s.closes for s in shop.splits if s.role in ("train", "validation")]
    found: tuple[date, ...] = (start,)
    for steps in range(spec.dates):
        back = Period(spec.every.number * steps, spec.every.unit).before(start)
        last = shop.study.agency.extracted_on
        grid = Grid(every=spec.every, first=back, last=last).dates()
        if back < max(learned, default=start):
            break
        if start in grid:  # a month's last days are cut to those a shorter month has
            found = grid
    return found[: spec.dates]


def _elsewhere(
    shop: Workshop, days: Sequence[date], sees: Mapping[str, Artefact], store: Store
) -> Workshop:
    """Return a workshop for the same study on other dates, all of them tests or not observed."""
    spec = shop.study.spec
    assert spec.stability is not None
    extracted = shop.study.agency.extracted_on
    observed = sum(spec.outcome.closes(day) <= extracted for day in days)
    grid = Grid(every=spec.stability.every, first=days[0], last=days[-1])
    moved = replace(spec.cohort, as_of=grid, validation=0, test=observed)
    blocks = {name: spec.features[name] for name in sees}
    study = replace(shop.study, spec=replace(spec, cohort=moved, features=blocks))
    return replace(shop, store=store, study=study)


def _held(
    shop: Workshop, made: Records, sees: Mapping[str, Artefact], fitted: Artefact
) -> list[Dated]:
    """Score the people of every date that has more than can be served."""
    spec = shop.study.spec
    people = cohort(shop, made)
    labelled = labels(shop, made, people)
    blocks = features(shop, made, people, chosen_in(sees))
    odd = [one for name, now in blocks.items() for one in differences(name, sees[name], now)]
    if odd:
        raise DataError(odd)
    table = read_table(people.file("cohort.parquet"))
    outcomes = read_table(labelled.file("labels.parquet"))["label"].cast("float64")
    known = outcomes.to_numpy(zero_copy_only=False)
    built = seen_matrix(spec.models[spec.evaluation.headline], blocks)
    model = load(spec.models[spec.evaluation.headline], fitted.path, built.names)
    held = []
    for day in spec.cohort.as_of.dates():
        rows = np.flatnonzero(pc.equal(table["as_of"], day).to_numpy())
        if len(rows) > spec.capacity.k:
            ids = table["entity_id"].take(rows).to_pylist()
            found = scores(model, built, rows)
            held.append(dated(day, ids, found, known[rows], spec.study.seed))
    return held


def measure(shop: Workshop, held: Sequence[Dated]) -> Evaluated:
    """Turn dates into the figures and findings that may be published."""
    spec, rule, k = shop.study.spec, shop.study.disclosure, shop.study.spec.capacity.k
    shown = publishable(rule, held, k)
    hidden = _hidden(len(held), len(shown))
    if len(shown) < 2:
        message = "Fewer than two dates can be shown: nothing can be said about stability."
        return Evaluated((), (_said("stability.trend", Severity.SKIPPED, message), hidden))
    seeded = stream(spec.study.seed, "bootstrap", "stability")
    found = compared(shown, k, spec.evaluation.draws, seeded)
    figures = [m for m in (_rounded(shop, shown, one) for one in found.figures) if m]
    metrics = [m for one in found.overlaps for m in _compared(shop, one, shown)]
    metrics += [_metric(shop, m.figure, m, as_of=m.as_of) for m in figures]
    dates = {name: sum(m.figure == name for m in found.figures) for name in ("base_rate", *_DECAYS)}
    whole = {name for name, n in dates.items() if sum(m.figure == name for m in figures) == n}
    trends = [m for m in found.trends if m.figure in whole]
    metrics += [
        _metric(shop, f"stability.{m.figure}_per_year", m, as_of=shown[0].as_of) for m in trends
    ]
    return Evaluated(tuple(metrics), (_trend(trends, found), hidden))


def publishable(rule: Disclosure, held: Sequence[Dated], k: int) -> list[Dated]:
    """Keep the dates whose lists and cohorts give nobody away beside those kept before.

    Of any two dates: people on both lists or on one, and in the cohort at both dates or at one.
    Of any three lists: every count that follows from those of the pairs.
    """
    kept: list[Dated] = []
    pairs: dict[tuple[date, date], int] = {}
    for one in held:
        if not rule.safe(k, len(one.ids) - k):
            continue
        against = [overlap(one, other, k) for other in kept]
        if not all(rule.safe(o.kept, k - o.kept, o.both, o.left, o.new) for o in against):
            continue
        here = {(o.against, one.as_of): o.kept for o in against}
        three = [
            (pairs[a.as_of, b.as_of], here[a.as_of, one.as_of], here[b.as_of, one.as_of])
            for a, b in combinations(kept, 2)
        ]
        if rule.exempt or all(_open(k, *counts) for counts in three):
            kept.append(one)
            pairs |= here
    return kept


def _open(k: int, first: int, second: int, third: int) -> bool:
    """Return whether no part of three lists of k people is known to hold 1 to 10 of them.

    `first` people are on lists one and two, `second` on one and three, `third` on two and three.
    """
    least = max(0, first + second - k, first + third - k, second + third - k)
    most = min(first, second, third)
    parts = [(least, most)]
    parts += [(pair - most, pair - least) for pair in (first, second, third)]
    for one, two in ((first, second), (first, third), (second, third)):
        parts.append((k - one - two + least, k - one - two + most))
    return not any(low >= 1 and high <= 10 for low, high in parts)


def _rounded(shop: Workshop, shown: Sequence[Dated], one: Measured) -> Measured | None:
    """Return a figure as it may be published, None where it may not."""
    rule = shop.study.disclosure
    ranking = next(d.observed for d in shown if d.as_of == one.as_of)
    if not rule.safe(ranking.positives, ranking.n - ranking.positives):
        return None
    cutoffs = rule.cutoffs(ranking, None, wanted(shop))
    if one.figure == "precision":
        return one if shop.study.spec.capacity.k in cutoffs else None
    if one.figure == "auc":
        decimals = rule.areas(ranking, cutoffs)
        if not decimals:
            return None
        low, high = (None if x is None else round(x, decimals) for x in (one.low, one.high))
        return replace(one, value=round(one.value, decimals), low=low, high=high)
    return one


def _compared(shop: Workshop, one: Overlap, shown: Sequence[Dated]) -> list[Metric]:
    """Return how one date's list and scores compare with the date before, or the first."""
    days = [d.as_of for d in shown]
    before = one.against == days[days.index(one.as_of) - 1]
    lines: list[tuple[str, float | None, int, int | None]] = []
    if before:
        lines += [("overlap", one.share, one.k, one.k),
                  ("rank_correlation", one.correlation, one.both, None)]  # fmt: skip
    if one.against == days[0]:
        lines.append(("first_overlap", one.share, one.k, one.k))
    return [
        Metric(metric=f"stability.{name}", value=value, n=n, k=k, as_of=one.as_of,
               model=shop.study.spec.evaluation.headline, variant=ROLLING,
               against=one.against.isoformat())
        for name, value, n, k in lines if value is not None
    ]  # fmt: skip


def _metric(shop: Workshop, name: str, one: Measured, as_of: date | None) -> Metric:
    spec = shop.study.spec
    return Metric(
        metric=name, value=one.value, low=one.low, high=one.high, n=one.n, as_of=as_of,
        k=spec.capacity.k if one.figure == "precision" else None,
        model=spec.evaluation.headline, variant=ROLLING,
    )  # fmt: skip


def _trend(trends: Sequence[Measured], found: Stability) -> Finding:
    """Say whether the model gets worse with time."""
    code = "stability.trend"
    read = [m for m in trends if m.figure in _DECAYS]
    if not read:
        observed = len({m.as_of for m in found.figures})
        message = (
            f"Outcomes are observed at {observed} of the dates: too few, or too small to show, to "
            "read a trend from."
        )
        return _said(code, Severity.SKIPPED, message)
    parts = [
        f"{'AUC' if m.figure == 'auc' else 'precision at capacity'} changes by {m.value:+.3f} a "
        f"year ({m.low:+.3f} to {m.high:+.3f})"
        for m in read
    ]
    worse = any(m.high is not None and m.high < 0 for m in read)
    message = f"The model left as it was fitted: {', '.join(parts)}; n = {read[0].n:,}."
    return _said(code, Severity.WARN if worse else Severity.PASS, message)


def _hidden(dates: int, shown: int) -> Finding:
    code = "stability.dates"
    if shown < dates:
        message = (
            f"{dates - shown} of {dates} dates are not shown: beside the others they would show, "
            "or let someone work out, a number between 1 and 10."
        )
        return _said(code, Severity.WARN, message)
    return _said(code, Severity.PASS, f"All {dates} dates can be shown.")


def _identities(shop: Workshop, days: Sequence[date]) -> Finding:
    """Say whether whose a record is at a date rests on records that came later."""
    code = "stability.identities"
    if not shop.study.agency.linked():
        message = "Records carry the agency's own ids; nothing was linked."
        return _said(code, Severity.NOT_APPLICABLE, message)
    own = {*shop.study.spec.cohort.as_of.dates(), shop.study.agency.extracted_on}
    later = [str(day) for day in days if day not in own]
    if not later:
        message = "Whose a record is follows from the records known before each date."
        return _said(code, Severity.PASS, message)
    message = (
        f"{', '.join(later)}: no as-of dates of the study, so whose a record is follows from all "
        "records, also those that came later."
    )
    return _said(code, Severity.WARN, message)


def _said(code: str, severity: Severity, message: str) -> Finding:
    return Finding(code=code, severity=severity, message=message)
