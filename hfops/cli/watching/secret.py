"""The webhook's secret: where it is read, and how a delivery's is held against it."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hfops.model.problem import HfopsError

SHORTEST = 4
"""Characters: a shorter one could not be kept out of any output."""
LARGEST = 4096
"""Bytes of a secret's file."""
ONE = "give one of --secret-env NAME, --secret-file PATH, or --no-secret (on this machine only)"


@dataclass(frozen=True)
class Guard:
    """Knows the secret's digest; None: everybody may deliver."""

    _digest: bytes | None = field(repr=False)

    @classmethod
    def of(cls, secret: str | None) -> Guard:
        """The guard for a secret, or for none."""
        return cls(None if secret is None else _digest(secret.encode()))

    def admits(self, given: Sequence[str]) -> bool:
        """Whether the ``X-Webhook-Secret`` headers of a delivery are the secret, once.

        Digests are of one length: how long it takes tells nothing, not even how long the secret is.
        """
        if self._digest is None:
            return True
        text = given[0] if len(given) == 1 else ""
        return hmac.compare_digest(_digest(text.encode("latin-1", errors="replace")), self._digest)


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()


def read_secret(
    env: str | None, file: Path | None, *, none: bool, hide: Callable[[str], object]
) -> str | None:
    """The secret that the options name, hidden from every output; None for ``none``. Raises HfopsError."""
    if sum((env is not None, file is not None, none)) != 1:
        raise HfopsError(f"which secret do the Hub's deliveries carry? {ONE}")
    if none:
        return None
    value = _variable(os.environ, env) if env is not None else _file(file or Path())
    where = f"--secret-env {env}" if env is not None else f"--secret-file {file}"
    hide(value)
    if len(value) < SHORTEST:
        raise HfopsError(
            f"{where}: shorter than {SHORTEST} characters; make one such as `openssl rand -hex 32`"
        )
    if not (value.isascii() and value.isprintable()):
        raise HfopsError(f"{where}: a webhook's secret is printable ASCII: a header carries it")
    return value


def _variable(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name)
    if value is None:
        raise HfopsError(f"--secret-env {name}: not set; set it where hfops runs: export {name}=…")
    return value.strip()


def _file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST).decode().strip()
    except OSError as error:
        raise HfopsError(f"--secret-file {path}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise HfopsError(f"--secret-file {path}: not text; expected the secret alone") from None
