"""Reading names: the tree, and the paths of paths-info."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from starlette.responses import Response

from hfops.sandbox.bodies import PathsInfo, checked, parse_json
from hfops.sandbox.git import Commit, File, trees
from hfops.sandbox.manners import RefusalError, bad_request, entry_not_found, iso, json_answer
from hfops.sandbox.paging import Key, cut
from hfops.sandbox.repos import Repo
from hfops.sandbox.web import Context, Route

PAGE, EXPANDED_PAGE = 1000, 100
MOST_PATHS = 2000


def root(ctx: Context) -> Response:
    """GET …/tree/{rev}."""
    return _tree(ctx, "")


def below(ctx: Context) -> Response:
    """GET …/tree/{rev}/{path}, the path's slashes encoded or not."""
    return _tree(ctx, ctx.slot("path").strip("/"))


def _tree(ctx: Context, folder: str) -> Response:
    repo = ctx.repo()
    commit = repo.git.resolve(ctx.slot("rev"))
    folders = trees(commit.files)
    if folder not in folders:
        raise entry_not_found(folder, ctx.slot("rev"))
    prefix = f"{folder}/" if folder else ""
    paths = [p for p in {*folders, *commit.files} - {folder} if p.startswith(prefix)]
    if not ctx.flag("recursive"):
        paths = [p for p in paths if "/" not in p.removeprefix(prefix)]
    expand = ctx.flag("expand")
    keyed: list[tuple[Key, str]] = [((path,), path) for path in sorted(paths)]
    page, headers = cut(ctx, keyed, EXPANDED_PAGE if expand else PAGE)
    return json_answer([entry(repo, commit, folders, p, expand=expand) for p in page], headers=headers)


def entry(repo: Repo, commit: Commit, folders: dict[str, str], path: str, *, expand: bool) -> dict[str, Any]:
    """A file or folder of a commit as the Hub lists it."""
    file = commit.files.get(path)
    row = _file(path, file) if file else {"type": "directory", "oid": folders[path], "size": 0, "path": path}
    if expand:
        last = repo.git.last_touch(commit, path)
        row["lastCommit"] = {"id": last.id, "title": last.title, "date": iso(last.date)}
        if file:
            row["securityFileStatus"] = {"status": "unscanned", "avScan": None, "pickleImportScan": None}
    return row


def _file(path: str, file: File) -> dict[str, Any]:
    row: dict[str, Any] = {"type": "file", "oid": file.oid, "size": file.size, "path": path}
    if file.large:
        large = file.large
        row["lfs"] = {"oid": large.sha256, "size": large.size, "pointerSize": large.pointer_size}
    return row


def paths_info(ctx: Context) -> Response:
    """POST …/paths-info/{rev}: those of the paths that exist."""
    repo, asked = ctx.repo(), _asked(ctx)
    paths = [asked.paths] if isinstance(asked.paths, str) else asked.paths
    if len(paths) > MOST_PATHS:
        raise RefusalError(413, "too many parameters")
    commit = repo.git.resolve(ctx.slot("rev"))
    folders = trees(commit.files)
    wanted = dict.fromkeys(path.strip("/") for path in paths)
    found = [p for p in wanted if p and (p in commit.files or p in folders)]
    return json_answer([entry(repo, commit, folders, p, expand=asked.expand) for p in found])


def _asked(ctx: Context) -> PathsInfo:
    if not ctx.request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return checked(PathsInfo, parse_json(ctx.request.body))
    form = parse_qs(ctx.request.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=None)
    expand = form.get("expand", ["false"])[-1].lower()
    if expand not in ("true", "false"):
        raise bad_request('"expand" must be true or false')
    return checked(PathsInfo, {"paths": form.get("paths"), "expand": expand == "true"})


ROUTES = (
    Route("GET", "/api/{kind}/{ns}/{repo}/tree/{rev}", root),
    Route("GET", "/api/{kind}/{ns}/{repo}/tree/{rev}/{path}", below),
    Route("POST", "/api/{kind}/{ns}/{repo}/paths-info/{rev}", paths_info),
)
