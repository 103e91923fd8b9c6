"""Webhooks that run a job: the Hub shows it in its own way, and nothing of its secrets."""

from __future__ import annotations

from typing import Any

from hfops.model.change import Cause
from hfops.model.late import Hashed, Reference
from hfops.model.risk import RiskKind
from tests.kinds.webhooks import KIND, NEW, ONE, ORG, URL, look, row

JOB: dict[str, Any] = {
    "dockerImage": "python:3.12", "command": ["python"], "environment": {"MODE": "x"}, "flavor": "cpu-basic",
    "timeoutSeconds": 60,
}  # fmt: skip
SPEC = {"job": JOB, "watched": [ORG]}
KEYED = {"job": {**JOB, "secrets": {"KEY": {"env": "KEY"}}}, "watched": [ORG]}
KEY = Reference(env="KEY")
APPLIED: dict[str, Any] = {"job": JOB, "watched": [ORG], "job.secrets": {"KEY": {"hash": "#one-key"}}}


def there(**changes: Any) -> dict[str, Any]:
    """A live webhook with the job."""
    return row(url=..., job={**JOB, "arguments": [], "labels": {}, "retry": 0, **changes})


def test_creation_carries_the_job_with_its_secrets() -> None:
    """Exactly as the contract has it."""
    looked = look(KEYED)
    assert looked.body["job"] == {**JOB, "secrets": {"KEY": KEY}}
    assert looked.paths == ["job", "job.secrets", "watched"]
    assert {d.key[0]: d.record for d in looked.compared.differences}["job.secrets"] == {
        "KEY": {"hash": Hashed(KEY)}
    }


def test_the_hubs_way_to_write_a_job_is_no_difference() -> None:
    """Empty lists, usual values, other names, mounts as they are read back."""
    volumes = [{"type": "model", "source": "acme/x", "mountPath": "/m"}]
    spec = {**SPEC, "job": {**JOB, "attempts": 1, "volumes": volumes}}
    seen = there(
        timeoutSeconds=...,
        timeout=60,
        arch="amd64",
        volumes=[{**volumes[0], "readOnly": True, "revision": "main"}],
    )
    seen["job"] = {k: v for k, v in seen["job"].items() if v is not ...}
    looked = look(spec, seen)
    assert looked.compared.differences == ()


def test_what_is_run_is_atomic() -> None:
    """A command that the manifest does not name must not be there; a label may."""
    bare = {**SPEC, "job": {k: v for k, v in JOB.items() if k != "command"}}
    assert look(bare, there(), known=ONE).paths == ["job"]
    assert look(SPEC, there(labels={"name": "x"}), known=ONE).paths == []
    changed = look(SPEC, there(command=["sh"]), applied=APPLIED)
    assert changed.compared.differences[0].cause is Cause.DRIFT
    assert changed.body["job"] == {**JOB, "secrets": {"KEY": ""}}
    assert look(SPEC, there(attempts=3), known=ONE).paths == []
    assert look({**SPEC, "job": {**JOB, "attempts": 1}}, there(attempts=3), known=ONE).paths == ["job"]


def test_a_jobs_secrets_are_known_by_their_hashes() -> None:
    """Another value is sent, the same is not, an unknown one is not compared, one never sent is unverified."""
    same = look(KEYED, there(), applied=APPLIED, env={"KEY": "one-key"})
    assert same.compared.differences == ()
    assert same.compared.settled[("job.secrets",)] == {"KEY": {"hash": "#one-key"}}
    other = look(KEYED, there(), applied=APPLIED, env={"KEY": "two-key"})
    assert (other.paths, other.only.note) == (["job.secrets"], "KEY: another value (env KEY)")
    assert other.body["job"] == {**JOB, "secrets": {"KEY": KEY}}
    blind = look(KEYED, there(), applied=APPLIED)
    assert blind.compared.notes == ("job secrets not compared: KEY (env KEY)",)
    adopted = look(KEYED, there())
    assert adopted.compared.unverified == (("job.secrets", "KEY"),)
    assert adopted.calls == ()
    assert look(KEYED, there(), send_unverified=True).paths == ["job.secrets"]
    assert (
        look(KEYED, there(), applied=APPLIED, rotates=lambda k: k == "KEY").only.note
        == "KEY: rotation asked for"
    )


def test_an_update_of_something_else_sends_the_job_as_it_is() -> None:
    """With the secrets that the manifest names, for they cannot be read back; else as the Hub shows it."""
    spec = {**KEYED, "domains": ["repo"]}
    assert look(spec, there(), applied=APPLIED, env={"KEY": "one-key"}).body["job"] == {
        **JOB,
        "secrets": {"KEY": KEY},
    }
    unmanaged = look({"id": ONE, "domains": ["repo"]}, there(status="odd", retry=2))
    assert unmanaged.body["job"] == {**JOB, "attempts": 3, "status": "odd"}
    held = look({**SPEC, "domains": ["repo"]}, there(command=["sh"]), known=ONE)
    (call,) = held.calls_but("spec.job")
    assert isinstance(call.body, dict)
    assert call.body["job"] == {**JOB, "command": ["sh"]}


def test_a_dropped_secret_of_a_job_is_lost() -> None:
    """It cannot be read back. The Hub keeps what is left out, and removes what is sent empty."""
    looked = look(SPEC, there(), applied=APPLIED)
    assert (looked.only.note, looked.only.risks[0].kind) == ("removes KEY", RiskKind.DATA_LOSS)
    assert looked.only.record == {}
    assert looked.body["job"] == {**JOB, "secrets": {"KEY": ""}}


def two(**more: Any) -> dict[str, Any]:
    """A manifest whose job has two secrets."""
    return {**SPEC, "job": {**JOB, "secrets": {"KEY": {"env": "KEY"}, "MORE": {"env": "MORE"}}}, **more}


ENV = {"KEY": "one-key", "MORE": "one-more"}


def test_an_unverified_secret_of_a_job_is_never_sent_along() -> None:
    """Neither with another field nor with another secret: what the Hub has of that name stays, and unrecorded."""
    other = look(two(domains=["repo"]), there(), env=ENV)
    assert other.compared.unverified == (("job.secrets", "KEY"), ("job.secrets", "MORE"))
    assert other.body["job"] == JOB
    mixed = look(two(domains=["repo"]), there(), applied=APPLIED, env=ENV)
    assert mixed.compared.unverified == (("job.secrets", "MORE"),)
    assert mixed.body["job"] == {**JOB, "secrets": {"KEY": KEY}}, "it is there as it is, by the ledger's hash"
    changed = look(two(), there(), applied=APPLIED, env={**ENV, "KEY": "two-key"})
    assert changed.compared.unverified == (("job.secrets", "MORE"),)
    assert changed.body["job"] == {**JOB, "secrets": {"KEY": KEY}}
    assert changed.only.record == {"KEY": {"hash": Hashed(KEY)}, "MORE": {}}
    assert changed.only.after == {"KEY": KEY}


def test_a_secret_of_a_job_that_is_not_compared_is_not_sent_along() -> None:
    """Its value may be another by now, and an update of something else must not need it."""
    blind = look(two(domains=["repo"]), there(), applied=APPLIED, env={"MORE": "one-more"})
    assert blind.body["job"] == JOB
    asked = look(two(), there(), applied=APPLIED, env=ENV, send_unverified=True)
    assert asked.body["job"]["secrets"] == {"KEY": KEY, "MORE": Reference(env="MORE")}
    assert asked.only.note == "MORE: the Hub does not show the present value"


def test_what_hfops_does_not_know_of_a_job_goes_back_as_it_is() -> None:
    """With an update of something else, of the job itself, and where no job is named."""
    extra = {"futureKey": {"x": [1, None]}, "labels": {"team": "nlp"}, "expose": {"ports": [80], "new": 1}}
    live = there(**extra, attempts=3, timeout=60, timeoutSeconds=..., secrets=["KEY"])
    live["job"] = {k: v for k, v in live["job"].items() if v is not ...}
    whole = {**JOB, **extra, "attempts": 3}
    for spec in ({**SPEC, "domains": ["repo"]}, {"id": ONE, "domains": ["repo"]}):
        assert look(spec, live, known=ONE).body["job"] == whole
    changed = look({**SPEC, "job": {**JOB, "flavor": "t4-small", "command": ["sh"]}}, live, known=ONE)
    assert changed.body["job"] == {**whole, "flavor": "t4-small", "command": ["sh"]}
    assert changed.only.before == JOB, "what stays is no part of the difference"


def test_deleting_a_job_that_nothing_describes_is_a_loss() -> None:
    """The Hub shows a job to its owner alone, and nobody else knows it."""
    risks = {
        "nothing": look({"id": ONE, "watched": [ORG]}, there()),
        "a copy": look({"id": ONE, "jobSourceId": "job-1", "watched": [ORG]}, there()),
        "another": look({**SPEC, "id": ONE}, there(command=["sh"])),
        "the job": look({**SPEC, "id": ONE}, there()),
        "applied": look({"watched": [ORG]}, there(), applied=APPLIED),
        "copied": look({"watched": [ORG]}, there(), applied={"jobSourceId": "job-1"}),
        "a url": look({"watched": [ORG]}, row(), applied={}),
    }
    lost = {name: KIND.delete(a.ask.address, a.sight.live)[1] for name, a in risks.items()}
    assert [name for name, found in lost.items() if found] == ["nothing", "a copy", "another"]
    assert {r.kind for found in lost.values() for r in found} == {RiskKind.DATA_LOSS}


def test_from_a_url_to_a_job_and_back() -> None:
    """One call that names the one and not the other."""
    to_job = look({**SPEC, "id": ONE}, row())
    assert (to_job.only.before, to_job.body["job"], "url" in to_job.body) == ("tells a URL", JOB, False)
    to_url = look({**NEW, "id": ONE}, there())
    assert (to_url.only.before, to_url.body["url"], "job" in to_url.body) == ("runs a job", URL, False)


def test_a_copied_job() -> None:
    """What it was copied from is not shown: unverified once adopted, sent when the manifest names another."""
    spec = {"jobSourceId": "job-1", "watched": [ORG]}
    assert look(spec).body["jobSourceId"] == "job-1"
    pinned = {**spec, "id": ONE}
    adopted = look(pinned, there())
    assert (adopted.compared.unverified, adopted.calls) == ((("jobSourceId",),), ())
    assert look(pinned, there(), send_unverified=True).body["jobSourceId"] == "job-1"
    applied = {"jobSourceId": "job-1", "watched": [ORG]}
    assert look(spec, there(), applied=applied).calls == ()
    changed = look({**spec, "jobSourceId": "job-2"}, there(), applied=applied)
    assert changed.body["jobSourceId"] == "job-2"
    other = look({**spec, "domains": ["repo"]}, there(), applied=applied)
    assert other.body["job"] == JOB, "copied again, it could be another by now"
