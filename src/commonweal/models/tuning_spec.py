"""What a study declares about a search for a model's settings, and about shuffled columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ChooseBy = Literal[
    "precision", "precision_at_capacity", "average_precision", "auc", "log_loss", "brier"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The values between two ends.

    Parameters
    ----------
    low, high
        Ends, both included; whole numbers stay whole.
    log
        Whether values are spread evenly on the scale of their logarithm.
    """

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningSpec:
    """A search for a model's settings; each configuration is fitted on training rows only.

    Parameters
    ----------
    configurations
        How many are tried.
    choose_by
        Figure of the tuning part by which one is chosen: ``precision`` among as many people as
        had the outcome there, ``precision_at_capacity``, ``average_precision``, ``auc``,
        ``log_loss`` or ``brier``.
    sampler
        ``random``: each is drawn by itself. ``optuna``: each rests on those before it (TPE; needs
        the extra ``optuna``).
    space
        Setting -> ``{ low, high, log }`` or a list of values; the kind's own space where empty.
    minutes
        Time after which no further one is begun: what is chosen then depends on the machine.
    """

    configurations: int = 100
    choose_by: ChooseBy = "precision"
    sampler: Literal["random", "optuna"] = "random"
    space: Mapping[str, Range | tuple[float, ...]] = field(default_factory=dict)
    minutes: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PermutationSpec:
    """How much worse a model is when a column is shuffled, measured on validation rows.

    Parameters
    ----------
    repeats
        How often each column is shuffled; 0: not at all.
    rows
        Most validation rows used, drawn at random.
    columns
        Most columns shuffled: those the model uses most.
    """

    repeats: int = 5
    rows: int = 5000
    columns: int = 50
