from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from commonweal.core.errors import DataError
from commonweal.evaluation.outcomes import OtherOutcomes, other_outcomes
from commonweal.evaluation.overall import Subject, measure
from commonweal.evaluation.people import People


def list_of(seed: int = 0) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    rng = np.random.default_rng(seed)
    scores = np.round(rng.random(1500), 3)
    return scores, {
        "shot": (rng.random(1500) < 0.2 * scores).astype(int),
        "arrested": (rng.random(1500) < 0.3 * scores**2).astype(int),
    }


def value(found: OtherOutcomes, outcome: str, metric: str, k: int | None = None) -> float:
    return next(
        m.value for m in found.figures if (m.outcome, m.metric, m.k) == (outcome, metric, k)
    )


def test_each_outcome_is_measured_on_the_same_list() -> None:
    scores, outcomes = list_of()
    found = other_outcomes(scores, outcomes, [300, 100], everyone={"shot": 400}, draws=20)
    for name, labels in outcomes.items():
        assert value(found, name, "base_rate") == labels.mean()
        assert value(found, name, "auc") == pytest.approx(roc_auc_score(labels, scores))
        for k in (100, 300):
            order = np.sort(scores)[::-1]
            above, at = scores > order[k - 1], scores == order[k - 1]
            hits = labels[above].sum() + labels[at].mean() * (k - above.sum())
            assert value(found, name, "precision", k) == pytest.approx(hits / k)
            assert value(found, name, "recall", k) == pytest.approx(hits / labels.sum())
    assert value(found, "shot", "total_recall", 100) == pytest.approx(
        value(found, "shot", "precision", 100) / 4
    )
    assert not any(m.metric == "total_recall" and m.outcome == "arrested" for m in found.figures)


def test_the_outcome_predicted_has_the_figures_it_has_alone() -> None:
    scores, outcomes = list_of(2)
    found = other_outcomes(scores, {"shot": outcomes["shot"]}, [50], draws=20)
    ranking = People.of(outcomes["shot"], scores).ranking
    alone = measure(
        ranking, Subject("m", date(2020, 1, 1), False, None), [50], (0, ranking.n), 20,
        np.random.default_rng(0),
    )  # fmt: skip
    for m in found.figures:
        assert m.value == next(x.value for x in alone if (x.metric, x.k) == (m.metric, m.k))


def test_the_order_of_rows_changes_nothing() -> None:
    scores, outcomes = list_of(1)
    ids, order = [str(i) for i in range(1500)], np.random.default_rng(2).permutation(1500)
    one = other_outcomes(scores, outcomes, [70], ids=ids, draws=20)
    moved = {name: labels[order] for name, labels in outcomes.items()}
    assert one == other_outcomes(scores[order], moved, [70], ids=[ids[i] for i in order], draws=20)


def test_what_it_says() -> None:
    scores, outcomes = list_of()
    found = other_outcomes(scores, outcomes, [100], draws=20)
    assert "arrests count where the police look" in found.sentence()
    assert found.sentence().startswith("shot: ")
    assert set(found.frame().outcome) == {"shot", "arrested"}
    assert found.plot().to_dict()["layer"]


def test_what_makes_no_sense_is_refused() -> None:
    scores, outcomes = list_of()
    with pytest.raises(DataError, match="ks: holds 2,000 of 1,500"):
        other_outcomes(scores, outcomes, [2000])
    with pytest.raises(DataError, match="everyone: says 3 had shot"):
        other_outcomes(scores, outcomes, [10], everyone={"shot": 3})
    with pytest.raises(DataError, match="late: is 2"):
        other_outcomes(scores, {"late": np.full(1500, 2)}, [10])
