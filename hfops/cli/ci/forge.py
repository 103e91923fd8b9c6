"""What hfops asks of the place that runs it: one comment, whose pull request this is, and a reviewed plan's file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self

from hfops.cli.ci.host import Run, Service, Source
from hfops.hub.clock import Clock
from hfops.hub.transport import Transport
from hfops.model.problem import HfopsError

TOKENS = {
    Service.GITHUB: ("GITHUB_TOKEN", "GH_TOKEN"),
    Service.GITLAB: ("HFOPS_GITLAB_TOKEN", "GITLAB_TOKEN"),
}
"""Where a token is looked for, in order. A CI_JOB_TOKEN of GitLab is none: it can write no notes."""


class ForgeError(HfopsError):
    """The forge said no, or nothing: what was asked, what came, what to do.

    ``status``: None where no answer came. ``uncertain``: what was asked for may have happened.
    """

    def __init__(self, message: str, *, status: int | None = None, uncertain: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.uncertain = uncertain


class Unreadable(ForgeError):
    """An artefact that is there, and is broken, too large, or no plan."""


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request or merge request. ``head``: its last commit. ``fork``: its head is in another repository."""

    number: int
    head: str
    merged: bool
    title: str
    base_branch: str = ""
    fork: bool = False


class Posted(StrEnum):
    """What became of a comment."""

    CREATED = "created"
    UPDATED = "updated"
    SAME = "same"
    NONE = "none"


class Forge(Protocol):
    """GitHub or GitLab. Every method raises ForgeError; close it, or use it as a context manager."""

    limit: int
    """Characters that a comment may have."""

    def put_comment(self, number: int, marker: str, body: str, *, create: bool = True) -> Posted:
        """Have exactly one comment of ours under a pull request that begins with the line ``marker``.

        Ours: written by the token's own user. ``body`` begins with the marker. Several of ours become the oldest
        one. Without ``create``, nothing is posted where there is none.
        """
        ...

    def pulls_of(self, commit: str) -> tuple[Pull, ...]:
        """The pull requests that brought a commit, also those that are still open."""
        ...

    def merged_before(self, branch: str, commit: str) -> tuple[Pull, ...]:
        """Pull requests lately merged into ``branch``, as far as ``commit`` holds them; the newest first."""
        ...

    def pull_for(self, source: Source) -> Pull | None:
        """The one open pull request whose head is that branch at that very commit."""
        ...

    def artefact(self, name: str, path: str, pull: Pull) -> bytes | None:
        """A file of the newest artefact ``name`` that this repository's own run made for the pull request's head.

        GitLab: ``name`` is the job's. None where there is no such artefact or file, and for a fork's pull request.
        """
        ...

    def close(self) -> None:
        """Give the connections back."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def forge(
    run: Run, environ: Mapping[str, str], *, transport: Transport | None = None, clock: Clock | None = None
) -> Forge | None:
    """The client of the forge that ``run`` is at; None where there is none, or no token for it. Raises HfopsError."""
    from hfops.cli.ci.github import GitHub
    from hfops.cli.ci.gitlab import GitLab

    token = _token(run.service, environ)
    if token is None:
        return None
    kind = GitHub if run.service is Service.GITHUB else GitLab
    return kind(run, token, transport=transport, clock=clock)


def _token(service: Service, environ: Mapping[str, str]) -> str | None:
    from hfops.cli.output import redact
    from hfops.hub.token import usable

    for name in TOKENS.get(service, ()):
        if value := usable(environ.get(name, ""), name):
            redact.add(value)
            return value
    return None
