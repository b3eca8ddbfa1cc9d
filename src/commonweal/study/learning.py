"""The learning stages: the headline model fitted on shares of the people, and their curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from commonweal.core.parallel import each
from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.seeds import seed_for, stream, tie_break
from commonweal.core.store import Artefact, write_json
from commonweal.evaluation.learning import LearningCurve, learning_curve
from commonweal.evaluation.ranking import Ranking
from commonweal.features.matrix import FeatureMatrix
from commonweal.models.columns import columns_seen
from commonweal.models.data import Sample, TrainingData
from commonweal.models.fitted import scores
from commonweal.models.registry import fit, load
from commonweal.study.evaluated import write_evaluated
from commonweal.study.matrix import columns_of, seen_matrix
from commonweal.study.models import seen, training_data
from commonweal.study.persons import persons
from commonweal.study.stages import ALIASES, Workshop, code_below

CODE = "evaluation.learning-curve"
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class _Parts:
    """The rows of a learning curve.

    Half of the people of the validation dates, by lot, tell models when to stop and are part of
    the last fit, as all of them are for the headline model; the other half is measured on.

    Parameters
    ----------
    train, stop, measured
        Rows.
    person
        Person of every cohort row.
    names
        The persons' ids.
    """

    train: Sample
    stop: Sample
    measured: Sample
    person: NDArray[np.int64]
    names: Sequence[str]

    def share(self, seed: int, fraction: float, repeat: int) -> TrainingData:
        """Return the rows of a share of the people, by a lot that larger shares have in common."""
        both = np.unique(self.person[np.concatenate([self.train.rows, self.stop.rows])])
        lots = tie_break(seed_for(seed, "learning", str(repeat)), [self.names[p] for p in both])
        drawn = both[np.argsort(lots, kind="stable")][: max(1, round(fraction * len(both)))]
        train, stop = (_of(one, self.person, drawn) for one in (self.train, self.stop))
        return TrainingData(train, stop)


def learning_stages(
    shop: Workshop, made: Mapping[str, Artefact], people: Artefact, labelled: Artefact,
    blocks: Mapping[str, Artefact],
) -> list[Artefact]:  # fmt: skip
    """Fit the headline model on every share, each a stage of its own, and measure them all.

    Returns
    -------
    list of Artefact
        The stages; the last holds ``metrics.json`` and ``findings.json``. Measured on validation
        rows: no row of a test date is read. Models are stored, scores are not.
    """
    asked = shop.study.spec.learning_curve
    assert asked is not None
    mine = seen(shop.study.spec.models[shop.study.spec.evaluation.headline], blocks)
    parents = {**mine, "__cohort": people, "__labels": labelled}
    parents |= {f"__{n}": a for n, a in sorted(made.items()) if ALIASES in a.files}
    wanted = [(share, repeat) for share in asked.fractions for repeat in range(asked.repeats)]
    fitted = each(
        lambda one: _fitted(shop, made, people, labelled, mine, parents, *one),
        wanted if mine else [],
        shop.threads,
    )
    curve = _curve(
        shop, made, people, labelled, mine, parents, dict(zip(wanted, fitted, strict=False))
    )
    return [*fitted, curve]


def _settings(shop: Workshop, mine: Mapping[str, Artefact]) -> list[object]:
    spec = shop.study.spec
    headline = spec.models[spec.evaluation.headline]
    columns = columns_seen(headline, columns_of(mine))
    dates = [shop.dates("train"), shop.dates("validation")]
    return [headline, spec.study.seed, *dates, list(mine), columns]


def _fitted(
    shop: Workshop, made: Mapping[str, Artefact], people: Artefact, labelled: Artefact,
    mine: Mapping[str, Artefact], parents: Mapping[str, Artefact], fraction: float, repeat: int,
) -> Artefact:  # fmt: skip
    """Fit on one share: the model and ``rows.json``; no model where a part holds one outcome."""
    spec = shop.study.spec
    headline = spec.models[spec.evaluation.headline]

    def write(folder: Path) -> None:
        parts = _parts(shop, made, people, labelled, seen_matrix(headline, mine))
        data = parts.share(spec.study.seed, fraction, repeat)
        usable = all(0 < s.labels.sum() < len(s.labels) for s in (data.train, data.validation))
        if usable:
            seed = seed_for(spec.study.seed, "learning", str(repeat))
            fit(headline, data, seed, shop.threads).save(folder)
        rows = len(data.train.rows) + len(data.validation.rows)
        write_json(folder / "rows.json", {"rows": rows, "fitted": usable})

    settings = [*_settings(shop, mine), fraction, repeat]
    code = code_below("models", "study/learning.py", "study/models.py", "study/persons.py")
    return shop.make(f"learning/{fraction:g}-{repeat + 1}", code, settings, parents, write)


def _parts(
    shop: Workshop, made: Mapping[str, Artefact], people: Artefact, labelled: Artefact,
    features: FeatureMatrix,
) -> _Parts:  # fmt: skip
    data = training_data(shop, people, labelled, features)
    person, names = persons(people, made)
    there = np.unique(person[data.validation.rows])
    lots = tie_break(
        seed_for(shop.study.spec.study.seed, "learning", "stop"), [names[p] for p in there]
    )
    first = there[np.argsort(lots, kind="stable")][: len(there) // 2]
    rest = np.setdiff1d(there, first)
    stop, measured = (_of(data.validation, person, some) for some in (first, rest))
    return _Parts(data.train, stop, measured, person, names)


def _of(sample: Sample, person: NDArray[np.int64], some: NDArray[np.int64]) -> Sample:
    """Return the rows of some persons."""
    mine = np.isin(person[sample.rows], some)
    return Sample(sample.matrix, sample.rows[mine], sample.labels[mine], person[sample.rows[mine]])


def _curve(
    shop: Workshop, made: Mapping[str, Artefact], people: Artefact, labelled: Artefact,
    mine: Mapping[str, Artefact], parents: Mapping[str, Artefact],
    fitted: Mapping[tuple[float, int], Artefact],
) -> Artefact:  # fmt: skip
    spec = shop.study.spec
    headline = spec.models[spec.evaluation.headline]

    def write(folder: Path) -> None:
        metrics: list[Metric] = []
        finding = _skipped("The headline model sees no feature: it learns nothing.")
        if mine:
            features = seen_matrix(headline, mine)
            parts = _parts(shop, made, people, labelled, features)
            metrics, finding = _measured(shop, parts, features, fitted)
        write_evaluated(folder, metrics, [finding])

    settings = [
        *_settings(shop, mine), spec.learning_curve, spec.evaluation.draws, shop.study.disclosure,
    ]  # fmt: skip
    models = {f"learning/{share:g}-{r + 1}": a for (share, r), a in fitted.items()}
    files = [f"study/{name}.py" for name in ("learning", "models", "persons", "evaluated")]
    code = code_below("models", "evaluation", "oversight", *files)
    return shop.make("learning", code, settings, {**parents, **models}, write)


def _measured(
    shop: Workshop, parts: _Parts, features: FeatureMatrix,
    fitted: Mapping[tuple[float, int], Artefact],
) -> tuple[list[Metric], Finding]:  # fmt: skip
    """Measure every share all of whose models could be fitted."""
    spec, asked = shop.study.spec, shop.study.spec.learning_curve
    assert asked is not None
    headline = spec.models[spec.evaluation.headline]
    told: dict[tuple[float, int], dict[str, int]] = {}
    for one, artefact in fitted.items():
        read = artefact.json("rows.json")
        assert isinstance(read, dict)
        told[one] = read
    repeats = range(asked.repeats)
    shares = [f for f in asked.fractions if all(told[f, r]["fitted"] for r in repeats)]
    if len(shares) < _FEWEST:
        return [], _skipped("Shares of the people are too small to hold both outcomes.")
    rows = np.array([[float(told[f, r]["rows"]) for r in repeats] for f in shares])
    if not _safe(shop, parts, rows):
        return [], _skipped("Its figures could show, or let someone derive, 1 to 10 people.")
    sample = parts.measured
    ids = [parts.names[p] for p in parts.person[sample.rows]]
    ties = tie_break(spec.study.seed, ids)
    rankings = []
    for share in shares:
        loaded = [load(headline, fitted[share, r].path, features.names) for r in repeats]
        rankings.append([
            Ranking.of(scores(model, features, sample.rows), sample.labels, ties)
            for model in loaded
        ])  # fmt: skip
    _, person = np.unique(parts.person[sample.rows], return_inverse=True)
    seeded = stream(spec.study.seed, "bootstrap", "learning")
    found = learning_curve(shares, rows, rankings, person, spec.evaluation.draws, seeded)
    return _published(shop, found, rankings)


def _safe(shop: Workshop, parts: _Parts, rows: NDArray[np.float64]) -> bool:
    """Whether the numbers of rows may be shown: those measured, and those of each share."""
    rule = shop.study.disclosure
    positives = [int(s.labels.sum()) for s in (parts.measured, parts.stop)]
    sizes = [len(s.labels) for s in (parts.measured, parts.stop)]
    others = [n - p for n, p in zip(sizes, positives, strict=True)]
    means = rows.mean(axis=1)
    return rule.safe(*positives, *others, *means, *np.diff(means)) and 0 < positives[0] < sizes[0]


def _published(
    shop: Workshop, found: LearningCurve, rankings: Sequence[Sequence[Ranking]]
) -> tuple[list[Metric], Finding]:
    """Round areas, and leave precision out where a list would show few people."""
    rule, model = shop.study.disclosure, shop.study.spec.evaluation.headline
    every = [ranking for one in rankings for ranking in one]
    decimals = min(rule.areas(ranking, ()) for ranking in every)
    at = np.array([found.positives])
    lists = [x for r in every for hits in (r.expected(at), *r.extremes(at)) for x in hits]
    precise = rule.safe(*lists, *(found.positives - x for x in lists))
    if not decimals:
        return [], _skipped("Its figures could show, or let someone derive, 1 to 10 people.")
    metrics = []
    for point in found.points:
        k = round(point.rows)
        lines = [("learning.auc", point.auc.rounded(decimals))]
        lines += [("learning.precision", point.precision)] if precise else []
        metrics += [
            Metric(metric=name, value=e.value, low=e.low, high=e.high, n=n, k=k, model=model)
            for (name, e), n in zip(lines, (found.n, found.positives), strict=False)
        ]
    gains = [("learning.last", found.last), ("learning.doubled", found.doubled)]
    shown = [(name, e.rounded(decimals)) for name, e in gains if e is not None]
    metrics += [
        Metric(metric=name, value=e.value, low=e.low, high=e.high, n=found.n, model=model)
        for name, e in shown
    ]
    return metrics, Finding(
        code=CODE, severity=Severity.PASS, message=found.sentence(), where=model
    )


def _skipped(message: str) -> Finding:
    return Finding(code=CODE, severity=Severity.SKIPPED, message=message)
