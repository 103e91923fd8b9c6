"""From a manifest to what it wants of card and files: sources looked up, the template rendered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hfops.kinds.base import HubView
from hfops.kinds.repo.content.card import Readme, unix
from hfops.kinds.repo.content.gather import gather
from hfops.kinds.repo.content.local import publishable
from hfops.kinds.repo.content.seen import Wanted
from hfops.kinds.repo.content.sources import Trees
from hfops.kinds.repo.spec import RepoSpec, commit_settings
from hfops.manifest.local import Local, LocalError, located
from hfops.manifest.template import render
from hfops.model.problem import Problem
from hfops.model.resource import Resource

PROPOSES = "pull-request"


def resolved(resource: Resource, front: Mapping[str, Any], hub: HubView, trees: Trees) -> Wanted:
    """What the manifest wants. ``front``: keys of the front matter that are fields of the kind's own."""
    spec = resource.spec
    assert isinstance(spec, RepoSpec)
    settings = commit_settings(spec)
    found = gather(resource, hub, trees)
    body = rendered(resource, hub.local)
    return Wanted(
        branch=settings.branch,
        proposes=settings.mode == PROPOSES,
        message=settings.message,
        files=dict(sorted(found.files.items())),
        mirrors=tuple(found.mirrors),
        metadata=dict((spec.card.metadata if spec.card else None) or {}),
        front=dict(front),
        card=spec.card is not None,
        body=body if isinstance(body, str) else None,
        problems=(*found.problems, *([body] if isinstance(body, Problem) else [])),
    )


def rendered(resource: Resource, local: Local) -> str | Problem | None:
    """The text of ``card.template``, one line end at its end; None where there is no template."""
    spec = resource.spec
    assert isinstance(spec, RepoSpec)
    if spec.card is None or spec.card.template is None:
        return None
    try:
        name = located(spec.card.template, resource.folder)
        text = render(local.text(publishable(local, name)), name, context(resource, spec))
    except LocalError as error:
        return card_problem(resource, str(error), error.hint)
    if isinstance(text, Problem):
        return card_problem(resource, str(text), text.hint)
    if Readme.of(text.encode()).foot:
        hint = "leave it out of the template, and write its keys under card.metadata"
        return card_problem(resource, f"{name} has front matter of its own", hint)
    return unix(text).rstrip("\n") + "\n" if text.strip() else ""


def context(resource: Resource, spec: RepoSpec) -> dict[str, Any]:
    """What a template may use."""
    address = resource.address
    return {
        "kind": address.kind,
        "namespace": address.namespace,
        "name": address.name,
        "id": address.id,
        "labels": dict(resource.labels),
        "metadata": dict((spec.card.metadata if spec.card else None) or {}),
    }


def card_problem(resource: Resource, message: str, hint: str | None = None) -> Problem:
    """A problem with ``spec.card.template``."""
    where = resource.mark(("spec", "card", "template"))
    return Problem(message, where, str(resource.address), "spec.card.template", hint)
