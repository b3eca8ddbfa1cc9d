"""What may be shown: nothing that holds, or lets anyone derive, 1 to 10 people.

A ranking is published at cut-offs. Whoever reads two cut-offs can subtract them, and whoever
reads a group's figures can subtract them from the whole. So cut-offs are chosen such that
between any two neighbouring ones, every cell (group by outcome) holds nobody or more than ten.
Every count, share or difference that can be derived is a sum of such cells, and so is safe.

- A cut-off inside a block of equal scores gives away both ends of the block, so both must be
  safe, and so must its expected, worst and best counts.
- Groups of two attributes can be nested (a district and its neighbourhoods): what one has more
  than the other is then a cell too, and such attributes share their cut-offs.
- Lists of two rankings can be nested (a scorecard rounds a regression): then the people one
  list has more than the other must be nobody or more than ten.
- Which cut-offs were passed over tells that they were unsafe, so those tried stand on a grid
  that does not depend on outcomes, coarser than the people it could give away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from commonweal.evaluation.ranking import Floats, Ints, Ranking

SMALL = 10
"""Largest number of people that is never shown, above 0."""
_MOST = 300
_EXACT = 12
_MANY_PAIRS = 1_000_000
Groups = NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The rule for one study.

    Parameters
    ----------
    exempt
        Whether everything may be shown: only for data proven to be simulated.
    """

    exempt: bool = False

    def safe(self, *counts: float) -> bool:
        """Return whether all counts are 0 or more than `SMALL`."""
        return self.exempt or all(count == 0 or count > SMALL for count in counts)

    def count(self, number: int, *derivable: int) -> int | None:
        """Return a count, or None where it or what can be derived with it is small."""
        return number if self.safe(number, *derivable) else None

    def safe_groups(
        self, groups: Groups, labels: NDArray[np.int8], attributes: Sequence[Groups] = ()
    ) -> bool:
        """Return whether groups may be shown as they are, beside those of other attributes.

        Every group by outcome, and what two groups of different attributes give away where one
        lies inside the other, must hold nobody or more than `SMALL`.
        """
        everyone = np.array([0, len(groups)])
        if self.exempt or not len(groups):
            return True
        return self._safe(_counts(labels, [groups, *attributes], everyone)[-1])

    def pooled(
        self, groups: Sequence[str], labels: NDArray[np.int8], attributes: Sequence[Groups] = ()
    ) -> Groups:
        """Pool the two smallest groups again and again until every group by outcome is safe.

        Parameters
        ----------
        groups
            Group of each person.
        labels
            Outcome of each person.
        attributes
            Groups of each person by the other attributes shown, as they are shown.

        Returns
        -------
        array of str
            Group of each person after pooling, pooled groups named ``A or B``; all ``all``
            where nothing else is safe.
        """
        people = np.asarray(groups, dtype=np.str_)
        parts: list[tuple[str, ...]] = [(name,) for name in sorted(set(groups))]
        while len(parts) > 1:
            name = {one: " or ".join(part) for part in parts for one in part}
            shown = np.array([name[one] for one in people.tolist()], dtype=np.str_)
            if self.safe_groups(shown, labels, attributes):
                return shown
            size = {part: int(np.isin(people, part).sum()) for part in parts}
            first, second = sorted(parts, key=lambda part: (size[part], part))[:2]
            parts = [part for part in parts if part not in (first, second)]
            parts.append(tuple(sorted(first + second)))
        return np.full(len(people), "all")

    def cutoffs(
        self, ranking: Ranking, groups: Groups | None, wanted: Iterable[int],
        among: Sequence[int] | None = None, attributes: Sequence[Groups] = (),
        rankings: Sequence[tuple[Ranking, Sequence[int]]] = (),
    ) -> tuple[int, ...]:  # fmt: skip
        """Choose the cut-offs at which a ranking may be published.

        Parameters
        ----------
        ranking
            The ranking.
        groups
            Group of each person in order of rank, where figures by group are published.
        wanted
            Cut-offs tried first, in this order.
        among
            The only cut-offs allowed: those of the whole, when groups are published beside it.
        attributes
            Groups by the other attributes published, in order of rank.
        rankings
            Other rankings of the same people, and the cut-offs at which they are published.

        Returns
        -------
        tuple of int
            Ascending, between 1 and n - 1. Empty where nothing is safe.
        """
        if not ranking.n:
            return ()
        ranks = np.concatenate([[0], ranking.ends])
        if among is not None:
            ranks = np.unique([0, ranking.n, *(end for k in among for end in _block(ranking, k))])
        shown = [] if groups is None else _linked(groups, attributes)
        table = _Table(ranks, _counts(ranking.labels, shown[: 1 if self.exempt else None], ranks))
        if not self._safe(table.sums[-1]):
            return ()
        rows = _rows(ranking, table, 0) | _rows(ranking, table, ranking.n)
        allowed = set(among) if among is not None else set(range(1, ranking.n))
        chosen: set[int] = set()
        for k in [*wanted, *(among or ())]:
            if k in allowed and k not in chosen:
                more = dict(sorted((rows | _rows(ranking, table, k)).items()))
                if self._safe(np.diff(np.stack(list(more.values())), axis=0)):
                    rows = more
                    chosen.add(k)
        if among is None:
            chosen |= set(self._filled(table, sorted(rows), chosen))
        return tuple(sorted(self._apart(ranking, chosen, rankings)))

    def areas(self, ranking: Ranking, cutoffs: Sequence[int]) -> int:
        """Return how many decimals of the area under the curve may be shown; 0 for none.

        With few blocks of equal scores that no cut-off gives away, the exact area is one
        equation in few whole numbers, and may have one solution. Three decimals of it are an
        equation with thousands, where there are many pairs of a positive and a negative.
        """
        given = {end for k in cutoffs for end in _block(ranking, k)}
        hidden = len(set(ranking.ends.tolist()) - given) - 1
        if self.exempt or hidden <= 0 or hidden > SMALL:
            return _EXACT
        pairs = ranking.positives * (ranking.n - ranking.positives)
        return 3 if pairs >= _MANY_PAIRS else 0

    def edges(self, ranking: Ranking, cutoffs: Sequence[int]) -> tuple[int, ...]:
        """Return the ends of blocks of equal scores that published cut-offs give away, 0 and n too.

        A cut-off inside a block gives both its ends away. Between any two neighbours every cell
        holds nobody or more than `SMALL`: `cutoffs` saw to it.
        """
        if self.exempt:
            return (0, *ranking.ends.tolist())
        return tuple(sorted({0, ranking.n, *(end for k in cutoffs for end in _block(ranking, k))}))

    def levels(self, ranking: Ranking, cutoffs: Sequence[int]) -> bool:
        """Return whether it is published how many people have each score.

        Where it is not, and a reader knows the chance of each score (a scorecard prints them), a
        mean of chances is an equation in few whole numbers, and may have one solution.
        """
        return set(ranking.ends.tolist()) <= set(self.edges(ranking, cutoffs))

    def mean_areas(self, rankings: Sequence[Ranking]) -> int:
        """Return how many decimals of the mean of several rankings' areas may be shown; 0 for none.

        The rankings are of several draws of the people, and nothing else of them is shown. Where
        the area of one might be shown, the mean may; where not, because it has few blocks of equal
        scores, the mean is still one equation in the whole numbers of all: what counts is how many
        pairs of a positive and a negative there are in all rankings together.
        """
        decimals = min(self.areas(ranking, ()) for ranking in rankings)
        pairs = sum(r.positives * (r.n - r.positives) for r in rankings)
        return 3 if not decimals and pairs >= _MANY_PAIRS else decimals

    def _filled(self, table: _Table, held: list[int], chosen: set[int]) -> list[int]:
        """Return the earliest safe cut-offs on the grid, and the ends held already.

        At most about `_MOST` in all. None is sought in a block that a cut-off cuts.
        """
        step = max(1 if self.exempt else SMALL + 1, int(table.ranks[-1]) // _MOST)
        grid = _grid(table.ranks, step)
        found: list[int] = []
        fixed = [k for k in held if k not in chosen or k in table.ranks]
        for start, end in pairwise(fixed):
            lower = start
            while True:
                tried = grid[(grid >= lower + step) & (grid < end)]
                counts = table.upto(tried)
                fits = self._each_safe(counts - table.upto(lower))
                fits &= self._each_safe(table.upto(end) - counts)
                if not fits.any():
                    break
                lower = int(tried[np.argmax(fits)])
                found.append(lower)
        return sorted({*found, *fixed} - {0, int(table.ranks[-1])})

    def _apart(
        self, ranking: Ranking, chosen: set[int], others: Sequence[tuple[Ranking, Sequence[int]]]
    ) -> set[int]:
        """Leave out cut-offs whose list is nested with another ranking's and differs by few."""
        if self.exempt:
            return chosen
        for other, published in others:
            mine = np.unique([end for k in chosen for end in _block(ranking, k)])
            theirs = np.unique([end for k in published for end in _block(other, k)])
            parts = _parts(ranking, mine, other, theirs)
            nested = (parts.sum(axis=1) == 0).any(axis=0)
            small = ((parts > 0) & (parts <= SMALL)).any(axis=(0, 1))
            bad = set(mine[(nested & small).any(axis=1)].tolist())
            chosen = {k for k in chosen if not bad & set(_block(ranking, k))}
        return chosen

    def _each_safe(self, counts: Floats) -> NDArray[np.bool_]:
        """Return for each row whether all its counts are 0 or more than `SMALL`."""
        safe: NDArray[np.bool_] = ((counts == 0) | (counts > SMALL)).all(axis=-1)
        return safe | self.exempt

    def _safe(self, counts: Floats) -> bool:
        return bool(self._each_safe(counts).all())


@dataclass(frozen=True, slots=True)
class _Table:
    """People by set and outcome up to each of some ranks, ascending from 0 to n."""

    ranks: Ints
    sums: Floats

    def upto(self, rank: int | Ints) -> Floats:
        """Return the counts up to a rank, or to each of several."""
        return np.asarray(self.sums[np.searchsorted(self.ranks, rank)], dtype=np.float64)


def _block(ranking: Ranking, k: int) -> tuple[int, int]:
    """Return the ranks that bound the block of equal scores which k cuts; k twice if none."""
    after = int(np.searchsorted(ranking.ends, k))
    end = int(ranking.ends[after])
    return (k, k) if end == k else (int(ranking.ends[after - 1]) if after else 0, end)


def _rows(ranking: Ranking, table: _Table, k: int) -> dict[int, Floats]:
    """Return rank -> counts that a cut-off gives away: expected, worst and best."""
    if k in (0, ranking.n):
        lower = upper = k
    else:
        lower, upper = _block(ranking, k)
    ks = np.unique([lower, k, upper])
    part = (ks - lower) / max(1, upper - lower)
    start, end = table.upto(lower), table.upto(upper)
    extremes = [x for hits in ranking.extremes(ks) for x in (hits, ks - hits)]
    rows = np.column_stack([start + part[:, None] * (end - start), *extremes])
    return dict(zip(ks.tolist(), rows, strict=True))


def _grid(ends: Ints, step: int) -> Ints:
    """Return the first of `ends` after each multiple of `step`, at least `step` apart."""
    after = np.searchsorted(ends, np.arange(step, ends[-1], step))
    grid: list[int] = []
    for end in ends[np.unique(after)].tolist():
        if not grid or end >= grid[-1] + step:
            grid.append(end)
    return np.asarray(grid, dtype=np.int64)


def _parts(ranking: Ranking, mine: Ints, other: Ranking, theirs: Ints) -> Ints:
    """Count who is on both, one, the other or neither of two lists: part, outcome, k, other k."""
    first, second = np.empty(ranking.n, np.int64), np.empty(ranking.n, np.int64)
    outcome = np.empty(ranking.n, np.int64)
    first[ranking.order] = np.searchsorted(mine, np.arange(ranking.n), side="right")
    second[other.order] = np.searchsorted(theirs, np.arange(ranking.n), side="right")
    outcome[ranking.order] = ranking.labels
    sums = np.zeros((2, len(mine) + 1, len(theirs) + 1), dtype=np.int64)
    np.add.at(sums, (outcome, first, second), 1)
    sums = sums.cumsum(axis=1).cumsum(axis=2)
    both, everyone = sums[:, :-1, :-1], sums[:, -1:, -1:]
    one, two = sums[:, :-1, -1:], sums[:, -1:, :-1]
    return np.stack([both, one - both, two - both, everyone - one - two + both])


def _counts(labels: NDArray[np.int8], attributes: Sequence[Groups], ranks: Ints) -> Floats:
    """Count people by set that can be told apart and by outcome, up to each of `ranks`."""
    member, sets = _sets(attributes, len(labels))
    row = np.repeat(np.arange(len(ranks) - 1), np.diff(ranks))
    atoms = sets.shape[0]
    cells = np.bincount((row * atoms + member) * 2 + labels, minlength=(len(ranks) - 1) * atoms * 2)
    cells = cells.reshape(-1, atoms, 2).cumsum(axis=0)
    sums = np.einsum("rao,as->rso", cells, sets, optimize=True).reshape(len(cells), -1)
    return np.concatenate([np.zeros((1, sums.shape[1])), sums])


def _linked(groups: Groups, attributes: Sequence[Groups]) -> list[Groups]:
    """Return `groups` and the attributes linked to it: with a pair of groups that never meet."""
    linked, rest = [groups], list(attributes)
    for one in linked:
        for other in [x for x in rest if _never_meet(one, x)]:
            linked.append(other)
            rest = [x for x in rest if x is not other]
    return linked


def _never_meet(one: Groups, other: Groups) -> bool:
    """Return whether some group of one attribute holds nobody of some group of the other."""
    pairs = len(set(zip(one.tolist(), other.tolist(), strict=True)))
    return pairs < len(np.unique(one)) * len(np.unique(other))


def _sets(attributes: Sequence[Groups], n: int) -> tuple[Ints, Floats]:
    """Find the sets of people that attributes tell apart.

    These are the groups, and what remains of the smallest union of groups of one attribute
    around a union of groups of another (or around such a remainder).

    Returns
    -------
    member
        Each person's place among the combinations of groups that occur, shape (n,).
    sets
        1 where a combination belongs to a set, shape (combinations, sets).
    """
    if not attributes:
        return np.zeros(n, dtype=np.int64), np.ones((1, 1))
    codes = np.stack([np.unique(groups, return_inverse=True)[1] for groups in attributes])
    atoms, member = np.unique(codes, axis=1, return_inverse=True)
    count = atoms.shape[1]
    bits = [
        [sum(1 << int(i) for i in np.flatnonzero(row == g)) for g in range(int(row.max()) + 1)]
        for row in atoms
    ]
    found = dict.fromkeys(group for groups in bits for group in groups)
    fresh = {x for groups in bits for x in _unions(groups, (1 << count) - 1)}
    for _ in range(2 if len(attributes) > 1 else 0):
        fresh = {rest for one in fresh for groups in bits for rest in _remainder(one, groups)}
        found |= dict.fromkeys(sorted(fresh))
    sets = [[bits >> atom & 1 for bits in found] for atom in range(count)]
    return member.reshape(-1).astype(np.int64), np.asarray(sets, dtype=np.float64)


def _unions(groups: Sequence[int], everybody: int) -> list[int]:
    """Return one or two groups together, and everybody but them."""
    unions = [*groups, *(a | b for a, b in combinations(groups, 2))]
    return [x for union in unions for x in (union, everybody ^ union) if x]


def _remainder(one: int, groups: Sequence[int]) -> list[int]:
    """Return what the groups that touch a set hold beyond it, unless all groups touch it."""
    touching = [group for group in groups if group & one]
    if len(touching) == len(groups):
        return []
    rest = sum(touching) & ~one
    return [rest] if rest and any(0 < group & rest < group for group in touching) else []
