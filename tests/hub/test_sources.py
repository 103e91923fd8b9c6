"""Files from the web: https, public, pinned; whatever a name or a redirect leads to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfops.hub import sources
from hfops.hub.sources import Answer, Hop, SourceError, Sources, is_public, refused

DATA = b"a file"
SHA256 = hashlib.sha256(DATA).hexdigest()
PUBLIC = "93.184.216.34"


class Web:
    """Names and pages. ``hops`` are the requests made."""

    def __init__(self, pages: Mapping[str, Answer], names: Mapping[str, Sequence[str]] | None = None) -> None:
        self.pages = pages
        self.names = names or {}
        self.hops: list[Hop] = []

    def resolve(self, host: str, port: int) -> Sequence[str]:
        """Every host is public unless it is said where it leads."""
        return self.names.get(host, [PUBLIC])

    @contextmanager
    def open(self, hop: Hop) -> Iterator[Answer]:
        """One request."""
        self.hops.append(hop)
        yield self.pages[hop.host + hop.target]

    def fetch(self, url: str, sha256: str = SHA256) -> bytes:
        """As hfops fetches."""
        return Sources(self.resolve, self.open).fetch(url, sha256)


def page(data: bytes = DATA, status: int = 200, **headers: str) -> Answer:
    """An answer."""
    return Answer(status, headers, [data[i : i + 4] for i in range(0, len(data), 4)])


def test_a_file_is_fetched_from_the_address_that_was_checked() -> None:
    """The connection goes to the resolved address, with the host's own name for the certificate."""
    web = Web({"a.example/x?y=1": page()})
    assert web.fetch("https://a.example/x?y=1") == DATA
    assert web.hops == [Hop("a.example", 443, PUBLIC, "/x?y=1")]


def test_other_bytes_are_refused() -> None:
    """The checksum decides, and the message names the one that was found."""
    web = Web({"a.example/x": page(b"other")})
    with pytest.raises(SourceError, match=hashlib.sha256(b"other").hexdigest()):
        web.fetch("https://a.example/x")


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/x", "ftp://a.example/x", "https://user:pass@a.example/x", "https://127.0.0.1/x",
        "https://10.0.0.8/x", "https://169.254.169.254/latest", "https://[::1]/x", "https://[::ffff:10.0.0.1]/x",
        "https://localhost/x", "https://db.internal/x", "https://127.1/x", "https://2130706433/x",
        "https://0x7f.0.0.1/x", "https://intranet/x", "https://a.example\\@b.example/x", "nonsense", "https://",
    ],
)  # fmt: skip
def test_urls_that_are_never_fetched(url: str) -> None:
    """Plain http, passwords, and hosts that are no public ones are refused by their text alone."""
    web = Web({})
    assert refused(url)
    with pytest.raises(SourceError):
        web.fetch(url)
    assert web.hops == []


@pytest.mark.parametrize(
    "addresses", [["10.0.0.1"], [PUBLIC, "127.0.0.1"], ["::ffff:192.168.0.1"], ["fe80::1%eth0"], []]
)
def test_a_name_that_leads_inside_is_not_followed(addresses: list[str]) -> None:
    """Every address of a name must be public: one private one among them is enough to refuse."""
    web = Web({"a.example/x": page()}, {"a.example": addresses})
    with pytest.raises(SourceError):
        web.fetch("https://a.example/x")
    assert web.hops == []


def test_redirects_are_checked_one_by_one() -> None:
    """A redirect is followed to a public host, and not to a private one or to plain http."""
    pages = {
        "a.example/x": page(b"", 302, location="https://b.example/y"),
        "a.example/rel": page(b"", 307, location="/x"),
        "b.example/y": page(),
        "a.example/in": page(b"", 302, location="https://c.example/z"),
        "a.example/plain": page(b"", 302, location="http://b.example/y"),
    }
    web = Web(pages, {"c.example": ["192.168.1.1"]})
    assert web.fetch("https://a.example/rel") == DATA
    assert [h.host for h in web.hops] == ["a.example", "a.example", "b.example"]
    for path in ("in", "plain"):
        with pytest.raises(SourceError):
            web.fetch(f"https://a.example/{path}")


def test_redirects_end() -> None:
    """Three redirects are followed, no more."""
    web = Web({"a.example/x": page(b"", 302, location="/x")})
    with pytest.raises(SourceError, match="redirects"):
        web.fetch("https://a.example/x")
    assert len(web.hops) == 4


@pytest.mark.parametrize("answer", [page(status=404), page(b"", 500), page(b"", 302)])
def test_other_answers_are_no_file(answer: Answer) -> None:
    """What is not 200 is said with its status."""
    with pytest.raises(SourceError, match=str(answer.status)):
        Web({"a.example/x": answer}).fetch("https://a.example/x")


def test_size_and_time_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is cut off at the limit, by what its length says or by what comes, and when it trickles for too long."""
    monkeypatch.setattr(sources, "LIMIT", 5)
    with pytest.raises(SourceError, match="larger"):
        Web({"a.example/x": page()}).fetch("https://a.example/x")
    endless = Answer(200, {"content-length": "9"}, iter([b"x"]))
    with pytest.raises(SourceError, match="larger"):
        Web({"a.example/x": endless}).fetch("https://a.example/x")
    monkeypatch.setattr(sources, "LIMIT", 50)
    ticks = iter([0.0, 1.0, 400.0])
    web = Web({"a.example/x": page()})
    with pytest.raises(SourceError, match="still coming"):
        Sources(web.resolve, web.open, lambda: next(ticks)).fetch("https://a.example/x", SHA256)


def test_messages_show_no_query() -> None:
    """A signed URL does not end up in a log."""
    web = Web({"a.example/x?sig=secret": page(status=403)})
    with pytest.raises(SourceError) as caught:
        web.fetch("https://a.example/x?sig=secret")
    assert "secret" not in str(caught.value)


@given(st.ip_addresses(v=4))
def test_ipv4_in_ipv6_is_judged_as_ipv4(address: IPv4Address) -> None:
    """However an IPv4 address is dressed, it is public only if it is public as itself."""
    mapped = str(IPv6Address(b"\0" * 10 + b"\xff\xff" + address.packed))
    nat64 = str(IPv6Address(b"\0\x64\xff\x9b" + b"\0" * 8 + address.packed))
    assert is_public(mapped) is is_public(str(address))
    assert is_public(nat64) is is_public(str(address))


@pytest.mark.parametrize(
    "address",
    ["0.0.0.0", "100.64.0.1", "224.0.0.1", "240.0.0.1", "fc00::1", "ff02::1", "::", "2002:7f00:1::", "no"],
)
def test_addresses_that_are_not_public(address: str) -> None:
    """Shared, multicast, reserved, local and unspecified addresses are none of the public internet."""
    assert not is_public(address)


def test_connecting_is_by_tls_alone() -> None:
    """A host without TLS is an error in our words; loopback stands for any."""
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    with (
        pytest.raises(SourceError, match="cannot be fetched"),
        sources.connect(Hop("a.example", port, "127.0.0.1", "/x")),
    ):
        pytest.fail("connected to a closed port")
