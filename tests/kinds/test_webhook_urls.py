"""URLs: what of them is seen, and when two are the same."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfops.hub.redact import Redactor
from hfops.kinds.webhook.urls import as_sent, host_of, is_loopback, normal, secrets_in, shown, veiled
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
