"""What each kind makes of drift that is to be taken over: the edits, or the reason why there are none."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hfops.kinds.accept import Accepted, Declined
from hfops.kinds.registry import KINDS
from hfops.manifest.edit import REMOVED, Alike, Order
from hfops.model.change import Cause, Difference, Op
from tests.harness import documents

COMMIT = "3f2a91c03f2a91c03f2a91c03f2a91c03f2a91c0"
MODEL = {
    "branches": [{"name": "dev"}],
    "tags": [{"name": "v1"}],
    "card": {"metadata": {"a": 1}},
}
SPACE = {
    "sdk": "gradio",
    "sleepTime": "1h",
    "variables": {"A": "1", "B": {"value": "2", "description": "b"}, "R": {"env": "APP_R"},
                  "D": {"value": {"env": "APP_D"}, "description": "d"}},
    "secrets": {"S": {"env": "S"}},
    "volumes": [{"type": "bucket", "source": "acme/b", "mountPath": "/data/", "readOnly": False},
                {"type": "model", "source": "acme/m", "mountPath": "/m"}],
}  # fmt: skip
ENDPOINT = {
    "model": {
        "repository": "acme/m",
        "revision": "v1",
        "image": {"custom": {"url": "ghcr.io/a/b:1", "healthRoute": "/health",
                             "credentials": {"username": "ci", "password": {"env": "P"}}}},
        "env": {"A": "1", "B": "2", "R": {"env": "APP_R"}},
        "secrets": {"S": {"env": "S"}, "T": {"env": "T"}},
    },
    "compute": {"scaling": {"minReplica": 0, "scaleToZeroTimeout": "15m", "measure": {"pendingRequests": 1.5}}},
    "route": {"domain": "api.acme.example", "path": "/x"},
    "privateService": {"accountId": "1", "region": "us-east-1"},
    "customRouter": {"tag": "r:1"},
    "experimentalFeatures": {"cacheHttpResponses": True},
    "tags": ["b", "a", "c"],
}  # fmt: skip
COLLECTION = {
    "title": "Ours",
    "gating": {"mode": "manual", "notifications": {"mode": "bulk", "email": "a@acme.example"}},
    "items": [{"type": "model", "id": "Acme/X", "note": "n"}, {"type": "paper", "id": "2307.09288"}],
    "exclusive": ["items"],
}
WEBHOOK = {
    "url": "https://ci.acme.example/hook",
    "watched": [{"type": "org", "name": "Acme"}, {"type": "model", "name": "acme/m"}],
    "domains": ["repo", "discussion"],
    "secret": {"env": "HOOK"},
    "enabled": True,
}
SPECS = {
    "Model": MODEL, "Space": SPACE, "InferenceEndpoint": ENDPOINT, "Collection": COLLECTION, "Webhook": WEBHOOK,
}  # fmt: skip
BUCKET = {"type": "bucket", "source": "acme/c", "mountPath": "/data", "readOnly": True}
GONE = "gone"
"""Stands for: the entry was deleted on the Hub."""


def asked(kind: str, key: tuple[str, ...], before: Any, op: Op = Op.CHANGE) -> Accepted | Declined:
    """What a kind answers."""
    namespace = "hfops-user" if kind == "Webhook" else "acme"
    outer = {"apiVersion": "hfops/v1", "kind": kind, "metadata": {"name": f"{namespace}/x"}}
    (resource,) = documents([{**outer, "spec": SPECS[kind]}]).resources
    op = Op.ADD if before is GONE else op
    difference = Difference(key, op, None if before is GONE else before, None, Cause.DRIFT)
    return KINDS[kind].accept(resource, difference)


def edits(found: Accepted | Declined) -> dict[tuple[Any, ...], Any]:
    """The values by their paths below spec."""
    assert isinstance(found, Accepted)
    assert all(edit.path[0] == "spec" for edit in found.edits)
    return {edit.path[1:]: edit.value for edit in found.edits}


@pytest.mark.parametrize(
    ("kind", "key", "before", "wanted"),
    [
        ("Model", ("visibility",), "public", {("visibility",): "public"}),
        ("Model", ("gated",), False, {("gated",): False}),
        ("Model", ("resourceGroup",), None, {("resourceGroup",): "none"}),
        ("Model", ("resourceGroup",), "nlp", {("resourceGroup",): "nlp"}),
        ("Model", ("branches", "dev"), GONE, {("branches", (("name", "dev"),)): REMOVED}),
        ("Model", ("tags", "v1"), GONE, {("tags", (("name", "v1"),)): REMOVED}),
        ("Model", ("tags", "v1"), {"commit": COMMIT}, {("tags", (("name", "v1"),), "revision"): COMMIT}),
        ("Model", ("card.metadata", "a"), {"b": [1]}, {("card", "metadata", "a"): {"b": [1]}}),
        ("Model", ("card.metadata", "a"), GONE, {("card", "metadata", "a"): REMOVED}),
        ("Space", ("visibility",), "private", {("visibility",): "private"}),
        ("Space", ("sdk",), "docker", {("sdk",): "docker"}),
        ("Space", ("hardware",), "l4x1", {("hardware",): "l4x1"}),
        ("Space", ("sleepTime",), 5400, {("sleepTime",): Alike(("90m", 5400))}),
        ("Space", ("sleepTime",), "never", {("sleepTime",): "never"}),
        ("Space", ("storage",), "none", {("storage",): "none"}),
        ("Space", ("devMode",), True, {("devMode",): True}),
        ("Space", ("state",), "PAUSED", {("state",): "paused"}),
        ("Space", ("state",), "RUNNING_BUILDING", {("state",): "running"}),
        ("Space", ("variables", "A"), "9", {("variables", "A"): "9"}),
        ("Space", ("variables", "B"), "9", {("variables", "B", "value"): "9"}),
        ("Space", ("variables", "A"), GONE, {("variables", "A"): REMOVED}),
        ("Space", ("variables", "B"), {"value": "2", "description": None}, {("variables", "B", "description"): REMOVED}),
        ("Space", ("variables", "D"), {"value": None, "description": "e"}, {("variables", "D", "description"): "e"}),
        ("Space", ("secrets", "S"), GONE, {("secrets", "S"): REMOVED}),
        ("Space", ("volumes", "/data"), GONE, {("volumes", (("mountPath", "/data"),)): REMOVED}),
        ("Space", ("volumes", "/data"), BUCKET, {
            ("volumes", (("mountPath", "/data"),), "source"): "acme/c",
            ("volumes", (("mountPath", "/data"),), "readOnly"): True}),
        ("Space", ("volumes", "/m"), {"type": "model", "source": "acme/m", "mountPath": "/m", "readOnly": True, "revision": "v1"},
         {("volumes", (("mountPath", "/m"),), "revision"): "v1"}),
        ("InferenceEndpoint", ("compute.scaling.minReplica",), 2, {("compute", "scaling", "minReplica"): 2}),
        ("InferenceEndpoint", ("compute.scaling.scaleToZeroTimeout",), 60, {
            ("compute", "scaling", "scaleToZeroTimeout"): Alike((60, "1h"))}),
        ("InferenceEndpoint", ("compute.scaling.measure",), {"hardwareUsage": None}, {
            ("compute", "scaling", "measure"): {"hardwareUsage": "default"}}),
        ("InferenceEndpoint", ("compute.scaling.measure",), None, {("compute", "scaling", "measure"): REMOVED}),
        ("InferenceEndpoint", ("type",), "public", {("type",): "public"}),
        ("InferenceEndpoint", ("tags",), ["a", "b", "d"], {("tags",): ["b", "a", "d"]}),
        ("InferenceEndpoint", ("state",), "paused", {("state",): "paused"}),
        ("InferenceEndpoint", ("state",), "updating", {("state",): "running"}),
        ("InferenceEndpoint", ("model.revision",), COMMIT, {("model", "revision"): COMMIT}),
        ("InferenceEndpoint", ("model.revision",), {"revision": "v1", "commit": COMMIT}, {("model", "revision"): COMMIT}),
        ("InferenceEndpoint", ("model.task",), None, {("model", "task"): REMOVED}),
        ("InferenceEndpoint", ("route",), {"domain": None, "path": None}, {("route",): "none"}),
        ("InferenceEndpoint", ("route",), {"domain": "api.acme.example", "path": "/y"}, {("route", "path"): "/y"}),
        ("InferenceEndpoint", ("privateService",), {"accountId": "2", "region": None}, {
            ("privateService", "accountId"): "2", ("privateService", "region"): REMOVED}),
        ("InferenceEndpoint", ("customRouter",), {"tag": "r:2", "env": {}, "port": 3000}, {("customRouter", "tag"): "r:2"}),
        ("InferenceEndpoint", ("customRouter",), "none", {("customRouter",): "none"}),
        ("InferenceEndpoint", ("experimentalFeatures",), {"cacheHttpResponses": False}, {
            ("experimentalFeatures", "cacheHttpResponses"): False}),
        ("InferenceEndpoint", ("model.env",), {"A": "9", "R": None, "N": "new"}, {
            ("model", "env", "B"): REMOVED, ("model", "env", "A"): "9", ("model", "env", "N"): "new"}),
        ("InferenceEndpoint", ("model.secrets",), {"S": None}, {("model", "secrets", "T"): REMOVED}),
        ("InferenceEndpoint", ("model.image",), {"custom": {"url": "ghcr.io/a/b:2", "port": 80, "credentials": {"password": None}}}, {
            ("model", "image", "custom", "url"): "ghcr.io/a/b:2"}),
        ("InferenceEndpoint", ("model.image",), {"custom": {"url": "ghcr.io/a/b:1", "healthRoute": "/health"}}, {
            ("model", "image", "custom", "credentials"): REMOVED}),
        ("InferenceEndpoint", ("model.image",), {"tgi": {"url": "tgi:3", "port": 80, "maxInputLength": 8}}, {
            ("model", "image"): {"tgi": {"url": "tgi:3", "maxInputLength": 8}}}),
        ("Collection", ("title",), "Theirs", {("title",): "Theirs"}),
        ("Collection", ("position",), 0, {("position",): 0}),
        ("Collection", ("gating",), False, {("gating",): False}),
        ("Collection", ("gating",), {"mode": "auto"}, {("gating",): "auto"}),
        ("Collection", ("gating",), {"mode": "manual", "notifications": {"mode": "real-time", "email": "a@acme.example"}}, {
            ("gating", "notifications", "mode"): "real-time"}),
        ("Collection", ("items", "model/acme/x"), GONE, {("items", (("type", "model"), ("id", "Acme/X"))): REMOVED}),
        ("Collection", ("items", "model/acme/x"), {"note": ""}, {("items", (("type", "model"), ("id", "Acme/X")), "note"): ""}),
        ("Collection", ("items.order",), ["paper/2307.09288", "model/acme/x"], {
            ("items",): Order(((("type", "paper"), ("id", "2307.09288")), (("type", "model"), ("id", "Acme/X"))))}),
        ("Webhook", ("url",), "https://other.example/hook", {("url",): "https://other.example/hook"}),
        ("Webhook", ("watched",), [{"type": "org", "name": "acme"}, {"type": "user", "name": "u"}], {
            ("watched", (("type", "user"), ("name", "u"))): {},
            ("watched", (("type", "model"), ("name", "acme/m"))): REMOVED}),
        ("Webhook", ("domains",), ["discussion"], {("domains",): ["discussion"]}),
        ("Webhook", ("secret",), GONE, {("secret",): REMOVED}),
        ("Webhook", ("enabled",), False, {("enabled",): False}),
        ("Webhook", ("enabled",), "suspended-after-failure", {("enabled",): False}),
    ],
)  # fmt: skip
def test_what_is_live_as_edits(kind: str, key: tuple[str, ...], before: Any, wanted: dict[Any, Any]) -> None:
    """Only what differs is edited, in the manifest's own form."""
    assert edits(asked(kind, key, before)) == wanted


@pytest.mark.parametrize(
    ("kind", "key", "before", "wanted"),
    [
        ("Model", ("tags", "v9"), COMMIT, {("tags", (("name", "v9"),), "revision"): COMMIT}),
        ("Model", ("branches", "b"), COMMIT, {("branches", (("name", "b"),)): {}}),
        ("Space", ("variables", "N"), "v", {("variables", "N"): "v"}),
        ("Space", ("volumes", "/n"), {**BUCKET, "mountPath": "/n"}, {
            ("volumes", (("mountPath", "/n"),)): {**BUCKET, "mountPath": "/n"}}),
        ("Collection", ("items", "model/acme/y"), {"type": "model", "id": "acme/y", "note": "hi"}, {
            ("items", (("type", "model"), ("id", "acme/y"))): {"note": "hi"}}),
    ],
)  # fmt: skip
def test_entries_that_somebody_added_to_an_exclusive_list(
    kind: str, key: tuple[str, ...], before: Any, wanted: dict[Any, Any]
) -> None:
    """They become entries of the manifest."""
    assert edits(asked(kind, key, before, Op.REMOVE)) == wanted


@pytest.mark.parametrize(
    ("kind", "key", "before", "reason"),
    [
        ("Model", ("card.template",), "3 lines (abc)", "template"),
        ("Model", ("files", "a.txt"), "3 bytes", "not written in the manifest"),
        ("Model", ("card.metadata", "a"), None, "null"),
        ("Model", ("card.metadata", "a"), {"b": None}, "null"),
        ("Model", ("discussionsDisabled",), None, "does not show"),
        ("Model", ("tags", "v1"), None, "not known"),
        ("Space", ("sdk",), "streamlit", "streamlit"),
        ("Space", ("sdk",), None, "no sdk"),
        ("Space", ("state",), "RUNTIME_ERROR", "no word"),
        ("Space", ("variables", "R"), None, r"reference \(env APP_R\)"),
        ("Space", ("variables", "D"), None, r"reference \(env APP_D\)"),
        ("Space", ("secrets", "S"), {"updatedAt": "now"}, "cannot be read"),
        ("Space", ("volumes", "/data"), {**BUCKET, "source": "****/******"}, "hidden"),
        ("InferenceEndpoint", ("state",), "failed", "no word"),
        ("InferenceEndpoint", ("model.env",), {"A": "1", "B": "2", "R": None}, "by reference"),
        ("InferenceEndpoint", ("model.env",), {"A": "1", "B": "2", "R": None, "N": None}, "not known"),
        ("InferenceEndpoint", ("model.secrets",), {"S": None, "T": None, "U": None}, "cannot be read"),
        ("InferenceEndpoint", ("model.secrets",), {"S": None, "T": None}, "cannot be read"),
        (
            "InferenceEndpoint",
            ("model.image",),
            {"tgi": {"url": "x", "credentials": {"password": None}}},
            "login",
        ),
        ("InferenceEndpoint", ("model.image",), None, "not known"),
        ("Collection", ("gating",), True, "does not show"),
        ("Webhook", ("url",), "https://other.example/hook?***", "not shown whole"),
        ("Webhook", ("url",), "runs a job", "not shown whole"),
        ("Webhook", ("secret",), "***", "never written"),
        ("Webhook", ("jobSourceId",), "tells a URL", "not shown"),
    ],
)
def test_what_no_manifest_can_be_made_to_say(
    kind: str, key: tuple[str, ...], before: Any, reason: str
) -> None:
    """Secrets, references, texts of files, nulls: each with its reason, and most with what to do."""
    found = asked(kind, key, before)
    assert isinstance(found, Declined)
    assert re.search(reason, found.reason)
    assert found.hint


def test_a_webhooks_job() -> None:
    """Of a job, what is run is edited key by key; one that became a URL is left."""
    outer = {"apiVersion": "hfops/v1", "kind": "Webhook", "metadata": {"name": "hfops-user/x"}}
    job = {"dockerImage": "python:3.12", "command": ["a"], "flavor": "cpu-basic"}
    spec = {"job": job, "watched": [{"type": "org", "name": "acme"}]}
    (resource,) = documents([{**outer, "spec": spec}]).resources

    def answer(before: Any) -> Accepted | Declined:
        return KINDS["Webhook"].accept(resource, Difference(("job",), Op.CHANGE, before, job, Cause.DRIFT))

    now = {"dockerImage": "python:3.13", "flavor": "cpu-basic", "environment": {"A": "1"}}
    assert edits(answer(now)) == {
        ("job", "dockerImage"): "python:3.13", ("job", "command"): REMOVED, ("job", "environment"): {"A": "1"},
    }  # fmt: skip
    assert isinstance(answer("tells a URL"), Declined)


def test_every_kind_answers() -> None:
    """Whatever the field: a plain value is taken over as it is."""
    assert set(SPECS) | {"Dataset"} == set(KINDS)
