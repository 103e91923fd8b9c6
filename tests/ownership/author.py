"""The author: manifests and a Changes document, edited as a careful person would. What contradicts is taken out."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from tests.ownership.things import Home

UNIQUE = {"Collection": "title", "Webhook": "url"}
"""What such a resource is found by; no two manifests have the same."""


@dataclass
class Doc:
    """One resource's manifest."""

    spec: dict[str, Any]
    lifecycle: dict[str, Any] = field(default_factory=dict)


@dataclass
class Entry:
    """One ``removed`` entry."""

    pattern: str
    action: str
    override: bool = False


@dataclass
class Author:
    """All manifests of one project, by address."""

    home: Home
    docs: dict[str, Doc] = field(default_factory=dict)
    moved: list[tuple[str, str]] = field(default_factory=list)
    removed: list[Entry] = field(default_factory=list)

    def documents(self) -> list[dict[str, Any]]:
        """The manifests as hfops loads them."""
        out: list[dict[str, Any]] = []
        for address, doc in self.docs.items():
            kind, name = address.split("/", 1)
            out.append({"apiVersion": "hfops/v1", "kind": kind, "metadata": {"name": name},
                        "spec": copy.deepcopy(doc.spec), "lifecycle": copy.deepcopy(doc.lifecycle)})  # fmt: skip
        if self.moved or self.removed:
            moved = [{"from": s, "to": t} for s, t in self.moved]
            removed = [
                {"address": e.pattern, "action": e.action, "overrideProtection": e.override}
                for e in self.removed
            ]
            out.append(
                {"apiVersion": "hfops/v1", "kind": "Changes", "spec": {"moved": moved, "removed": removed}}
            )
        return out

    # What an author does

    def describe(self, kind: str, name: str, spec: dict[str, Any], lifecycle: dict[str, Any]) -> None:
        """Write a manifest, or another in its place."""
        address = self.home.address(kind, name)
        unique = UNIQUE.get(kind)
        others = [d for a, d in self.docs.items() if a.startswith(f"{kind}/") and a != address]
        if unique and any(d.spec.get(unique) == spec.get(unique) for d in others):
            return
        self.docs[address] = Doc(copy.deepcopy(spec), copy.deepcopy(lifecycle))
        self._unsay(address)

    def drop_field(self, kind: str, name: str, fields: str) -> None:
        """Manage a field no more; ``exclusive`` goes with its list."""
        doc = self.docs.get(self.home.address(kind, name))
        if doc is not None and fields != UNIQUE.get(kind):
            doc.spec.pop(fields, None)
            doc.spec.pop("exclusive", None)

    def shorten(self, kind: str, name: str) -> None:
        """Take one entry out of every list; what tags are put on stays."""
        doc = self.docs.get(self.home.address(kind, name))
        for field_ in ("branches", "tags", "items", "variables", "secrets"):
            entries = doc.spec.get(field_) if doc else None
            if not entries or (field_ == "branches" and doc and doc.spec.get("tags")):
                continue
            entries.pop(min(entries)) if isinstance(entries, dict) else entries.pop(0)

    def drop(self, kind: str, name: str) -> None:
        """Delete a manifest, and say nothing of it."""
        self.docs.pop(self.home.address(kind, name), None)

    def remove(self, kind: str, pattern: str, action: str, override: bool) -> None:
        """Delete manifests, and say what is to become of the resources."""
        full = self.home.address(kind, pattern)
        self.docs = {a: d for a, d in self.docs.items() if not fits(a, full)}
        self.moved = [m for m in self.moved if not any(fits(end, full) or fits(full, end) for end in m)]
        self.removed = [e for e in self.removed if e.pattern != full]
        self.removed.append(Entry(full, action, override))

    def rename(self, kind: str, source: str, target: str) -> None:
        """Rename a manifest, or all that fit a pattern."""
        old, new = self.home.address(kind, source), self.home.address(kind, target)
        carried = {a: _carried(a, old, new) for a in self.docs if fits(a, old)}
        if not carried or set(carried.values()) & set(self.docs) or old == new:
            return
        for before, after in carried.items():
            self.docs[after] = self.docs.pop(before)
        self.moved = [m for m in self.moved if m[0] not in (old, new)]
        for after in carried.values():
            self._unsay(after)
        self.moved.append((old, new))

    def tidy(self) -> None:
        """Take out entries that may be done."""
        self.moved.clear()
        self.removed.clear()

    def _unsay(self, address: str) -> None:
        """What is described is neither removed nor moved elsewhere."""
        self.removed = [e for e in self.removed if not fits(address, e.pattern)]
        self.moved = [m for m in self.moved if not fits(address, m[0])]

    # How an author takes an error

    def forget(self, address: str) -> None:
        """Give up on one resource: no manifest, no entry but that hfops should forget it."""
        self.docs.pop(address, None)
        self._unsay(address)
        self.moved = [m for m in self.moved if not fits(address, m[1])]
        self.removed.append(Entry(address, "forget"))

    def follow(self, address: str, target: str) -> None:
        """It was renamed on the Hub: so is the manifest."""
        doc = self.docs.pop(address)
        if target in self.docs:
            self.forget(address)
            return
        self.docs[target] = doc
        self._unsay(target)
        self._unsay(address)
        self.moved.append((address, target))


EDITS: dict[str, Callable[..., None]] = {
    "describe": Author.describe,
    "drop_field": Author.drop_field,
    "shorten": Author.shorten,
    "drop": Author.drop,
    "remove": Author.remove,
    "rename": Author.rename,
    "tidy": Author.tidy,
}


def fits(address: str, pattern: str) -> bool:
    """Whether a pattern covers an address."""
    here, there = address.split("/"), pattern.split("/")
    return len(here) == len(there) and all(map(fnmatchcase, here, there))


def _carried(address: str, old: str, new: str) -> str:
    if "*" not in old:
        return new
    head, _, tail = old.partition("*")
    return new.replace("*", address[len(head) : len(address) - len(tail)])
