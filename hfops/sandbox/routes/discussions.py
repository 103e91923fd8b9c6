"""Discussions and pull requests.

Who may read a repository and has a token that writes may open and comment. Titles and status are changed by the author
or by who may write to the repository, who alone merges, pins and deletes.
"""

from __future__ import annotations

from starlette.responses import Response

from hfops.sandbox import access
from hfops.sandbox.discussions import told
from hfops.sandbox.discussions.board import (
    CLOSED,
    DRAFT,
    MERGED,
    OPEN,
    Discussion,
    board_of,
    happen,
    open_discussion,
    say,
    tell,
)
from hfops.sandbox.discussions.bodies import (
    CommentCreate,
    CommentEdit,
    DiscussionCreate,
    Merge,
    PinSet,
    StatusSet,
    TitleSet,
)
from hfops.sandbox.discussions.merging import conflicts, merged
from hfops.sandbox.git import HEADS
from hfops.sandbox.manners import RefusalError, bad_request, json_answer
from hfops.sandbox.repos import MAIN, Repo
from hfops.sandbox.web import Context, Route

PAGE = 20
COMMENT = "discussion.comment"
STATUSES = {"all": (OPEN, DRAFT, CLOSED, MERGED), "open": (OPEN, DRAFT), "closed": (CLOSED, MERGED)}
TYPES = {"all": (True, False), "discussion": (False,), "pull_request": (True,)}


def listing(ctx: Context) -> Response:
    """GET …/discussions, the pinned ones first, then the newest; by page number."""
    repo, page = ctx.repo(), ctx.query.get("p", "0")
    kind, status = ctx.query.get("type", "all"), ctx.query.get("status", "all")
    if kind not in TYPES or status not in STATUSES or not page.isdecimal():
        raise bad_request(
            f'"type" is one of {list(TYPES)}, "status" one of {list(STATUSES)}, "p" a page number'
        )
    kept = [d for d in board_of(repo).all.values() if d.is_pull in TYPES[kind] and _wanted(ctx, d)]
    found = [d for d in kept if d.status in STATUSES[status]]
    found.sort(key=lambda d: (d.pinned, d.num), reverse=True)
    start = int(page) * PAGE
    answer = {
        "discussions": [told.listed(ctx.hub, repo, d) for d in found[start : start + PAGE]],
        "count": len(found),
        "start": start,
        "numClosedDiscussions": sum(not d.live for d in kept),
    }
    return json_answer(answer)


def _wanted(ctx: Context, discussion: Discussion) -> bool:
    author, words = ctx.query.get("author"), ctx.query.get("search", "")
    return author in (None, discussion.author) and words.lower() in discussion.title.lower()


def create(ctx: Context) -> Response:
    """POST …/discussions; a pull request made so is a draft, and empty."""
    repo, name = _speaking(ctx)
    asked = ctx.json(DiscussionCreate)
    made = open_discussion(ctx.hub, repo, name, asked.title, base=repo.head if asked.pull_request else None)
    made.status = DRAFT if asked.pull_request else OPEN
    first = say(ctx.hub, made, name, asked.description)
    tell(ctx.hub, repo, made, "create", comment=first)
    url = f"{ctx.base}{repo.path}/discussions/{made.num}"
    return json_answer({"num": made.num, "url": url, "pullRequest": made.is_pull})


def _speaking(ctx: Context) -> tuple[Repo, str]:
    """The repository and the caller's name, if the caller may say something there."""
    repo, name = ctx.repo(), access.require_writer(ctx.caller)
    if repo.settings["discussionsDisabled"]:
        raise RefusalError(403, f"Discussions are disabled for {repo.id}")
    return repo, name


def one(ctx: Context) -> Response:
    """GET …/discussions/{num}; with ``diff`` a pull request's changes."""
    repo = ctx.repo()
    discussion = board_of(repo).find(ctx.slot("num"))
    return json_answer(told.detailed(ctx.hub, repo, discussion, diff=ctx.flag("diff")))


def delete(ctx: Context) -> Response:
    """DELETE …/discussions/{num}, with its ref."""
    repo = ctx.repo(write=True)
    discussion = board_of(repo).find(ctx.slot("num"))
    del board_of(repo).all[discussion.num]
    repo.git.refs.pop(discussion.ref, None)
    tell(ctx.hub, repo, discussion, "delete")
    return json_answer({"success": True})


def drop_ref(ctx: Context) -> Response:
    """DELETE …/discussions/{num}/ref: what a finished pull request still holds."""
    repo, discussion = _steered(ctx)
    if not discussion.is_pull or discussion.live:
        raise bad_request("Only the ref of a closed or merged pull request can be deleted")
    if repo.git.refs.pop(discussion.ref, None) is None:
        raise RefusalError(404, f"{discussion.ref} does not exist")
    return json_answer({"success": True})


def comment(ctx: Context) -> Response:
    """POST …/comment: 201 with the new entry."""
    repo, name = _speaking(ctx)
    discussion = board_of(repo).find(ctx.slot("num"))
    made = say(ctx.hub, discussion, name, ctx.json(CommentCreate).comment)
    tell(ctx.hub, repo, discussion, "create", scope=COMMENT, comment=made)
    return json_answer({"newMessage": told.event(ctx.hub, made)}, 201)


def edit(ctx: Context) -> Response:
    """POST …/comment/{id}/edit, by its author."""
    repo, name = _speaking(ctx)
    discussion = board_of(repo).find(ctx.slot("num"))
    made = discussion.comment(ctx.slot("comment"))
    text = ctx.json(CommentEdit).content
    if made.author != name or made.data["hidden"]:
        raise RefusalError(403, "Only its author edits a comment, and no hidden one")
    made.data["history"].insert(0, {"raw": text, "author": name, "when": ctx.hub.now()})
    made.data["edited"] = True
    tell(ctx.hub, repo, discussion, scope=COMMENT, comment=made)
    return json_answer({"updatedComment": told.event(ctx.hub, made)})


def hide(ctx: Context) -> Response:
    """POST …/comment/{id}/hide, by its author or who may write; for good."""
    repo, name = _speaking(ctx)
    discussion = board_of(repo).find(ctx.slot("num"))
    made = discussion.comment(ctx.slot("comment"))
    if made.author != name:
        access.require_write(ctx.hub, ctx.caller, repo)
    made.data["hidden"] = True
    tell(ctx.hub, repo, discussion, scope=COMMENT, comment=made)
    return json_answer({"updatedComment": told.event(ctx.hub, made)})


def set_status(ctx: Context) -> Response:
    """POST …/status: open what is a draft or closed, close what is open; a merged one stays merged."""
    repo, discussion = _steered(ctx)
    asked, name = ctx.json(StatusSet), ctx.caller.name or ""
    if discussion.status == MERGED:
        raise bad_request("A merged pull request cannot be opened or closed")
    said = say(ctx.hub, discussion, name, asked.comment) if asked.comment else None
    discussion.status = asked.status
    made = happen(ctx.hub, discussion, "status-change", name, {"status": asked.status})
    tell(ctx.hub, repo, discussion, comment=said)
    return json_answer({"newStatus": told.event(ctx.hub, made)})


def set_title(ctx: Context) -> Response:
    """POST …/title."""
    repo, discussion = _steered(ctx)
    title = ctx.json(TitleSet).title
    data = {"from": discussion.title, "to": title}
    made = happen(ctx.hub, discussion, "title-change", ctx.caller.name or "", data)
    discussion.title = title
    tell(ctx.hub, repo, discussion)
    return json_answer({"newTitle": told.event(ctx.hub, made)})


def _steered(ctx: Context) -> tuple[Repo, Discussion]:
    """The discussion, for its author or who may write to the repository."""
    repo = ctx.repo()
    discussion = board_of(repo).find(ctx.slot("num"))
    if access.require_writer(ctx.caller) != discussion.author:
        access.require_write(ctx.hub, ctx.caller, repo)
    return repo, discussion


def pin(ctx: Context) -> Response:
    """POST …/pin."""
    repo = ctx.repo(write=True)
    discussion = board_of(repo).find(ctx.slot("num"))
    discussion.pinned = ctx.json(PinSet).pinned
    happen(ctx.hub, discussion, "pinning-change", ctx.caller.name or "", {"pinned": discussion.pinned})
    tell(ctx.hub, repo, discussion)
    return json_answer({"success": True})


def merge(ctx: Context) -> Response:
    """POST …/merge: main gets the changes in one commit; 409 on a conflict, 400 for a draft or a finished one."""
    repo = ctx.repo(write=True)
    pull, asked = board_of(repo).find(ctx.slot("num")), ctx.json(Merge)
    name = ctx.caller.name or ""
    if not pull.is_pull or pull.status != OPEN:
        raise bad_request(f"Only an open pull request can be merged, {pull.num} is {pull.status}")
    if found := conflicts(repo, pull):
        raise RefusalError(409, f"Pull request {pull.num} has conflicts: {', '.join(found)}")
    said = say(ctx.hub, pull, name, asked.comment) if asked.comment else None
    message = f"{pull.title} (#{pull.num})"
    pull.merged_as = ctx.hub.commit(repo, HEADS + MAIN, merged(repo, pull), message, name).id
    pull.status = MERGED
    happen(ctx.hub, pull, "status-change", name, {"status": MERGED})
    tell(ctx.hub, repo, pull, comment=said)
    return json_answer({"success": True})


ALL = "/api/{kind}/{ns}/{repo}/discussions"
ROUTES = (
    Route("GET", ALL, listing),
    Route("POST", ALL, create),
    Route("GET", f"{ALL}/{{num}}", one),
    Route("DELETE", f"{ALL}/{{num}}", delete),
    Route("DELETE", f"{ALL}/{{num}}/ref", drop_ref),
    Route("POST", f"{ALL}/{{num}}/comment", comment),
    Route("POST", f"{ALL}/{{num}}/comment/{{comment}}/edit", edit),
    Route("POST", f"{ALL}/{{num}}/comment/{{comment}}/hide", hide),
    Route("POST", f"{ALL}/{{num}}/status", set_status),
    Route("POST", f"{ALL}/{{num}}/title", set_title),
    Route("POST", f"{ALL}/{{num}}/pin", pin),
    Route("POST", f"{ALL}/{{num}}/merge", merge),
)
