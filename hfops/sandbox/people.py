"""Who is on the sandbox: users and their tokens, organisations, roles, resource groups."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Role = Literal["admin", "write", "contributor", "read", "no_access"]
TokenRole = Literal["write", "read", "fineGrained"]

WRITE_REPOS = "repo.write"

AVATAR = "https://cdn-avatars.huggingface.co/v1/sandbox/{}.svg"


@dataclass(slots=True)
class User:
    """A user. ``pro`` decides what a free plan would refuse."""

    uid: str
    name: str
    fullname: str
    email: str
    pro: bool = True


@dataclass(slots=True)
class Group:
    """A resource group of an organisation."""

    uid: str
    name: str
    description: str | None = None
    users: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Org:
    """An organisation; ``members`` by user name. ``plan`` as the profile names it: free, team, enterprise."""

    uid: str
    name: str
    fullname: str
    plan: str = "team"
    default_private: bool = False
    members: dict[str, Role] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TokenScope:
    """What a fine-grained token may do with an organisation, a user, or one repository (``name`` is its id)."""

    type: str
    name: str
    permissions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request: a user through a token, or nobody.

    A fine-grained token may do what its ``scopes`` say, and everywhere what ``everywhere`` says.
    """

    user: User | None = None
    role: TokenRole = "read"
    token_name: str = ""
    scopes: tuple[TokenScope, ...] = ()
    everywhere: tuple[str, ...] = ()

    @property
    def name(self) -> str | None:
        """The user's name, None for an anonymous caller."""
        return self.user.name if self.user else None

    @property
    def writes(self) -> bool:
        """Whether the token can write anything at all."""
        given = [*self.everywhere, *(p for scope in self.scopes for p in scope.permissions)]
        return self.role == "write" or (
            self.role == "fineGrained" and any(p.endswith(".write") for p in given)
        )

    def permissions(self, namespace: str, kind: str = "", repo_id: str = "") -> set[str]:
        """What a fine-grained token says of a namespace, or of one of its repositories."""
        named = {("user", namespace.lower()), ("org", namespace.lower()), (kind, repo_id.lower())}
        covering = [s for s in self.scopes if (s.type, s.name.lower()) in named]
        return {*self.everywhere, *(p for scope in covering for p in scope.permissions)}


ANONYMOUS = Caller()
