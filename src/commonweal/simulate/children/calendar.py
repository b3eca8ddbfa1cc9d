"""The simulated years, in days since 1970-01-01."""

from __future__ import annotations

from datetime import date

import numpy as np

from commonweal.core.dates import day_number
from commonweal.simulate.columns import Ints

BEGINS = date(2007, 1, 1)
"""First day of the records."""
ENDS = date(2017, 1, 1)
"""Day of extraction: nothing known on it or later is in the records."""
YEARS = ENDS.year - BEGINS.year

START = day_number(date(2005, 1, 1))
"""Two years are simulated before the records begin, so that they begin amid families known."""
RECORDS = day_number(BEGINS)
END = day_number(ENDS)


def months() -> Ints:
    """Return the first day of every simulated month, and the end."""
    firsts = np.arange(np.datetime64("2005-01"), np.datetime64("2017-02"), dtype="datetime64[M]")
    days: Ints = firsts.astype("datetime64[D]").astype(np.int64)
    return days


def birthday(born: Ints, age: int) -> Ints:
    """Return the day each person born on these days is `age`; 29 February becomes 1 March."""
    day = born.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    later = (month + 12 * age).astype("datetime64[D]") + (day - month.astype("datetime64[D]"))
    days: Ints = later.astype(np.int64)
    return days


def six_months_after(days: Ints) -> Ints:
    """Return the day six months after each day; the last of a shorter month where it has none."""
    day = days.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    later, following = month + 6, month + 7
    last = following.astype("datetime64[D]") - np.timedelta64(1, "D")
    moved = later.astype("datetime64[D]") + (day - month.astype("datetime64[D]"))
    found: Ints = np.minimum(moved, last).astype(np.int64)
    return found
