"""How good the linkage is, measured on hidden ids: for whom, and how sure that is.

A person's records, and the wrong pairs they are in (half of each pair to either person), are
counted person by person; intervals draw people again. Wrong pairs are scaled to the size of the
whole file. Assumption: records without an id are like hidden ones once these lack the same fields
and have the same errors in age; what people without any id do otherwise is not seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonweal.core.results import Metric
from commonweal.core.seeds import stream
from commonweal.linkage.calibration import Rehearsal
from commonweal.linkage.cells import Floats, Ints, Mask
from commonweal.linkage.counting import joint

FEWEST = 50
"""People without whom a group's figures are not given."""


@dataclass(frozen=True, slots=True)
class PersonCounts:
    """Counts of each person in the practice file.

    Parameters
    ----------
    both, one, wrong
        Pairs of the person's records that are put together; all its pairs; half of the wrong
        pairs it is in, scaled. Over open pairs.
    every_both, every_one, every_wrong
        The same over all pairs.
    records, cubed_precision, cubed_recall
        Hidden records, and the sums over them of B-cubed precision and recall.
    """

    both: Floats
    one: Floats
    wrong: Floats
    every_both: Floats
    every_one: Floats
    every_wrong: Floats
    records: Floats
    cubed_precision: Floats
    cubed_recall: Floats

    def figures(self, draws: Floats) -> dict[str, Floats]:
        """Return each measure, one value a draw (a row of weights, one a person)."""
        counts = np.column_stack([getattr(self, name) for name in self.__slots__])
        sums = dict(zip(self.__slots__, (draws @ counts).T, strict=True))
        found: dict[str, Floats] = {}
        for title, prefix in (("open", ""), ("pairwise", "every_")):
            both, one, wrong = (sums[f"{prefix}{name}"] for name in ("both", "one", "wrong"))
            found[f"{title}.precision"] = _share(both, both + wrong)
            found[f"{title}.recall"] = _share(both, one)
            found[f"{title}.f1"] = _share(2 * both, both + wrong + one)
        found["b_cubed.precision"] = _share(sums["cubed_precision"], sums["records"])
        found["b_cubed.recall"] = _share(sums["cubed_recall"], sums["records"])
        return found

    def only(self, people: Mask) -> PersonCounts:
        """Return the counts of some people."""
        return PersonCounts(*(getattr(self, name)[people] for name in self.__slots__))


def _share(part: Floats, whole: Floats) -> Floats:
    found: Floats = np.divide(part, whole, out=np.ones_like(whole), where=whole > 0)
    return found


def count_people(
    cluster: Ints, person: Ints, hidden: Mask, scale: float
) -> tuple[Ints, PersonCounts]:
    """Count, person by person, what a clustering of known records got right.

    Returns
    -------
    people
        Codes of the people counted, ascending.
    counts
        Their counts.
    """
    codes, who = np.unique(person, return_inverse=True)
    where = np.unique(cluster, return_inverse=True)[1].ravel()
    group = joint(where, who)
    first = np.unique(group, return_index=True)[1]
    owner, place = who[first], where[first]
    closed = (~hidden).astype(np.float64)
    size, size_closed = np.bincount(group), np.bincount(group, weights=closed)
    whole, whole_closed = np.bincount(where), np.bincount(where, weights=closed)
    mine, mine_closed = np.bincount(who), np.bincount(who, weights=closed)

    def per_person(values: NDArray[np.float64]) -> Floats:
        return _bincount(owner, values, len(codes))

    every_both, every_one = per_person(_pairs(size)), _pairs(mine)
    every_wrong = size * (whole[place] - size) / 2
    closed_wrong = size_closed * (whole_closed[place] - size_closed) / 2
    others = whole[place] - size
    share = size / (size + scale * others)
    found = size / mine[owner]
    records = _bincount(who, 1 - closed, len(codes))
    hidden_here = size - size_closed
    return codes, PersonCounts(
        both=every_both - per_person(_pairs(size_closed)),
        one=every_one - _pairs(mine_closed),
        wrong=scale * per_person(every_wrong - closed_wrong),
        every_both=every_both,
        every_one=every_one,
        every_wrong=scale * per_person(every_wrong),
        records=records,
        cubed_precision=per_person(hidden_here * share),
        cubed_recall=per_person(hidden_here * found),
    )


def _bincount(code: Ints, weights: Floats, length: int) -> Floats:
    return np.bincount(code, weights=weights, minlength=length).astype(np.float64)


def _pairs(count: NDArray[np.generic]) -> Floats:
    number = count.astype(np.float64)
    return number * (number - 1) / 2


def estimate_quality(
    rehearsal: Rehearsal, threshold: float, groups: Mapping[str, NDArray[np.object_]], draws: int,
    seed: int,
) -> tuple[Metric, ...]:  # fmt: skip
    """Estimate precision and recall over open pairs, over all pairs, and B-cubed.

    Parameters
    ----------
    rehearsal
        The practice file, scored out of sample.
    threshold
        Where pairs begin to be taken for one person's.
    groups
        Attribute -> value of each row of the practice file, None where it is missing. A person
        is of the group most of its records name.
    draws
        Bootstrap draws over people.
    seed
        The study's seed.

    Returns
    -------
    tuple of Metric
        ``linkage.open.precision`` and so on; `n` is the number of people.
    """
    node = rehearsal.practice.node
    person, hidden = rehearsal.practice.person[node], rehearsal.practice.hidden[node]
    cluster = rehearsal.clusters(threshold)
    people, counts = count_people(cluster, person, hidden, rehearsal.practice.scale)
    inside: dict[str | None, Mask] = {None: np.ones(len(people), np.bool_)}
    for attribute, values in sorted(groups.items()):
        named = _commonest(rehearsal.practice.person, values, people)
        for value in sorted({v for v in named.tolist() if v is not None}):
            group = named == value
            if int(group.sum()) >= FEWEST:
                inside[f"{attribute}={value}"] = group
    parts = {group: counts.only(rows) for group, rows in inside.items()}
    drawn = _drawn(parts, inside, draws, seed)
    return tuple(
        metric for group, mine in parts.items() for metric in _metrics(mine, group, drawn[group])
    )


def _drawn(
    parts: Mapping[str | None, PersonCounts], inside: Mapping[str | None, Mask], draws: int,
    seed: int,
) -> dict[str | None, dict[str, Floats]]:  # fmt: skip
    """Return each group's figures over draws of all people, with replacement."""
    rng = stream(seed, "linkage", "quality")
    n = len(next(iter(inside.values())))
    found: dict[str | None, dict[str, list[Floats]]] = {group: {} for group in parts}
    for start in range(0, draws, 50):
        picked = rng.integers(0, n, (min(50, draws - start), n), dtype=np.int32)
        weights = np.stack([np.bincount(row, minlength=n) for row in picked]).astype(np.float64)
        for group, mine in parts.items():
            rows = weights if group is None else weights[:, inside[group]]
            for name, values in mine.figures(rows).items():
                found[group].setdefault(name, []).append(values)
    return {
        group: {name: np.concatenate(values) for name, values in figures.items()}
        for group, figures in found.items()
    }


def _metrics(
    counts: PersonCounts, group: str | None, drawn: Mapping[str, Floats]
) -> Iterator[Metric]:
    """Yield the figures of some people, with percentiles over the draws.

    Where nothing is wrong no draw is either: the exact interval of a share of people that is
    one stands instead.
    """
    n = len(counts.one)
    for name, values in counts.figures(np.ones((1, n))).items():
        low, high = np.quantile(drawn[name], [0.025, 0.975])
        value = float(values[0])
        low = 0.025 ** (1 / n) if value == 1.0 else float(low)
        yield Metric(
            metric=f"linkage.{name}", value=value, low=low, high=float(high), n=n, group=group
        )


def _commonest(person: Ints, values: NDArray[np.object_], people: Ints) -> NDArray[np.object_]:
    """Return the value most rows of each person name; of equally common ones the first."""
    there = np.flatnonzero(np.array([value is not None for value in values], np.bool_))
    words, word = np.unique(values[there].astype(str), return_inverse=True)
    place = np.searchsorted(people, person[there])
    key, count = np.unique(place * len(words) + word.ravel(), return_counts=True)
    order = np.lexsort((key, -count))
    owner = key[order] // max(len(words), 1)
    _, first = np.unique(owner, return_index=True)
    named = np.full(len(people), None, dtype=object)
    best = order[first]
    named[key[best] // max(len(words), 1)] = words[key[best] % max(len(words), 1)]
    return named
