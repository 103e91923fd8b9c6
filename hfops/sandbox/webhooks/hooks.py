"""The webhooks of a Hub, in memory, and the knobs that a test turns: ``sandbox.hub.webhooks``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from hfops.sandbox.manners import RefusalError
from hfops.sandbox.webhooks.bodies import JobIn, WebhookWrite
from hfops.sandbox.webhooks.courier import Courier

SUSPENDED: Final = "suspended-after-failure"
Disabled = bool | Literal["suspended-after-failure"]


@dataclass(slots=True)
class Watch:
    """What is watched. ``uid`` is a repository's once it is known: the watch follows its name."""

    type: str
    name: str
    uid: str | None = None


@dataclass(slots=True)
class Delivery:
    """One event told to one webhook. ``status`` is the answer's, None without one; ``error`` says why there is none.

    ``sent`` tells whether it left: a host beyond this machine is never contacted, a job never run.
    """

    id: str
    when: datetime
    payload: Mapping[str, Any]
    sent: bool = False
    status: int | None = None
    error: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the target took it."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(slots=True)
class Webhook:
    """A webhook: what it watches, and where it tells. ``failures`` counts those since the last success."""

    uid: str
    owner: str
    watched: list[Watch] = field(default_factory=list)
    domains: list[str] = field(default_factory=list)
    url: str | None = None
    job: dict[str, Any] | None = None
    job_secrets: dict[str, str] = field(default_factory=dict)
    secret: str = ""
    disabled: Disabled = False
    failures: int = 0
    log: list[Delivery] = field(default_factory=list)

    def write(self, asked: WebhookWrite) -> None:
        """Take over the whole object: a secret that is not there is none, a job's secrets are merged."""
        self.watched = [Watch(w.type, w.name) for w in asked.watched]
        self.domains, self.url, self.secret = list(asked.domains), asked.url, asked.secret or ""
        self.job, secrets = _job(asked)
        merged = {**self.job_secrets, **secrets} if self.job is not None else {}
        self.job_secrets = {key: value for key, value in merged.items() if value}


def _job(asked: WebhookWrite) -> tuple[dict[str, Any] | None, Mapping[str, str]]:
    """The job and the secrets to set; that of an id is made up, for the sandbox runs no jobs."""
    if asked.job is not None:
        return _told(asked.job), asked.job.secrets
    if asked.job_source_id is None:
        return None, {}
    labels = {"copied-from": asked.job_source_id}
    made_up = JobIn(flavor="cpu-basic", docker_image="python:3.12", command=["python"], labels=labels)
    return _told(made_up), asked.secrets or {}


def _told(job: JobIn) -> dict[str, Any]:
    return job.model_dump(by_alias=True, exclude_none=True, exclude={"secrets"})


@dataclass(slots=True)
class Hooks:
    """All webhooks by id. After ``patience`` failed deliveries in a row a webhook is suspended."""

    all: dict[str, Webhook] = field(default_factory=dict)
    patience: int = 10
    courier: Courier = field(default_factory=Courier)

    def __getitem__(self, uid: str) -> Webhook:
        """The webhook of that id; KeyError where there is none."""
        return self.all[uid]

    def of(self, owner: str) -> list[Webhook]:
        """A user's webhooks, the oldest first."""
        return [hook for hook in self.all.values() if hook.owner == owner]

    def find(self, owner: str, uid: str) -> Webhook:
        """A user's webhook; 404 for none of that id, or somebody else's."""
        found = self.all.get(uid.lower())
        if found is None or found.owner != owner:
            raise RefusalError(404, "Webhook not found")
        return found

    def suspend(self, uid: str) -> None:
        """Make a webhook one that failed too often."""
        self.all[uid].disabled = SUSPENDED

    def deliveries(self, uid: str) -> list[Delivery]:
        """What was told to a webhook so far, the oldest first."""
        return list(self.all[uid].log)
