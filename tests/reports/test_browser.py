"""The page in a browser: alone, small, printed, without scripts, and for everybody."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from commonweal.reports.page import render
from reports.sample import content, rendered, simulated

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(rendered(), encoding="utf-8")
    return path.as_uri()


def test_nothing_is_asked_of_the_network_and_nothing_breaks_the_policy(
    browser: playwright.Browser, address: str
) -> None:
    page = browser.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(address)
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    page.wait_for_load_state("networkidle")
    assert asked == [address]
    assert said == []
    page.close()


@pytest.mark.parametrize("width", [320, 768])
def test_no_sideways_scrolling(browser: playwright.Browser, address: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(address)
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    smallest = page.evaluate(
        "Math.min(...[...document.querySelectorAll('figure > svg text')].map(t => "
        "parseFloat(getComputedStyle(t).fontSize) * t.ownerSVGElement.getBoundingClientRect().width"
        " / t.ownerSVGElement.viewBox.baseVal.width))"
    )
    assert smallest >= 10
    page.close()


def test_it_reads_without_scripts(browser: playwright.Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.locator("h1").inner_text() == content().about.title
    assert page.locator("figure > svg").count() == 15
    closed = page.locator("#checks-pass")
    assert not closed.is_visible()
    page.locator("summary").first.click()
    assert closed.is_visible()
    context.close()


def test_the_keyboard_skips_to_the_report_and_reaches_every_table(
    browser: playwright.Browser, address: str
) -> None:
    page = browser.new_page()
    page.goto(address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "region"
    page.close()


def test_print_shows_everything_and_clips_nothing(
    browser: playwright.Browser, address: str, tmp_path: Path
) -> None:
    page = browser.new_page(viewport={"width": 673, "height": 950})  # A4 less its margins
    page.goto(address)
    page.emulate_media(media="print")
    clipped = page.evaluate(
        "[...document.querySelectorAll('.scroll')].filter("
        "s => s.querySelector('table').scrollWidth > s.clientWidth + 1).map(s => s.innerText)"
    )
    assert clipped == []
    hidden = page.evaluate(
        "[...document.querySelectorAll('details table')].filter("
        "t => !t.checkVisibility({contentVisibilityAuto: true})).map(t => t.id)"
    )
    assert hidden == []
    page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert (tmp_path / "report.pdf").stat().st_size > 20_000
    page.close()


@pytest.mark.parametrize("width", [320, 1200])
@pytest.mark.parametrize("known", [False, True], ids=["models", "models-and-ceiling"])
def test_wcag_2_2_aa(
    browser: playwright.Browser, address: str, width: int, known: bool, tmp_path: Path
) -> None:
    if known:
        path = tmp_path / "simulated.html"
        path.write_text(render(simulated()), encoding="utf-8")
        address = path.as_uri()
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing")
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(address)
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = axe.Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]})
    problems = [(v["id"], [n["target"] for n in v["nodes"]]) for v in found.response["violations"]]
    assert problems == []
    assert len(found.response["passes"]) > 20
    page.close()
