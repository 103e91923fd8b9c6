"""URLs: what of them is seen, and when two are the same."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfops.hub.redact import Redactor
from hfops.kinds.webhook.urls import (
    BadUrl,
    as_sent,
    host_of,
    is_loopback,
    normal,
    parts,
    secrets_in,
    shown,
    veiled,
)
from hfops.model.late import Hidden

PLAIN = "https://ci.acme.example/hooks/hf"


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        (PLAIN, PLAIN),
        (f"{PLAIN}?token=x", f"{PLAIN}?***"),
        (f"{PLAIN}#part", f"{PLAIN}#***"),
        ("https://me:pass@ci.acme.example:8443/x?a=b#c", "https://***@ci.acme.example:8443/x?***#***"),
        ("https://token@ci.acme.example", "https://***@ci.acme.example"),
        ("nonsense?token=x", "***"),
    ],
)
def test_what_is_seen(url: str, seen: str) -> None:
    """All of it but login, query and fragment; a plan holds the rest as a hidden text."""
    assert shown(url) == seen
    assert as_sent(url) == (url if seen == url else Hidden(seen, url))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://CI.acme.example:443", "https://ci.acme.example/", True),
        ("http://ci.acme.example:80/x", "http://ci.acme.example/x", True),
        ("https://ci.acme.example/x", "https://ci.acme.example/X", False),
        ("https://ci.acme.example/x?a=1", "https://ci.acme.example/x?a=2", False),
        ("https://ci.acme.example/x", "https://ci.acme.example/x?a=2", False),
        ("https://a@ci.acme.example/x", "https://b@ci.acme.example/x", False),
        ("https://ci.acme.example/x", "http://ci.acme.example/x", False),
        ("https://ci.acme.example:8443/x", "https://ci.acme.example/x", False),
        ("https://[::1]:443/x", "https://[::1]/x", True),
    ],
)
def test_when_two_are_the_same(one: str, other: str, *, same: bool) -> None:
    """However the host is spelt; a query, a login, a port or a path makes another one."""
    assert (normal(one) == normal(other)) is same


ODD = {
    r"https://evil.example\@ci.acme.example/hook": "backslash",
    r"https://evil.example\.acme.example/hook": "backslash",
    "https://ci.acme.example/a\\b": "backslash",
    "https://ci.acme.example/\thook": "control character",
    "\nhttps://ci.acme.example/hook": "control character",
    " https://ci.acme.example/hook": "space",
    "https://ci.acme.example/\u200bhook": "control character",
    "https://evil.example;.acme.example/": "other signs",
    "https://evil.example%2F.acme.example/": "other signs",
    "https://evil.example&.acme.example/": "other signs",
    "https://evil.example\uff3c.acme.example/": "other signs",
    "https://evil\u3002com/.acme.example": "other signs",
    "https://b\u00fccher.example/": "xn--",
    "https://ci_acme.example/": "other signs",
    "https://ci..acme.example/": "other signs",
    "https://ci.acme.example./": "other signs",
    "https://[::1].acme.example/x": "other signs|cannot be read|IP address",
    "https://[::1]x/": "other signs|cannot be read|IP address",
    "https://[fe80::1%25eth0]/x": "other signs|cannot be read|IP address",
    "https://[v1.acme]/x": "other signs|cannot be read|IP address",
    "https://[::1/x": "cannot be read",
    "https://[1:2]/x": "other signs|cannot be read|IP address",
    "https://a@evil.example@ci.acme.example/": "second @",
    "https://2130706433/": "IP address",
    "https://0x7f.1/": "IP address",
    "https://127.1/": "IP address",
    "https://10.0.0.1.5/": "IP address",
    "https://010.0.0.1/": "IP address",
    "https://ci.acme.example:99999/": "cannot be read",
    "https://ci.acme.example:8a/": "cannot be read",
}


@pytest.mark.parametrize("url", ODD)
def test_a_host_that_not_everybody_reads_alike_is_refused(url: str) -> None:
    """What the project trusts by its spelling must be where events go; nothing of such a URL is shown."""
    with pytest.raises(BadUrl, match=ODD[url]):
        parts(url)
    assert (host_of(url), shown(url), veiled(url)) == ("", "***", "***")
    assert isinstance(as_sent(url), Hidden)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
        ("https://a-1.b--c.example:8443", "a-1.b--c.example"),
        ("https://ci.acme.example:/x", "ci.acme.example"),
        ("http://10.0.0.1:80/x", "10.0.0.1"),
        ("http://[0:0:0:0:0:0:0:1]:80/x", "::1"),
        ("https://evil.example#@ci.acme.example/", "evil.example"),
        ("https://evil.example?@ci.acme.example/", "evil.example"),
        ("https://evil.example/@ci.acme.example/", "evil.example"),
        ("https://ci.acme.example@evil.example/", "evil.example"),
        ("https://10.example/x", "10.example"),
    ],
)
def test_the_host_that_is_told(url: str, host: str) -> None:
    """As the Hub reads it, in one spelling."""
    assert host_of(url) == host


NAMED = st.from_regex(r"[a-z]{1,8}\.example", fullmatch=True)
SIGNS = st.text(st.sampled_from("\\/@:?#;.%[]&=\t\u3002\uff0f\uff20x1"), max_size=6)


@given(NAMED, SIGNS, NAMED, SIGNS)
def test_whatever_stands_around_it_the_host_is_the_first_name_or_the_one_after_a_login(
    one: str, between: str, other: str, after: str
) -> None:
    """A URL that is taken leads where a browser would go: the authority ends at the first slash, ? or #."""
    found = host_of(f"https://{one}{between}{other}{after}")
    if not found:
        return
    authority = re.split(r"[/\\?#]", f"{one}{between}{other}{after}")[0]
    assert re.fullmatch(r"[a-z0-9.-]+|[0-9a-f:]+", found)
    assert authority.rpartition("@")[2].partition(":")[0] == found


def test_what_cannot_be_read_is_masked_whole() -> None:
    """A live URL that is none may hold a secret all the same, and an error may quote it, or its query."""
    url = r"https://evil.example\@ci.acme.example/x?token=canary-1234"
    assert set(secrets_in(url)) == {url, "token=canary-1234"}


def test_hosts() -> None:
    """Who is told, and whether that is only this machine."""
    assert host_of("https://me@CI.Acme.example:1/x") == "ci.acme.example"
    assert host_of("nonsense") == ""
    assert veiled("https://hooks.acme.example/services/T0/SECRET") == "https://hooks.acme.example/***"
    assert [is_loopback(h) for h in ("127.8.0.1", "::1", "a.localhost", "10.0.0.1", "localhost.example")] == [
        True, True, True, False, False,
    ]  # fmt: skip


SECRET = st.text(
    st.characters(codec="utf-8", categories=["Lu", "Ll", "Nd", "P", "S"]), min_size=8, max_size=40
)


@given(SECRET, SECRET)
def test_no_part_of_a_query_or_a_login_survives(value: str, password: str) -> None:
    """Whatever the values are made of: neither what is shown nor a masked text holds them, in either spelling."""
    query = urlencode({"k": value})
    url = f"https://me:{quote(password, safe='')}@ci.acme.example/x?{query}"
    assert shown(url) == "https://***@ci.acme.example/x?***"
    redact = Redactor()
    for text in secrets_in(url):
        redact.add(text)
    for spelt in (value, password, query, url, quote(value, safe="")):
        masked = redact(f"<{spelt}>")
        assert value not in masked
        assert password not in masked
        assert query not in masked
