"""Who the token is (GET /api/whoami-v2), and what it surely sees.

The route has a strict rate limit of its own: ask once in a run and keep the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hfops.hub.connection import Reader
from hfops.hub.errors import BadAnswer

_WHOLE = frozenset({"read", "write", "god"})
_SCOPED = frozenset({"fineGrained"})


@dataclass(frozen=True)
class Scope:
    """What a fine-grained token may do with one entity."""

    type: str
    name: str
    id: str
    permissions: tuple[str, ...]


@dataclass(frozen=True)
class Identity:
    """The account behind the token. ``orgs``: role by organisation; ``restricted``: those it cannot see now, and why."""

    name: str
    kind: str
    id: str = ""
    orgs: Mapping[str, str] = field(default_factory=dict)
    restricted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    token_role: str = ""
    scopes: tuple[Scope, ...] = ()
    global_permissions: tuple[str, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)

    def sees(self, namespace: str) -> bool:
        """True only where every repository of the namespace is surely visible, so that a 404 means *missing*."""
        wanted = namespace.lower()
        if wanted != self.name.lower() and not self._administers(wanted):
            return False
        return self.token_role in _WHOLE or (self.token_role in _SCOPED and self._scoped(wanted))

    def _administers(self, wanted: str) -> bool:
        roles = {name.lower(): role for name, role in self.orgs.items()}
        return roles.get(wanted) == "admin" and wanted not in {name.lower() for name in self.restricted}

    def _scoped(self, wanted: str) -> bool:
        if _reads_repos(self.global_permissions):
            return True
        known_id = {name.lower(): one for name, one in self.ids.items()}.get(wanted)
        return any(
            _reads_repos(scope.permissions)
            for scope in self.scopes
            if scope.type in {"user", "org"}
            and (scope.name.lower() == wanted or (known_id and scope.id == known_id))
        )


def identity(reader: Reader) -> Identity | None:
    """Ask who the token is; None without a token, and nothing is asked then."""
    return parse(reader.get("/api/whoami-v2")) if reader.authenticated else None


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
    )


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


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(one for one in _list(value) if isinstance(one, str))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
