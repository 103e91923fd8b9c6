"""What still names a repository that is about to be renamed: manifests, and live things, managed or not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from hfops.engine.inventory import Inventory
from hfops.hub.errors import HubError
from hfops.kinds.base import HubView, Sight
from hfops.kinds.registry import KINDS
from hfops.kinds.values import texts
from hfops.manifest.document import shown_path
from hfops.model.address import Address
from hfops.model.change import Action, Change
from hfops.model.plan import Notice
from hfops.model.resource import Resource

MOST = 10
"""Up to this many renames of one plan, the Hub is asked what names the old id: each takes a request or more a kind."""


def still_named(
    changes: Sequence[Change], inventory: Inventory, sights: Mapping[Address, Sight], hub: HubView
) -> Iterator[Notice]:
    """A notice for everything that goes on naming an old id once ``changes`` are made.

    The Hub redirects an old id until somebody takes it; what names it is better changed. Manifests are named with the
    line; what is live and no manifest here corrects is named by its address.
    """
    moves = [
        (c.moved_from, c.address) for c in changes if c.action is Action.MOVE and c.moved_from and c.calls
    ]
    for old, _ in moves:
        yield from _in_manifests(old, inventory.resources)
    if len(moves) > MOST:
        message = f"{len(moves)} renames: what else on the Hub names the old ids was not looked for"
        yield Notice("not_looked_up", message)
        return
    known = {s.live.hub_id: a for a, s in sights.items() if s.live is not None and s.live.hub_id}
    managed = {h: r for h, a in known.items() if (r := inventory.get(a)) is not None}
    for old, new in moves:
        for address, hub_id, notice in _on_the_hub(old, new, hub):
            resource = managed.get(hub_id) or inventory.get(address)
            if notice is not None:
                yield notice
            elif not _says(resource, old) and not _says(resource, new):
                message = f"still names {old.id}, which is renamed, and no manifest here corrects that"
                yield Notice("still_named", message, resource.address if resource else address)


def _in_manifests(old: Address, resources: Iterable[Resource]) -> Iterator[Notice]:
    names = _whole(old.id)
    for resource in resources:
        for path, text in texts(resource):
            if names.search(text):
                where = resource.mark(path)
                message = f"{shown_path(path)} still names {old.id}, which is renamed ({where})"
                yield Notice("still_named", message, resource.address)


def _on_the_hub(
    old: Address, new: Address, hub: HubView
) -> Iterator[tuple[Address, str | None, Notice | None]]:
    """What is live and names ``old``; with a notice, what could not be looked at."""
    for kind in KINDS.values():
        try:
            found = dict(kind.naming(old, hub))
        except HubError as error:
            message = f"which {kind.name}s name {old.id} cannot be seen: {error}"
            yield new, None, Notice("not_looked_up", message, new)
            continue
        yield from ((a, found[a], None) for a in sorted(found) if a not in (old, new))


def _says(resource: Resource | None, address: Address) -> bool:
    """Whether a manifest names an id: the new one already, or the old one still, which is said with its line."""
    names = _whole(address.id)
    return resource is not None and any(names.search(text) for _, text in texts(resource))


def _whole(repo_id: str) -> re.Pattern[str]:
    """The id as a whole, in any case: not ``acme/bert`` in ``acme/bert-large`` or ``big-acme/bert``."""
    return re.compile(rf"(?<![\w./-]){re.escape(repo_id)}(?![\w-]|\.\w|/)", re.IGNORECASE)
