"""What the data dictionary says, and what it may not give away."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from commonweal.features.columns import Feature
from commonweal.features.dictionary import HEADER, Described, dictionary, share

COUNT = Feature("arrest.all.count.365d", "arrests", "Number.", "incidents", "365 days", "early")
RARE = Feature("arrest.charge=ARSON.count.365d", "arrests", "Number of arson.", "incidents")
COMMON = Feature("arrest.charge=THEFT.count.365d", "arrests", "Number of theft.", "incidents")
EVER = Feature("arrest.charge=THEFT.count.ever", "arrests", "Number of theft.", "incidents")
BLOCK = Described((COUNT, RARE, COMMON, EVER), 1000, (900, 1000, 1000, 1000), (250, 7, 3, 400))


def test_a_line_a_column_with_exact_shares() -> None:
    lines = dictionary([BLOCK], exact=True)
    assert lines[0] == HEADER
    assert lines[1] == (
        "arrest.all.count.365d", "arrests", "Number.", "365 days", "incidents", "early",
        "0.900000", "0.250000",
    )  # fmt: skip
    assert lines[2][0] == RARE.name


def test_real_people_give_steps_and_no_rare_code() -> None:
    lines = dictionary([BLOCK], exact=False)
    assert lines[1][-2:] == ("0.90", "0.25")
    assert lines[2][:3] == ("arrest.charge=(rare)", "arrests", "A code of hardly anybody.")
    # A code of many is named in every window, also where hardly anybody has it.
    assert lines[3][0] == COMMON.name
    assert lines[3][-1] == "0.00"


@given(st.integers(0, 5000), st.integers(1, 5000))
def test_no_small_number_of_rows_can_be_told(count: int, rows: int) -> None:
    count = min(count, rows)
    told = share(count, rows, exact=False)
    alike = [other for other in range(rows + 1) if share(other, rows, exact=False) == told]
    if told and count < rows:
        assert alike[-1] - alike[0] >= 20
    if not told:
        assert rows < 44
