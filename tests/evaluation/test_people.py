from __future__ import annotations

import numpy as np
import pytest

from commonweal.core.errors import DataError
from commonweal.evaluation.people import People, crossed, groups_of, labels_of, scores_of


def test_people_are_ranked_whatever_the_order_of_their_rows() -> None:
    ids = [f"p{i}" for i in range(40)]
    labels = [i % 3 == 0 for i in range(40)]
    scores = [float(i % 5) for i in range(40)]
    order = np.random.default_rng(1).permutation(40)
    one = People.of(labels, scores, ids)
    other = People.of(*([x[i] for i in order] for x in (labels, scores, ids)))
    assert [ids[i] for i in one.ranking.order] == [ids[order[i]] for i in other.ranking.order]


@pytest.mark.parametrize("labels", [[0, 2], [0, None], ["yes", "no"], [[0], [1]]])
def test_what_is_no_outcome_is_refused(labels: object) -> None:
    with pytest.raises(DataError, match="labels"):
        labels_of(labels)


@pytest.mark.parametrize("scores", [[0.1, float("nan")], [0.1, float("inf")], ["high", "low"]])
def test_what_is_no_score_is_refused(scores: object) -> None:
    with pytest.raises(DataError, match="scores"):
        scores_of(scores)


def test_columns_of_other_lengths_are_refused() -> None:
    with pytest.raises(DataError, match="scores: hold 2 values for 3 people"):
        People.of([0, 1, 1], [0.5, 0.2])
    with pytest.raises(DataError, match="groups of group: hold 1 values for 3 people"):
        groups_of(["a"], 3)


def test_groups_may_be_a_column_or_several() -> None:
    assert list(groups_of(["a", None, ""], 3)) == ["group"]
    assert groups_of(["a", None, float("nan")], 3)["group"].tolist() == ["a", *["not recorded"] * 2]
    both = groups_of({"race": ["x", "y"], "sex": ["f", "m"]}, 2)
    assert crossed(both).tolist() == ["race=x & sex=f", "race=y & sex=m"]
