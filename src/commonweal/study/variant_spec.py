"""What a study tries beside what it declares: ``[feature_sets.NAME]`` and ``[variants.NAME]``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from commonweal.cohorts.spec import FilterSpec, OutcomeSpec, Rule
from commonweal.core.dates import Period
from commonweal.records.condition import Condition
from commonweal.records.derived_spec import Method


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSetSpec:
    """What the headline model is fitted without, or with alone (paper C, Table B.5).

    The model is fitted again on every other setting as it is: its tuned settings are used again,
    its number of trees is chosen anew.

    Parameters
    ----------
    what
        What the set leaves out or keeps, in words; made from the settings where it is empty.
    blocks
        Feature blocks the model sees; all where none is named.
    without
        Feature blocks it does not see, where it sees all others.
    columns, without_columns
        The same for single columns; ``*`` stands for any text.
    leave_out
        Source -> conditions: events on which one holds are not seen by any feature, neither the
        person's own nor neighbours', and features are built again.
    cohort
        With `leave_out`: whether the cohort stays as it was (``fixed``), is drawn without these
        events too (``redrawn``), or is tried both ways (``both``).
    retune
        Whether the model is tuned again for this set.
    """

    what: str = ""
    blocks: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    without_columns: tuple[str, ...] = ()
    leave_out: Mapping[str, tuple[Condition, ...]] = field(default_factory=dict)
    cohort: Literal["fixed", "redrawn", "both"] = "fixed"
    retune: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantSpec:
    """Another choice than the one declared, run side by side with it.

    What is not named stays as declared. The as-of dates stay the same, so that every variant is
    measured on the same test dates.

    Parameters
    ----------
    what
        What it changes and why that could have been chosen, in a sentence.
    outcome
        Another outcome.
    include, exclude, within
        Other rules of who is in the cohort, as in ``[cohort]``.
    filter
        Other events that features do not see.
    derived
        Derived date of the agency -> what is done where its length is missing.
    retune
        Whether the model is tuned again for this variant.
    """

    what: str
    outcome: OutcomeSpec | None = None
    include: tuple[Rule, ...] = ()
    exclude: tuple[Rule, ...] | None = None
    within: Period | None = None
    filter: Mapping[str, FilterSpec] | None = None
    derived: Mapping[str, Method] = field(default_factory=dict)
    retune: bool = False
