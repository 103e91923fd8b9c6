"""What there is to look at and to decide: one piece of work for each address. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from hfops.engine.inventory import Inventory
from hfops.engine.ledger.format import Intention
from hfops.kinds.base import Ask
from hfops.model.address import Address, is_glob
from hfops.model.directives import Removal, RemovalAction
from hfops.model.problem import Problem
from hfops.model.record import Origin, Record
from hfops.model.resource import Resource


class Role(StrEnum):
    """Why an address is looked at."""

    MANAGE = "manage"
    DELETE = "delete"
    FORGET = "forget"
    RENAME = "rename"
    """Moved, and no manifest describes it."""
    LOOK = "look"
    """An interrupted run left an intention about it."""


@dataclass(frozen=True, slots=True)
class Work:
    """One address. ``source`` is where ``moved`` says it may still be."""

    role: Role
    ask: Ask
    source: Ask | None = None
    removal: Removal | None = None


@dataclass(frozen=True, slots=True)
class WorkList:
    """All work of a run, the orphans that are left alone, and what contradicts itself."""

    works: tuple[Work, ...]
    orphans: tuple[Record, ...] = ()
    problems: tuple[Problem, ...] = ()

    def asks(self) -> list[Ask]:
        """Every address to observe, once, in order."""
        found: dict[Address, Ask] = {}
        for work in self.works:
            for ask in (work.ask, work.source):
                if ask is not None:
                    known = found.setdefault(ask.address, ask)
                    if known.resource is None:
                        found[ask.address] = ask
        return [found[a] for a in sorted(found)]


@dataclass(frozen=True, slots=True)
class Scope:
    """The resources this run is about. ``whole``: the run covers the root and was narrowed by nothing.

    ``covers`` tells whether an address that no manifest describes is meant too (``removed``, ``moved``).
    """

    resources: tuple[Resource, ...]
    whole: bool
    covers: Callable[[Address], bool] = lambda _: True
    prune: bool = False
    send_unverified: bool = False


@dataclass(slots=True)
class _Builder:
    inventory: Inventory
    scope: Scope
    records: Mapping[Address, Record]
    works: dict[Address, Work] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    taken: set[Address] = field(default_factory=set)


def work_list(
    inventory: Inventory, scope: Scope, records: Mapping[Address, Record], intentions: Sequence[Intention]
) -> WorkList:
    """Manifests, ``moved``, ``removed``, orphans and open intentions as work."""
    build = _Builder(inventory, scope, records)
    _manage(build)
    _rename(build)
    _remove(build)
    orphans = _orphans(build) if scope.whole else ()
    _look(build, intentions)
    works = tuple(build.works[a] for a in sorted(build.works))
    return WorkList(works, orphans, tuple(build.problems))


def _orphans(build: _Builder) -> tuple[Record, ...]:
    """What the ledger owns and nothing describes. With ``prune``, what hfops created becomes a deletion."""
    inventory, records = build.inventory, build.records
    described = {r.address for r in inventory.resources} | build.taken | set(build.works)
    orphans = tuple(r for a, r in sorted(records.items()) if a not in described)
    if not build.scope.prune:
        return orphans
    for record in orphans:
        if record.origin is Origin.CREATED:
            build.works[record.address] = Work(Role.DELETE, Ask(record.address, None, record))
    return tuple(r for r in orphans if r.origin is not Origin.CREATED)


def _manage(build: _Builder) -> None:
    for resource in build.scope.resources:
        record = build.records.get(resource.address)
        source = _source(build, resource)
        record = record or (source.record if source else None)
        ask = Ask(resource.address, resource, record, build.scope.send_unverified)
        build.works[resource.address] = Work(Role.MANAGE, ask, source)


def _source(build: _Builder, resource: Resource) -> Ask | None:
    """Where ``moved`` says the resource was. Once it is done, the ledger knows nothing there any more."""
    for move in build.inventory.directives.moved:
        old = move.source_of(resource.address)
        if old is None or old == resource.address:
            continue
        if build.inventory.get(old) is not None:
            hint = "remove its manifest, or the moved entry"
            message = f"{old} is moved to {resource.address}, and a manifest still describes it"
            build.problems.append(Problem(message, move.where, str(old), hint=hint))
            return None
        build.taken.add(old)
        return Ask(old, resource, build.records.get(old), build.scope.send_unverified)
    return None


def _rename(build: _Builder) -> None:
    """``moved`` entries about what the ledger owns and no manifest describes at either end."""
    for move in build.inventory.directives.moved:
        for address, record in sorted(build.records.items()):
            target = move.target_of(address)
            if target is None or target == address or address in build.taken or address in build.works:
                continue
            if not build.scope.covers(target):
                continue
            if build.inventory.get(target) is None:
                build.taken.add(address)
                ask = Ask(target, None, record)
                build.works[target] = Work(Role.RENAME, ask, Ask(address, None, record))


def _remove(build: _Builder) -> None:
    for removal in build.inventory.directives.removed:
        for address in _removed(build, removal):
            resource = build.inventory.get(address)
            if not build.scope.covers(address):
                continue
            if resource is not None:
                message = "removed here, and a manifest still describes it"
                hint = f"delete the document at {resource.where}, or this entry"
                build.problems.append(Problem(message, removal.where, str(address), hint=hint))
                continue
            role = Role.DELETE if removal.action is RemovalAction.DELETE else Role.FORGET
            ask = Ask(address, None, build.records.get(address))
            build.works.setdefault(address, Work(role, ask, removal=removal))


def _removed(build: _Builder, removal: Removal) -> Iterator[Address]:
    """A pattern covers what the ledger owns; a full address also what it does not."""
    if is_glob(removal.pattern):
        known = [r.address for r in build.inventory.resources]
        yield from (a for a in sorted({*build.records, *known}) if a.matches(removal.pattern))
    else:
        yield Address.parse(removal.pattern)


def _look(build: _Builder, intentions: Sequence[Intention]) -> None:
    for intention in intentions:
        for text in (intention.address, intention.moved_from):
            if text:
                address = Address.parse(text)
                ask = Ask(address, None, build.records.get(address))
                build.works.setdefault(address, Work(Role.LOOK, ask))
