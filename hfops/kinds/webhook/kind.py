"""The kind ``Webhook``: what happens on the Hub, told to a URL or running a job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from hfops.kinds.accept import Answer
from hfops.kinds.base import Ask, Comparison, HubView, Seen, Sight
from hfops.kinds.describe import Sketch, Wish
from hfops.kinds.plain import Plain
from hfops.kinds.webhook.accept import accept_webhook
from hfops.kinds.webhook.calls import delete_call, webhook_calls
from hfops.kinds.webhook.census import all_webhooks
from hfops.kinds.webhook.check import bad_name, hidden_texts, referred, warn_webhook
from hfops.kinds.webhook.compare import compare_webhook
from hfops.kinds.webhook.describe import sketch_webhooks
from hfops.kinds.webhook.live import LiveWebhook
from hfops.kinds.webhook.naming import naming_webhooks
from hfops.kinds.webhook.observe import observe_webhooks
from hfops.kinds.webhook.spec import WebhookSpec
from hfops.model.address import Address
from hfops.model.call import Call
from hfops.model.change import Difference
from hfops.model.problem import Problem, Problems
from hfops.model.resource import Resource
from hfops.model.risk import Risk, RiskCode, RiskKind

UNTOLD = Risk(
    RiskKind.DATA_LOSS,
    RiskCode.WEBHOOK_JOB_LOST,
    "its job stands in no manifest of this project, and goes with it",
)
FORLORN = Risk(
    RiskKind.DATA_LOSS,
    RiskCode.WEBHOOK_SECRET_LOST,
    "its secret stands in no manifest of this project, and goes with it",
)


@dataclass(frozen=True)
class WebhookKind(Plain):
    """Webhooks of the token's user. Their names are hfops's own: the Hub knows ids."""

    name: str = "Webhook"
    spec: type[BaseModel] = WebhookSpec

    def bad_name(self, address: Address) -> str | None:
        """See check.py."""
        return bad_name(address)

    def warnings(self, resource: Resource) -> Iterable[Problem]:
        """What may be a mistake, offline."""
        return warn_webhook(resource)

    def hidden(self, resource: Resource) -> Iterable[str]:
        """Queries and logins of URLs."""
        return hidden_texts(resource)

    def refers(self, resource: Resource) -> Iterable[Address]:
        """What it watches, what its job needs, and whose values it takes."""
        return referred(resource)

    def observe(self, asks: Sequence[Ask], hub: HubView) -> Mapping[Address, Sight]:
        """See observe.py."""
        return observe_webhooks(asks, hub)

    def census(self, namespace: str, hub: HubView) -> Iterable[Seen]:
        """See census.py."""
        return all_webhooks(namespace, hub)

    def describe(self, wish: Wish, hub: HubView) -> Iterable[Sketch]:
        """See describe.py."""
        return sketch_webhooks(wish, hub)

    def naming(self, old: Address, hub: HubView) -> Iterable[Seen]:
        """See naming.py."""
        return naming_webhooks(old, hub)

    def compare(self, ask: Ask, sight: Sight) -> Comparison:
        """See compare.py."""
        return compare_webhook(ask, sight)

    def calls(self, ask: Ask, sight: Sight, differences: Sequence[Difference]) -> tuple[Call, ...]:
        """See calls.py."""
        return webhook_calls(ask, sight, differences)

    def accept(self, resource: Resource, difference: Difference) -> Answer:
        """See accept.py."""
        return accept_webhook(resource, difference)

    def delete(self, address: Address, live: Any) -> tuple[tuple[Call, ...], tuple[Risk, ...]]:
        """Its manifest makes it anew, but not a secret, nor a job, that only the Hub has."""
        del address
        assert isinstance(live, LiveWebhook)
        lost = ((UNTOLD, live.untold), (FORLORN, live.forlorn))
        return (delete_call(live),), tuple(risk for risk, there in lost if there)

    def move(self, source: Address, target: Address) -> tuple[tuple[Call, ...], tuple[Risk, ...]]:
        """No call: the name is only the ledger's. Raises Problems where it would be another user's."""
        if source.namespace.casefold() != target.namespace.casefold():
            message = f"it is to be moved to {target}, and a webhook stays its user's"
            hint = "take the moved entry out; that user creates one, and this one goes with a removed entry"
            raise Problems([Problem(message, None, str(source), hint=hint)])
        return (), ()

    def made(self, answer: Any) -> str | None:
        """The id of what a create call made."""
        webhook = answer.get("webhook") if isinstance(answer, Mapping) else None
        found = webhook.get("id") if isinstance(webhook, Mapping) else None
        return found if isinstance(found, str) else None

    def own(self, live: Any) -> Mapping[str, Any]:
        """What a create call would have answered, as far as a later call needs it."""
        assert isinstance(live, LiveWebhook)
        return {"webhook": {"id": live.hub_id}}
