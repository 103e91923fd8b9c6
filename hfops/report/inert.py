"""Foreign text in Markdown, where it can do nothing: no link, image, mention, issue reference, HTML or fence.

Escaping characters is not enough there: GitHub and GitLab look for ``@name``, ``#1`` and addresses in the rendered text.
Both leave code alone. So whatever is not a plain word stands in a code span, a fence, or a ``<code>`` inside raw HTML.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hfops.report.words import clean

_WORD = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*|[0-9]{1,6}|[0-9]{1,3}(?:,[0-9]{3}){1,2}")
"""What may stand as it is: no digits and letters together, nothing that begins a list, a link or emphasis.

Seven digits in a row could be a commit's beginning, which both hosts link: larger numbers want their commas.
"""
_TOKEN = re.compile(r"(\(?)(.*?)([.,;:?)]{0,2})")
"""A bracket before, what is said, punctuation after."""
PROGRAM = "hfops"
COMMANDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("init", "import", "validate", "plan", "apply", "drift", "watch", "destroy", "wait"), ()),
    **dict.fromkeys(("explain", "graph", "hardware", "show", "schema", "sandbox", "demo"), ()),
    "ci": ("plan", "apply", "comment"),
    "ledger": ("list", "show", "forget", "pull", "push", "migrate", "transfer", "unlock"),
}
"""Our commands, and those within each: after the program's name, they are code in a sentence, too."""
_COMMIT = re.compile(r"[0-9a-f]{7,}")
_SPAN = re.compile(r"`([^`]+)`")
_TICKS = re.compile("`+")
_SPACES = re.compile(r"\s+")


def clipped(text: str, most: int) -> str:
    """``text``, or its beginning and how much is left out."""
    if len(text) <= most:
        return text
    return f"{text[:most]}… ({len(text) - most:,} more characters)"


def code(text: str, *, cell: bool = False) -> str:
    """A code span. ``cell``: inside a table, where a bar would end the cell even in code."""
    inner = _SPACES.sub(" ", clean(text)) or " "
    fence = "`" * (max((len(run) for run in _TICKS.findall(inner)), default=0) + 1)
    if inner[0] in "` " or inner[-1] in "` ":
        inner = f" {inner} "
    return fence + (inner.replace("|", "\\|") if cell else inner) + fence


def told(text: str, most: int) -> str:
    """``prose`` of ``text`` or of its beginning; a code span that the cut leaves open ends there."""
    if len(text) <= most:
        return prose(text)
    shown = text[:most]
    end = "`" if shown.count("`") % 2 else ""
    return prose(f"{shown}…{end} ({len(text) - most:,} more characters)")


def prose(text: str) -> str:
    """A message in words: plain ones as they are, everything else, and what stands in single backticks, as code."""
    out = ""
    for index, part in enumerate(_SPAN.split(clean(_SPACES.sub(" ", text)))):
        said = (code(part) if index % 2 else _words(part)) if part else ""
        # Two spans that touch would read each other's backticks as their own.
        out += f" {said}" if out.endswith("`") and said.startswith("`") else said
    return out


@dataclass(slots=True)
class _Run:
    """Words that stand as they are, or odd ones that share a code span, with the punctuation around it."""

    before: str
    words: list[str]
    after: str
    odd: bool

    def __str__(self) -> str:
        inner = " ".join(self.words)
        return f"{self.before}{code(inner) if self.odd else inner}{self.after}"


def _words(text: str) -> str:
    """Spaces at the ends are kept: a code span may follow."""
    runs: list[_Run] = []
    tokens = text.split(" ")
    commands = frozenset(_of_commands(tokens))
    for index, token in enumerate(tokens):
        run = _run(token)
        run.odd = run.odd or index in commands
        last = runs[-1] if runs else None
        if last and last.odd and run.odd and not last.after and not run.before:
            last.words, last.after = last.words + run.words, run.after
        else:
            runs.append(run)
    return " ".join(map(str, runs))


def _of_commands(tokens: list[str]) -> Iterator[int]:
    """Where a command of ours is said: the program, its command and that one's; odd arguments follow of themselves."""
    for start in (i for i, token in enumerate(tokens) if token.lstrip("(") == PROGRAM):
        names = [_run(t).words[0] for t in tokens[start + 1 : start + 3]]
        if names and names[0] in COMMANDS:
            inner = len(names) > 1 and names[0] == tokens[start + 1] and names[1] in COMMANDS[names[0]]
            yield from range(start, start + 2 + inner)


def _run(token: str) -> _Run:
    match = _TOKEN.fullmatch(token)
    before, inner, after = match.groups() if match else ("", token, "")
    if "(" in inner and ")" in after:
        inner, after = token[len(before) :], ""
    plain = not inner or (
        _WORD.fullmatch(inner) and not _COMMIT.fullmatch(inner) and not _lists(inner, after)
    )
    return _Run(before, [inner], after, odd=not plain)


def _lists(inner: str, after: str) -> bool:
    """Whether this, at the beginning of a line, would be a list's first item."""
    return inner.isdigit() and after[:1] in (".", ")")


def raw_code(text: str) -> str:
    """A ``<code>`` for raw HTML blocks, which end at an empty line: it never holds one."""
    return f"<code>{html.escape(_SPACES.sub(' ', clean(text))) or ' '}</code>"


def fenced(lines: list[str], language: str = "") -> str:
    """A fenced block; its fence is longer than any run of backticks within."""
    inner = [clean(line) for line in lines]
    longest = max((len(run) for line in inner for run in _TICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([fence + language, *inner, fence]) + "\n"
