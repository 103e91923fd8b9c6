"""Messages as Markdown: words as words, and what is typed as code, in one piece."""

from __future__ import annotations

import importlib

import click
import pytest

from hfops.cli.main import MODULES
from hfops.report.inert import COMMANDS, prose, told


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("to take it over: hfops ledger transfer Webhook/ci-bot/ci --to acme/x",
         "to take it over: `hfops ledger transfer Webhook/ci-bot/ci --to acme/x`"),
        ("run hfops apply, then hfops plan", "run `hfops apply`, then `hfops plan`"),
        ("(hfops ci plan does)", "(`hfops ci plan` does)"),
        ("hfops drift --adopt says so", "`hfops drift --adopt` says so"),
        ("hfops says hfops", "hfops says hfops"),
        ("hfops plan ledger", "`hfops plan` ledger"),
        ("hfops apply @octocat", "`hfops apply @octocat`"),
        ("Quota: 999,964 of 1,000,000 left", "Quota: 999,964 of 1,000,000 left"),
        ("999964 of 1000000", "999964 of `1000000`"),
        ("1,00 and 1,000,000,000", "`1,00` and `1,000,000,000`"),
    ],
)  # fmt: skip
def test_what_is_code(text: str, shown: str) -> None:
    """A command with its arguments is one span; numbers are words, but for those that could be a commit's beginning."""
    assert prose(text) == shown


def test_the_commands_are_ours() -> None:
    """Those that there are, with those within."""
    assert set(COMMANDS) == set(MODULES)
    for name, inner in COMMANDS.items():
        command = importlib.import_module(MODULES[name]).command
        within = command.list_commands(click.Context(command)) if isinstance(command, click.Group) else []
        assert sorted(inner) == sorted(within)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("type `a b c`", "type `a b c`"),
        ("type `a b c d e f`", "type `a b c d …` (4 more characters)"),
        ("type a b c d e f", "type a b c d `e…` (2 more characters)"),
    ],
)
def test_a_cut_closes_what_it_opens(text: str, shown: str) -> None:
    """A code span that is cut is a shorter code span, and how much is missing is no part of it."""
    assert told(text, 14) == shown
