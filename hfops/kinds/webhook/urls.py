"""URLs that may hold secrets: what of them is shown, what is hidden, and when two are the same."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from hfops.model.late import Hidden

SCHEMES = ("http", "https")
PORTS = {"http": 80, "https": 443}
MASK = "***"
SHORT, TELLING = 4, 8
"""Characters: a plain word or number of fewer than ``TELLING`` stands in many a text by chance and is no secret;
nothing of fewer than ``SHORT`` is masked by itself.
"""
TELLTALE = ("token", "key", "secret", "sig", "signature", "password", "auth", "code")
"""Names in queries whose values are meant to be secret."""


_AUTHORITY = re.compile(
    r"(?:(?P<name>[a-z0-9-]+(?:\.[a-z0-9-]+)*)|\[(?P<v6>[0-9a-f:.]+)\])(?::[0-9]*)?", re.ASCII | re.IGNORECASE
)
"""A host has one spelling: what readers of URLs map, decode or cut differently is no part of it."""

_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
"""As the last part of a host, this makes it an address of version 4, to the Hub as to every browser."""


class BadUrl(ValueError):
    """Says what is wrong, never quotes the URL."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A URL taken apart: ``host`` is lower-case and without a port."""

    split: SplitResult
    host: str
    port: int | None

    @property
    def authority(self) -> str:
        """Host and port as they are written; a login is not part of it."""
        return self.split.netloc.rpartition("@")[2]

    @property
    def origin(self) -> str:
        """Scheme, host and port, each spelt one way."""
        port = "" if self.port in (None, PORTS.get(self.split.scheme)) else f":{self.port}"
        return f"{self.split.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}{port}"

    @property
    def login(self) -> str:
        """What stands before the host, such as ``ci:pass``."""
        return self.split.netloc.rpartition("@")[0]

    @property
    def hides(self) -> bool:
        """Whether some of it is not for everybody's eyes."""
        return bool(self.login or self.split.query or self.split.fragment)


def parts(url: str) -> Parts:
    """``url`` taken apart. Raises BadUrl for what is no http or https URL, or may lead elsewhere than it seems to."""
    if any(c.isspace() or not c.isprintable() for c in url):
        raise BadUrl("holds a space or a control character")
    if "\\" in url:
        raise BadUrl("holds a backslash, which counts as a slash to some and as a part of the host to others")
    try:
        split = urlsplit(url)
        host, port = split.hostname, split.port
    except ValueError:
        raise BadUrl("cannot be read as a URL") from None
    if split.scheme not in SCHEMES:
        raise BadUrl("does not start with https:// or http://")
    if not host:
        raise BadUrl("names no host")
    return Parts(split, _host(split.netloc), port)


def _host(netloc: str) -> str:
    """The host, in lower case. Raises BadUrl for one that is spelt in a way that not everybody reads alike."""
    if netloc.count("@") > 1:
        raise BadUrl("holds a second @ before its host")
    found = _AUTHORITY.fullmatch(netloc.rpartition("@")[2])
    if found is None:
        raise BadUrl(
            "has a host of other signs than letters, digits and hyphens, with dots between; write others as xn--…"
        )
    try:
        if found["v6"]:
            return str(ipaddress.IPv6Address(found["v6"]))
        host = found["name"].lower()
        return str(ipaddress.IPv4Address(host)) if _NUMBER.fullmatch(host.rpartition(".")[2]) else host
    except ValueError:
        raise BadUrl("has a host that is neither a name nor an IP address") from None


def host_of(url: str) -> str:
    """The host that is told; empty where it cannot be read."""
    try:
        return parts(url).host
    except BadUrl:
        return ""


def normal(url: str) -> str:
    """One spelling of all URLs that mean the same: the host's case, the usual port and an empty path do not count."""
    try:
        found = parts(url)
    except BadUrl:
        return url
    split = found.split
    login = f"{found.login}@" if found.login else ""
    scheme, _, authority = found.origin.partition("://")
    rest = "".join(f"{sign}{text}" for sign, text in (("?", split.query), ("#", split.fragment)) if text)
    return f"{scheme}://{login}{authority}{split.path or '/'}{rest}"


def shown(url: str) -> str:
    """``url`` as anybody may see it: ``https://ci.acme.example/hooks/hf?***``."""
    try:
        found = parts(url)
    except BadUrl:
        return MASK
    if not found.hides:
        return url
    split, login = found.split, f"{MASK}@" if found.login else ""
    rest = "".join(f"{sign}{MASK}" for sign, text in (("?", split.query), ("#", split.fragment)) if text)
    return f"{split.scheme}://{login}{found.authority}{split.path}{rest}"


def veiled(url: str) -> str:
    """Only where it leads: of a URL that came by reference, the path may be the secret."""
    try:
        return f"{parts(url).origin}/{MASK}"
    except BadUrl:
        return MASK


def as_sent(url: str) -> str | Hidden:
    """A URL as plans hold it."""
    seen = shown(url)
    return url if seen == url else Hidden(seen, url)


def secrets_in(url: str) -> Iterator[str]:
    """The texts of a URL that no output may show: its query and login, whole and in parts."""
    try:
        found = parts(url)
    except BadUrl:
        yield from _unread(url)
        return
    for text in (found.split.query, found.split.fragment, found.login):
        if len(text) >= SHORT:
            yield text
    user, colon, password = found.login.partition(":")
    values = [value for _, value in _pairs(found.split.query)]
    for value in (*values, found.split.fragment, password if colon else user):
        yield from (text for text in {value, unquote(value)} if _tells(text))


def _unread(url: str) -> Iterator[str]:
    """Of what cannot be taken apart, all, and what stands behind its signs."""
    for text in dict.fromkeys((url, *(url.partition(sign)[2] for sign in "?#"))):
        if _tells(text):
            yield text


def telltale(url: str) -> bool:
    """Whether a URL seems to hold a secret: a login, or a value whose name says so."""
    try:
        found = parts(url)
    except BadUrl:
        return False
    names = (name.casefold() for name, _ in _pairs(found.split.query))
    return bool(found.login) or any(name.endswith(TELLTALE) for name in names)


def is_loopback(host: str) -> bool:
    """Whether only this machine is meant."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _pairs(query: str) -> list[tuple[str, str]]:
    """Names and values, decoded and as they stand."""
    raw = [(name, value) for name, _, value in (part.partition("=") for part in query.split("&"))]
    return [*raw, *parse_qsl(query, keep_blank_values=True)]


def _tells(text: str) -> bool:
    """Whether a text is masked wherever it stands: a common word would take half of every output with it."""
    return len(text) >= TELLING or (len(text) >= SHORT and not text.isalpha() and not text.isdecimal())
