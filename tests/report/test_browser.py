"""The HTML report in a browser: it works, by mouse and by keyboard, can be read, and asks nobody for anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hfops.report.build import plan_view
from hfops.report.drift import drift_view
from hfops.report.html import html
from tests.report.browser import Page
from tests.report.rich import FOLDED, WHO, rich_drift, rich_report

SHOWN = "[...document.querySelectorAll('.change')].filter(e => !e.hidden).map(e => e.querySelector('.name').textContent)"
COUNT = "document.getElementById('count').textContent"
FOCUSED = "document.activeElement.id || document.activeElement.parentElement.id"
OPEN = "document.querySelectorAll('.change[open]').length"
CLICK = "document.querySelector('[data-filter={}][data-value=\"{}\"]').click()"

CONTRAST = """
(() => {
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const numbers = (text) => text.match(/[0-9.]+/g).map(Number);
  const below = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const found = numbers(getComputedStyle(e).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || element.closest("svg") || element.disabled || ["SCRIPT", "STYLE"].includes(element.tagName)) continue;
    const ink = luminance(numbers(getComputedStyle(element).color).slice(0, 3)), page = luminance(below(element));
    const ratio = (Math.max(ink, page) + 0.05) / (Math.min(ink, page) + 0.05);
    if (ratio < 4.5) bad.push(`${element.tagName}.${element.className}: ${ratio.toFixed(2)}`);
  }
  return [...new Set(bad)];
})()
"""


@pytest.fixture(scope="module")
def page(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The browser."""
    with Page(chromium, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def plan(page: Page, tmp_path: Path) -> Page:
    """The rich plan's report."""
    path = tmp_path / "plan.html"
    path.write_text(html(plan_view(rich_report())), encoding="utf-8")
    page.open(path)
    return page


def test_search_and_filters(plan: Page) -> None:
    """Words and filters narrow; the count says resources; filters of one sort add up, of different sorts cut."""
    everything = plan.value(SHOWN)
    assert plan.value(COUNT) == f"{FOLDED + 13} resources"
    plan.value("search.focus()")
    plan.type("BERT-1")
    assert plan.value(SHOWN) == [f"{FOLDED} Models"]
    plan.type(" nonsense")
    assert (plan.value(SHOWN), plan.value("document.getElementById('none').hidden")) == ([], False)
    plan.press("Escape")
    assert plan.value(SHOWN) == everything
    plan.value(CLICK.format("risk", "data-loss"))
    assert plan.value(SHOWN) == ["Model/acme/old-ranker", "Dataset/acme/reviews", "Space/acme/demo"]
    assert plan.value(COUNT) == f"3 of {FOLDED + 13} resources"
    plan.value(CLICK.format("risk", "outage"))
    assert len(plan.value(SHOWN)) == 4
    plan.value(CLICK.format("action", "delete"))
    assert plan.value(SHOWN) == ["Model/acme/old-ranker", "InferenceEndpoint/acme/legacy"]
    plan.value("document.getElementById('clear').click()")
    assert plan.value(SHOWN) == everything


def test_keyboard(plan: Page) -> None:
    """Slash searches, arrows go from change to change, Enter opens, Tab reaches all, and the focus can be seen."""
    plan.press("/")
    assert (plan.value(FOCUSED), plan.value("search.value")) == ("search", "")
    plan.value("document.querySelector('.change summary').focus()")
    plan.press("ArrowDown")
    assert plan.value(FOCUSED) == "r2"
    plan.press("Enter")
    assert plan.value("document.getElementById('r2').open")
    plan.press("ArrowUp")
    assert plan.value(FOCUSED) == "r1"
    assert plan.value("getComputedStyle(document.activeElement).outlineStyle") != "none"
    plan.value("document.body.focus(); document.activeElement.blur()")
    reached = set()
    for _ in range(60):
        plan.press("Tab")
        reached.add(plan.value("document.activeElement.id || document.activeElement.getAttribute('class')"))
    assert {"search", "open", "close", "skip", "chip", "tile create", "scroll"} <= reached


def test_expand_and_links(plan: Page) -> None:
    """All open and close; a link from graph or costs opens its change, filtered away or not."""
    plan.value("document.getElementById('open').click()")
    assert plan.value(OPEN) == len(plan.value(SHOWN))
    plan.value("document.getElementById('close').click()")
    assert plan.value(OPEN) == 0
    plan.value(CLICK.format("kind", "Webhook"))
    target = plan.value("document.querySelector('svg a').getAttribute('href')").removeprefix("#")
    moved = "new Promise(done => {{ addEventListener('hashchange', () => setTimeout(done)); location.hash = '{}' }})"
    plan.value(moved.format(target))
    assert plan.value(f"document.getElementById('{target}').open")
    assert plan.value(FOCUSED) == target


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(plan: Page, scheme: str) -> None:
    """Every text stands out from what it is on by 4.5 to 1 (WCAG AA), in both schemes, with everything open."""
    plan.call("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    plan.value("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    background = plan.value("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") is (scheme == "light")
    assert plan.value(CONTRAST) == []


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_runs_out_of_the_page(plan: Page, width: int) -> None:
    """No sideways scrolling of the page, on a telephone either."""
    plan.call(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False},
    )
    plan.value("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert plan.value("document.documentElement.scrollWidth") <= width
    plan.call("Emulation.clearDeviceMetricsOverride")


def test_no_request_no_complaint(page: Page, plan: Page, tmp_path: Path) -> None:
    """Nothing is asked for, and the console stays empty: the page's own policy blocks nothing of it."""
    plan.value("document.getElementById('open').click()")
    assert (plan.requests(), plan.complaints()) == ([], [])
    path = tmp_path / "drift.html"
    path.write_text(html(drift_view(rich_drift(), WHO)), encoding="utf-8")
    page.open(path)
    assert len(page.value(SHOWN)) == 4
    assert (page.requests(), page.complaints()) == ([], [])


def test_the_policy_holds(plan: Page) -> None:
    """What would be injected all the same does not run: the test can fail, the page's policy is what stops it."""
    plan.value(
        "document.body.insertAdjacentHTML('beforeend', '<img src=\"https://evil.example/x\" onerror=\"window.hit = 1\">')"
    )
    plan.value("new Promise(done => setTimeout(done, 0))")
    assert plan.value("window.hit") is None
    assert any("Content Security Policy" in str(c) for c in plan.complaints())
