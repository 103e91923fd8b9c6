"""Who the token is (GET /api/whoami-v2), and what it surely sees.

The route has a strict rate limit of its own: ask once in a run and keep the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from hfops.hub.connection import Reader
from hfops.hub.errors import BadAnswer

T = TypeVar("T")

_WHOLE = frozenset({"read", "write", "god"})
_SCOPED = frozenset({"fineGrained"})
_READS = frozenset({"read"})
_WRITES = (_WHOLE | _SCOPED) - _READS


@dataclass(frozen=True)
class Scope:
    """What a fine-grained token may do with one entity."""

    type: str
    name: str
    id: str
    permissions: tuple[str, ...]


@dataclass(frozen=True)
class Identity:
    """The account behind the token. ``orgs``: role by organisation; ``restricted``: those it cannot see now, and why.

    ``group_roles``: by organisation, the roles in its resource groups.
    """

    name: str
    kind: str
    id: str = ""
    orgs: Mapping[str, str] = field(default_factory=dict)
    restricted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    token_role: str = ""
    scopes: tuple[Scope, ...] = ()
    global_permissions: tuple[str, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)
    group_roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names_orgs: bool = True
    """Whether the answer told of the organisations in the form that is known: else not being named says nothing."""

    @property
    def reads_only(self) -> bool:
        """Whether the token can write nothing, whatever the account may."""
        return self.token_role in _READS

    @property
    def writes(self) -> bool:
        """Whether the token is of a kind that can write something."""
        return self.token_role in _WRITES

    @property
    def fine_grained(self) -> bool:
        """Whether the token's scopes say what it may."""
        return self.token_role in _SCOPED

    def role_in(self, namespace: str) -> str | None:
        """The account's role: admin at home, an organisation's own word, None where it does not belong to it."""
        if namespace.lower() == self.name.lower():
            return "admin"
        return _of(self.orgs, namespace)

    def restrictions(self, namespace: str) -> tuple[str, ...]:
        """Why the token cannot see an organisation now."""
        return _of(self.restricted, namespace) or ()

    def roles_in_groups(self, namespace: str) -> tuple[str, ...]:
        """The account's roles in the organisation's resource groups."""
        return _of(self.group_roles, namespace) or ()

    def scopes_on(self, namespace: str) -> tuple[Scope, ...]:
        """The scopes of a fine-grained token that are about a user or an organisation as a whole."""
        known_id = _of(self.ids, namespace)
        return tuple(
            scope
            for scope in self.scopes
            if scope.type in {"user", "org"}
            and (scope.name.lower() == namespace.lower() or (known_id and scope.id == known_id))
        )

    def sees(self, namespace: str) -> bool:
        """True only where every repository of the namespace is surely visible, so that a 404 means *missing*."""
        wanted = namespace.lower()
        if wanted != self.name.lower() and not self._administers(wanted):
            return False
        return self.token_role in _WHOLE or (self.token_role in _SCOPED and self._scoped(wanted))

    def _administers(self, wanted: str) -> bool:
        return _of(self.orgs, wanted) == "admin" and not self.restrictions(wanted)

    def _scoped(self, wanted: str) -> bool:
        if _reads_repos(self.global_permissions):
            return True
        return any(_reads_repos(scope.permissions) for scope in self.scopes_on(wanted))


_ASKING = Lock()
_KNOWN: WeakKeyDictionary[Reader, Identity] = WeakKeyDictionary()


def identity(reader: Reader) -> Identity | None:
    """Who the token is, asked once for each connection; None without a token, and nothing is asked then."""
    if not reader.authenticated:
        return None
    with _ASKING:
        if reader not in _KNOWN:
            _KNOWN[reader] = parse(reader.get("/api/whoami-v2"))
        return _KNOWN[reader]


def parse(data: Any) -> Identity:
    """The answer, taken for no more than it holds; raises ``BadAnswer`` where it names nobody."""
    if not isinstance(data, Mapping) or not _text(data.get("name")):
        raise BadAnswer("GET /api/whoami-v2: the answer names no account; is HF_ENDPOINT the Hub?")
    name, own_id = _text(data["name"]), _text(data.get("id"))
    orgs = [org for org in _list(data.get("orgs")) if isinstance(org, Mapping) and _text(org.get("name"))]
    token = _map(_map(data.get("auth")).get("accessToken"))
    fine = _map(token.get("fineGrained"))
    return Identity(
        name=name,
        kind=_text(data.get("type")) or "user",
        id=own_id,
        orgs={_text(org["name"]): _text(org.get("roleInOrg")) for org in orgs},
        restricted={_text(org["name"]): why for org in orgs if (why := _restrictions(org))},
        token_role=_text(token.get("role")),
        scopes=tuple(_scope(one) for one in _list(fine.get("scoped")) if isinstance(one, Mapping)),
        global_permissions=_texts(fine.get("global")),
        ids={_text(one["name"]): _text(one.get("id")) for one in (*orgs, data) if _text(one.get("id"))},
        group_roles={_text(org["name"]): roles for org in orgs if (roles := _group_roles(org))},
        names_orgs=bool(_text(data.get("type"))) and _named(data.get("orgs")),
    )


def _named(orgs: Any) -> bool:
    """Whether this is a list of organisations, each with its name."""
    return isinstance(orgs, list) and all(_text(_map(org).get("name")) for org in orgs)


def _group_roles(org: Mapping[str, Any]) -> tuple[str, ...]:
    groups = (group for group in _list(org.get("resourceGroups")) if isinstance(group, Mapping))
    return tuple(role for group in groups if (role := _text(group.get("role"))))


def _restrictions(org: Mapping[str, Any]) -> tuple[str, ...]:
    flags = tuple(flag for flag in ("pendingSSO", "missingMFA") if org.get(flag) is True)
    return _texts(org.get("securityRestrictions")) + flags


def _scope(data: Mapping[str, Any]) -> Scope:
    entity = _map(data.get("entity"))
    kind, name, one_id = (_text(entity.get(key)) for key in ("type", "name", "_id"))
    return Scope(kind, name, one_id, _texts(data.get("permissions")))


def _reads_repos(permissions: tuple[str, ...]) -> bool:
    """``repo.access.*`` is about access requests; every other ``repo.`` permission includes seeing the repository."""
    return any(p.startswith("repo.") and not p.startswith("repo.access.") for p in permissions)


def _of(named: Mapping[str, T], name: str) -> T | None:
    """The value under ``name``, which the Hub compares without case."""
    return next((value for key, value in named.items() if key.lower() == name.lower()), None)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(one for one in _list(value) if isinstance(one, str))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
