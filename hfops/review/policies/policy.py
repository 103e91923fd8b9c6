"""A policy, ready to be held against resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from hfops.model.address import Address
from hfops.model.source import Mark


class Severity(StrEnum):
    """What a violation does: refuses apply, or is said."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Policy:
    """One rule. ``denies``: its expression must not hold; else it must.

    ``names`` are globs of namespace/name; ``kinds``, ``names`` and ``labels`` that are empty match all.
    """

    id: str
    expression: str
    denies: bool
    message: str = ""
    severity: Severity = Severity.ERROR
    kinds: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    until: date | None = None
    where: Mark | None = None

    @property
    def said(self) -> str:
        """What to tell whoever violates it."""
        return self.message or f"{'deny' if self.denies else 'require'}: {_quoted(self.expression)}"

    def covers(self, address: Address, labels: Mapping[str, str]) -> bool:
        """Whether it is about a resource of this address with these labels."""
        if self.kinds and address.kind not in self.kinds:
            return False
        if any(labels.get(k) != v for k, v in self.labels.items()):
            return False
        return not self.names or any(address.matches(f"{address.kind}/{n}") for n in self.names)


def _quoted(expression: str) -> str:
    """As code, unless it is one word, or holds the very mark."""
    return expression if expression.isalnum() or "`" in expression else f"`{expression}`"
