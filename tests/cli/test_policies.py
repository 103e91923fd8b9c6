"""Policies as users meet them: in the project file, in plans, at the gate, waived in a manifest."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
import yaml

from hfops.cli.session import Session
from hfops.kinds.registry import KINDS
from hfops.sandbox.server import Sandbox
from tests.cli.conftest import model, on_the_hub, writes
from tests.conftest import Project

TODAY = date(2026, 6, 15)


@pytest.fixture(autouse=True)
def _fixed_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "today", TODAY)


def rules(project: Project, text: str) -> None:
    """A project file with these policies."""
    project.write(
        "hfops.yaml",
        f"{{apiVersion: hfops/v1, kind: Project, metadata: {{name: test}}, spec: {{namespace: acme, policies: [{text}]}}}}\n",
    )


GATED = "{name: gated, match: {kind: Model}, require: after.gated == 'manual', message: models are gated%s}"
WAIVED = (
    "{apiVersion: hfops/v1, kind: Model, metadata: {name: x}, spec: {gated: auto},"
    " lifecycle: {waive: [{policy: %s, reason: a partner, until: %s}]}}\n"
)


def test_an_error_refuses(project: Project, hub: Sandbox) -> None:
    """apply and plan --strict end with 3, nothing is sent; a plain plan shows it and ends with 0."""
    rules(project, GATED % "")
    project.write("a.yaml", model("x", gated="auto"))
    before = writes(hub)
    refused = project.run("apply", "--yes")
    assert (refused.code, writes(hub)) == (3, before)
    assert "policy: Model/acme/x: gated: models are gated" in refused.out
    assert "waive: [{policy: gated," in refused.out
    assert project.run("plan", "--strict").code == 3
    plain = project.run("plan")
    assert (plain.code, "models are gated" in plain.out) == (0, True)
    project.write("a.yaml", model("x", gated="manual"))
    assert project.run("apply", "--yes").code == 0


def test_a_warning_is_said(project: Project) -> None:
    """In text and in JSON, with its stable code; apply goes on."""
    rules(project, GATED % ", severity: warning")
    project.write("a.yaml", model("x", gated="auto"))
    said = json.loads(project.run("plan", "--format", "json").out)
    assert [(n["code"], n["address"]) for n in said["notices"]] == [("policy", "Model/acme/x")]
    assert (said["refusals"], project.run("plan", "--strict").code) == ([], 0)
    ran = project.run("apply", "--yes")
    assert (ran.code, "gated: models are gated" in ran.out) == (0, True)


ALL_KINDS = """
apiVersion: hfops/v1
kind: Model
metadata: {name: acme/m, labels: {tier: prod}}
spec: {visibility: private, gated: manual}
---
apiVersion: hfops/v1
kind: Dataset
metadata: {name: acme/d}
spec: {visibility: public, card: {metadata: {license: mit}}}
---
apiVersion: hfops/v1
kind: Space
metadata: {name: acme/s}
spec: {sdk: gradio, hardware: t4-small, sleepTime: 1h, variables: {MODE: demo}}
---
apiVersion: hfops/v1
kind: Collection
metadata: {name: acme/c}
spec: {title: All, description: What there is, visibility: public, items: [{type: model, id: acme/m}]}
---
apiVersion: hfops/v1
kind: Webhook
metadata: {name: hfops-user/w}
spec: {url: "https://ci.acme.example/x", watched: [{type: org, name: acme}], domains: [repo], enabled: true}
---
apiVersion: hfops/v1
kind: InferenceEndpoint
metadata: {name: acme/e}
spec:
  model: {repository: acme/m, framework: pytorch, task: text-classification}
  provider: {vendor: aws, region: us-east-1}
  compute: {accelerator: cpu, instanceType: intel-spr, instanceSize: x1, scaling: {minReplica: 0, maxReplica: 1}}
  type: authenticated
"""


def test_the_example_of_the_docs(project: Project) -> None:
    """As it stands there, it lets a project of all kinds be applied, and refuses what its rules are about."""
    page = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
    example = page.partition("```yaml\n")[2].partition("```")[0]
    project.write("hfops.yaml", example)
    project.write("all.yaml", ALL_KINDS)
    assert {d["kind"] for d in yaml.safe_load_all(ALL_KINDS)} == set(KINDS)
    ran = project.run("plan", "--strict", "--format", "json")
    assert ran.code == 0, ran
    said = json.loads(ran.out)
    assert (said["refusals"], [n["code"] for n in said["notices"] if n["code"].startswith("policy")]) == (
        [], ["policy_ended"],
    )  # fmt: skip
    assert project.run("apply", "--yes", "--no-wait").code == 0
    project.write("all.yaml", ALL_KINDS.replace("private, gated: manual", "public, gated: auto"))
    said = json.loads(project.run("plan", "--format", "json").out)
    found = {r["reason"].partition(":")[0] for r in said["refusals"] if r["code"] == "policy"}
    assert {"gated-models", "no-going-public"} <= found


def test_consent_to_risks_is_no_waiver(project: Project) -> None:
    """--allow is about risks: it lets no policy go by."""
    rules(project, GATED % "")
    project.write("a.yaml", model("x", gated="auto"))
    assert project.run("apply", "--yes", "--allow", "exposure", "--allow", "data-loss").code == 3


@pytest.mark.parametrize(("until", "code"), [("2026-06-15", 0), ("2026-06-14", 3)])
def test_a_waiver_in_the_manifest(project: Project, until: str, code: int) -> None:
    """It counts through its last day, and is in the report with its reason."""
    rules(project, GATED % "")
    project.write("a.yaml", WAIVED % ("gated", until))
    ran = project.run("apply", "--yes")
    assert ran.code == code, ran
    assert ("waived until 2026-06-15: a partner" in ran.out) is (code == 0)
    assert ("the waiver at a.yaml:1:" in ran.out) is (code == 3)


@pytest.mark.parametrize("command", ["validate", "plan"])
def test_a_waiver_of_nothing(project: Project, command: str) -> None:
    """A misspelt policy is an error at its line, offline too."""
    rules(project, GATED % "")
    project.write("a.yaml", WAIVED % ("gatde", "2026-12-31"))
    ran = project.run(command)
    assert ran.code == 1, ran
    assert "lifecycle.waive: unknown policy 'gatde' (did you mean 'gated'?)" in ran.err


@pytest.mark.parametrize("command", ["validate", "plan"])
@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("{name: a, deny: 'after.x =='}", "hfops.yaml:1:"),
        ("{name: a, deny: 'aftr.x'}", "'aftr' is not defined (did you mean 'after'?)"),
        ("{name: a, deny: after, match: {kind: Modle}}", "unknown kind 'Modle' (did you mean 'Model'?)"),
        ("{use: recommended, except: [recommended/x]}", "unknown policy 'recommended/x'"),
        ("{name: a}", "neither require nor deny"),
        ("{name: a, deny: after.visiblity}", "after has no field 'visiblity' (did you mean 'visibility'?)"),
        ("{name: a, deny: 'after.get(''gatd'')'}", "after has no field 'gatd'"),
        ("{name: a, deny: after}, {name: a, deny: after}", "'a' stands here twice"),
    ],
)
def test_errors_of_the_project_file(project: Project, command: str, policy: str, said: str) -> None:
    """What can never be evaluated is an error of the project file, with its line, before anything is read."""
    rules(project, policy)
    project.write("a.yaml", model("x"))
    ran = project.run(command)
    assert (ran.code, said in ran.err, "hfops.yaml:1:" in ran.err) == (1, True, True), ran


def test_recommended_is_on(project: Project, hub: Sandbox) -> None:
    """As warnings without a word; as errors, or off, with one."""
    project.write("a.yaml", model("x", visibility="public"))
    assert "recommended/license-on-public-models" in project.run("plan", "--strict").out
    rules(project, "{use: recommended, severity: error}")
    assert project.run("plan", "--strict").code == 3
    rules(project, "{use: recommended, except: [recommended/license-on-public-models]}")
    assert "recommended/" not in project.run("plan").out
    rules(project, "{use: recommended, severity: off}")
    assert "recommended/" not in project.run("plan").out


def test_destroy(project: Project) -> None:
    """A rule about deleting refuses destroy; one about what will be does not stand in its way."""
    project.write("a.yaml", model("x", gated="auto"))
    assert project.run("apply", "--yes").code == 0
    rules(project, GATED % "" + ", {name: frozen, deny: change.action == 'delete', until: 2026-06-15}")
    ran = project.run("destroy", "--yes", "--allow", "data-loss")
    assert ran.code == 3, ran
    assert ("frozen" in ran.out, "models are gated" in ran.out) == (True, False)
    rules(project, GATED % "" + ", {name: frozen, deny: change.action == 'delete', until: 2026-06-14}")
    done = project.run("destroy", "--yes", "--allow", "data-loss")
    assert (done.code, "this policy ended on 2026-06-14" in done.out) == (0, True)


def test_before_is_what_is_live(project: Project, hub: Sandbox) -> None:
    """A rule on a rise sees the Hub's value, not the manifest's old one."""
    project.write("a.yaml", model("x", visibility="private"))
    assert project.run("apply", "--yes").code == 0
    rule = "{name: rise, deny: \"before.visibility == 'private' and after.visibility == 'public'\"}"
    rules(project, rule)
    project.write("a.yaml", model("x", visibility="public"))
    assert project.run("plan", "--strict", "--allow", "exposure").code == 3
    on_the_hub(hub, "/api/models/acme/x/settings", "PUT", visibility="public")
    assert project.run("plan", "--strict").code == 0


def test_secrets_are_not_for_rules(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes from the environment is seen as a reference: no message can carry its value out."""
    monkeypatch.setenv("APP_TOKEN", "s3cr3t-of-the-app")
    rules(project, "{name: a, deny: \"after.secrets.T.env == 's3cr3t-of-the-app' or after.secrets.T.nope\"}")
    project.write(
        "a.yaml",
        "{apiVersion: hfops/v1, kind: Space, metadata: {name: s}, spec: {sdk: static, secrets: {T: {env: APP_TOKEN}}}}\n",
    )
    ran = project.run("plan")
    assert "could not be told" in ran.out
    assert "s3cr3t" not in ran.out + ran.err


def test_an_expression_nested_too_deep_is_an_error_of_the_project_file(project: Project) -> None:
    """Not of hfops."""
    deep = "(" * 3000 + "true" + ")" * 3000
    project.write(
        "hfops.yaml",
        f"{{apiVersion: hfops/v1, kind: Project, spec: {{namespace: acme, policies: [{{name: p, require: '{deep}'}}]}}}}\n",
    )
    ran = project.run("validate")
    assert ran.code == 1
    assert "nested too deep" in ran.err
