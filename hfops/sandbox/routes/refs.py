"""Branches, tags, the refs answer, and squashing a branch's history."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from hfops.sandbox.bodies import BranchCreate, SuperSquash, TagCreate
from hfops.sandbox.git import HEADS, NO_COMMIT, PULLS, TAGS, GitRepo, draft, legal_ref
from hfops.sandbox.manners import RefusalError, bad_request, json_answer, revision_not_found
from hfops.sandbox.repos import MAIN, Repo
from hfops.sandbox.web import Context, Route


def refs(ctx: Context) -> Response:
    """GET …/refs; pull requests with ``include_prs``."""
    git = ctx.repo().git
    answer = {"branches": _under(git, HEADS), "converts": [], "tags": _under(git, TAGS)}
    if ctx.flag("include_prs"):
        answer["pullRequests"] = _under(git, PULLS)
    return json_answer(answer)


def _under(git: GitRepo, prefix: str) -> list[dict[str, str]]:
    found = [(ref, commit) for ref, commit in git.refs.items() if ref.startswith(prefix)]
    return [{"name": ref.removeprefix(prefix), "ref": ref, "targetCommit": commit} for ref, commit in found]


def _referred(ctx: Context, repo: Repo, ref: str, before: str | None, did: str) -> None:
    """Tell that a ref points elsewhere than ``before``."""
    body = {"ref": ref, "old": before, "new": repo.git.refs.get(ref)}
    ctx.hub.notify("referred", repo, body, did)


def create_branch(ctx: Context) -> Response:
    """POST …/branch/{name}: 409 on a repeat; ``overwrite`` with a starting point resets it."""
    repo, name, asked = ctx.repo(write=True), ctx.slot("rev"), ctx.json(BranchCreate)
    ref = HEADS + name
    if name.startswith("refs/") or not legal_ref(name):
        raise bad_request("Invalid reference for a branch")
    if ref in repo.git.refs:
        if not asked.overwrite:
            raise RefusalError(409, f"Reference {ref} already exists")
        if asked.starting_point is None and not asked.empty_branch:
            return json_answer({"success": True})
    before = repo.git.refs.get(ref)
    start = NO_COMMIT if asked.empty_branch else repo.git.resolve(asked.starting_point or MAIN).id
    repo.git.refs[ref] = start
    _referred(ctx, repo, ref, before, "repo.create_branch")
    return json_answer({"success": True})


def delete_branch(ctx: Context) -> Response:
    """DELETE …/branch/{name}: not main; 404 when there is none."""
    repo, name = ctx.repo(write=True), ctx.slot("rev")
    if name == MAIN:
        raise RefusalError(403, f"Cannot delete {HEADS}{MAIN}")
    before = repo.git.refs.pop(HEADS + name, None)
    if before is None:
        raise revision_not_found(name)
    _referred(ctx, repo, HEADS + name, before, "repo.delete_branch")
    return json_answer({"success": True})


def create_tag(ctx: Context) -> Response:
    """POST …/tag/{rev}, the name in the body: 409 on a repeat, even at the same commit."""
    repo, asked = ctx.repo(write=True), ctx.json(TagCreate)
    if not legal_ref(asked.tag) or asked.tag.startswith("refs/"):
        raise bad_request(f"Invalid tag name: {asked.tag!r}")
    target = repo.git.resolve(ctx.slot("rev"))
    ref = TAGS + asked.tag
    if ref in repo.git.refs:
        raise RefusalError(409, f"Reference {ref} already exists")
    repo.git.refs[ref] = target.id
    _referred(ctx, repo, ref, None, "repo.create_tag")
    return json_answer({"success": True})


def delete_tag(ctx: Context) -> Response:
    """DELETE …/tag/{name}: 404 when there is none, and the service's own 500 for a branch's name."""
    repo, name = ctx.repo(write=True), ctx.slot("rev")
    before = repo.git.refs.pop(TAGS + name, None)
    if before is None:
        if HEADS + name in repo.git.refs:
            raise RefusalError(500, "Internal Server Error")
        raise revision_not_found(name)
    _referred(ctx, repo, TAGS + name, before, "repo.delete_tag")
    return json_answer({"success": True})


def super_squash(ctx: Context) -> Response:
    """POST …/super-squash/{branch}: the same files, one commit without a parent."""
    repo, name, asked = ctx.repo(write=True), ctx.slot("rev"), ctx.json(SuperSquash)
    if TAGS + name in repo.git.refs and HEADS + name not in repo.git.refs:
        raise bad_request("Invalid reference for a branch")
    if HEADS + name not in repo.git.refs:
        raise revision_not_found(name)
    before = repo.git.refs[HEADS + name]
    made = _squash(ctx, repo, name, asked.message or f"Super-squash branch '{name}'")
    body = {"ref": HEADS + name, "old": before, "new": made}
    ctx.hub.notify("committed", repo, body, "repo.super_squash")
    return json_answer({"commitId": made})


def _squash(ctx: Context, repo: Repo, branch: str, message: str) -> str:
    head = repo.git.at(repo.git.refs[HEADS + branch])
    alone = draft(None, head.files, message, ctx.caller.name or "", ctx.hub.now())
    return repo.git.commit(HEADS + branch, replace(alone, parent=None), ctx.hub.serial()).id


ROUTES = (
    Route("GET", "/api/{kind}/{ns}/{repo}/refs", refs),
    Route("POST", "/api/{kind}/{ns}/{repo}/branch/{rev}", create_branch),
    Route("DELETE", "/api/{kind}/{ns}/{repo}/branch/{rev}", delete_branch),
    Route("POST", "/api/{kind}/{ns}/{repo}/tag/{rev}", create_tag),
    Route("DELETE", "/api/{kind}/{ns}/{repo}/tag/{rev}", delete_tag),
    Route("POST", "/api/{kind}/{ns}/{repo}/super-squash/{rev}", super_squash),
)
