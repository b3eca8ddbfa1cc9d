"""The page as text: self-contained, escaped, ordered, and nothing in it but the content."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from commonweal.core.results import Severity
from commonweal.reports.content import Content
from commonweal.reports.page import render
from commonweal.reports.words import decimal, number, percent
from reports.reader import Page
from reports.sample import content, rendered

EVIL = "<script>alert(1)</script>\" onmouseover='x' {{ 7 * 7 }} &amp; \x07"


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(rendered())


def test_page_needs_nothing_else(page: Page) -> None:
    assert not {"script", "link", "iframe", "object", "embed", "img", "base", "form", "use",
                "image", "foreignobject"} & {e.tag for e in page.elements}  # fmt: skip
    policies = [e.attributes for e in page.all("meta") if "http-equiv" in e.attributes]
    assert policies == [
        {
            "http-equiv": "Content-Security-Policy",
            "content": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
        }
    ]
    for element in page.elements:
        for name, value in element.attributes.items():
            assert not name.startswith("on")
            assert name not in {"src", "srcset", "action"}
            if name in {"href", "xlink:href"}:
                assert (value or "").startswith("#")
    assert not re.search(r"https?:|url\(|@import|//", page.html)
    assert len(page.all("style")) == 1


def test_ids_are_unique_and_links_lead_somewhere(page: Page) -> None:
    ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    targets = [(e.attributes["href"] or "")[1:] for e in page.all("a")]
    labels = [e.attributes["aria-labelledby"] for e in page.elements
              if "aria-labelledby" in e.attributes]  # fmt: skip
    assert set(targets) | set(labels) <= set(ids)


def test_headings_are_in_order(page: Page) -> None:
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    titles = [text for level, text in page.headings if level == 2]
    assert titles == [
        "Contents", "1. In short", "2. Intended use and review", "3. Warnings and checks",
        "4. The data and their gaps", "5. The cohort and the outcome", "6. Results",
        "7. Results by group", "8. Where to draw the line", "9. What the model uses",
        "10. How to read this", "11. How to rebuild this report",
    ]  # fmt: skip


def test_every_table_has_a_caption_headings_and_a_region_to_scroll(page: Page) -> None:
    tables = page.all("table")
    regions = [e for e in page.all("div") if e.attributes.get("class") == "scroll"]
    assert len(tables) == len(regions) == len(page.all("caption")) > 10
    for region in regions:
        assert region.attributes["role"] == "region"
        assert region.attributes["tabindex"] == "0"
    for rows in page.tables.values():
        assert {len(row) for row in rows} == {len(rows[0])}
    assert all(e.attributes["scope"] in {"col", "row"} for e in page.all("th"))


def test_every_picture_is_named_and_said_in_words(page: Page) -> None:
    pictures = [e for e in page.all("svg") if e.attributes.get("role") == "img"]
    assert len(pictures) == len(page.all("figcaption")) == len(page.all("figure")) == 15
    assert all(e.attributes["aria-label"] for e in pictures)
    others = [e for e in page.all("svg") if e not in pictures]
    assert all(e.attributes["aria-hidden"] == "true" for e in others)


def test_the_same_content_gives_the_same_bytes_in_another_process() -> None:
    here = Path(__file__).parent.parent
    code = (
        "import sys; "
        "from reports.sample import rendered; sys.stdout.buffer.write(rendered().encode())"
    )
    path = os.pathsep.join([str(here), *sys.path])
    changed = {"PYTHONPATH": path, "PYTHONHASHSEED": "99", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    there = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **changed}, capture_output=True, check=True
    )
    assert there.stdout == rendered().encode() == render(content()).encode()


def _allowed(said: Content) -> set[str]:
    """Return every number the content holds, as the page writes numbers."""
    allowed: set[str] = set()
    for m in said.metrics:
        values = [v for v in (m.value, m.low, m.high) if v is not None]
        allowed |= {f(v) for v in values for f in (percent, decimal)}
        allowed |= {decimal(v, 4) for v in values}
        allowed |= {number(m.n), number(round(m.value)), number(m.k or 0)}
        if m.against:  # points, and how many people an overlap is
            allowed |= {f"{abs(100 * v):.1f}" for v in values}
            allowed |= {number(round(m.value * m.n)), f"{abs(m.value):.3f}", f"{abs(m.value):.4f}"}
        allowed |= {f"{abs(v):.{places}f}" for v in values for places in (2, 3, 4)}
        allowed |= {number((m.k or 0) + 1)} if m.metric.startswith("calibration") else set()
    counts = [f.count for f in said.findings] + [s.people for s in said.flow]
    for source in said.sources:
        counts += [source.rows_read, source.rows_left_out, source.rows_quarantined]
        counts += [source.rows_kept]
        allowed |= {percent(share) for share in source.missing.values() if share is not None}
    allowed |= {number(count) for count in counts if count is not None}
    allowed |= {percent(b.share) for b in said.blocks} | {number(b.columns) for b in said.blocks}
    allowed |= {number(k) for k in (said.capacity.k, *said.evaluation.cutoffs)}
    return allowed


def test_every_number_in_a_table_is_in_the_content(page: Page) -> None:
    said, seen = content(), 0
    allowed = _allowed(said)
    for key, rows in page.tables.items():
        if key in {"inputs", "versions"}:
            continue
        for row in rows[1:]:
            for cell in row[:4] if key == "blocks-table" else row:
                text = re.sub(r"\d{4}-\d{2}-\d{2}|50 months", "", cell)
                for found in re.findall(r"\d[\d,]*(?:\.\d+)?%?", text):
                    assert found.rstrip(",") in allowed, (key, row)
                    seen += 1
    assert seen > 500


def test_small_numbers_are_called_withheld(page: Page) -> None:
    assert page.tables["sources"][1][2:5] == ["0", "withheld", "withheld"]
    assert "withheld" in page.tables["flow"][3]
    assert "between 1 and 10" in page.text


def test_trouble_comes_first_and_silence_is_no_pass(page: Page) -> None:
    assert "6 checks made: 1 failed, 1 with a warning, 1 skipped, 1 not applicable" in page.text
    keys = [key for key in page.tables if key.startswith("checks-")]
    assert keys == ["checks-fail", "checks-warn", "checks-skipped", "checks-pass",
                    "checks-not-applicable"]  # fmt: skip
    assert page.html.index('id="checks-fail"') < page.html.index('id="models"')
    assert page.html.index('id="checks-skipped"') < page.html.index("<details")
    silent = Page(render(replace(content(), findings=())))
    assert "No check is on record" in silent.text


def test_the_page_never_says_fair(page: Page) -> None:
    assert not re.search(r"\b(un)?fair", page.text, re.IGNORECASE)


def test_a_burden_says_that_nothing_about_a_person_is_written() -> None:
    said = content()
    burden = replace(said, action=replace(said.action, kind="burden"), recommendation=None)
    page = Page(render(burden))
    assert "Nothing about a person is written." in page.text
    assert "recommendation.csv" not in page.text
    assert "Nothing about a person is written." not in Page(rendered()).text


def test_simulated_data_carry_a_banner() -> None:
    page = Page(render(replace(content(), simulated=True)))
    assert "Simulated data." in page.text
    assert page.text.index("Simulated data.") < page.text.index("1. In short")
    assert "Simulated data." not in Page(rendered()).text


def _poisoned() -> Content:
    """Put markup into everything that comes from a study, a table or a run."""
    said = content()
    metrics = tuple(
        replace(m, group=f"race={EVIL}{m.group}" if m.group and "race=" in m.group else m.group,
                model=f"{m.model}{EVIL}")
        for m in said.metrics
    )  # fmt: skip
    return replace(
        said,
        about=replace(said.about, title=EVIL, question=EVIL, people=EVIL),
        action=replace(said.action, offer=EVIL, recipients=(EVIL,), not_for=(EVIL,)),
        review=replace(said.review, by=EVIL, statement=EVIL, allows_features=(EVIL,)),
        protected={**said.protected, EVIL: said.protected["race"]},
        models={f"{name}{EVIL}": spec for name, spec in said.models.items()},
        evaluation=replace(said.evaluation, headline=f"boosted{EVIL}"),
        capacity=replace(said.capacity, unit=EVIL), agency=EVIL, metrics=metrics,
        sources=tuple(replace(s, name=EVIL, table=EVIL, missing={EVIL: 0.5}) for s in said.sources),
        blocks=tuple(replace(b, name=f"{EVIL}{b.name}", examples=((EVIL, EVIL),))
                     for b in said.blocks),
        findings=tuple(replace(f, code=EVIL, message=EVIL, where=EVIL) for f in said.findings),
        recommendation=EVIL, inputs={EVIL: EVIL}, versions={EVIL: EVIL}, study_file=EVIL,
    )  # fmt: skip


def test_what_is_written_into_the_study_or_the_tables_stays_text() -> None:
    page = Page(render(_poisoned()))
    tags, clean = {e.tag for e in page.elements}, Page(rendered())
    assert tags <= {e.tag for e in clean.elements}
    assert len(page.all("script")) == 0
    assert "<script" not in page.html.lower()
    names = {name for e in page.elements for name in e.attributes}
    assert not any(name.startswith("on") for name in names)
    assert names == {name for e in clean.elements for name in e.attributes}
    assert page.text.count("alert(1)") > 50
    assert "{{ 7 * 7 }}" in page.text
    ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))


def test_findings_that_say_the_same_are_one_row_and_all_counted() -> None:
    said = content()
    passed = next(f for f in said.findings if f.severity is Severity.PASS)
    more = tuple(replace(passed, where=name) for name in ("complaint", "appointment"))
    page = Page(render(replace(said, findings=(*said.findings, *more))))
    assert "3 passed" not in page.text
    assert "4 passed" in page.text
    rows = [row for row in page.tables["checks-pass"] if row[0] == passed.code]
    assert [row[1] for row in rows] == ["complaint and appointment"]
