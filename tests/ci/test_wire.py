"""Tries, pages, redirects, and where the token goes."""

from __future__ import annotations

import pytest

from hfops.cli.ci import wire
from hfops.cli.ci.forge import ForgeError
from hfops.cli.ci.wire import Wire
from hfops.hub.errors import LostAnswer
from hfops.hub.transport import Headers, Response
from hfops.model.call import Repeat
from hfops.model.problem import HfopsError
from tests.ci.forges import GitHub
from tests.harness import FastClock

API = "https://api.github.example"
COMMENTS = "/repos/acme/hub/issues/7/comments"


class Watch(FastClock):
    """Notes what it is asked to wait."""

    def __init__(self):
        super().__init__()
        self.waits = []

    def now(self):
        return 1_000_000.0

    def sleep(self, seconds):
        self.waits.append(seconds)


class Script:
    """A network that answers from a list, in order; the last answer for ever. Errors are raised."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []
        self.closed = False

    def send(self, request):
        self.requests.append(request)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, Exception):
            raise found
        status, body, headers = found
        return Response(status, Headers(headers), body, request.url)

    def close(self):
        self.closed = True


def answer(status=200, body=b"{}", **headers):
    """One answer; underscores in names are hyphens."""
    return status, body, {name.replace("_", "-"): value for name, value in headers.items()}


def wired(*answers, api=API):
    """A client on a script."""
    script, clock = Script(*answers), Watch()
    secret = ("Authorization", "Bearer geheim-token")
    return Wire(api, secret, transport=script, clock=clock), script, clock


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
def test_reads_are_tried_three_times(status):
    """And the third failure is told."""
    client, script, clock = wired(answer(status, b'{"message": "tired"}'))
    with pytest.raises(ForgeError, match=rf"GET /x: {status} tired") as caught:
        client.get("/x")
    assert (len(script.requests), len(clock.waits), caught.value.status) == (3, 2, status)


def test_a_read_that_works_in_the_end_works():
    """Two failures are forgotten."""
    client, script, _ = wired(answer(502), LostAnswer("gone"), answer(200, b'{"a": 1}'))
    assert client.get("/x") == {"a": 1}
    assert len(script.requests) == 3


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry_After": "7"}, 7),
        (503, {"Retry_After": "7"}, 7),
        (403, {"Retry_After": "7"}, 7),
        (403, {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "1000009"}, 9),
    ],
)
def test_the_wait_that_is_asked_for_is_kept(status, headers, wait):
    """Also where GitHub calls "too many" by the name of "forbidden"; even what may not be repeated was not done."""
    client, script, clock = wired(answer(status, **headers), answer(201))
    client.write("POST", "/x", {}, repeat=Repeat.ONCE)
    assert clock.waits == [wait]
    assert len(script.requests) == 2


@pytest.mark.parametrize(
    "headers",
    [{"Retry_After": "3600"}, {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "1003600"}],
)
def test_nobody_waits_an_hour(headers):
    """A long wait is an error at once, with what to do."""
    client, script, clock = wired(answer(403, **headers))
    with pytest.raises(ForgeError, match="run the job again later"):
        client.get("/x")
    assert (len(script.requests), clock.waits) == (1, [])


@pytest.mark.parametrize("lost", [LostAnswer("gone"), answer(502), answer(500), answer(504)])
def test_what_may_not_be_repeated_is_not(lost):
    """It comes back as uncertain, so that somebody looks first."""
    client, script, _ = wired(lost)
    with pytest.raises(ForgeError) as caught:
        client.write("POST", "/x", {}, repeat=Repeat.ONCE)
    assert caught.value.uncertain
    assert len(script.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_refusal_is_certain_and_final(status):
    """Nothing happened, and asking again would not help."""
    client, script, _ = wired(answer(status))
    with pytest.raises(ForgeError) as caught:
        client.write("POST", "/x", {}, repeat=Repeat.ONCE)
    assert not caught.value.uncertain
    assert len(script.requests) == 1


def test_pages_are_followed():
    """``Link`` tells the next one, as a path or whole."""
    client, script, _ = wired(
        answer(body=b'[{"n": 1}]', Link='</x?page=2>; rel="next"'),
        answer(body=b'[{"n": 2}]', Link=f'<{API}/x?page=3>; rel="next", <{API}/x>; rel="first"'),
        answer(body=b'[{"n": 3}]', Link=f'<{API}/x>; rel="first"'),
    )
    assert [row["n"] for row in client.rows("/x", {"q": "a b"})] == [1, 2, 3]
    assert [r.url.removeprefix(API) for r in script.requests] == [
        "/x?per_page=100&q=a+b",
        "/x?page=2",
        "/x?page=3",
    ]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/x",
        "//evil.example/x",
        "http://api.github.example/x",
        "https://api.github.example:8443/x",
        "https://api.github.example@evil.example/x",
        "https://api.github.example\\@evil.example/x",
    ],
)
def test_a_forged_link_is_not_followed(link):
    """Another origin is never asked for the next page, with or without the token."""
    client, script, _ = wired(answer(body=b"[]", Link=f'<{link}>; rel="next"'))
    with pytest.raises(ForgeError, match="another host; not followed"):
        list(client.rows("/x"))
    assert len(script.requests) == 1


def test_a_forged_link_of_comments_reaches_nobody(tmp_path):
    """The same over a real connection: the other origin hears nothing."""
    with GitHub(tmp_path) as github:
        github.add_comment(7, "a", "b")
        github.links["comments"] = f'<{github.storage.origin}/page2>; rel="next"'
        client = Wire(github.url, ("Authorization", "Bearer ghs_write"), clock=FastClock())
        with pytest.raises(ForgeError, match="another host"):
            list(client.rows(COMMENTS))
        client.close()
        assert github.storage.requests == []


def test_pages_that_lead_in_a_circle_end():
    """A page that was read already, and a list without an end."""
    client, _, _ = wired(answer(body=b"[]", Link='</x?per_page=100>; rel="next"'))
    with pytest.raises(ForgeError, match="read already"):
        list(client.rows("/x"))


def test_a_list_without_end_ends(monkeypatch):
    """At a number of pages that no pull request has."""
    monkeypatch.setattr(wire, "MAX_PAGES", 3)
    script = [answer(body=b"[]", Link=f'</x?page={n}>; rel="next"') for n in range(2, 9)]
    client, seen, _ = wired(*script)
    with pytest.raises(ForgeError, match="more than 3 pages"):
        list(client.rows("/x"))
    assert len(seen.requests) == 3


def test_a_download_leaves_the_token_behind():
    """At the API's origin it is sent, at the storage's not."""
    client, script, _ = wired(
        answer(302, Location="https://storage.example/zip?sig=abc"), answer(body=b"data")
    )
    assert client.download("/zip") == b"data"
    assert [("Authorization" in r.headers, r.url) for r in script.requests] == [
        (True, f"{API}/zip"),
        (False, "https://storage.example/zip?sig=abc"),
    ]


def test_a_download_is_not_led_around():
    """A renamed repository and a storage are two hops; a third is a game."""
    client, script, _ = wired(answer(302, Location="https://storage.example/again"))
    with pytest.raises(ForgeError, match="more than 2 redirects"):
        client.download("/zip")
    assert sum("Authorization" in r.headers for r in script.requests) == 1


def test_a_download_does_not_fall_back_to_plain_http():
    """A signed address is a secret too."""
    client, script, _ = wired(answer(302, Location="http://storage.example/x"))
    with pytest.raises(ForgeError, match="plain http"):
        client.download("/zip")
    assert len(script.requests) == 1


@pytest.mark.parametrize("status", [404, 410])
def test_a_download_that_is_gone_is_none(status):
    """No error: there is no such file."""
    assert wired(answer(status))[0].download("/zip") is None


def test_json_is_not_read_from_another_host():
    """Only files may lie elsewhere."""
    client, script, _ = wired(answer(302, Location="https://evil.example/user"))
    with pytest.raises(ForgeError, match="GET /x: 302"):
        client.get("/x")
    assert len(script.requests) == 1


def test_a_renamed_repository_is_followed():
    """Within the API's own origin, with the token."""
    client, script, _ = wired(answer(301, Location=f"{API}/repositories/1"), answer(body=b'{"id": 1}'))
    assert client.get("/repos/acme/old") == {"id": 1}
    assert all("Authorization" in r.headers for r in script.requests)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 100_000])
def test_what_is_not_json_is_said(body):
    """A proxy's page, or nothing."""
    with pytest.raises(ForgeError, match="expected JSON"):
        wired(answer(body=body))[0].get("/x")


@pytest.mark.parametrize("body", [b"{}", b"[1]", b"null", b'{"artifacts": {}}'])
def test_what_is_no_list_is_said(body):
    """An answer of another shape is no empty list."""
    with pytest.raises(ForgeError, match="expected a list of objects"):
        list(wired(answer(body=body))[0].pages("/x", key="artifacts" if b"art" in body else ""))


def test_graphql_of_an_enterprise_server():
    """It lies beside the REST API, on the same host, and gets the token."""
    client, script, _ = wired(answer(body=b'{"data": 1}'), api="https://ghe.example/api/v3")
    assert client.write("POST", "https://ghe.example/api/graphql", {}) == {"data": 1}
    assert client.get("/user") == {"data": 1}
    assert [r.url for r in script.requests] == [
        "https://ghe.example/api/graphql",
        "https://ghe.example/api/v3/user",
    ]
    assert all(r.headers["Authorization"] == "Bearer geheim-token" for r in script.requests)


def test_an_address_elsewhere_is_refused():
    """An absolute address must be the API's own."""
    client, script, _ = wired(answer())
    with pytest.raises(ForgeError, match=r"expected an address at https://api\.github\.example"):
        client.write("POST", "https://evil.example/graphql", {})
    assert script.requests == []


@pytest.mark.parametrize("api", ["http://gitlab.example/api/v4", "ftp://x", "nonsense"])
def test_no_token_over_plain_http(api):
    """Except to this very machine."""
    with pytest.raises(HfopsError, match="expected an https address"):
        wired(answer(), api=api)


def test_the_forges_words_are_kept_short():
    """One line, no matter what came."""
    client, _, _ = wired(answer(422, b'{"message": {"base": ["too\\nlong' + b"x" * 9000 + b'"]}}'))
    with pytest.raises(ForgeError) as caught:
        client.get("/x")
    assert len(str(caught.value)) < 250
    assert "\n" not in str(caught.value)


def test_messages_do_not_speak_of_the_hub():
    """The connection is the Hub client's, its hints about the Hub are not for here."""
    client = Wire("http://127.0.0.1:1", ("Authorization", "Bearer x"), clock=FastClock())
    with pytest.raises(ForgeError, match=r"cannot connect to 127\.0\.0\.1:1") as caught:
        client.get("/x")
    client.close()
    assert "HF_ENDPOINT" not in str(caught.value)
    assert not caught.value.uncertain


def test_closing_closes_the_connections():
    """All the way down."""
    client, script, _ = wired(answer())
    client.close()
    assert script.closed
