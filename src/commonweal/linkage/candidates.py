"""Records whose pairs have been compared, ready to be put together as of any date."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa

from commonweal.core.dates import day_number
from commonweal.core.progress import Progress
from commonweal.linkage import blocking, calibration
from commonweal.linkage.calibration import Threshold
from commonweal.linkage.cells import NO_DAY, Floats, Mask
from commonweal.linkage.clusters import Clusters, cluster, limits, must_links
from commonweal.linkage.constraints.registry import constraints
from commonweal.linkage.constraints.rule import Constraint, Members
from commonweal.linkage.database import connect
from commonweal.linkage.learning import Learned, Material, learn_linkage
from commonweal.linkage.prepare import Prepared, prepare
from commonweal.linkage.profiles import Profiles, profile
from commonweal.linkage.scoring import Scored, hopeless, score
from commonweal.linkage.spec import DEFAULT_TUNING, Columns, LinkageSpec, Tuning
from commonweal.linkage.weights import Weigher, prior_log_odds


@dataclass(frozen=True, slots=True)
class Candidates:
    """Compared records.

    Parameters
    ----------
    prepared, profiles
        The records.
    learned
        What was learned about them.
    pairs
        Compared pairs of profiles.
    strength
        Log odds of each pair's being one person's.
    threshold
        Where pairs begin to be taken for one person's.
    rules
        Rules nobody's records may break.
    """

    prepared: Prepared
    profiles: Profiles
    learned: Learned
    pairs: Scored
    strength: Floats
    threshold: Threshold
    rules: tuple[Constraint, ...]

    def members(self) -> Members:
        """Return what rules look at, one value a record."""
        made = self.prepared
        return Members(made.trusted, made.occurred, made.terminal, made.birth_year, made.birth)

    def visible(self, as_of: date | None) -> Mask:
        """Return the records known before a date; all of them where none is given."""
        if as_of is None:
            return np.ones(self.prepared.count, np.bool_)
        return known_before(self.prepared, as_of)

    def put_together(
        self, as_of: date | None = None, threshold: float | None = None
    ) -> tuple[Clusters, Mask]:
        """Put together the records known before a date.

        Returns
        -------
        clusters
            Profiles put together; those without a known record stand alone.
        visible
            The records that count.
        """
        visible = self.visible(as_of)
        # Nodes in the order of their first visible record: records that came later change no
        # place, and so no tie.
        first = np.full(self.profiles.count, self.prepared.count, np.int64)
        np.minimum.at(first, self.profiles.of[visible], np.flatnonzero(visible))
        order = np.lexsort((np.arange(len(first)), first))
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        there = first < self.prepared.count
        kept = there[self.pairs.left] & there[self.pairs.right]
        ends = np.sort(rank[np.stack([self.pairs.left[kept], self.pairs.right[kept]])], axis=0)
        nodes = rank[self.profiles.of[visible]]
        bounds = limits(self.rules, self.members().some(visible), nodes, len(order))
        trusted = np.where(there, self.profiles.trusted, -1)[order]
        at = self.threshold.value if threshold is None else threshold
        strength = self.strength[kept]
        found = cluster(ends[0], ends[1], strength, at, bounds, must_links(trusted))
        root = order[found.root][rank]
        found = replace(found, root=root, frozen=found.frozen[rank], excused=found.excused[rank])
        return found, visible


def compare_records(
    table: pa.Table, spec: LinkageSpec, columns: Columns, *, seed: int = 1, threads: int = 2,
    before: date | None = None, tuning: Tuning = DEFAULT_TUNING, progress: Progress | None = None,
) -> Candidates:  # fmt: skip
    """Compare records, and learn what their agreement is worth.

    Parameters
    ----------
    table
        One row a record.
    spec
        Fields, trusted id, constraints.
    columns
        What other columns are.
    seed
        The study's seed.
    threads
        Threads; nothing depends on it.
    before
        Everything is learned from records known before this day alone; with None from all.
    tuning
        Sizes.
    progress
        Display.

    Raises
    ------
    DataError
        If the table cannot be linked as declared; see `prepare`, `blocking.predict`.
    """
    shown = progress or Progress()
    rules = constraints(spec)
    with shown.step("linkage: records"):
        prepared = prepare(table, spec.fields, spec.trusted_id, columns)
        database = connect(threads)
        visible = np.ones(prepared.count, np.bool_)
        if before is not None:
            visible = known_before(prepared, before)
        profiles = profile(database, prepared, visible)
    with shown.step("linkage: learning"):
        learned = learn_linkage(
            Material(database, prepared, profiles, visible, spec, rules, seed, tuning)
        )
    predicted = sum(p.pairs for p in learned.predicted if p.used)
    with shown.step(f"linkage: {predicted:,} pairs predicted"):
        used = [p.rule for p in learned.predicted if p.used]
        database.execute("DROP TABLE profile")
        blocking.make_pairs(database, "compared", used, "pairs")
        seen = np.bincount(profiles.of[visible], minlength=profiles.count) > 0
        least = hopeless(int(seen.sum()))
        pairs = score(database, "compared", "pairs", learned.model, tuning.chunk, least)
        database.close()
    inside = seen[pairs.left] & seen[pairs.right]
    weigher = learned.weigher or _by_weight(pairs.only(inside), int(seen.sum()))
    strength = weigher.log_odds(pairs)
    threshold = learned.threshold or calibration.by_expectation(strength[inside])
    moved = Threshold(threshold.value + spec.threshold_shift, threshold.by, threshold.tried)
    return Candidates(prepared, profiles, learned, pairs, strength, moved, rules)


def _by_weight(pairs: Scored, count: int) -> Weigher:
    """Return weights as they are, with the prior that they themselves lead to."""
    return Weigher(None, prior_log_odds(pairs.weight, count * (count - 1) / 2))


def known_before(prepared: Prepared, day: date) -> Mask:
    """Return the records known strictly before a day."""
    found: Mask = (prepared.known < day_number(day)) & (prepared.known != NO_DAY)
    return found
