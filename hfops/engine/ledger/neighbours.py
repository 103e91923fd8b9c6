"""The other ledgers of one repository: which project owns what. Read as far as that takes, whoever wrote them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hfops.engine.ledger.format import Owner
from hfops.engine.ledger.repo import LedgerRepo, Look
from hfops.engine.ledger.store import LedgerError
from hfops.model.address import Address

FOLDER = "ledgers/"

LONGEST = 100
"""Characters of a file's name; the rest of a longer one is a hash."""


def file_name(owner: Owner) -> str:
    """The path of an owner's file: ``ledgers/project.json``, ``ledgers/project.environment.json``.

    What is no letter, digit, ``-`` or ``_`` is spelt in hexadecimal, so that two owners never share a file.
    """
    parts = [owner.project] + ([owner.environment] if owner.environment else [])
    name = ".".join(
        re.sub(rb"[^A-Za-z0-9_-]", _hexed, p.encode(errors="surrogatepass")).decode() for p in parts
    )
    if len(name) > LONGEST:
        name = f"{name[:LONGEST]}~~{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    return f"{FOLDER}{name}.json"


def _hexed(found: re.Match[bytes]) -> bytes:
    return b"~%02x" % found[0][0]


@dataclass(frozen=True, slots=True)
class _Ledger:
    owner: Owner
    keys: frozenset[str]


@dataclass(slots=True)
class Neighbours:
    """All ledgers of ``repo`` but the one at ``own``. A file is read again only when it has changed."""

    repo: LedgerRepo
    own: str
    map: Callable[[Callable[[Any], Any], Iterable[Any]], list[Any]]
    _read: dict[str, tuple[str | None, _Ledger | None]] = field(default_factory=dict)

    def owner_of(self, address: Address, look: Look) -> Owner | None:
        """Who else owns ``address``, or set out to make it. Raises LedgerError for a file that cannot be understood."""
        self._refresh(look)
        found = (ledger for _, ledger in self._read.values() if ledger)
        return next((ledger.owner for ledger in found if address.key in ledger.keys), None)

    def owners(self, look: Look) -> list[Owner]:
        """Whose ledgers there are."""
        self._refresh(look)
        return [ledger.owner for _, (_, ledger) in sorted(self._read.items()) if ledger]

    def _refresh(self, look: Look) -> None:
        wanted = {p: b for p, b in look.files.items() if _is_ledger(p) and p != self.own}
        stale = [p for p, blob in wanted.items() if blob is None or self._read.get(p, ("",))[0] != blob]

        def read(path: str) -> _Ledger | None:
            text = self.repo.read(look, path)
            return None if text is None else _understood(text, f"{self.repo.url}: {path}")

        for path, ledger in zip(stale, self.map(read, stale), strict=True):
            self._read[path] = (wanted[path], ledger)
        for path in set(self._read) - set(wanted):
            del self._read[path]


def _is_ledger(path: str) -> bool:
    return path.startswith(FOLDER) and path.endswith(".json") and "/" not in path.removeprefix(FOLDER)


def _understood(text: str, name: str) -> _Ledger | None:
    """Whose a file is and what it speaks of; None for a file that is no ledger. A newer version's is understood, too."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        said = f"not a ledger ({error}), so nobody knows what its project owns"
        raise LedgerError(
            f"{name}: {said}; have that project put it right: hfops ledger pull, push"
        ) from None
    if not isinstance(data, Mapping) or not isinstance(data.get("project"), str):
        return None
    entries, intentions = data.get("entries"), data.get("intentions")
    names = [*(entries if isinstance(entries, Mapping) else ())]
    names += [i.get("address") for i in intentions or () if isinstance(i, Mapping)]
    environment = data.get("environment")
    owner = Owner(data["project"], environment if isinstance(environment, str) else None)
    return _Ledger(owner, frozenset(n.casefold() for n in names if isinstance(n, str)))
