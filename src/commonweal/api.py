"""The public verbs, in one place: ``import commonweal.api as cw``."""

from commonweal.core.errors import BurdenError, CommonwealError, DataError, StudyError
from commonweal.core.results import Finding, Metric
from commonweal.linkage.merging import Merged, latest_orders, merge
from commonweal.linkage.repeats import Repeats, find_repeats
from commonweal.records.derived import Derived, derive
from commonweal.records.derived_spec import DerivedSpec, ImputeSpec
from commonweal.records.missing import MissingComparison, compare_missing
from commonweal.records.repeat_spec import RepeatSpec
from commonweal.simulate.world import Simulated, simulate
from commonweal.study.check import check_tables
from commonweal.study.load import load
from commonweal.study.run import Run, rebuild, run
from commonweal.study.spec import Study

__all__ = [
    "BurdenError",
    "CommonwealError",
    "DataError",
    "Derived",
    "DerivedSpec",
    "Finding",
    "ImputeSpec",
    "Merged",
    "Metric",
    "MissingComparison",
    "RepeatSpec",
    "Repeats",
    "Run",
    "Simulated",
    "Study",
    "StudyError",
    "check_tables",
    "compare_missing",
    "derive",
    "find_repeats",
    "latest_orders",
    "load",
    "merge",
    "rebuild",
    "run",
    "simulate",
]
