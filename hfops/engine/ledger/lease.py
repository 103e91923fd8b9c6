"""The lease in a shared ledger: who holds it, and in which words others hear of it."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hfops.engine.ledger.format import Lease
from hfops.hub.refusals import clean

LIFE = timedelta(seconds=60)
"""How long a lease holds without being renewed: what a run that was killed costs the next one."""


SLACK = timedelta(seconds=30)
"""How far beyond its life a lease may seem to last: what two readings of the Hub's clock may differ, and a wait for it."""

LONGEST = LIFE + SLACK
"""How long a run has to wait at most for the lease of one that is gone."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A run, as its leases name it."""

    id: str
    host: str
    pid: int
    run: str | None = None

    def lease(self, until: datetime | None) -> Lease:
        """A lease until then; None: given back."""
        return Lease(holder=self.id, host=self.host, pid=self.pid, run=self.run, expires=until)


def holder(environ: Mapping[str, str]) -> Holder:
    """A holder of its own for every call."""
    return Holder(
        secrets.token_hex(8), socket.gethostname()[:100] or "unknown", os.getpid(), run_url(environ)
    )


def run_url(environ: Mapping[str, str]) -> str | None:
    """The page of the CI job that this is: GitHub Actions, or GitLab CI (CI_JOB_URL)."""
    server, repo, run = (
        environ.get(f"GITHUB_{n}", "").strip() for n in ("SERVER_URL", "REPOSITORY", "RUN_ID")
    )
    url = f"{server}/{repo}/actions/runs/{run}" if server and repo and run else environ.get("CI_JOB_URL", "")
    url = clean(url)
    plain = url.startswith(("https://", "http://")) and "@" not in url and " " not in url
    return url if plain else None


def live(lease: Lease | None, now: datetime) -> bool:
    """Whether somebody holds it. One that claims to last longer than any lease was written by a wrong clock."""
    return lease is not None and lease.expires is not None and now < lease.expires <= now + LONGEST


def told(lease: Lease) -> str:
    """Who, in words."""
    who = f"process {lease.pid} on {clean(lease.host)}"
    return f"{who} ({clean(lease.run)})" if lease.run else who


def held(lease: Lease) -> str:
    """Who holds it until when, in words."""
    until = lease.expires.astimezone(UTC).strftime("%H:%M:%S UTC on %Y-%m-%d") if lease.expires else "now"
    return f"held by {told(lease)} until {until}"
