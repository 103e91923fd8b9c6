"""Seeds: what is already there when the sandbox starts. Everything adds to the default user and organisation."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from hfops.model.problem import Problem, Problems
from hfops.model.source import Mark
from hfops.sandbox.faults import told
from hfops.sandbox.manners import RefusalError
from hfops.sandbox.people import Group, Role, TokenRole, TokenScope, User
from hfops.sandbox.planting import plant_resource
from hfops.sandbox.quota import Limits
from hfops.sandbox.repos import Kind
from hfops.sandbox.state import Hub

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9](?:-?[A-Za-z0-9]){1,41}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Membership(_Part):
    """An organisation and the role in it."""

    name: Name
    role: Role = "write"


class SeedScope(_Part):
    """What a fine-grained token may do with one entity; a repository is named by its id."""

    type: Literal["org", "user", "model", "dataset", "space"]
    name: str
    permissions: list[str] = []


class SeedUser(_Part):
    """A user; one that is there already is changed, and gets one more token. Scopes are for the role fineGrained."""

    name: Name
    token: str | None = None
    role: TokenRole = "write"
    fullname: str | None = None
    email: str | None = None
    pro: bool = True
    orgs: list[Name | Membership] = []
    scopes: list[SeedScope] = []
    everywhere: list[str] = Field([], alias="global")


class SeedGroup(_Part):
    """A resource group."""

    name: str = Field(min_length=1, max_length=200)
    id: Annotated[str, StringConstraints(pattern="^[0-9a-f]{24}$")] | None = None
    description: str | None = None


class SeedOrg(_Part):
    """An organisation; one that is there already is changed."""

    name: Name
    fullname: str | None = None
    plan: Literal["free", "team", "academia", "enterprise", "enterprise-plus"] | None = None
    default_private: bool = Field(False, alias="defaultPrivate")
    groups: list[SeedGroup] = Field([], alias="resourceGroups")


class SeedQuota(_Part):
    """Requests per window; the window in seconds."""

    api: int | None = Field(None, ge=1)
    resolvers: int | None = Field(None, ge=1)
    pages: int | None = Field(None, ge=1)
    window: int = Field(300, ge=1)


class SeedAccelerators(_Part):
    """How many accelerators of an instance type a namespace's endpoints may use."""

    namespace: Name
    vendor: str = "aws"
    instance_type: str = Field(alias="instanceType")
    most: int = Field(alias="maxAccelerators", ge=0)


class Seed(_Part):
    """The whole file."""

    users: list[SeedUser] = []
    orgs: list[SeedOrg] = []
    quota: SeedQuota = Field(default_factory=SeedQuota)
    accelerators: list[SeedAccelerators] = Field([], alias="endpointQuotas")
    resources: list[dict[str, Any]] = []


def plant(hub: Hub, data: Any, source: str) -> Limits:
    """Put a seed into a Hub; returns its quota. Problems, all at once, for what cannot be used."""
    try:
        seed = Seed.model_validate(data)
    except ValidationError as error:
        raise Problems(told(e, source) for e in error.errors()) from None
    for org in seed.orgs:
        _org(hub, org)
    problems = [p for n, user in enumerate(seed.users) for p in _user(hub, user, f"users[{n}]", source)]
    problems += [
        p for n, q in enumerate(seed.accelerators) for p in _limit(hub, q, f"endpointQuotas[{n}]", source)
    ]
    for number, resource in enumerate(seed.resources):
        problems += plant_resource(hub, resource, f"resources[{number}]", source)
    problems += [p for n, user in enumerate(seed.users) for p in _pointless(hub, user, f"users[{n}]", source)]
    if problems:
        raise Problems(problems)
    return Limits(**seed.quota.model_dump())


def _limit(hub: Hub, seed: SeedAccelerators, path: str, source: str) -> list[Problem]:
    try:
        hub.endpoints.set_quota(seed.namespace, seed.vendor, seed.instance_type, seed.most)
    except RefusalError as refused:
        return [Problem(refused.message, Mark(source), path=path)]
    return []


def _org(hub: Hub, seed: SeedOrg) -> None:
    org = hub.orgs.get(seed.name.lower()) or hub.add_org(seed.name)
    org.fullname = seed.fullname or org.fullname
    org.plan = seed.plan or org.plan
    org.default_private = seed.default_private
    for group in seed.groups:
        uid = group.id or hub.new_id()
        org.groups[uid] = Group(uid, group.name, group.description)


def _user(hub: Hub, seed: SeedUser, path: str, source: str) -> list[Problem]:
    user = hub.users.get(seed.name.lower()) or hub.add_user(seed.name)
    user.fullname, user.email = seed.fullname or user.fullname, seed.email or user.email
    user.pro = seed.pro
    token = seed.token or f"hf_{re.sub('[^A-Za-z0-9]', '_', user.name)}"
    held = hub.tokens.get(token)
    if held is not None and held.user is not user:
        return [Problem(f"the token is {held.name}'s already", Mark(source), path=f"{path}.token")]
    if seed.role != "fineGrained" and (seed.scopes or seed.everywhere):
        hint = "role: fineGrained"
        return [
            Problem(
                f"a token of the role {seed.role} has no scopes",
                Mark(source),
                path=f"{path}.scopes",
                hint=hint,
            )
        ]
    scopes = (TokenScope(s.type, s.name, tuple(s.permissions)) for s in seed.scopes)
    hub.add_token(token, user, seed.role, scopes, seed.everywhere)
    return [p for entry in seed.orgs for p in _join(hub, user, entry, path, source)]


def _pointless(hub: Hub, seed: SeedUser, path: str, source: str) -> list[Problem]:
    """Scopes of a token on what is not there, once everything is planted."""
    return [
        Problem(f"no {scope.type} {scope.name!r}", Mark(source), path=f"{path}.scopes[{number}].name")
        for number, scope in enumerate(seed.scopes)
        if not _there(hub, scope)
    ]


def _there(hub: Hub, scope: SeedScope) -> bool:
    match scope.type:
        case "user":
            return scope.name.lower() in hub.users
        case "org":
            return scope.name.lower() in hub.orgs
        case kind:
            return hub.find(Kind(kind), scope.name) is not None


def _join(hub: Hub, user: User, entry: str | Membership, path: str, source: str) -> list[Problem]:
    joined = Membership(name=entry) if isinstance(entry, str) else entry
    org = hub.orgs.get(joined.name.lower())
    if org is None:
        hint = f"under orgs, or one of {', '.join(sorted(o.name for o in hub.orgs.values()))}"
        return [Problem(f"no organization {joined.name!r}", Mark(source), path=f"{path}.orgs", hint=hint)]
    org.members[user.name] = joined.role
    return []
