"""Who is on the sandbox: users and their tokens, organisations, roles, resource groups."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Role = Literal["admin", "write", "contributor", "read", "no_access"]
TokenRole = Literal["write", "read"]

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
class Caller:
    """Who sent a request: a user through a token, or nobody."""

    user: User | None = None
    role: TokenRole = "read"
    token_name: str = ""

    @property
    def name(self) -> str | None:
        """The user's name, None for an anonymous caller."""
        return self.user.name if self.user else None


ANONYMOUS = Caller()
