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


class NeighbourError(LedgerError):
    """Another project's ledger cannot be understood: what it owns, nobody knows."""


@dataclass(frozen=True, slots=True)
class _Ledger:
    owner: Owner
    keys: frozenset[str]


@dataclass(slots=True)
class Neighbours:
    """All ledgers of ``repo`` but the one at ``own``. A file is read again only when it has changed.

    One that is broken is an error only where its answer is needed.
    """

    repo: LedgerRepo
    own: str
    map: Callable[[Callable[[Any], Any], Iterable[Any]], list[Any]]
    _read: dict[str, tuple[str | None, _Ledger | NeighbourError]] = field(default_factory=dict)

    def owner_of(self, address: Address, look: Look) -> Owner | None:
        """Who else owns ``address``, or set out to make it.

        Raises NeighbourError where nobody is known to, and a file that cannot be understood may say otherwise.
        """
        self._refresh(look)
        owner = next((ledger.owner for ledger in self._known() if address.key in ledger.keys), None)
        broken = [found for _, found in self._read.values() if isinstance(found, NeighbourError)]
        if owner is None and broken:
            raise broken[0]
        return owner

    def owners(self, look: Look) -> list[Owner]:
        """Whose ledgers there are, as far as they can be understood."""
        self._refresh(look)
        return [ledger.owner for ledger in self._known()]

    def _known(self) -> list[_Ledger]:
        return [found for _, (_, found) in sorted(self._read.items()) if isinstance(found, _Ledger)]

    def _refresh(self, look: Look) -> None:
        wanted = {p: b for p, b in look.files.items() if _is_ledger(p) and p != self.own}
        stale = [p for p, blob in wanted.items() if blob is None or self._read.get(p, ("",))[0] != blob]

        def read(path: str) -> _Ledger | NeighbourError:
            name, text = f"{self.repo.url}: {path}", self.repo.read(look, path)
            if text is None:
                return NeighbourError(f"{name}: the Hub lists it and does not give it out; run again")
            return _understood(text, name)

        for path, ledger in zip(stale, self.map(read, stale), strict=True):
            self._read[path] = (wanted[path], ledger)
        for path in set(self._read) - set(wanted):
            del self._read[path]


def _is_ledger(path: str) -> bool:
    return path.startswith(FOLDER) and path.endswith(".json") and "/" not in path.removeprefix(FOLDER)


def _understood(text: str, name: str) -> _Ledger | NeighbourError:
    """Whose a file is and what it speaks of. A newer version's is understood, too."""
    try:
        data = json.loads(text)
        wrong = _wrong(data)
    except (ValueError, RecursionError) as error:
        wrong = str(error)
    if wrong:
        said = f"not a ledger ({wrong}), so nobody knows what its project owns"
        way = "have that project put it right (hfops ledger pull, push), or delete what does not belong there"
        return NeighbourError(f"{name}: {said}; {way}")
    names = [*data.get("entries", ()), *(i["address"] for i in data.get("intentions", ()))]
    return _Ledger(Owner(data["project"], data.get("environment")), frozenset(n.casefold() for n in names))


def _wrong(data: Any) -> str:
    """What keeps ``data`` from being a ledger of any version; empty where nothing does."""
    if not isinstance(data, Mapping) or not isinstance(data.get("version"), int):
        return "no version in it"
    if not isinstance(data.get("project"), str) or not isinstance(data.get("environment"), str | None):
        return "no project in it"
    intentions = data.get("intentions", [])
    if not isinstance(data.get("entries", {}), Mapping) or not isinstance(intentions, list):
        return "no entries in it"
    named = all(isinstance(i, Mapping) and isinstance(i.get("address"), str) for i in intentions)
    return "" if named else "an intention without an address"
