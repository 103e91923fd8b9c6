"""From one piece of work and what was seen to one change. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from hfops.engine.work import Role, Work
from hfops.kinds.base import Ask, Comparison, Sight
from hfops.kinds.registry import KINDS
from hfops.model.address import Address
from hfops.model.change import Action, Cause, Change, Difference, HeldCode
from hfops.model.key import Key
from hfops.model.problem import Problem
from hfops.model.record import Origin, Record
from hfops.model.resource import Lifecycle, OnDrift
from hfops.model.risk import Risk

Sights = Mapping[Address, Sight]

REPORTED = "drift is only reported (lifecycle.onDrift)"
"""Why a difference that somebody made on the Hub is left alone, where its manifest says so."""
GONE, TAKEN = "gone from the Hub", "another one took this name on the Hub"


@dataclass(frozen=True, slots=True)
class Decision:
    """A change, or the problems that forbid one."""

    change: Change | None = None
    problems: tuple[Problem, ...] = ()


def decide(work: Work, sights: Sights, today: date) -> Decision:
    """What to do about one address. ``today`` ends temporary ``ignoreChanges``."""
    if work.role is Role.LOOK:
        return Decision()
    if work.role is Role.FORGET:
        return Decision(_forget(work))
    blocked = [p for ask in (work.ask, *work.sources) if (p := _blocked(ask, sights, work))]
    if blocked:
        return Decision(problems=tuple(blocked))
    match work.role:
        case Role.MANAGE:
            return _manage(work, sights, today)
        case Role.DELETE:
            return _delete(work, sights[work.ask.address])
        case Role.RENAME:
            return _rename(work, sights)


def _blocked(ask: Ask, sights: Sights, work: Work) -> Problem | None:
    sight = sights[ask.address]
    where = work.removal.where if work.removal else (ask.resource.where if ask.resource else None)
    if sight.problem and not _found_elsewhere(ask, sights, work):
        return Problem(sight.problem, where, str(ask.address), hint=sight.hint)
    if sight.renamed_to and not work.sources:
        new = f"{ask.address.kind}/{sight.renamed_to}"
        moved = f'add to a Changes document: moved: [{{from: "{ask.address}", to: "{new}"}}]'
        hint = f"rename it in the manifest and {moved}"
        if work.role is Role.DELETE:
            hint = f"leave it alone: hfops ledger forget {ask.address}; or {moved}, apply, and remove it by its new name"
        return Problem(f"it was renamed to {sight.renamed_to} on the Hub", where, str(ask.address), hint=hint)
    return None


def renamed(work: Work, sights: Sights) -> Change | None:
    """A rename on the Hub, as drift. A plan goes no further before the manifest follows it."""
    name = sights[work.ask.address].renamed_to if work.role is Role.MANAGE and not work.sources else None
    if name is None:
        return None
    where = work.ask.resource.where if work.ask.resource else None
    said = f"renamed to {name} on the Hub"
    return Change(work.ask.address, Action.NONE, record=work.ask.record, where=where, drift=said)


def _found_elsewhere(ask: Ask, sights: Sights, work: Work) -> bool:
    """Whether another end of a rename has what the ledger knows: then a 404 at this end is an absence."""
    known = ask.record.hub_id if ask.record else None
    others = (sights[a.address].live for a in (work.ask, *work.sources) if a is not ask)
    return known is not None and any(live is not None and live.hub_id == known for live in others)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a resource is now: at its own address, or at the source of a rename; and what the ledger knows of it.

    ``alias`` is the address that the ledger knows it by, where only hfops gives names to such resources.
    """

    sight: Sight
    record: Record | None
    source: Address | None = None
    problem: str | None = None
    alias: Address | None = None


def _place(work: Work, sights: Sights) -> _Place:
    """The sight to compare with. A rename is done once the target is what the ledger knows.

    What has a source's name and is not what the ledger knows is somebody else's, and is not moved.
    """
    address, here, record = work.ask.address, sights[work.ask.address], work.ask.record
    found = [a for a in work.sources if _is_it(a, work, sights[a.address])]
    ours = [a for a in found if a.record is not None]
    done = here.live is not None and record is not None and here.live.hub_id == record.hub_id
    if (done and not ours) or not found:
        return _Place(here, record)
    alias = next((a.address for a in found if _same_one(sights[a.address], here)), None)
    if alias is not None:
        KINDS[address.kind].move(alias, address)  # raises Problems where the kind does not allow it
        return _Place(here, record, alias=alias)
    names = [str(a.address) for a in found]
    if here.live is not None:
        return _Place(here, record, problem=f"it is to be moved from {names[0]} to {address}, and both exist")
    if len(found) > 1:
        said = f"it is to be moved to {address} from {names[0]} and from {names[1]}, and both exist"
        return _Place(here, record, problem=said)
    there = sights[found[0].address]
    base = replace(there, facts=here.facts or there.facts)
    return _Place(base, found[0].record or record, found[0].address)


def _same_one(one: Sight, other: Sight) -> bool:
    """Whether both names lead to the same resource: the Hub knows neither, and the ledger's id finds it."""
    if one.live is None or other.live is None:
        return False
    return one.live.hub_id is not None and one.live.hub_id == other.live.hub_id


def _is_it(source: Ask, work: Work, sight: Sight) -> bool:
    """Whether what is at a source is what is to be moved: by its id, else because an entry names it outright."""
    record = source.record or work.ask.record
    if sight.live is None:
        return False
    return record.hub_id in (None, sight.live.hub_id) if record else source.address in work.named


def _manage(work: Work, sights: Sights, today: date) -> Decision:
    resource = work.ask.resource
    assert resource is not None
    kind, address = KINDS[resource.address.kind], resource.address
    place = _place(work, sights)
    if place.problem:
        hint = "delete or rename one of them, or remove the moved entry"
        return Decision(problems=(Problem(place.problem, resource.where, str(address), hint=hint),))
    base, record = place.sight, place.record
    if resource.existing and base.live is None:
        return Decision()  # it was there a moment ago: Defaults create nothing
    lost = base.live is None and record is not None
    replaced = not lost and _another(record, base)
    ask = replace(work.ask, record=None if lost or replaced else record)
    compared = kind.compare(ask, base)
    if compared.problems:
        return Decision(problems=compared.problems)
    held = tuple(
        hold(d, resource.lifecycle, today, lost=lost, new=base.live is None) for d in compared.differences
    )
    acting = [d for d in held if not d.held]
    if lost and resource.lifecycle.on_drift is OnDrift.REPORT:
        note = "it is gone from the Hub; reported only (lifecycle.onDrift)"
        return Decision(
            Change(address, Action.NONE, held, notes=(note,), record=record, where=resource.where, drift=GONE)
        )
    reasons = tuple(r for r in compared.replace if r not in {d.path for d in held if d.held})
    if ask.replace and not reasons:
        reasons = ("asked for (--replace)",)
    if base.live is not None and reasons and not place.source:
        return Decision(_replaced(ask, base, replace(compared, replace=reasons), held))
    calls = kind.calls(ask, base, acting)
    action = Action.CREATE if base.live is None else Action.UPDATE if calls else Action.NONE
    risks: tuple[Risk, ...] = ()
    if place.source:
        before, risks = kind.move(place.source, address)
        calls, action = (*before, *calls), Action.MOVE
    change = Change(
        address,
        action,
        held,
        calls,
        own_risks=risks,
        released=compared.released,
        unverified=compared.unverified,
        notes=(*_followed(work), *_notes(compared, lost=lost, replaced=replaced)),
        adopts=base.live is not None and ask.record is None,
        moved_from=place.source
        or place.alias
        or work.alias
        or next((a.address for a in work.sources if a.record and a.record == record), None),
        record=start_record(ask, base, compared),
        prevent_destroy=resource.lifecycle.prevent_destroy,
        where=resource.where,
        starting=compared.starting,
        failing=compared.failing,
        bill=compared.bill if acting else None,
        drift=GONE if lost else TAKEN if replaced else "",
    )
    return Decision(change)


def _replaced(ask: Ask, base: Sight, compared: Comparison, held: tuple[Difference, ...]) -> Change:
    """Delete what is there, and make it anew: some of what differs cannot be changed.

    The differences are shown as they stand; the calls after the deletion are those of a creation.
    """
    resource = ask.resource
    assert resource is not None
    kind, nothing = KINDS[ask.address.kind], Sight(facts=base.facts)
    fresh = replace(ask, record=None, replace=False)
    anew = kind.compare(fresh, nothing)
    delete, risks = kind.delete(ask.address, base.live)
    shown = {d.key: d for d in held}
    differences = tuple(_as_shown(d, shown.get(d.key)) for d in anew.differences)
    return Change(
        ask.address,
        Action.REPLACE,
        differences,
        (*delete, *kind.calls(fresh, nothing, anew.differences)),
        own_risks=risks,
        notes=(
            f"replaced, for it cannot be changed in place: {', '.join(compared.replace)}",
            *compared.notes,
        ),
        record=replace(
            start_record(fresh, nothing, anew), prevent_destroy=resource.lifecycle.prevent_destroy
        ),
        prevent_destroy=resource.lifecycle.prevent_destroy
        or (ask.record is not None and ask.record.prevent_destroy),
        where=resource.where,
        bill=compared.bill,
    )


def _as_shown(made: Difference, shown: Difference | None) -> Difference:
    """A difference of what is made anew, as its reader sees it: against what is there now, with the risks of that."""
    if shown is None:
        return replace(made, before=None)
    risks = tuple(dict.fromkeys((*made.risks, *shown.risks)))
    return replace(made, op=shown.op, before=shown.before, cause=shown.cause, risks=risks)


def _another(record: Record | None, sight: Sight) -> bool:
    """Whether what is live has the name the ledger knows, and is something else."""
    known = record.hub_id if record else None
    return known is not None and sight.live is not None and sight.live.hub_id not in (None, known)


def start_record(ask: Ask, sight: Sight, compared: Comparison) -> Record:
    """The ledger's entry before the first call: what is settled is in it, what was released is not."""
    assert ask.resource is not None
    origin = Origin.CREATED if sight.live is None else Origin.ADOPTED
    record = ask.record or Record(ask.address, origin)
    record = replace(
        record,
        address=ask.address,
        hub_id=(sight.live.hub_id or record.hub_id) if sight.live is not None else None,
        prevent_destroy=ask.resource.lifecycle.prevent_destroy,
    )
    for key in compared.released:
        record = record.drop(key)
    for key, value in compared.settled.items():
        record = record.put(key, value)
    return record


def hold(difference: Difference, lifecycle: Lifecycle, today: date, *, lost: bool, new: bool) -> Difference:
    """The difference, marked with why hfops leaves it alone, if it does."""
    drifted = lost or difference.cause in (Cause.DRIFT, Cause.BOTH)
    if drifted and lifecycle.on_drift is OnDrift.REPORT:
        return replace(difference, held=REPORTED, held_code=HeldCode.ON_DRIFT_REPORT)
    if new:
        return difference
    for ignore in lifecycle.ignore_changes:
        if ignore.covers(difference.path) and (ignore.until is None or today <= ignore.until):
            reason = f": {ignore.reason}" if ignore.reason else ""
            said = f"ignored (lifecycle.ignoreChanges{reason})"
            return replace(difference, held=said, held_code=HeldCode.IGNORE_CHANGES)
    return difference


def _followed(work: Work) -> tuple[str, ...]:
    return (f"renamed on the Hub from {work.alias.id}, and here: the same one",) if work.alias else ()


def _notes(compared: Comparison, *, lost: bool, replaced: bool) -> tuple[str, ...]:
    notes = list(compared.notes)
    if replaced:
        notes.insert(0, f"{TAKEN} since the last apply: adopted")
    if lost:
        notes.insert(0, "it was applied before and is gone from the Hub: created again")
    notes.extend(f"left alone, not made by hfops: {text}" for text in _by_list(compared.foreign))
    return tuple(notes)


def _by_list(keys: tuple[Key, ...]) -> list[str]:
    lists: dict[str, list[str]] = {}
    for name, entry in keys:
        lists.setdefault(name, []).append(entry)
    return [f"{name} {', '.join(sorted(entries))}" for name, entries in lists.items()]


def _delete(work: Work, sight: Sight) -> Decision:
    address, record = work.ask.address, work.ask.record
    where = work.removal.where if work.removal else None
    if sight.live is None:
        if record is None:
            return Decision()
        return Decision(
            Change(
                address, Action.FORGET, notes=("it is gone from the Hub already",), record=record, where=where
            )
        )
    if record is not None and _another(record, sight):
        if work.removal is None and work.ask.resource is None:  # pruned: what was ours is gone already
            taken = f"{TAKEN}: not ours, left alone"
            return Decision(Change(address, Action.FORGET, notes=(taken,), record=record))
        message = f"the Hub's {sight.live.id} ({sight.live.hub_id}) is not the one this ledger knows ({record.hub_id})"
        hint = f"if it may stay, run `hfops ledger forget {address}`"
        return Decision(problems=(Problem(message, where, str(address), hint=hint),))
    calls, risks = KINDS[address.kind].delete(address, sight.live)
    overridden = work.removal is not None and work.removal.override_protection
    resource = work.ask.resource
    protected = (record is not None and record.prevent_destroy) or (
        resource is not None and resource.lifecycle.prevent_destroy
    )
    notes = (work.removal.reason,) if work.removal and work.removal.reason else ()
    return Decision(
        Change(
            address,
            Action.DELETE,
            calls=calls,
            own_risks=risks,
            notes=notes,
            record=record,
            prevent_destroy=protected and not overridden,
            where=where,
        )
    )


def _forget(work: Work) -> Change | None:
    if work.ask.record is None:
        return None
    where = work.removal.where if work.removal else None
    released = "released: it was there before hfops, and no manifest describes it"
    notes = () if work.removal else (released,)
    return Change(work.ask.address, Action.FORGET, notes=notes, record=work.ask.record, where=where)


def _rename(work: Work, sights: Sights) -> Decision:
    source, target, record = work.sources[0].address, work.ask.address, work.ask.record
    assert record is not None
    place = _place(work, sights)
    if place.problem:
        problem = Problem(place.problem, None, str(target), hint="delete or rename one of them")
        return Decision(problems=(problem,))
    record = replace(record, address=target)
    if place.source is None:
        done = place.sight.live is not None and not _another(record, place.sight)
        change = Change(target, Action.NONE, record=record, moved_from=source)
        return Decision(change if done else None)
    calls, risks = KINDS[target.kind].move(source, target)
    return Decision(
        Change(target, Action.MOVE, calls=calls, own_risks=risks, moved_from=source, record=record)
    )
