"""Planning: what to look at, what was seen, what to do. Reads through a ``HubView`` only; deciding is pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from hfops.engine import graph as graphs
from hfops.engine.decide import Decision, decide, renamed
from hfops.engine.followed import followed
from hfops.engine.inventory import Inventory
from hfops.engine.ledger.owners import not_ours
from hfops.engine.ledger.session import Ledger
from hfops.engine.naming import still_named
from hfops.engine.renewed import aware, leads, moved_refs, values_taken
from hfops.engine.settle import Settled, settle
from hfops.engine.unmanaged import unmanaged
from hfops.engine.work import Role, Scope, Work, WorkList, work_list
from hfops.kinds.base import UNLISTED, Ask, HubView, Seen, Sight, Vault
from hfops.kinds.registry import KINDS
from hfops.model.address import Address
from hfops.model.change import Action, Change
from hfops.model.late import Reference, late_values
from hfops.model.plan import Notice, Plan
from hfops.model.problem import Problem, Problems
from hfops.model.record import Origin, Record
from hfops.model.resource import Resource


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan with what it was made from, which apply goes on from."""

    plan: Plan
    inventory: Inventory
    scope: Scope
    records: Mapping[Address, Record]
    settled: tuple[Address, ...] = ()
    """Addresses whose open intentions are known now."""


def observe(asks: Sequence[Ask], hub: HubView) -> dict[Address, Sight]:
    """What is live for every ask, kind by kind."""
    sights: dict[Address, Sight] = {}
    for name in sorted({a.address.kind for a in asks}):
        sights.update(KINDS[name].observe([a for a in asks if a.address.kind == name], hub))
    return sights


def prepare(inventory: Inventory, scope: Scope, ledger: Ledger, hub: HubView, today: date) -> Prepared:
    """The plan that makes the Hub agree with the manifests. Raises Problems with all that forbids one."""
    records, intentions = ledger.records, ledger.intentions
    works = work_list(inventory, scope, records, intentions)
    if problems := works.problems or not_ours(works.works, ledger):
        raise Problems(problems)
    seen: list[Seen] = []
    if scope.whole and scope.unmanaged != "ignore":
        saw = partial(_note_seen, seen)
        hub = replace(hub, saw=saw, whole=scope.unmanaged == "fail")
    sights = observe(works.asks(), hub)
    settled = settle(records, intentions, sights, hub.sees)
    if intentions:
        # What an intention was about says nothing any more once its outcome is known.
        left = [i for i in intentions if Address.parse(i.address) not in settled.closed]
        works = work_list(inventory, scope, settled.records, left)
        if works.problems:
            raise Problems(works.problems)
        # What was settled is looked at again, now that it is known whose it is.
        again = [a for a in works.asks() if a.address not in sights or a.address in settled.closed]
        sights |= observe(again, hub)
    works, renamed_too = followed(works, inventory, settled.records, sights)
    sights |= observe([a for a in works.asks() if a.address in renamed_too], hub)
    plan = _plan(works, sights, inventory, today, looking=scope.looking)
    named = still_named(plan.changes, inventory, sights, hub)
    unseen = _not_compared(sights) if scope.looking else ()
    notices = (
        *settled.notices,
        *unseen,
        *_notices(works, sights, ledger),
        *_needs(plan, scope.vault),
        *named,
    )
    strays = tuple(
        a
        for a in unmanaged(seen, inventory, settled.records, sights)
        if a != ledger.home and ledger.foreign(a) is None
    )
    plan = replace(plan, notices=notices, owned=len(settled.records), unmanaged=strays)
    return _prepared(plan, inventory, scope, ledger, settled)


def _note_seen(seen: list[Seen], address: Address, hub_id: str | None) -> None:
    if address.name:
        seen.append((address, hub_id))


def take_over(prepared: Prepared, ledger: Ledger) -> None:
    """Put into ``ledger`` what planning found out about interrupted runs. Before anything is sent, under its lock."""
    if not prepared.settled:
        return
    for address in set(ledger.records) - set(prepared.records):
        ledger.drop(address)
    for record in prepared.records.values():
        ledger.put(record)
    for address in prepared.settled:
        ledger.settle(address)


def _prepared(plan: Plan, inventory: Inventory, scope: Scope, ledger: Ledger, settled: Settled) -> Prepared:
    plan = replace(plan, project=ledger.form.project, environment=ledger.form.environment)
    return Prepared(plan, inventory, scope, settled.records, tuple(settled.closed))


def prepare_destroy(inventory: Inventory, scope: Scope, ledger: Ledger, hub: HubView) -> Prepared:
    """The plan that deletes what the manifests name, dependents first. What this project never applied is left."""
    records, intentions = ledger.records, ledger.intentions
    asks = [_to_destroy(r, records.get(r.address)) for r in scope.resources]
    looks = [w.ask for w in work_list(inventory, Scope((), whole=False), records, intentions).works]
    sights = observe(WorkList(tuple(Work(Role.LOOK, a) for a in (*asks, *looks))).asks(), hub)
    settled = settle(records, intentions, sights, hub.sees)
    records, notices = settled.records, list(settled.notices)
    changes: list[Change] = []
    problems: list[Problem] = []
    before = graphs.reverse(inventory.graph)
    for resource in scope.resources:
        address = resource.address
        record = records.get(address)
        if ledger.keeps and record is None:
            if sights[address].live is not None:
                notices.append(Notice("not_owned", "left alone: this project never applied it", address))
            continue
        decision = decide(Work(Role.DELETE, Ask(address, resource, record)), sights, date.min)
        problems.extend(decision.problems)
        if decision.change:
            adopted = record is not None and record.origin is Origin.ADOPTED
            notes = (*decision.change.notes, *(("adopted: it was there before hfops",) if adopted else ()))
            changes.append(replace(decision.change, after=before[address], where=resource.where, notes=notes))
    if problems:
        raise Problems(problems)
    order = {a: i for i, a in enumerate(graphs.ordered(before))}
    plan = _linked(sorted(changes, key=lambda c: order[c.address]))
    plan = replace(plan, owned=len(records), notices=tuple(notices))
    return _prepared(plan, inventory, scope, ledger, settled)


def _to_destroy(resource: Resource, record: Record | None) -> Ask:
    """What the ledger does not know is found by what its manifest says."""
    return Ask(resource.address, None if record else resource, record)


def _plan(
    works: WorkList, sights: Mapping[Address, Sight], inventory: Inventory, today: date, *, looking: bool
) -> Plan:
    changes: list[Change] = []
    problems: list[Problem] = []
    order = {a: i for i, a in enumerate(graphs.ordered(inventory.graph))}
    last = len(order)
    renewed: set[Address] = set()
    moving: dict[Address, frozenset[str]] = {}
    renames: dict[Address, Address] = {}
    for work in sorted(
        works.works, key=lambda w: (w.role is not Role.RENAME, order.get(w.ask.address, last))
    ):
        drift = renamed(work, sights) if looking else None
        decision = Decision(drift) if drift else decide(aware(work, renewed, moving, renames), sights, today)
        problems.extend(decision.problems)
        if decision.change:
            after = (*inventory.graph.get(work.ask.address, ()), *_undescribed(work.ask, renames, order))
            ready = tuple(dict.fromkeys((*_until_ready(work.ask), *values_taken(decision.change))))
            changes.append(replace(decision.change, after=after, after_ready=ready))
            if decision.change.action in (Action.CREATE, Action.REPLACE, Action.MOVE):
                renewed.add(work.ask.address)
            if refs := moved_refs(decision.change):
                moving[work.ask.address] = refs
            renames |= leads(decision.change)
    if problems:
        raise Problems(problems)
    return _linked(sorted(changes, key=lambda c: (_late(c), order.get(c.address, last), c.address)))


def _undescribed(
    ask: Ask, renames: Mapping[Address, Address], described: Mapping[Address, int]
) -> list[Address]:
    """What a resource refers to and no manifest describes, where this plan gives it the name referred to."""
    made = [a for a in renames.values() if a not in described]
    if ask.resource is None or not made:
        return []
    referred = set(KINDS[ask.address.kind].refers(ask.resource))
    return [a for a in made if a in referred]


def _until_ready(ask: Ask) -> list[Address]:
    """What the manifest wants ready first."""
    return [d.address for d in (ask.resource.depends_on if ask.resource else ()) if d.until_ready]


def _needs(plan: Plan, vault: Vault) -> list[Notice]:
    """What apply will send and this run does not know. Commands, and values of other resources, come with apply."""
    found: dict[Notice, None] = {}
    for change in plan.acting:
        for late in late_values([c.body for c in change.calls]):
            if not isinstance(late, Reference) or late.command or late.resource is not None:
                continue
            why = vault.why(late)
            if why is not None:
                found[Notice("unresolved", f"{why}: apply needs it", change.address)] = None
    return list(found)


def _late(change: Change) -> int:
    """Where a reader finds it: renames first, deletions and what is only forgotten last."""
    return {Action.MOVE: 0, Action.DELETE: 2, Action.FORGET: 3}.get(change.action, 1)


def _linked(changes: Iterable[Change]) -> Plan:
    """The plan, each change waiting only for changes that act, or for what is to come up first."""
    found = list(changes)
    acting = {c.address for c in found if c.acts}
    rising = acting | {c.address for c in found if c.starting}
    return Plan(tuple(_link(c, acting, rising) for c in found))


def _link(change: Change, acting: set[Address], rising: set[Address]) -> Change:
    if not change.acts:
        return replace(change, after=(), after_ready=())
    ready = tuple(a for a in change.after_ready if a in rising)
    return replace(change, after=tuple(a for a in change.after if a in acting), after_ready=ready)


def _not_compared(sights: Mapping[Address, Sight]) -> list[Notice]:
    """What no difference can be told of: a reader who asks for drift must not take it for none."""
    return [
        Notice("not_compared", f"this token may not list its {' and '.join(sight.facts[UNLISTED])}", address)
        for address, sight in sights.items()
        if sight.facts.get(UNLISTED)
    ]


def _notices(works: WorkList, sights: Mapping[Address, Sight], ledger: Ledger) -> list[Notice]:
    out = []
    for address in works.not_owned:
        if sights[address].live is not None:
            owner = ledger.foreign(address)
            whose, way = (
                "this project does not own it",
                f" To delete it all the same: --allow data-loss={address}",
            )
            if owner is not None:
                whose, way = f"{owner} owns it", ""
            message = f"removed: says to delete it, and {whose}: left alone.{way}"
            out.append(Notice("not_owned", message, address))
    for record in works.orphans:
        message = (
            f"in the ledger ({record.origin.value}), and no manifest describes it: left alone. "
            "To delete it, add it to a Changes document under removed:"
        )
        out.append(Notice("orphan", message, record.address))
    return out
