from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from commonweal.core.errors import DataError
from commonweal.core.results import Severity
from commonweal.linkage.answers import FEWEST, Answers, read_answers, review_strength, reviewed
from commonweal.linkage.link import Linkage, link_records
from commonweal.linkage.spec import LinkageSpec, TrustedId
from linkage.made import HELD, PEOPLE

HEAD = "pair,answer,source_1,record_1,source_2,record_2\n"
PLACE = {("a", "1"): 0, ("a", "2"): 1, ("b", "1"): 2}


def read(folder: Path, text: str) -> Answers:
    path = folder / "review.csv"
    path.write_text(text, encoding="utf-8")
    return read_answers(path, PLACE)


def test_answers_are_read_whatever_the_case_and_empty_ones_are_none(tmp_path: Path) -> None:
    found = read(tmp_path, "\ufeff" + HEAD + (
        "1,same,a,1,a,2\n2, Different ,a,1,b,1\n3,unsure,a,2,b,1\n4,,a,2,b,1\n5,,x,9,y,9\n"
    ))  # fmt: skip
    assert (found.left.tolist(), found.right.tolist()) == ([0, 0], [1, 2])
    assert (found.same.tolist(), found.unsure) == ([True, False], 1)


def test_every_bad_row_is_named_with_its_number(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, HEAD + "1,yes,a,1,a,2\n2,same,a,1,a,2\n3,same,a,1,c,7\n4,unsure,a,8,a,1\n")
    assert [str(problem) for problem in caught.value.problems] == [
        "review.csv: column answer, row 1: 'yes' is no answer -> write same, different, unsure",
        "review.csv: column record_1 or record_2, row 3: there is no record '7' of 'c' -> the "
        "records may have changed: review again",
        "review.csv: column record_1 or record_2, row 4: there is no record '8' of 'a' -> the "
        "records may have changed: review again",
    ]


def test_a_file_that_is_not_a_review_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, "pair,answer,source_1,record_1\n")
    assert [str(p).split(" ->")[0] for p in caught.value.problems] == [
        "review.csv: lacks the column source_2", "review.csv: lacks the column record_2",
    ]  # fmt: skip
    with pytest.raises(DataError, match="cannot be read"):
        read_answers(tmp_path / "none.csv", PLACE)
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="cannot be read"):
        read_answers(tmp_path / "bytes.csv", PLACE)


@pytest.mark.parametrize("planted", [-1.5, 0.0, 1.0])
def test_a_planted_shift_is_recovered(planted: float) -> None:
    rng = np.random.default_rng(1)
    odds = rng.uniform(-4, 4, 2_000)
    same = rng.random(2_000) < 1 / (1 + np.exp(-(odds + planted)))
    found = reviewed(odds, same, 3, 2.0)
    assert found.shift == pytest.approx(planted, abs=0.2)
    assert found.threshold == 2.0 - found.shift
    assert (found.answered, found.same, found.unsure) == (2_000, same.sum(), 3)
    assert found.expected == pytest.approx((1 / (1 + np.exp(-odds))).sum())
    # The likeliest, doubt included: the slope of the penalized likelihood is nought there.
    chance = 1 / (1 + np.exp(-(odds + found.shift)))
    assert (same - chance).sum() - found.shift == pytest.approx(0, abs=1e-4)


def test_too_few_answers_re_estimate_nothing() -> None:
    odds, same = np.zeros(FEWEST - 1), np.ones(FEWEST - 1, np.bool_)
    few = reviewed(odds, same, 0, 2.0)
    assert (few.shift, few.threshold) == (0.0, 2.0)
    assert "too few answers" in few.sentence()
    enough = reviewed(np.zeros(FEWEST), np.ones(FEWEST, np.bool_), 0, 2.0)
    assert 0 < enough.shift < 3, "ten surprises are not believed without end"
    assert "too few" not in enough.sentence()
    assert reviewed(np.zeros(0), np.zeros(0, np.bool_), 0, 2.0).shift == 0


def rows_of(found: Linkage, pair: int) -> tuple[int, int]:
    """Rows of the input that a compared pair is about."""
    made = found.candidates
    first = made.profiles.first[[made.pairs.left[pair], made.pairs.right[pair]]]
    one, other = made.prepared.place[first].tolist()
    return one, other


def test_answers_same_and_different_are_honoured(small: Linkage, village: pa.Table) -> None:
    made = small.candidates
    root = small.clusters.root
    apart = root[made.pairs.left] != root[made.pairs.right]
    unknown = (made.profiles.trusted[made.pairs.left] < 0) & (
        made.profiles.trusted[made.pairs.right] < 0
    )
    lone = np.bincount(root, minlength=len(root))
    two = (lone[root[made.pairs.left]] == 2) & ~apart & unknown
    joined, parted = np.flatnonzero(apart & unknown)[:2], np.flatnonzero(two)[:2]
    assert (len(joined), len(parted)) == (2, 2)
    ends = [rows_of(small, int(pair)) for pair in (*joined, *parted)]
    said = np.array([True, True, False, False])
    answers = Answers(*(np.array(side) for side in zip(*ends, strict=True)), said, 1)
    _, told = review_strength(made, answers)
    assert (told.answered, told.same, told.unsure, told.shift) == (4, 2, 1, 0.0)
    spec = LinkageSpec(fields=PEOPLE, trusted_id=TrustedId(column="id"))
    again = link_records(village, spec, HELD, answers=answers)
    together = [again.entity[one] == again.entity[other] for one, other in ends]
    assert together == said.tolist()
    assert again.threshold == small.threshold
    before, after = small.entity, again.entity
    moved = {row for pair in ends for row in pair}
    asked = {int(before[row]) for row in moved}
    rest = np.array([n for n in range(len(before)) if int(before[n]) not in asked])
    assert len(np.unique(np.stack([before[rest], after[rest]]), axis=1).T) == len(
        np.unique(before[rest])
    ), "nobody else is touched"
    (finding,) = [f for f in again.findings if f.code == "linkage.review"]
    assert (finding.severity, finding.count) == (Severity.PASS, 4)


def test_an_answer_against_a_rule_is_not_kept_and_is_told(
    small: Linkage, village: pa.Table
) -> None:
    ids = village["id"].to_pylist()
    one = ids.index("i0") if "i0" in ids else next(n for n, i in enumerate(ids) if i)
    other = next(n for n, i in enumerate(ids) if i and i != ids[one])
    answers = Answers(np.array([one]), np.array([other]), np.array([True]), 0)
    spec = LinkageSpec(fields=PEOPLE, trusted_id=TrustedId(column="id"))
    found = link_records(village, spec, HELD, answers=answers)
    assert found.entity[one] != found.entity[other]
    (finding,) = [f for f in found.findings if f.code == "linkage.review"]
    assert finding.severity == Severity.WARN
    assert "1 answers are not kept" in finding.message
    assert (found.entity == small.entity).all()


def test_the_shift_moves_the_threshold(small: Linkage) -> None:
    made = small.candidates
    pairs = np.argsort(np.abs(made.strength))[:200]
    ends = np.array([rows_of(small, int(pair)) for pair in pairs])
    answers = Answers(ends[:, 0], ends[:, 1], np.ones(200, np.bool_), 0)
    found, told = review_strength(made, answers)
    assert told.shift > 0.5
    assert found.threshold.value == pytest.approx(made.threshold.value - told.shift)
    assert "and 200 answers" in found.threshold.by
