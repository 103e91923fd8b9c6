"""What is wrong with a webhook's manifest beyond its schema, and what may be. Offline."""

from __future__ import annotations

from collections.abc import Iterator

from hfops.kinds.repo.names import bad_id_part
from hfops.kinds.scene import problem
from hfops.kinds.values import references
from hfops.kinds.webhook.spec import WebhookSpec
from hfops.kinds.webhook.urls import host_of, is_loopback, secrets_in, telltale
from hfops.model.address import Address
from hfops.model.problem import Problem
from hfops.model.resource import Resource

VOLUMES = {"model": "Model", "dataset": "Dataset", "space": "Space"}


def bad_name(address: Address) -> str | None:
    """The namespace is a user; the name is local, and spelt like a repository's. Why one is broken, or None."""
    for what, text in (("namespace", address.namespace), ("name", address.name)):
        why = bad_id_part(text)
        if why:
            return f"bad {what} {text!r}: it {why}"
    return None


def spec_of(resource: Resource) -> WebhookSpec:
    """The manifest's spec."""
    assert isinstance(resource.spec, WebhookSpec)
    return resource.spec


def warn_webhook(resource: Resource) -> Iterator[Problem]:
    """URLs that anybody on the way can read, and secrets that stand in a manifest."""
    url = spec_of(resource).url
    if not isinstance(url, str):
        return
    if url.startswith("http:") and not is_loopback(host_of(url)):
        hint = "write https:// where the receiver has it"
        yield problem(resource, ("url",), "events and the secret go there unencrypted", hint)
    if telltale(url):
        hint = "name the whole URL by reference, as in {env: APP_HOOK_URL}"
        yield problem(resource, ("url",), "the URL seems to hold a secret, and stands in the manifest", hint)


def hidden_texts(resource: Resource) -> Iterator[str]:
    """Texts of the manifest that no output may show."""
    url = spec_of(resource).url
    if isinstance(url, str):
        yield from secrets_in(url)


def referred(resource: Resource) -> Iterator[Address]:
    """What must be there first: what is watched, what a job runs and mounts, whose values are taken."""
    spec = spec_of(resource)
    yield from (found for item in spec.watched or () if (found := item.address))
    if spec.job is not None and spec.job.space_id is not None:
        yield Address.parse(f"Space/{spec.job.space_id}")
    for volume in (spec.job.volumes if spec.job else None) or ():
        if volume.type in VOLUMES:
            yield Address.parse(f"{VOLUMES[volume.type]}/{volume.source}")
    for _, reference, _ in references(resource):
        if reference.resource:
            yield Address.parse(reference.resource)
