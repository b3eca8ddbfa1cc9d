"""The public verbs, in one place: ``import commonweal.api as cw``."""

from commonweal.core.errors import BurdenError, CommonwealError, DataError, StudyError
from commonweal.core.results import Finding, Metric
from commonweal.evaluation.boundary import MovedBoundary, moved
from commonweal.evaluation.calibration import Calibration, calibration
from commonweal.evaluation.compare import Comparison, Ranked, compare, paired
from commonweal.evaluation.composition import Composition, composition
from commonweal.evaluation.costs import Costs, costs
from commonweal.evaluation.crossings import Rates, rates
from commonweal.evaluation.curves import Curves, curves
from commonweal.evaluation.fairness import Differences, Fairness, fairness
from commonweal.evaluation.interpretability import ModelComparison, compare_models
from commonweal.evaluation.leaves import leaf_figures
from commonweal.evaluation.outcomes import OtherOutcomes, other_outcomes
from commonweal.evaluation.spec import Assumed
from commonweal.evaluation.stability import Stability, stability
from commonweal.evaluation.thresholds import Thresholds, thresholds
from commonweal.evaluation.units import Units, units
from commonweal.linkage.link import Linkage, link
from commonweal.linkage.repeats.find import Repeats, find_repeats
from commonweal.linkage.repeats.merging import Merged, latest_orders, merge
from commonweal.linkage.spec import Columns, Field, LinkageSpec, TrustedId
from commonweal.models.scorecard.estimator import Scorecard
from commonweal.models.trees.export import tree_python, tree_sql
from commonweal.models.trees.optimal import OptimalTree
from commonweal.models.trees.rules import LeafFigure, Words, tree_text
from commonweal.models.trees.tree import Tree
from commonweal.records.derived import Derived, derive
from commonweal.records.derived_spec import DerivedSpec, ImputeSpec
from commonweal.records.episode_spec import EpisodeSpec
from commonweal.records.episodes import consolidate
from commonweal.records.missing import MissingComparison, compare_missing
from commonweal.records.repeat_spec import RepeatSpec
from commonweal.reports.trees_svg import tree_svg
from commonweal.simulate.world import Simulated, simulate
from commonweal.study.check import check_tables
from commonweal.study.live import LiveFeatures, live_features, write_live_features
from commonweal.study.load import load
from commonweal.study.run import Run, rebuild, run
from commonweal.study.spec import Study

__all__ = [
    "Assumed",
    "BurdenError",
    "Calibration",
    "Columns",
    "CommonwealError",
    "Comparison",
    "Curves",
    "Composition",
    "Costs",
    "DataError",
    "Derived",
    "DerivedSpec",
    "Differences",
    "EpisodeSpec",
    "Fairness",
    "Field",
    "Finding",
    "ImputeSpec",
    "LeafFigure",
    "Linkage",
    "LinkageSpec",
    "LiveFeatures",
    "Merged",
    "Metric",
    "ModelComparison",
    "MissingComparison",
    "Ranked",
    "OptimalTree",
    "OtherOutcomes",
    "Rates",
    "MovedBoundary",
    "RepeatSpec",
    "Repeats",
    "Run",
    "Scorecard",
    "Simulated",
    "Stability",
    "Study",
    "StudyError",
    "Thresholds",
    "Tree",
    "TrustedId",
    "calibration",
    "Units",
    "Words",
    "check_tables",
    "compare",
    "compare_missing",
    "compare_models",
    "composition",
    "consolidate",
    "curves",
    "costs",
    "derive",
    "fairness",
    "find_repeats",
    "latest_orders",
    "leaf_figures",
    "link",
    "live_features",
    "load",
    "merge",
    "paired",
    "other_outcomes",
    "rates",
    "moved",
    "rebuild",
    "run",
    "simulate",
    "stability",
    "thresholds",
    "tree_python",
    "tree_sql",
    "tree_svg",
    "tree_text",
    "units",
    "write_live_features",
]
