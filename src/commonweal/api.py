"""The public verbs, in one place: ``import commonweal.api as cw``."""

from commonweal.core.errors import BurdenError, CommonwealError, DataError, StudyError
from commonweal.core.results import Finding, Metric
from commonweal.records.episode_spec import EpisodeSpec
from commonweal.records.episodes import consolidate
from commonweal.simulate.world import Simulated, simulate
from commonweal.study.check import check_tables
from commonweal.study.load import load
from commonweal.study.run import Run, rebuild, run
from commonweal.study.spec import Study

__all__ = [
    "BurdenError",
    "CommonwealError",
    "DataError",
    "EpisodeSpec",
    "Finding",
    "Metric",
    "Run",
    "Simulated",
    "Study",
    "StudyError",
    "check_tables",
    "consolidate",
    "load",
    "rebuild",
    "run",
    "simulate",
]
