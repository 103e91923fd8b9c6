"""Comparing a Space: what runs, and in which order it is changed."""

from __future__ import annotations

from typing import Any

import pytest

from hfops.kinds.space.live import FAILED, IN_PROGRESS
from hfops.kinds.space.volumes import MASKED
from hfops.model.change import Cause
from hfops.model.risk import RiskKind
from tests.kinds.spaces import THEN, live, look, problems

CACHE = {"type": "bucket", "source": "acme/cache", "mountPath": "/data"}
LIVE_CACHE = {**CACHE, "readOnly": False}
LIVE_OLD = {"type": "bucket", "source": "acme/old", "mountPath": "/old", "readOnly": False}
ZOO = {"type": "model", "source": "acme/zoo", "mountPath": "/zoo", "readOnly": True}


def said(looked: Any) -> list[str]:
    """The comparison's problems."""
    return [str(p) for p in looked.compared.problems]


@pytest.mark.parametrize(
    ("wanted", "there", "sent"),
    [
        ({"hardware": "t4-small"}, live(), ["POST hardware"]),
        ({"hardware": "cpu-basic"}, live(hardware=None), []),
        ({"hardware": "zerogpu"}, live(hardware="zero-a10g"), []),
        ({"sleepTime": "1h"}, live(hardware="t4-small", runtime={"gcTimeout": 7200}), ["POST sleeptime"]),
        ({"sleepTime": "1h"}, live(hardware="t4-small", runtime={"gcTimeout": 3600}), []),
        ({"sleepTime": "never"}, live(hardware="t4-small", runtime={"gcTimeout": -1}), []),
        ({"sleepTime": "never"}, live(hardware="t4-small", runtime={"gcTimeout": None}), []),
        ({"sleepTime": "never"}, live(hardware="t4-small", runtime={"gcTimeout": 60}), ["POST sleeptime"]),
        ({"devMode": True}, live(), ["POST dev-mode"]),
        ({"devMode": False}, live(), []),
        ({"storage": "none"}, live(), []),
        ({"storage": "none"}, live(runtime={"storage": "small"}), ["DELETE storage"]),
        ({"storage": "large"}, live(runtime={"storage": "small"}), ["POST storage"]),
    ],
)
def test_one_field_one_call(wanted: dict[str, Any], there: Any, sent: list[str]) -> None:
    """Each field that differs is one call; what is equal in other words is none."""
    assert look(wanted, there).sent == sent


@pytest.mark.parametrize(("slept", "seconds"), [("1h", 3600), ("never", -1), (172800, 172800)])
def test_hardware_carries_the_sleep_time(slept: Any, seconds: int) -> None:
    """Moving off the free hardware sends the sleep time along, though the free one may show the same by chance."""
    looked = look({"hardware": "t4-small", "sleepTime": slept}, live(runtime={"gcTimeout": 172800}))
    assert [c.body for c in looked.calls] == [{"flavor": "t4-small", "sleepTimeSeconds": seconds}]
    assert set(looked.calls[0].achieves) == {"spec.hardware", "spec.sleepTime"}


def test_the_free_hardware_has_its_own_sleep_time() -> None:
    """A sleep time on cpu-basic is refused, in the manifest where it says so, else where the Hub does."""
    assert any("fixed at 2d" in p for p in problems({"hardware": "cpu-basic", "sleepTime": "1h"}))
    assert any("fixed at 2d" in p for p in said(look({"sleepTime": "1h"}, live())))
    assert any("fixed at 2d" in p for p in said(look({"sdk": "gradio", "sleepTime": "1h"}, None)))
    assert said(look({"sleepTime": "1h"}, live(hardware="t4-small"))) == []


def test_hardware_is_checked_against_the_hubs_list() -> None:
    """A flavor that the Hub does not offer is a problem with a near name, if it would have to be sent."""
    facts = {"prices": {"cpu-basic": 0.0, "t4-small": 0.4}}
    assert "did you mean 't4-small'?" in said(look({"hardware": "t4-smal"}, live(), facts=facts))[0]
    assert said(look({"hardware": "t4-small"}, live(), facts=facts)) == []
    assert said(look({"hardware": "gone-since"}, live(hardware="gone-since"), facts=facts)) == []


def test_zero_gpu_is_for_gradio() -> None:
    """ZeroGPU on a Docker Space is refused."""
    assert any("Gradio" in p for p in problems({"hardware": "zerogpu", "sdk": "docker"}))
    assert any("Gradio" in p for p in said(look({"hardware": "zero-a10g"}, live(sdk="docker"))))


@pytest.mark.parametrize(
    "stage", ["RUNNING", *IN_PROGRESS, *FAILED, "SLEEPING", "NO_APP_FILE", "SOMETHING_NEW"]
)
def test_running_is_satisfied_by_much(stage: str) -> None:
    """state: running is content with what is on its way, asleep, failed, empty, or unknown."""
    looked = look({"state": "running"}, live(stage, runtime={"gcTimeout": 172800}))
    assert looked.calls == ()
    assert looked.compared.settled["state",] == "running"


@pytest.mark.parametrize("stage", ["PAUSED", "STOPPED"])
def test_running_starts_what_is_stopped(stage: str) -> None:
    """A paused or stopped Space is started; that is no restart."""
    looked = look({"state": "running"}, live(stage))
    assert looked.sent == ["POST restart"]
    assert not looked.calls[0].restarts


def test_sleep_is_no_rest_where_it_is_not_allowed() -> None:
    """A Space that is never to sleep is woken."""
    asleep = live("SLEEPING", hardware="t4-small", runtime={"gcTimeout": None})
    assert look({"state": "running", "sleepTime": "never"}, asleep).sent == ["POST restart"]
    assert look({"state": "running", "sleepTime": "1h"}, asleep).sent == ["POST sleeptime"]


def test_what_failed_is_reported_and_started_on_demand() -> None:
    """A failed Space is a note with the Hub's message; --retry-failed starts it, and counts that as a restart."""
    failed = live("BUILD_ERROR", runtime={"errorMessage": "no such package"})
    looked = look({"state": "running"}, failed)
    assert looked.compared.notes == ("it is in BUILD_ERROR: no such package; --retry-failed starts it again",)
    retried = look({"state": "running"}, failed, retry_failed=True)
    assert retried.sent == ["POST restart"]
    assert retried.calls[0].restarts
    unmanaged = look({}, failed, retry_failed=True)
    assert unmanaged.sent == ["POST restart"]
    assert unmanaged.compared.differences[0].record is None


def test_a_pause_comes_first() -> None:
    """Where it is to be paused anyway nothing restarts: the pause is sent before all else."""
    spec = {
        "state": "paused",
        "hardware": "t4-small",
        "variables": {"A": "1"},
        "secrets": {"B": {"env": "B"}},
    }
    looked = look(spec, live())
    assert looked.sent == ["POST pause", "POST variables", "POST secrets", "POST hardware"]
    assert not any(c.restarts for c in looked.calls)
    assert [r.kind for d in looked.compared.differences for r in d.risks] == [RiskKind.DOWNTIME]


def test_one_batch_one_restart() -> None:
    """All that restarts stands together, between what closes and what opens, and downtime is said once."""
    spec = {
        "visibility": "public", "hardware": "t4-small", "sleepTime": "1h", "devMode": True,
        "variables": {"A": "1", "B": "2", "C": "3"}, "secrets": {"D": {"env": "D"}, "E": {"env": "E"}},
        "volumes": [CACHE],
    }  # fmt: skip
    looked = look(spec, live(visibility="private"))
    assert looked.sent == [
        *["POST variables"] * 3, *["POST secrets"] * 2, "PUT volumes", "POST hardware", "POST dev-mode",
        "PUT settings",
    ]  # fmt: skip
    assert [c.restarts for c in looked.calls] == [True] * 7 + [False] * 2
    downtime = [d.path for d in looked.compared.differences for r in d.risks if r.kind is RiskKind.DOWNTIME]
    assert downtime == ["spec.variables[A]"]


@pytest.mark.parametrize("stage", ["PAUSED", "STOPPED", "SLEEPING", "NO_APP_FILE"])
def test_what_is_at_rest_does_not_restart(stage: str) -> None:
    """A change on a Space at rest is only stored."""
    looked = look({"variables": {"A": "1"}, "hardware": "t4-small"}, live(stage))
    assert looked.sent == ["POST variables", "POST hardware"]
    assert not any(c.restarts for c in looked.calls)
    assert not any(d.risks for d in looked.compared.differences)


@pytest.mark.parametrize("stage", ["RUNNING", *IN_PROGRESS, *FAILED])
def test_what_is_up_or_failing_restarts(stage: str) -> None:
    """A change starts anew what is up, coming up, or failing."""
    assert [c.restarts for c in look({"variables": {"A": "1"}}, live(stage)).calls] == [True]


@pytest.mark.parametrize(
    ("spec", "word"), [({}, "BUILDING"), ({"state": "running"}, "BUILDING"), ({"state": "paused"}, "")]
)
def test_what_is_on_its_way_is_waited_for(spec: dict[str, Any], word: str) -> None:
    """A Space that is coming up is waited for without a call, unless it is to be paused."""
    assert look(spec, live("BUILDING")).compared.starting == word


def test_volumes_are_replaced_all_at_once() -> None:
    """The call holds what is wanted and, as it is, what somebody else mounted."""
    looked = look({"volumes": [CACHE]}, live(runtime={"volumes": [ZOO]}))
    assert [c.body for c in looked.calls] == [{"volumes": [ZOO, LIVE_CACHE]}]
    assert looked.compared.foreign == (("volumes", "/zoo"),)


@pytest.mark.parametrize(
    "there",
    [
        LIVE_CACHE,
        CACHE,
        {**CACHE, "source": "Acme/Cache", "mountPath": "/data/", "revision": None, "path": ""},
    ],
)
def test_volumes_in_other_words_are_equal(there: dict[str, Any]) -> None:
    """readOnly at its default, null and empty parts, case and a slash at the end make no difference."""
    assert look({"volumes": [CACHE]}, live(runtime={"volumes": [there]})).calls == ()


def test_a_repository_at_main_is_mounted_at_main() -> None:
    """A revision left out is main; repositories are read-only whatever the answer says."""
    zoo = {"type": "model", "source": "acme/zoo", "mountPath": "/zoo"}
    there = live(runtime={"volumes": [{**zoo, "revision": "main"}]})
    assert look({"volumes": [zoo]}, there).calls == ()
    assert look({"volumes": [{**zoo, "revision": "v1"}]}, there).sent == ["PUT volumes"]


def test_the_last_volume_is_unmounted_by_deleting() -> None:
    """What hfops mounted and the manifest dropped goes; an empty list is another call."""
    known = {"volumes": {"/data": {**LIVE_CACHE, "origin": "created"}}}
    assert look({"volumes": []}, live(runtime={"volumes": [LIVE_CACHE]}), known).sent == ["DELETE volumes"]


def test_a_hidden_source_means_hands_off() -> None:
    """Where a mounted source is masked no call is made: it could not be sent back."""
    hidden = {**ZOO, "source": MASKED}
    looked = look({"volumes": [CACHE]}, live(runtime={"volumes": [hidden]}))
    assert looked.calls == ()
    assert [d.held.startswith("hands off") for d in looked.compared.differences] == [True]
    equal = look(
        {"volumes": [{k: v for k, v in ZOO.items() if k != "readOnly"}]}, live(runtime={"volumes": [hidden]})
    )
    assert equal.compared.differences == ()


def test_variables_by_value_and_by_reference() -> None:
    """A reference is compared by its value now; what cannot be known now is not compared, and sent if it is missing."""
    spec = {"variables": {"A": {"env": "APP_A"}, "B": {"env": "APP_B"}, "C": {"env": "APP_C"}}}
    looked = look(spec, live(variables={"A": "1", "B": "2"}, visibility="private"), env={"APP_A": "1"})
    assert looked.compared.notes == ("variables not compared: B (env APP_B)",)
    assert [c.body["key"] for c in looked.calls] == ["C"]  # type: ignore[call-overload,index]
    changed = look(spec, live(variables={"A": "0", "B": "2", "C": "3"}), env={"APP_A": "1"})
    assert changed.paths == ["spec.variables[A]"]
    assert changed.compared.differences[0].before is None, "an earlier value by reference is not shown"


def test_a_reference_in_a_public_variable_is_said() -> None:
    """Everybody reads the variables of a public Space."""
    spec = {"variables": {"A": {"env": "APP_A"}, "B": "2"}}
    assert look(spec, live()).compared.notes == ("everybody can read the variables of a public Space: A",)
    assert look(spec, live(visibility="private")).compared.notes == ()


@pytest.mark.parametrize(
    ("known", "now", "cause"),
    [
        ({"value": "1"}, "2", Cause.DRIFT),
        ({"value": "2"}, "2", Cause.CHANGE),
        ({"value": "3"}, "2", Cause.BOTH),
    ],
)
def test_who_changed_a_variable(known: dict[str, Any], now: str, cause: Cause) -> None:
    """Live ≠ ledger is drift, manifest ≠ ledger a change."""
    applied = {"variables": {"A": {**known, "origin": "created"}}}
    looked = look({"variables": {"A": "1"}}, live(variables={"A": now}), applied)
    assert [d.cause for d in looked.compared.differences] == [cause]


@pytest.mark.parametrize(
    ("recorded", "wanted", "sent", "unverified"),
    [
        ({"visibility": "protected"}, "protected", [], []),
        ({"visibility": "private"}, "protected", ["PUT settings"], []),
        ({"visibility": "protected"}, "private", ["PUT settings"], []),
        (None, "protected", [], [("visibility",)]),
        (None, "private", [], [("visibility",)]),
        ({"visibility": {"unverified": "private"}}, "protected", ["PUT settings"], []),
        ({"visibility": {"unverified": "protected"}}, "protected", [], [("visibility",)]),
    ],
)
def test_private_and_protected_look_alike(
    recorded: dict[str, Any] | None, wanted: str, sent: list[str], unverified: list[Any]
) -> None:
    """The ledger stands in where the Hub says only that it is private."""
    looked = look({"visibility": wanted}, live(visibility="private", veiled=True), recorded)
    assert looked.sent == sent
    assert list(looked.compared.unverified) == unverified


def test_protected_is_less_than_public() -> None:
    """A public Space that is to be protected differs; one that becomes public is exposed."""
    lowered = look({"visibility": "protected"}, live())
    assert lowered.sent == ["PUT settings"]
    assert not lowered.compared.differences[0].risks
    raised = look(
        {"visibility": "public"}, live(visibility="private", veiled=True), {"visibility": "protected"}
    )
    assert [r.kind for d in raised.compared.differences for r in d.risks] == [RiskKind.EXPOSURE]


def test_a_new_space_needs_an_sdk() -> None:
    """Neither sdk nor duplicateFrom: nothing can be created."""
    assert "takes an sdk" in said(look({}, None))[0]


def test_a_copy_is_created_from_its_source() -> None:
    """duplicateFrom carries the settings, has the source's sdk, and means nothing once the Space is there."""
    spec = {
        "duplicateFrom": "acme/template",
        "hardware": "t4-small",
        "devMode": True,
        "variables": {"A": "1"},
    }
    looked = look(spec, None, facts={"sourceSdk": "gradio"})
    create, dev_mode = looked.calls
    assert create.path == "/api/spaces/acme/template/duplicate"
    assert create.body == {
        "repository": "acme/app", "visibility": "private", "hardware": "t4-small",
        "variables": [{"key": "A", "value": "1"}],
    }  # fmt: skip
    assert dev_mode.path.endswith("/dev-mode")
    there = look(spec, live(hardware="t4-small", variables={"A": "1"}, runtime={"devMode": True}))
    assert there.calls == ()
    other = look({**spec, "sdk": "docker"}, None, facts={"sourceSdk": "gradio"})
    assert "has its sdk, gradio" in said(other)[0]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"secrets": {"1A": {"env": "A"}}}, "no name for one of the secrets"),
        ({"variables": {"A-B": "x"}}, "no name for one of the variables"),
        ({"secrets": {"A": {"env": "A"}}, "variables": {"A": "x"}}, "a secret as well"),
        ({"volumes": [CACHE, CACHE]}, "used twice"),
        ({"volumes": [{**ZOO, "readOnly": False}]}, "read-only, always"),
        ({"volumes": [{**CACHE, "revision": "v1"}]}, "no revisions"),
        ({"duplicateFrom": "Acme/App"}, "copy of itself"),
        ({"sdk": "static", "hardware": "t4-small"}, "has no hardware"),
        ({"sdk": "static", "sleepTime": "1h"}, "has no sleepTime"),
        ({"sdk": "static", "volumes": [CACHE]}, "has no volumes"),
        ({"sdk": "static", "storage": "small"}, "has no storage"),
        ({"sdk": "static", "devMode": True}, "has no devMode"),
        ({"sdk": "static", "state": "paused"}, "cannot be paused"),
    ],
)
def test_rules_that_are_known_before_the_hub_is_asked(spec: dict[str, Any], words: str) -> None:
    """check() refuses what the Hub would refuse."""
    found = problems(spec)
    assert len(found) == 1, found
    assert words in found[0]


def test_nothing_wrong_with_a_full_manifest() -> None:
    """A manifest with every field passes."""
    assert problems({
        "sdk": "docker", "hardware": "t4-small", "sleepTime": "never", "storage": "small", "volumes": [CACHE],
        "variables": {"A": "x"}, "secrets": {"B": {"env": "B"}}, "state": "running", "devMode": True,
        "exclusive": ["secrets", "variables", "volumes"], "duplicateFrom": "acme/other", "wait": {"timeout": 60},
    }) == []  # fmt: skip


def test_a_static_space_that_the_manifest_does_not_call_static() -> None:
    """What only the Hub knows to be static is refused in the plan."""
    assert "static" in said(look({"hardware": "t4-small"}, live(sdk="static", hardware=None)))[0]


@pytest.mark.parametrize(
    ("wanted", "there", "method", "summary"),
    [
        ([CACHE], [ZOO], "PUT", "mount acme/cache at /data"),
        ([CACHE], [LIVE_OLD, ZOO], "PUT", "mount acme/cache at /data; unmount /old"),
        ([], [LIVE_OLD, ZOO], "PUT", "unmount /old"),
        ([], [LIVE_OLD], "DELETE", "unmount /old"),
    ],
)
def test_a_call_says_what_it_mounts_and_unmounts(
    wanted: list[Any], there: list[Any], method: str, summary: str
) -> None:
    """One call for all: its summary names what comes and what goes, and not what stays."""
    known = {"volumes": {"/old": {**LIVE_OLD, "origin": "created"}}}
    (call,) = look({"volumes": wanted}, live(runtime={"volumes": there}), known).calls
    assert (call.method, call.summary) == (method, summary)


def test_a_message_that_is_no_text_is_none() -> None:
    """An errorMessage of another shape is not quoted in an error either."""
    failed = live("RUNTIME_ERROR", runtime={"errorMessage": {"said": "secret"}})
    assert look({}, failed).compared.notes == ("it is in RUNTIME_ERROR; --retry-failed starts it again",)


@pytest.mark.parametrize(
    ("env", "note"),
    [
        ({"A": "one", "B": "two"}, ": A is one"),
        ({"A": "one"}, " (its message is withheld: secret B is not known to this run)"),
        ({"A": "new", "B": "two"}, " (its message is withheld: secret A is not known to this run)"),
        ({}, " (its message is withheld: secrets A, B are not known to this run)"),
    ],
)
def test_what_failed_is_not_quoted_where_a_secret_could_not_be_masked(env: dict[str, str], note: str) -> None:
    """A secret that is not set here, or is another one here than in the Space, might stand in the message."""
    failed = live("RUNTIME_ERROR", runtime={"errorMessage": "A is one"}, secrets={"A": THEN, "B": THEN})
    known = {"secrets": {n: {"hash": f"#{v}", "updatedAt": THEN} for n, v in (("A", "one"), ("B", "two"))}}
    looked = look({"secrets": {"A": {"env": "A"}, "B": {"env": "B"}}}, failed, known, env=env)
    assert f"it is in RUNTIME_ERROR{note}; --retry-failed starts it again" in looked.compared.notes


def test_two_words_for_the_sdk() -> None:
    """A card that names another sdk than the field would be written over and over."""
    card = {"card": {"metadata": {"sdk": "static"}}}
    assert any("the card's sdk is static" in p for p in problems({"sdk": "gradio", **card}))
    assert problems({"sdk": "static", **card}) == []
    assert any("has no hardware" in p for p in problems({"hardware": "t4-small", **card}))
