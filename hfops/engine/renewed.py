"""Values of resources that a plan makes (anew): whoever takes them waits for them, and is sent what they will be."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from urllib.parse import unquote

from hfops.engine.work import Work
from hfops.kinds.base import Vault
from hfops.kinds.values import references
from hfops.model.address import Address
from hfops.model.change import Action, Change
from hfops.model.late import Named, Reference, late_values

NOT_YET = "\0"
"""Stands for a value that is not there yet: nothing live is equal to it."""


def values_taken(change: Change) -> list[Address]:
    """The resources whose values the calls take: they have them once they are ready, and perhaps no sooner."""
    found = late_values([c.body for c in change.calls])
    return [Address.parse(r.resource) for r in found if isinstance(r, Reference) and r.resource]


def moved_refs(change: Change) -> frozenset[str]:
    """The branches and tags that the calls make, move or commit to."""
    found = set()
    for call in change.calls:
        _, _, after = call.path.rpartition("/commit/")
        if "/commit/" in call.path:
            found.add(unquote(after.partition("?")[0]))
        elif "/branch/" in call.path:
            found.add(unquote(call.path.rpartition("/branch/")[2]))
        elif "/tag/" in call.path and isinstance(call.body, Mapping):
            found.add(str(call.body.get("tag", "")))
    return frozenset(found)


def leads(change: Change) -> dict[Address, Address]:
    """Where names lead once the change is made: from the old to the new one, and to itself what is created."""
    match change.action:
        case Action.MOVE if change.moved_from is not None and change.calls:
            return {change.moved_from: change.address}
        case Action.CREATE | Action.REPLACE:
            return {change.address: change.address}
    return {}


def aware(
    work: Work,
    renewed: AbstractSet[Address],
    moving: Mapping[Address, frozenset[str]],
    renames: Mapping[Address, Address],
) -> Work:
    """The work, told which values will be others once ``renewed`` are made, which refs are ``moving``, and ``renames``."""
    resource = work.ask.resource
    if resource is not None and (moving or renames):
        work = replace(work, ask=replace(work.ask, moving=moving, renames=renames))
    if resource is None or not renewed:
        return work
    named = {Address.parse(r.resource) for _, r, _ in references(resource) if r.resource} & renewed
    if not named:
        return work
    return replace(work, ask=replace(work.ask, vault=Renewed(work.ask.vault, frozenset(named))))


@dataclass(frozen=True, slots=True)
class Renewed:
    """A vault in which values of what is made anew are not what they were. Implements ``kinds.base.Vault``."""

    vault: Vault
    renewed: frozenset[Address]

    def text(self, reference: Named) -> str | None:
        """The value; of what is renewed, one that nothing live is equal to."""
        return NOT_YET if self._is_renewed(reference) else self.vault.text(reference)

    def same(self, reference: Named, hashed: str) -> bool | None:
        """Whether it is what was sent last, which it is not once it is renewed."""
        return False if self._is_renewed(reference) else self.vault.same(reference, hashed)

    def why(self, reference: Named) -> str | None:
        """Why the value is not known now; None where it is."""
        return self.vault.why(reference)

    def _is_renewed(self, reference: Named) -> bool:
        return (
            isinstance(reference, Reference)
            and reference.resource is not None
            and Address.parse(reference.resource) in self.renewed
        )
