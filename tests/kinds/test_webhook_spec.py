"""A webhook's manifest: what its schema refuses, what is warned of, and what comes before it."""

from __future__ import annotations

from typing import Any

import pytest

from hfops.manifest.local import NOWHERE
from hfops.model.address import Address
from hfops.model.problem import Problems
from tests.kinds.webhooks import KIND, MODEL, NEW, ORG, address, refused, resource

JOB = {"dockerImage": "python:3.12", "flavor": "cpu-basic"}
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "two targets": ({**NEW, "job": JOB}, "url and job at once"),
    "two other targets": ({"watched": [ORG], "job": JOB, "jobSourceId": "x"}, "job and jobSourceId at once"),
    "nothing watched": ({**NEW, "watched": []}, "spec.watched"),
    "watched twice": ({**NEW, "watched": [MODEL, ORG, {**MODEL, "name": "ACME/Sentiment"}]}, "watched twice"),
    "a type that is none": ({**NEW, "watched": [{"type": "models", "name": "a/b"}]}, "did you mean 'model'"),
    "an organisation with a slash": ({**NEW, "watched": [{"type": "org", "name": "a/b"}]}, "has no '/'"),
    "a Space without a namespace": ({**NEW, "watched": [{"type": "space", "name": "app"}]}, "expected namespace/name"),
    "a name that is none": ({**NEW, "watched": [{"type": "user", "name": "-x"}]}, "bad name '-x'"),
    "no domain": ({**NEW, "domains": []}, "spec.domains"),
    "a domain twice": ({**NEW, "domains": ["repo", "repo"]}, "repo stands here twice"),
    "an unknown domain": ({**NEW, "domains": ["repos"]}, "did you mean 'repo'"),
    "a secret written down": ({**NEW, "secret": "hunter2hunter2"}, "secrets are never written down"),
    "an id that is none": ({**NEW, "id": "ci"}, "spec.id"),
    "another scheme": ({**NEW, "url": "ftp://ci.acme.example/x"}, "does not start with https://"),
    "no host": ({**NEW, "url": "https:///x"}, "names no host"),
    "a broken port": ({**NEW, "url": "https://ci.acme.example:port/"}, "cannot be read as a URL"),
    "a space in it": ({**NEW, "url": "https://ci.acme.example/a b"}, "holds a space"),
    "a backslash in it": ({**NEW, "url": "https://evil.example\\@ci.acme.example/x"}, "holds a backslash"),
    "a host that is none": ({**NEW, "url": "https://evil.example;.acme.example/x"}, "has a host of other signs"),
    "a number for a host": ({**NEW, "url": "https://0x7f.1/x"}, "neither a name nor an IP address"),
    "a URL that is watched": ({**NEW, "watched": [{"type": "org", "name": "https://h/?t=canary"}]}, "a URL stands here"),
    "an unknown field": ({**NEW, "watch": [ORG]}, "did you mean 'watched'"),
    "a job without an image": ({"watched": [ORG], "job": {"flavor": "cpu-basic"}}, "name dockerImage or spaceId"),
    "a job with two": ({"watched": [ORG], "job": {**JOB, "spaceId": "a/b"}}, "dockerImage and spaceId at once"),
    "a job's literal secret": ({"watched": [ORG], "job": {**JOB, "secrets": {"KEY": "x"}}}, "never written down"),
    "a variable of one letter": ({"watched": [ORG], "job": {**JOB, "environment": {"A": "1"}}}, "bad name 'A'"),
    "a label's sign": ({"watched": [ORG], "job": {**JOB, "labels": {"a b": "1"}}}, "bad name 'a b'"),
    "a public port that is none": (
        {"watched": [ORG], "job": {**JOB, "expose": {"ports": [80], "portsPublic": [81]}}},
        "port 81 is not among ports",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_meant_is_refused(name: str) -> None:
    """One problem, at its field, that says what is wrong."""
    spec, said = BAD[name]
    found = refused(spec)
    assert len(found) == 1, found
    assert said in found[0]


def test_a_bad_url_is_not_quoted() -> None:
    """Its query may hold a secret, and a wrong URL is wrong as a whole."""
    secret = "ci.acme.example/x?token=canary-1234"
    for spec in (
        {**NEW, "url": f"ftp://{secret}"},
        {**NEW, "url": f"https://evil.example\\@{secret}"},
        {**NEW, "watched": [{"type": "org", "name": f"https://{secret}"}]},
    ):
        (found,) = refused(spec)
        assert "canary" not in found


def test_a_full_manifest_is_accepted() -> None:
    """Every field, a job's included."""
    job = {
        **JOB, "command": ["python"], "arguments": ["-c", "1"], "environment": {"MODE": "x"}, "arch": "amd64",
        "secrets": {"KEY": {"env": "KEY"}}, "timeoutSeconds": 60, "attempts": 2, "labels": {"name": "ci"},
        "volumes": [{"type": "dataset", "source": "acme/reviews", "mountPath": "/data"}],
        "expose": {"ports": [80], "portsPublic": []}, "ssh": {"enabled": False}, "network": {"group": "g"},
        "resourceGroupId": "6600aa11bb22cc33dd44ee61",
    }  # fmt: skip
    spec = {"job": job, "watched": [MODEL, {"type": "model", "name": "gpt2"}], "domains": ["repo"]}
    found = resource({**spec, "secret": {"env": "S"}, "enabled": False, "id": "6600aa11bb22cc33dd44ee61"})
    assert list(KIND.check(found, NOWHERE)) == []
    assert [str(a) for a in KIND.refers(found)] == ["Model/acme/sentiment", "Dataset/acme/reviews"]


def test_what_is_watched_and_referred_to_comes_first() -> None:
    """Repositories that are resources here, and the endpoint whose URL is told; not owners, nor buckets."""
    watched = [MODEL, ORG, {"type": "space", "name": "acme/app"}, {"type": "bucket", "name": "acme/b"}]
    url = {"resource": "InferenceEndpoint/acme/prod", "field": "url"}
    found = resource({"url": url, "watched": watched, "secret": {"env": "S"}})
    assert [str(a) for a in KIND.refers(found)] == [
        "Model/acme/sentiment",
        "Space/acme/app",
        "InferenceEndpoint/acme/prod",
    ]
    job = resource({"job": {"spaceId": "acme/run", "flavor": "cpu-basic"}, "watched": [ORG]})
    assert [str(a) for a in KIND.refers(job)] == ["Space/acme/run"]


def warned(url: Any) -> list[str]:
    """What is warned of."""
    return [str(p) for p in KIND.warnings(resource({**NEW, "url": url}))]


def test_unencrypted_urls_are_warned_of_beyond_this_machine() -> None:
    """http to another machine is read by anybody on the way; to this one it is not."""
    assert "unencrypted" in warned("http://ci.acme.example/x")[0]
    assert [warned(f"http://{h}/x") for h in ("127.0.0.1:80", "localhost", "[::1]:9")] == [[], [], []]
    assert warned({"env": "APP_URL"}) == []


def test_secrets_in_a_url_are_warned_of_and_hidden() -> None:
    """A login or a telling name; what is hidden holds the value in both spellings, and no common word."""
    (said,) = warned("https://ci.acme.example/x?api_token=a%2Fcanary1&branch=main")
    assert "seems to hold a secret" in said
    assert "canary" not in said
    assert "hold a secret" in warned("https://me:pass-word@ci.acme.example/x")[0]
    found = resource({**NEW, "url": "https://ci.acme.example/x?api_token=a%2Fcanary1&branch=main"})
    hidden = list(KIND.hidden(found))
    assert {"api_token=a%2Fcanary1&branch=main", "a%2Fcanary1", "a/canary1"} <= set(hidden)
    assert "main" not in hidden
    assert list(KIND.hidden(resource({**NEW, "url": {"env": "APP_URL"}}))) == []


def test_names() -> None:
    """They are local, and spelt like a repository's."""
    assert KIND.bad_name(address("ci.main_1")) is None
    assert "bad name" in (KIND.bad_name(address("-ci")) or "")
    assert "bad namespace" in (KIND.bad_name(address("ci", "a--b")) or "")


def test_a_webhook_stays_its_users() -> None:
    """Renaming is the ledger's business alone; to another user there is no way."""
    assert KIND.move(address("old"), address("new")) == ((), ())
    with pytest.raises(Problems, match="a webhook stays its user's"):
        KIND.move(address("old"), Address("Webhook", "somebody", "old"))
