"""How often test outcomes were looked at: an append-only log in the run's folder."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commonweal.core.canonical import fingerprint
from commonweal.core.code import code_digest
from commonweal.core.results import Finding, Severity
from commonweal.study.spec import Study

LOG = "openings.jsonl"
_CODE = ("core", "records", "linkage", "cohorts", "features", "models", "evaluation", "study")


@dataclass(frozen=True, slots=True)
class Openings:
    """The log of one run's folder.

    A line is written before a stage looks at the outcomes of a test date together with scores.
    A run that was killed, or that finds its stages there already, is the same opening: what is
    counted is how many different studies, tables or versions of the code have seen the outcomes.

    Parameters
    ----------
    folder
        The run's folder.
    version
        Fingerprint of the study, the agency's declarations, the tables and the code.
    dates
        Test dates, as ISO text.
    counted
        How many versions had looked when the report was written that is being rebuilt: it says
        what it said, whoever looked since. None where the log is counted.
    """

    folder: Path
    version: str
    dates: tuple[str, ...]
    counted: int | None = None

    @classmethod
    def of(
        cls, folder: Path, study: Study, digests: Mapping[str, str], dates: list[str]
    ) -> Openings:
        """Name the version of a study that is about to be run."""
        version = fingerprint(study.spec, study.agency, dict(digests), code_digest(*_CODE))
        return cls(folder, version, tuple(dates))

    def opened(self, stage: str) -> None:
        """Note, on disk, that a stage is about to look at the test outcomes; once a version.

        No time is noted: the same work leaves the same bytes.
        """
        line = {"dates": list(self.dates), "stage": stage, "version": self.version}
        if line in self._lines():
            return
        with (self.folder / LOG).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, sort_keys=True) + "\n")
            stream.flush()
            os.fsync(stream.fileno())

    def count(self) -> int:
        """Return how many versions have looked at any of these test dates, this one included."""
        if self.counted is not None:
            return self.counted
        earlier = [one for one in self._lines() if set(one["dates"]) & set(self.dates)]
        return len({self.version, *(one["version"] for one in earlier)})

    def _lines(self) -> list[dict[str, Any]]:
        path, found = self.folder / LOG, []
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            with suppress(ValueError):  # a line half-written when the power went
                found.append(json.loads(line))
        return found

    def finding(self) -> Finding:
        """Say how often the test window was opened."""
        code, count = "evaluation.openings", self.count()
        dates = ", ".join(self.dates)
        if count == 1:
            message = f"The outcomes after {dates} were looked at once, for this report."
            return Finding(code=code, severity=Severity.PASS, message=message)
        message = (
            f"The outcomes after {dates} were looked at {_times(count)} in this folder: the "
            "study, the tables or the code had been changed since. Whoever chooses after looking "
            "finds figures that are too good."
        )
        return Finding(code=code, severity=Severity.WARN, message=message)


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"
