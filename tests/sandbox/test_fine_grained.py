"""Fine-grained tokens: what they say of themselves, and what they are let do with repositories."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

from hfops.hub.whoami import parse
from hfops.model.problem import Problems
from hfops.sandbox.server import Sandbox
from tests.sandbox.conftest import Start


def token(
    name: str, *scopes: dict[str, Any], everywhere: tuple[str, ...] = (), role: str = "admin"
) -> dict[str, Any]:
    """A seed's user with a fine-grained token of the same name."""
    orgs = [{"name": "acme", "role": role}]
    held = {"scopes": list(scopes), "global": list(everywhere)}
    return {"name": name, "token": f"hf_{name}", "role": "fineGrained", "orgs": orgs, **held}


def on(kind: str, name: str, *permissions: str) -> dict[str, Any]:
    """One scope."""
    return {"type": kind, "name": name, "permissions": list(permissions)}


SEED = {
    "users": [
        token("org", on("org", "acme", "repo.write")),
        token("one", on("model", "acme/m", "repo.write")),
        token("eyes", on("org", "acme", "repo.content.read")),
        token("none", on("user", "none", "repo.write")),
        token("everywhere", everywhere=("repo.write",)),
        token("reader", on("org", "acme", "repo.write"), role="read"),
    ],
    "resources": [
        {"kind": "Model", "metadata": {"name": f"acme/{name}"}, "spec": {"visibility": "private"}}
        for name in "mn"
    ],
}


@pytest.fixture
def at(start: Start) -> Callable[[str], HfApi]:
    """The official client with somebody's token."""
    sandbox = start(SEED)
    return lambda name: HfApi(endpoint=sandbox.url, token=f"hf_{name}")


def refused(status: int, call: Callable[..., Any], *args: Any, **given: Any) -> None:
    """The call is answered with ``status``."""
    with pytest.raises(HfHubHTTPError) as caught:
        call(*args, **given)
    assert caught.value.response.status_code == status


def test_whoami(at: Callable[[str], HfApi]) -> None:
    """The official client reads the scopes as the service gives them, and so does hfops."""
    answer = at("one").whoami()
    held = answer["auth"]["accessToken"]
    assert held["role"] == "fineGrained"
    (scope,) = held["fineGrained"]["scoped"]
    assert (scope["entity"]["type"], scope["entity"]["name"]) == ("model", "acme/m")
    assert len(scope["entity"]["_id"]) == 24
    known = parse(answer)
    assert known.fine_grained
    assert known.scopes[0].permissions == ("repo.write",)
    assert parse(at("everywhere").whoami()).global_permissions == ("repo.write",)
    assert parse(at("org").whoami()).sees("acme")
    assert not parse(at("one").whoami()).sees("acme")


def test_an_old_token_has_no_scopes(at: Callable[[str], HfApi]) -> None:
    """A token of the role write shows none, as before."""
    assert set(at("sandbox").whoami()["auth"]["accessToken"]) == {"displayName", "role"}


@pytest.mark.parametrize("name", ["org", "everywhere"])
def test_a_scope_on_the_organisation_writes_all(at: Callable[[str], HfApi], name: str) -> None:
    """To change what is there, to create, and to delete."""
    client = at(name)
    client.update_repo_settings("acme/m", gated="auto")
    client.create_repo("acme/new")
    client.create_tag("acme/n", tag="v1")
    client.delete_repo("acme/new")


def test_a_scope_on_a_repository_writes_that(at: Callable[[str], HfApi]) -> None:
    """The others are not there for it, and it creates nothing; nor does it move its own out of the way."""
    client = at("one")
    client.update_repo_settings("acme/m", gated="auto")
    refused(404, client.update_repo_settings, "acme/n", gated="auto")
    refused(403, client.create_repo, "acme/new")
    refused(403, client.move_repo, "acme/m", "one/m")


def test_a_scope_that_reads(at: Callable[[str], HfApi]) -> None:
    """It shows what is private, and changes nothing."""
    client = at("eyes")
    assert client.model_info("acme/n").private
    refused(403, client.update_repo_settings, "acme/m", gated="auto")
    refused(403, client.create_repo, "acme/new")


def test_no_scope_there(at: Callable[[str], HfApi]) -> None:
    """The account's role does not help a token without a scope; what is public stays readable, and not writable."""
    client = at("none")
    with pytest.raises(RepositoryNotFoundError):
        client.model_info("acme/m")
    refused(403, client.create_repo, "acme/new")
    at("org").update_repo_settings("acme/m", visibility="public")
    assert client.model_info("acme/m").id == "acme/m"
    refused(403, client.update_repo_settings, "acme/m", gated="auto")
    client.create_repo("none/own")


def test_a_scope_is_no_role(at: Callable[[str], HfApi]) -> None:
    """What the account may not do, its token may not either."""
    refused(403, at("reader").update_repo_settings, "acme/m", gated="auto")
    refused(403, at("reader").create_repo, "acme/new")


@pytest.mark.parametrize(
    ("user", "said"),
    [
        (token("somebody", on("org", "nobody", "repo.write")), "no org 'nobody'"),
        (token("somebody", on("user", "nobody", "repo.write")), "no user 'nobody'"),
        (token("somebody", on("model", "acme/nothing", "repo.write")), "no model 'acme/nothing'"),
        (token("somebody", on("bucket", "acme/b", "repo.write")), r"scopes\[0\]"),
        (
            token("somebody", on("org", "acme", "repo.write")) | {"role": "write"},
            "a token of the role write has no scopes",
        ),
    ],
)
def test_seeds_that_cannot_be(user: dict[str, Any], said: str) -> None:
    """A scope on what is not there, of another type, or of another kind of token is an error that says where."""
    with pytest.raises(Problems, match=said), Sandbox({"users": [user]}):
        pass
