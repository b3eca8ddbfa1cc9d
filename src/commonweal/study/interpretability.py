"""The interpretability stage: models of several kinds on repeated splits of the people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from commonweal.core.parallel import each
from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.seeds import seed_for, tie_break
from commonweal.core.store import Artefact
from commonweal.core.tables import read_table
from commonweal.evaluation.interpretability import ModelComparison, beyond, compare_models
from commonweal.models.held import HeldMatrix
from commonweal.study.chain import Chain
from commonweal.study.evaluated import write_evaluated
from commonweal.study.matrix import matrix
from commonweal.study.models import row_places, seen
from commonweal.study.persons import persons
from commonweal.study.splits import Drawn, Result, Split, divided, of_split
from commonweal.study.stages import ALIASES, Workshop, code_below
from commonweal.study.strategies import Plan, plans

CODE = "evaluation.interpretability"
NUMBERS = 7_000_000
"""Most numbers held: rows by columns. Fewer rows are drawn where they would be more."""
_FIGURES = ("auc", "precision", "brier")
Results = Mapping[str, Sequence[Result]]


def interpretability(shop: Workshop, main: Chain) -> Artefact:
    """Compare kinds of model: ``metrics.json`` and ``findings.json``.

    Rows are those of training and validation dates: the test window stays closed. Neither a model
    nor a score is stored.
    """
    spec = shop.study.spec
    asked = spec.interpretability
    every = plans(spec, main.search.elsewhere(), main.blocks) if asked.splits else ()
    compared = [plan for plan in every if not plan.too_wide]
    mine = {
        n: b
        for n, b in main.blocks.items()
        if any(n in seen(p.spec, main.blocks) for p in compared)
    }

    def write(folder: Path) -> None:
        metrics: list[Metric] = []
        if not asked.splits:
            finding = _skipped("Not asked for: splits is 0.")
        elif len(compared) < 2:
            finding = _skipped("Fewer than two kinds of model could be fitted.")
        else:
            metrics, finding = _measured(shop, main, mine, compared)
        left = [plan for plan in every if plan.too_wide]
        write_evaluated(folder, metrics, [finding, *map(_too_wide, left)])

    linked = {f"records/{n}": a for n, a in sorted(main.made.items()) if ALIASES in a.files}
    settings = [
        asked, every, spec.study.seed, spec.capacity.k, shop.dates("train"),
        shop.dates("validation"), list(mine), shop.study.disclosure,
    ]  # fmt: skip
    parents = {**mine, **linked, "__cohort": main.people, "__labels": main.labelled}
    files = ("interpretability", "splits", "strategies", "models", "persons", "evaluated")
    code = code_below("models", "evaluation", "oversight", *(f"study/{name}.py" for name in files))
    return shop.make("interpretability", code, settings, parents, write)


def _measured(
    shop: Workshop, main: Chain, blocks: Mapping[str, Artefact], compared: Sequence[Plan]
) -> tuple[list[Metric], Finding]:
    """Fit every kind in every split and measure it."""
    width = len({name for plan in compared for name in plan.columns})
    drawn = _draw(shop, main, min(shop.study.spec.interpretability.rows, NUMBERS // width))
    numbers = range(shop.study.spec.interpretability.splits)
    splits = [divided(drawn, shop.study.spec.study.seed, number) for number in numbers]
    if not all(drawn.both(split) for split in splits):
        return [], _skipped("Too few people to hold both outcomes in every part of a split.")
    if not _safe(shop, drawn, splits):
        return [], _skipped("Its figures could show, or let someone derive, 1 to 10 people.")
    held = _held(blocks, compared, drawn)
    seed = shop.study.spec.study.seed
    seeds = [seed_for(seed, "interpretability", "fit", str(number)) for number in numbers]
    found = each(
        lambda number: of_split(drawn, splits[number], held, compared, seeds[number]),
        numbers, shop.threads,
    )  # fmt: skip
    results: Results = {plan.kind: [one[plan.kind] for one in found] for plan in compared}
    return _published(shop, drawn, splits, compared, results)


def _draw(shop: Workshop, main: Chain, most: int) -> Drawn:
    """Draw people at random until their rows are as many as may be used."""
    spec = shop.study.spec
    places = row_places(shop, main.people, "train", "validation")
    dates = len(shop.dates("train", "validation"))
    observed = read_table(main.labelled.file("labels.parquet"))["label"]
    rows = places[observed.is_valid().to_numpy()[places]]
    labels = observed.fill_null(0).to_numpy().astype(np.int8)[rows]
    everybody, names = persons(main.people, main.made)
    here, person = np.unique(everybody[rows], return_inverse=True)
    ids = [names[p] for p in here.tolist()]
    lots = tie_break(seed_for(spec.study.seed, "interpretability", "drawn"), ids)
    order = np.argsort(lots, kind="stable")
    upto = np.cumsum(np.bincount(person, minlength=len(ids))[order])
    some = order[upto <= most]
    kept = np.isin(person, some)
    share = spec.capacity.k * dates / max(1, len(places))
    return Drawn(rows[kept], labels[kept], person[kept], ids, len(rows), min(1.0, share))


def _safe(shop: Workshop, drawn: Drawn, splits: Sequence[Split]) -> bool:
    """Whether it may be shown how many rows there are: learned from, measured on, left out."""
    counts = [drawn.among - len(drawn.rows)]
    for split in splits:
        for part in (np.concatenate([split.train, split.stopping]), split.measured):
            positives = int(drawn.labels[part].sum())
            counts += [positives, len(part) - positives]
    return shop.study.disclosure.safe(*counts)


def _held(blocks: Mapping[str, Artefact], compared: Sequence[Plan], drawn: Drawn) -> HeldMatrix:
    """Read the rows once, with every column that any kind sees."""
    whole = matrix(blocks).only({name for plan in compared for name in plan.columns})
    names = whole.names
    return HeldMatrix(whole.take(drawn.rows), names, names, whole.categorical)


def _published(
    shop: Workshop, drawn: Drawn, splits: Sequence[Split], compared: Sequence[Plan],
    results: Results,
) -> tuple[list[Metric], Finding]:  # fmt: skip
    """Compare over splits; leave out what would show few people, and round what is real."""
    rule = shop.study.disclosure
    learned = float(np.mean([len(s.train) + len(s.stopping) for s in splits]))
    measured = float(np.mean([len(s.measured) for s in splits]))
    ks = [drawn.k(split) for split in splits]
    metrics = _sizes(shop, compared, results, round(learned))
    n = {"auc": round(measured), "precision": round(float(np.mean(ks))), "brier": round(measured)}
    said: ModelComparison | None = None
    for place, figure in enumerate(_FIGURES):
        shown: list[str] = [
            plan.kind for plan in compared if _may_show(shop, figure, results[plan.kind], ks)
        ]
        tables = {kind: np.array([f.figures[place] for f in results[kind]]) for kind in shown}
        if len(tables) < 2 or compared[0].kind not in tables:
            continue
        found = compare_models(tables, learned=learned, measured=measured)
        said = found if figure == "auc" else said
        k = n[figure] if figure == "precision" else None
        metrics += _lines(found, figure, n[figure], k, 12 if rule.exempt else 3)
    return metrics, _said(said, results)


def _may_show(shop: Workshop, figure: str, found: Sequence[Result], ks: Sequence[int]) -> bool:
    """Whether a figure exists, and its mean over splits gives no few people away."""
    rule = shop.study.disclosure
    if figure == "precision":
        counts = [
            count
            for one, k in zip(found, ks, strict=True)
            for count in (one.hits, k - one.hits, one.ranking.positives - one.hits)
        ]
        return rule.safe(*counts)
    known = figure == "auc" or not np.isnan(found[0].figures[_FIGURES.index(figure)])
    return known and rule.mean_areas([one.ranking for one in found]) > 0


def _lines(
    found: ModelComparison, figure: str, n: int, k: int | None, decimals: int
) -> list[Metric]:
    own = [(f"interpretability.{figure}", kind, None, e) for kind, e in found.own.items()]
    apart = [
        (f"interpretability.difference.{figure}", kind, found.first, e)
        for kind, e in found.differences.items()
    ]
    return [
        Metric(metric=name, value=e.value, low=e.low, high=e.high, n=n, k=k, group=f"kind={kind}",
               against=against)
        for name, kind, against, e in ((*one[:3], one[3].rounded(decimals)) for one in own + apart)
    ]  # fmt: skip


def _sizes(
    shop: Workshop, compared: Sequence[Plan], results: Results, learned: int
) -> list[Metric]:
    """Say how much there is to read of each kind, the mean over splits."""
    metrics = []
    for plan in compared:
        found = results[plan.kind]
        for name, values in (
            ("size", [f.size for f in found]), ("trees", [f.trees for f in found]),
            ("columns", [f.columns for f in found]),
        ):  # fmt: skip
            value = float(np.mean(values))
            shown = value if shop.study.disclosure.exempt else _two_digits(value)
            metrics.append(
                Metric(metric=f"interpretability.{name}", value=shown, n=learned,
                       group=f"kind={plan.kind}")
            )  # fmt: skip
    return metrics


def _two_digits(value: float) -> float:
    """Round a mean number to two digits: it counts no people, and gives none away like this."""
    return float(f"{value:.2g}")


def _said(found: ModelComparison | None, results: Results) -> Finding:
    if found is None:
        return _skipped("Its figures could show, or let someone derive, 1 to 10 people.")
    said = [
        f"{kind} (size {np.mean([f.size for f in results[kind]]):.2g}) {e.value:+.3f} "
        f"({e.low:+.3f} to {e.high:+.3f}), {beyond(e)}"
        for kind, e in found.differences.items()
    ]
    message = f"AUC less that of {found.first}, over {found.splits} splits: {'; '.join(said)}."
    return Finding(code=CODE, severity=Severity.PASS, message=message)


def _too_wide(plan: Plan) -> Finding:
    message = (
        f"{plan.kind} was left out: it would see {len(plan.columns):,} columns, and take minutes. "
        "Declare one that sees fewer."
    )
    return Finding(code=CODE, severity=Severity.SKIPPED, message=message, where=plan.kind)


def _skipped(message: str) -> Finding:
    return Finding(code=CODE, severity=Severity.SKIPPED, message=message)
