"""What is learned about the records before any is linked: probabilities, weights, threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from commonweal.core.errors import DataError, Problem
from commonweal.linkage import blocking, training
from commonweal.linkage.blocking import Predicted
from commonweal.linkage.calibration import Rehearsal, Threshold, by_hidden_ids, rehearse
from commonweal.linkage.cells import Ints, Mask
from commonweal.linkage.comparisons import Compared, comparisons
from commonweal.linkage.constraints.rule import Constraint
from commonweal.linkage.database import Database, put
from commonweal.linkage.frequencies import count_frequencies, with_frequencies
from commonweal.linkage.practice import Noise, Practice, practice
from commonweal.linkage.prepare import Prepared
from commonweal.linkage.profiles import Profiles
from commonweal.linkage.scoring import Model, Scored, hopeless, score
from commonweal.linkage.spec import LinkageSpec, Tuning
from commonweal.linkage.training import Chances, Divergence
from commonweal.linkage.weights import FOLDS, Weigher, cross_fitted, learn, prior_log_odds


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned.

    Parameters
    ----------
    model
        m and u probabilities.
    m_from
        ``known ids`` or ``expectation maximization``.
    divergences
        EM's m held against known ids', field by field.
    weigher
        What a pattern of agreement is worth; None until the pairs themselves are seen, where
        there are no known ids.
    rehearsal
        The practice file, scored out of sample; None where there are no known ids.
    threshold
        The calibrated threshold; None until the pairs are seen, where there are no known ids.
    noise
        Errors found in records without an id.
    predicted
        Pairs each blocking rule was predicted to bring.
    """

    model: Model
    m_from: str
    divergences: tuple[Divergence, ...]
    weigher: Weigher | None
    rehearsal: Rehearsal | None
    threshold: Threshold | None
    noise: Noise
    predicted: tuple[Predicted, ...]


@dataclass(frozen=True, slots=True)
class Material:
    """What is learned from.

    Parameters
    ----------
    database
        Database with the table ``profile``.
    prepared, profiles
        The records.
    visible
        Records that may be looked at.
    spec, rules
        Settings, and the constraints they name.
    seed, tuning
        The study's seed; sizes.
    """

    database: Database
    prepared: Prepared
    profiles: Profiles
    visible: Mask
    spec: LinkageSpec
    rules: tuple[Constraint, ...]
    seed: int
    tuning: Tuning


def learn_linkage(given: Material) -> Learned:
    """Learn how records are compared, weighed and divided.

    Raises
    ------
    DataError
        If more pairs are predicted than allowed, or, without known ids, EM finds no sound m.
    """
    layout, database = given.prepared.layout, given.database
    predicted = blocking.predict(database, layout, given.spec.max_pairs)
    same = count_frequencies(database, layout, "seen")
    with_frequencies(database, layout, "profile", "compared")
    made = comparisons(layout)
    u = _u(given, made, same)
    noise = training.measure_noise(database, layout, "{}.seen")
    count = int(given.visible.sum())
    file = practice(
        given.prepared, given.profiles, given.visible, noise,
        max(given.tuning.hidden, count // 50), max(given.tuning.practice, count // 10), given.seed,
    )  # fmt: skip
    em = _em(given, Model(made, training.starting(made).m, u))
    if file is None:
        model = Model(made, _sound(em, u, made, layout.title), u)
        return Learned(model, "expectation maximization", (), None, None, None, noise, predicted)
    model, divergences = _by_known_ids(given, file, made, u, em)
    used = [p.rule for p in predicted if p.used]
    return _rehearsed(given, file, model, divergences, noise, predicted, used)


def _u(given: Material, made: Sequence[Compared], same: dict[str, float]) -> Chances:
    """Count levels on random pairs among a random sample of the profiles."""
    seen = np.unique(given.profiles.of[given.visible])
    some = training.random_rows(len(seen), given.seed)
    rows = seen[some]
    put(given.database, "chosen", pa.table({"row": rows, "place": np.arange(len(rows))}))
    given.database.execute(
        "CREATE OR REPLACE TABLE strangers AS SELECT c.* REPLACE (place::INTEGER AS uid) "
        "FROM compared AS c JOIN chosen ON c.uid = chosen.row"
    )
    left, right = training.random_pairs(len(rows), given.tuning.random_pairs, given.seed)
    known = given.profiles.trusted[rows]
    apart = (known[left] < 0) | (known[left] != known[right])
    chunk = given.tuning.chunk
    levels = training.levels_of(given.database, "strangers", left[apart], right[apart], made, chunk)
    given.database.execute("DROP TABLE chosen; DROP TABLE strangers")
    return training.u_probabilities(levels, made, same)


def _em(given: Material, model: Model) -> Chances:
    """Run EM over records that may be looked at."""
    rows = given.prepared.table
    if not given.visible.all():
        rows = rows.filter(given.visible)
    given.database.register("records", rows)
    found = training.expectation_maximization(
        given.database, "records", given.prepared.layout, model, given.tuning.em_pairs
    )
    given.database.unregister("records")
    return found


def _sound(em: Chances, u: Chances, made: Sequence[Compared], title: object) -> Chances:
    """Return EM's m, refused where it cannot be that of one person's pairs.

    Fields no session estimates keep the starting values. Closer agreement that speaks against
    being one person is the mark of a wrong class.
    """
    start = training.starting(made).m
    found = {one.name: em.get(one.name, np.asarray(start[one.name])) for one in made}
    wrong = [one.name for one in made if found[one.name][0] < u[one.name][0]]
    if len(wrong) > len(made) // 2:
        raise DataError([
            Problem(
                "linkage",
                "expectation maximization found pairs that agree less than chance would have it "
                f"in {len(wrong)} of {len(made)} fields: it settled on pairs of two people",
                "declare a trusted id, or more fields that tell people apart",
            )
        ])  # fmt: skip
    return found


def _by_known_ids(
    given: Material, file: Practice, made: tuple[Compared, ...], u: Chances, em: Chances
) -> tuple[Model, tuple[Divergence, ...]]:
    """Return m from known ids, held against EM's."""
    layout, database = given.prepared.layout, given.database
    put(database, "practice", file.table)
    with_frequencies(database, layout, "practice", "rehearsed")
    left, right = training.true_pairs(file)
    levels = training.levels_of(database, "rehearsed", left, right, made, given.tuning.chunk)
    m = training.shares(levels, made, 1e-4)
    # A field that no known pair has on both sides (years, where all birth dates are there) has no
    # m to hold EM's against.
    counted = {
        one.name: m[one.name] for one, row in zip(made, levels, strict=True) if (row >= 0).any()
    }
    found = training.divergences(counted, em, layout.title)
    refused = [d for d in found if d.diverged]
    if refused and given.spec.diverged == "error":
        raise DataError([
            Problem(
                f"linkage.fields.{d.field}",
                f"by known ids one person's records agree in {d.known:.0%} of pairs, by "
                f"expectation maximization in {d.em:.0%}",
                "set diverged = \"known\" to use those of known ids, or look at the field",
            )
            for d in refused
        ])  # fmt: skip
    return Model(made, m, u), found


def _rehearsed(
    given: Material, file: Practice, model: Model, divergences: tuple[Divergence, ...],
    noise: Noise, predicted: tuple[Predicted, ...], used: list[blocking.Rule],
) -> Learned:  # fmt: skip
    """Score the practice file, learn on it, and choose the threshold on it."""
    database, chunk = given.database, given.tuning.chunk
    blocking.make_pairs(database, "rehearsed", used, "rehearsed_pairs")
    seen = len(np.unique(given.profiles.of[given.visible]))
    pairs = score(database, "rehearsed", "rehearsed_pairs", model, chunk, hopeless(seen))
    for table in ("practice", "rehearsed", "rehearsed_pairs"):
        database.execute(f"DROP TABLE {table}")
    true = file.person[pairs.left] == file.person[pairs.right]
    fold = _folds(file, pairs)
    prior = prior_log_odds(pairs.weight, file.table.num_rows * (file.table.num_rows - 1) / 2)
    prior -= float(np.log(file.scale))
    strength = cross_fitted(pairs, true, fold, file.scale, prior, given.seed)
    weigher = learn(pairs, true, file.scale, prior, given.seed)
    rehearsal = rehearse(file, pairs, strength, given.rules)
    return Learned(
        model, "known ids", divergences, weigher, rehearsal, by_hidden_ids(rehearsal), noise,
        predicted,
    )  # fmt: skip


def _folds(file: Practice, pairs: Scored) -> Ints:
    """Return the fold of each pair's hidden row; -1 where both are hidden and differ."""
    # By rank, not by code: codes shift as ids come in later.
    fold = np.unique(file.person, return_inverse=True)[1].ravel() % FOLDS
    left = np.where(file.hidden[pairs.left], fold[pairs.left], -1)
    right = np.where(file.hidden[pairs.right], fold[pairs.right], -1)
    found: Ints = np.where(left < 0, right, np.where((right < 0) | (left == right), left, -1))
    return found
