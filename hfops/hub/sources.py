"""Files from the web: https only, pinned by checksum, from public addresses only, never with the Hub's token.

The name is resolved here, every address it has must be public, and the connection goes to the address that was
checked: what a name means cannot change in between. Proxies of the environment are not used, for the same reason.
"""

from __future__ import annotations

import hashlib
import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from hfops.hub.urls import joined, origin
from hfops.model.problem import HfopsError

LIMIT = 50_000_000
"""Bytes of one file."""
MAX_REDIRECTS = 3
CONNECT, READ, TOTAL = 10.0, 30.0, 300.0
"""Seconds: to connect, without a byte, and for the whole file."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 65536


class SourceError(HfopsError):
    """A file that may not be fetched, or is not what its checksum says."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Hop:
    """One request: the checked ``address`` that ``host`` resolved to, and the path with its query."""

    host: str
    port: int
    address: str
    target: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The status, the headers (names in lower case), and the body as it comes."""

    status: int
    headers: Mapping[str, str]
    chunks: Iterable[bytes]


Resolve = Callable[[str, int], Sequence[str]]
Open = Callable[[Hop], AbstractContextManager[Answer]]


def fetch(url: str, sha256: str) -> bytes:
    """The bytes at ``url``. Raises SourceError unless their sha256 is the one given."""
    return Sources().fetch(url, sha256)


class Sources:
    """Fetches. ``resolve`` gives the addresses of a host, ``open_`` sends one request; tests hand in their own."""

    def __init__(
        self,
        resolve: Resolve | None = None,
        open_: Open | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._resolve = resolve or addresses
        self._open = open_ or connect
        self._clock = clock

    def fetch(self, url: str, sha256: str) -> bytes:
        """The bytes at ``url``, redirects followed. Raises SourceError."""
        first = url
        for _ in range(MAX_REDIRECTS + 1):
            with self._open(self._hop(url)) as answer:
                location = answer.headers.get("location")
                if answer.status not in _REDIRECTS or not location:
                    return self._checked(first, answer, sha256)
                url = joined(url, location)
        raise SourceError(f"{shown(first)}: more than {MAX_REDIRECTS} redirects")

    def _hop(self, url: str) -> Hop:
        why = refused(url)
        if why:
            raise SourceError(f"{shown(url)}: {why}")
        where = origin(url)
        assert where is not None
        _, host, port = where
        parts = urlsplit(url)
        found = self._resolve(host, port)
        private = next((a for a in found if not is_public(a)), None)
        if private is not None or not found:
            said = f"{host} leads to {private}, which is no public address" if found else f"no host {host}"
            raise SourceError(f"{shown(url)}: {said}")
        return Hop(host, port, found[0], (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))

    def _checked(self, url: str, answer: Answer, sha256: str) -> bytes:
        if answer.status != 200:
            raise SourceError(f"{shown(url)}: answered {answer.status}, expected 200")
        data = b"".join(self._bounded(url, answer))
        have = hashlib.sha256(data).hexdigest()
        if have != sha256:
            hint = "if that is the file you want, write its sha256 into the manifest"
            raise SourceError(f"{shown(url)}: its sha256 is {have}, expected {sha256}", hint)
        return data

    def _bounded(self, url: str, answer: Answer) -> Iterator[bytes]:
        said = answer.headers.get("content-length", "")
        size, deadline = 0, self._clock() + TOTAL
        for chunk in answer.chunks:
            size += len(chunk)
            if size > LIMIT or (said.isdigit() and int(said) > LIMIT):
                raise SourceError(f"{shown(url)}: larger than {LIMIT // 1_000_000} MB")
            if self._clock() > deadline:
                raise SourceError(f"{shown(url)}: still coming after {TOTAL:.0f} seconds")
            yield chunk


def refused(url: str) -> str | None:
    """Why a URL is not fetched, as far as its text tells, or None."""
    if url.casefold().startswith("http:"):
        return "plain http; only https is fetched"
    where = origin(url)
    if where is None or where[0] != "https":
        return "no https URL" + ("; user names and passwords are not allowed in it" if "@" in url else "")
    host = where[1]
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return f"{host} is no public host"
    try:
        ip_address(host)
    except ValueError:
        # Spellings such as 127.1 or 0x7f000001 are addresses too, for some resolvers.
        return f"{host} is no host name" if host.rpartition(".")[2][:1].isdigit() or "." not in host else None
    return None if is_public(host) else f"{host} is no public address"


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet, also when it is IPv4 dressed as IPv6."""
    try:
        found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is not None and not is_public(str(inner)):
            return False
        if found.ipv4_mapped is not None:
            return True
        if found in _NAT64:
            return is_public(str(IPv4Address(int(found) & 0xFFFFFFFF)))
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


class _Nat64:
    """``64:ff9b::/96``: an IPv4 address in its last four bytes."""

    def __contains__(self, address: IPv6Address) -> bool:
        return int(address) >> 32 == 0x0064_FF9B_0000_0000_0000_0000


_NAT64 = _Nat64()


def addresses(host: str, port: int) -> Sequence[str]:
    """All addresses of a host; none where it has no name. An address is its own."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        return ()
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


@contextmanager
def connect(hop: Hop) -> Iterator[Answer]:
    """One GET to the checked address; the certificate must be the host's. Raises SourceError."""
    # Loading these takes longer than the rest of a start; commands that fetch nothing skip it.
    from requests.utils import DEFAULT_CA_BUNDLE_PATH  # noqa: PLC0415
    from urllib3 import HTTPSConnectionPool, Timeout  # noqa: PLC0415
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    bundle = (
        os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or DEFAULT_CA_BUNDLE_PATH
    )
    pool = HTTPSConnectionPool(
        hop.address, hop.port, server_hostname=hop.host, assert_hostname=hop.host, ca_certs=bundle,
        cert_reqs="CERT_REQUIRED", timeout=Timeout(connect=CONNECT, read=READ), retries=False, maxsize=1,
    )  # fmt: skip
    host = hop.host if hop.port == 443 else f"{hop.host}:{hop.port}"
    headers = {"Host": host, "User-Agent": "hfops", "Accept": "*/*", "Accept-Encoding": "identity"}
    try:
        with pool:
            raw = pool.urlopen(
                "GET", hop.target, headers=headers, redirect=False, retries=False, preload_content=False
            )
            try:
                found = {k.lower(): v for k, v in raw.headers.items()}
                yield Answer(raw.status, found, raw.stream(_CHUNK, decode_content=False))
            finally:
                raw.close()
    except (HTTPError, OSError) as error:
        raise SourceError(f"https://{host}: cannot be fetched ({type(error).__name__})") from error


def shown(url: str) -> str:
    """A URL for messages: without its query, which may hold a signature, and without user names."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an impossible URL"
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" + ("?…" if parts.query else "")
