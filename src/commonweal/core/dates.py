"""Lengths of time, half-open windows and as-of dates."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

Unit = Literal["days", "months"]
EPOCH = date(1970, 1, 1)
_TEXT = re.compile(r"\s*([0-9]{1,5})\s*(day|month|year)s?\s*")
_LONGEST = {"day": 36_525, "month": 1_200, "year": 100}


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time: a whole number of days or of calendar months (a year is 12 months).

    Months are counted in the calendar and clamped to the last day of a shorter month, so
    ``Period(1, "months").after(date(2021, 1, 31)) == date(2021, 2, 28)``.
    """

    number: int
    unit: Unit

    @classmethod
    def parse(cls, text: object) -> Period:
        """Read ``"18 months"``, ``"90 days"`` or ``"5 years"``.

        Raises
        ------
        ValueError
            If the text is not a positive whole number of days, months or years, or is longer
            than a hundred years.
        """
        if isinstance(text, Period):
            return text
        found = _TEXT.fullmatch(text) if isinstance(text, str) else None
        if not found or int(found[1]) == 0:
            raise ValueError(
                f"{text!r} is not a length of time; write it like '90 days' or '18 months'"
            )
        number = int(found[1])
        if number > _LONGEST[found[2]]:
            raise ValueError(f"{text!r} is longer than a hundred years")
        if found[2] == "day":
            return cls(number, "days")
        return cls(number * (12 if found[2] == "year" else 1), "months")

    def after(self, day: date) -> date:
        """Return the day this long after `day`."""
        return self._shift(day, 1)

    def before(self, day: date) -> date:
        """Return the day this long before `day`: the first day of the lookback [a - w, a)."""
        return self._shift(day, -1)

    def _shift(self, day: date, sign: int) -> date:
        if self.unit == "days":
            return day + timedelta(days=sign * self.number)
        months = day.year * 12 + day.month - 1 + sign * self.number
        year, month = divmod(months, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return date(year, month + 1, min(day.day, last))

    @property
    def slug(self) -> str:
        """Short form for column names: ``90d``, ``18m``, ``5y``."""
        if self.unit == "days":
            return f"{self.number}d"
        if self.number % 12 == 0:
            return f"{self.number // 12}y"
        return f"{self.number}m"

    def __str__(self) -> str:
        """Return the form a study file uses: ``18 months``."""
        number, unit = self.number, self.unit[:-1]
        if unit == "month" and number % 12 == 0:
            number, unit = number // 12, "year"
        return f"{number} {unit}{'' if number == 1 else 's'}"

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        """Let the edge read a period from its text; nothing here needs pydantic otherwise."""
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(cls.parse)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """As-of dates every so often.

    Parameters
    ----------
    every
        Distance between them.
    first, last
        First and last of them; `last` is included where the steps reach it exactly.
    """

    every: Period
    first: date
    last: date

    def dates(self) -> tuple[date, ...]:
        """Return the as-of dates, ascending; month steps are counted from `first`."""
        days: list[date] = []
        step = 0
        while True:
            day = Period(self.every.number * step, self.every.unit).after(self.first)
            if day > self.last:
                return tuple(days)
            days.append(day)
            step += 1


def day_number(day: date) -> int:
    """Days since 1970-01-01, the number a date32 column holds."""
    return (day - EPOCH).days
