"""Random tables, what would be published of them, and a reader who subtracts everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations, pairwise, permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commonweal.core.results import Metric
from commonweal.evaluation.groups import Grouping, audit
from commonweal.evaluation.overall import Subject, bins_from, measure
from commonweal.evaluation.ranking import Ranking
from commonweal.oversight.disclosure import Disclosure

Record = dict[str, Any]
DAY = date(2020, 1, 1)
WANTED = (25, 12, 50, 100, 250, 500, 1000)
HEADLINE = "fine"


@dataclass(frozen=True)
class World:
    """A random table: people, their outcome, groups and scores."""

    labels: NDArray[np.int8]
    groups: dict[str, NDArray[np.str_]]
    scores: dict[str, NDArray[np.float64]]
    everyone: int
    ties: NDArray[np.uint64]
    ranked: dict[str, Ranking] = field(default_factory=dict)

    @property
    def n(self) -> int:
        return len(self.labels)

    def ranking(self, model: str) -> Ranking:
        if model not in self.ranked:
            self.ranked[model] = Ranking.of(self.scores[model], self.labels, self.ties)
        return self.ranked[model]


def world(seed: int) -> World:
    """Draw a table: 30 to 3,000 people, rare or common outcomes, unequal and nested groups."""
    rng = np.random.default_rng(seed)
    n = int(np.exp(rng.uniform(np.log(30), np.log(3000))))
    latent = rng.normal(size=n)
    base = rng.choice([0.01, 0.03, 0.1, 0.25, 0.5])
    noise = rng.choice([0.1, 0.5, 2.0])
    risk = latent + noise * rng.normal(size=n)
    labels = np.zeros(n, dtype=np.int8)
    labels[np.argsort(-risk)[: rng.binomial(n, base)]] = 1
    detailed = _groups(rng, n, int(rng.integers(4, 8)), latent)
    coarse = np.where(detailed < rng.integers(1, 4), 0, 1)
    third = _groups(rng, n, int(rng.integers(2, 8)), latent)
    if rng.random() < 0.2:
        third = coarse * 2 + (detailed % 2)
    groups = {"area": detailed, "district": coarse, "sex": third}
    if rng.random() < 0.3:
        groups["district"] = _groups(rng, n, int(rng.integers(2, 4)), latent)
    fine = 1 / (1 + np.exp(-latent))
    scores = {
        HEADLINE: np.round(fine, int(rng.choice([1, 2, 12]))),
        "card": np.round(fine, 1),
        "noisy": fine + 0.02 * rng.normal(size=n),
        "count": np.floor(np.exp(latent)),
        "flag": (latent > rng.normal()).astype(np.float64),
        "same": np.full(n, labels.mean()),
    }
    return World(
        labels,
        {name: np.array([f"g{i}" for i in codes]) for name, codes in groups.items()},
        scores,
        int(labels.sum() + rng.choice([0, 3, 11, 40])),
        rng.integers(0, 2**63, size=n).astype(np.uint64),
    )


def _groups(
    rng: np.random.Generator, n: int, count: int, latent: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Groups of very unequal sizes, some of them unequally ranked."""
    shares = rng.dirichlet(np.full(count, rng.choice([0.3, 1.0, 10.0])))
    position = np.argsort(np.argsort(latent * rng.choice([0.0, 1.0]) + rng.normal(size=n)))
    return np.searchsorted(np.cumsum(shares)[:-1], (position + 0.5) / n).astype(np.int64)


def publish(rule: Disclosure, one: World) -> list[Record]:
    """Return what metrics.json would hold."""
    metrics: list[Metric] = []
    positives = int(one.labels.sum())
    everyone = one.everyone if rule.safe(one.everyone - positives, one.everyone) else None
    shown: list[tuple[Ranking, Sequence[int]]] = []
    rng = np.random.default_rng(0)
    if not rule.safe(positives, one.n - positives):
        return []
    for model in one.scores:
        ranking = one.ranking(model)
        subject = Subject(model, DAY, model not in ("count", "flag"), everyone)
        cutoffs = rule.cutoffs(ranking, None, WANTED, rankings=shown)
        shown.append((ranking, cutoffs))
        found = measure(ranking, subject, cutoffs, bins_from(cutoffs, one.n, 5), 1, rng)
        if model == HEADLINE:
            found += _by_group(rule, one, ranking, subject, cutoffs)
        if not rule.areas(ranking, cutoffs):
            found = [m for m in found if m.metric != "auc"]
        metrics += found
    return [metric.record() for metric in metrics]


def _by_group(
    rule: Disclosure, one: World, ranking: Ranking, subject: Subject, cutoffs: Sequence[int]
) -> list[Metric]:
    pooled: dict[str, NDArray[np.str_]] = {}
    for name, groups in one.groups.items():
        found = rule.pooled(groups.tolist(), one.labels, list(pooled.values()))
        if set(found) != {"all"}:
            pooled[name] = found
    ranked = {name: groups[ranking.order] for name, groups in pooled.items()}
    metrics: list[Metric] = []
    for name, groups in ranked.items():
        others = [x for other, x in ranked.items() if other != name]
        ks = rule.cutoffs(ranking, groups, WANTED, cutoffs, others)
        grouping = Grouping(name, groups, ks, bins_from(ks, one.n, 5))
        metrics += audit(ranking, subject, grouping, 1, np.random.default_rng(0))
    return metrics


@dataclass(frozen=True)
class Chain:
    """Sets growing with rank: how many people and positives up to each rank, 0 and n included."""

    who: str
    ranks: NDArray[np.int64]
    people: NDArray[np.int64]
    positives: NDArray[np.int64]

    def outcomes(self) -> NDArray[np.int64]:
        """Positives, others and all, by rank."""
        return np.stack([self.positives, self.people - self.positives, self.people])

    def at(self, ranks: NDArray[np.int64]) -> Chain:
        place = np.searchsorted(self.ranks, ranks)
        return Chain(self.who, ranks, self.people[place], self.positives[place])


class Reader:
    """Sees published records only; the table itself checks what it says and nothing more.

    A cut-off within a block of equal scores may let a reader work out where the block begins
    and ends and what it holds, so these are given to it for nothing.
    """

    def __init__(self, records: Sequence[Record], truth: World) -> None:
        self.records, self.truth = records, truth
        self.by: dict[tuple[str, str | None, str], dict[int, Record]] = {}
        for r in records:
            key = (r["model"], r.get("group"), r["metric"])
            self.by.setdefault(key, {})[r.get("k", 0)] = r
        self.models = list(dict.fromkeys(r["model"] for r in records))
        self.attributes: dict[str, list[str]] = {}
        for group in dict.fromkeys(r["group"] for r in records if "group" in r):
            self.attributes.setdefault(group.split("=")[0], []).append(group)
        self.wholes = {model: self._whole(model) for model in self.models}
        self.groups = {g: self._group(g) for names in self.attributes.values() for g in names}

    def of(self, model: str, group: str | None, metric: str) -> dict[int, Record]:
        return self.by.get((model, group, metric), {})

    def attack(self) -> list[str]:
        """Return everything of 1 to 10 people that follows from the records."""
        found = [f"n of {r['metric']}" for r in self.records if small([r["n"]])]
        chains = [*self.wholes.values(), *self.groups.values()]
        found += [f"steps of {chain.who}" for chain in chains if steps(chain)]
        found += [
            f"outcomes of people outside, {model}"
            for model, chain in self.wholes.items()
            for record in self.of(model, None, "total_recall").values()
            if small(record["n"] - chain.positives)
        ]
        found += [
            f"{r['metric']} of {r['model']}"
            for r in self.records if r["metric"] in ("precision_worst", "precision_best")
            if small([whole(r["value"] * r["k"]), whole((1 - r["value"]) * r["k"])])
        ]  # fmt: skip
        for names in self.attributes.values():
            found += beside(self.wholes[HEADLINE], [self.groups[g] for g in names])
        return found

    def insider(self) -> list[str]:
        """Return what follows for one who also knows which groups and lists hold which."""
        found = []
        for one, two in combinations(self.models, 2):
            lists = [self._lists(model) for model in (one, two)]
            found += [f"{one} and {two}" for _ in range(self._nested(*lists))]
        for one, two in permutations(self.attributes, 2):
            inner, outer = self._unions(one), self._unions(two)
            found += [
                f"{b.who} around {a.who}"
                for who, a in inner for them, b in outer if not (who & ~them).any() and around(a, b)
            ]  # fmt: skip
        return found

    def solve(self) -> int:
        """Return how many cells of 1 to 10 people linear equations or bounds give away."""
        return sum(
            solved(self.wholes[HEADLINE], [self.groups[g] for g in names], outcome)
            for names in self.attributes.values() for outcome in (0, 1)
        )  # fmt: skip

    def _whole(self, model: str) -> Chain:
        """Invert a model's own figures."""
        base = self.of(model, None, "base_rate")[0]
        n, positives = base["n"], whole(base["value"] * base["n"])
        labels = self.truth.ranking(model).labels
        counts = {0: (0, 0), n: (n, positives)}
        for k, record in self.of(model, None, "precision").items():
            hits = record["value"] * k
            for name in ("recall", "total_recall"):
                share = self.of(model, None, name).get(k)
                assert share is None or abs(share["value"] * share["n"] - hits) < 1e-6
            worst, best = (
                whole(self.of(model, None, f"precision_{x}")[k]["value"] * k)
                for x in ("worst", "best")
            )
            reached = ends(self.truth.ranking(model), k)
            if reached == [k]:
                assert worst == best == whole(hits) == labels[:k].sum()
            counts |= {end: (end, int(labels[:end].sum())) for end in reached}
        return chain(model, counts, self._bins(model, None))

    def _group(self, group: str) -> Chain:
        """Invert the headline's figures of one group."""
        figures = {m: self.of(HEADLINE, group, m) for _, g, m in self.by if g == group}
        base, n = figures["base_rate"][0], self.truth.n
        size, positives = base["n"], whole(base["value"] * base["n"])
        assert figures["people"][0]["value"] == size
        assert figures["positives"][0]["value"] == positives
        assert whole(figures["composition.cohort"][0]["value"] * n) == size
        ranking = self.truth.ranking(HEADLINE)
        inside = self.inside(group)[ranking.order]
        hits = inside & (ranking.labels == 1)
        counts = {0: (0, 0), n: (size, positives)}
        for k, record in figures.get("selection_rate", {}).items():
            chosen = record["value"] * size
            assert abs(figures["composition.top"][k]["value"] * k - chosen) < 1e-6
            reached = ends(ranking, k)
            if reached == [k]:
                assert whole(chosen) == inside[:k].sum()
                for name, per in (("precision", chosen), ("recall", positives)):
                    if k in figures.get(name, {}):
                        assert whole(figures[name][k]["value"] * per) == hits[:k].sum()
            counts |= {end: (int(inside[:end].sum()), int(hits[:end].sum())) for end in reached}
        return chain(group, counts, self._bins(HEADLINE, group))

    def _bins(self, model: str, group: str | None) -> list[tuple[int, int, int, int]]:
        """Return (from, to, people, positives) of calibration bins, empty ones included."""
        names = [group] if group is None else self.attributes[group.split("=")[0]]
        uppers = sorted({k for g in names for k in self.of(model, g, "calibration.observed")})
        found = []
        for low, high in pairwise([0, *uppers]):
            record = self.of(model, group, "calibration.observed").get(high)
            people = record["n"] if record else 0
            found.append((low, high, people, whole(record["value"] * people) if record else 0))
        return found

    def inside(self, group: str) -> NDArray[np.bool_]:
        """Who is in a published group."""
        attribute, name = group.split("=")
        return np.isin(self.truth.groups[attribute], name.split(" or "))

    def _lists(self, model: str) -> NDArray[np.bool_]:
        """Who is on the list of each published rank, shape (ranks, n)."""
        place = np.empty(self.truth.n, dtype=np.int64)
        place[self.truth.ranking(model).order] = np.arange(self.truth.n)
        return np.asarray(place[None, :] < self.wholes[model].ranks[1:-1, None], dtype=np.bool_)

    def _nested(self, first: NDArray[np.bool_], second: NDArray[np.bool_]) -> int:
        """Count lists (or who is not on them) that hold another and 1 to 10 people more."""
        hit = self.truth.labels == 1
        found = 0
        for inner in (first, ~first):
            for outer in (second, ~second):
                held = inner.astype(np.float32) @ (~outer).astype(np.float32).T == 0
                holds = (~inner).astype(np.float32) @ outer.astype(np.float32).T == 0
                for outcome in (hit, ~hit):
                    more = outer[:, outcome].sum(axis=1) - inner[:, outcome].sum(axis=1)[:, None]
                    found += small(more[held]) + small(-more[holds])
        return found

    def _unions(self, attribute: str) -> list[tuple[NDArray[np.bool_], Chain]]:
        """Return every union of groups of an attribute: who, and how many by rank."""
        names = self.attributes[attribute]
        found = []
        for count in range(1, len(names)):
            for some in combinations(names, count):
                inside = np.any([self.inside(g) for g in some], axis=0)
                found.append((inside, union([self.groups[g] for g in some])))
        return found


def small(counts: NDArray[np.int64] | Sequence[int]) -> int:
    """How many counts lie between 1 and 10."""
    values = np.asarray(counts)
    return int(((values >= 1) & (values <= 10)).sum())


def whole(value: float) -> int:
    """A count is a whole number; twelve digits give it back exactly."""
    count = round(value)
    assert abs(value - count) < 1e-6, value
    return count


def ends(ranking: Ranking, k: int) -> list[int]:
    """Return k, or the ends of the block of equal scores it cuts."""
    score = ranking.scores[k - 1]
    if ranking.scores[k] != score:
        return [k]
    same = np.flatnonzero(ranking.scores == score)
    return [int(same[0]), int(same[-1]) + 1]


def chain(
    who: str, counts: dict[int, tuple[int, int]], bins: Sequence[tuple[int, int, int, int]]
) -> Chain:
    """Put counts by rank in order, adding what calibration bins say beyond them."""
    for low, high, people, positives in bins:
        if low in counts:
            new = (counts[low][0] + people, counts[low][1] + positives)
            assert counts.setdefault(high, new) == new
    ranks = np.array(sorted(counts), dtype=np.int64)
    people, positives = np.array([counts[int(k)] for k in ranks], dtype=np.int64).T
    return Chain(who, ranks, people, positives)


def union(chains: Sequence[Chain]) -> Chain:
    """Add up disjoint chains at the ranks they share."""
    common = chains[0].ranks
    for one in chains[1:]:
        common = np.intersect1d(common, one.ranks)
    parts = [one.at(common) for one in chains]
    return Chain(
        " + ".join(c.who for c in chains), common, np.sum([p.people for p in parts], axis=0),
        np.sum([p.positives for p in parts], axis=0),
    )  # fmt: skip


def steps(one: Chain) -> int:
    """Differences between any two ranks, by outcome."""
    return sum(small(np.abs(x[:, None] - x[None, :])) for x in one.outcomes())


def around(inner: Chain, outer: Chain) -> int:
    """Outer less inner, where the outer reaches at least as far: from the top and the bottom."""
    found = 0
    within = inner.ranks[:, None] <= outer.ranks[None, :]
    beyond = inner.ranks[:, None] >= outer.ranks[None, :]
    for x, y in zip(inner.outcomes(), outer.outcomes(), strict=True):
        found += small((y[None, :] - x[:, None])[within])
        found += small(((y[-1] - y)[None, :] - (x[-1] - x)[:, None])[beyond])
    same = np.intersect1d(inner.ranks, outer.ranks)
    rest = [outer.at(same).outcomes()[i] - inner.at(same).outcomes()[i] for i in range(3)]
    return found + sum(small(np.abs(x[:, None] - x[None, :])) for x in rest)


def beside(everybody: Chain, groups: Sequence[Chain]) -> list[str]:
    """Whole less one, two, three or all groups of an attribute."""
    found = []
    for count in sorted({min(c, len(groups)) for c in (1, 2, 3, len(groups))}):
        for some in combinations(groups, count):
            if around(union(some), everybody):
                found.append(f"whole less {[c.who for c in some]}")
            if steps(union(some)):
                found.append(f"steps of {[c.who for c in some]}")
    return found


def solved(everybody: Chain, groups: Sequence[Chain], outcome: int) -> int:
    """Solve for the cells of one outcome: rank interval by group.

    The figures are linear equations. Counted are runs of intervals of one group whose sum the
    equations fix, or that bounds (no cell is negative) fix, at 1 to 10 people.
    """
    ranks, rows, cols = everybody.ranks, len(everybody.ranks) - 1, len(groups)
    equations, values = [], []
    for i, value in enumerate(np.diff(everybody.outcomes()[outcome])):
        equations.append(_cell(rows, cols, i, i + 1, slice(None)))
        values.append(value)
    tight = 0
    for g, one in enumerate(groups):
        for j, value in enumerate(np.diff(one.outcomes()[outcome])):
            low, high = np.searchsorted(ranks, one.ranks[j : j + 2])
            equations.append(_cell(rows, cols, low, high, g))
            values.append(value)
            for amount in values[low:high]:
                least = max(0, amount + value - sum(values[low:high]))
                tight += least == min(amount, value) and small([least])
    matrix = np.array(equations)
    _, sizes, basis = np.linalg.svd(matrix, full_matrices=False)
    basis = basis[sizes > 1e-9]
    solution = np.linalg.lstsq(matrix, np.array(values, dtype=np.float64), rcond=None)[0]
    runs = [(low, high, g) for low, high in combinations(range(rows + 1), 2) for g in range(cols)]
    asked = np.array([_cell(rows, cols, *run) for run in runs])
    fixed = np.linalg.norm(asked - asked @ basis.T @ basis, axis=1) < 1e-8
    return tight + small(np.round(asked[fixed] @ solution))


def _cell(rows: int, cols: int, low: int, high: int, group: int | slice) -> NDArray[np.float64]:
    cell = np.zeros((rows, cols))
    cell[low:high, group] = 1
    return cell.ravel()
