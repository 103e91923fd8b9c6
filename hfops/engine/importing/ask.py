"""What is to be imported, and how it is to be written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from hfops.engine.importing.target import Target
from hfops.kinds.describe import Refs, Sketch, Wish
from hfops.kinds.registry import KINDS
from hfops.model.address import Address

Split = Literal["kind", "resource", "group"]
ASIDE = ("InferenceEndpoint", "Webhook")
"""Kinds that many a namespace has nothing to do with: that they cannot be listed is only said."""

LEDGERS = "hfops-ledger"
"""What a ledger's own repository is usually called."""


@dataclass(frozen=True, slots=True)
class Order:
    """One import. ``only`` and ``skip`` are globs of names or addresses, ``labels`` pairs of label and field."""

    targets: tuple[Target, ...]
    kinds: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    refs: Refs = "none"
    cards: bool = False
    split: Split = "kind"
    labels: tuple[tuple[str, str], ...] = ()
    group: bool = False

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Those of which everything is asked for, each once."""
        return tuple({t.namespace.casefold(): t.namespace for t in self.targets if t.kind is None}.values())

    @property
    def folders(self) -> tuple[str, ...]:
        """The namespaces that get a folder each; none where there is only one."""
        named = tuple({t.namespace.casefold(): t.namespace for t in self.targets}.values())
        return named if len(named) > 1 else ()

    def wishes(self) -> Iterator[tuple[str, Wish]]:
        """What each kind is asked for."""
        kinds = [kind for kind in KINDS if not self.kinds or kind in self.kinds]
        for namespace in self.namespaces:
            for kind in kinds:
                yield kind, Wish(namespace, (), self.refs, self.cards)
        whole = {n.casefold() for n in self.namespaces}
        named: dict[tuple[str, str], list[str]] = {}
        for target in self.targets:
            if (
                target.kind is not None
                and target.name is not None
                and target.namespace.casefold() not in whole
            ):
                named.setdefault((target.kind, target.namespace), []).append(target.name)
        for (kind, namespace), names in named.items():
            yield kind, Wish(namespace, tuple(names), self.refs, self.cards)

    def covers(self, address: Address) -> bool:
        """Whether the globs leave it in."""
        if self.only and not any(matches(address, glob) for glob in self.only):
            return False
        return not any(matches(address, glob) for glob in self.skip)

    def concerns(self, sketch: Sketch) -> bool:
        """Whether something that lives elsewhere, a user's webhook, belongs to what is imported."""
        if sketch.watches is None or sketch.address.kind in self.kinds:
            return True
        ours = {t.namespace.casefold() for t in self.targets}
        return sketch.address.namespace.casefold() in ours or bool(sketch.watches & ours)


def matches(address: Address, glob: str) -> bool:
    """Whether a glob of a name, a namespace/name or an address covers it."""
    parts = glob.count("/")
    return address.matches(glob if parts == 2 else f"*/{glob}" if parts == 1 else f"*/*/{glob}")
