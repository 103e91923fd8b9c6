"""Which part of a project a run is about: what the command line narrows it to, and what was changed in Git."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hfops.cli.asked import refuse_prune
from hfops.cli.options import Options
from hfops.cli.output import say
from hfops.engine.changed import Since, changed_addresses, changed_removals
from hfops.engine.inventory import Inventory
from hfops.engine.select import Selection, selection
from hfops.engine.work import Scope
from hfops.kinds.base import Vault
from hfops.manifest.settings import Settings
from hfops.model.address import Address, is_glob
from hfops.model.directives import Allowance
from hfops.model.resource import Resource
from hfops.model.risk import RiskKind


@dataclass(frozen=True, slots=True)
class Scoping:
    """What it takes to tell. ``allowed`` is the command line's consent; ``since`` what changed in Git, if that counts."""

    root: Path
    options: Options
    settings: Settings
    inventory: Inventory
    since: Since | None
    allowed: Sequence[Allowance]

    def picked(self) -> Selection:
        """What --target, --exclude, --selector and --changed-since leave. Raises HfopsError."""
        picked = selection(self.options.target, self.options.exclude, self.options.selector)
        if self.since is None:
            return picked
        found, more = self.inventory, self.options.var_file
        among = changed_addresses(found, self.since, self.root, self.settings.namespace, more)
        return replace(picked, among=among)

    def scope(self, picked: Selection, described: Inventory, vault: Vault, unmanaged: str) -> Scope:
        """What the run is about. Raises HfopsError where --prune meets a run that does not see everything."""
        options, whole = self.options, self.inventory.whole_root and not picked.narrows
        refuse_prune(options, whole=whole)
        wanted = self.settings.prune if options.prune is None else options.prune
        return Scope(
            chosen(picked, described),
            whole,
            files=self._files(),
            covers=picked.covers,
            consented=self._consented,
            prune=wanted and whole and bool(self.inventory.resources),
            send_unverified=options.send_unverified,
            vault=vault,
            rotate=options.rotate,
            retry_failed=options.retry_failed,
            restart=options.restart,
            replace=options.replace,
            unmanaged=unmanaged,
        )

    def hit(self, picked: Selection) -> tuple[Resource, ...]:
        """What `destroy` is about: of what --target names, that alone, and not what it depends on."""
        found = chosen(picked, self.inventory)
        return tuple(
            r for r in found if not picked.targets or any(r.address.matches(g) for g in picked.targets)
        )

    def _files(self) -> frozenset[str] | None:
        """Where ``removed`` entries count from; None: everywhere."""
        asked = None if self.inventory.whole_root else self.inventory.asked
        if self.since is None:
            return asked
        changed = changed_removals(self.inventory, self.since, self.root)
        return changed if asked is None else changed & asked

    def _consented(self, address: Address) -> bool:
        """Whether the command line agrees, by the very address, to lose what this project does not own."""
        named = (a for a in self.allowed if a.pattern and not is_glob(a.pattern))
        return any(a.risk is RiskKind.DATA_LOSS and address.matches(a.pattern or "") for a in named)


def chosen(picked: Selection, inventory: Inventory) -> tuple[Resource, ...]:
    """The resources that the manifests describe and the command line is about."""
    found = picked.chosen(inventory)
    if not inventory.whole_root:
        found = tuple(r for r in found if r.where.file in inventory.asked)
    if picked.narrows and not found:
        say("warning: --target, --exclude, --selector and --changed-since leave no resource to look at")
    return found
