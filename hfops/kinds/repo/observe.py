"""Observing repositories with the fewest reads: a list call for many, one read each for few, refs where managed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from hfops.hub.errors import BadAnswer, Forbidden, NotFound
from hfops.hub.paths import RepoType, repo_path
from hfops.kinds.answers import absent
from hfops.kinds.base import Ask, HubView, Sight
from hfops.kinds.groups import with_groups
from hfops.kinds.repo.fields import MAIN
from hfops.kinds.repo.live import LiveRepo, Refs, parse_info, parse_refs
from hfops.kinds.repo.refs import RefsCompared, compare_refs, leaving
from hfops.kinds.repo.spec import RepoSpec, commit_settings, manages_content
from hfops.model.address import Address
from hfops.model.change import Op
from hfops.model.resource import Lifecycle, OnDrift

FEW = 5
"""Up to this many repositories of a type and namespace are read one by one."""

PAGE = "500"
MAX_HISTORY_PAGES = 10
"""Pages of 1,000 commits read of one repository to find out whether a commit would be lost. Beyond, it is said to be."""

SHARED = ["private", "resourceGroup", "createdAt"]
EXPAND: dict[RepoType, list[str]] = {
    "model": [*SHARED, "gated"],
    "dataset": [*SHARED, "gated"],
    "space": [*SHARED, "sdk", "runtime"],
}
"""What info and list calls are asked for. Spaces know no key ``gated``."""


def _expand(repo_type: RepoType, asks: Sequence[Ask]) -> list[str]:
    """With the head of main where somebody's files are compared with it."""
    specs = [a.resource.spec for a in asks if a.resource is not None and manages_content(a.resource.spec)]
    return [*EXPAND[repo_type], "sha"] if any(_on_main(spec) for spec in specs) else EXPAND[repo_type]


def _on_main(spec: object) -> bool:
    return isinstance(spec, RepoSpec) and commit_settings(spec).branch == MAIN


def observe_repos(repo_type: RepoType, asks: Sequence[Ask], hub: HubView) -> dict[Address, Sight]:
    """What is live for each ask. Calls: GET /api/{type}s[/{id}], /refs, /revision, /commits, resource-groups."""
    by_namespace: dict[str, list[Ask]] = defaultdict(list)
    for ask in asks:
        by_namespace[ask.address.namespace.casefold()].append(ask)
    sights: dict[Address, Sight] = {}
    for _, group in sorted(by_namespace.items()):
        few = len(group) <= FEW and not hub.whole
        sights |= _one_by_one(repo_type, group, hub) if few else _listed(repo_type, group, hub)
    sights = with_groups(asks, sights, hub)
    if repo_type == "space":
        sights = _with_gates(asks, sights, hub)
    return _with_refs(repo_type, asks, sights, hub)


def _one_by_one(repo_type: RepoType, asks: Sequence[Ask], hub: HubView) -> dict[Address, Sight]:
    return dict(hub.map(lambda ask: (ask.address, _read(repo_type, ask, hub)), asks))


def _read(repo_type: RepoType, ask: Ask, hub: HubView) -> Sight:
    """GET one repository. A renamed one answers under its old name: existing means the id asked for."""
    try:
        live = parse_info(
            hub.reads.get(repo_path(repo_type, ask.address.id), {"expand": _expand(repo_type, [ask])}),
            repo_type,
        )
    except NotFound:
        return absent(ask, hub)
    except (Forbidden, BadAnswer) as error:
        return Sight(problem=f"it cannot be read: {error}")
    if live.id.casefold() == ask.address.id.casefold():
        return Sight(live)
    if ask.record is not None and ask.record.hub_id == live.hub_id:
        return Sight(renamed_to=live.id)
    return Sight()


def _listed(repo_type: RepoType, asks: Sequence[Ask], hub: HubView) -> dict[Address, Sight]:
    """List the namespace until all are found. Not listed is not absent: what the ledger knows is read by itself."""
    wanted = {ask.address.id.casefold(): ask for ask in asks}
    found: dict[Address, Sight] = {}
    params: dict[str, str | list[str]] = {"author": asks[0].address.namespace, "limit": PAGE}
    params["expand"] = _expand(repo_type, asks)
    for page in hub.reads.pages(f"/api/{repo_type}s", params):
        for row in page:
            if not isinstance(row, Mapping) or not isinstance(row.get("id"), str):
                raise BadAnswer(f"the Hub's list of {repo_type}s holds a row without an id")
            hub.saw(_address(asks[0].address.kind, row["id"]), row.get("_id"))
            ask = wanted.pop(row["id"].casefold(), None)
            if ask:
                found[ask.address] = _parsed(row, repo_type)
        if not wanted and not hub.whole:
            break
    doubtful = [a for a in wanted.values() if a.record is not None]
    certain = [a for a in wanted.values() if a.record is None]
    if certain and not found and _read(repo_type, certain[0], hub).live is not None:
        return _one_by_one(
            repo_type, asks, hub
        )  # the list does not know the namespace as the manifests spell it
    return found | {a.address: Sight() for a in certain} | _one_by_one(repo_type, doubtful, hub)


def _address(kind: str, repo_id: str) -> Address:
    namespace, _, name = repo_id.partition("/")
    return Address(kind, namespace, name)


def _parsed(row: Any, repo_type: RepoType) -> Sight:
    try:
        return Sight(parse_info(row, repo_type))
    except BadAnswer as error:
        return Sight(problem=f"it cannot be read: {error}")


def _with_gates(asks: Sequence[Ask], sights: dict[Address, Sight], hub: HubView) -> dict[Address, Sight]:
    """Read the plain answer of the Spaces whose gate is managed: nothing else shows it."""
    needing = [a for a in asks if sights[a.address].live is not None and manages_gate(a)]

    def read(ask: Ask) -> tuple[Address, Sight]:
        live: LiveRepo | None = sights[ask.address].live
        assert live is not None
        try:
            gated = parse_info(hub.reads.get(repo_path("space", live.id)), "space").gated
        except (Forbidden, NotFound, BadAnswer) as error:
            return ask.address, Sight(problem=f"it cannot be read: {error}")
        return ask.address, replace(sights[ask.address], live=replace(live, gated=gated))

    return {**sights, **dict(hub.map(read, needing))}


def manages_gate(ask: Ask) -> bool:
    """Whether the manifest says whether access must be asked for."""
    return ask.resource is not None and getattr(ask.resource.spec, "gated", None) is not None


def _with_refs(
    repo_type: RepoType, asks: Sequence[Ask], sights: Mapping[Address, Sight], hub: HubView
) -> dict[Address, Sight]:
    needing = [a for a in asks if sights[a.address].live is not None and _needs_refs(a)]

    def read(ask: Ask) -> tuple[Address, Sight]:
        try:
            return ask.address, _refs(repo_type, ask, sights[ask.address], hub)
        except (Forbidden, NotFound, BadAnswer) as error:
            return ask.address, Sight(problem=f"its branches and tags cannot be read: {error}")

    return {**sights, **dict(hub.map(read, needing))}


def _needs_refs(ask: Ask) -> bool:
    spec = ask.resource.spec if ask.resource else None
    return ask.closely or manages_refs(ask) or (manages_content(spec) and not _on_main(spec))


def manages_refs(ask: Ask) -> bool:
    """Whether the manifest names branches or tags."""
    spec = ask.resource.spec if ask.resource else None
    return isinstance(spec, RepoSpec) and (spec.branches is not None or spec.tags is not None)


def _refs(repo_type: RepoType, ask: Ask, sight: Sight, hub: HubView) -> Sight:
    live: LiveRepo | None = sight.live
    assert live is not None
    repo_id = live.id

    def path(*parts: str) -> str:
        return repo_path(repo_type, repo_id, *parts)

    if ask.record is not None and ask.record.hub_id not in (None, live.hub_id):
        ask = replace(
            ask, record=None
        )  # another repository took the name: what is remembered is not of this one
    refs = parse_refs(hub.reads.get(path("refs")))
    if not manages_refs(ask):
        return replace(sight, live=replace(live, refs=refs))
    compared = _compared(ask, refs)
    if compared.unknown:
        refs = replace(refs, found=_look_up(compared, path, hub))
        compared = _compared(ask, refs)
    lifecycle = ask.resource.lifecycle if ask.resource else Lifecycle()
    may_be_held = bool(lifecycle.ignore_changes) or lifecycle.on_drift is OnDrift.REPORT
    reachable = _reachable(compared, refs, path, hub, may_be_held=may_be_held)
    refs = replace(refs, reachable=reachable)
    return replace(sight, live=replace(live, refs=refs))


def _compared(ask: Ask, refs: Refs) -> RefsCompared:
    assert ask.resource is not None
    spec = ask.resource.spec
    assert isinstance(spec, RepoSpec)
    return compare_refs(spec, ask.record, refs, "")


def _look_up(compared: RefsCompared, path: Callable[..., str], hub: HubView) -> dict[str, str | None]:
    """GET /revision/{rev} for each revision that is no known ref: short commits, refs/pr/N."""
    found: dict[str, str | None] = {}
    for text in sorted(set(compared.unknown.values())):
        data = hub.reads.get_or_none(path("revision", text))
        sha = data.get("sha") if isinstance(data, Mapping) else None
        found[text] = str(sha) if sha else None
    return found


def _reachable(
    compared: RefsCompared, refs: Refs, path: Callable[..., str], hub: HubView, *, may_be_held: bool
) -> frozenset[str]:
    """Which commits of refs about to go stay reachable from a ref that stays, as far as a few pages tell.

    Refs still to be made count too, unless their making ``may_be_held`` back by the lifecycle.
    """
    doubtful = {c for d in compared.differences if d.op is not Op.ADD and (c := leaving(d))}
    if not doubtful:
        return frozenset()
    going = {d.key for d in compared.differences if d.op is not Op.ADD}
    heads = {n: c for n, c in refs.branches.items() if ("branches", n) not in going}
    tags = {c for n, c in refs.tags.items() if ("tags", n) not in going}
    made = {d.after["commit"] for d in compared.differences if d.op is not Op.REMOVE and not may_be_held}
    safe = doubtful & ({*heads.values()} | tags | {c for c in made if isinstance(c, str)})
    starts = [*sorted(heads, key=lambda n: (n != "main", n)), *sorted(tags - {*heads.values()})]
    for page in islice(_histories(starts, path, hub), MAX_HISTORY_PAGES):
        if safe == doubtful:
            break
        safe |= doubtful & {str(c["id"]) for c in page if isinstance(c, Mapping) and "id" in c}
    return frozenset(safe)


def _histories(starts: Iterable[str], path: Callable[..., str], hub: HubView) -> Iterator[list[Any]]:
    """Commits, newest first, page by page (GET /commits/{rev}): main's, other branches', tags'."""
    for revision in starts:
        yield from hub.reads.pages(path("commits", revision), {"limit": "1000"})
