"""Observing endpoints with the fewest reads: one by one or by the list, commits and hardware only where they matter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hfops.hub.errors import BadAnswer, Forbidden, HubError, NotFound, Unauthorized
from hfops.hub.paths import repo_path
from hfops.kinds.answers import absent
from hfops.kinds.base import Ask, HubView, Sight
from hfops.kinds.endpoint.catalogue import CATALOGUE, CHOICE, catalogue_path, parse_catalogue
from hfops.kinds.endpoint.cost import ABOUT
from hfops.kinds.endpoint.live import LiveEndpoint, endpoint_path, parse
from hfops.kinds.endpoint.normal import live_field, same, wanted_fields
from hfops.kinds.endpoint.revision import COMMITS, FOREIGN, text_to_look_up
from hfops.kinds.endpoint.scene import Scene
from hfops.kinds.endpoint.state import compare_state
from hfops.model.address import Address
from hfops.model.call import Api

FEW = 5
"""Up to this many endpoints of a namespace are read one by one."""

PAGE = "100"
LASTING = 600.0
"""Seconds for which a catalogue that was read is good: prices and quotas do not change within a plan."""

CLOSED = (Forbidden, Unauthorized, BadAnswer)


def observe_endpoints(asks: Sequence[Ask], hub: HubView) -> dict[Address, Sight]:
    """What is live for each ask. Calls: GET /endpoint/{ns}[/{name}], /provider/{ns}, and the Hub's /revision."""
    by_namespace: dict[str, list[Ask]] = defaultdict(list)
    for ask in asks:
        by_namespace[ask.address.namespace.casefold()].append(ask)
    sights: dict[Address, Sight] = {}
    for _, group in sorted(by_namespace.items()):
        few = len(group) <= FEW and not hub.whole
        sights |= _one_by_one(group, hub) if few else _listed(group, hub)
    sights = _with_commits(asks, sights, hub)
    return _with_catalogue(asks, sights, hub)


def _one_by_one(asks: Sequence[Ask], hub: HubView) -> dict[Address, Sight]:
    return dict(hub.map(lambda ask: (ask.address, _read(ask, hub)), asks))


def _read(ask: Ask, hub: HubView) -> Sight:
    path = endpoint_path(ask.address.namespace, ask.address.name)
    try:
        live = parse(ask.address.namespace, hub.reads.get(path, api=Api.ENDPOINTS))
    except NotFound:
        return absent(ask, hub, "the service")
    except CLOSED as error:
        return Sight(problem=f"it cannot be read: {error}")
    return Sight(live) if live.id.casefold() == ask.address.id.casefold() else Sight()


def _listed(asks: Sequence[Ask], hub: HubView) -> dict[Address, Sight]:
    """List the namespace until all are found. Not listed is not absent: what the ledger knows is read by itself."""
    namespace = asks[0].address.namespace
    wanted = {ask.address.id.casefold(): ask for ask in asks}
    found: dict[Address, Sight] = {}
    cursor: str | None = None
    try:
        while wanted or hub.whole:
            items, cursor = page_of(namespace, cursor, hub)
            for live in items:
                hub.saw(Address("InferenceEndpoint", namespace, live.id.partition("/")[2]), live.hub_id)
                if ask := wanted.pop(live.id.casefold(), None):
                    found[ask.address] = Sight(live)
            if cursor is None:
                break
    except (*CLOSED, NotFound):
        return _one_by_one(asks, hub)
    doubtful = [a for a in wanted.values() if a.record is not None]
    certain = {a.address: Sight() for a in wanted.values() if a.record is None}
    return found | certain | _one_by_one(doubtful, hub)


def page_of(namespace: str, cursor: str | None, hub: HubView) -> tuple[list[LiveEndpoint], str | None]:
    """One page of the list, and the cursor of the next; None on the last. Raises BadAnswer."""
    params: dict[str, str | list[str]] = {"limit": PAGE, **({"cursor": cursor} if cursor else {})}
    data = hub.reads.get(endpoint_path(namespace), params, api=Api.ENDPOINTS)
    rows = data.get("items") if isinstance(data, Mapping) else None
    if not isinstance(rows, list):
        raise BadAnswer(f"the service's list of {namespace}'s endpoints has no items")
    following = data.get("nextCursor")
    same_again = following == cursor
    return [parse(namespace, row) for row in rows], str(following) if following and not same_again else None


def _with_commits(asks: Sequence[Ask], sights: dict[Address, Sight], hub: HubView) -> dict[Address, Sight]:
    """The commits that revisions name, each looked up once."""
    texts = {
        ask.address: found
        for ask in asks
        if ask.resource is not None
        and sights[ask.address].problem is None
        and (found := text_to_look_up(Scene(ask, sights[ask.address])))
    }

    def read(wanted: tuple[str, str]) -> tuple[tuple[str, str], dict[str, Any]]:
        return wanted, _commit(*wanted, hub)

    known = dict(hub.map(read, sorted(set(texts.values()))))
    return {
        a: replace(s, facts={**s.facts, **known[texts[a]]}) if a in texts else s for a, s in sights.items()
    }


def _commit(repository: str, text: str, hub: HubView) -> dict[str, Any]:
    """Which commit a text names: None where the repository is there without it; nothing where it is out of sight."""
    try:
        data = hub.reads.get(repo_path("model", repository, "revision", text))
    except NotFound as error:
        if error.code == "RevisionNotFound":
            return {COMMITS: {text: None}}
        # One that is not there yet, or one that this token may not see.
        return {} if hub.sees(repository.split("/", maxsplit=1)[0]) else {FOREIGN: True}
    except (Forbidden, Unauthorized):
        return {FOREIGN: True}
    sha = data.get("sha") if isinstance(data, Mapping) else None
    return {COMMITS: {text: sha}} if isinstance(sha, str) else {}


def _with_catalogue(asks: Sequence[Ask], sights: dict[Address, Sight], hub: HubView) -> dict[Address, Sight]:
    """The catalogue of each namespace in which hardware or costs are to change, read once."""
    needing = {a.address for a in asks if _needs_catalogue(a, sights[a.address])}
    rows: dict[str, Any] = {}
    for namespace in sorted({a.namespace for a in needing}):
        try:
            rows[namespace] = parse_catalogue(hub.recent(catalogue_path(namespace), Api.ENDPOINTS, LASTING))
        except HubError:
            continue  # the service itself will say whether it has that hardware
    return {
        a: replace(s, facts={**s.facts, CATALOGUE: rows[a.namespace]})
        if a in needing and a.namespace in rows
        else s
        for a, s in sights.items()
    }


def _needs_catalogue(ask: Ask, sight: Sight) -> bool:
    if ask.resource is None or sight.problem:
        return False
    scene = Scene(ask, sight)
    if scene.live is None or ask.replace:
        return True
    wanted, live = wanted_fields(scene.spec), scene.live
    about = {name: wanted[name] for name in (*CHOICE, *ABOUT) if name in wanted}
    moves = any(not same(name, value, live_field(live, name, value)) for name, value in about.items())
    return moves or bool(compare_state(scene, differs=False).differences)
