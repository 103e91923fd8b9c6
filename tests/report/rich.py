"""One plan with everything in it: every kind, action, risk and cause; for golden files and for looking at."""

from __future__ import annotations

from datetime import date
from typing import Any

from hfops.model.address import Address
from hfops.model.call import Api, Call, Deferred, Repeat
from hfops.model.change import Action, Cause, Change, Difference, HeldCode, Op
from hfops.model.cost import Bill, Cost
from hfops.model.directives import Directives
from hfops.model.late import Content, Inline, Reference
from hfops.model.plan import Notice, Plan
from hfops.model.risk import Risk, RiskCode, RiskKind
from hfops.model.source import Mark
from hfops.report.model import Report, Usage, report
from hfops.review.gate import Guards, refusals
from hfops.review.loosening import Loosened

FOLDED = 287
HEAD = Deferred(
    "commit of main", "/api/models/acme/sentiment/refs", ("branches", ("name", "main"), "targetCommit")
)
EXPOSED = Risk(RiskKind.EXPOSURE, RiskCode.VISIBILITY_RAISED, "visibility rises from private to public")
LOOSENED = Risk(RiskKind.EXPOSURE, RiskCode.GATING_LOOSENED, "gating loosens from manual to auto")
LOST = Risk(
    RiskKind.DATA_LOSS, RiskCode.REPO_DELETED, "the repository with its 14 commits and 2 branches is gone"
)
SECRET_LOST = Risk(RiskKind.DATA_LOSS, RiskCode.SECRET_VALUE_LOST, "a secret's value cannot be read back")
GONE = Risk(
    RiskKind.OUTAGE, RiskCode.ENDPOINT_DELETED, "the endpoint and its URL are gone for everybody who calls it"
)
RESTARTS = Risk(RiskKind.DOWNTIME, RiskCode.SPACE_RESTART, "restarts the Space once")
DEARER = Risk(
    RiskKind.COST,
    RiskCode.HOURLY_INCREASE,
    "up to $4.50/h more; the plan adds up to $5.10/h, the limit is $2.00/h (maxHourlyIncrease)",
)
CARD = "README.md:\n@@ -1,4 +1,5 @@\n ---\n-license: mit\n+license: apache-2.0\n+tags: [sentiment]\n ---"


def difference(path: str, op: Op, before: Any = None, after: Any = None, **other: Any) -> Difference:
    """A difference at ``path``, such as ``tags.v1``."""
    return Difference(tuple(path.split("/")), op, before, after, **other)


def call(method: str, path: str, body: Any = None, summary: str = "", **other: Any) -> Call:
    """A request to the Hub."""
    return Call(method, path, body, summary, **other)


def change(address: str, action: Action, *differences: Difference, where: str = "", **other: Any) -> Change:
    """A change of ``address``; ``where`` is ``file:line``."""
    file, _, line = where.partition(":")
    mark = Mark(file, int(line), 1) if where else None
    return Change(Address.parse(address), action, differences, where=mark, **other)


def gate(index: int) -> Change:
    """One of many equal changes."""
    name = f"bert-{index:03}"
    closing = difference("gated", Op.CHANGE, False, "manual", cause=Cause.CHANGE)
    put = call("PUT", f"/api/models/acme/{name}/settings", {"gated": "manual"}, "set gated")
    return change(
        f"Model/acme/{name}", Action.UPDATE, closing, calls=(put,), where=f"hub/berts.yaml:{index * 4 + 1}"
    )


def models() -> list[Change]:
    """Created, updated with drift on both sides, renamed, deleted, forgotten."""
    created = change(
        "Model/acme/sentiment", Action.CREATE,
        difference("visibility", Op.ADD, None, "public"), difference("gated", Op.ADD, None, "manual"),
        difference("branches/dev", Op.ADD, None, {"from": "main", "commit": None}),
        difference("tags/v1.0", Op.ADD, None, {"revision": "main", "commit": None}),
        difference("files/config.json", Op.ADD, None, Content(1834, "3f2a91c" + "0" * 33, "", Inline(b"{}"))),
        calls=(
            call("POST", "/api/repos/create",
                 {"name": "sentiment", "organization": "acme", "type": "model", "visibility": "private"},
                 "create the model, private", repeat=Repeat.CONFLICT),
            call("POST", "/api/models/acme/sentiment/branch/dev", {"startingPoint": HEAD}, "create branch dev"),
            call("PUT", "/api/models/acme/sentiment/settings", {"visibility": "public", "gated": "manual"}, "open it"),
        ),
        notes=("created private, opened together with its gate",), where="hub/models.yaml:2",
    )  # fmt: skip
    updated = change(
        "Model/acme/translator", Action.UPDATE,
        difference("visibility", Op.CHANGE, "private", "public", cause=Cause.CHANGE, risks=(EXPOSED,)),
        difference("gated", Op.CHANGE, "auto", False, cause=Cause.BOTH, recorded="manual", risks=(LOOSENED,)),
        difference("card.metadata/license", Op.CHANGE, "mit", "apache-2.0", cause=Cause.DRIFT, recorded="apache-2.0",
                   note=CARD),
        difference("tags/v0.9", Op.REMOVE, "9b01c77" + "a" * 33, None, cause=Cause.CHANGE),
        difference("discussionsDisabled", Op.CHANGE, True, False, cause=Cause.DRIFT, recorded=False,
                   held="ignored (lifecycle.ignoreChanges: the community team's)", held_code=HeldCode.IGNORE_CHANGES),
        calls=(
            call("DELETE", "/api/models/acme/translator/tag/v0.9", None, "delete tag v0.9", repeat=Repeat.CONFLICT),
            call("POST", "/api/models/acme/translator/commit/main",
                 [{"key": "header", "value": {"summary": "Card"}}, {"key": "file", "value": {"path": "README.md"}}]),
            call("PUT", "/api/models/acme/translator/settings", {"visibility": "public", "gated": False}),
        ),
        released=(("resourceGroup",),), unverified=(("gatedNotificationsEmail",),), where="hub/models.yaml:18",
    )  # fmt: skip
    moved = change(
        "Model/acme-archive/bert-tiny", Action.MOVE, moved_from=Address.parse("Model/acme/bert-tiny"),
        calls=(call("POST", "/api/repos/move", {"fromRepo": "acme/bert-tiny", "toRepo": "acme-archive/bert-tiny"}),),
        where="hub/changes.yaml:3",
    )  # fmt: skip
    deleted = change(
        "Model/acme/old-ranker", Action.DELETE, own_risks=(LOST,), where="hub/changes.yaml:6",
        calls=(call("DELETE", "/api/repos/delete", {"name": "old-ranker", "organization": "acme", "type": "model"}),),
    )  # fmt: skip
    forgotten = change("Model/acme/handed-over", Action.FORGET, notes=("it stays on the Hub",))
    return [created, updated, moved, deleted, forgotten]


def others() -> list[Change]:
    """Datasets, Spaces, endpoints, collections and webhooks."""
    dataset = change(
        "Dataset/acme/reviews", Action.REPLACE, difference("visibility", Op.CHANGE, "public", "private"),
        own_risks=(LOST,), prevent_destroy=True, where="hub/data.yaml:1",
        calls=(call("DELETE", "/api/repos/delete", {"name": "reviews", "organization": "acme", "type": "dataset"}),
               call("POST", "/api/repos/create", {"name": "reviews", "organization": "acme", "type": "dataset"})),
    )  # fmt: skip
    space = change(
        "Space/acme/demo", Action.UPDATE,
        difference("hardware", Op.CHANGE, "cpu-basic", "t4-small", cause=Cause.CHANGE, risks=(RESTARTS,)),
        difference("secrets/HF_TOKEN", Op.CHANGE, {"updatedAt": "2026-03-01T10:00:00Z"}, Reference(env="SPACE_HF_TOKEN")),
        difference("secrets/OLD_KEY", Op.REMOVE, {"updatedAt": "2025-11-20T08:30:00Z"}, None, risks=(SECRET_LOST,)),
        difference("variables/ENDPOINT", Op.ADD, None,
                   Reference(resource="InferenceEndpoint/acme/sentiment-prod", field="url")),
        calls=(
            call("POST", "/api/spaces/acme/demo/secrets", {"key": "HF_TOKEN", "value": Reference(env="SPACE_HF_TOKEN")},
                 restarts=True),
            call("DELETE", "/api/spaces/acme/demo/secrets", {"key": "OLD_KEY"}, restarts=True),
            call("POST", "/api/spaces/acme/demo/hardware", {"flavor": "t4-small", "sleepTimeSeconds": 3600},
                 restarts=True),
        ),
        after=(Address.parse("InferenceEndpoint/acme/sentiment-prod"),),
        bill=Bill(Cost(0, 0), Cost(0, 0.6)), where="hub/spaces.yaml:1",
    )  # fmt: skip
    endpoint = change(
        "InferenceEndpoint/acme/sentiment-prod", Action.CREATE,
        difference("model", Op.ADD, None, {"repository": "acme/sentiment", "revision": "v1.0"}),
        difference("compute", Op.ADD, None, {"accelerator": "gpu", "instanceType": "nvidia-a10g", "instanceSize": "x1"}),
        own_risks=(DEARER,), after=(Address.parse("Model/acme/sentiment"),),
        calls=(call("POST", "/endpoint/acme", {"name": "sentiment-prod", "type": "authenticated"},
                    "create the endpoint", api=Api.ENDPOINTS),),
        bill=Bill(Cost(0, 0), Cost(0, 4.5)), where="hub/endpoints.yaml:1",
    )  # fmt: skip
    old = change(
        "InferenceEndpoint/acme/legacy", Action.DELETE, own_risks=(GONE,), bill=Bill(Cost(1.3, 1.3), Cost(0, 0)),
        calls=(call("DELETE", "/endpoint/acme/legacy", None, api=Api.ENDPOINTS),),
    )  # fmt: skip
    failing = change(
        "InferenceEndpoint/acme/batch",
        Action.NONE,
        failing="failed",
        notes=("its last start failed: out of memory",),
    )
    starting = change(
        "Space/acme/playground", Action.NONE, starting="BUILDING", adopts=True, where="hub/spaces.yaml:30"
    )
    collection = change(
        "Collection/acme/sentiment-models", Action.UPDATE,
        difference("items/model acme\u2215sentiment", Op.ADD, None, {"type": "model", "id": "acme/sentiment",
                                                               "note": "The production model, see #12 and @julien"}),
        difference("description", Op.CHANGE, "What it runs on", "What the [sentiment](https://acme.example) service runs on"),
        after=(Address.parse("Model/acme/sentiment"),),
        calls=(call("POST", "/api/collections/acme/sentiment-models-65f/item",
                    {"item": {"type": "model", "id": "acme/sentiment"}}),
               call("PATCH", "/api/collections/acme/sentiment-models-65f", {"description": "What the …"})),
        where="hub/collections.yaml:1",
    )  # fmt: skip
    webhook = change(
        "Webhook/julien/ci", Action.CREATE, difference("url", Op.ADD, None, "https://ci.acme.example/hooks/hf"),
        difference("secret", Op.ADD, None, Reference(env="HOOK_SECRET")),
        calls=(call("POST", "/api/settings/webhooks",
                    {"url": "https://ci.acme.example/hooks/hf", "secret": Reference(env="HOOK_SECRET")}),),
        after=(Address.parse("Space/acme/demo"),), where="hub/webhooks.yaml:1",
    )  # fmt: skip
    return [dataset, endpoint, old, failing, space, starting, collection, webhook]


def rich_plan() -> Plan:
    """The plan itself."""
    return Plan(
        (*models(), *(gate(i) for i in range(FOLDED)), *others()),
        notices=(
            Notice("orphan", "no manifest describes it any more; it is left alone", Address.parse("Model/acme/tiny")),
            Notice("policy", "scale-to-zero: GPUs outside prod scale to zero", Address.parse("InferenceEndpoint/acme/sentiment-prod")),
            Notice("policy_waived", "card-on-public-datasets: waived until 2026-12-31: DATA-812", Address.parse("Dataset/acme/reviews")),
            Notice("not_looked_up", "the organisation's resource groups cannot be read with this token"),
        ),
        project="acme-hub", environment="prod", owned=312,
        unmanaged=tuple(Address.parse(f"Dataset/acme/scratch-{i}") for i in range(11)),
    )  # fmt: skip


WEAKER = (
    Loosened("policy_removed", "policy gated-models is gone: models of acme are gated", Mark("hfops.yaml", 14, 5)),
    Loosened("max_deletes_raised", "safety.maxDeletes rises from 1 to 50", Mark("hfops.yaml", 9, 18)),
    Loosened("protection_lost", "Model/acme/sentiment-v1 loses its preventDestroy with its manifest"),
)  # fmt: skip


def rich_report() -> Report:
    """The report of the plan, refused by the gate."""
    plan = rich_plan()
    refused = refusals(plan, Directives(), (), Guards(max_deletes=1), date(2026, 8, 1))
    return report(plan, refused, Usage(61, 2890, 3000, 212), "https://huggingface.co", WEAKER)


def rich_drift() -> Report:
    """A report of drift, with a resource that is gone and several alike."""

    def opened(name: str) -> Change:
        row = difference("gated", Op.CHANGE, False, "manual", cause=Cause.DRIFT, recorded="manual")
        return change(f"Model/acme/{name}", Action.NONE, row, where=f"hub/{name}.yaml:3")

    both = difference(
        "title", Op.CHANGE, "Ours, renamed", "Sentiment models", cause=Cause.BOTH, recorded="Models"
    )
    added = difference(
        "tags/v2", Op.REMOVE, "9b01c77" + "a" * 33, None, cause=Cause.DRIFT, note="made on the Hub"
    )
    changes = (
        *(opened(n) for n in ("a", "b", "c")),
        change("Dataset/acme/reviews", Action.NONE, drift="gone from the Hub", where="hub/data.yaml:1"),
        change("Collection/acme/ours", Action.NONE, both),
        change("Model/acme/d", Action.NONE, added, where="hub/d.yaml:1"),
    )
    return report(Plan(changes, project="acme-hub"), (), Usage(12), "https://huggingface.co")


WHO = {"Dataset/acme/reviews": {"user": "mallory", "at": "2026-07-30T10:00:00Z", "type": "repo.delete"}}
