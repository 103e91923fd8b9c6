"""Paths of the Hub's API, each part encoded as one segment."""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote

from hfops.model.call import segment

RepoType = Literal["model", "dataset", "space"]


def repo_path(repo_type: RepoType, repo_id: str, *parts: str) -> str:
    """``/api/models/acme/x/branch/a%2Fb`` from ``("model", "acme/x", "branch", "a/b")``."""
    pieces = [f"{repo_type}s", *_safe(*repo_id.split("/", 1)), *_safe(*parts)]
    return "/api/" + "/".join(pieces)


def resolve_path(repo_type: RepoType, repo_id: str, revision: str, path: str) -> str:
    """A file's own URL path, which counts against the larger ``resolvers`` quota. Its slashes stay."""
    prefix = "" if repo_type == "model" else f"/{repo_type}s"
    repo = "/".join(_safe(*repo_id.split("/", 1)))
    name = "/".join(quote(part, safe="") for part in _safe_parts(*path.split("/")))
    return f"{prefix}/{repo}/resolve/{segment(revision)}/{name}"


def _safe(*parts: str) -> list[str]:
    return [segment(part) for part in _safe_parts(*parts)]


def _safe_parts(*parts: str) -> tuple[str, ...]:
    """ValueError for a part that a server or a library would fold away."""
    for part in parts:
        if part in {"", ".", ".."}:
            raise ValueError(f"{part!r} cannot be a part of a path ({'/'.join(parts)})")
    return parts
