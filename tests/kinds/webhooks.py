"""A webhook to observe and compare, without a Hub: a manifest, what the ledger knows, and what the list call answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hfops.hub.errors import HubError
from hfops.kinds.base import Ask, Comparison, HubView, Sight
from hfops.kinds.webhook.kind import WebhookKind
from hfops.kinds.webhook.spec import WebhookSpec
from hfops.manifest.bind import bind
from hfops.manifest.document import Document
from hfops.manifest.local import NOWHERE
from hfops.model.address import Address
from hfops.model.call import Api, Call
from hfops.model.change import Difference
from hfops.model.late import Hidden, Named
from hfops.model.record import Origin, Record
from hfops.model.resource import Resource

KIND = WebhookKind()
USER = "hfops-user"
ONE, TWO, THREE = "6600aa11bb22cc33dd44ee61", "6600aa12bb22cc33dd44ee62", "6600aa13bb22cc33dd44ee63"
URL = "https://ci.acme.example/hooks/hf"
MODEL = {"type": "model", "name": "acme/sentiment"}
ORG = {"type": "org", "name": "acme"}
NEW: dict[str, Any] = {"url": URL, "watched": [ORG]}
"""All that creation takes."""


@dataclass
class Safe:
    """A vault that knows these environment variables; a hash is the value with a # before it."""

    env: Mapping[str, str] = field(default_factory=dict)

    def text(self, reference: Named) -> str | None:
        """The variable's value, or the hidden text."""
        return reference.text if isinstance(reference, Hidden) else self.env.get(reference.env or "")

    def why(self, reference: Named) -> str | None:
        """Why it is not known."""
        return None if self.text(reference) is not None else "not set"

    def same(self, reference: Named, hashed: str) -> bool | None:
        """Whether the value is the hashed one."""
        text = self.text(reference)
        return None if text is None else hashed == f"#{text}"


@dataclass
class Listed:
    """Reads of a Hub that answers the list call with ``rows``, or refuses it."""

    rows: Any
    paths: list[str] = field(default_factory=list)

    def get(self, path: str, params: Any = None, *, api: Api = Api.HUB) -> Any:
        """The list."""
        del params, api
        self.paths.append(path)
        if isinstance(self.rows, HubError):
            raise self.rows
        return self.rows


@dataclass
class Hub:
    """A Hub to look at: who asks, what is listed, and what was to be hidden."""

    rows: Any
    user: str | None = USER
    hidden: list[str] = field(default_factory=list)

    def view(self) -> HubView:
        """The read side."""
        self.reads = Listed(self.rows)

        def everything(read: Any, items: Any) -> list[Any]:
            return [read(i) for i in items]

        return HubView(
            self.reads, lambda _: True, everything, NOWHERE, user=lambda: self.user, hide=self.hidden.append
        )  # type: ignore[arg-type]  # only what is asked of it


def row(hub_id: str = ONE, **fields: Any) -> dict[str, Any]:
    """A webhook as the list call shows it; ``...`` takes a field out."""
    usual = {"url": URL, "watched": [ORG], "domains": ["repo", "discussion"], "disabled": False}
    return {"id": hub_id, **{k: v for k, v in (usual | fields).items() if v is not ...}}


def document(spec: Any) -> Document:
    """A manifest's document."""
    return Document("m.yaml", 0, {"spec": spec})


def address(name: str = "ci", user: str = USER) -> Address:
    """A webhook's address."""
    return Address("Webhook", user, name)


def resource(spec: Mapping[str, Any], name: str = "ci", user: str = USER) -> Resource:
    """A manifest's resource."""
    bound = bind(WebhookSpec, document(spec), ("spec",), str(address(name, user)))
    assert isinstance(bound, WebhookSpec), bound
    return Resource(address(name, user), bound, document(spec).mark())


def refused(spec: Any) -> list[str]:
    """What the schema has against a manifest."""
    bound = bind(WebhookSpec, document(spec), ("spec",), str(address()))
    assert isinstance(bound, list), "nothing is wrong with it"
    return [str(p) for p in bound]


def ask(spec: Mapping[str, Any] | None, name: str = "ci", **more: Any) -> Ask:
    """What is asked of a webhook. ``known`` is the ledger's id, ``applied`` what it says was applied."""
    known, applied, env = more.pop("known", None), more.pop("applied", None), more.pop("env", {})
    user = more.pop("user", USER)
    record = None
    if known is not None or applied is not None:
        record = Record(address(name, user), Origin.CREATED, known, applied or {})
    wanted = None if spec is None else resource(spec, name, user)
    return Ask(address(name, user), wanted, record, vault=Safe(env), **more)


def observed(
    asks: Sequence[Ask], rows: Iterable[Any] | HubError, user: str | None = USER
) -> dict[str, Sight]:
    """The sights, by short name."""
    listed = rows if isinstance(rows, HubError) else list(rows)
    sights = KIND.observe(asks, Hub(listed, user).view())
    return {a.name: s for a, s in sights.items()}


def ids(asks: Sequence[Ask], rows: Iterable[Any]) -> dict[str, str | None]:
    """Which webhook was found for which manifest; what forbids a conclusion in its place."""
    sights = observed(asks, rows)
    return {n: s.problem or (s.live.hub_id if s.live else None) for n, s in sights.items()}


@dataclass
class Looked:
    """A webhook observed and compared."""

    ask: Ask
    sight: Sight
    compared: Comparison

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls that close what differs."""
        return KIND.calls(self.ask, self.sight, self.compared.differences)

    def calls_but(self, *paths: str) -> tuple[Call, ...]:
        """The calls where some differences are left alone."""
        acting = [d for d in self.compared.differences if d.path not in paths]
        return KIND.calls(self.ask, self.sight, acting)

    @property
    def sent(self) -> list[str]:
        """The calls in short."""
        return [f"{c.method} {c.path.removeprefix('/api/settings/webhooks')}".strip() for c in self.calls]

    @property
    def body(self) -> Any:
        """The body of the first call."""
        return self.calls[0].body

    @property
    def paths(self) -> list[str]:
        """What differs."""
        return [d.path.removeprefix("spec.") for d in self.compared.differences]

    @property
    def only(self) -> Difference:
        """The one difference."""
        (found,) = self.compared.differences
        return found


def look(spec: Mapping[str, Any], there: Mapping[str, Any] | None = None, **more: Any) -> Looked:
    """Observe and compare. ``there`` is the row that is live; with ``applied``, the ledger knows it."""
    if "applied" in more and there is not None:
        more.setdefault("known", there["id"])
    asked = ask(spec, **more)
    sight = observed([asked], [] if there is None else [there])["ci"]
    assert sight.problem is None, sight.problem
    assert (sight.live is None) is (there is None), "another one than was meant"
    return Looked(asked, sight, KIND.compare(asked, sight))
