"""Which rights a plan needs, and which of them an account and its token surely, or perhaps, do not have."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfops.engine.preflight import (
    Lack,
    Need,
    Preflight,
    missing,
    needed,
    permission_lines,
    refusal,
)
from hfops.hub.errors import BadAnswer
from hfops.hub.whoami import Identity, Scope, parse
from hfops.model.address import Address
from hfops.model.call import Api, Call
from hfops.model.change import Action, Change
from hfops.model.plan import Plan

MODEL = Address("Model", "acme", "m")
ADA = Identity(
    "ada", "user", "id-ada", {"Acme": "admin"}, token_role="write", ids={"Acme": "id-acme", "ada": "id-ada"}
)
SETTINGS = Call("PUT", "/api/models/acme/m/settings", {"gated": "auto"})
CREATE = Call("POST", "/api/repos/create", {"name": "m", "organization": "acme"})


def plan(*calls: Call, address: Address = MODEL, action: Action = Action.UPDATE, **more: Any) -> Plan:
    """A plan for one resource."""
    return Plan((Change(address, action, calls=calls, **more),))


def fine(*scopes: Scope, everywhere: tuple[str, ...] = (), role: str = "admin") -> Identity:
    """Ada with a fine-grained token."""
    return replace(
        ADA, orgs={"Acme": role}, token_role="fineGrained", scopes=scopes, global_permissions=everywhere
    )


def scope(*permissions: str, type: str = "org", name: str = "acme", id: str = "") -> Scope:  # noqa: A002 - the Hub's words
    """One scope of a token, on acme as a whole."""
    return Scope(type, name, id, permissions)


def whys(lacks: tuple[Lack, ...]) -> list[tuple[str, str]]:
    """Rights and reasons."""
    return [(lack.need.right, lack.why) for lack in lacks]


UPDATE, CREATION = plan(SETTINGS), plan(CREATE, SETTINGS, action=Action.CREATE)


@pytest.mark.parametrize(
    ("address", "call", "right"),
    [
        ("Model/acme/m", SETTINGS, "repo.write"),
        ("Model/acme/m", Call("POST", "/api/models/acme/m/commit/main", []), "repo.write"),
        ("Model/acme/m", Call("POST", "/api/models/acme/m/commit/main?create_pr=1", []), "discussion.write"),
        ("Model/acme/m", Call("POST", "/api/models/acme/m/commit/refs%2Fpr%2F3", []), "discussion.write"),
        ("Space/acme/s", Call("POST", "/api/spaces/acme/s/discussions/3/status", {}), "discussion.write"),
        ("Space/acme/s", Call("POST", "/api/spaces/acme/s/secrets", {}), "repo.write"),
        ("Collection/acme/c", Call("POST", "/api/collections", {}), "collection.write"),
        ("Webhook/acme/w", Call("POST", "/api/settings/webhooks", {}), "user.webhooks.write"),
        (
            "InferenceEndpoint/acme/e",
            Call("POST", "/endpoint/acme", {}, api=Api.ENDPOINTS),
            "inference.endpoints.write",
        ),
    ],
)
def test_the_right_of_a_call(address: str, call: Call, right: str) -> None:
    """Which part of the Hub a call goes to says which right it takes."""
    assert [need.right for need in needed(plan(call, address=Address.parse(address)))] == [right]


def test_needs_are_counted_by_right_and_namespace() -> None:
    """Calls of many resources are one need, with the first of them named; other spellings are the same namespace."""
    many = tuple(
        Change(Address("Model", ns, f"m{n}"), Action.UPDATE, calls=(SETTINGS, SETTINGS))
        for n, ns in enumerate(["acme", "Acme", "acme", "acme", "ada"])
    )
    acme, ada = needed(Plan(many))
    assert acme == Need("repo.write", "acme", 8, tuple(c.address for c in many[:3]), 4)
    assert (ada.scope, ada.calls) == ("ada", 2)


def test_the_ledger_on_the_hub_is_a_need() -> None:
    """It is written before the first call; where there is nothing to send, nothing is needed."""
    home = Address("Dataset", "ops", "ledger")
    assert [(n.right, n.scope, n.calls) for n in needed(UPDATE, home)][1:] == [("repo.write", "ops", 0)]
    assert needed(plan(), home) == ()
    found = missing(UPDATE, ADA, home)
    assert whys(found.missing) == [("repo.write", "ada is no member of ops")]
    assert "repo.write on ops (the ledger)" in refusal(found, "https://hub.example")


@pytest.mark.parametrize(
    ("who", "why"),
    [
        (None, "there is no token"),
        (replace(ADA, token_role="read"), "the token's role is read"),
        (replace(ADA, orgs={}), "ada is no member of acme"),
        (replace(ADA, orgs={"acme": "read"}), "the role of ada in acme is read"),
        (replace(ADA, orgs={"acme": "no_access"}), "the role of ada in acme is no_access"),
        (
            replace(ADA, orgs={"acme": "read"}, group_roles={"acme": ("read",)}),
            "the role of ada in acme is read",
        ),
        (fine(), "the token has no repo.write on acme"),
        (fine(scope("repo.write", name="ada", type="user")), "the token has no repo.write on acme"),
        (fine(scope("repo.write", name="other")), "the token has no repo.write on acme"),
        (
            fine(scope("repo.content.read", "inference.endpoints.write")),
            "the token has no repo.write on acme",
        ),
        (fine(scope("repo.write", name="acme/other", type="model")), "the token has no repo.write on acme"),
        (fine(scope("repo.write", name="acme/m", type="dataset")), "the token has no repo.write on acme"),
        (fine(scope("repo.write", name="acme", type="model")), "the token has no repo.write on acme"),
        (fine(everywhere=("discussion.write",)), "the token has no repo.write on acme"),
        (fine(scope("repo.write"), role="read"), "the role of ada in acme is read"),
    ],
)
def test_surely_missing(who: Identity | None, why: str) -> None:
    """What the answer itself rules out, for a change of a repository that is there."""
    found = missing(UPDATE, who)
    assert whys(found.missing) == [("repo.write", why)]
    assert found.unsure == ()


@pytest.mark.parametrize(
    ("who", "why"),
    [
        (replace(ADA, token_role="job"), "'job'"),
        (replace(ADA, token_role=""), "'unknown'"),
        (replace(ADA, name="lab", kind="org", orgs={}), "lab is not acme"),
        (replace(ADA, orgs={"acme": "contributor"}), "only what it made"),
        (replace(ADA, orgs={"acme": "owner"}), "'owner'"),
        (replace(ADA, orgs={"acme": "read"}, group_roles={"acme": ("write",)}), "unless a resource group"),
        (replace(ADA, restricted={"acme": ("mfa",)}), "closed to this token now (mfa)"),
        (fine(scope("repo.write", type="resource-group", name="acme/nlp")), "only in a resource group"),
        (fine(scope("repo.content.write")), "what repo.content.write allows is not known"),
        (replace(ADA, orgs={}, names_orgs=False), "ada is no member of acme"),
        (replace(fine(scope("repo.write")), orgs={}), "ada is no member of acme"),
        (
            replace(fine(scope("repo.write", type="model", name="acme/m")), orgs={}),
            "ada is no member of acme",
        ),
    ],
)
def test_perhaps_missing(who: Identity, why: str) -> None:
    """What the answer leaves open is said, and refuses nothing."""
    found = missing(UPDATE, who)
    assert found.missing == ()
    ((_, said),) = whys(found.unsure)
    assert why in said


@pytest.mark.parametrize(
    "who",
    [
        ADA,
        replace(ADA, token_role="god"),
        replace(ADA, orgs={"ACME": "write"}),
        replace(ADA, name="Acme", kind="org", orgs={}),
        fine(scope("repo.write")),
        fine(scope("repo.write", name="", id="id-acme")),
        fine(scope("repo.write"), role="write"),
        fine(everywhere=("repo.write",)),
        fine(scope("repo.write", name="ACME/M", type="model")),
    ],
)
def test_permitted(who: Identity) -> None:
    """By the role, or by a scope on the namespace or on the very repository."""
    assert missing(UPDATE, who) == Preflight(needed(UPDATE))


def test_creating_takes_the_namespace() -> None:
    """A scope on a repository does not create it, also not where it is to be replaced; a contributor does."""
    own = fine(scope("repo.write", name="acme/m", type="model"))
    for made in (CREATION, plan(CREATE, action=Action.REPLACE)):
        ((right, why),) = whys(missing(made, own).missing)
        assert (right, "only on the repository" in why) == ("repo.write", True)
    assert missing(CREATION, fine(scope("repo.write"))).missing == ()
    assert missing(CREATION, replace(ADA, orgs={"acme": "contributor"})) == Preflight(needed(CREATION))


def test_a_move_takes_both_ends() -> None:
    """To rename takes the right on what is renamed; to move elsewhere, also the right to create there."""
    call = Call("POST", "/api/repos/move", {"fromRepo": "acme/m", "toRepo": "x"})
    source, near, far = MODEL, Address("Model", "acme", "n"), Address("Model", "lab", "m")
    own = fine(scope("repo.write", name="acme/m", type="model"))
    renamed = plan(call, SETTINGS, address=near, action=Action.MOVE, moved_from=source)
    assert missing(renamed, own).missing == ()
    moved = plan(call, address=far, action=Action.MOVE, moved_from=source)
    assert [n.scope for n in needed(moved)] == ["acme", "lab"]
    both = replace(own, orgs={"acme": "admin", "lab": "write"})
    assert [lack.need.scope for lack in missing(moved, both).missing] == ["lab"]


@pytest.mark.parametrize(
    ("kind", "call", "right"),
    [
        ("Collection", Call("POST", "/api/collections", {}), "collection.write"),
        (
            "InferenceEndpoint",
            Call("POST", "/endpoint/acme", {}, api=Api.ENDPOINTS),
            "inference.endpoints.write",
        ),
        ("Model", Call("POST", "/api/models/acme/m/commit/main?create_pr=1", []), "discussion.write"),
    ],
)
def test_other_rights_are_never_sure(kind: str, call: Call, right: str) -> None:
    """That a token's scopes do not name them is a warning only: what else allows it, no document says."""
    made = plan(call, address=Address(kind, "acme", "m"))
    assert whys(missing(made, fine(scope("repo.content.read"))).unsure) == [
        (right, f"the token has no {right} on acme")
    ]
    assert missing(made, fine(scope(right))).unsure == ()
    assert missing(made, fine(scope("repo.content.read"))).missing == ()


def test_anybody_may_propose() -> None:
    """A pull request takes no membership; with a token that reads, it cannot be opened all the same."""
    made = plan(Call("POST", "/api/models/acme/m/commit/main?create_pr=1", []))
    assert missing(made, replace(ADA, orgs={})).missing == ()
    assert whys(missing(made, replace(ADA, token_role="read")).missing) != []


def test_what_a_plan_says() -> None:
    """With a token that only reads, the needs; with one that writes, what it lacks; with nothing to do, nothing."""
    reads = missing(UPDATE, replace(ADA, token_role="read"))
    needs = "apply will need: repo.write on acme (1 call: Model/acme/m)"
    assert permission_lines(reads) == [f"this token reads only; {needs}"]
    assert permission_lines(missing(UPDATE, ADA)) == [needs]
    lacking = "repo.write on acme (1 call: Model/acme/m): ada is no member of acme"
    assert permission_lines(missing(UPDATE, replace(ADA, orgs={}))) == [f"missing for apply: {lacking}"]
    (line,) = permission_lines(missing(UPDATE, replace(ADA, orgs={"acme": "owner"})))
    assert line.startswith("perhaps missing for apply: repo.write on acme")
    assert permission_lines(missing(plan(), replace(ADA, token_role="read"))) == []


def test_the_way_out_fits_the_reason() -> None:
    """Another token helps against the token's lacks, a role in the organisation against the account's."""
    by_token = refusal(missing(UPDATE, fine()), "https://hub.example")
    assert "https://hub.example/settings/tokens/new" in by_token
    assert "an admin" not in by_token
    by_account = refusal(missing(UPDATE, replace(ADA, orgs={})), "https://hub.example")
    assert "an admin of the organization" in by_account
    assert "settings/tokens" not in by_account


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 1) | st.sampled_from(["", "acme", "ada", "read", "user"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "orgs", "role"]), inner)
    ),
    max_leaves=4,
)
ANSWER: dict[str, Any] = {
    "type": "user",
    "id": "6600",
    "name": "ada",
    "orgs": [{"id": "6601", "name": "acme", "roleInOrg": "write", "resourceGroups": [{"role": "write"}]}],
    "auth": {
        "accessToken": {
            "role": "fineGrained",
            "fineGrained": {
                "global": [],
                "scoped": [
                    {"entity": {"_id": "6601", "type": "org", "name": "acme"}, "permissions": ["repo.write"]}
                ],
            },
        }
    },
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in an answer."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [p for key, one in inner for p in ((*path, key), *places(one, (*path, key)))]


def put(answer: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The answer with another value in one place."""
    copy = json.loads(json.dumps(answer))
    around = copy
    for key in path[:-1]:
        around = around[key]
    around[path[-1]] = value
    return copy


@given(path=st.sampled_from(places(ANSWER)), value=JSON)
def test_an_answer_of_another_shape(path: tuple[Any, ...], value: Any) -> None:
    """It never crashes: it names nobody, or some of it is not known."""
    with contextlib.suppress(BadAnswer):
        assert missing(UPDATE, parse(put(ANSWER, path, value))).needs


@pytest.mark.parametrize("orgs", [None, "acme", {}, [None], [{"name": None}], [{"name": ["acme"]}]])
@pytest.mark.parametrize("role", ["write", "fineGrained"])
def test_organisations_of_another_shape(orgs: Any, role: str) -> None:
    """That none can be read refuses nothing."""
    found = missing(UPDATE, parse(put(put(ANSWER, ("orgs",), orgs), ("auth", "accessToken", "role"), role)))
    assert found.missing == ()
    assert [lack.why for lack in found.unsure] == ["ada is no member of acme"]
