"""Requests for access to a gated repository: who asked, and what became of it.

A repository's ``accepted`` are the names that its gate lets in; the requests say why.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from hfops.sandbox.manners import RefusalError, bad_request, iso
from hfops.sandbox.people import AVATAR, User
from hfops.sandbox.repos import Repo
from hfops.sandbox.state import Hub

Status = Literal["pending", "accepted", "rejected"]


@dataclass(slots=True)
class AccessRequest:
    """One user's request; ``granted_by`` is who let the user in unasked."""

    id: str
    user: User
    status: Status
    when: datetime
    fields: dict[str, Any] = field(default_factory=dict)
    granted_by: str | None = None
    reason: str | None = None

    def told(self) -> dict[str, Any]:
        """The list's entry; no email where nobody asked."""
        user = {
            "_id": self.user.uid,
            "user": self.user.name,
            "fullname": self.user.fullname,
            "avatarUrl": AVATAR.format(self.user.name),
            "isPro": self.user.pro,
            "type": "user",
        }
        told = {"requestId": self.id, "status": self.status, "timestamp": iso(self.when)}
        if self.granted_by is not None:
            return told | {"user": user, "grantedBy": {"user": self.granted_by}}
        return told | {"user": user | {"email": self.user.email}, "fields": self.fields}


def requests_of(repo: Repo) -> dict[str, AccessRequest]:
    """A repository's requests by user name, the oldest first."""
    found: dict[str, AccessRequest] = repo.facets.setdefault("requests", {})
    return found


def require_gate(repo: Repo) -> None:
    """Pass, or 400 for a repository that everybody may open."""
    if repo.settings["gated"] is False:
        raise bad_request(f"{repo.id} is not gated")


def ask(hub: Hub, repo: Repo, user: User, fields: dict[str, Any]) -> AccessRequest:
    """A request, accepted at once behind an automatic gate; 403 for who was rejected before."""
    before = requests_of(repo).get(user.name)
    if before is not None and before.status == "rejected":
        raise RefusalError(403, "Your request to access this repository has been rejected")
    if before is None:
        before = AccessRequest(hub.new_id(), user, "pending", hub.now(), fields)
        requests_of(repo)[user.name] = before
        if repo.settings["gated"] == "auto":
            decide(repo, before, "accepted")
    return before


def decide(repo: Repo, request: AccessRequest, status: Status, reason: str | None = None) -> None:
    """Put a request into a state; 404 if it is there already."""
    if request.status == status:
        raise RefusalError(404, f"The request of {request.user.name} is {status} already")
    request.status, request.reason = status, reason
    if status == "accepted":
        repo.accepted.add(request.user.name)
    else:
        repo.accepted.discard(request.user.name)


def withdraw(repo: Repo, name: str) -> None:
    """Take a request back; 404 for none that is pending."""
    found = requests_of(repo).get(name)
    if found is None or found.status != "pending":
        raise RefusalError(404, "You have no pending request for this repository")
    del requests_of(repo)[name]


def let_in(hub: Hub, repo: Repo, user: User, by: str) -> AccessRequest:
    """Let a user in who need not have asked; 400 for one who is in."""
    found = requests_of(repo).get(user.name)
    if found is not None and found.status == "accepted":
        raise bad_request(f"{user.name} already has access")
    if found is None:
        found = AccessRequest(hub.new_id(), user, "pending", hub.now(), granted_by=by)
        requests_of(repo)[user.name] = found
    decide(repo, found, "accepted")
    return found
