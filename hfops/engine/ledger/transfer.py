"""Handing a resource over from one ledger to another. Pure."""

from __future__ import annotations

from hfops.engine.ledger.format import LedgerForm, Owner
from hfops.engine.ledger.store import LedgerError
from hfops.model.address import Address


def handed_over(
    source: LedgerForm, target: LedgerForm | None, owner: Owner, address: Address
) -> tuple[LedgerForm, LedgerForm]:
    """Both ledgers with the entry of ``address`` moved, ``target`` made for ``owner`` where there is none.

    One that the target has already, the same, is a transfer that was cut off half-way: it is finished. Raises LedgerError
    for an entry that is not there, that differs in the target, or that a run has not finished with.
    """
    target = target or LedgerForm(project=owner.project, environment=owner.environment)
    name, theirs = _name(source, address), _name(target, address)
    if name is None:
        raise LedgerError(f"{address}: not in the ledger of {source.owner}")
    for form in (source, target):
        if any(Address.parse(i.address) == address for i in form.intentions):
            raise LedgerError(
                f"{address}: a run of {form.owner} was interrupted in it: let hfops apply settle that first"
            )
    entry = source.entries[name]
    if theirs is not None and target.entries[theirs] != entry:
        raise LedgerError(f"{address}: {owner} has another entry of it: forget one of the two first")
    left = {a: e for a, e in source.entries.items() if a != name}
    taken = dict(sorted({**target.entries, theirs or name: entry}.items()))
    return (
        source.model_copy(update={"entries": left, "serial": source.serial + 1}),
        target.model_copy(update={"entries": taken, "serial": target.serial + 1}),
    )


def _name(form: LedgerForm, address: Address) -> str | None:
    return next((a for a in form.entries if Address.parse(a) == address), None)
