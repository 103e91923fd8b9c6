"""Resource groups of organisations, by name or id: what repositories and collections share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from hfops.hub.errors import Forbidden, Unauthorized
from hfops.kinds.base import Ask, Comparison, HubView, Sight
from hfops.kinds.repo.live import Group, parse_group
from hfops.kinds.threeway import cause
from hfops.model.address import Address
from hfops.model.call import Call, Repeat, segment
from hfops.model.change import Difference, Op
from hfops.model.problem import Problem
from hfops.model.record import MISSING, OBJECT_ID

NONE = "none"
"""The word for no group."""

FIELD = "resourceGroup"


class Grouped(Protocol):
    """Something live that may be in a group."""

    @property
    def id(self) -> str:
        """The Hub's own id: it begins with the organisation."""

    @property
    def group(self) -> Group | None:
        """The group it is in."""


def with_groups(asks: Sequence[Ask], sights: dict[Address, Sight], hub: HubView) -> dict[Address, Sight]:
    """Read the organisation's resource groups where a manifest names one that is not the present one."""
    needing: dict[str, list[Address]] = defaultdict(list)
    for ask in asks:
        text = getattr(ask.resource.spec, "resource_group", None) if ask.resource else None
        live = sights[ask.address].live
        if (
            text in (None, NONE)
            or OBJECT_ID.fullmatch(text)
            or (live and live.group and live.group.name == text)
        ):
            continue
        needing[ask.address.namespace].append(ask.address)
    out = dict(sights)
    for namespace, addresses in sorted(needing.items()):
        found = _groups_of(namespace, hub)
        for address in addresses:
            out[address] = replace(out[address], facts={**out[address].facts, "groups": found})
    return out


def _groups_of(namespace: str, hub: HubView) -> dict[str, str] | None:
    """The organisation's groups: ids by name; None where this token may not list them."""
    try:
        rows = hub.reads.get_or_none(f"/api/organizations/{segment(namespace)}/resource-groups") or []
    except (Forbidden, Unauthorized):
        return None
    return {g.name: g.id for g in map(parse_group, rows)}


def compare_group(
    text: str | None, live: Grouped | None, sight: Sight, ask: Ask
) -> tuple[Comparison, list[Problem]]:
    """The resource group, by name, id, or ``none``; nothing where the manifest names none (``text`` None)."""
    if text is None:
        return Comparison(), []
    key = (FIELD,)
    now = _group_to_be(live, ask)
    names = (now.id, now.name) if now else (NONE,)
    if text in names:
        return Comparison(settled={key: text}), []
    group_id = None if text == NONE else group_id_of(text, sight)
    if text != NONE and group_id is None:
        return Comparison(), [_no_group(text, sight, ask)]
    recorded = ask.record.get(key) if ask.record else MISSING
    known = recorded is not MISSING
    why = cause(author=text != recorded, hub=recorded not in names, recorded=known)
    before = now.name or now.id if now else None
    op = Op.CHANGE if now else Op.ADD
    return Comparison((Difference(key, op, before, text, why, recorded if known else None, text),)), []


def _group_to_be(live: Grouped | None, ask: Ask) -> Group | None:
    """The group something is in, or would be in after its move: a group stays in its organisation."""
    home = live.id.split("/")[0] if live else ""
    return live.group if live and home.casefold() == ask.address.namespace.casefold() else None


def group_id_of(text: str, sight: Sight) -> str | None:
    """The id of the group a manifest names; None where the organisation has no such group."""
    if OBJECT_ID.fullmatch(text):
        return text
    found = (sight.facts.get("groups") or {}).get(text)
    return None if found is None else str(found)


def _no_group(text: str, sight: Sight, ask: Ask) -> Problem:
    where = ask.resource.mark(("spec", FIELD)) if ask.resource else None
    address = str(ask.resource.address) if ask.resource else None
    groups = sight.facts.get("groups", {})
    if groups is None:
        message = f"this token may not list the resource groups of {ask.address.namespace}"
        return Problem(
            message, where, address, f"spec.{FIELD}", f"write the id of {text!r}, which needs no look-up"
        )
    known = ", ".join(sorted(groups)) or "none that this token can see"
    message = f"no resource group {text!r} in {ask.address.namespace}"
    return Problem(message, where, address, f"spec.{FIELD}", f"known: {known}")


def assign_group(path: str, sight: Sight, difference: Difference) -> Call:
    """POST …/resource-group at ``path``: join the group that the manifest names, or leave the one it is in."""
    group_id = None if difference.after == NONE else group_id_of(difference.after, sight)
    summary = "leave the resource group" if group_id is None else f"join resource group {difference.after}"
    return Call("POST", path, {"resourceGroupId": group_id}, summary, Repeat.SAME, (difference.path,))
