"""Waiting that is right: a stale state never ends it, a state that stays does, and health has the last word."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from hfops.hub.errors import BadAnswer, LostAnswer, StatusError
from hfops.kinds.base import HubView, Launch, Phase, Reading
from hfops.kinds.endpoint.live import STATES
from hfops.kinds.endpoint.wait import LISTED, PROBED, EndpointWaiter
from hfops.manifest.local import NOWHERE
from hfops.model.call import Api, Call
from hfops.model.outcome import Status
from tests.kinds.case import Case
from tests.kinds.endpoints import KIND, answer, merged, resource, set_stage
from tests.kinds.test_endpoint_state import MANIFEST

CREATE = Call("POST", "/endpoint/acme", {})
UPDATE = Call("PUT", "/endpoint/acme/prod", {})
PAUSE, RESUME, SCALE = (
    Call("POST", f"/endpoint/acme/prod/{s}") for s in ("pause", "resume", "scale-to-zero")
)
SERVED = "https://vksrvs8pc1xnifhq.us-east-1.aws.endpoints.huggingface.cloud/health"
SETTLE = 30.0


class Spoken:
    """A service that answers with one endpoint after the other; the last one stays. ``health`` likewise."""

    def __init__(
        self, *answers: Mapping[str, Any], health: tuple[int, ...] = (200,), log: str | None = None
    ) -> None:
        self.answers = list(answers)
        self.health = list(health)
        self.log = log
        self.asked: list[str] = []
        self.ages: list[float] = []
        self.listed = True

    def _next(self) -> Any:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def get(self, path: str, params: object = None, *, api: Api = Api.HUB) -> Any:
        """One endpoint."""
        assert (params, api) == (None, Api.ENDPOINTS)
        self.asked.append(path)
        return self._next()

    def recent(self, path: str, api: Api, age: float) -> Any:
        """The list, or one endpoint."""
        assert api is Api.ENDPOINTS
        self.asked.append(path)
        self.ages.append(age)
        if "?" not in path:
            return self._next()
        return {"items": [answer(name="other"), self._next()] if self.listed else [answer(name="other")]}

    def probe(self, url: str) -> int:
        """The health route; 0 for one that cannot be reached."""
        self.asked.append(url)
        status = self.health.pop(0) if len(self.health) > 1 else self.health[0]
        if not status:
            raise LostAnswer("nobody there")
        return status

    def text(self, path: str, *, api: Api = Api.HUB) -> str | None:
        """The log."""
        assert api is Api.ENDPOINTS
        self.asked.append(path)
        if self.log is None:
            raise StatusError("no log", status=501)
        return self.log

    def view(self) -> HubView:
        """As kinds see it."""
        return HubView(self, lambda _: True, lambda f, items: list(map(f, items)), NOWHERE, self.recent)  # type: ignore[arg-type]


def waiter(spec: Mapping[str, Any], *made: Call, quick: bool = False, answered: Any = None) -> EndpointWaiter:
    """What waits after these calls; ``answered`` is what the last one's answer said."""
    found = KIND.waiter(resource(spec), Launch(made, quick, answered))
    assert isinstance(found, EndpointWaiter)
    return found


def look(waits: EndpointWaiter, hub: Spoken, *times: float) -> list[Phase]:
    """The phases of looks at these times."""
    view = hub.view()
    return [waits.poll(view, t).phase for t in times]


ENDS = {"running": Phase.READY, "paused": Phase.READY, "scaledToZero": Phase.READY}
ENDS |= {"failed": Phase.FAILED, "updateFailed": Phase.FAILED}


@pytest.mark.parametrize("state", STATES)
def test_every_state_where_none_is_managed(state: str) -> None:
    """What is at rest ends the wait, as it should or not; what is on its way does not."""
    assert look(waiter({}), Spoken(answer(state)), 0.0) == [ENDS.get(state, Phase.STARTING)]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("wanted", ["paused", "scaledToZero"])
def test_every_state_where_it_is_to_stop(state: str, wanted: str) -> None:
    """A stop is an end of its own."""
    phase = Phase.READY if state == wanted else Phase.STARTING
    if wanted == "scaledToZero" and state in ("paused", "failed", "updateFailed"):
        phase = Phase.FAILED
    assert look(waiter({"state": wanted}, PAUSE), Spoken(answer(state)), 0.0) == [phase]


@pytest.mark.parametrize(("fewest", "phase"), [(0, Phase.READY), (1, Phase.STARTING)])
def test_asleep_is_running_where_it_may_sleep(fewest: int, phase: Phase) -> None:
    """By the manifest's minReplica, else by the live one."""
    spec = {"state": "running", "compute": {"scaling": {"minReplica": fewest}}}
    assert look(waiter(spec, CREATE), Spoken(answer("scaledToZero")), 0.0) == [phase]


def test_a_pause_by_somebody_else_ends_the_wait() -> None:
    """It will not come up by itself."""
    reading = waiter({"state": "running"}, CREATE).poll(Spoken(answer("paused")).view(), 0.0)
    assert reading == Reading(Phase.FAILED, "paused", "somebody paused it")


def test_an_unknown_state_is_shown_and_waited_through() -> None:
    """A new word is data, not an error."""
    new = answer(status={"state": "hibernating"})
    assert waiter({}).poll(Spoken(new).view(), 0.0) == Reading(Phase.STARTING, "hibernating (1/1)")


def test_a_stale_running_never_ends_the_wait() -> None:
    """After an update, running counts once another state was seen."""
    hub = Spoken(answer(), answer(), answer("updating"), answer())
    assert look(waiter({}, UPDATE), hub, 0.0, 5.0, 10.0, 15.0) == [*[Phase.STARTING] * 3, Phase.READY]


def test_a_running_that_stays_ends_the_wait() -> None:
    """A change of scaling may roll nothing out: the same state, unchanged for wait.settle, is believed."""
    times = (0.0, SETTLE - 1, SETTLE)
    assert look(waiter({}, UPDATE), Spoken(answer()), *times) == [Phase.STARTING, Phase.STARTING, Phase.READY]
    soon = waiter({"wait": {"settle": "5s"}}, UPDATE, quick=True)
    assert look(soon, Spoken(answer()), 0.0, 4.0, 5.0) == [Phase.STARTING, Phase.STARTING, Phase.READY]


def test_a_change_begins_the_settling_anew() -> None:
    """The update itself arrives late: running from before it does not count."""
    later = answer(status={"updatedAt": "2026-03-07T15:40:00.000Z"})
    hub = Spoken(answer(), later, later)
    assert look(waiter({}, UPDATE), hub, 0.0, 29.0, 31.0, 59.0) == [*[Phase.STARTING] * 3, Phase.READY]


def test_a_read_that_is_older_than_another_is_not_believed() -> None:
    """Copies of the service may lag behind: what was updated cannot become younger."""
    newer = answer("updating", status={"updatedAt": "2026-03-07T15:40:00.000Z"})
    done = answer(status={"updatedAt": "2026-03-07T15:40:00.000000001Z"})
    assert look(waiter({}, UPDATE), Spoken(newer, answer(), done), 0.0, 5.0, 10.0) == [
        Phase.STARTING, Phase.STARTING, Phase.READY,
    ]  # fmt: skip


def test_a_read_that_is_older_than_the_answer_is_not_believed() -> None:
    """Where the answer to the update is known, nothing older counts however long it stays."""
    waits = waiter({}, UPDATE)
    waits.answered = "2026-03-07T15:40:00.000Z"
    assert look(waits, Spoken(answer()), 0.0, 60.0, 120.0) == [Phase.STARTING] * 3


def test_an_old_failure_does_not_end_the_wait() -> None:
    """What failed before the update may still be shown."""
    hub = Spoken(answer("failed"), answer("pending"), answer())
    assert look(waiter({}, UPDATE), hub, 0.0, 5.0, 10.0) == [Phase.STARTING, Phase.STARTING, Phase.READY]


def test_an_update_of_what_is_stopped_needs_no_time() -> None:
    """Nothing runs, so that nothing can be stale."""
    assert look(waiter({}, UPDATE), Spoken(answer("paused")), 0.0) == [Phase.READY]
    idle = waiter({"state": "running", "compute": {"scaling": {"minReplica": 0}}}, UPDATE)
    assert look(idle, Spoken(answer("scaledToZero")), 0.0) == [Phase.READY]


@pytest.mark.parametrize(
    ("status", "phase", "said"),
    [
        (200, Phase.READY, ""),
        (401, Phase.READY, "not probed: this token may not call it"),
        (403, Phase.READY, "not probed: this token may not call it"),
        (503, Phase.STARTING, ""),
        (404, Phase.STARTING, ""),
        (0, Phase.STARTING, ""),
    ],
)
def test_health_has_the_last_word(status: int, phase: Phase, said: str) -> None:
    """200 is ready; a refusal of the token is as near as it gets; anything else is not yet."""
    hub = Spoken(answer(), health=(status,))
    reading = waiter({}).poll(hub.view(), 0.0)
    assert (reading.phase, reading.message) == (phase, said)
    assert hub.asked[-1] == SERVED
    assert reading.state.startswith("running (1/1)")


def test_health_can_be_left_out() -> None:
    """wait.health: false asks nothing; behind PrivateLink there is nothing to ask."""
    hub = Spoken(answer(), health=(503,))
    assert look(waiter({"wait": {"health": False}}), hub, 0.0) == [Phase.READY]
    private = waiter({"privateService": {"accountId": "1"}}).poll(hub.view(), 0.0)
    assert private == Reading(Phase.READY, "running (1/1)", "not probed: it is reached over PrivateLink only")
    assert SERVED not in hub.asked


def test_running_without_a_url_is_not_there_yet() -> None:
    """There is nothing to ask."""
    reading = waiter({}).poll(Spoken(answer(status={"url": None})).view(), 0.0)
    assert reading == Reading(Phase.STARTING, "running (1/1), no url yet")


def test_the_health_route_is_asked_no_more_often_than_it_need_be() -> None:
    """However often the state is looked at."""
    hub = Spoken(answer(), health=(503, 200))
    times = (0.0, 1.0, 2.0, PROBED)
    assert look(waiter({}), hub, *times) == [*[Phase.STARTING] * 3, Phase.READY]
    assert hub.asked.count(SERVED) == 2


def test_a_failure_quotes_the_service_and_the_log() -> None:
    """Its message, then at most ten lines."""
    log = "\n".join(f"line {n}" for n in range(15)) + "\n\n"
    hub = Spoken(answer("failed"), log=log)
    said = waiter({}).poll(hub.view(), 0.0).message.splitlines()
    assert said == ["Memory limit exceeded (30.0G)", *(f"  | line {n}" for n in range(5, 15))]
    assert hub.asked[-1] == "/endpoint/acme/prod/logs?tail=10"


def test_what_cannot_be_masked_is_not_quoted() -> None:
    """A secret that this run does not know may stand in the message or the log."""
    hub = Spoken(answer("failed"), log="line")
    waits = KIND.waiter(resource({}), Launch(withhold="withheld, it does not know KEY"))
    assert waits is not None
    said = waits.poll(hub.view(), 0.0).message
    assert said == "it ended in failed; its message and log are withheld, it does not know KEY"
    assert not [path for path in hub.asked if "logs" in path]


def test_a_state_that_is_left_alone_is_not_waited_for() -> None:
    """Somebody paused it, and lifecycle leaves that to them."""
    waits = KIND.waiter(resource({"state": "running"}), Launch((UPDATE,), held=frozenset({"spec.state"})))
    assert waits is not None
    assert waits.poll(Spoken(answer("paused")).view(), 0.0).phase is Phase.READY


def test_a_log_that_cannot_be_read_changes_nothing() -> None:
    """A failure is a failure."""
    reading = waiter({}).poll(Spoken(answer("updateFailed")).view(), 0.0)
    assert reading == Reading(Phase.FAILED, "updateFailed (1/1)", "Container exited")


def test_the_answer_to_the_last_call_is_the_first_look() -> None:
    """It costs no request; the list comes after it, and is no older than the wait: others may have asked before."""
    hub = Spoken(answer("pending"))
    waits = waiter({}, CREATE, answered=answer("pending"))
    look(waits, hub, 100.0, 101.0, 110.0)
    assert hub.asked == ["/endpoint/acme?limit=100"] * 2
    assert hub.ages == [1.0, LISTED]


def test_a_pause_whose_answer_says_so_needs_no_look() -> None:
    """The service's own word ends the wait."""
    hub = Spoken(answer("paused"))
    assert look(waiter({"state": "paused"}, PAUSE, answered=answer("paused")), hub, 0.0) == [Phase.READY]
    assert hub.asked == []


def test_without_an_answer_the_first_look_is_its_own() -> None:
    """One that shows no endpoint tells nothing."""
    hub = Spoken(answer("pending"))
    look(waiter({}, UPDATE, answered={}), hub, 100.0, 101.0)
    assert hub.asked == ["/endpoint/acme/prod", "/endpoint/acme?limit=100"]


def test_without_calls_any_list_will_do() -> None:
    """Nothing was changed: what others have just read is shared from the first look on."""
    hub = Spoken(answer("pending"))
    look(waiter({}), hub, 100.0, 101.0)
    assert (hub.asked, hub.ages) == (["/endpoint/acme?limit=100"] * 2, [LISTED] * 2)


def test_an_update_of_a_moment_ago_is_doubted_without_calls_too() -> None:
    """A wait after another run's update: running counts once it stayed, or was left. An old update is believed."""
    now = datetime.now(UTC).isoformat()
    hub = Spoken(answer(status={"updatedAt": now}))
    assert look(waiter({}), hub, 0.0, SETTLE - 1, SETTLE) == [Phase.STARTING] * 2 + [Phase.READY]
    assert look(waiter({}), Spoken(answer()), 0.0) == [Phase.READY]


def test_a_long_wait_asks_seldom_at_a_sandbox_too() -> None:
    """Looks come every 0.05 s there, and are mostly answered by a list that somebody has read already."""
    hub = Spoken(answer("pending"))
    look(waiter({}, quick=True), hub, 0.0, 1.0, 10.0, 100.0)
    assert hub.ages == [0.02, 0.2, 2.0, LISTED]


def test_what_the_list_does_not_hold_is_asked_for() -> None:
    """A list has pages: the others' are not read for it."""
    hub = Spoken(answer("pending"))
    hub.listed = False
    look(waiter({}), hub, 5.0)
    assert hub.asked == ["/endpoint/acme?limit=100", "/endpoint/acme/prod"]


@pytest.mark.parametrize("bad", [None, [], {}, {"name": "prod"}, {"name": "prod", "status": {"state": 3}}])
def test_an_answer_of_another_shape_is_no_state(bad: Any) -> None:
    """The next look may mend it."""
    with pytest.raises(BadAnswer):
        waiter({}).poll(Spoken(bad).view(), 0.0)


def test_the_time_and_what_comes_after_it_are_the_manifests() -> None:
    """Half an hour, and nothing; else what spec.wait says."""
    assert (waiter({}).timeout, waiter({}).on_timeout) == (1800, None)
    costly = waiter({"wait": {"timeout": "90s", "onTimeout": "pause"}})
    assert costly.timeout == 90
    assert costly.on_timeout == Call("POST", "/endpoint/acme/prod/pause", None, "pause it", api=Api.ENDPOINTS)


def case(*specs: Mapping[str, Any], seeded: bool = False, **spec: Any) -> Case:
    """A case of several endpoints, or of one; ``seeded``: as it is before ``spec``."""
    named = [
        merged(MANIFEST, {"metadata": {"name": f"acme/e{n}"}, "spec": s})
        for n, s in enumerate(specs or [spec])
    ]
    hub = {"resources": [merged(MANIFEST, {"metadata": {"name": "acme/e0"}})]} if seeded else {}
    return Case.model_validate(
        {
            "claim": "waiting",
            "hub": hub,
            "manifests": yaml.safe_dump_all(named),
            "env": {"KEY": "a secret value"},
            "plan": [],
            "then": "empty",
        }
    )


def test_a_slow_sandbox_that_tells_of_the_version_before(tmp_path: Path) -> None:
    """The wait goes on through the stale running, and ends with the new version up."""
    with set_stage(case(seeded=True, tags=["x"], model={"args": ["-v"]}), tmp_path) as stage:
        stage.sandbox.hub.endpoints.stale_running = 0.2
        result = stage.apply(stage.plan(stage.ledger()), stage.ledger())
        assert [o.status for o in result.outcomes] == [Status.APPLIED]
        there = stage.sandbox.hub.endpoints["acme/e0"]
        assert (there.rollouts, there.state) == (1, "running")
        assert stage.plan(stage.ledger()).plan.starting == ()


def test_a_change_of_scaling_that_rolls_nothing_out(tmp_path: Path) -> None:
    """The wait ends all the same."""
    scaling = {"compute": {"scaling": {"maxReplica": 3}}}
    with set_stage(case(seeded=True, **scaling), tmp_path) as stage:
        result = stage.apply(stage.plan(stage.ledger()), stage.ledger())
        assert [o.status for o in result.outcomes] == [Status.APPLIED]
        assert stage.sandbox.hub.endpoints["acme/e0"].rollouts == 0


def test_a_failure_of_the_service_is_told(tmp_path: Path) -> None:
    """Out of memory: the outcome quotes message and log; the next plan reports it and does nothing."""
    with set_stage(case(model={"env": {"SANDBOX_FAIL": "oom"}}), tmp_path) as stage:
        (outcome,) = stage.apply(stage.plan(stage.ledger()), stage.ledger()).outcomes
        assert outcome.status is Status.FAILED
        assert "Memory limit exceeded" in outcome.message
        assert "\n  | " in outcome.message
        again = stage.plan(stage.ledger()).plan
        assert again.empty
        assert "--retry-failed" in again.changes[0].notes[0]


def test_one_that_does_not_come_up_in_time_is_paused(tmp_path: Path) -> None:
    """It is unready, and goes on costing nothing; the next plan starts it again."""
    spec = {
        "state": "running",
        "model": {"env": {"SANDBOX_FAIL": "capacity"}},
        "wait": {"timeout": 1, "onTimeout": "pause"},
    }
    with set_stage(case(**spec), tmp_path) as stage:
        (outcome,) = stage.apply(stage.plan(stage.ledger()), stage.ledger()).outcomes
        assert outcome.status is Status.UNREADY
        assert "pause it: done" in outcome.message
        assert stage.sandbox.hub.endpoints["acme/e0"].state == "paused"
        assert [c.path for c in stage.plan(stage.ledger()).plan.calls()] == ["/endpoint/acme/e0/resume"]


def test_twenty_are_waited_for_together(tmp_path: Path) -> None:
    """With the list, and a look and a health check of each."""
    with set_stage(case(*[{} for _ in range(20)]), tmp_path, transition_time=0.1) as stage:
        result = stage.apply(stage.plan(stage.ledger()), stage.ledger())
        assert [o.status for o in result.outcomes] == [Status.APPLIED] * 20
        reads = [
            e.path
            for e in stage.sandbox.exchanges
            if e.method == "GET" and e.path.startswith("/v2/endpoint/acme/")
        ]
        assert len(reads) <= 2 * 20, "one look at each, and one for its secrets"
