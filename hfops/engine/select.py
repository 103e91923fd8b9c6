"""Which resources a run is about: ``--target``, ``--exclude``, ``--selector``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hfops.engine.graph import needed_by
from hfops.engine.inventory import Inventory
from hfops.model.address import Address
from hfops.model.problem import HfopsError
from hfops.model.resource import Resource


@dataclass(frozen=True, slots=True)
class Selection:
    """Globs by address and label requirements; empty: everything."""

    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def narrows(self) -> bool:
        """Whether anything is left out on purpose."""
        return bool(self.targets or self.excludes or self.labels)

    def chosen(self, inventory: Inventory) -> tuple[Resource, ...]:
        """The resources meant: targets come with what they depend on. Raises HfopsError for a target on nothing."""
        picked = [r for r in inventory.resources if self._labelled(r)]
        for glob in self.targets:
            if not any(r.address.matches(glob) for r in inventory.resources):
                raise HfopsError(f"--target {glob}: no manifest describes such an address (Kind/namespace/name)")
        if self.targets:
            hit = {r.address for r in picked if any(r.address.matches(g) for g in self.targets)}
            wanted = needed_by(inventory.graph, hit)
            picked = [r for r in inventory.resources if r.address in wanted]
        return tuple(r for r in picked if not any(r.address.matches(g) for g in self.excludes))

    def covers(self, address: Address) -> bool:
        """Whether an address that no manifest describes is meant: it has no labels to go by."""
        hit = not self.targets or any(address.matches(g) for g in self.targets)
        return hit and not self.labels and not any(address.matches(g) for g in self.excludes)

    def _labelled(self, resource: Resource) -> bool:
        return all(resource.labels.get(key) == value for key, value in self.labels)


def parse_selector(text: str) -> tuple[tuple[str, str], ...]:
    """``team=nlp,tier=prod`` as pairs. Raises HfopsError for anything else."""
    pairs = []
    for part in text.split(","):
        key, equals, value = part.partition("=")
        if not equals or not key.strip() or not value.strip():
            raise HfopsError(f"--selector {text}: expected label=value, or several joined by commas")
        pairs.append((key.strip(), value.strip().removeprefix("=")))
    return tuple(pairs)


def selection(targets: Sequence[str], excludes: Sequence[str], selectors: Sequence[str]) -> Selection:
    """The options as given on the command line."""
    labels = tuple(pair for text in selectors for pair in parse_selector(text))
    return Selection(tuple(targets), tuple(excludes), labels)
