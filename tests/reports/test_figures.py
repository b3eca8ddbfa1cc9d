"""Looking figures up, writing them, and the colours they are drawn in."""

from __future__ import annotations

from datetime import date

import pytest

from commonweal.core.results import Metric
from commonweal.reports import words
from commonweal.reports.figures import Figures, dates, nearest
from commonweal.reports.frame import Axis
from commonweal.reports.marks import CEILING, GREY, INK, STYLES

DAY, EARLIER = date(2013, 1, 1), date(2011, 7, 1)


def metric(name: str, value: float, **about: object) -> Metric:
    return Metric(metric=name, value=value, n=100, **{"as_of": DAY, "model": "m", **about})  # type: ignore[arg-type]


def test_figures_are_found_by_what_they_are_about_and_by_nothing_less() -> None:
    known = [
        metric("precision", 0.2, k=100), metric("precision", 0.3, k=50),
        metric("precision", 0.4, k=50, group="race=A"), metric("precision", 0.9, k=50, model="x"),
        metric("precision", 0.8, k=50, as_of=EARLIER), metric("flow.cohort", 9, model=None),
    ]  # fmt: skip
    figures = Figures.of(known, DAY)

    found = figures.one("precision", model="m", k=50)
    assert found is not None
    assert found.value == 0.3
    assert figures.one("precision", model="m") is None
    assert [m.k for m in figures.many("precision", model="m")] == [50, 100]
    assert figures.cutoffs("precision", model="m", group="race=A") == (50,)
    assert figures.groups_of("race", model="m") == ("race=A",)
    assert figures.groups_of("race", model="x") == ()
    assert dates(known) == (EARLIER, DAY)


@pytest.mark.parametrize(
    ("k", "published", "within", "expected"),
    [
        (500, (400, 600), None, 400),
        (500, (), None, None),
        (500, (100, 510), 0.25, 510),
        (500, (100,), 0.25, None),
    ],
)
def test_nearest_cutoff(
    k: int, published: tuple[int, ...], within: float | None, expected: int | None
) -> None:
    assert nearest(k, published, within) == expected


def test_figures_are_written_with_interval_and_n() -> None:
    full = metric("precision", 0.1234, low=0.1, high=0.145)
    bare = metric("precision", 0.1234)
    assert words.estimate(full) == "12.3% (10.0% to 14.5%)"
    assert words.sized(full).replace("\u00a0", " ") == "12.3% (10.0% to 14.5%; n = 100)"
    assert words.estimate(bare) == "12.3%"
    assert words.estimate(full, 3) == "0.123 (0.100 to 0.145)"
    assert words.estimate(None) == words.UNPUBLISHED
    assert words.listed(["a", "b", "c"]) == "a, b and c"
    assert words.day(date(2013, 7, 1)) == "1 July 2013"


@pytest.mark.parametrize("end", [0.004, 0.0713, 0.5, 1.0, 7.0, 8500.0, 327_127.0])
def test_axes_have_a_few_round_ticks(end: float) -> None:
    axis = Axis("x", end, share=end <= 1)
    ticks = axis.ticks()
    assert ticks[0] == 0
    assert ticks[-1] <= end
    assert 3 <= len(ticks) <= 7


@pytest.mark.parametrize("colour", [GREY, INK, *(style.colour for style in (*STYLES, CEILING))])
def test_marks_stand_out_on_white(colour: str) -> None:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    assert 1.05 / (luminance + 0.05) >= 4.5


def test_styles_differ_in_more_than_colour() -> None:
    drawn = (*STYLES, CEILING)
    assert len({style.dash for style in drawn}) == len(drawn)
    assert len({style.shape for style in drawn}) == len(drawn)
