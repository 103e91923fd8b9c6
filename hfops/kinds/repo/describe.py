"""Repositories as manifests: one list for a type and namespace, refs and cards where they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from hfops.hub.errors import BadAnswer, Forbidden, NotFound, Unauthorized
from hfops.hub.paths import RepoType, repo_path, resolve_path
from hfops.kinds.base import HubView
from hfops.kinds.describe import Draft, Portrait, Refs, Sketch, Wish
from hfops.kinds.groups import FIELD, NONE
from hfops.kinds.repo.content.card import README, Readme
from hfops.kinds.repo.content.yaml import CardError
from hfops.kinds.repo.fields import MAIN
from hfops.kinds.repo.live import Group, LiveRepo, parse_info, parse_refs
from hfops.kinds.repo.observe import EXPAND, PAGE
from hfops.model.address import Address
from hfops.model.record import OBJECT_ID

CARD = "card"
CLOSED = (Forbidden, Unauthorized, NotFound, BadAnswer)
Row = Mapping[str, Any]


def sketch_repos(repo_type: RepoType, kind: str, wish: Wish, hub: HubView) -> Iterator[Sketch]:
    """Every repository, ready to be drawn. Calls: GET /api/{type}s?author=…, or one read for each name."""
    for row in repo_rows(repo_type, wish, hub, EXPAND[repo_type]):
        draw = partial(_draw, repo_type, row, wish, hub)
        yield Sketch(address_of(kind, row), row.get("_id"), draw, closer_reads(wish))


def repo_rows(repo_type: RepoType, wish: Wish, hub: HubView, expand: Sequence[str]) -> Iterator[Row]:
    """Rows of the list of a namespace; for names, each repository's own answer. One that is missing is left out."""
    params: dict[str, str | list[str]] = {"expand": list(expand)}
    if wish.names:
        ids = [f"{wish.namespace}/{name}" for name in wish.names]
        found = hub.map(lambda i: hub.reads.get_or_none(repo_path(repo_type, i), params), ids)
        yield from (_row(data, repo_type) for data in found if data is not None)
        return
    listed = {"author": wish.namespace, "limit": PAGE, **params}
    for page in hub.reads.pages(f"/api/{repo_type}s", listed):
        yield from (row for data in page if "/" in (row := _row(data, repo_type))["id"])


def _row(data: Any, repo_type: RepoType) -> Row:
    if not isinstance(data, Mapping) or not isinstance(data.get("id"), str):
        raise BadAnswer(f"the Hub's list of {repo_type}s holds a row without an id")
    return data


def address_of(kind: str, row: Row) -> Address:
    """The address of a row: the Hub's own name, also where an old one was asked for."""
    namespace, _, name = row["id"].partition("/")
    return Address(kind, namespace, name)


def closer_reads(wish: Wish) -> int:
    """Requests for each repository."""
    return int(wish.refs != "none") + int(wish.cards)


def _draw(repo_type: RepoType, row: Row, wish: Wish, hub: HubView, address: Address) -> Portrait:
    live, draft = parse_info(row, repo_type), Draft()
    settings(live, draft)
    live = with_refs(repo_type, live, wish.refs, draft, hub)
    with_card(repo_type, address, wish, draft, hub)
    return Portrait(draft.spec, live, draft.comments)


def settings(live: LiveRepo, draft: Draft) -> None:
    """Visibility and gate always, the resource group where there is one. What is nowhere readable is left out."""
    draft.put("visibility", live.visibility)
    draft.put("gated", live.gated)
    group_field(live.group, draft)


def group_field(group: Group | None, draft: Draft) -> None:
    """The resource group by its name; by its id where that would be taken for something else."""
    if group is not None:
        usable = group.name and group.name != NONE and not OBJECT_ID.fullmatch(group.name)
        draft.put(FIELD, group.name if usable else group.id)


def with_refs(repo_type: RepoType, live: LiveRepo, refs: Refs, draft: Draft, hub: HubView) -> LiveRepo:
    """Tags, and for ``all`` branches, too (GET /refs); the repository with what was read."""
    if refs == "none":
        return live
    try:
        found = parse_refs(hub.reads.get(repo_path(repo_type, live.id, "refs")))
    except CLOSED as error:
        draft.say(f"not readable: {error}", "tags")
        return live
    branches = sorted(set(found.branches) - {MAIN})
    if refs == "all" and branches:
        draft.put("branches", [{"name": name} for name in branches])
        for index, name in enumerate(branches):
            draft.say(f"at {found.branches[name][:7]}", "branches", index)
    tags = [{"name": name, "revision": commit} for name, commit in sorted(found.tags.items())]
    draft.put("tags", tags, unless=([],))
    return replace(live, refs=found)


def with_card(
    repo_type: RepoType,
    address: Address,
    wish: Wish,
    draft: Draft,
    hub: HubView,
    *,
    without: tuple[str, ...] = (),
) -> None:
    """The front matter of README.md, as it stands (GET /resolve/); ``without`` keys that are fields of the manifest."""
    if not wish.cards:
        return
    try:
        data = hub.reads.content(resolve_path(repo_type, address.id, MAIN, README))
        metadata = Readme.of(data or b"").metadata
    except (*CLOSED, CardError) as error:
        draft.say(f"README.md cannot be read: {error}", CARD)
        return
    kept = {k: v for k, v in metadata.items() if k not in without and not holds_null(v)}
    if kept:
        draft.put(CARD, {"metadata": kept})
    if left := [k for k, v in metadata.items() if holds_null(v) and v is not None]:
        draft.say(f"left out, for they hold null: {', '.join(left)}", CARD, "metadata")


def holds_null(value: Any) -> bool:
    """Whether a manifest could not say it: there, null means that nothing is said."""
    if isinstance(value, Mapping):
        return any(holds_null(v) for v in value.values())
    return any(holds_null(v) for v in value) if isinstance(value, list) else value is None
