"""Who may do what: token roles, organisation roles, private and gated repositories.

A stranger cannot tell a private repository from a missing one; a reader who may not write is told so.
"""

from __future__ import annotations

from hfops.sandbox.manners import RefusalError
from hfops.sandbox.people import WRITE_REPOS, Caller, Org
from hfops.sandbox.repos import Kind, Repo
from hfops.sandbox.state import Hub

NO_PASSWORD = "Invalid username or password."  # noqa: S105 - the text of the answer
FORBIDDEN = "You don't have the required permissions to perform this action"


def member(hub: Hub, caller: Caller, namespace: str) -> bool:
    """Whether the caller belongs to the namespace and its role lets it see something."""
    return hub.role_in(caller, namespace) not in (None, "no_access")


def may_read(hub: Hub, caller: Caller, repo: Repo) -> bool:
    """Whether the repository exists for this caller."""
    return not repo.private or (member(hub, caller, repo.namespace) and _in_scope(caller, repo))


def _in_scope(caller: Caller, repo: Repo) -> bool:
    """Whether the token shows the repository: a fine-grained one does where it says anything of its content."""
    if caller.role != "fineGrained":
        return True
    given = caller.permissions(repo.namespace, repo.kind, repo.id)
    return any(p.startswith("repo.") and not p.startswith("repo.access.") for p in given)


def may_write(hub: Hub, caller: Caller, repo: Repo) -> bool:
    """Whether the caller may change the repository: a writer, or the contributor who made it."""
    if not caller.writes:
        return False
    if caller.role == "fineGrained" and WRITE_REPOS not in caller.permissions(
        repo.namespace, repo.kind, repo.id
    ):
        return False
    role = hub.role_in(caller, repo.namespace)
    return role in ("admin", "write") or (role == "contributor" and repo.creator == caller.name)


def may_open(hub: Hub, caller: Caller, repo: Repo) -> bool:
    """Whether the caller may read the files: on a gated repository, a member or somebody let in."""
    if repo.settings["gated"] is False or caller.name in repo.accepted:
        return True
    if repo.settings["orgMembersGated"]:
        return caller.name == repo.creator or hub.role_in(caller, repo.namespace) == "admin"
    return member(hub, caller, repo.namespace)


def missing(caller: Caller) -> RefusalError:
    """What a caller hears about a repository that is not there for it."""
    if caller.user is None:
        return RefusalError(401, NO_PASSWORD, "RepoNotFound")
    return RefusalError(404, "Repository not found", "RepoNotFound")


def require_user(caller: Caller) -> str:
    """The caller's name; 401 for an anonymous caller."""
    if caller.name is None:
        raise RefusalError(401, NO_PASSWORD)
    return caller.name


def require_writer(caller: Caller) -> str:
    """The caller's name; 401 without a token, 403 with one that only reads."""
    name = require_user(caller)
    if not caller.writes:
        raise RefusalError(403, "Forbidden: this token only reads, a token with the role write is needed")
    return name


def require_write(hub: Hub, caller: Caller, repo: Repo) -> None:
    """Pass, or 401 without a token, or 403."""
    if caller.user is None:
        raise missing(caller)
    if not may_write(hub, caller, repo):
        raise RefusalError(403, FORBIDDEN)


def require_open(hub: Hub, caller: Caller, repo: Repo) -> None:
    """Pass, or GatedRepo: 401 without a token, 403 with one that was not let in."""
    if not may_open(hub, caller, repo):
        text = f"Access to {repo.kind} {repo.id} is restricted and you are not in the authorized list."
        raise RefusalError(403 if caller.user else 401, text, "GatedRepo")


def require_create(hub: Hub, caller: Caller, namespace: str, kind: Kind) -> str:
    """The namespace as it spells itself; 403 where the caller may not create."""
    require_writer(caller)
    home = hub.namespace(namespace)
    if home is None or not _may_add(hub, caller, namespace):
        raise RefusalError(
            403, f'You don\'t have the rights to create a {kind} under the namespace "{namespace}"'
        )
    return home.name


def _may_add(hub: Hub, caller: Caller, namespace: str) -> bool:
    """Whether the caller may put a repository there. A fine-grained token needs the namespace's own scope for that."""
    if caller.role == "fineGrained" and WRITE_REPOS not in caller.permissions(namespace):
        return False
    return hub.role_in(caller, namespace) in ("admin", "write", "contributor")


def require_transfer(hub: Hub, caller: Caller, repo: Repo, target: str) -> str:
    """The target namespace as it spells itself; 403 where the caller may not move the repository there.

    A user's repository goes to an organisation with the role contributor or more; an organisation's leaves it only
    by its admin; from user to user there is no way.
    """
    require_write(hub, caller, repo)
    home = hub.namespace(target)
    if home is not None and home.name.lower() == repo.namespace.lower():
        return home.name
    from_org, to_org = repo.namespace.lower() in hub.orgs, isinstance(home, Org)
    leaves = not from_org or hub.role_in(caller, repo.namespace) == "admin"
    enters = _may_add(hub, caller, target)
    if home is None or not (leaves and enters and (from_org or to_org)):
        raise RefusalError(403, f'You don\'t have the rights to move {repo.kind} {repo.id} to "{target}"')
    return home.name


def require_plan(hub: Hub, namespace: str, what: str) -> None:
    """402 where a free plan does not hold ``what``."""
    home = hub.namespace(namespace)
    free = home.plan == "free" if isinstance(home, Org) else home is not None and not home.pro
    if free:
        raise RefusalError(402, f"{what} needs a paid plan: {namespace} is on the free one")
