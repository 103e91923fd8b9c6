"""True comparison: what the service fills in is no difference, and what differs is sent as the service takes it."""

from __future__ import annotations

from typing import Any

import pytest

from hfops.kinds.endpoint.images import VARIANTS
from hfops.kinds.endpoint.live import parse
from hfops.model.call import Repeat
from hfops.model.change import Cause, Op
from hfops.model.late import Reference
from hfops.model.risk import RiskKind
from tests.kinds.endpoints import EXAMPLES, HARDWARE, MADE, NEW, PLACE, Looked, live, look, merged

WHOLE = [n for n, e in EXAMPLES.items() if "model" in e and "name" in e]
KEY = {"env": "KEY"}


def said_of(example: dict[str, Any]) -> dict[str, Any]:
    """The manifest that says the same as an example of the contract."""
    named = ("type", "provider", "compute", "model", "tags", "route", "cacheHttpResponses")
    spec = {k: example[k] for k in named if k in example}
    scaling = {k: v for k, v in example["compute"]["scaling"].items() if k != "metric" and v is not None}
    if scaling.get("measure") == {"hardwareUsage": None}:
        scaling["measure"] = {"hardwareUsage": "default"}
    compute = {k: v for k, v in example["compute"].items() if k != "id"}
    model = {k: v for k, v in example["model"].items() if v is not None}
    if "secrets" in model:
        model["secrets"] = dict.fromkeys(model["secrets"], KEY)
    return {**spec, "compute": {**compute, "scaling": scaling}, "model": model}


@pytest.mark.parametrize("name", WHOLE)
def test_every_example_of_the_contract_agrees_with_the_manifest_that_says_the_same(name: str) -> None:
    """Whatever the service adds, masks or resolves, there is no difference."""
    example = EXAMPLES[name]
    secrets = dict.fromkeys(example["model"].get("secrets", {}))
    status = EXAMPLES["state_running"]["status"]
    there = merged(example, {"name": "prod", "status": example.get("status", status)})
    there["model"] = {**there["model"], "secrets": secrets}
    found = look(said_of(example), parse("acme", {**there, "healthRoute": "/health"}))
    assert found.paths == []
    assert found.compared.problems == ()


def test_what_the_service_fills_in_is_no_difference() -> None:
    """Defaults on either side, the deprecated pair, old words, and the order of tags mean the same."""
    scaling = {"minReplica": 0, "maxReplica": 1, "scaleToZeroTimeout": 15}
    spec = {
        "type": "protected",
        "compute": {"scaling": {**scaling, "measure": {"pendingRequests": 2}}},
        "model": {"env": {}, "args": [], "command": [], "repository": "OpenAI-Community/GPT2"},
        "tags": ["b", "a", "a"],
        "route": "none",
        "customRouter": "none",
        "cacheHttpResponses": False,
        "experimentalFeatures": {"skipRepoDownload": False},
    }
    there = live(
        type="protected",
        tags=["a", "b"],
        compute={
            "scaling": {
                "scaleToZeroTimeout": None,
                "measure": None,
                "metric": "pendingRequests",
                "threshold": 2,
            }
        },
    )
    assert look(spec, there).paths == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_defaults_of_every_image_are_no_difference(variant: str) -> None:
    """Nulls and the defaults of port and health route, shown by the service, differ from nothing."""
    more = {"modelPath": "m", "ctxSize": 1, "nParallel": 1} if variant == "llamacpp" else {}
    fields = {"url": "x", **more} if not variant.startswith("huggingface") else {}
    filled = {"port": 80, "healthRoute": "/health"} if fields else {"batchSize": None}
    there = live(model={"image": {"huggingface": ..., variant: {**fields, **filled}}})
    assert look({"model": {"image": {variant: fields}}}, there).paths == []


def image(**change: Any) -> Looked:
    """A custom image in the manifest, compared with one on the Hub."""
    there = change.pop("there", {"url": "x:1", "port": 8080})
    fields = {"url": "x:1", "port": 8080, **change.pop("wanted", {})}
    state = live(model={"image": {"huggingface": ..., "custom": there}})
    return look({"model": {"image": {"custom": fields}}}, state, **change)


def test_the_image_is_atomic() -> None:
    """A field that differs sends the whole image, and a field that would go is said."""
    found = image(wanted={"url": "x:2"}, there={"url": "x:1", "port": 8080, "healthRoute": "/h"})
    assert found.paths == ["model.image"]
    assert found.only.note == "removes healthRoute"
    assert found.body == {"model": {"image": {"custom": {"url": "x:2", "port": 8080}}}}
    assert found.sent == ["PUT /prod"]


def test_another_port_that_nobody_named_is_drift() -> None:
    """Only a default may be filled in: somebody's port is a difference."""
    state = live(model={"image": {"huggingface": ..., "custom": {"url": "x", "port": 9000}}})
    found = look(
        {"model": {"image": {"custom": {"url": "x"}}}}, state, {"model.image": {"custom": {"url": "x"}}}
    )
    assert found.only.note == "removes port"


LOGIN = {"credentials": {"username": "ci", "password": {"env": "PW"}}}
MASK = {"url": "x:1", "port": 8080, "credentials": {"username": "", "password": None}}
SENT = {
    "model.image": {
        "custom": {
            "url": "x:1",
            "port": 8080,
            "credentials": {"username": {"value": "ci"}, "password": {"hash": "#old"}},
        }
    }
}


def test_live_credentials_that_the_manifest_lacks_are_a_problem() -> None:
    """They are shown as a mask, and would be overwritten by it."""
    found = image(there=MASK)
    assert "has no credentials" in str(found.compared.problems[0])
    assert found.paths == []


def test_adopted_credentials_are_unverified_and_not_sent() -> None:
    """Nobody knows what they are, so that nothing is sent until somebody says more."""
    found = image(there=MASK, wanted=LOGIN)
    assert found.paths == []
    assert found.compared.unverified == (("model.image.custom.credentials",),)
    assert image(there=MASK, wanted=LOGIN, send_unverified=True).paths == ["model.image"]
    assert image(there=MASK, wanted=LOGIN, rotates=lambda name: name == "password").paths == ["model.image"]


def test_credentials_are_compared_by_the_ledgers_hash() -> None:
    """Another password, another username or another version sends the image, the login by reference."""
    assert image(there=MASK, wanted=LOGIN, applied=SENT, env={"PW": "old"}).paths == []
    found = image(there=MASK, wanted=LOGIN, applied=SENT, env={"PW": "new"})
    assert found.only.note == "password: another value (env PW)"
    assert found.only.cause is Cause.CHANGE
    sent = found.body["model"]["image"]["custom"]["credentials"]
    assert sent == {"username": "ci", "password": Reference(env="PW")}
    other = {"credentials": {**LOGIN["credentials"], "username": "bot"}}
    assert image(there=MASK, wanted=other, applied=SENT, env={"PW": "old"}).only.note == "another username"
    later = {"credentials": {"username": "ci", "password": {"env": "PW", "version": "2"}}}
    assert "version none → 2" in image(there=MASK, wanted=later, applied=SENT, env={"PW": "old"}).only.note


def test_a_password_that_is_not_at_hand_is_not_compared() -> None:
    """It is said, and is no error."""
    found = image(there=MASK, wanted=LOGIN, applied=SENT)
    assert found.paths == []
    assert found.compared.notes == ("registry credentials not compared: password (env PW)",)


def test_credentials_that_somebody_took_away_are_sent_again() -> None:
    """The live image shows none at all."""
    found = image(wanted=LOGIN, applied=SENT, env={"PW": "old"})
    assert found.only.cause is Cause.DRIFT
    assert "no registry credentials" in found.only.note


def secrets(there: dict[str, Any], wanted: dict[str, Any], applied: Any = None, **asked: Any) -> Looked:
    """Secrets compared; ``applied`` is the ledger's word on them."""
    known = None if applied is None else {"model.secrets": applied}
    return look({"model": {"secrets": wanted}}, live(model={"secrets": there}), known, **asked)


def test_secrets_are_adopted_by_name() -> None:
    """The same names are taken for the same secrets, and nothing is sent."""
    found = secrets({"KEY": None}, {"KEY": KEY}, env={"KEY": "x"})
    assert found.paths == []
    assert found.compared.unverified == (("model.secrets", "KEY"),)
    kept = found.compared.settled[("model.secrets",)]
    assert secrets({}, {"KEY": KEY}, kept).only.cause is Cause.DRIFT
    again = secrets({"KEY": None}, {"KEY": KEY}, kept)
    assert again.compared.unverified == (("model.secrets", "KEY"),)
    later = {"KEY": {"env": "KEY", "version": "2"}}
    assert secrets({"KEY": None}, later, {"entries": {"KEY": {}}}).only.note == "KEY: version none → 2"


def test_secrets_are_replaced_whole() -> None:
    """One that is new sends all; one that would go is said, as a loss of data."""
    found = secrets({"OLD": None}, {"KEY": KEY, "B": {"file": "b"}})
    assert found.only.note == "removes OLD, B is new, KEY is new"
    assert [r.kind for r in found.only.risks] == [RiskKind.DATA_LOSS]
    assert found.body == {"model": {"secrets": {"KEY": Reference(env="KEY"), "B": Reference(file="b")}}}
    assert found.only.before == {"OLD": None}


ENTRIES = {"entries": {"KEY": {"hash": "#old"}}, "shown": {"KEY": None}}


def test_secrets_are_compared_by_hash() -> None:
    """Another value is the author's change; a name that went is drift; no value is no comparison."""
    assert secrets({"KEY": None}, {"KEY": KEY}, ENTRIES, env={"KEY": "old"}).paths == []
    changed = secrets({"KEY": None}, {"KEY": KEY}, ENTRIES, env={"KEY": "new"})
    assert (changed.only.cause, changed.only.note) == (Cause.CHANGE, "KEY: another value (env KEY)")
    gone = secrets({}, {"KEY": KEY}, ENTRIES, env={"KEY": "old"})
    assert (gone.only.cause, gone.only.note) == (Cause.DRIFT, "KEY is new")
    unknown = secrets({"KEY": None}, {"KEY": KEY}, ENTRIES)
    assert unknown.compared.notes == ("secrets not compared: KEY (env KEY)",)


def test_a_service_that_shows_no_names_is_no_drift() -> None:
    """Where they were not shown even right after they were sent, their absence tells nothing."""
    unseen = {"entries": {"KEY": {"hash": "#old"}}, "shown": {}}
    assert secrets({}, {"KEY": KEY}, unseen, env={"KEY": "old"}).paths == []
    assert secrets({}, {"KEY": KEY}, unseen, env={"KEY": "new"}).paths == ["model.secrets"]


def env(there: dict[str, str], wanted: dict[str, Any], applied: Any = None, **asked: Any) -> Looked:
    """Environment variables compared."""
    known = None if applied is None else {"model.env": applied}
    return look({"model": {"env": wanted}}, live(model={"env": there}), known, **asked)


def test_the_environment_is_atomic() -> None:
    """All of it is sent, and what would go is said."""
    found = env({"A": "1", "B": "2"}, {"A": "3"})
    assert found.only.note == "removes B"
    assert found.body == {"model": {"env": {"A": "3"}}}
    assert (found.only.before, found.only.after) == ({"A": "1", "B": "2"}, {"A": "3"})


def test_variables_by_reference() -> None:
    """A value at hand is compared with the live one; one that is not is let pass; neither is shown."""
    wanted = {"A": {"env": "APP_A"}}
    assert env({"A": "1"}, wanted, env={"APP_A": "1"}).paths == []
    found = env({"A": "1"}, wanted, env={"APP_A": "2"})
    assert found.only.before == {"A": None}
    assert found.body == {"model": {"env": {"A": Reference(env="APP_A")}}}
    absent = env({"A": "1"}, wanted)
    assert absent.compared.notes == ("environment variables not compared: A (env APP_A)",)
    assert env({"A": "1"}, wanted, {"A": {"value": "1"}}).paths == ["model.env"]


@pytest.mark.parametrize(
    ("known", "cause"),
    [
        ({"A": {"value": "3"}}, Cause.DRIFT),
        ({"A": {"value": "1"}}, Cause.CHANGE),
        ({"A": {"value": "2"}}, Cause.BOTH),
        ({"A": {"value": "3"}, "B": {"value": "x"}}, Cause.BOTH),
        ({"A": {"hash": "#1"}}, Cause.CHANGE),
    ],
)
def test_who_changed_the_environment(known: Any, cause: Cause) -> None:
    """By the ledger's values, or its hashes."""
    assert env({"A": "1"}, {"A": "3"}, known).only.cause is cause


@pytest.mark.parametrize(
    ("known", "cause"), [(None, Cause.NEW), (4, Cause.DRIFT), (1, Cause.CHANGE), (2, Cause.BOTH)]
)
def test_who_changed_a_plain_field(known: Any, cause: Cause) -> None:
    """Manifest against ledger, and ledger against what is live."""
    applied = None if known is None else {"compute.scaling.maxReplica": known}
    found = look({"compute": {"scaling": {"maxReplica": 4}}}, live(), applied)
    assert found.only.cause is cause
    assert found.only.op is Op.CHANGE


CHANGES: list[tuple[Any, Any]] = [
    ({"compute": {"scaling": {"maxReplica": 5}}}, {"compute": {"scaling": {"maxReplica": 5}}}),
    (
        {"compute": {"scaling": {"measure": {"pendingRequests": "default"}}}},
        {"compute": {"scaling": {"measure": {"pendingRequests": None}}}},
    ),
    ({"compute": {"instanceSize": "x4"}}, {"compute": {"instanceSize": "x4"}}),
    ({"model": {"task": "fill-mask", "args": ["-v"]}}, {"model": {"task": "fill-mask", "args": ["-v"]}}),
    ({"tags": ["prod"]}, {"tags": ["prod"]}),
    ({"type": "private"}, {"type": "private"}),
    ({"cacheHttpResponses": True}, {"cacheHttpResponses": True}),
    ({"route": {"path": "/x"}}, {"route": {"path": "/x"}}),
    (
        {"customRouter": {"tag": "r:1"}},
        {"customRouter": {"tag": "r:1", "env": {}, "port": 3000}},
    ),
    (
        {"experimentalFeatures": {"skipRepoDownload": True}},
        {"experimentalFeatures": {"skipRepoDownload": True}},
    ),
    ({"privateService": {"accountId": "1"}}, {"privateService": {"accountId": "1"}}),
]


@pytest.mark.parametrize(("spec", "body"), CHANGES)
def test_an_update_sends_what_changed_and_nothing_else(spec: Any, body: Any) -> None:
    """One PUT; its body holds the differing fields alone."""
    found = look(spec, live())
    assert found.sent == ["PUT /prod"]
    assert found.body == body
    assert set(found.calls[0].achieves) == {d.path for d in found.acting}


@pytest.mark.parametrize(
    ("name", "there"), [("route", {"path": "/x"}), ("customRouter", {"tag": "r", "port": 3000})]
)
def test_none_takes_a_part_away(name: str, there: Any) -> None:
    """An empty object is how the service clears it."""
    found = look({name: "none"}, live(**{name: there}))
    assert found.body == {name: {}}


def test_an_absent_field_is_not_touched() -> None:
    """A manifest that names nothing wants nothing."""
    found = look({}, live())
    assert (found.paths, found.sent, found.compared.notes) == ([], [], ())


def test_a_dropped_field_is_released() -> None:
    """It is said, and no call is made."""
    found = look({}, live(), {"tags": ["x"], "model.env": {}})
    assert found.compared.released == (("model.env",), ("tags",))
    assert found.sent == []


@pytest.mark.parametrize(
    ("before", "after", "rises"),
    [
        ("private", "authenticated", True),
        ("authenticated", "public", True),
        ("public", "private", False),
        ("protected", "public", True),
    ],
)
def test_who_may_call_it(before: str, after: str, rises: bool) -> None:
    """A type that lets more people in is an exposure."""
    risks = [r.kind for r in look({"type": after}, live(type=before)).only.risks]
    assert risks == ([RiskKind.EXPOSURE] if rises else [])


def test_another_place_is_a_replacement() -> None:
    """Vendor and region cannot be changed, and are in no update."""
    found = look({"provider": {"vendor": "gcp", "region": "us-east4"}, "tags": ["x"]}, live())
    assert found.compared.replace == ("spec.provider.vendor", "spec.provider.region")
    assert look({"provider": PLACE}, live()).compared.replace == ()
    assert look({}, live(), replace=True).compared.replace == ("asked for (--replace)",)


def test_creation_sends_everything_that_it_takes() -> None:
    """With the defaults of a manifest that says no more: private, the service's own image, one replica."""
    found = look(NEW, None)
    assert found.compared.notes == ("the manifest names no type: created private",)
    assert found.sent == ["POST"]
    assert found.body == {
        "name": "prod",
        "model": {
            "repository": "openai-community/gpt2",
            "image": {"huggingface": {}},
            "framework": "pytorch",
        },
        "provider": PLACE,
        "compute": {**HARDWARE, "scaling": {"minReplica": 1, "maxReplica": 1}},
        "type": "private",
    }
    assert found.calls[0].repeat is Repeat.CONFLICT
    assert [r for d in found.acting for r in d.risks] == []


def test_creation_lets_the_image_choose_the_framework() -> None:
    """An engine of one's own is no PyTorch."""
    spec = merged(NEW, {"model": {"image": {"vLLM": {"url": "x"}}}, "type": "public"})
    assert look(spec, None).body["model"]["framework"] == "custom"


def test_creation_needs_place_and_hardware() -> None:
    """What no default can stand in for is named, field by field."""
    found = look({"model": {"repository": "a/b"}, "provider": {"vendor": "aws"}}, None)
    paths = [p.path for p in found.compared.problems]
    assert paths == [
        "spec.provider.region", "spec.compute.accelerator", "spec.compute.instanceType", "spec.compute.instanceSize",
    ]  # fmt: skip


def test_fewer_than_the_least() -> None:
    """One bound in the manifest is held against the live other."""
    found = look({"compute": {"scaling": {"minReplica": 4}}}, live())
    assert "minReplica 4 is more than maxReplica 1" in str(found.compared.problems[0])


def test_the_moment_of_creation_tells_one_from_another() -> None:
    """The service gives no ids."""
    assert live().hub_id == MADE
    made = live(status={"createdAt": "2026-03-07T15:30:13.949123456Z"})
    assert made.created_at is not None
    assert made.created_at.microsecond == 949123


def test_a_replacement_needs_all_that_creation_takes() -> None:
    """Nothing is deleted that could not be made anew, and what would not come back is said."""
    moved = look({"provider": {"region": "us-west-2"}}, live())
    assert {p.path for p in moved.compared.problems} == {
        "spec.model.repository",
        "spec.provider.vendor",
        "spec.compute.accelerator",
        "spec.compute.instanceType",
        "spec.compute.instanceSize",
    }
    named = look(NEW, live(model={"env": {"A": "1"}}), replace=True)
    assert named.compared.problems == ()
    (note,) = named.compared.notes
    assert note.startswith("what the manifest does not name is not made anew: ")
    assert note.endswith(": model.task, type, model.revision, model.env"), (
        "what it would have anyway is not said"
    )
