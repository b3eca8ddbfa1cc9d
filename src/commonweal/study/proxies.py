"""The proxies stage: whether protected attributes can be guessed from what the model sees."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.seeds import seed_for, stream
from commonweal.core.store import Artefact
from commonweal.core.tables import read_table
from commonweal.evaluation.estimate import Estimate
from commonweal.evaluation.proxies import Proxies, guessed
from commonweal.evaluation.ranking import Floats, Ranking
from commonweal.features.matrix import FeatureMatrix
from commonweal.features.spec import AgeSpec
from commonweal.models.boosted import fit_boosted
from commonweal.models.columns import columns_seen
from commonweal.models.data import Places, Sample, TrainingData
from commonweal.models.fitted import scores
from commonweal.models.spec import BoostedSpec
from commonweal.oversight.attributes import UNKNOWN
from commonweal.study.evaluated import write_evaluated
from commonweal.study.matrix import columns_of, seen_matrix
from commonweal.study.models import row_places, seen
from commonweal.study.persons import persons
from commonweal.study.stages import ALIASES, Workshop, code_below

GUESSER = BoostedSpec(kind="boosted", learning_rate=0.1, max_trees=200, patience=20)
"""Settings of the models that guess; the same for every study, so that studies compare."""
CODE = "oversight.proxies"


@dataclass(frozen=True, slots=True)
class _New:
    """People of the last test date, and whether nothing was learned from them before.

    Parameters
    ----------
    as_of
        The date.
    rows
        All rows of that date.
    new
        Whether each is of a person in no training or validation row.
    """

    as_of: date
    rows: Places
    new: NDArray[np.bool_]


def proxies(
    shop: Workshop, made: Mapping[str, Artefact], people: Artefact, grouped: Artefact,
    blocks: Mapping[str, Artefact],
) -> Artefact:  # fmt: skip
    """Guess every protected attribute: ``metrics.json`` and ``findings.json``.

    Guessing models learn on the people of training dates, stop growing by those of validation
    dates, and are measured on people of the last test date who are in neither. No outcome is
    read, so the test window stays closed. No guess about a person is stored.
    """
    spec, asked = shop.study.spec, shop.study.spec.proxies
    assert asked is not None
    headline = spec.models[spec.evaluation.headline]
    mine = seen(headline, blocks)

    def write(folder: Path) -> None:
        metrics: list[Metric] = []
        findings: list[Finding] = []
        test = _new(shop, people, made)
        attributes = read_table(grouped.file("groups.parquet")).drop_columns(["row"])
        pooled = _pooled(shop, attributes, test)
        declared = attributes.column_names
        if not declared:
            findings.append(_none("The study declares no protected attribute."))
        for name in (n for n in declared if n in (asked.attributes or declared)):
            found, features = None, _others(shop, seen_matrix(headline, mine), name)
            if features.names:
                groups = np.asarray(attributes[name].to_pylist(), np.str_)
                found = _guessed(shop, people, features, test, name, groups, pooled[name])
            metrics += found[0] if found else []
            findings.append(found[1] if found else _unasked(name, bool(features.names)))
        write_evaluated(folder, metrics, findings)

    columns = columns_seen(headline, columns_of(mine))
    settings = [
        asked, spec.evaluation, spec.study.seed, shop.study.disclosure,
        shop.dates("train"), shop.dates("validation"), shop.dates("test"), columns, spec.protected,
    ]  # fmt: skip
    linked = {n: a for n, a in sorted(made.items()) if ALIASES in a.files}
    parents = {f"blocks/{n}": a for n, a in mine.items()}
    parents |= {f"records/{n}": a for n, a in linked.items()}
    parents |= {"cohort": people, "groups": grouped}
    files = [f"study/{name}.py" for name in ("proxies", "persons", "evaluated")]
    code = code_below("models", "evaluation", "oversight", *files)
    return shop.make("proxies", code, settings, parents, write)


def _others(shop: Workshop, features: FeatureMatrix, name: str) -> FeatureMatrix:
    """Leave out what the attribute itself was made into, where a review allows that as a feature.

    A feature is the attribute's own if a part of its name is the attribute or its column, or if it
    is of a block of ages and the attribute is an age.
    """
    spec = shop.study.spec
    protected = spec.protected[name]
    own = {name.casefold(), protected.column.casefold()}
    ages = {b for b, one in spec.features.items() if isinstance(one, AgeSpec)}
    kept = [
        feature.name
        for feature in features.features
        if not own & set(re.split(r"[.=+]", feature.name.casefold()))
        and not (protected.age_bands and feature.block in ages)
    ]
    return features.only(kept)


def _new(shop: Workshop, people: Artefact, made: Mapping[str, Artefact]) -> _New:
    as_of = max(split.as_of for split in shop.splits if split.role == "test")
    days = read_table(people.file("cohort.parquet"), ["as_of"])["as_of"].to_numpy()
    rows = np.flatnonzero(days == np.datetime64(as_of))
    person, _ = persons(people, made)
    learned = person[row_places(shop, people, "train", "validation")]
    return _New(as_of, rows, ~np.isin(person[rows], learned))


def _pooled(shop: Workshop, attributes: pa.Table, test: _New) -> dict[str, NDArray[np.str_]]:
    """Pool groups until those new and those not new are none or enough in each of them.

    Then what is said about the new people of a group takes away none of a small number from what
    the audits say about all of it.
    """
    found: dict[str, NDArray[np.str_]] = {}
    for name in attributes.column_names:
        groups = attributes[name].take(pa.array(test.rows)).to_pylist()
        others = [one for one in found.values() if set(one.tolist()) != {"all"}]
        found[name] = shop.study.disclosure.pooled(groups, test.new.astype(np.int8), others)
    return found


def _guessed(
    shop: Workshop, people: Artefact, features: FeatureMatrix, test: _New, name: str,
    groups: NDArray[np.str_], pooled: NDArray[np.str_],
) -> tuple[list[Metric], Finding] | None:  # fmt: skip
    """Learn and guess one attribute; None where too few groups can be told about."""
    parts = dict(zip(groups[test.rows].tolist(), pooled.tolist(), strict=True))
    named = np.array([parts.get(group, UNKNOWN) for group in groups.tolist()], np.str_)
    measured = test.rows[test.new & (pooled != UNKNOWN)]
    wanted = sorted(set(named[measured].tolist()))
    learned = {role: row_places(shop, people, role) for role in ("train", "validation")}
    learned = {role: rows[named[rows] != UNKNOWN] for role, rows in learned.items()}
    there = set(named[learned["train"]].tolist())
    if len(wanted) < 2 or not set(wanted) <= there or not len(learned["validation"]):
        return None
    columns = []
    for group in wanted[:1] if len(wanted) == 2 else wanted:
        train, validation = (
            Sample(features, rows, (named[rows] == group).astype(np.int8))
            for rows in learned.values()
        )
        seed = seed_for(shop.study.spec.study.seed, "proxies", name, group)
        model = fit_boosted(GUESSER, TrainingData(train, validation), seed, shop.threads)
        columns.append(scores(model, features, measured))
    if len(wanted) == 2:
        columns.append(1.0 - columns[0])
    actual = np.searchsorted(np.array(wanted), named[measured])
    seeded = stream(shop.study.spec.study.seed, "bootstrap", "proxies", name)
    draws = shop.study.spec.evaluation.draws
    found = guessed(name, wanted, np.stack(columns, axis=1), actual, draws, seeded)
    return _published(shop, found, np.stack(columns, axis=1), actual, test.as_of)


def _published(
    shop: Workshop, found: Proxies, columns: Floats, actual: Places, as_of: date
) -> tuple[list[Metric], Finding] | None:
    """Take out what may not be shown: small groups, and areas that would give ties away."""
    rule, n = shop.study.disclosure, found.n
    areas: dict[str, Estimate] = {}
    for place, (group, area) in enumerate(found.areas.items()):
        member = (actual == place).astype(np.int8)
        ranking = Ranking.of(columns[:, place], member, np.zeros(n, np.uint64))
        decimals = rule.areas(ranking, ())
        if decimals and rule.safe(found.people[group], n - found.people[group]):
            areas[group] = area.rounded(decimals)
    if not areas:
        return None
    right = round(found.right.value * n) if found.right else 0
    shown = found.right if rule.safe(right, n - right) else None
    kept = Proxies(found.attribute, found.people, areas, shown, found.largest)
    lines = [("proxy.accuracy", shown, found.attribute)] if shown else []
    lines += [
        ("proxy.largest", found.largest, found.attribute),
        *(("proxy.auc", area, f"{found.attribute}={group}") for group, area in areas.items()),
    ]
    metrics = [
        Metric(metric=metric, value=e.value, low=e.low, high=e.high, n=n, group=group, as_of=as_of)
        for metric, e, group in lines
    ]
    spec = shop.study.spec
    assert spec.proxies is not None
    above = spec.proxies.warn_above
    high = any(area.value > above and area.low > 0.5 for area in areas.values())
    message = f"From what {spec.evaluation.headline} sees: {kept.sentence()}"
    if high:
        message += " Leaving the attribute out does not keep it out."
    severity = Severity.WARN if high else Severity.PASS
    return metrics, Finding(code=CODE, severity=severity, message=message, where=found.attribute)


def _unasked(name: str, sees: bool) -> Finding:
    if not sees:
        return _none("The headline model sees no feature from which anything could be guessed.")
    message = (
        "Not measured: too few people of the test date are in no earlier one, or too few of them "
        "in each group."
    )
    return Finding(code=CODE, severity=Severity.SKIPPED, message=message, where=name)


def _none(message: str) -> Finding:
    return Finding(code=CODE, severity=Severity.NOT_APPLICABLE, message=message)
