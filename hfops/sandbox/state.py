"""The Hub itself: everything the sandbox knows, in memory, behind one lock."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hfops.sandbox.audit.log import AuditLog
from hfops.sandbox.collections.shelf import Shelf
from hfops.sandbox.endpoints.estate import Estate
from hfops.sandbox.git import HEADS, Commit, File, Store, draft
from hfops.sandbox.manners import RefusalError
from hfops.sandbox.people import ANONYMOUS, Caller, Org, Role, TokenRole, TokenScope, User
from hfops.sandbox.repos import MAIN, Kind, Repo
from hfops.sandbox.spaces.failures import Failure
from hfops.sandbox.webhooks.hooks import Hooks

DEFAULT_USER, DEFAULT_ORG = "hfops-user", "acme"
WRITE_TOKEN, READ_TOKEN = "hf_sandbox", "hf_sandbox_read"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a repository, with the request or what else there is to say.

    ``what``: created, committed, referred (a branch or tag), changed (its settings), operated (a Space's app), moved,
    deleted, discussed. ``did`` is the organisation's audit log's word for it, ``by`` who did it.
    """

    what: str
    repo: Repo
    body: Mapping[str, Any]
    did: str = ""
    by: Caller = ANONYMOUS


DID = {
    "created": "repo.create",
    "committed": "repo.commit",
    "changed": "repo.update_settings",
    "moved": "repo.move",
    "deleted": "repo.delete",
}
"""The audit log's words for what happens."""


class Hub:
    """Users, organisations and repositories. Hold ``lock`` while reading or changing anything.

    ``life`` tells this Hub from one that had its address before: clients remember what they uploaded to an address.
    ``base`` is the address without a slash at its end, ``acting`` who sent the request that is being answered. ``clock`` is what transitions go by, in seconds; a test puts its own in its place. ``fail_starts`` maps a Space's id
    to the (stage, message) in which its next starts end, one after the other. With ``lax_titles`` an owner may have two
    collections of one title.
    """

    def __init__(self, *, transition_time: float = 1.0) -> None:
        self.lock = threading.RLock()
        self.life = secrets.token_hex(8)
        self.transition_time = transition_time
        self.clock: Callable[[], float] = time.monotonic
        self.fail_starts: dict[str, list[tuple[str, str]]] = {}
        self.users: dict[str, User] = {}
        self.orgs: dict[str, Org] = {}
        self.tokens: dict[str, Caller] = {}
        self.repos: dict[str, Repo] = {}
        self.store = Store()
        self.endpoints = Estate(world=self)
        self.collections = Shelf()
        self.lax_titles = False
        self.base = "http://127.0.0.1"
        self.webhooks = Hooks()
        self.audit = AuditLog()
        self.watchers: list[Callable[[Event], None]] = []
        self.acting = ANONYMOUS
        self._names: dict[tuple[Kind, str], str] = {}
        self._old_names: dict[tuple[Kind, str], str] = {}
        self._ids, self._dated, self._serials = (itertools.count(1) for _ in range(3))
        org = self.add_org(DEFAULT_ORG, fullname="Acme")
        user = self.add_user(DEFAULT_USER, fullname="hfops user", email="hfops-user@example.com")
        org.members[user.name] = "admin"
        self.add_token(WRITE_TOKEN, user, "write")
        self.add_token(READ_TOKEN, user, "read")

    def new_id(self) -> str:
        """A fresh object id: 24 hex characters, rising."""
        return f"66{next(self._ids):022x}"

    def dated_id(self) -> str:
        """A fresh object id that begins, as the service's own do, with the seconds of its creation."""
        return f"{int(self.now().timestamp()):08x}{next(self._dated):016x}"

    def now(self) -> datetime:
        """The time, UTC."""
        return datetime.now(UTC)

    def add_user(self, name: str, *, fullname: str = "", email: str = "", pro: bool = True) -> User:
        """A new user, without a token."""
        user = User(self.new_id(), name, fullname or name, email or f"{name}@example.com", pro)
        self.users[name.lower()] = user
        return user

    def add_org(
        self, name: str, *, fullname: str = "", plan: str = "team", default_private: bool = False
    ) -> Org:
        """A new organisation, without members."""
        org = Org(self.new_id(), name, fullname or name, plan, default_private)
        self.orgs[name.lower()] = org
        return org

    def add_token(
        self,
        token: str,
        user: User,
        role: TokenRole,
        scopes: Iterable[TokenScope] = (),
        everywhere: Iterable[str] = (),
    ) -> None:
        """Let ``token`` speak for ``user``; scopes and permissions for everything are a fine-grained one's."""
        self.tokens[token] = Caller(user, role, f"{user.name}-{role}", tuple(scopes), tuple(everywhere))

    def caller(self, authorization: str | None) -> Caller:
        """Whom an Authorization header speaks for; 401 for a token that nobody has."""
        token = (authorization or "").removeprefix("Bearer ").strip()
        if not token:
            return ANONYMOUS
        if token not in self.tokens:
            raise RefusalError(401, "Invalid credentials in Authorization header")
        return self.tokens[token]

    def namespace(self, name: str) -> User | Org | None:
        """The user or organisation of that name."""
        return self.users.get(name.lower()) or self.orgs.get(name.lower())

    def role_in(self, caller: Caller, namespace: str) -> Role | None:
        """The caller's role in a namespace: admin at home, None for a stranger."""
        if caller.name is None:
            return None
        if caller.name.lower() == namespace.lower():
            return "admin"
        org = self.orgs.get(namespace.lower())
        return org.members.get(caller.name) if org else None

    def find(self, kind: Kind, repo_id: str) -> Repo | None:
        """The repository that has this id now, in any case."""
        uid = self._names.get((kind, repo_id.lower()))
        return self.repos[uid] if uid else None

    def formerly(self, kind: Kind, repo_id: str) -> Repo | None:
        """The repository that once had this id and lost it by a move."""
        uid = self._old_names.get((kind, repo_id.lower()))
        return self.repos[uid] if uid else None

    def add_repo(
        self,
        repo: Repo,
        files: Mapping[str, bytes | File],
        body: Mapping[str, Any],
        message: str = "initial commit",
    ) -> Repo:
        """Take in a new repository with its first commit. It may take a name that another one left."""
        self.repos[repo.uid] = repo
        self._names[repo.kind, repo.id.lower()] = repo.uid
        self._old_names.pop((repo.kind, repo.id.lower()), None)
        kept = {p: data if isinstance(data, File) else self.store.put(data) for p, data in files.items()}
        first = draft(None, kept, message, repo.creator, repo.created)
        repo.git.commit(HEADS + MAIN, first, self.serial())
        self.notify("created", repo, body)
        return repo

    def rename_repo(self, repo: Repo, namespace: str, name: str) -> None:
        """Give a repository another id; the old one leads to it from now on."""
        before, old = repo.id, (repo.kind, repo.id.lower())
        repo.namespace, repo.name = namespace, name
        self._old_names[old] = self._names.pop(old)
        self._names[repo.kind, repo.id.lower()] = repo.uid
        self._old_names.pop((repo.kind, repo.id.lower()), None)
        self.notify("moved", repo, {"from": before, "to": repo.id})

    def drop_repo(self, repo: Repo) -> None:
        """Remove a repository and the names that led to it."""
        del self.repos[repo.uid], self._names[repo.kind, repo.id.lower()]
        self._old_names = {k: uid for k, uid in self._old_names.items() if uid != repo.uid}
        self.collections.forget(repo.uid)
        self.notify("deleted", repo, {})

    def commit(self, repo: Repo, ref: str, files: Mapping[str, File], message: str, author: str) -> Commit:
        """One more commit on ``ref``, an existing ref of the repository."""
        parent = repo.git.at(repo.git.refs[ref])
        made = repo.git.commit(ref, draft(parent, files, message, author, self.now()), self.serial())
        self.notify("committed", repo, {"ref": ref, "old": parent.id, "new": made.id})
        return made

    def planned_failure(self, repo_id: str) -> Failure | None:
        """How the Space's next start is to fail, by ``fail_starts``; asking uses the plan up."""
        planned = self.fail_starts.get(repo_id)
        return Failure.of(planned.pop(0)) if planned else None

    def serial(self) -> int:
        """A number that no commit had before."""
        return next(self._serials)

    def notify(self, what: str, repo: Repo, body: Mapping[str, Any], did: str = "") -> None:
        """Tell the watchers; ``did`` where the event's own word does not say it."""
        event = Event(what, repo, body, did or DID.get(what, ""), self.acting)
        for watch in self.watchers:
            watch(event)
