"""Finding the token where the Hub's own client finds it, in the same order.

--token-file, then none where HF_HUB_DISABLE_IMPLICIT_TOKEN is set, then the trusted-publisher exchange of
HF_OIDC_RESOURCE, HF_TOKEN, HUGGING_FACE_HUB_TOKEN, and the file that ``hf auth login`` writes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hfops.hub.clock import Clock
from hfops.hub.config import truthy
from hfops.hub.transport import Transport
from hfops.model.problem import HfopsError

_LARGEST = 65536


@dataclass(frozen=True)
class Token:
    """A token and where it was found. The value shows in no ``str`` or ``repr``."""

    value: str = field(repr=False)
    source: str


def find_token(
    environ: Mapping[str, str],
    token_file: Path | None = None,
    *,
    transport: Transport | None = None,
    clock: Clock | None = None,
) -> Token | None:
    """The token to use, None where there is none; raises ``HfopsError`` for one that cannot be one.

    Only HF_OIDC_RESOURCE needs the network: ``transport``, or one of its own.
    """
    if token_file is not None:
        return _explicit(token_file)
    if truthy(environ.get("HF_HUB_DISABLE_IMPLICIT_TOKEN")):
        return None
    if environ.get("HF_OIDC_RESOURCE", "").strip():
        # Loaded only where asked for: it needs the transports, which need tokens.
        from hfops.hub.oidc import exchanged  # noqa: PLC0415

        return Token(usable(exchanged(environ, transport, clock), "HF_OIDC_RESOURCE"), "HF_OIDC_RESOURCE")
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        if value := usable(environ.get(name, ""), name):
            return Token(value, name)
    path = token_path(environ)
    value = usable(_read(path, missing=""), str(path))
    return Token(value, str(path)) if value else None


def token_path(environ: Mapping[str, str]) -> Path:
    """The file of ``hf auth login``: HF_TOKEN_PATH, else ``token`` in HF_HOME, else in the cache folder.

    Staging has a file of its own, so that a production token never goes there.
    """
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or Path.home())
    if truthy(environ.get("HUGGINGFACE_CO_STAGING")):
        return home / ".cache" / "huggingface_staging" / "token"
    if named := environ.get("HF_TOKEN_PATH"):
        return _expanded(named, environ, home)
    if named := environ.get("HF_HOME"):
        return _expanded(named, environ, home) / "token"
    cache = environ.get("XDG_CACHE_HOME")
    return (_expanded(cache, environ, home) if cache else home / ".cache") / "huggingface" / "token"


def usable(text: str, source: str) -> str:
    """``text`` without blanks around it; raises for one that no header can carry. The value is never shown."""
    value = text.strip().removeprefix("\ufeff")
    bad = re.search(r"[^\x21-\x7e]", value)
    if bad:
        kind = "a line break" if bad[0] in "\r\n" else "a blank, control or non-ASCII character"
        raise HfopsError(
            f"{source}: the token holds {kind} at position {bad.start() + 1}; expected one word such as hf_…"
        )
    return value


def _explicit(path: Path) -> Token:
    value = usable(_read(path), str(path))
    if not value:
        raise HfopsError(
            f"{path}: the token file is empty; write the token into it, or leave out --token-file"
        )
    return Token(value, str(path))


def _read(path: Path, missing: str | None = None) -> str:
    """A file's text; ``missing`` stands for a file that is not there, and None makes that an error."""
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST).decode()
    except FileNotFoundError:
        if missing is not None:
            return missing
        raise HfopsError(f"{path}: no such token file (--token-file)") from None
    except OSError as error:
        raise HfopsError(f"{path}: cannot read the token: {error.strerror}") from None
    except UnicodeDecodeError:
        raise HfopsError(f"{path}: a token file is plain text; this one is not UTF-8") from None


def _expanded(text: str, environ: Mapping[str, str], home: Path) -> Path:
    """``~`` and ``$NAME`` filled in from the given environment; unknown names stay as they are."""
    text = re.sub(r"^~(?=/|\\|$)", lambda _: str(home), text)
    return Path(re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda m: environ.get(m[1] or m[2], m[0]), text))
