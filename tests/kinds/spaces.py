"""A Space to compare, without a Hub: a manifest, what the ledger knows, and what is live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from hfops.kinds.base import Ask, Comparison, Sight
from hfops.kinds.space.kind import SpaceKind
from hfops.kinds.space.live import LiveSecret, LiveSpace, LiveVariable, parse_runtime
from hfops.kinds.space.spec import SpaceSpec
from hfops.manifest.bind import bind
from hfops.manifest.document import Document
from hfops.manifest.local import NOWHERE
from hfops.model.address import Address
from hfops.model.call import Call
from hfops.model.late import Reference
from hfops.model.record import Origin, Record
from hfops.model.resource import Ignore, Lifecycle, Resource

ADDRESS = Address("Space", "acme", "app")
KIND = SpaceKind()
PLAIN = Lifecycle()
THEN, NOW = "2026-05-01T10:00:00.000Z", "2026-05-02T10:00:00.000Z"


@dataclass
class Safe:
    """A vault that knows these environment variables; a hash is the value with a # before it."""

    env: Mapping[str, str] = field(default_factory=dict)

    def text(self, reference: Reference) -> str | None:
        """The variable's value."""
        return self.env.get(reference.env or "")

    def why(self, reference: Reference) -> str | None:
        """Why it is not known."""
        return f"{reference.label} is not set" if self.text(reference) is None else None

    def same(self, reference: Reference, hashed: str) -> bool | None:
        """Whether the value is the hashed one."""
        text = self.text(reference)
        return None if text is None else hashed == f"#{text}"


def resource(spec: Mapping[str, Any], lifecycle: Lifecycle = PLAIN) -> Resource:
    """A manifest's resource."""
    document = Document("m.yaml", 0, {"spec": spec})
    bound = bind(SpaceSpec, document, ("spec",), str(ADDRESS))
    assert isinstance(bound, SpaceSpec), bound
    return Resource(ADDRESS, bound, document.mark(), lifecycle=lifecycle)


def live(stage: str = "RUNNING", **parts: Any) -> LiveSpace:
    """A live Space. ``runtime`` holds more of its runtime; secrets map to dates, variables to values."""
    sdk, hardware = parts.pop("sdk", "gradio"), parts.pop("hardware", "cpu-basic")
    details = parse_runtime(
        {"stage": stage, "hardware": {"current": hardware, "requested": hardware}, **parts.pop("runtime", {})}
    )
    secrets = {k: LiveSecret(updated_at=d) for k, d in parts.pop("secrets", {}).items()}
    variables = {k: LiveVariable(v) for k, v in parts.pop("variables", {}).items()}
    return LiveSpace(
        "acme/app", "6600aa11bb22cc33dd44ee55", parts.pop("visibility", "public"), gated=None, sdk=sdk,
        stage=stage, hardware=hardware, details=details, secrets=secrets, variables=variables, **parts,
    )  # fmt: skip


@dataclass
class Looked:
    """A Space compared."""

    ask: Ask
    sight: Sight
    compared: Comparison

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls that close what is not held."""
        return KIND.calls(self.ask, self.sight, [d for d in self.compared.differences if not d.held])

    @property
    def sent(self) -> list[str]:
        """The calls in short."""
        return [f"{c.method} {c.path.rsplit('/', 1)[-1]}" for c in self.calls]

    @property
    def paths(self) -> list[str]:
        """What differs."""
        return [d.path for d in self.compared.differences]


def look(
    spec: Mapping[str, Any],
    there: LiveSpace | None,
    applied: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
    **asked: Any,
) -> Looked:
    """Compare. ``applied`` is what the ledger knows."""
    record = (
        Record(ADDRESS, Origin.ADOPTED, "6600aa11bb22cc33dd44ee55", applied) if applied is not None else None
    )
    wanted = resource(spec, asked.pop("lifecycle", PLAIN))
    ask = Ask(ADDRESS, wanted, record, vault=Safe(asked.pop("env", {})), **asked)
    sight = Sight(there, facts or {})
    return Looked(ask, sight, KIND.compare(ask, sight))


def ignoring(*paths: str, until: date | None = None) -> Lifecycle:
    """A lifecycle that leaves these alone."""
    return Lifecycle(ignore_changes=tuple(Ignore(p, until=until) for p in paths))


def problems(spec: Mapping[str, Any]) -> list[str]:
    """What check() finds."""
    return [str(p) for p in KIND.check(resource(spec), NOWHERE)]
