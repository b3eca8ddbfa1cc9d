"""How many people can be offered the service."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """Capacity of the service.

    Parameters
    ----------
    k
        How many people can be offered it at an as-of date.
    unit
        What one place is called, for the report.
    """

    k: int
    unit: str = "places"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationSpec:
    """What the recommendation table holds; only for a study that helps.

    Parameters
    ----------
    model
        Model whose ranking is used.
    reasons
        How many reasons (feature blocks that moved the score up) are named per person.
    """

    model: str
    reasons: int = 3
