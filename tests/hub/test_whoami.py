from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfops.hub.config import Settings
from hfops.hub.connection import open_connections
from hfops.hub.errors import BadAnswer
from hfops.hub.token import Token
from hfops.hub.whoami import identity, parse

from .fakes import FakeTransport, answer

ACME = "6600aa11bb22cc33dd44ee56"


def who(role="write", org_role="admin", scoped=(), everywhere=(), **org):
    fine = {"global": list(everywhere), "scoped": list(scoped)}
    return {
        "type": "user",
        "id": "6600aa11bb22cc33dd44ee55",
        "name": "ada",
        "orgs": [{"type": "org", "id": ACME, "name": "acme", "roleInOrg": org_role, **org}],
        "auth": {
            "type": "access_token",
            "accessToken": {"displayName": "ci", "role": role, "fineGrained": fine},
        },
    }


def scope(*permissions, **entity):
    return {"entity": entity, "permissions": list(permissions)}


def test_who_the_token_is():
    """Name, organisations with roles, the token's role and scopes."""
    found = parse(who("fineGrained", scoped=[scope("repo.write", type="org", name="acme", _id=ACME)]))
    assert (found.name, found.kind, found.token_role, dict(found.orgs)) == (
        "ada",
        "user",
        "fineGrained",
        {"acme": "admin"},
    )
    assert (found.scopes[0].name, found.scopes[0].permissions) == ("acme", ("repo.write",))


@pytest.mark.parametrize("role", ["read", "write", "god"])
def test_a_whole_token_sees_its_own_and_what_it_administers(role):
    """Its user's namespace and an organisation where that user is admin; case does not matter."""
    found = parse(who(role))
    assert found.sees("ada")
    assert found.sees("Acme")
    assert not found.sees("strangers")


@pytest.mark.parametrize("org_role", ["write", "contributor", "read", "", None, 7])
def test_a_mere_member_may_not_see_all(org_role):
    """Resource groups can hide repositories from everybody but an admin."""
    assert not parse(who(org_role=org_role)).sees("acme")


@pytest.mark.parametrize(
    "blocked",
    [
        {"securityRestrictions": ["sso"]},
        {"securityRestrictions": ["ip", "mfa"]},
        {"pendingSSO": True},
        {"missingMFA": True},
    ],
)
def test_an_organisation_that_blocks_the_token_is_not_seen(blocked):
    """SSO, MFA, IP or token rules: a 404 proves nothing then."""
    found = parse(who(**blocked))
    assert not found.sees("acme")
    assert found.sees("ada")


@pytest.mark.parametrize("role", ["", "job", "fineGrained", "unknown"])
def test_other_tokens_see_nothing_for_sure(role):
    """No scope, no certainty."""
    found = parse(who(role))
    assert not found.sees("ada")
    assert not found.sees("acme")


@pytest.mark.parametrize(
    ("scoped", "everywhere", "ada", "acme"),
    [
        ([scope("repo.write", type="org", name="acme", _id=ACME)], [], False, True),
        ([scope("repo.content.read", type="org", _id=ACME)], [], False, True),
        ([scope("repo.content.read", type="user", name="Ada", _id="x")], [], True, False),
        ([], ["repo.content.read"], True, True),
        ([], ["discussion.write"], False, False),
        ([scope("inference.endpoints.write", type="org", name="acme", _id=ACME)], [], False, False),
        ([scope("repo.access.read", type="org", name="acme", _id=ACME)], [], False, False),
        ([scope("repo.write", type="model", name="acme/x", _id="y")], [], False, False),
        ([scope("repo.write", type="model", name="acme", _id="y")], [], False, False),
        ([scope("repo.write", type="org", _id="")], [], False, False),
    ],
)
def test_a_fine_grained_token_sees_what_its_scopes_name(scoped, everywhere, ada, acme):
    """A repo permission on the whole entity, by name or by id, or everywhere."""
    found = parse(who("fineGrained", scoped=scoped, everywhere=everywhere))
    assert (found.sees("ada"), found.sees("acme")) == (ada, acme)


def test_a_scope_does_not_make_an_admin():
    """A fine-grained token of a plain member still may not see all."""
    scoped = [scope("repo.write", type="org", name="acme", _id=ACME)]
    assert not parse(who("fineGrained", org_role="write", scoped=scoped)).sees("acme")


@pytest.mark.parametrize("data", [None, [], {}, {"name": ""}, {"name": 5}, "ada"])
def test_an_answer_that_names_nobody(data):
    """It is no whoami answer."""
    with pytest.raises(BadAnswer, match="names no account"):
        parse(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["type", "id", "orgs", "auth"]), JSON), JSON, JSON)
def test_odd_answers_never_see_more(data, org, token):
    """Whatever is in the other fields, parsing works, and a strange namespace is never surely visible."""
    odd = {**data, "name": "ada", "orgs": [org, {"name": "acme", **(org if isinstance(org, dict) else {})}]}
    odd["auth"] = {"accessToken": token}
    assert not parse(odd).sees("strangers")


def test_without_a_token_nobody_is_asked():
    """None, and no request: the route has a strict limit."""
    inner = FakeTransport(answer(200, who()))
    both = open_connections(Settings(), None, transport=inner)
    assert identity(both.reader) is None
    assert inner.requests == []
    assert identity(open_connections(Settings(), Token("hf_x", "t"), transport=inner).reader).name == "ada"
    assert inner.requests[0].url == "https://huggingface.co/api/whoami-v2"
