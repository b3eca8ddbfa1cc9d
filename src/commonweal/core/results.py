"""What a study says: figures with an interval and n, and findings that are never silent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from commonweal.core.canonical import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One figure.

    Parameters
    ----------
    metric
        Name, dotted: ``precision``, ``calibration.observed``.
    value
        The estimate.
    low, high
        95% interval, or ``None`` where the figure is a plain count of what the data hold.
    n
        Number of people (or records) the figure is about; never optional.
    model, as_of, k, group
        Which model, as-of date, cut-off and group (``attribute=value``, or several joined by
        `` & ``), where they apply.
    outcome
        Another outcome than the one predicted (``[outcomes.NAME]``).
    variant
        Another version of the study than the one declared first.
    against
        What a difference or an overlap compares with: a model, a group, a variant or a date.
    """

    metric: str
    value: float
    n: int
    low: float | None = None
    high: float | None = None
    model: str | None = None
    as_of: date | None = None
    k: int | None = None
    group: str | None = None
    outcome: str | None = None
    variant: str | None = None
    against: str | None = None

    @property
    def whole(self) -> bool:
        """Whether it is about everybody, the outcome predicted and the study as declared."""
        return not (self.group or self.outcome or self.variant or self.against)

    def record(self) -> dict[str, object]:
        """Return the figure as metrics.json holds it: keys that do not apply are left out."""
        always = {"metric", "value", "low", "high", "n"}
        values = {name: getattr(self, name) for name in self.__slots__}
        kept = {k: plain(v) for k, v in values.items() if k in always or v is not None}
        return {k: _rounded(v) for k, v in kept.items()}

    def sentence(self) -> str:
        """Say the figure in words, with its interval and n."""
        where = [f"against {self.against}"] if self.against else []
        where += [f"for {self.outcome}"] if self.outcome else []
        where += [f"in variant {self.variant}"] if self.variant else []
        where += [f"in {self.group}"] if self.group else []
        where += [f"among the top {self.k:,}"] if self.k else []
        where += [f"as of {self.as_of}"] if self.as_of else []
        interval = ""
        if self.low is not None and self.high is not None:
            interval = f" (95% interval {self.low:.3f} to {self.high:.3f})"
        model = f" of {self.model}" if self.model else ""
        return (
            f"{self.metric}{model} is {self.value:.3f}{interval}"
            f"{' ' + ' '.join(where) if where else ''}, n = {self.n:,}."
        )


def _rounded(value: object) -> object:
    """Twelve significant digits: enough for any reader, and no noise in the last bits."""
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.12g}")
    return value


class Severity(StrEnum):
    """How a check ended. Silence is never a pass."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found.

    Parameters
    ----------
    code
        Stable name, as in docs/findings.md: ``records.known-before-occurred``.
    severity
        How the check ended.
    message
        One sentence for a reader of the report.
    where
        Source, column or group it is about.
    count
        How many records or people, where the finding is a count.
    """

    code: str
    severity: Severity
    message: str
    where: str = ""
    count: int | None = None
