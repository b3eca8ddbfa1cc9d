"""A study, as its file declares it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from commonweal.cohorts.spec import CohortSpec, FilterSpec, OutcomeSpec
from commonweal.core.engines.address import Address
from commonweal.decisions.spec import Capacity, RecommendationSpec
from commonweal.evaluation.matters import (
    InterpretabilitySpec,
    LearningCurveSpec,
    ProxiesSpec,
    SelectionSpec,
)
from commonweal.evaluation.spec import CostsSpec, EvaluationSpec, StabilitySpec, UnitsSpec
from commonweal.features.spec import BlockSpec
from commonweal.models.spec import ModelSpec
from commonweal.oversight.disclosure import Disclosure
from commonweal.oversight.spec import About, Action, Protected, Review
from commonweal.study.agency import Agency
from commonweal.study.variant_spec import FeatureSetSpec, VariantSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySpec:
    """The sections of ``study.toml``."""

    study: About
    action: Action
    review: Review
    cohort: CohortSpec
    outcome: OutcomeSpec
    features: Mapping[str, BlockSpec]
    models: Mapping[str, ModelSpec]
    capacity: Capacity
    evaluation: EvaluationSpec
    protected: Mapping[str, Protected] = field(default_factory=dict)
    recommendation: RecommendationSpec | None = None
    filter: Mapping[str, FilterSpec] = field(default_factory=dict)
    feature_sets: Mapping[str, FeatureSetSpec] = field(default_factory=dict)
    variants: Mapping[str, VariantSpec] = field(default_factory=dict)
    selection: SelectionSpec | None = None
    proxies: ProxiesSpec | None = None
    learning_curve: LearningCurveSpec | None = None
    interpretability: InterpretabilitySpec = field(default_factory=InterpretabilitySpec)
    outcomes: Mapping[str, OutcomeSpec] = field(default_factory=dict)
    costs: CostsSpec | None = None
    units: UnitsSpec | None = None
    stability: StabilitySpec | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A checked study and the agency it runs on.

    Parameters
    ----------
    spec
        The study file.
    agency
        The agency file.
    data
        Folder of the agency's tables.
    database
        Where they are instead, if they stand in a database.
    path, agency_path
        Paths of the study file and of the agency file.
    simulated
        Whether every table matches the seal of a simulation.
    """

    spec: StudySpec
    agency: Agency
    data: Path
    path: Path
    agency_path: Path
    simulated: bool = False
    database: Address | None = None

    @property
    def answers(self) -> Path | None:
        """File of a clerical review's answers, None where none is declared."""
        spec = self.agency.linkage
        if spec is None or spec.answers is None:
            return None
        return self.agency_path.parent / spec.answers

    @property
    def disclosure(self) -> Disclosure:
        """What may be shown: everything of simulated people who are helped, else no small cell.

        A burden study shows none even of simulated people: the mean of one is a score.
        """
        return Disclosure(exempt=self.simulated and self.spec.action.kind == "help")
