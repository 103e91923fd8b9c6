"""Waiting for a Space: every stage of the Hub's list ends as documented."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hfops.hub.errors import BadAnswer, LostAnswer, StatusError
from hfops.kinds.base import HubView, Launch, Phase, Reading
from hfops.kinds.space.wait import SETTLE, SpaceWaiter
from hfops.manifest.local import NOWHERE
from hfops.model.call import Call
from hfops.model.resource import Lifecycle
from tests.kinds.spaces import KIND, PLAIN, ignoring, resource

OPENAPI = Path(__file__).parents[2] / "schemas" / "hub-api" / "openapi.json"
STAGES = json.loads(OPENAPI.read_text(encoding="utf-8"))["components"]["schemas"]["SpaceStage"]["enum"]
RESTART = Call("POST", "/api/spaces/acme/app/secrets", restarts=True)
CREATE = Call("POST", "/api/repos/create")
COMMIT = Call("POST", "/api/spaces/acme/app/commit/main")
PAUSE = Call("POST", "/api/spaces/acme/app/pause")


class Spoken:
    """A Hub that answers with one runtime after the other; the last one stays."""

    def __init__(self, *runtimes: Mapping[str, Any], log: list[str] | None = None) -> None:
        self.runtimes = list(runtimes)
        self.log = log
        self.asked: list[str] = []

    def get(self, path: str, params: object = None) -> Any:
        """The next runtime."""
        del params
        self.asked.append(path)
        return self.runtimes.pop(0) if len(self.runtimes) > 1 else self.runtimes[0]

    def tail(self, path: str, seconds: float) -> list[str]:
        """The log."""
        del seconds
        self.asked.append(path)
        if self.log is None:
            raise LostAnswer("no log")
        return self.log

    def view(self) -> HubView:
        """As kinds see it."""
        return HubView(self, lambda _: True, lambda f, items: list(map(f, items)), NOWHERE)  # type: ignore[arg-type]


def waiter(
    spec: Mapping[str, Any], *made: Call, quick: bool = False, lifecycle: Lifecycle = PLAIN, **more: Any
) -> SpaceWaiter:
    """What waits after these calls."""
    found = KIND.waiter(resource(spec, lifecycle), Launch(made, quick, **more))
    assert isinstance(found, SpaceWaiter)
    return found


def runtime(stage: str, hardware: str | None = "cpu-basic", requested: str | None = None, **more: Any) -> Any:
    """A runtime; on the free hardware it sleeps after two days."""
    flavors = {"current": hardware, "requested": requested or hardware}
    return {"stage": stage, "hardware": flavors, "gcTimeout": 172800, **more}


def ends(spec: Mapping[str, Any], seen: Any, *made: Call, log: list[str] | None = None) -> Reading:
    """How one look ends."""
    return waiter(spec, *made).poll(Spoken(seen, log=log).view(), 0.0)


ENDS = {
    "RUNNING": Phase.READY,
    "BUILDING": Phase.STARTING,
    "APP_STARTING": Phase.STARTING,
    "RUNNING_BUILDING": Phase.STARTING,
    "RUNNING_APP_STARTING": Phase.STARTING,
    "BUILD_ERROR": Phase.FAILED,
    "CONFIG_ERROR": Phase.FAILED,
    "RUNTIME_ERROR": Phase.FAILED,
    "NO_APP_FILE": Phase.FAILED,
    "STOPPED": Phase.FAILED,
    "DELETING": Phase.FAILED,
    "PAUSED": Phase.READY,
    "SLEEPING": Phase.READY,
}


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_ends_as_documented(stage: str) -> None:
    """For a Space whose state is not managed, each stage of the Hub's list has its end."""
    reading = ends({"sdk": "gradio"}, runtime(stage))
    assert reading.phase is ENDS[stage]
    assert reading.state == stage


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_where_it_is_to_be_paused(stage: str) -> None:
    """state: paused is ready once it is paused, fails if it is being deleted, and waits for it else."""
    wanted = {"PAUSED": Phase.READY, "DELETING": Phase.FAILED}.get(stage, Phase.STARTING)
    assert ends({"state": "paused"}, runtime(stage), PAUSE).phase is wanted


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_where_it_is_to_run_without_sleep(stage: str) -> None:
    """state: running with sleepTime: never is not content with a pause or with sleep."""
    wanted = Phase.FAILED if stage in ("PAUSED", "SLEEPING") else ENDS[stage]
    spec = {"state": "running", "sleepTime": "never", "hardware": "t4-small"}
    assert ends(spec, runtime(stage, "t4-small", gcTimeout=None)).phase is wanted


def test_a_stage_that_is_new_to_hfops_is_shown_and_waited_through() -> None:
    """An unknown word is data, not an error."""
    assert ends({}, runtime("WARMING_UP")) == Reading(Phase.STARTING, "WARMING_UP")


@pytest.mark.parametrize(
    ("spec", "seen", "phase"),
    [
        ({"hardware": "t4-small"}, runtime("RUNNING", "cpu-basic", "t4-small"), Phase.STARTING),
        ({"hardware": "t4-small"}, runtime("RUNNING", "cpu-basic"), Phase.STARTING),
        ({"hardware": "t4-small"}, runtime("RUNNING", "t4-small"), Phase.READY),
        ({"hardware": "zerogpu"}, runtime("RUNNING", "zero-a10g"), Phase.READY),
        ({"hardware": "cpu-basic"}, runtime("RUNNING", None), Phase.READY),
        ({}, runtime("RUNNING", "cpu-basic", "t4-small"), Phase.STARTING),
        ({}, {"stage": "RUNNING"}, Phase.READY),
    ],
)
def test_running_means_on_the_hardware_asked_for(spec: dict[str, Any], seen: Any, phase: Phase) -> None:
    """RUNNING counts once current, requested and wanted hardware are one."""
    assert ends(spec, seen).phase is phase


def test_no_app_file_is_fine_where_somebody_else_brings_the_files() -> None:
    """A new Space without managed files rests in NO_APP_FILE; one that was there before has lost its app."""
    assert ends({"sdk": "gradio"}, runtime("NO_APP_FILE"), CREATE).phase is Phase.READY
    again = waiter({"sdk": "gradio"}, RESTART)
    hub = Spoken(runtime("NO_APP_FILE")).view()
    again.poll(hub, 0.0)
    assert again.poll(hub, SETTLE).phase is Phase.FAILED


def test_running_right_after_a_restart_may_be_the_old_one() -> None:
    """After a restarting call RUNNING counts once another stage was seen."""
    waits = waiter({}, RESTART)
    hub = Spoken(runtime("RUNNING"), runtime("APP_STARTING"), runtime("RUNNING")).view()
    assert [waits.poll(hub, float(n)).phase for n in range(3)] == [
        Phase.STARTING, Phase.STARTING, Phase.READY,
    ]  # fmt: skip


@pytest.mark.parametrize(("quick", "settle"), [(False, SETTLE), (True, 0.3)])
def test_running_that_stays_is_running(quick: bool, settle: float) -> None:
    """Where no other stage is ever seen, two reads a while apart are enough."""
    waits = waiter({}, RESTART, quick=quick)
    hub = Spoken(runtime("RUNNING")).view()
    times = (0.0, settle * 0.9, settle)
    assert [waits.poll(hub, t).phase for t in times] == [Phase.STARTING, Phase.STARTING, Phase.READY]


def test_a_failure_quotes_the_spaces_own_last_lines() -> None:
    """The Hub's message, then at most ten lines of the log that belongs to the stage."""
    log = [json.dumps({"data": f"line {n}\n", "timestamp": "x"}) for n in range(15)]
    hub = Spoken(runtime("RUNTIME_ERROR", errorMessage="it fell over"), log=["", *log])
    reading = waiter({}).poll(hub.view(), 0.0)
    said = reading.message.splitlines()
    assert said[0] == "it fell over"
    assert said[1:] == [f"  | line {n}" for n in range(5, 15)]
    assert hub.asked[-1] == "/api/spaces/acme/app/logs/run?tail=20"


def test_a_log_that_cannot_be_read_changes_nothing() -> None:
    """Without its log a failure is a failure."""
    reading = ends({}, runtime("BUILD_ERROR"))
    assert reading == Reading(Phase.FAILED, "BUILD_ERROR", "it ended in BUILD_ERROR")


@pytest.mark.parametrize(
    "answer", [None, [], {}, {"stage": ""}, {"stage": 3}, {"stage": "RUNNING", "gcTimeout": "soon"}]
)
def test_a_runtime_of_another_shape_is_no_stage(answer: Any) -> None:
    """What is no runtime is a bad answer, which the next look may mend."""
    with pytest.raises(BadAnswer):
        ends({}, answer)


def test_a_refusal_is_the_engines_business() -> None:
    """Errors of the Hub come through."""

    class Refusing(Spoken):
        def get(self, path: str, params: object = None) -> Any:
            raise StatusError(f"no {path} {params}", status=500)

    with pytest.raises(StatusError):
        waiter({}).poll(Refusing(runtime("RUNNING")).view(), 0.0)


@pytest.mark.parametrize(
    ("spec", "made"),
    [
        ({"sdk": "static"}, (CREATE,)),
        ({"card": {"metadata": {"sdk": "static"}}}, (COMMIT,)),
        ({}, (Call("PUT", "/api/spaces/acme/app/settings"),)),
        ({}, (Call("POST", "/api/spaces/acme/app/sleeptime"),)),
        ({}, (Call("POST", "/api/spaces/acme/app/secrets"),)),
    ],
)
def test_what_starts_nothing_is_not_waited_for(spec: dict[str, Any], made: tuple[Call, ...]) -> None:
    """Settings, the sleep time, a secret of a Space at rest, and static Spaces need no waiting."""
    assert KIND.waiter(resource(spec), Launch(made)) is None


def test_the_time_is_the_manifests() -> None:
    """spec.wait, else twenty minutes."""
    assert waiter({"wait": {"timeout": "90s"}}).timeout == 90
    assert waiter({}).timeout == 1200


HELD = [
    ({"hardware": "t4-small"}, "spec.hardware", runtime("RUNNING"), Phase.STARTING),
    ({"state": "paused"}, "spec.state", runtime("RUNNING"), Phase.STARTING),
    ({"state": "running"}, "spec.state", runtime("PAUSED"), Phase.FAILED),
    ({"state": "running", "sleepTime": "never"}, "spec.sleepTime", runtime("SLEEPING"), Phase.FAILED),
]


@pytest.mark.parametrize(("spec", "path", "seen", "else_"), HELD)
def test_what_is_left_alone_is_not_waited_for(spec: Any, path: str, seen: Any, else_: Phase) -> None:
    """A field whose difference the plan holds back never comes true; without that it is waited for, or fails."""
    hub = Spoken(seen).view()
    assert waiter(spec).poll(hub, 0.0).phase is else_
    assert waiter(spec, held=frozenset({path})).poll(hub, 0.0).phase is Phase.READY


@pytest.mark.parametrize(("spec", "path", "seen", "else_"), HELD)
def test_what_a_manifest_ignores_is_not_waited_for(spec: Any, path: str, seen: Any, else_: Phase) -> None:
    """Where no plan was made, the manifest's own word counts; at creation everything is sent, and waited for."""
    hub = Spoken(seen).view()
    assert waiter(spec, lifecycle=ignoring(path)).poll(hub, 0.0).phase is Phase.READY
    assert waiter(spec, CREATE, lifecycle=ignoring(path)).poll(hub, 0.0).phase is else_


def test_an_sdk_that_is_left_alone_keeps_the_app() -> None:
    """A Space that stays what it is, though its manifest calls it static, has an app to wait for."""
    held = frozenset({"spec.sdk"})
    hub = Spoken(runtime("APP_STARTING")).view()
    assert waiter({"sdk": "static"}, RESTART, held=held).poll(hub, 0.0).phase is Phase.STARTING


def test_nothing_is_quoted_where_a_secret_could_not_be_masked() -> None:
    """With a reason to withhold, neither the Hub's message nor the log is said, and the log is not even read."""
    hub = Spoken(runtime("RUNTIME_ERROR", errorMessage="key is canary"), log=["key is canary"])
    reading = waiter({}, withhold="withheld, because").poll(hub.view(), 0.0)
    assert reading == Reading(
        Phase.FAILED, "RUNTIME_ERROR", "it ended in RUNTIME_ERROR; its message and log are withheld, because"
    )
    assert not any("logs" in path for path in hub.asked)
