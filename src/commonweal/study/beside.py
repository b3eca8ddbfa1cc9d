"""What of a study's variants may be shown on one test date, beside all else that is published.

A variant about the same people and outcome is one more ranking, and is held to what other models
are held to. One about other people or another outcome is shown as a whole or not at all, and at
one cut-off: see `commonweal.oversight.versions`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from commonweal.core.results import Metric
from commonweal.core.store import Artefact
from commonweal.evaluation.compare import Ranked
from commonweal.evaluation.leaves import OBSERVED
from commonweal.evaluation.ranking import Floats, Ranking
from commonweal.oversight.overlap import Overlap, Published, Who, may_be_shown, reached
from commonweal.oversight.versions import Version, fits, parted, set_of
from commonweal.study.chain import Chain
from commonweal.study.evaluate import groupings_of, pooled_groups
from commonweal.study.examine.crossings import cutoffs_of, shown_crossings
from commonweal.study.examine.examined import Examined
from commonweal.study.examine.outcomes import labels_in
from commonweal.study.examine.units import together, units_of
from commonweal.study.other_outcomes import stage_of
from commonweal.study.stages import Workshop
from commonweal.study.tested import Shown, Tested, wanted

_Named = tuple[NDArray[np.str_], tuple[int, ...]]
"""A group of each person, in the order of rows, and the cut-offs at which groups are published."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One version on one test date.

    Parameters
    ----------
    shop, test, scores, ranking
        Its people, and how its headline model ranks them.
    cutoffs
        Where its ranking is published.
    shared
        Where it is published whom its list shares with the declared one, and by how much their
        figures differ.
    """

    shop: Workshop
    test: Tested
    scores: Floats
    ranking: Ranking
    cutoffs: tuple[int, ...] = ()
    shared: tuple[int, ...] = ()

    @property
    def ids(self) -> NDArray[np.str_]:
        """Ids of the people, in the order of their rows."""
        return np.asarray(self.test.people["entity_id"].to_pylist(), dtype=np.str_)

    def ranked(self) -> Ranked:
        """Return the people with their ids, to be compared with others."""
        return Ranked(
            ids=self.ids, labels=self.test.labels, scores=self.scores, ties=self.test.ties,
            probability=False,
        )  # fmt: skip

    def at(self, k: int) -> int | None:
        """Return the published cut-off nearest to `k`, within a quarter of it."""
        near = min(self.cutoffs, key=lambda one: (abs(one - k), one), default=None)
        return near if near is not None and abs(near - k) <= k / 4 else None

    def same_people(self, other: Measured) -> bool:
        """Whether two versions are about the same people with the same outcomes."""
        return (
            len(self.test.rows) == len(other.test.rows)
            and bool((self.test.labels == other.test.labels).all())
            and bool((self.ids == other.ids).all())
        )


@dataclass(frozen=True, slots=True)
class Beside:
    """What is published of the study as declared on one test date.

    Parameters
    ----------
    rankings
        Every model's, the headline's first, with its cut-offs.
    groups
        Groups of people by attribute, crossing, unit and other outcome, with their cut-offs.
    overlaps
        What lists of the headline and of others share.
    """

    rankings: tuple[Shown, ...]
    groups: tuple[_Named, ...] = ()
    overlaps: tuple[Overlap, ...] = ()

    @classmethod
    def of(
        cls, main: Chain, test: Tested, scored: Mapping[str, Floats], metrics: Sequence[Metric],
        more: Mapping[str, Artefact],
    ) -> Beside:  # fmt: skip
        """Gather it from the figures published."""
        here = [m for m in metrics if m.as_of == test.as_of]
        shown = {
            name: (test.ranking(found), tuple(sorted({
                m.k for m in here if m.metric == "precision" and m.whole and m.model == name and m.k
            })))
            for name, found in scored.items()
        }  # fmt: skip
        if main.shop.study.disclosure.exempt:
            return cls(tuple(shown.values()))
        headline = main.shop.study.spec.evaluation.headline
        overlaps = tuple(
            Overlap.of(shown[headline][0], shown[m.against][0], m.k) for m in here
            if m.metric == "overlap" and m.model == headline and m.against in shown and m.k
        )  # fmt: skip
        groups = _groups(main, test, scored, shown, here, more)
        return cls(tuple(shown.values()), tuple(groups), overlaps)


def _groups(
    main: Chain, test: Tested, scored: Mapping[str, Floats], shown: Mapping[str, Shown],
    metrics: Sequence[Metric], more: Mapping[str, Artefact],
) -> Iterator[_Named]:  # fmt: skip
    """Yield every parting of the people by which figures are published, or might be."""
    shop, spec = main.shop, main.shop.study.spec
    pooled, _ = pooled_groups(shop, test, main.grouped)
    groupings = groupings_of(shop, pooled, *shown[spec.evaluation.headline])
    yield from ((pooled[one.attribute], one.cutoffs) for one in groupings)
    yield from ((groups, ()) for groups in _leaves(scored, shown, metrics))
    seen = Examined(shop, test, scored, shown, {}, pooled, tuple(groupings), more)
    yield from ((one.groups, tuple(cutoffs_of(seen, one))) for one in shown_crossings(seen))
    if spec.units is not None:
        yield together(seen, units_of(seen), spec.units.smallest), ()
    for name in spec.outcomes:
        labels, _, _ = labels_in(seen, more[stage_of(name)])
        ks = {m.k for m in metrics if m.outcome == name and m.k}
        if labels is not None and any(m.outcome == name for m in metrics):
            yield labels.astype(np.str_), tuple(sorted(ks))


def _leaves(
    scored: Mapping[str, Floats], shown: Mapping[str, Shown], metrics: Sequence[Metric]
) -> Iterator[NDArray[np.str_]]:
    """Yield how the leaves of trees part the people: figures stand in order of rank."""
    for name in scored:
        sizes = [m.n for m in metrics if m.metric == OBSERVED and m.model == name]
        if sizes:
            groups = np.empty(len(scored[name]), dtype="<U6")
            groups[shown[name][0].order] = np.repeat(np.arange(len(sizes)), sizes).astype("<U6")
            yield groups


def everything(
    declared: Measured, beside: Beside, found: Sequence[Measured | None]
) -> list[Measured | None]:
    """Show versions of simulated people: at every cut-off they have in common."""
    shown: list[Measured | None] = []
    for one in found:
        if one is None:
            shown.append(None)
            continue
        rule, spec = declared.shop.study.disclosure, one.shop.study.spec
        one = replace(one, cutoffs=rule.cutoffs(one.ranking, None, wanted(one.shop)))
        near = one.at(spec.capacity.k)
        asked = {*wanted(one.shop), *(() if near is None else (near,))}
        shared = asked & set(one.cutoffs) & set(declared.cutoffs)
        shown.append(replace(one, shared=tuple(sorted(shared))))
    return shown


def safely(
    declared: Measured, beside: Beside, found: Sequence[Measured | None]
) -> list[Measured | None]:
    """Show of every version what may be shown beside the declared one, and the versions before.

    Those of the same people come first, so that none is hidden for the sake of another cohort.
    """
    shown, alike = _alike(declared, beside, found)
    others = [i for i, one in enumerate(found) if one and not one.same_people(declared)]
    people = [declared, *(one for one in found if one is not None)]
    everybody = np.unique(np.concatenate([one.ids for one in people]))
    published = list(_declared(declared, alike, everybody))
    versions = [_version(declared, everybody)]
    for i in others:
        one = found[i]
        assert one is not None
        shown[i] = _other(declared, one, everybody, published, versions)
    return shown


def _alike(
    declared: Measured, beside: Beside, found: Sequence[Measured | None]
) -> tuple[list[Measured | None], Beside]:
    """Choose cut-offs and overlaps of the versions that rank the same people."""
    rule, labels = declared.shop.study.disclosure, declared.test.labels
    shown: list[Measured | None] = [None] * len(found)
    rankings, overlaps = list(beside.rankings), list(beside.overlaps)
    mine = [(i, one) for i, one in enumerate(found) if one and one.same_people(declared)]
    for i, one in mine:
        cutoffs = rule.cutoffs(one.ranking, None, wanted(one.shop), rankings=rankings)
        shown[i] = replace(one, cutoffs=cutoffs)
        rankings.append((one.ranking, cutoffs))
    published = [Published.of(*one) for one in rankings]
    published += [
        Published.of(declared.ranking, ks, groups == name)
        for groups, ks in beside.groups for name in sorted(set(groups.tolist()))
    ]  # fmt: skip
    for i, _ in mine:
        held = shown[i]
        assert held is not None
        k = held.at(held.shop.study.spec.capacity.k)
        if k is None or k not in declared.cutoffs:
            continue
        overlap = Overlap.of(held.ranking, declared.ranking, k)
        if may_be_shown(rule, overlap, labels, published, overlaps):
            overlaps.append(overlap)
            shown[i] = replace(held, shared=(k,))
    return shown, Beside(tuple(rankings), beside.groups, tuple(overlaps))


def _version(one: Measured, everybody: NDArray[np.str_]) -> Version:
    who, had = np.zeros(len(everybody), np.bool_), np.zeros(len(everybody), np.bool_)
    place = np.searchsorted(everybody, one.ids)
    who[place], had[place] = True, one.test.labels == 1
    return Version(who, had)


def _lists(
    one: Measured, everybody: NDArray[np.str_], shown: Shown, group: Who | None = None
) -> Iterator[Published]:
    """Yield the lists of a ranking, and of a group in it: everybody, with the outcome, without."""
    ranking, ks = shown
    place = np.searchsorted(everybody, one.ids)
    places = np.full(len(everybody), ranking.n, dtype=np.int64)
    places[place[ranking.order]] = np.arange(ranking.n)
    ends = sorted({end for k in ks for end in reached(ranking, k)} | {ranking.n})
    inside = np.ones(len(everybody), np.bool_)
    if group is not None:
        inside[place] = group
    for who in _version(one, everybody).sets():
        yield Published(places, np.asarray(ends, dtype=np.int64), who & inside)


def _declared(
    declared: Measured, beside: Beside, everybody: NDArray[np.str_]
) -> Iterator[Published]:
    """Yield all that is published of the people as declared."""
    for ranking in beside.rankings:
        yield from _lists(declared, everybody, ranking)
    for groups, ks in beside.groups:
        for name in sorted(set(groups.tolist())):
            yield from _lists(declared, everybody, (declared.ranking, ks), groups == name)
    place = np.searchsorted(everybody, declared.ids)
    for overlap in beside.overlaps:
        for part in overlap.parts:
            for label in (0, 1):
                who = np.zeros(len(everybody), np.bool_)
                who[place] = part & (declared.test.labels == label)
                yield set_of(who)


def _other(
    declared: Measured, one: Measured, everybody: NDArray[np.str_], published: list[Published],
    versions: list[Version],
) -> Measured | None:  # fmt: skip
    """Show a version of other people or outcomes, and add it to what is published."""
    rule, version = declared.shop.study.disclosure, _version(one, everybody)
    parts = [*version.sets(), *parted([*versions, version])]
    if not fits(rule, parts, published, [*versions, version]):
        return None
    versions.append(version)
    published += [set_of(part) for part in parts]
    chosen = replace(one, cutoffs=rule.cutoffs(one.ranking, None, wanted(one.shop)))
    k = chosen.at(one.shop.study.spec.capacity.k)
    if k is None:
        return replace(chosen, cutoffs=())
    for beside in (True, False):
        if beside and k not in declared.cutoffs:
            continue
        tops = [*_tops(one, everybody, k), *(_tops(declared, everybody, k) if beside else [])]
        parts = [who & x for top in tops for who in version.sets() for x in (top, ~top)]
        parts += parted([versions[0], version], tops)
        if fits(rule, parts, published, versions):
            published += [*_lists(one, everybody, (one.ranking, (k,))), *map(set_of, parts)]
            return replace(chosen, cutoffs=(k,), shared=(k,) if beside else ())
    return replace(chosen, cutoffs=())


def _tops(one: Measured, everybody: NDArray[np.str_], k: int) -> list[Who]:
    """Return who is on a list, once for each way ties can be cut."""
    place, found = np.searchsorted(everybody, one.ids), []
    for end in reached(one.ranking, k):
        top = np.zeros(len(everybody), np.bool_)
        top[place[one.ranking.order[:end]]] = True
        found.append(top)
    return found
