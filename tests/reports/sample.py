"""A small invented study whose figures are measured, so that they agree with each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
from numpy.typing import NDArray

from commonweal.cohorts.spec import CohortSpec, OutcomeSpec, Rule
from commonweal.cohorts.splits import assign
from commonweal.core.dates import Grid, Period
from commonweal.core.results import Finding, Metric, Severity
from commonweal.decisions.spec import Capacity
from commonweal.evaluation.calibration import Estimate, of_group, quantiles
from commonweal.evaluation.compare import compare
from commonweal.evaluation.groups import Grouping, audit
from commonweal.evaluation.overall import Subject, bins_from, measure
from commonweal.evaluation.ranking import Floats, Ranking
from commonweal.evaluation.spec import ORACLE, EvaluationSpec
from commonweal.models.spec import BaseRateSpec, BoostedSpec, CountRankSpec, LogisticSpec
from commonweal.oversight.disclosure import Disclosure
from commonweal.oversight.spec import About, Action, Protected, Review
from commonweal.records.spec import Condition
from commonweal.reports.content import BlockSummary, Content, FlowStep, SourceSummary
from commonweal.reports.page import render

PEOPLE = 2400
DRAWS = 40
MONTHS_18 = Period(18, "months")
WANTED = (200, 50, 100, 500, 1000)
ATTRIBUTES = {"race": ("BLACK", "HISPANIC", "WHITE"), "gender": ("FEMALE", "MALE")}


@cache
def content() -> Content:
    """Return a help study on real-looking records with small cells taken out."""
    cohort = CohortSpec(
        as_of=Grid(every=MONTHS_18, first=date(2007, 1, 1), last=date(2013, 1, 1)),
        include=(Rule(event="complaint", within=Period(50, "months"), dated_by="known_on"),),
        exclude=(Rule(event="resignation"),),
    )
    outcome = OutcomeSpec(
        event="complaint", within=MONTHS_18, role="accused",
        where=(Condition(column="category_code", starts_with=("05",)),), dated_by="known_on",
    )  # fmt: skip
    extracted = date(2014, 7, 1)
    splits = assign(cohort, outcome, extracted)
    return Content(
        about=About(
            name="sample", title="Who will need early support", agency="agency.toml", seed=1,
            question="Among officers with a complaint, who will be named in another?\n",
            people="officers",
        ),
        action=Action(
            kind="help", offer="A voluntary, confidential conversation.",
            recipients=("the support coordinator",), forbidden_recipients=("supervisors",),
            intended_use="To decide whom places are offered to first.",
            not_for=("discipline or promotion", "judging whether a complaint is true"),
        ),
        review=Review(by="The review board", on=date(2014, 8, 2), statement="Use with care."),
        protected={
            "race": Protected(event="appointment", column="race"),
            "gender": Protected(event="appointment", column="gender"),
        },
        cohort=cohort, outcome=outcome,
        models={
            "boosted": BoostedSpec(kind="boosted"), "logistic": LogisticSpec(kind="logistic"),
            "past_force": CountRankSpec(kind="count_rank", feature="complaint.force.count.5y"),
            "base_rate": BaseRateSpec(kind="base_rate"),
        },
        capacity=Capacity(k=200, unit="support places"),
        evaluation=EvaluationSpec(headline="boosted", cutoffs=WANTED[1:], draws=DRAWS),
        agency="Sample Police Department", extracted_on=extracted, simulated=False,
        splits=splits, sources=_sources(), flow=_flow([s.as_of for s in splits]),
        blocks=_blocks(), metrics=_metrics(date(2013, 1, 1)), findings=_findings(),
        recommendation="recommendation.csv",
        inputs={"accused.parquet": "0f" * 32, "officers.parquet": "a1" * 32},
        versions={"commonweal": "0.1.0", "numpy": "2.3.0"}, study_file="study.toml",
    )  # fmt: skip


@cache
def simulated() -> Content:
    """Return the same study of simulated people, whose true chances are known."""
    known = _metrics(date(2013, 1, 1), ceiling=True)
    return replace(content(), simulated=True, metrics=known)


@cache
def rendered() -> str:
    """Return the sample's page."""
    return render(content())


def _metrics(as_of: date, ceiling: bool = False) -> tuple[Metric, ...]:
    """Measure four rankings of invented people, and audit the first; a fifth by true chances."""
    random = np.random.default_rng(7)
    groups = {
        "race": random.choice(ATTRIBUTES["race"], PEOPLE, p=(0.35, 0.2, 0.45)),
        "gender": random.choice(ATTRIBUTES["gender"], PEOPLE, p=(0.25, 0.75)),
    }
    past = random.poisson(0.8, PEOPLE).astype(np.float64)
    merit = -2.2 + 0.6 * past + 0.4 * (groups["gender"] == "MALE") + random.normal(0, 0.8, PEOPLE)
    chance = 1 / (1 + np.exp(-merit))
    labels = (random.random(PEOPLE) < chance).astype(np.int8)
    ties = random.permutation(PEOPLE).astype(np.uint64)
    noisy = 1 / (1 + np.exp(-(merit + random.normal(0, 0.6, PEOPLE))))
    scores: dict[str, Floats] = {
        "boosted": chance, "logistic": noisy, "past_force": past,
        "base_rate": np.full(PEOPLE, 0.18),
    }  # fmt: skip
    if ceiling:
        scores = {**scores, "boosted": noisy, ORACLE: chance}
    found: list[Metric] = []
    for name, score in scores.items():
        found += _measured(name, Ranking.of(score, labels, ties), as_of, groups, random)
    models = {name: score for name, score in scores.items() if name != ORACLE}
    found += _compared(models, labels, as_of)
    found += _within(scores["boosted"], labels, as_of, groups, random)
    return tuple(found)


def _compared(scores: dict[str, Floats], labels: NDArray[np.int8], as_of: date) -> list[Metric]:
    """Compare the first ranking with each other: with the last one nowhere near capacity."""
    known = compare(labels, scores, ks=(WANTED[0],), draws=DRAWS).figures
    return [
        replace(m, as_of=as_of)
        for m in known
        if m.against and (m.k is None or m.against != "past_force")
    ]


def _within(
    scores: Floats, labels: NDArray[np.int8], as_of: date, groups: dict[str, np.ndarray],
    random: np.random.Generator,
) -> list[Metric]:  # fmt: skip
    """Calibrate everybody and each group by 20 quantiles."""
    found = []
    parts: list[tuple[str | None, NDArray[np.bool_]]] = [(None, np.ones(PEOPLE, dtype=bool))]
    parts += [(f"{a}={g}", groups[a] == g) for a, some in ATTRIBUTES.items() for g in some]
    for group, here in parts:
        edges = quantiles(scores[here], 20)
        one = of_group("", labels[here], scores[here], edges, DRAWS, random)
        about = {"model": "boosted", "as_of": as_of, "group": group}
        figures = [
            (f"calibration_within.{name}", getattr(b, name), b.n, b.upper)
            for b in one.bins for name in ("predicted", "observed")
        ]  # fmt: skip
        figures += [(f"calibration.{name}", getattr(one, name), one.n, None)
                    for name in ("slope", "intercept", "error")]  # fmt: skip
        chance = Estimate(one.by_chance, None, None)
        figures.append(("calibration.error_by_chance", chance, one.n, None))
        found += [Metric(metric=name, value=e.value, low=e.low, high=e.high, n=n, k=k, **about)
                  for name, e, n, k in figures]  # fmt: skip
    return found


def _measured(
    name: str, ranking: Ranking, as_of: date, groups: dict[str, np.ndarray],
    random: np.random.Generator,
) -> list[Metric]:  # fmt: skip
    rule = Disclosure()
    cutoffs = rule.cutoffs(ranking, None, WANTED)
    everyone = ranking.positives + 137
    subject = Subject(name, as_of, name != "past_force", everyone)
    bins = bins_from(cutoffs, ranking.n, 10)
    found = measure(ranking, subject, cutoffs, bins, DRAWS, random)
    for attribute, members in groups.items() if name == "boosted" else ():
        ranked = members[ranking.order]
        ks = rule.cutoffs(ranking, ranked, WANTED, among=cutoffs)
        grouping = Grouping(attribute, ranked, ks, bins_from(ks, ranking.n, 10))
        found += audit(ranking, subject, grouping, DRAWS, random)
    return found


def _sources() -> tuple[SourceSummary, ...]:
    return (
        SourceSummary(
            name="complaint", table="accused.parquet", rows_read=56_212, rows_left_out=0,
            rows_quarantined=None, rows_kept=None, first="1991-01-03", last="2014-06-30",
            covers_from=date(1991, 1, 1),
            missing={"category_code": 0.0, "beat": 0.1234, "finding": None},
        ),
        SourceSummary(
            name="appointment", table="officers.parquet", rows_read=13_400, rows_left_out=0,
            rows_quarantined=112, rows_kept=13_288, first="1968-02-01", last="2014-05-01",
            covers_from=None, missing={"race": 0.0, "gender": 0.0},
        ),
    )  # fmt: skip


def _flow(days: list[date]) -> tuple[FlowStep, ...]:
    steps = []
    for place, day in enumerate(days):
        counts = [
            ("known", 9000 + 300 * place),
            ("include", 2700 + 10 * place),
            ("exclude", None if place == 1 else 300),
            ("cohort", PEOPLE + 10 * place),
            ("labelled", PEOPLE + 10 * place),
            ("positives", 520 + place),
        ]
        steps += [FlowStep(as_of=day, kind=kind, rule=0, people=n) for kind, n in counts]
    return tuple(steps)


def _blocks() -> tuple[BlockSummary, ...]:
    example = (("complaint.force.count.5y", "complaints of force in the 5 years before"),)
    return (
        BlockSummary(name="complaints", kind="counts", columns=120, share=0.61, examples=example),
        BlockSummary(name="force_timing", kind="recency", columns=2, share=0.28, examples=()),
        BlockSummary(name="network", kind="network", columns=18, share=0.11, examples=()),
    )


def _findings() -> tuple[Finding, ...]:
    said = (
        ("records.known-before-occurred", Severity.WARN, "Known before it happened.", 676),
        ("records.duplicate", Severity.PASS, "No duplicate rows.", None),
        ("cohorts.embargo", Severity.PASS, "Every training outcome closed in time.", None),
        ("oversight.simulated", Severity.NOT_APPLICABLE, "Real records.", None),
        ("oversight.total-recall-hidden", Severity.SKIPPED, "Total recall is not shown.", None),
        ("records.future-date", Severity.FAIL, "Dated after the extraction.", 14),
    )
    return tuple(
        Finding(code=code, severity=severity, message=words, where="complaint", count=count)
        for code, severity, words, count in said
    )
