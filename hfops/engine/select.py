"""Which resources a run is about: ``--target``, ``--exclude``, ``--selector``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hfops.engine.graph import needed_by
from hfops.engine.inventory import Inventory
from hfops.manifest.bind import suggest
from hfops.model.address import Address, is_glob
from hfops.model.problem import HfopsError
from hfops.model.resource import Resource

_REQUIREMENT = re.compile(r"\s*([^\s=!]+)\s*(!=|==|=)\s*([^\s=!]+)\s*")


@dataclass(frozen=True, slots=True)
class Requirement:
    """``team=nlp``, or with ``equal`` false ``team!=nlp``, which an absent label meets too."""

    key: str
    value: str
    equal: bool = True

    def met(self, labels: Mapping[str, str]) -> bool:
        """Whether ``labels`` are as required."""
        return (labels.get(self.key) == self.value) is self.equal


@dataclass(frozen=True, slots=True)
class Selection:
    """Globs by address and label requirements; empty: everything."""

    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    labels: tuple[Requirement, ...] = ()
    among: frozenset[Address] | None = None
    """The only addresses that are meant (``--changed-since``); None: all."""

    @property
    def narrows(self) -> bool:
        """Whether anything is left out on purpose."""
        return bool(self.targets or self.excludes or self.labels) or self.among is not None

    def chosen(self, inventory: Inventory) -> tuple[Resource, ...]:
        """The resources meant: targets come with what they depend on. Raises HfopsError for a glob that means nothing."""
        for option, globs in (("--target", self.targets), ("--exclude", self.excludes)):
            for glob in globs:
                _refuse_nothing(option, glob, inventory)
        picked = [r for r in inventory.resources if all(q.met(r.labels) for q in self.labels)]
        before = {r.address: [a for a, _ in inventory.directives.sources(r.address)] for r in picked}
        if self.targets:
            hit = {a for a, sources in before.items() if _named(self.targets, a, *sources)}
            wanted = needed_by(inventory.graph, hit)
            picked = [r for r in inventory.resources if r.address in wanted]
        if self.among is not None:
            picked = [r for r in picked if r.address in self.among]
        return tuple(r for r in picked if not _named(self.excludes, r.address, *before.get(r.address, ())))

    def covers(self, address: Address) -> bool:
        """Whether an address that no manifest describes is meant: it has no labels to go by."""
        hit = not self.targets or any(address.matches(g) for g in self.targets)
        return hit and not self.labels and not any(address.matches(g) for g in self.excludes)


def _named(globs: Sequence[str], *addresses: Address) -> bool:
    """Whether a resource is meant, by its address or by one that it is moved from."""
    return any(a.matches(g) for a in addresses for g in globs)


def _refuse_nothing(option: str, glob: str, inventory: Inventory) -> None:
    """What is named must be described by a manifest, or be what a ``removed`` or ``moved`` entry is about."""
    if any(r.address.matches(glob) for r in inventory.resources):
        return
    said = inventory.directives
    patterns = [*(r.pattern for r in said.removed), *(p for m in said.moved for p in (m.source, m.target))]
    if any(is_glob(p) or Address.parse(p).matches(glob) for p in patterns):
        return
    near = suggest(glob, [str(r.address) for r in inventory.resources])
    hint = f"did you mean {near!r}?" if near else "expected Kind/namespace/name, * allowed"
    raise HfopsError(f"{option} {glob}: no manifest describes such an address ({hint})")


def parse_selector(text: str) -> tuple[Requirement, ...]:
    """``team=nlp,tier!=prod`` as requirements. Raises HfopsError for anything else."""
    found = []
    for part in text.split(","):
        match = _REQUIREMENT.fullmatch(part)
        if match is None:
            raise HfopsError(
                f"--selector {text}: expected label=value or label!=value, several joined by commas"
            )
        found.append(Requirement(match[1], match[3], match[2] != "!="))
    return tuple(found)


def selection(targets: Sequence[str], excludes: Sequence[str], selectors: Sequence[str]) -> Selection:
    """The options as given on the command line. Raises HfopsError for what is no address or no requirement."""
    for option, globs in (("--target", targets), ("--exclude", excludes)):
        for glob in globs:
            if glob.count("/") != 2 or not all(glob.split("/")):
                raise HfopsError(f"{option} {glob}: not an address; expected Kind/namespace/name, * allowed")
    labels = tuple(q for text in selectors for q in parse_selector(text))
    return Selection(tuple(targets), tuple(excludes), labels)
