"""Seeding one resource: a manifest that is made to exist, without a request.

A kind is a function in ``PLANTERS``; the kinds that the sandbox cannot hold are said to be unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hfops.model.problem import Problem
from hfops.model.source import Mark
from hfops.sandbox import card
from hfops.sandbox.bodies import BranchCreate, RepoSettings, TagCreate, checked
from hfops.sandbox.collections.seeding import seed_collection
from hfops.sandbox.content import checked_path
from hfops.sandbox.endpoints.seeding import seed_endpoint
from hfops.sandbox.git import HEADS, TAGS
from hfops.sandbox.groups import seeded_group
from hfops.sandbox.manners import RefusalError, bad_request
from hfops.sandbox.people import Org
from hfops.sandbox.repos import MAIN, Kind, Repo, first_files, legal_name
from hfops.sandbox.state import Hub
from hfops.sandbox.webhooks.seeding import seed_webhook

Planter = Callable[[Hub, str, str, dict[str, Any]], None]
"""Makes a resource: the Hub, namespace, name, spec. Refusals become problems of the seed."""


def plant_resource(hub: Hub, manifest: dict[str, Any], path: str, source: str) -> list[Problem]:
    """Make one manifest exist; what is wrong with it otherwise."""
    kind = manifest.get("kind")
    if kind not in PLANTERS:
        hint = f"one of {', '.join(PLANTERS)}"
        return [Problem(f"kind {kind!r} cannot be seeded", Mark(source), path=f"{path}.kind", hint=hint)]
    namespace, name = _id(manifest.get("metadata"))
    if not namespace or not name:
        text = "expected name: namespace/name"
        return [Problem(text, Mark(source), path=f"{path}.metadata", hint="or namespace and name")]
    spec = manifest.get("spec") or {}
    try:
        if not isinstance(spec, dict):
            raise bad_request("spec: expected a mapping")
        PLANTERS[kind](hub, namespace, name, spec)
    except (RefusalError, KeyError, TypeError, AttributeError) as error:
        text = (
            error.message if isinstance(error, RefusalError) else f"not in the form of a manifest: {error!r}"
        )
        return [Problem(text, Mark(source), address=f"{kind}/{namespace}/{name}", path=path)]
    return []


def _id(metadata: Any) -> tuple[str, str]:
    data = metadata if isinstance(metadata, dict) else {}
    name = str(data.get("name") or "")
    if "namespace" in data:
        return str(data["namespace"]), name
    namespace, _, short = name.partition("/")
    return namespace, short


def _repo(kind: Kind) -> Planter:
    def planter(hub: Hub, namespace: str, name: str, spec: dict[str, Any]) -> None:
        home = hub.namespace(namespace) or hub.add_org(namespace)
        if not legal_name(name):
            raise bad_request(f"Invalid repo name: {name!r}")
        if hub.find(kind, f"{namespace}/{name}"):
            raise bad_request("is there twice")
        repo = Repo(hub.new_id(), kind, home.name, name, _creator(home), hub.now())
        repo.visibility = spec.get("visibility", "public")
        if repo.visibility not in ("public", "private", *(["protected"] if kind is Kind.SPACE else [])):
            raise bad_request(f"visibility: {repo.visibility!r} is none")
        repo.sdk = spec.get("sdk", "static") if kind is Kind.SPACE else None
        repo.group = seeded_group(hub, home.name, spec.get("resourceGroup"))
        asked = {k: spec[k] for k in repo.settings.keys() | {"gatedNotificationsEmail"} if k in spec}
        repo.settings |= checked(RepoSettings, asked).model_dump(by_alias=True, exclude_unset=True)
        hub.add_repo(repo, first_files(_files(spec), _meta(repo, spec)), {"spec": spec})
        _refs(repo, spec)

    return planter


def _creator(home: Any) -> str:
    if not isinstance(home, Org):
        return str(home.name)
    admins = [name for name, role in home.members.items() if role == "admin"]
    return admins[0] if admins else home.name


def _meta(repo: Repo, spec: dict[str, Any]) -> dict[str, Any]:
    meta = dict((spec.get("card") or {}).get("metadata") or {})
    errors = card.mistakes(meta)
    if errors:
        raise bad_request("card.metadata: " + "; ".join(errors))
    return ({"title": repo.name, "sdk": repo.sdk} | meta) if repo.kind is Kind.SPACE else meta


def _files(spec: dict[str, Any]) -> dict[str, bytes]:
    files = {}
    for entry in spec.get("files") or []:
        content = entry["inline"] if "inline" in entry else entry["from"]["inline"]
        files[checked_path(entry["path"])] = str(content).encode()
    return files


def _refs(repo: Repo, spec: dict[str, Any]) -> None:
    for entry in spec.get("branches") or []:
        asked = checked(BranchCreate, {"startingPoint": entry.get("from", MAIN)})
        repo.git.refs.setdefault(HEADS + entry["name"], repo.git.resolve(asked.starting_point or MAIN).id)
    for entry in spec.get("tags") or []:
        tag = checked(TagCreate, {"tag": entry["name"], "message": entry.get("message")})
        repo.git.refs[TAGS + tag.tag] = repo.git.resolve(entry.get("revision", MAIN)).id


PLANTERS: dict[str, Planter] = {
    "Model": _repo(Kind.MODEL),
    "Dataset": _repo(Kind.DATASET),
    "Space": _repo(Kind.SPACE),
    "InferenceEndpoint": seed_endpoint,
    "Collection": seed_collection,
    "Webhook": seed_webhook,
}
