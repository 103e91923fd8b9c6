"""Taking over drift of collections and webhooks that the official client made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import HfApi
from huggingface_hub.utils import close_session

from hfops.engine.accept import write
from hfops.sandbox.server import Sandbox
from tests.engine.test_accept import FromFiles

MANIFEST = """\
apiVersion: hfops/v1
kind: Collection
metadata: {name: acme/ours}
spec:
  title: Our models   # as on the site
  description: >-
    What the service
    runs on
  visibility: private
  items:
    # production
    - {type: model, id: Acme/m0, note: The best}   # do not touch
    - {type: model, id: acme/m1}
    # for the talk
    - type: paper
      id: "2307.09288"
      note: Read this
    - {type: model, id: acme/m2}
---
apiVersion: hfops/v1
kind: Webhook
metadata: {name: hfops-user/ci}
spec:
  url: https://ci.acme.example/hook
  watched:
    - {type: org, name: acme}   # all of it
    - {type: model, name: elsewhere/model}
  domains: [repo, discussion]
"""


@pytest.fixture
def hub() -> Iterator[Sandbox]:
    """A Hub that needs no time."""
    with Sandbox(transition_time=0) as sandbox:
        yield sandbox


@pytest.fixture
def client(hub: Sandbox) -> Iterator[HfApi]:
    """The official client."""
    yield HfApi(endpoint=hub.url, token="hf_sandbox")
    close_session()


@pytest.fixture
def engine(hub: Sandbox, client: HfApi, tmp_path: Path) -> FromFiles:
    """A project with the manifest above, applied."""
    for name in ("m0", "m1", "m2"):
        client.create_repo(f"acme/{name}")
    made = FromFiles(hub.url, folder=tmp_path)
    (tmp_path / "hub.yaml").write_text(MANIFEST)
    _, result = made.apply([])
    assert result.exit_code == 0
    assert made.todo() == []
    return made


def taken_over(engine: FromFiles) -> str:
    """The manifest after all that drifted was taken over, and nothing was left."""
    acceptance = engine.accepted()
    assert acceptance.left == ()
    write(acceptance)
    assert engine.todo() == []
    return (engine.folder / "hub.yaml").read_text()


def test_a_collection(engine: FromFiles, client: HfApi) -> None:
    """Title, description, who sees it, a note, an item that went, and the order of those that stay."""
    (found,) = client.list_collections(owner="acme")
    slug = found.slug
    items = {i.item_id: i.item_object_id for i in client.get_collection(slug).items}
    client.update_collection_item(slug, items["2307.09288"], position=0)
    client.delete_collection_item(slug, items["acme/m1"])
    client.update_collection_item(slug, items["acme/m0"], note="The second best")
    client.update_collection_metadata(slug, title="Their models", description="Nothing: much", private=False)
    assert (
        taken_over(engine).partition("---")[0]
        == """\
apiVersion: hfops/v1
kind: Collection
metadata: {name: acme/ours}
spec:
  title: Their models   # as on the site
  description: "Nothing: much"
  visibility: public
  items:
    # production
    # for the talk
    - type: paper
      id: "2307.09288"
      note: Read this
    - {type: model, id: Acme/m0, note: The second best}   # do not touch
    - {type: model, id: acme/m2}
"""
    )


def test_a_webhook(engine: FromFiles, client: HfApi) -> None:
    """Whom it tells, what it watches, and of what."""
    (hook,) = client.list_webhooks()
    watched = [{"type": "user", "name": "hfops-user"}, {"type": "org", "name": "acme"}]
    client.update_webhook(hook.id, url="https://ci2.acme.example/hook", watched=watched, domains=["repo"])
    assert (
        taken_over(engine).partition("---")[2]
        == """
apiVersion: hfops/v1
kind: Webhook
metadata: {name: hfops-user/ci}
spec:
  url: https://ci2.acme.example/hook
  watched:
    - {type: org, name: acme}   # all of it
    - {type: user, name: hfops-user}
  domains: [repo]
"""
    )


def test_a_url_that_holds_a_secret_is_left(engine: FromFiles, client: HfApi) -> None:
    """It is not shown, and so it is not written either."""
    (hook,) = client.list_webhooks()
    url = "https://ci.acme.example/hook?token=very-secret-text"
    client.update_webhook(hook.id, url=url, watched=hook.watched, domains=hook.domains)
    acceptance = engine.accepted()
    (left,) = acceptance.left
    assert (left.path, left.reason, acceptance.files) == ("spec.url", "the live URL is not shown whole", ())
    assert "very-secret-text" not in str(acceptance)
