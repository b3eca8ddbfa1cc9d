"""What a report says, after everything that may not be shown has been taken out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from commonweal.cohorts.spec import CohortSpec, OutcomeSpec
from commonweal.cohorts.splits import Split
from commonweal.core.results import Finding, Metric
from commonweal.decisions.spec import Capacity
from commonweal.evaluation.matters import InterpretabilitySpec
from commonweal.evaluation.spec import CostsSpec, EvaluationSpec, StabilitySpec, UnitsSpec
from commonweal.models.scorecard.card import Card
from commonweal.models.scorecard.words import Words
from commonweal.models.spec import ModelSpec
from commonweal.models.trees.rules import Branch, LeafFigure
from commonweal.oversight.spec import About, Action, Protected, Review


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSummary:
    """One source's rows; a count that may not be shown is None.

    Parameters
    ----------
    name, table
        Name of the source and its table.
    rows_read, rows_left_out, rows_quarantined, rows_kept
        Rows of the table; not events by the source's ``where``; set aside by a check; kept.
    first, last
        First and last day an event occurred, ISO text.
    covers_from
        First day from which the source is recorded, where declared.
    missing
        Column -> share of the rows kept in which it is missing, None where not shown.
    """

    name: str
    table: str
    rows_read: int
    rows_left_out: int | None
    rows_quarantined: int | None
    rows_kept: int | None
    first: str
    last: str
    covers_from: date | None
    missing: Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowStep:
    """People at one as-of date after one rule; None where the number may not be shown.

    Parameters
    ----------
    as_of
        The date.
    kind
        ``known``, ``include``, ``exclude`` (people removed), ``cohort``, ``labelled``
        (outcome known) or ``positives``.
    rule
        Place of the rule among the cohort's ``include`` or ``exclude``, from 0.
    people
        Number of people.
    """

    as_of: date
    kind: str
    rule: int
    people: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockSummary:
    """One feature block.

    Parameters
    ----------
    name, kind
        Name and kind of the block.
    columns
        Number of columns.
    share
        Its share of what the headline model uses (sums to 1 over blocks, or all 0).
    examples
        Up to five columns, the most used first: (name, meaning).
    """

    name: str
    kind: str
    columns: int
    share: float
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantSummary:
    """One variant of the study.

    Parameters
    ----------
    name
        Its name, as figures have it.
    kind
        ``feature set``, ``variant`` or ``few features``.
    what
        What it changes and why, as the study file says; empty where it says nothing.
    changes
        What differs from the study as declared, in words.
    """

    name: str
    kind: str
    what: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningSummary:
    """How one model's settings were found; its figures are among the metrics.

    Parameters
    ----------
    model
        Name of the model.
    figure
        Figure by which one configuration was chosen.
    sampler, tried
        How configurations were drawn, and how many were tried.
    settings
        Setting -> value chosen.
    trees
        Number of trees that went with them.
    cells
        Rows by columns offered to all trees of all configurations: what the search cost, on any
        machine.
    """

    model: str
    figure: str
    sampler: str
    tried: int
    settings: Mapping[str, float]
    trees: int
    cells: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSummary:
    """One scorecard; its figures on test people are among the metrics.

    Parameters
    ----------
    model
        Name of the model.
    card
        The card; None where it may not be shown.
    words
        What its columns and their categories are called.
    """

    model: str
    card: Card | None
    words: Words


@dataclass(frozen=True, slots=True)
class TreeSummary:
    """One decision tree; what happened in its leaves at a test date is among the metrics.

    Parameters
    ----------
    model
        Name of the model.
    branches
        The tree in words, node by node.
    learned
        Rows learned from and their share of positives, leaf by leaf, the highest share first;
        leaves that may not be told apart are told together. Empty where none may be shown.
    found
        How near the best tree it is, in words.
    columns
        The columns it asks for: (name, meaning).
    filled
        Those of them that are filled, where missing, before the tree sees them.
    """

    model: str
    branches: tuple[Branch, ...]
    learned: tuple[LeafFigure, ...]
    found: str
    columns: tuple[tuple[str, str], ...]
    filled: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Everything a report may say.

    Parameters
    ----------
    about, action, review, protected, cohort, outcome, models, capacity, evaluation
        Sections of the study.
    agency, extracted_on, simulated
        Name of the agency, day the tables were drawn, whether they are proven simulated.
    splits
        What each as-of date was used for.
    sources, flow, blocks
        Data, cohort and features.
    metrics
        Every figure of the report.
    findings
        Every check made, the passed ones included.
    recommendation
        File of the recommendation table, None where there is none.
    inputs
        Input table -> SHA-256.
    versions
        Package -> version.
    study_file
        Name of the study file, for the command that rebuilds the report.
    variants
        Other choices that were run beside the declared one.
    outcomes
        Other outcomes the ranking is measured on.
    costs, units, stability
        Further sections of the study, None where it has none.
    tuning
        How settings of models were found, where they were.
    cards
        The study's scorecards.
    trees
        The decision trees among the models, in words.
    interpretability
        How kinds of model were compared.
    """

    about: About
    action: Action
    review: Review
    protected: Mapping[str, Protected]
    cohort: CohortSpec
    outcome: OutcomeSpec
    models: Mapping[str, ModelSpec]
    capacity: Capacity
    evaluation: EvaluationSpec
    agency: str
    extracted_on: date
    simulated: bool
    splits: tuple[Split, ...]
    sources: tuple[SourceSummary, ...]
    flow: tuple[FlowStep, ...]
    blocks: tuple[BlockSummary, ...]
    metrics: tuple[Metric, ...]
    findings: tuple[Finding, ...]
    recommendation: str | None
    inputs: Mapping[str, str]
    versions: Mapping[str, str]
    study_file: str
    variants: tuple[VariantSummary, ...] = ()
    outcomes: Mapping[str, OutcomeSpec] = field(default_factory=dict)
    costs: CostsSpec | None = None
    units: UnitsSpec | None = None
    stability: StabilitySpec | None = None
    tuning: tuple[TuningSummary, ...] = ()
    cards: tuple[CardSummary, ...] = ()
    trees: tuple[TreeSummary, ...] = ()
    interpretability: InterpretabilitySpec = field(default_factory=InterpretabilitySpec)

    @property
    def exempt(self) -> bool:
        """Whether small cells are shown: only of simulated people, and only to help them."""
        return self.simulated and self.action.kind == "help"
