"""The public verbs, in one place: ``import commonweal.api as cw``."""

from commonweal.core.errors import BurdenError, CommonwealError, DataError, StudyError
from commonweal.core.results import Finding, Metric
from commonweal.linkage.link import Linkage, link
from commonweal.linkage.spec import Columns, Field, LinkageSpec, TrustedId
from commonweal.records.episode_spec import EpisodeSpec
from commonweal.records.episodes import consolidate
from commonweal.simulate.world import Simulated, simulate
from commonweal.study.check import check_tables
from commonweal.study.load import load
from commonweal.study.run import Run, rebuild, run
from commonweal.study.spec import Study

__all__ = [
    "BurdenError",
    "Columns",
    "CommonwealError",
    "DataError",
    "EpisodeSpec",
    "Field",
    "Finding",
    "Linkage",
    "LinkageSpec",
    "Metric",
    "Run",
    "Simulated",
    "Study",
    "StudyError",
    "TrustedId",
    "check_tables",
    "consolidate",
    "link",
    "load",
    "rebuild",
    "run",
    "simulate",
]
