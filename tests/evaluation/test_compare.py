"""Rankings against each other: one draw for all, ties, and people who need not be the same."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from commonweal.core.errors import DataError
from commonweal.core.results import Metric
from commonweal.core.seeds import stream
from commonweal.evaluation.compare import Comparison, Ranked, compare, paired
from commonweal.evaluation.intervals import times_drawn
from commonweal.evaluation.ranking import Ranking, auc

Table = NDArray[np.float64]


def two(seed: int, n: int = 200, digits: int = 1) -> tuple[NDArray[np.int8], dict[str, Table]]:
    rng = np.random.default_rng(seed)
    merit = rng.random(n)
    labels = (rng.random(n) < merit).astype(np.int8)
    return labels, {
        "fine": np.round(np.clip(merit + rng.normal(0, 0.1, n), 0, 1), digits),
        "rough": np.round(np.clip(merit + rng.normal(0, 0.4, n), 0, 1), digits),
        "count": rng.poisson(3 * merit).astype(np.float64),
    }


def on_top(scores: Table, weights: NDArray[np.int64], k: int) -> Table:
    """The chance of each person to be among the first k, ties at random; plainly."""
    out = np.zeros(len(scores))
    left = float(k)
    for value in np.unique(scores)[::-1]:
        here = scores == value
        size = weights[here].sum()
        if size:
            out[here] = min(1.0, left / size)
            left -= min(left, size)
    return out


def unique(scores: Table) -> NDArray[np.int64]:
    """How many people have each person's score."""
    return np.array([(scores == one).sum() for one in scores])


def figures(
    labels: NDArray[np.int8], scores: Mapping[str, Table], weights: NDArray[np.int64],
    ks: tuple[int, ...],
) -> dict[tuple[str, str, str | None, int | None], float]:  # fmt: skip
    """Every figure of the first ranking against the others, one formula at a time."""
    own: dict[tuple[str, str, int | None], float] = {}
    first, found = next(iter(scores)), {}
    for name, score in scores.items():
        ties = np.arange(len(labels), dtype=np.uint64)
        ranking = Ranking.of(score, labels, ties)
        own["auc", name, None] = auc(ranking, weights[ranking.order].astype(np.float64))
        if score.max() <= 1:
            own["brier", name, None] = float(np.average(np.square(score - labels), weights=weights))
            p = np.clip(score, 1e-12, 1 - 1e-12)
            loss = -(labels * np.log(p) + (1 - labels) * np.log1p(-p))
            own["log_loss", name, None] = float(np.average(loss, weights=weights))
        for k in ks:
            top = on_top(score, weights, k) * weights
            own["precision", name, k] = float((top * labels).sum() / k)
            own["recall", name, k] = float((top * labels).sum() / (weights * labels).sum())
            both = top * on_top(scores[first], weights, k)
            one, other = (
                np.isin(s, s[(t > 0) & (t < 1)]) & (unique(s) == 1)
                for s, t in (
                    (score, on_top(score, weights, k)),
                    (scores[first], on_top(scores[first], weights, k)),
                )
            )
            copies = one & other  # both cuts fall among the copies of one person
            both[copies] = np.minimum(top, on_top(scores[first], weights, k) * weights)[copies]
            if name != first:
                found["overlap", first, name, k] = float(both.sum() / k)
    for (metric, name, k), value in own.items():
        found[metric, name, None, k] = value
        if name != first and (metric, first, k) in own:
            found[f"difference.{metric}", first, name, k] = own[metric, first, k] - value
    return found


def named(found: Comparison) -> dict[tuple[str, str | None, str | None, int | None], Metric]:
    named = {(m.metric, m.model, m.against, m.k): m for m in found.figures}
    assert len(named) == len(found.figures)
    return named


@pytest.mark.parametrize("seed", range(20))
def test_every_figure_and_its_interval_by_plain_formulas(seed: int) -> None:
    labels, scores = two(seed, 60 + seed, 1 + seed % 2)
    ks, draws = (5, 20, 33), 7
    found = named(compare(labels, scores, ks=ks, draws=draws, seed=seed))
    ones = np.ones(len(labels), dtype=np.int64)
    plain = figures(labels, scores, ones, ks)
    assert {key: m.value for key, m in found.items()} == pytest.approx(plain, abs=1e-12)
    # People are drawn in order of their ids as text: "0", "1", "10", "11"...
    order = np.argsort(np.array([str(i) for i in range(len(labels))]))
    rows = []
    for one in stream(seed, "compare").spawn(draws):
        weights = np.zeros(len(labels), dtype=np.int64)
        weights[order] = times_drawn(len(labels), one)
        rows.append(figures(labels, scores, weights, ks))
    for key, m in found.items():
        low, high = np.percentile([row[key] for row in rows], [2.5, 97.5])
        exact = m.value in (0, 1) and key[0] in ("precision", "recall")  # none or all: not drawn
        if low < high and not exact:
            assert (m.low, m.high) == pytest.approx((low, high), abs=1e-12), key


def test_by_hand() -> None:
    labels = [1, 0, 1, 0]
    found = compare(labels, {"a": [0.9, 0.8, 0.1, 0.0], "b": [0.5, 0.5, 0.5, 0.1]}, ks=(2,),
                    draws=20)  # fmt: skip
    overlap = found.one("overlap", against="b", k=2)
    assert overlap is not None
    # Each of the two people of `a` has two chances in three of being one of two among `b`'s three.
    assert overlap.value == pytest.approx(2 / 3, abs=1e-15)
    precision = found.one("difference.precision", against="b", k=2)
    assert precision is not None
    assert precision.value == pytest.approx(1 / 2 - 2 / 3, abs=1e-15)
    areas = [found.one("auc", model=m) for m in "ab"]
    assert [m.value for m in areas if m] == [3 / 4, 3 / 4]
    frame = found.frame()
    assert frame[frame["metric"] == "overlap"]["count"].tolist() == pytest.approx([4 / 3])
    said = found.sentence()
    assert "b shares 66.7% of its people (95% interval" in said
    assert "+16.7 points from its own" in said
    assert "difference.precision" not in said
    assert "against" in str(found.plot().to_dict())


def test_a_ranking_against_itself_differs_by_nothing_in_any_draw() -> None:
    labels, scores = two(1)
    found = named(compare(labels, {"a": scores["fine"], "b": scores["fine"]}, ks=(51,)))
    for key, m in found.items():
        if key[0].startswith("difference."):
            assert (m.value, m.low, m.high) == (0, 0, 0)
    # Ties fall in each ranking for itself, so with ties it shares less than everybody.
    assert found["overlap", "a", "b", 51].value < 1
    untied = np.random.default_rng(0).random(200)
    whole = named(compare(labels, {"a": untied, "b": untied}, ks=(50,)))["overlap", "a", "b", 50]
    assert (whole.value, whole.low, whole.high) == (1, 1, 1)


def test_paired_intervals_are_narrower_than_those_of_people_drawn_apart() -> None:
    labels, scores = two(3, 2000, 12)
    close = {"a": scores["fine"], "b": scores["fine"] + 0.01 * scores["rough"]}
    found = compare(labels, close, ks=(300,), probabilities=())
    difference = found.one("difference.precision", against="b", k=300)
    own = [found.one("precision", model=m, k=300) for m in "ab"]
    assert difference is not None
    widths = [(m.high or 0) - (m.low or 0) for m in (difference, *own) if m]
    assert widths[0] < 0.5 * np.hypot(widths[1], widths[2])


def test_threads_and_rows_change_no_bit() -> None:
    labels, scores = two(5)
    ids = [f"p{i}" for i in range(len(labels))]
    mixed = np.random.default_rng(0).permutation(len(labels))
    one = compare(labels, scores, ks=(10, 50), ids=ids, draws=40, threads=1)
    other = compare(labels[mixed], {name: s[mixed] for name, s in scores.items()}, ks=(10, 50),
                    ids=[ids[i] for i in mixed], draws=40, threads=2)  # fmt: skip
    pairs = zip(one.figures, other.figures, strict=True)
    loose = {"brier", "log_loss", "difference.brier", "difference.log_loss"}
    for a, b in pairs:
        if a.metric in loose:  # sums over people of equal score
            assert a.value == pytest.approx(b.value, abs=1e-14)
        else:
            assert a == b


def ranked(ids: list[int], labels: NDArray[np.int8], scores: Table) -> Ranked:
    return Ranked.of(ids, labels[ids], scores[ids])


def test_people_of_overlapping_populations_are_drawn_once() -> None:
    labels, scores = two(7, 300, 12)
    a, b = list(range(200)), list(range(100, 300))
    one, other = ranked(a, labels, scores["fine"]), ranked(b, labels, scores["rough"])
    found = {(m.metric, m.k): m for m in paired(one, other, (30, 200), 30, stream(1, "x"))}
    everybody = np.sort(np.array([str(i) for i in range(300)]))
    rows = []
    for draw in [None, *stream(1, "x").spawn(30)]:
        times = np.ones(300, np.int64) if draw is None else times_drawn(300, draw).astype(np.int64)
        of = dict(zip(everybody.tolist(), times.tolist(), strict=True))
        shares = []
        for ids, score in ((a, scores["fine"]), (b, scores["rough"])):
            w = np.array([of[str(i)] for i in ids])
            top = on_top(score[ids], w, 30)
            shares.append((dict(zip(ids, top, strict=True)), (top * w * labels[ids]).sum() / 30))
        both = sum(shares[0][0][i] * shares[1][0][i] * of[str(i)] for i in range(100, 200))
        rows.append((shares[0][1] - shares[1][1], both / 30))
    for place, name in enumerate(("difference.precision", "overlap")):
        values = [row[place] for row in rows]
        assert found[name, 30].value == pytest.approx(values[0], abs=1e-12)
        assert (found[name, 30].low, found[name, 30].high) == pytest.approx(
            tuple(np.percentile(values[1:], [2.5, 97.5])), abs=1e-12
        )
    assert found["difference.auc", None].n == 300
    assert found["difference.recall", 30].n == labels.sum()
    # All of a ranking: where a draw holds fewer of its people than k, all of them are taken.
    whole = labels[a].mean() - labels[b].mean()
    assert found["difference.precision", 200].value == pytest.approx(whole, abs=1e-12)
    assert found["overlap", 200].value == 0.5


def test_one_population_is_the_special_case() -> None:
    labels, scores = two(8, 150)
    ids = list(range(150))
    one, other = (ranked(ids, labels, scores[name]) for name in ("fine", "rough"))
    names = ("fine", "rough")
    found = paired(one, other, (20, 60), 25, stream(0, "compare"), names=names, threads=2)
    pair = {name: scores[name] for name in names}
    assert found == compare(labels, pair, ks=(20, 60), draws=25).figures[-len(found) :]
    counts = Ranked.of(ids, labels, scores["count"])
    assert "difference.brier" not in {m.metric for m in paired(one, counts, (5,), 2, stream(0))}


def test_what_is_wrong_is_said_at_the_door() -> None:
    good: dict[str, Table] = {"a": np.array([0.1, 0.2]), "b": np.array([2.0, 1.0])}
    for message, asked in (
        ("scores: hold a", {"scores": {"a": [1, 2]}}),
        ("scores: hold a, b", {"first": "c"}),
        ("scores: hold a, b", {"probabilities": ["z"]}),
        ("scores: are not all between 0 and 1", {"probabilities": ["b"]}),
        ("ks: are not all between 1 and 2", {"ks": (3,)}),
        ("ids: hold one person twice", {"ids": ["x", "x"]}),
        ("labels: is 7", {"labels": [0, 7]}),
    ):
        given = {"labels": [1, 0], "scores": good, "ks": (1,), **asked}
        with pytest.raises(DataError, match=message):
            compare(draws=2, **given)  # type: ignore[arg-type]
