"""Problems a user can mend, and the errors that carry them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a study file or a record, and how to mend it.

    Parameters
    ----------
    where
        File and place in it: ``study.toml: cohort.within``, or
        ``arrests.csv: column occurred_on, row 17``. Rows count data rows from 1.
    what
        What is wrong, with the offending value.
    mend
        What to do about it.
    """

    where: str
    what: str
    mend: str = ""

    def __str__(self) -> str:
        """One line: place, mistake, mend; what a terminal would obey is spelt out."""
        line = f"{self.where}: {self.what}"
        line = f"{line} -> {self.mend}" if self.mend else line
        return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


class CommonwealError(Exception):
    """Base of the errors a user can mend; the command line prints them without a traceback."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class StudyError(CommonwealError):
    """The study or agency file contradicts itself or cannot be read."""


class DataError(CommonwealError):
    """A table does not hold what its source declares."""


class BurdenError(CommonwealError):
    """A person-level output was asked of a study whose action burdens people."""


def problem(error: type[CommonwealError], where: str, what: str, mend: str = "") -> CommonwealError:
    """Build `error` from a single problem."""
    return error([Problem(where, what, mend)])


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the one of `names` most like `name`, whatever the case; None if none is."""
    known = list(names)
    for other in known:
        if other.casefold() == name.casefold():
            return other
    found = difflib.get_close_matches(name, known, n=1)
    return found[0] if found else None
