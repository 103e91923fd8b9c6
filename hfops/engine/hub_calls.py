"""Which call of the Hub brings each field about, for ``hfops explain``. Paths are those of the Hub's OpenAPI documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

LOCAL: Final = "none: hfops's own"
"""What is never sent."""

_REPO: Final = "/api/{type}/{{namespace}}/{{repo}}"
_SETTINGS: Final = ("visibility", "gated", "gatedNotificationsMode", "gatedNotificationsEmail", "orgMembersGated",
                    "discussionsDisabled", "discussionsSorting")  # fmt: skip


def _repo(kind: str) -> dict[str, str]:
    base = _REPO.format(type=kind)
    return {
        **dict.fromkeys(_SETTINGS, f"PUT {base}/settings"),
        "visibility": f"POST /api/repos/create, PUT {base}/settings",
        "resourceGroup": f"POST /api/repos/create, POST {base}/resource-group",
        "branches": f"POST {base}/branch/{{rev}}, DELETE {base}/branch/{{rev}}",
        "tags": f"POST {base}/tag/{{rev}}, DELETE {base}/tag/{{rev}}",
        "card": f"POST {base}/commit/{{rev}}",
        "files": f"POST {base}/preupload/{{rev}}, POST {base}/commit/{{rev}}",
        "commit": f"POST {base}/commit/{{rev}}",
        "exclusive": LOCAL,
    }


_SPACE: Final = "/api/spaces/{namespace}/{repo}"
_ENDPOINT: Final = "/v2/endpoint/{namespace}"
_COLLECTION: Final = "/api/collections/{namespace}/{slug}"
_HOOK: Final = "/api/settings/webhooks"
_WRITES: Final = f"POST {_ENDPOINT}, PUT {_ENDPOINT}/{{name}}"
_COLLECTS: Final = f"POST /api/collections, PATCH {_COLLECTION}"
_HOOKS: Final = f"POST {_HOOK}, POST {_HOOK}/{{webhookId}}"

CALLS: Final[Mapping[str, Mapping[str, str]]] = {
    "Model": _repo("models"),
    "Dataset": _repo("datasets"),
    "Space": {
        **_repo("spaces"),
        "sdk": f"POST /api/repos/create, POST {_SPACE}/commit/{{rev}}",
        "duplicateFrom": f"POST {_SPACE}/duplicate",
        "hardware": f"POST /api/repos/create, POST {_SPACE}/hardware",
        "sleepTime": f"POST /api/repos/create, POST {_SPACE}/sleeptime",
        "storage": f"POST /api/repos/create, POST {_SPACE}/storage, DELETE {_SPACE}/storage",
        "volumes": f"POST /api/repos/create, PUT {_SPACE}/volumes, DELETE {_SPACE}/volumes",
        "variables": f"POST /api/repos/create, POST {_SPACE}/variables, DELETE {_SPACE}/variables",
        "secrets": f"POST /api/repos/create, POST {_SPACE}/secrets, DELETE {_SPACE}/secrets",
        "state": f"POST {_SPACE}/pause, POST {_SPACE}/restart",
        "devMode": f"POST /api/repos/create, POST {_SPACE}/dev-mode",
        "wait": LOCAL,
    },
    "InferenceEndpoint": {
        **dict.fromkeys(("model", "provider", "compute", "type", "route", "cacheHttpResponses", "privateService",
                         "customRouter", "experimentalFeatures", "tags"), _WRITES),
        "provider": f"POST {_ENDPOINT}",
        "state": f"POST {_ENDPOINT}/{{name}}/pause, POST {_ENDPOINT}/{{name}}/resume,"
                 f" POST {_ENDPOINT}/{{name}}/scale-to-zero",
        "wait": LOCAL,
    },
    "Collection": {
        **dict.fromkeys(("title", "description", "visibility", "theme", "position", "gating"), _COLLECTS),
        "slug": "none: it finds the collection",
        "resourceGroup": f"POST {_COLLECTION}/resource-group",
        "items": f"POST {_COLLECTION}/items, POST {_COLLECTION}/items/batch, DELETE {_COLLECTION}/items/{{itemId}}",
        "exclusive": LOCAL,
    },
    "Webhook": {
        **dict.fromkeys(("url", "job", "jobSourceId", "watched", "domains", "secret"), _HOOKS),
        "enabled": f"POST {_HOOK}/{{webhookId}}/enable, POST {_HOOK}/{{webhookId}}/disable",
        "id": "none: it finds the webhook",
    },
}  # fmt: skip
"""Calls by kind and first field of the spec."""
