"""Reports over HTTP: their forms, who gets them, and what happens where nobody takes them."""

from __future__ import annotations

import email
from email.message import Message

import pytest

from hfops.cli.watching.sending import TRIES, Asked, Sender, Target, Undelivered, target_of
from hfops.hub.errors import CutOff, LostAnswer, NotSent
from hfops.hub.redact import Redactor
from hfops.hub.transport import RequestsTransport, Transport
from hfops.model.problem import HfopsError
from tests.cli.watching import Collector, Received
from tests.hub.fakes import FakeTransport, answer

REPORT = '{"type": "drift", "name": "é"}'
URL = "https://ci.acme.example/drift/s3cr3t-part?token=s3cr3t-value"


def delivered(target: Target) -> None:
    """Send the report over the network."""
    transport = RequestsTransport(1)
    try:
        Sender(target, transport, lambda _: True).send(REPORT)
    finally:
        transport.close()


def form(received: Received) -> list[tuple[str, str]]:
    """The fields of a form, in order."""
    kind = next(v for k, v in received.headers.items() if k.lower() == "content-type")
    message = email.message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + received.body)
    parts = message.get_payload()
    assert isinstance(parts, list)
    return [(_field(part), part.get_payload(decode=True).decode()) for part in parts]


def _field(part: Message) -> str:
    name = part.get_param("name", header="Content-Disposition")
    assert part.get_filename() is None
    return str(name)


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_json(method: str) -> None:
    """The report is the body, as JSON, with no authorization of any kind."""
    with Collector() as collector:
        delivered(Target(f"{collector.url}?a=b", "PUT" if method == "PUT" else "POST"))
    (got,) = collector.received
    assert (got.method, got.path, got.body.decode()) == (method, "/drift?a=b", REPORT)
    assert got.headers["Content-Type"] == "application/json"
    assert {"Authorization", "Cookie", "X-Webhook-Secret"}.isdisjoint(got.headers)


def test_form() -> None:
    """A form's fields come in the order given, the report last."""
    fields = (("key", "drift.json"), ("policy", "é=&"), ("key", "again"))
    with Collector() as collector:
        delivered(Target(collector.url, "POST", fields, "file"))
    (got,) = collector.received
    assert got.method == "POST"
    assert form(got) == [*fields, ("file", REPORT)]


def test_three_tries() -> None:
    """What may pass is tried three times, with longer and longer pauses."""
    pauses: list[float] = []

    def pause(seconds: float) -> bool:
        pauses.append(seconds)
        return True

    transport = FakeTransport(answer(503), LostAnswer("x"), answer(200))
    Sender(Target(URL), transport, pause).send(REPORT)
    assert (len(transport.requests), pauses) == (3, [1.0, 2.0])
    assert {r.url for r in transport.requests} == {URL}
    assert transport.requests[0].timeout == (10, 10)


@pytest.mark.parametrize(
    ("outcome", "said", "tries"),
    [
        (answer(500), "it answered 500", TRIES),
        (answer(429), "it answered 429", TRIES),
        (answer(404), "it answered 404", 1),
        (answer(307, headers={"Location": "https://evil.example"}), "redirects are not followed", 1),
        (NotSent(f"secret {URL}"), "no connection", TRIES),
        (NotSent("certificate", lasting=True), "no connection", 1),
        (LostAnswer(f"secret {URL}"), "no answer within 10 s", TRIES),
        (CutOff("x"), "no answer within 10 s, or a broken one", TRIES),
    ],
)
def test_not_delivered(outcome: object, said: str, tries: int) -> None:
    """Whatever goes wrong: as many tries as make sense, and an error that shows the host and no more of the URL."""
    transport = FakeTransport(outcome)  # type: ignore[arg-type]
    with pytest.raises(Undelivered) as caught:
        Sender(Target(URL), transport, lambda _: True).send(REPORT)
    assert len(transport.requests) == tries
    assert str(caught.value).startswith("report not delivered to https://ci.acme.example:443: ")
    assert said in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_no_redirect_is_followed() -> None:
    """A redirect is no success, and where it leads gets nothing."""
    with Collector(302) as collector, pytest.raises(Undelivered, match="302"):
        delivered(Target(collector.url))
    assert [r.path for r in collector.received] == ["/drift"]


def test_stopping_ends_the_tries() -> None:
    """A receiver that stops does not wait for another try."""
    transport = FakeTransport(answer(503))
    with pytest.raises(Undelivered, match="503, and hfops is stopping"):
        Sender(Target(URL), transport, lambda _: False).send(REPORT)
    assert len(transport.requests) == 1


def test_nothing_of_it_is_shown() -> None:
    """Neither the target's repr nor its name for people shows path, query or fields."""
    target = Target(URL, "POST", (("token", "s3cr3t"),), "report")
    assert "s3cr3t" not in repr(target) + target.shown


def test_the_options() -> None:
    """A form by its fields, given or in variables; what may be secret is hidden, and plain words are not."""
    redact = Redactor()
    asked = Asked(URL, "POST", ("ref=main", "token=tok3n-in-the-clear"), ("password=PW",), None)
    target = target_of(asked, {"PW": "in-the-environment"}, redact.add)
    assert target is not None
    assert (target.name, target.fields) == (
        "report",
        (("ref", "main"), ("token", "tok3n-in-the-clear"), ("password", "in-the-environment")),
    )
    masked = redact(f"{URL} tok3n-in-the-clear in-the-environment main")
    assert masked == "*** *** *** main"
    assert target_of(Asked(), {}, redact.add) is None
    plain = target_of(Asked("http://127.0.0.1:8000/x", "PUT"), {}, redact.add)
    assert plain is not None
    assert (plain.method, plain.name, plain.fields) == ("PUT", None, ())


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked("http://ci.acme.example/"), "over plain http"),
        (Asked("http://127.0.0.1.evil.example/"), "over plain http"),
        (Asked("https://user:s3cr3t@ci.acme.example/"), "without a user name"),
        (Asked("ftp://ci.acme.example/"), "expected a URL"),
        (Asked("s3cr3t"), "expected a URL"),
        (Asked(None, fields=("a=b",)), "--report URL"),
        (Asked(None, name="a"), "--report URL"),
        (Asked(URL, "PUT", ("a=b",)), "forms are sent with POST"),
        (Asked(URL, fields=("s3cr3t",)), "expected NAME=VALUE"),
        (Asked(URL, variables=("a=NOT_SET",)), "not set; export NOT_SET"),
        (Asked(URL, variables=("s3cr3t",)), "expected NAME=VARIABLE"),
    ],
)
def test_bad_options(asked: Asked, said: str) -> None:
    """What cannot be used is refused before anything listens, and never repeated: it may be a secret."""
    with pytest.raises(HfopsError, match=said) as caught:
        target_of(asked, {}, lambda _: None)
    assert "s3cr3t" not in str(caught.value)


def test_the_transport_is_the_one_seam() -> None:
    """What sends reports is a transport like any other, and no connection of the Hub's."""
    transport: Transport = FakeTransport(answer(204))
    Sender(Target(URL), transport, lambda _: True).send(REPORT)
    assert isinstance(transport, FakeTransport)
    assert set(transport.requests[0].headers) == {"Content-Type", "User-Agent", "Accept"}
