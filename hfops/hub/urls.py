"""URLs as the client judges them: whose origin, loopback or not, and how one may be shown."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import parse_qsl, quote, unquote, urljoin, urlsplit

_AUTHORITY = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_SECRETIVE = re.compile(
    r"token|secret|password|signature|^sig$|^policy$|key-pair|credential|x-amz|api[-_]?key|^code$",
    re.IGNORECASE,
)
_PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str, int]
"""Scheme, host (lower case) and port."""


def origin(url: str) -> Origin | None:
    """Where ``url`` leads, or None for anything but a plain http(s) URL.

    Stricter than any parser on purpose: what two libraries could read as two different hosts (user names,
    backslashes, blanks, non-ASCII) has no origin, so it is trusted nowhere.
    """
    if not url.isascii() or re.search(r"[\x00-\x20\\\x7f]", url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not _AUTHORITY.fullmatch(parts.netloc) or parts.hostname is None:
        return None
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme]


def joined(base: str, target: str) -> str:
    """``target`` as seen from ``base``; what is no URL at all stays as it is, and has no origin."""
    try:
        return str(urljoin(base, target))
    except ValueError:
        return target


def is_loopback(where: Origin) -> bool:
    """Whether an origin is this very machine."""
    host = where[1]
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def shown(url: str) -> str:
    """Path and query for messages; values that may be credentials (signed links, tokens) become ``***``."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an impossible URL"
    if not parts.query:
        return parts.path or "/"
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = "&".join(f"{quote(k)}={'***' if _SECRETIVE.search(k) else quote(v)}" for k, v in pairs)
    return f"{parts.path or '/'}?{query}"


def check_path(path: str) -> str:
    """``path`` itself, or ValueError: an API path is absolute and cannot climb, leave the host or end early.

    HTTP libraries fold ``..``, also written ``%2e%2e``, so that one repository's call could reach another's.
    """
    plain = path.split("?", 1)[0]
    if not path.startswith("/") or path.startswith("//") or re.search(r"[\x00-\x20\\#\x7f]", path):
        raise ValueError(f"not an API path: {path!r}")
    if any(unquote(part) in {".", ".."} for part in plain.split("/")):
        raise ValueError(f"an API path may not hold '.' or '..': {path!r}")
    return path
