"""The browser's tests are there where a browser is. With HFOPS_BROWSER=required, having none is an error."""

from __future__ import annotations

import os

import pytest

from tests.report.browser import browser

WANTED = os.environ.get("HFOPS_BROWSER") == "required"
collect_ignore = [] if browser() or WANTED else ["test_browser.py"]


def pytest_report_header() -> str:
    """Say which it is: a run without them is no run of them."""
    return f"browser: {browser() or 'none (apt-get install chromium), so tests/report/test_browser.py is left out'}"


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path."""
    found = browser()
    assert found, "HFOPS_BROWSER=required, and there is none: apt-get install chromium"
    return found
