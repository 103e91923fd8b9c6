"""Every kind, by name. Adding a kind is adding its line."""

from __future__ import annotations

from hfops.kinds.base import Kind
from hfops.kinds.collection.kind import CollectionKind
from hfops.kinds.endpoint.kind import EndpointKind
from hfops.kinds.repo.kind import RepoKind
from hfops.kinds.space.kind import SpaceKind
from hfops.kinds.webhook.kind import WebhookKind

KINDS: dict[str, Kind] = {
    "Model": RepoKind("Model", "model"),
    "Dataset": RepoKind("Dataset", "dataset"),
    "Space": SpaceKind(),
    "InferenceEndpoint": EndpointKind(),
    "Collection": CollectionKind(),
    "Webhook": WebhookKind(),
}
