"""What webhooks tell of themselves to the whole: what is unmanaged, and what names a repository that is renamed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hfops.model.address import Address
from tests.kinds.webhooks import KIND, MODEL, NEW, ONE, ORG, THREE, TWO, USER, Hub, ask, row


def test_every_webhook_of_the_list_is_told() -> None:
    """By its id, for nobody but a manifest gives it a name."""
    told: list[Any] = []
    view = replace(Hub([row(ONE), row(TWO, watched=[MODEL])]).view(), saw=lambda *seen: told.append(seen))
    KIND.observe([ask(NEW)], view)
    assert told == [(Address("Webhook", USER, hub_id), hub_id) for hub_id in (ONE, TWO)]


def naming(old: Address, rows: list[Any], user: str | None = USER) -> list[str | None]:
    """The ids of those that name it."""
    return [hub_id for _, hub_id in KIND.naming(old, Hub(rows, user).view())]


def test_what_names_a_repository() -> None:
    """By what it watches or what its job runs and mounts; another type of the same name does not."""
    job = {
        "spaceId": "acme/Run",
        "flavor": "x",
        "volumes": [{"type": "dataset", "source": "acme/data", "mountPath": "/"}],
    }
    rows = [
        row(ONE, watched=[ORG, {"type": "model", "name": "Acme/Sentiment"}]),
        row(TWO),
        row(THREE, url=..., job=job),
    ]
    assert naming(Address("Model", "acme", "sentiment"), rows) == [ONE]
    assert naming(Address("Dataset", "acme", "sentiment"), rows) == []
    assert naming(Address("Space", "acme", "run"), rows) == [THREE]
    assert naming(Address("Dataset", "acme", "data"), rows) == [THREE]
    assert naming(Address("Model", "acme", "data"), rows) == []
    assert naming(Address("InferenceEndpoint", "acme", "sentiment"), rows) == []
    assert naming(Address("Model", "acme", "sentiment"), rows, user=None) == []
