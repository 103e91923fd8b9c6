"""What one run knows of values by reference: their text, whether they changed, and the hash that the ledger keeps."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from hfops.kinds.values import references, texts
from hfops.manifest.document import shown_path
from hfops.manifest.references import Once, Resolver, Unresolved
from hfops.model.address import Address
from hfops.model.late import Hidden, Named, Reference
from hfops.model.problem import Problem
from hfops.model.resource import Resource
from hfops.model.source import Mark, Path

COST: Final = (2**14, 8, 1)
"""scrypt's n, r and p: 16 MiB and some 50 ms for each value."""
TELLING: Final = 8
"""Characters from which on a value is no word that a file may hold by chance."""
_MOST_MEMORY: Final = 64 * 1024 * 1024
"""Bytes that a hash of a ledger may ask for: ledgers are data, and come from elsewhere."""
_SALT, _DIGEST = 16, 32
_HASH = re.compile(
    r"scrypt(?P<keyed>-keyed)?\$(?P<n>[0-9]{1,9})\$(?P<r>[0-9]{1,4})\$(?P<p>[1-9])\$(?P<salt>[^$]+)\$(?P<digest>[^$]+)"
)


class RunVault:
    """The vault of one run, which implements ``kinds.base.Vault``. Any thread may ask; an answer once given stays.

    ``resources`` tell which references stand in secret fields only. ``ledger_key`` keys the hashes
    (``HFOPS_LEDGER_KEY``). ``exports`` looks up values of other resources, None where they are not known yet.
    """

    def __init__(
        self,
        resolver: Resolver,
        resources: Iterable[Resource],
        *,
        run_commands: bool,
        ledger_key: str | None,
        exports: Callable[[Reference], str | None] = lambda _: None,
    ) -> None:
        self._resolver = resolver
        self._resources = tuple(resources)
        self._used = [(r, *found) for r in self._resources for found in references(r)]
        self._open = {reference for _, _, reference, secret in self._used if not secret}
        self._secret = {reference for _, _, reference, secret in self._used if secret} - self._open
        self._run_commands = run_commands
        self._key = ledger_key or None
        self._exports = exports
        self._learned: dict[Reference, str] = {}
        self._known = Once[Reference, "str | Unresolved"]()
        self._sent = Once[Reference, str]()
        self._compared = Once[tuple[bytes, str], "bool | None"]()
        self._blind = os.urandom(32)

    def text(self, reference: Named) -> str | None:
        """The value, None where it cannot be known now."""
        if isinstance(reference, Hidden):
            return reference.text
        known = self._now(reference)
        return None if isinstance(known, Unresolved) else known

    def why(self, reference: Named) -> str | None:
        """Why the value is not known now; None where it is."""
        if isinstance(reference, Hidden):
            return None
        known = self._now(reference)
        return str(known) if isinstance(known, Unresolved) else None

    def same(self, reference: Named, hashed: str) -> bool | None:
        """Whether ``hashed`` was made from the value; None where that cannot be told: no value, key or such format."""
        text = self.text(reference)
        if text is None:
            return None
        # The value itself is no key of a table: it would live on in there.
        name = hashlib.blake2b(text.encode(), key=self._blind).digest()
        return self._compared.get((name, hashed), lambda: _same(text, hashed, self._key))

    def value(self, reference: Reference) -> str:
        """The value for apply, commands run. Raises Unresolved."""
        known = self._now(reference)
        if not isinstance(known, Unresolved):
            return known
        if reference.resource is not None:
            raise Unresolved(str(known), known.hint)
        secret = reference in self._secret
        found = self._sent.get(
            reference, lambda: self._resolver.value(reference, secret=secret, run_commands=True)
        )
        self._learned[reference] = found
        return found

    def hashed(self, text: str) -> str:
        """What the ledger keeps of a value, with a salt of its own each time."""
        return hash_of(text, self._key)

    def place(self, reference: Reference, address: Address) -> tuple[Mark | None, str | None]:
        """Where the manifest of ``address`` names a value, and the field's path."""
        for resource, path, found, _ in self._used:
            if found == reference and resource.address == address:
                return resource.mark(path), shown_path(path)
        return None, None

    def withheld(self, resource: Resource) -> str:
        """Why what the resource says of itself may not be quoted: secrets that could not be masked; empty where none."""
        secrets = [(path, r) for path, r, secret in references(resource) if secret]
        unknown = [str(path[-1]) for path, r in secrets if r not in self._learned and self.text(r) is None]
        return f"withheld, this run does not know its secret {', '.join(unknown)}" if unknown else ""

    def leaked(self, data: bytes) -> str | None:
        """The name of a secret, or of hfops's own token, whose value ``data`` holds; None where it holds none.

        Short values are passed over: they stand in many a text by chance.
        """
        if self._resolver.token and self._resolver.token.encode() in data:
            return "the token that hfops itself uses"
        for reference in sorted(self._secret, key=lambda r: r.label):
            text = self._learned.get(reference) or self.text(reference)
            if text is not None and len(text) >= TELLING and text.encode() in data:
                return reference.label
        return None

    def problems(self) -> list[Problem]:
        """The references that could be resolved nowhere and never, each at its place.

        What is only not known here, such as a variable that is not set, is no problem.
        """
        return list(self._problems())

    def _problems(self) -> Iterator[Problem]:
        for resource in self._resources:
            yield from self._literals(resource)
        for resource, path, reference, secret in self._used:
            error = None if reference.resource is not None else self._fault(reference, secret=secret)
            if error:
                yield _problem(resource, path, error)

    def _literals(self, resource: Resource) -> Iterator[Problem]:
        """Secrets that are written down: the token in use, or what a reference to a secret stands for."""
        for path, text in texts(resource):
            found = self.leaked(text.encode()) if len(text) >= TELLING else None
            if found is not None:
                hint = "name it by reference, in a field that takes secrets; and change it, for it was written down"
                message = f"the value of {found} is written here"
                yield Problem(message, resource.mark(path), str(resource.address), shown_path(path), hint)

    def _fault(self, reference: Reference, *, secret: bool) -> Unresolved | None:
        if secret is (reference in self._secret):
            known = self._now(reference)
        else:  # the same reference stands in an open field, where other rules hold
            known = self._tried(reference, secret=secret)
        return known if isinstance(known, Unresolved) and known.fault else None

    def _now(self, reference: Reference) -> str | Unresolved:
        return self._known.get(reference, lambda: self._tried(reference, secret=reference in self._secret))

    def _tried(self, reference: Reference, *, secret: bool) -> str | Unresolved:
        if reference.resource is not None:
            text = self._exports(reference)
            return Unresolved(f"{reference.label} is known after apply") if text is None else text
        try:
            return self._resolver.value(reference, secret=secret, run_commands=self._run_commands)
        except Unresolved as error:
            # A copy: the traceback of the first would keep the value alive, and in reach of a bug report.
            return Unresolved(str(error), error.hint, fault=error.fault)


def _problem(resource: Resource, path: Path, error: Unresolved) -> Problem:
    return Problem(str(error), resource.mark(path), str(resource.address), shown_path(path), error.hint)


def hash_of(text: str, key: str | None) -> str:
    """A value's salted hash: ``scrypt$n$r$p$salt$digest``, or ``scrypt-keyed$…`` where there is a key."""
    salt = os.urandom(_SALT)
    n, r, p = COST
    digest = _Scrypt(n, r, p, salt, _DIGEST).digest(text, key)
    name = "scrypt-keyed" if key else "scrypt"
    return f"{name}${n}${r}${p}${_base64(salt)}${_base64(digest)}"


@dataclass(frozen=True, slots=True)
class _Scrypt:
    """The parameters of one hash."""

    n: int
    r: int
    p: int
    salt: bytes
    size: int

    @property
    def memory(self) -> int:
        """Bytes."""
        return 128 * self.r * (self.n + self.p + 2)

    def digest(self, text: str, key: str | None) -> bytes:
        """The hash; other threads run meanwhile. Raises ValueError for parameters that scrypt does not take."""
        password = text.encode()
        if key:
            password = hmac.digest(key.encode(errors="surrogateescape"), password, "sha256")
        return hashlib.scrypt(
            password, salt=self.salt, n=self.n, r=self.r, p=self.p, maxmem=2 * _MOST_MEMORY, dklen=self.size
        )


def _same(text: str, hashed: str, key: str | None) -> bool | None:
    """A hash from before the key was set is compared without it."""
    match = _HASH.fullmatch(hashed)
    if not match or (match["keyed"] and not key):
        return None
    key = key if match["keyed"] else None
    try:
        salt, digest = (base64.b64decode(match[part], validate=True) for part in ("salt", "digest"))
    except binascii.Error:
        return None
    scrypt = _Scrypt(int(match["n"]), int(match["r"]), int(match["p"]), salt, _DIGEST)
    if len(digest) != _DIGEST or scrypt.memory > _MOST_MEMORY:
        return None
    try:
        return hmac.compare_digest(scrypt.digest(text, key), digest)
    except ValueError:
        return None


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
