"""Addresses: ``Kind/namespace/name``, the one name of a resource in manifests, plans and ledgers."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Address:
    """``Kind/namespace/name``. Compared without case, as the Hub compares repo ids; shown as written."""

    kind: str = field(compare=False)
    namespace: str = field(compare=False)
    name: str = field(compare=False)
    key: str = field(init=False, repr=False)
    """The form used for comparing and sorting."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"{self.kind}/{self.namespace}/{self.name}".casefold())

    @classmethod
    def parse(cls, text: str) -> Address:
        """The address that ``text`` spells. Raises ValueError, with what was expected, for anything else."""
        parts = text.split("/")
        if len(parts) != 3 or not all(parts):
            raise ValueError(f"not an address: {text!r}, expected Kind/namespace/name")
        return cls(*parts)

    @property
    def id(self) -> str:
        """The Hub's id: ``namespace/name``."""
        return f"{self.namespace}/{self.name}"

    def matches(self, glob: str) -> bool:
        """Whether ``glob`` (``*``, ``?``, ``[…]``; ``*`` crosses no slash) covers this address, without case."""
        wanted, have = glob.casefold().split("/"), self.key.split("/")
        return len(wanted) == len(have) and all(map(fnmatchcase, have, wanted))

    def __str__(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}"

    def __lt__(self, other: Address) -> bool:
        return self.key < other.key


def is_glob(text: str) -> bool:
    """Whether an address pattern names more than itself."""
    return any(c in text for c in "*?[")
