"""What comparing a webhook looks at, and where it puts what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hfops.kinds.scene import BaseScene, problem
from hfops.kinds.values import text_or_reference
from hfops.kinds.webhook.check import spec_of
from hfops.kinds.webhook.live import LiveWebhook
from hfops.kinds.webhook.spec import WebhookSpec
from hfops.kinds.webhook.urls import as_sent
from hfops.model.late import Named, Reference
from hfops.model.problem import Problem
from hfops.model.record import MISSING

TEXTS = ("url", "secret")
"""Fields of which the ledger may keep a hash."""

NOT_YET = "\0"
"""What a vault says of a value that is another once a resource of this plan is made: nothing live is equal to it."""

TOLD = "told"
"""The fact that names the host that is told now: one that is made anew goes on telling it."""

OURS = "ours"
"""The fact that tells of ``url`` and ``secret`` whether the live one is what the ledger says was sent."""


@dataclass(frozen=True, slots=True)
class Scene(BaseScene):
    """One webhook as wanted, as remembered, and as it is: ``live`` None means that it is to be created."""

    @property
    def spec(self) -> WebhookSpec:
        """What the manifest says."""
        return spec_of(self.resource)

    @property
    def live(self) -> LiveWebhook | None:
        """What is there."""
        live = self.sight.live
        assert live is None or isinstance(live, LiveWebhook)
        return live

    @property
    def url(self) -> str | Named | None:
        """The URL as plans hold it."""
        if self.spec.url is None:
            return None
        value = text_or_reference(self.spec.url, self.resource.folder)
        return as_sent(value) if isinstance(value, str) else value

    @property
    def secret(self) -> Reference | None:
        """The secret as plans hold it."""
        return None if self.spec.secret is None else self.spec.secret.reference(self.resource.folder)

    def text(self, value: str | Named) -> str | None:
        """What it stands for; None where that is not known now."""
        return value if isinstance(value, str) else self.ask.vault.text(value)

    def remembers(self, name: str) -> bool:
        """Whether the ledger knows the value, or what it hashes to; of what was only adopted it may know neither."""
        known = self.recorded(name)
        if name in TEXTS:
            return isinstance(known, Mapping) and bool(known.keys() & {"value", "hash"})
        return known is not MISSING

    def is_ours(self, name: str) -> bool | None:
        """Whether what is live is what was sent last; None where that cannot be told."""
        facts = self.sight.facts.get(OURS)
        return facts.get(name) if isinstance(facts, Mapping) else None

    def shown(self, known: Any) -> Any:
        """Hashes left out."""
        return shown_record(known)

    def problem(self, path: str, message: str, hint: str | None = None) -> Problem:
        """What is wrong with a field."""
        return problem(self.resource, (path,), message, hint)


def shown_record(known: Any) -> Any:
    """What a plan shows of the ledger's word: hashes left out."""
    if not isinstance(known, Mapping):
        return known
    if known.keys() & {"value", "shown"}:
        return known.get("value", known.get("shown"))
    return {k: shown_record(v) for k, v in known.items() if k != "hash"} or None
