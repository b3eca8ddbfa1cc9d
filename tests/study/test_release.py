"""Counts of a run's records and cohort: nothing of 1 to 10 is shown or follows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from commonweal.cohorts.draw import Step
from commonweal.oversight.disclosure import Disclosure
from commonweal.records.checks import SourceReport
from commonweal.reports.content import FlowStep, SourceSummary
from commonweal.study.release import _safe_steps, _source_findings, _summary

Atom = tuple[Any, ...]
DAY = date(2020, 1, 1)


def follows(atoms: Sequence[Atom], known: Mapping[frozenset[Atom], int], asked: set[Atom]) -> bool:
    """Whether counts of sets of atoms leave one value only for another set."""
    if not known:
        return False
    rows = np.array([[atom in members for atom in atoms] for members in known], dtype=np.float64)
    cost = np.array([atom in asked for atom in atoms], dtype=np.float64)
    values = np.array(list(known.values()), dtype=np.float64)
    least, most = (linprog(sign * cost, A_eq=rows, b_eq=values) for sign in (1, -1))
    assert least.status in (0, 3), least.message
    return bool(most.status == 0 and abs(least.fun + most.fun) < 1e-6)


def recovered(
    counts: Mapping[Atom, int], known: Mapping[str, frozenset[Atom]], shown: Mapping[str, int],
    named: Mapping[str, frozenset[Atom]],
) -> list[str]:  # fmt: skip
    """Return what follows of 1 to 10: named sets, what two of them share, and one less another."""
    atoms = list(counts)
    everything = {known[name]: n for name, n in shown.items()}
    found = []
    for (one, a), (two, b) in product(named.items(), repeat=2):
        for what, asked in ((f"{one} and {two}", a & b), (f"{one} less {two}", a - b)):
            size = sum(counts[atom] for atom in asked)
            if 1 <= size <= 10 and follows(atoms, everything, set(asked)):
                found.append(what)
    return found


def cohort_atoms(rng: np.random.Generator, includes: int, excludes: int) -> dict[Atom, int]:
    """People by rules met and by outcome, many cells of them small."""
    counts: dict[Atom, int] = {("none", (), ""): _size(rng)}
    for met in product((0, 1), repeat=includes):
        for out in product((0, 1), repeat=excludes):
            if any(met) and any(out):
                counts[met, out, "out"] = _size(rng)
            elif any(met):
                for status in ("unknown", "no", "yes"):
                    counts[met, out, status] = _size(rng)
    return counts


def _size(rng: np.random.Generator) -> int:
    return int(rng.choice([0, rng.integers(1, 11), rng.integers(5, 40), rng.integers(50, 900)]))


def cohort_sets(
    counts: Mapping[Atom, int], includes: int, excludes: int
) -> dict[str, frozenset[Atom]]:
    atoms = set(counts)
    known: dict[str, frozenset[Atom]] = {"known": frozenset(atoms)}
    for i in range(includes):
        known[f"include{i}"] = frozenset(a for a in atoms if a[0] != "none" and a[0][i])
    known["union"] = frozenset(a for a in atoms if a[0] != "none")
    for j in range(excludes):
        known[f"exclude{j}"] = frozenset(a for a in atoms if a[2] == "out" and a[1][j])
    known["cohort"] = frozenset(a for a in atoms if a[2] in ("unknown", "no", "yes"))
    known["labelled"] = frozenset(a for a in atoms if a[2] in ("no", "yes"))
    known["positives"] = frozenset(a for a in atoms if a[2] == "yes")
    return known


def flow(
    rule: Disclosure, sizes: Mapping[str, int], day: date = DAY,
    earlier: Mapping[tuple[str, int], Sequence[int]] | None = None,
) -> list[FlowStep]:  # fmt: skip
    steps = []
    for name, people in sizes.items():
        kind = name.rstrip("0123456789")
        if kind not in ("labelled", "positives"):
            steps.append(
                Step(as_of=day, kind=kind, rule=int(name[len(kind) :] or 0), people=people)
            )
    return _safe_steps(steps, sizes["labelled"], sizes["positives"], rule, earlier or {})


def attacked(rule: Disclosure, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    includes, excludes = int(rng.integers(1, 4)), int(rng.integers(0, 3))
    counts = cohort_atoms(rng, includes, excludes)
    sets = cohort_sets(counts, includes, excludes)
    sizes = {name: sum(counts[a] for a in members) for name, members in sets.items()}
    shown = {
        f"{s.kind}{s.rule}" if s.kind in ("include", "exclude") else s.kind: s.people
        for s in flow(rule, sizes) if s.people is not None
    }  # fmt: skip
    positives, labelled = sizes["positives"], sizes["labelled"]
    if rule.safe(positives, labelled - positives) and labelled:
        shown |= {"labelled": labelled, "positives": positives}  # the evaluation publishes both
    return recovered(counts, sets, shown, sets)


def test_no_small_count_of_the_cohort_follows() -> None:
    assert [(seed, x) for seed in range(150) for x in attacked(Disclosure(), seed)] == []


def test_the_same_reader_recovers_small_counts_of_an_exempt_cohort() -> None:
    assert sum(bool(attacked(Disclosure(exempt=True), seed)) for seed in range(30)) >= 8


def test_large_counts_of_the_cohort_are_shown() -> None:
    sizes = {"known": 9000, "include0": 4000, "include1": 2000, "union": 5000, "exclude0": 400,
             "cohort": 4600, "labelled": 4500, "positives": 500}  # fmt: skip
    assert all(step.people == sizes.get(step.kind, sizes.get(f"{step.kind}{step.rule}"))
               for step in flow(Disclosure(), sizes))  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "hidden"),
    [
        ({"labelled": 4595}, "cohort"),  # five whose outcome is not known
        ({"known": 5005, "union": 5000}, "include"),
        ({"exclude0": 7}, "exclude"),
        ({"positives": 4}, "positives"),
        ({"positives": 4496}, "positives"),
        ({"include1": 5, "include0": 4996}, "include"),
    ],
)  # fmt: skip
def test_the_count_that_gives_few_away_is_hidden(changed: dict[str, int], hidden: str) -> None:
    sizes = {"known": 9000, "include0": 4000, "include1": 2000, "union": 5000, "exclude0": 400,
             "cohort": 4600, "labelled": 4500, "positives": 500, **changed}  # fmt: skip
    shown = flow(Disclosure(), sizes)
    assert {s.people for s in shown if s.kind == hidden} == {None}
    assert None not in {s.people for s in flow(Disclosure(exempt=True), sizes)}


def test_people_new_since_an_earlier_date_are_not_given_away() -> None:
    sizes = {"known": 9000, "include0": 5000, "union": 5000, "cohort": 5000, "labelled": 4500,
             "positives": 500}  # fmt: skip
    first = flow(Disclosure(), sizes)
    earlier: dict[tuple[str, int], list[int]] = defaultdict(list)
    for step in first:
        if step.people is not None:
            earlier[step.kind, step.rule].append(step.people)
    later = flow(Disclosure(), {**sizes, "known": 9006}, DAY + timedelta(30), earlier)
    assert [s.people for s in first if s.kind == "known"] == [9000]
    assert [s.people for s in later if s.kind == "known"] == [None]
    assert [s.people for s in later if s.kind == "cohort"] == [5000]


# Records of a source.


def source(rng: np.random.Generator) -> tuple[SourceReport, dict[Atom, int]]:
    """A source whose rows are left out, set aside by up to three checks, or kept."""
    checks = int(rng.integers(1, 4))
    counts: dict[Atom, int] = {
        ("out",): _size(rng),
        ("kept", 0): _size(rng),
        ("kept", 1): _size(rng),
    }
    for failed in product((0, 1), repeat=checks):
        if any(failed):
            counts["aside", failed] = (
                _size(rng) if sum(failed) == 1 else int(rng.choice([0, _size(rng)]))
            )
    aside = sum(n for atom, n in counts.items() if atom[0] == "aside")
    kept = counts["kept", 0] + counts["kept", 1]
    mistakes = []
    for j in range(checks):
        failing = sum(n for a, n in counts.items() if a[0] == "aside" and a[1][j])
        if failing:
            mistakes.append(("type", f"c{j}", "quarantine", failing))
    report = SourceReport(
        source="s", table="s.csv", rows_read=counts["out",] + aside + kept,
        rows_left_out=counts["out",], rows_quarantined=aside, rows_kept=kept,
        mistakes=tuple(mistakes), checked=("type", "range"), missing={"x": counts["kept", 1]},
        first="", last="",
    )  # fmt: skip
    return report, counts


def record_sets(report: SourceReport, counts: Mapping[Atom, int]) -> dict[str, frozenset[Atom]]:
    sets: dict[str, frozenset[Atom]] = {"read": frozenset(counts)}
    for name in ("out", "aside", "kept"):
        sets[name] = frozenset(a for a in counts if a[0] == name)
    sets["missing"] = frozenset(a for a in counts if a == ("kept", 1))
    for _, column, _, _ in report.mistakes:
        j = int(column[1:])
        sets[column] = frozenset(a for a in counts if a[0] == "aside" and a[1][j])
    return sets


def read_source(rule: Disclosure, report: SourceReport, summary: SourceSummary) -> dict[str, int]:
    shown = {"read": report.rows_read, "out": summary.rows_left_out,
             "aside": summary.rows_quarantined, "kept": summary.rows_kept}  # fmt: skip
    share = summary.missing["x"]
    if share is not None and summary.rows_kept is not None:
        shown["missing"] = round(share * summary.rows_kept)
    findings = [f for f in _source_findings(report, rule) if f.severity in ("warn", "fail")]
    for finding, (_, column, _, _) in zip(findings, report.mistakes, strict=True):
        shown[column] = finding.count
    return {name: n for name, n in shown.items() if n is not None}


def source_attacked(rule: Disclosure, seed: int) -> list[str]:
    report, counts = source(np.random.default_rng(seed))
    summary = _summary(report, rule, None)
    sets = record_sets(report, counts)
    found = recovered(counts, sets, read_source(rule, report, summary),
                      {k: v for k, v in sets.items() if k != "read"})  # fmt: skip
    share = summary.missing["x"]
    if share not in (None, 0.0, 1.0) and summary.rows_kept is None:
        assert Fraction(share).limit_denominator(report.rows_read) == Fraction(
            report.missing["x"], report.rows_kept
        )
        found.append("rows kept, from a share of them")
    return found


def test_no_small_count_of_records_follows() -> None:
    big = [s for s in range(200) if source(np.random.default_rng(s))[0].rows_read > 10]
    assert [(seed, x) for seed in big for x in source_attacked(Disclosure(), seed)] == []


def test_the_same_reader_recovers_small_counts_of_exempt_records() -> None:
    assert sum(bool(source_attacked(Disclosure(exempt=True), seed)) for seed in range(25)) > 15


def test_a_share_of_rows_is_hidden_where_its_whole_is() -> None:
    report = SourceReport(
        source="s", table="s.csv", rows_read=10_000, rows_left_out=0, rows_quarantined=7,
        rows_kept=9_993, mistakes=(), checked=(), missing={"x": 1234, "never": 0, "always": 9_993},
        first="", last="",
    )  # fmt: skip
    shown = _summary(report, Disclosure(), None)
    assert (shown.rows_quarantined, shown.rows_kept) == (None, None)
    assert shown.missing == {"x": None, "never": 0.0, "always": 1.0}
    assert _summary(report, Disclosure(exempt=True), None).missing["x"] == 1234 / 9993


def test_counts_of_checks_are_shown_where_all_are_large() -> None:
    mistakes = (
        ("type", "a", "quarantine", 40),
        ("type", "b", "quarantine", 30),
        ("range", "c", "warn", 25),
    )
    report = SourceReport(
        source="s", table="s.csv", rows_read=1000, rows_left_out=100, rows_quarantined=70,
        rows_kept=830, mistakes=mistakes, checked=("type", "range"), missing={}, first="", last="",
    )  # fmt: skip
    assert [f.count for f in _source_findings(report, Disclosure())] == [40, 30, 25]


def test_a_check_is_hidden_where_the_others_leave_few() -> None:
    mistakes = (("type", "a", "quarantine", 40), ("type", "b", "quarantine", 5))
    report = SourceReport(
        source="s", table="s.csv", rows_read=1000, rows_left_out=0, rows_quarantined=45,
        rows_kept=955, mistakes=mistakes, checked=("type",), missing={}, first="", last="",
    )  # fmt: skip
    hidden = _source_findings(report, Disclosure())
    assert [f.count for f in hidden] == [None, None]
    assert "1 to 10 rows" not in hidden[0].message
    assert "1 to 10 rows" in hidden[1].message


def test_the_reader_can_solve() -> None:
    atoms: list[Atom] = [("a",), ("b",), ("c",)]
    everything = {frozenset(atoms): 30, frozenset(atoms[:2]): 25}
    assert follows(atoms, everything, {("c",)})
    assert not follows(atoms, everything, {("a",)})
    assert follows(atoms, {frozenset(atoms): 0}, {("a",)})
