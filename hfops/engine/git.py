"""Git, asked for what it holds and for nothing else. The trees that it is asked of are under review."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hfops.model.problem import HfopsError

PATIENCE = 60
"""Seconds for one git command."""


@dataclass(frozen=True, slots=True)
class Git:
    """The repository around a folder. ``asker`` is the option that needs it, for messages: ``--changed-since``."""

    folder: Path
    asker: str

    def top(self) -> Path:
        """The folder of the working tree. Raises HfopsError outside of any."""
        why = f"{self.asker} needs a Git repository"
        return Path(self.text("rev-parse", "--show-toplevel", why=why).rstrip("\n"))

    def commit(self, rev: str) -> str:
        """The commit that ``rev`` names. Raises HfopsError; what looks like an option of git is no name."""
        why = (
            f"{self.asker} {rev}: no such branch, tag or commit here"
            " (in CI, fetch it first: fetch-depth: 0 of actions/checkout, GIT_DEPTH: 0 of GitLab)"
        )
        if rev.startswith("-"):
            raise HfopsError(why)
        return self.text("rev-parse", "--verify", "--quiet", f"{rev}^{{commit}}", why=why).strip()

    def names(self, *arguments: str) -> list[str]:
        """What a command lists with ``-z``. Raises HfopsError."""
        return [n for n in self.text(*arguments, why="git failed").split("\0") if n]

    def text(self, *arguments: str, why: str) -> str:
        """What a command prints. Raises HfopsError that begins with ``why``."""
        return self.output(*arguments, why=why).decode(errors="surrogateescape")

    def output(self, *arguments: str, why: str, given: bytes = b"") -> bytes:
        """The bytes that a command prints; ``given`` is what it reads. Raises HfopsError that begins with ``why``."""
        done = self.run(*arguments, given=given)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise HfopsError(f"{why}: {said[-1]}" if said else why)
        return done.stdout

    def run(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """One command, whatever comes of it. Raises HfopsError where there is no git, or no end."""
        # No program that the repository's own settings name is run, and no object stands in for another.
        command = (
            "git", "--no-replace-objects", "-c", "core.fsmonitor=false", "-C", str(self.folder), *arguments
        )  # fmt: skip
        environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
        try:
            return subprocess.run(  # noqa: S603 - git, with arguments that are no options
                command, input=given, capture_output=True, check=False, timeout=PATIENCE, env=environment
            )
        except FileNotFoundError:
            raise HfopsError(f"{self.asker} needs git, and there is none on this machine") from None
        except subprocess.TimeoutExpired:
            raise HfopsError(f"git {arguments[0]} took longer than {PATIENCE} s") from None
