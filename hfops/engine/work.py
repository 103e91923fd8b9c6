"""What there is to look at and to decide: one piece of work for each address. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase

from hfops.engine.inventory import Inventory
from hfops.engine.ledger.format import Intention
from hfops.kinds.base import Ask, Sealed, Vault
from hfops.kinds.registry import KINDS
from hfops.kinds.values import references
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
    """One address. ``sources`` are where ``moved`` says it may still be, nearest first.

    ``named`` are those of them that an entry names outright: they are renamed even if the ledger does not know them.
    """

    role: Role
    ask: Ask
    sources: tuple[Ask, ...] = ()
    named: frozenset[Address] = frozenset()
    removal: Removal | None = None
    alias: Address | None = None
    """The address that the ledger knows it by, where it was renamed on the Hub and in its manifest."""


@dataclass(frozen=True, slots=True)
class WorkList:
    """All work of a run, the orphans that are left alone, and what contradicts itself.

    ``not_owned`` are ``removed`` entries about what this project never applied: looked at, and left alone.
    """

    works: tuple[Work, ...]
    orphans: tuple[Record, ...] = ()
    not_owned: tuple[Address, ...] = ()
    problems: tuple[Problem, ...] = ()
    owned: Mapping[str, Address] = field(default_factory=dict)
    """The Hub's ids that the ledger knows, and whose they are."""

    def asks(self) -> list[Ask]:
        """Every address to observe, once, in order."""
        found: dict[Address, Ask] = {}
        for work in self.works:
            for ask in (work.ask, *work.sources):
                known = found.setdefault(ask.address, ask)
                if known.resource is None:
                    found[ask.address] = replace(ask, closely=ask.closely or known.closely)
        return [replace(found[a], owned=self.owned) for a in sorted(found)]


@dataclass(frozen=True, slots=True)
class Scope:
    """The resources this run is about. ``whole``: the run covers the root and was narrowed by nothing.

    ``covers`` tells whether an address that no manifest describes is meant too (``removed``, ``moved``), and
    ``consented`` whether somebody agreed to lose it, though the ledger does not know it.
    """

    resources: tuple[Resource, ...]
    whole: bool
    files: frozenset[str] | None = None
    """Where ``removed`` entries count from; None: everywhere."""
    covers: Callable[[Address], bool] = lambda _: True
    consented: Callable[[Address], bool] = lambda _: False
    prune: bool = False
    send_unverified: bool = False
    vault: Vault = field(default_factory=Sealed)
    rotate: tuple[str, ...] = ()
    """Globs of secrets to send again: ``KEY``, ``Kind/namespace/name``, or ``Kind/namespace/name/KEY``."""
    retry_failed: bool = False
    restart: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    """Globs of addresses to start again, or to delete and make anew, whatever their state."""
    looking: bool = False
    """Whether the run only looks for what moved on the Hub."""
    unmanaged: str = "ignore"
    """What live resources that nothing describes are for a run over the whole root: report, fail or ignore."""

    def ask(self, address: Address, resource: Resource | None, record: Record | None) -> Ask:
        """One resource to look at, with what this run may know and shall do about it."""
        return Ask(
            address,
            resource,
            record,
            self.send_unverified,
            vault=self.vault,
            rotates=self._rotates(address) if self.rotate else _never,
            retry_failed=self.retry_failed,
            restart=any(address.matches(g) for g in self.restart),
            replace=any(address.matches(g) for g in self.replace),
        )

    def _rotates(self, address: Address) -> Callable[[str], bool]:
        def rotates(key: str) -> bool:
            return any(_names(glob, address, key) for glob in self.rotate)

        return rotates


def _never(key: str) -> bool:
    del key
    return False


def _names(glob: str, address: Address, key: str) -> bool:
    """Whether a ``--rotate`` glob means the secret ``key`` of ``address``."""
    slashes = glob.count("/")
    if slashes == 0:
        return fnmatchcase(key, glob)
    if slashes == 2:
        return address.matches(glob)
    head, _, tail = glob.rpartition("/")
    return address.matches(head) and fnmatchcase(key, tail)


def rotates_nothing(globs: Sequence[str], resources: Sequence[Resource]) -> list[str]:
    """The ``--rotate`` globs that name no secret of any of the resources."""
    secrets = [(r.address, str(path[-1])) for r in resources for path, _, secret in references(r) if secret]
    return [g for g in globs if not any(_names(g, address, key) for address, key in secrets)]


@dataclass(slots=True)
class _Builder:
    inventory: Inventory
    scope: Scope
    records: Mapping[Address, Record]
    works: dict[Address, Work] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    taken: set[Address] = field(default_factory=set)
    not_owned: list[Address] = field(default_factory=list)


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
    owned = {r.hub_id: a for a, r in records.items() if r.hub_id}
    return WorkList(works, orphans, tuple(build.not_owned), tuple(build.problems), owned)


def _orphans(build: _Builder) -> tuple[Record, ...]:
    """What the ledger owns and nothing describes. With ``prune``, what hfops created is deleted, the rest released."""
    inventory, records = build.inventory, build.records
    described = {r.address for r in inventory.resources} | build.taken | set(build.works)
    orphans = tuple(r for a, r in sorted(records.items()) if a not in described)
    if not build.scope.prune:
        return orphans
    for record in orphans:
        role = Role.DELETE if record.origin is Origin.CREATED else Role.FORGET
        build.works[record.address] = Work(role, Ask(record.address, None, record))
    return ()


def _manage(build: _Builder) -> None:
    for resource in build.scope.resources:
        record = build.records.get(resource.address)
        sources = _sources(build, resource)
        record = record or next((a.record for a in sources if a.record), None)
        ask = build.scope.ask(resource.address, resource, record)
        named = frozenset(m.source.casefold() for m in build.inventory.directives.moved)
        outright = frozenset(a.address for a in sources if a.address.key in named)
        build.works[resource.address] = Work(Role.MANAGE, ask, sources, outright)


def _sources(build: _Builder, resource: Resource) -> tuple[Ask, ...]:
    """Where ``moved`` says the resource may still be, through chains of renames."""
    found = []
    for old, move in build.inventory.directives.sources(resource.address):
        if build.inventory.get(old) is not None:
            hint = "remove its manifest, or the moved entry"
            message = f"{old} is moved to {resource.address}, and a manifest still describes it"
            build.problems.append(Problem(message, move.where, str(old), hint=hint))
            continue
        build.taken.add(old)
        found.append(build.scope.ask(old, resource, build.records.get(old)))
    return tuple(found)


def _rename(build: _Builder) -> None:
    """``moved`` entries about what the ledger owns and no manifest describes at either end."""
    if build.scope.files is not None:
        return
    for address, record in sorted(build.records.items()):
        target = build.inventory.directives.destination(address)
        if target == address or address in build.taken or _is_ruled(build, address, target):
            continue
        if address in build.works:
            continue
        both = (address, target)
        if build.inventory.get(target) is not None or not all(map(build.scope.covers, both)):
            continue
        why = KINDS[target.kind].bad_name(target)
        if target in build.works:
            why = "another one is to be moved there too"
        if why:
            build.problems.append(Problem(f"it is to be moved to {target}: {why}", None, str(address)))
            continue
        build.taken.add(address)
        build.works[target] = Work(Role.RENAME, Ask(target, None, record), (Ask(address, None, record),))


def _is_ruled(build: _Builder, address: Address, target: Address) -> bool:
    """Whether ``Defaults`` alone describe what is to be moved: they describe what is there, under the name it has."""
    resource = build.inventory.get(address)
    if resource is None or not resource.existing:
        return False
    hint = "write a manifest for it under its new name; the Defaults still lie below that"
    message = f"it is to be moved to {target}, and only Defaults are about it ({resource.where})"
    build.problems.append(Problem(message, resource.where, str(address), hint=hint))
    return True


def _remove(build: _Builder) -> None:
    files = build.scope.files
    for removal in build.inventory.directives.removed:
        if files is not None and removal.where and removal.where.file not in files:
            continue
        for address in _removed(build, removal):
            if build.scope.covers(address):
                _remove_one(build, removal, address)


def _remove_one(build: _Builder, removal: Removal, address: Address) -> None:
    resource, record = build.inventory.get(address), build.records.get(address)
    if resource is not None:
        message, hint = (
            "a manifest still describes it",
            f"delete the document at {resource.where}, or this entry",
        )
        if resource.existing:
            message = "Defaults are still about it"
            hint = f"add it to except in the Defaults at {resource.where}, or delete this entry"
        build.problems.append(Problem(f"removed here, and {message}", removal.where, str(address), hint=hint))
    elif address in build.taken and record is not None:
        message = "it is removed here, and moved by another entry"
        build.problems.append(
            Problem(message, removal.where, str(address), hint="delete one of the two entries")
        )
    elif removal.action is RemovalAction.FORGET:
        build.works.setdefault(address, Work(Role.FORGET, Ask(address, None, record), removal=removal))
    elif record is not None or build.scope.consented(address):
        build.works.setdefault(address, Work(Role.DELETE, Ask(address, None, record), removal=removal))
    else:
        # Done already, or never ours: whatever has the name now, this entry is not about it.
        build.works.setdefault(address, Work(Role.LOOK, Ask(address)))
        build.not_owned.append(address)


def _removed(build: _Builder, removal: Removal) -> Iterator[Address]:
    """A pattern covers what the ledger owns; a full address also what it does not."""
    if is_glob(removal.pattern):
        known = [r.address for r in build.inventory.resources]
        yield from (a for a in sorted({*build.records, *known}) if a.matches(removal.pattern))
    else:
        yield Address.parse(removal.pattern)


def _look(build: _Builder, intentions: Sequence[Intention]) -> None:
    """Look at what intentions are about, closely where they are about entries of lists."""
    for intention in intentions:
        for text in (intention.address, intention.moved_from):
            if text:
                address = Address.parse(text)
                ask = build.scope.ask(address, build.inventory.get(address), build.records.get(address))
                work = build.works.setdefault(address, Work(Role.LOOK, ask))
                values = {tuple(item.key): item.value for item in intention.values}
                closely = work.ask.closely or any(len(key) > 1 for key in values)
                known = {**work.ask.intended, **values}
                # The vault also where only the ledger speaks: what was made may be known by a hash alone.
                seen = replace(work.ask, closely=closely, intended=known, vault=ask.vault)
                build.works[address] = replace(work, ask=seen)
