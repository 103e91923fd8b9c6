"""What the API tells about discussions."""

from __future__ import annotations

import difflib
import html
from collections.abc import Iterator
from typing import Any

from hfops.sandbox.discussions.board import Discussion, Happening
from hfops.sandbox.discussions.merging import conflicts
from hfops.sandbox.git import HEADS, Commit, File
from hfops.sandbox.manners import iso
from hfops.sandbox.people import AVATAR
from hfops.sandbox.repos import MAIN, Repo
from hfops.sandbox.state import Hub

HIDDEN = "This comment has been hidden"


def author(hub: Hub, name: str) -> dict[str, Any]:
    """A user as discussions name one."""
    user = hub.users.get(name.lower())
    known = {"_id": user.uid, "fullname": user.fullname, "isPro": user.pro} if user else {}
    return {"name": name, "type": "user", "avatarUrl": AVATAR.format(name)} | known


def listed(hub: Hub, repo: Repo, discussion: Discussion) -> dict[str, Any]:
    """A list's entry."""
    return {
        "num": discussion.num,
        "title": discussion.title,
        "status": discussion.status,
        "isPullRequest": discussion.is_pull,
        "createdAt": iso(discussion.created),
        "author": author(hub, discussion.author),
        "repo": {"name": repo.id, "type": repo.kind.value},
        "pinned": discussion.pinned,
        "numComments": sum(e.type == "comment" for e in discussion.events),
    }


def detailed(hub: Hub, repo: Repo, discussion: Discussion, *, diff: bool) -> dict[str, Any]:
    """One discussion with all that happened."""
    answer = listed(hub, repo, discussion)
    answer["events"] = [event(hub, e) for e in discussion.events]
    answer["locked"] = False
    if discussion.base is None:
        return answer
    answer["changes"] = {"base": HEADS + MAIN}
    if discussion.merged_as:
        answer["changes"]["mergeCommitId"] = discussion.merged_as
    head = repo.git.refs.get(discussion.ref)
    answer["filesWithConflicts"] = conflicts(repo, discussion) if head and discussion.live else []
    if diff and head:
        answer["diff"] = "".join(changes(hub, discussion.base, repo.git.at(head)))
    return answer


def event(hub: Hub, happening: Happening) -> dict[str, Any]:
    """One entry."""
    data = _comment(hub, happening) if happening.type == "comment" else happening.data
    return {
        "id": happening.id,
        "type": happening.type,
        "createdAt": iso(happening.when),
        "author": author(hub, happening.author),
        "data": data,
    }


def _comment(hub: Hub, happening: Happening) -> dict[str, Any]:
    data = happening.data
    versions = [_version(hub, v, hidden=data["hidden"]) for v in data["history"]]
    shown = {"edited": data["edited"], "hidden": data["hidden"], "latest": versions[0]}
    return shown | {"numEdits": len(versions) - 1, "history": versions}


def _version(hub: Hub, version: dict[str, Any], *, hidden: bool) -> dict[str, Any]:
    raw = HIDDEN if hidden else version["raw"]
    told = {"raw": raw, "html": f"<p>{html.escape(raw)}</p>"}
    return told | {"updatedAt": iso(version["when"]), "author": author(hub, version["author"])}


def changes(hub: Hub, before: Commit, after: Commit) -> Iterator[str]:
    """The unified diff from one commit to another; of a large file, of its pointer."""
    for path in sorted({*before.files, *after.files}):
        old, new = before.files.get(path), after.files.get(path)
        if old == new:
            continue
        yield f"diff --git a/{path} b/{path}\n"
        lines = [_text(hub, file).splitlines(keepends=True) for file in (old, new)]
        names = (f"a/{path}" if old else "/dev/null", f"b/{path}" if new else "/dev/null")
        for line in difflib.unified_diff(lines[0], lines[1], *names):
            yield line if line.endswith("\n") else f"{line}\n"


def _text(hub: Hub, file: File | None) -> str:
    return hub.store.blobs[file.oid].decode("utf-8", "replace") if file else ""
