"""Files that would publish a secret: what a commit carries is held against every secret that this run knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from hfops.model.change import Change
from hfops.model.late import Content, Inline, LocalFile, late_values
from hfops.model.plan import Plan
from hfops.model.problem import Problem

LARGEST = 10_000_000
"""Bytes of a file that is looked through; what is larger is no text that somebody wrote."""


class Knows(Protocol):
    """What knows secrets (engine.vault)."""

    def leaked(self, data: bytes) -> str | None:
        """The name of a secret whose value ``data`` holds, or None."""


class Reads(Protocol):
    """What knows the bytes of contents (engine.apply.contents)."""

    def read(self, content: Content) -> bytes:
        """The bytes; raises HfopsError."""


def leaks(plan: Plan, secrets: Knows, files: Reads) -> list[Problem]:
    """A problem for every file of this machine that ``plan`` would send with a secret, or hfops's own token, in it."""
    return [problem for change in plan.acting for problem in _leaks(change, secrets, files)]


def _leaks(change: Change, secrets: Knows, files: Reads) -> Iterator[Problem]:
    for content in late_values([(c.body, tuple(c.uploads.values())) for c in change.calls]):
        if not isinstance(content, Content) or not isinstance(content.source, Inline | LocalFile):
            continue
        found = secrets.leaked(files.read(content)) if content.size <= LARGEST else None
        if found is not None:
            what = content.source.path if isinstance(content.source, LocalFile) else "a file of this commit"
            message = f"{what} holds the value of {found}, which would be published"
            hint = "take it out of the file, or leave the file out (ignore:, .gitignore)"
            yield Problem(message, change.where, str(change.address), "spec.files", hint)
