"""Drift that the official client makes is taken over into the manifests: after that there is nothing left to do."""

from __future__ import annotations

import difflib
import os
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants
from huggingface_hub.utils import close_session

from hfops.engine.accept import Acceptance, accept, write
from hfops.engine.drift import drifted
from hfops.engine.inventory import Inventory
from hfops.engine.ledger.session import Ledger
from hfops.engine.load import data_files, inventory
from hfops.engine.planning import Prepared
from hfops.hub.redact import Redactor
from hfops.manifest.loader import load
from hfops.manifest.local import Local
from hfops.manifest.settings import Settings
from hfops.model.change import Action, Cause, Change, Difference, Op
from hfops.model.problem import Problems
from hfops.sandbox.server import Sandbox
from tests.harness import Engine

MANIFEST = """\
# Everything of acme's
apiVersion: hfops/v1
kind: Model
metadata: {name: acme/sentiment}   # the one that serves
spec:
  visibility:   'private'   # until the launch
  gated: manual
  branches: [{name: dev}]
  tags:
    # releases
    - {name: v1.0, revision: main}   # the first
    - name: v2.0
  card:
    metadata:
      license: apache-2.0   # legal agreed
      tags: [a, b]
---
# The demo
apiVersion: hfops/v1
kind: Space
metadata: {name: acme/demo}
spec:
  sdk: gradio
  hardware: t4-small
  sleepTime: 1h   # thrifty
  variables:
    MODEL: acme/sentiment
    MODE: {value: fast, description: How}
    GONE: "1"
    STAGE: {env: APP_STAGE}
  secrets: {TOKEN: {env: SECRET}}
---
apiVersion: hfops/v1
kind: InferenceEndpoint
metadata: {name: acme/prod}
spec:
  model: {repository: elsewhere/model, env: {A: "1", B: "2"}}
  provider: {vendor: aws, region: us-east-1}
  compute:
    accelerator: gpu
    instanceType: nvidia-t4
    instanceSize: x1
    scaling: {minReplica: 0, maxReplica: 2, scaleToZeroTimeout: 15m}   # more on Mondays
  type: private
  tags: [prod]
"""


@dataclass
class FromFiles(Engine):
    """An engine whose manifests are the files of a folder, whatever documents it is given."""

    folder: Path = Path()

    def manifests(self) -> Inventory:
        """What the files say now."""
        loaded = load((), self.folder, Settings(), {}, names=lambda d: data_files(d, self.folder))
        return inventory(loaded, "acme", Local(self.folder))

    def _prepare(self, found: Inventory, connections: Any, prune: bool) -> tuple[Prepared, Ledger]:
        return super()._prepare(self.manifests(), connections, prune)

    def accepted(self) -> Acceptance:
        """What taking over the present drift would do."""
        prepared = self.plan([])
        return accept(drifted(prepared.plan).changes, prepared.inventory, self.folder)

    def todo(self) -> list[str]:
        """What a plan would do, and what drifted."""
        plan = self.plan([]).plan
        calls = [str(call) for change in plan.changes for call in change.calls]
        return [*calls, *(d.path for c in drifted(plan).changes for d in c.differences)]


@pytest.fixture
def hub() -> Iterator[Sandbox]:
    """A Hub that needs no time."""
    with Sandbox(transition_time=0) as sandbox:
        yield sandbox


@pytest.fixture
def client(hub: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[HfApi]:
    """The official client, with the sandbox for its Hub and its Endpoints API."""
    monkeypatch.setattr(constants, "INFERENCE_ENDPOINTS_ENDPOINT", f"{hub.url}/v2")
    yield HfApi(endpoint=hub.url, token="hf_sandbox")
    close_session()


@pytest.fixture
def engine(hub: Sandbox, tmp_path: Path) -> FromFiles:
    """A project with the manifest above, applied."""
    made = FromFiles(hub.url, folder=tmp_path, environ={"SECRET": "hush-hush-hush", "APP_STAGE": "prod"})
    (tmp_path / "hub.yaml").write_text(MANIFEST)
    _, result = made.apply([])
    assert result.exit_code == 0
    assert made.todo() == []
    return made


def changed_lines(engine: FromFiles, before: str = MANIFEST) -> list[str]:
    """The lines of the manifest that changed."""
    now = (engine.folder / "hub.yaml").read_text()
    diff = difflib.unified_diff(before.splitlines(), now.splitlines(), n=0, lineterm="")
    return [line for line in list(diff)[2:] if not line.startswith("@@")]


def taken(acceptance: Acceptance) -> list[str]:
    """What is taken over, and that nothing is left."""
    assert acceptance.left == ()
    return sorted(f"{t.address.kind} {t.path}" for t in acceptance.taken)


def test_a_repository(engine: FromFiles, client: HfApi) -> None:
    """Visibility, gate, a branch and a tag that went, a tag that moved, keys of the card that changed, came and went."""
    client.update_repo_settings("acme/sentiment", private=False, gated="auto")
    client.delete_branch("acme/sentiment", branch="dev")
    client.delete_tag("acme/sentiment", tag="v2.0")
    readme = b"---\nlicense: mit\ntags: [b, c]\n---\n"
    head = client.create_commit(
        "acme/sentiment", [CommitOperationAdd("README.md", readme)], commit_message="Legal said so"
    ).oid
    client.delete_tag("acme/sentiment", tag="v1.0")
    client.create_tag("acme/sentiment", tag="v1.0", revision=head)
    acceptance = engine.accepted()
    assert taken(acceptance) == [
        "Model spec.branches[dev]", "Model spec.card.metadata[license]", "Model spec.card.metadata[tags]",
        "Model spec.gated", "Model spec.tags[v1.0]", "Model spec.tags[v2.0]", "Model spec.visibility",
    ]  # fmt: skip
    assert changed_lines(engine) == [], "accept writes nothing"
    write(acceptance)
    assert changed_lines(engine) == [
        "-  visibility:   'private'   # until the launch",
        "-  gated: manual",
        "-  branches: [{name: dev}]",
        "+  visibility:   'public'   # until the launch",
        "+  gated: auto",
        "+  branches: []",
        "-    - {name: v1.0, revision: main}   # the first",
        "-    - name: v2.0",
        f"+    - {{name: v1.0, revision: {head}}}   # the first",
        "-      license: apache-2.0   # legal agreed",
        "-      tags: [a, b]",
        "+      license: mit   # legal agreed",
        "+      tags: [b, c]",
    ]
    assert engine.todo() == []


def test_a_card_without_a_key(engine: FromFiles, client: HfApi) -> None:
    """A key deleted from the front matter goes; with all of README.md, all go."""
    client.create_commit(
        "acme/sentiment", [CommitOperationAdd("README.md", b"---\ntags: [a, b]\n---\n")], commit_message="m"
    )
    write(engine.accepted())
    assert changed_lines(engine) == ["-      license: apache-2.0   # legal agreed"]
    assert engine.todo() == []
    client.create_commit("acme/sentiment", [CommitOperationDelete("README.md")], commit_message="m")
    write(engine.accepted())
    assert "    metadata: {}\n" in (engine.folder / "hub.yaml").read_text()
    assert engine.todo() == []


def test_a_space(engine: FromFiles, client: HfApi) -> None:
    """Hardware, a sleep time in the manifest's own spelling, variables; of secrets, no more than that they went."""
    client.request_space_hardware("acme/demo", "l4x1")
    client.set_space_sleep_time("acme/demo", 7200)
    client.add_space_variable("acme/demo", "MODEL", "acme/other: a", description="x")
    client.add_space_variable("acme/demo", "MODE", "slow", description="Why")
    client.delete_space_variable("acme/demo", "GONE")
    client.delete_space_secret("acme/demo", "TOKEN")
    acceptance = engine.accepted()
    assert len(taken(acceptance)) == 6
    write(acceptance)
    assert changed_lines(engine) == [
        "-  hardware: t4-small",
        "-  sleepTime: 1h   # thrifty",
        "+  hardware: l4x1",
        "+  sleepTime: 2h   # thrifty",
        "-    MODEL: acme/sentiment",
        "-    MODE: {value: fast, description: How}",
        '-    GONE: "1"',
        '+    MODEL: "acme/other: a"',
        "+    MODE: {value: slow, description: Why}",
        "-  secrets: {TOKEN: {env: SECRET}}",
        "+  secrets: {}",
    ]
    assert engine.todo() == []


def test_fields_that_fit_only_together(engine: FromFiles, client: HfApi) -> None:
    """The free hardware, with the sleep time that it brings along: each alone would be no good manifest."""
    client.request_space_hardware("acme/demo", "cpu-basic")
    acceptance = engine.accepted()
    assert taken(acceptance) == ["Space spec.hardware", "Space spec.sleepTime"]
    write(acceptance)
    assert "sleepTime: 2d   # thrifty" in (engine.folder / "hub.yaml").read_text()
    assert engine.todo() == []


def test_an_endpoint(engine: FromFiles, client: HfApi) -> None:
    """Scaling and environment: what does not differ stays as it is written."""
    client.update_inference_endpoint(
        "prod", namespace="acme", max_replica=5, min_replica=3, scale_to_zero_timeout=30,
        env={"A": "1", "C": "3"}, custom_image=None,
    )  # fmt: skip
    acceptance = engine.accepted()
    assert "InferenceEndpoint spec.compute.scaling.maxReplica" in taken(acceptance)
    write(acceptance)
    text = (engine.folder / "hub.yaml").read_text()
    assert "{minReplica: 3, maxReplica: 5, scaleToZeroTimeout: 30m}   # more on Mondays" in text
    assert 'env: {A: "1", C: "3"}' in text
    assert engine.todo() == []


def test_what_cannot_be_read_is_left(engine: FromFiles, client: HfApi) -> None:
    """A secret that was set again, and a variable by reference: each with the reason, and nothing is written."""
    client.add_space_secret("acme/demo", "TOKEN", "another-secret-value")
    client.add_space_variable("acme/demo", "STAGE", "dev")
    acceptance = engine.accepted()
    assert acceptance.files == ()
    assert {left.path: left.reason for left in acceptance.left} == {
        "spec.secrets[TOKEN]": "a secret cannot be read",
        "spec.variables[STAGE]": "its value is a reference (env APP_STAGE), and another one is live",
    }
    told = [str(left.problem) for left in acceptance.left]
    assert told[0].startswith(
        "hub.yaml:30:12: Space/acme/demo: spec.variables[STAGE]: its value is a reference"
    )
    assert all(left.hint for left in acceptance.left)
    assert "another-secret-value" not in str(acceptance)


def test_a_secret_that_somebody_made_a_variable(engine: FromFiles, client: HfApi) -> None:
    """What no output may show is not written into a file for everybody to read either."""
    client.add_space_variable("acme/demo", "MODEL", "the token is hush-hush-hush")
    client.add_space_variable("acme/demo", "MODE", "slow")
    prepared = engine.plan([])
    redact = Redactor()
    redact.add("hush-hush-hush")
    drift = drifted(prepared.plan).changes
    acceptance = accept(drift, prepared.inventory, engine.folder, redact)
    (left,) = acceptance.left
    assert (left.path, left.reason) == (
        "spec.variables[MODEL]",
        "it holds a secret, and a manifest never does",
    )
    assert [t.path for t in acceptance.taken] == ["spec.variables[MODE]"]
    assert b"hush" not in acceptance.files[0].after


def test_the_forms_for_people_and_programs(engine: FromFiles, client: HfApi) -> None:
    """The lines that change, and everything as JSON."""
    client.update_repo_settings("acme/sentiment", gated="auto")
    client.add_space_secret("acme/demo", "TOKEN", "another-secret-value")
    acceptance = engine.accepted()
    assert acceptance.files[0].diff()[3:] == ["-  gated: manual", "+  gated: auto"]
    told = acceptance.to_json()
    assert told["files"] == ["hub.yaml"]
    assert told["taken"] == [
        {"address": "Model/acme/sentiment", "path": "spec.gated", "where": "hub.yaml:7:10"}
    ]
    (left,) = told["left"]
    assert left | {"hint": ""} == {
        "address": "Space/acme/demo", "path": "spec.secrets[TOKEN]", "reason": "a secret cannot be read",
        "hint": "", "where": "hub.yaml:31:20",
    }  # fmt: skip


def test_what_is_ignored_is_passed_over(engine: FromFiles, client: HfApi) -> None:
    """ignoreChanges says that it does not matter; onDrift: report only that apply leaves it."""
    path = engine.folder / "hub.yaml"
    lifecycle = "lifecycle: {ignoreChanges: [spec.gated], onDrift: report}\n---\n# The demo"
    path.write_text(MANIFEST.replace("---\n# The demo", lifecycle))
    client.update_repo_settings("acme/sentiment", gated="auto", private=False)
    prepared = engine.plan([])
    acceptance = accept(prepared.plan.changes, prepared.inventory, engine.folder)
    assert acceptance.left == ()
    assert "spec.visibility" in [t.path for t in acceptance.taken]


def test_what_is_gone_is_left(engine: FromFiles, client: HfApi) -> None:
    """A resource that was deleted has a manifest that a person removes, or not."""
    client.delete_repo("acme/sentiment")
    (left,) = engine.accepted().left
    assert (str(left.address), left.path) == ("Model/acme/sentiment", "")
    assert "gone" in left.reason
    assert "by hand" in (left.hint or "")


def test_what_the_author_changed_as_well_is_left(engine: FromFiles, client: HfApi) -> None:
    """Of two changes to one field, a person chooses."""
    client.update_repo_settings("acme/sentiment", gated="auto")
    path = engine.folder / "hub.yaml"
    path.write_text(MANIFEST.replace("gated: manual", "gated: false"))
    acceptance = engine.accepted()
    (left,) = acceptance.left
    assert (left.path, acceptance.files) == ("spec.gated", ())
    assert "something new" in left.reason


def gated(engine: FromFiles, client: HfApi) -> Prepared:
    """The plan after a drift of the gate."""
    client.update_repo_settings("acme/sentiment", gated="auto")
    return engine.plan([])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# Everything of acme's", "# Everything of acme's\n"),
        ("visibility:   'private'", "visibility:   'public' "),
        ("acme/sentiment}", "acme/sentimenX}"),
        ("kind: Model", "kind: Space"),
        (MANIFEST, ""),
        ("gated: manual", "gated: [manual"),
    ],
)
def test_a_file_that_changed_since_it_was_read(engine: FromFiles, client: HfApi, old: str, new: str) -> None:
    """Between planning and taking over: nothing is made of what is not what was planned from."""
    prepared = gated(engine, client)
    path = engine.folder / "hub.yaml"
    path.write_text(MANIFEST.replace(old, new, 1))
    acceptance = accept(drifted(prepared.plan).changes, prepared.inventory, engine.folder)
    assert acceptance.files == ()
    assert [left.path for left in acceptance.left] == ["spec.gated"]
    assert "changed since" in acceptance.left[0].reason


def test_a_file_that_changes_before_it_is_written(engine: FromFiles, client: HfApi) -> None:
    """Between taking over and writing: not one file is written, and nothing is left lying about."""
    prepared = gated(engine, client)
    acceptance = accept(drifted(prepared.plan).changes, prepared.inventory, engine.folder)
    path = engine.folder / "hub.yaml"
    path.write_text(MANIFEST + "# more\n")
    with pytest.raises(Problems, match=r"hub.yaml.*changed since"):
        write(acceptance)
    assert path.read_text() == MANIFEST + "# more\n"
    assert [p.name for p in engine.folder.iterdir()] == ["hub.yaml"]


def test_bytes_and_mode_stay(engine: FromFiles, client: HfApi) -> None:
    """A byte order mark, CRLF, no line end at the end, and the file's mode."""
    data = b"\xef\xbb\xbf" + MANIFEST.rstrip("\n").replace("\n", "\r\n").encode()
    path = engine.folder / "hub.yaml"
    path.write_bytes(data)
    path.chmod(0o640)
    prepared = gated(engine, client)
    write(accept(drifted(prepared.plan).changes, prepared.inventory, engine.folder))
    assert path.read_bytes() == data.replace(b"gated: manual", b"gated: auto")
    assert path.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in engine.folder.iterdir()] == ["hub.yaml"]


def test_a_manifest_behind_a_symlink(engine: FromFiles, client: HfApi) -> None:
    """The file that the link leads to is written, the link stays; one that leads out of the root is not followed."""
    path = engine.folder / "hub.yaml"
    real = engine.folder / "deep" / ".real"
    real.parent.mkdir()
    path.rename(real)
    path.symlink_to("deep/.real")
    prepared = gated(engine, client)
    write(accept(drifted(prepared.plan).changes, prepared.inventory, engine.folder))
    assert path.is_symlink()
    assert "gated: auto" in real.read_text()
    outside = engine.folder.parent / f"{engine.folder.name}-outside.yaml"
    real.rename(outside)
    path.unlink()
    path.symlink_to(outside)
    acceptance = accept(drifted(prepared.plan).changes, prepared.inventory, engine.folder)
    assert acceptance.files == ()
    assert "outside" in acceptance.left[0].reason


def test_templates_and_shared_values_are_left(engine: FromFiles, client: HfApi) -> None:
    """A rendered manifest is its template's business; an anchor is everybody's who names it."""
    path = engine.folder / "hub.yaml"
    path.rename(engine.folder / "hub.yaml.j2")
    prepared = gated(engine, client)
    (left,) = accept(drifted(prepared.plan).changes, prepared.inventory, engine.folder).left
    assert left.reason == "it is made from a template"
    assert "hub.yaml.j2" in (left.hint or "")
    (engine.folder / "hub.yaml.j2").unlink()
    shared = MANIFEST.replace("gated: manual", "gated: &gate manual").replace(
        "license: apache-2.0", "license: *gate"
    )
    path.write_text(shared)
    prepared = engine.plan([])
    (left, *_) = accept(drifted(prepared.plan).changes, prepared.inventory, engine.folder).left
    assert (left.path, left.reason) == ("spec.gated", "it has an anchor (&) that others share")


def test_values_of_defaults_and_of_families_are_left(engine: FromFiles, client: HfApi) -> None:
    """What is written for many is not edited for one: the refusal says where it stands."""
    path = engine.folder / "hub.yaml"
    path.write_text(
        MANIFEST.replace("  gated: manual\n", "")
        + textwrap.dedent("""\
        ---
        apiVersion: hfops/v1
        kind: Defaults
        match: {kind: [Model]}
        spec: {gated: manual}
        ---
        apiVersion: hfops/v1
        kind: Dataset
        forEach: [one, two]
        metadata: {name: "acme/{{ each }}"}
        spec: {visibility: private}
        """)
    )
    engine.apply([])
    assert engine.todo() == []
    client.update_repo_settings("acme/sentiment", gated="auto", private=False)
    client.update_repo_settings("acme/two", repo_type="dataset", private=False)
    acceptance = engine.accepted()
    assert [t.path for t in acceptance.taken] == ["spec.visibility"]
    reasons = {str(left.address): (left.reason, left.hint) for left in acceptance.left}
    assert reasons["Dataset/acme/two"][0] == "it is made by forEach (entry 1)"
    reason, hint = reasons["Model/acme/sentiment"]
    assert reason.startswith("spec.gated comes from Defaults")
    assert "hub.yaml:49:15" in (hint or "")
    write(acceptance)
    assert "visibility:   'public'" in path.read_text()


def test_a_value_that_no_manifest_can_say(engine: FromFiles) -> None:
    """What the Hub knows and this version does not is left, and what else drifted is taken."""
    found = engine.manifests()
    resource = next(r for r in found.resources if r.address.kind == "Model")
    differences = (
        Difference(("gated",), Op.CHANGE, "weekly", "manual", Cause.DRIFT),
        Difference(("visibility",), Op.CHANGE, "public", "private", Cause.DRIFT),
        Difference(("card.metadata", "license"), Op.CHANGE, None, "mit", Cause.DRIFT),
        Difference(("card.metadata", "tags"), Op.CHANGE, [None, "x"], ["a"], Cause.CHANGE),
    )
    change = Change(resource.address, Action.UPDATE, differences)
    acceptance = accept([change], found, engine.folder)
    assert [t.path for t in acceptance.taken] == ["spec.visibility"]
    assert {x.path: x.reason for x in acceptance.left} == {
        "spec.card.metadata[license]": "it is null on the Hub, and in a manifest null means that nothing is said",
        "spec.gated": "a manifest cannot say what is live: unknown value 'weekly'",
    }


def test_a_file_that_must_not_be_written(engine: FromFiles, client: HfApi, monkeypatch: Any) -> None:
    """A read-only file is left as it is."""
    prepared = gated(engine, client)
    monkeypatch.setattr(os, "access", lambda _, mode: mode != os.W_OK)  # root may write to anything
    (left,) = accept(drifted(prepared.plan).changes, prepared.inventory, engine.folder).left
    assert "cannot be written" in left.reason


def test_a_name_without_its_folder_is_not_enough(engine: FromFiles, client: HfApi, monkeypatch: Any) -> None:
    """Names are shown from the current folder: two files may be shown by one name, and the right one is edited."""
    below = engine.folder / "below"
    below.mkdir()
    (below / "hub.yaml").write_text(
        textwrap.dedent("""\
        apiVersion: hfops/v1
        kind: Dataset
        metadata: {name: acme/data}
        spec: {visibility: private}
        """)
    )
    monkeypatch.chdir(below)
    engine.apply([])
    client.update_repo_settings("acme/data", repo_type="dataset", private=False)
    client.update_repo_settings("acme/sentiment", gated="auto")
    write(engine.accepted())
    assert "visibility: public}" in (below / "hub.yaml").read_text()
    assert "gated: auto" in (engine.folder / "hub.yaml").read_text()
    assert engine.todo() == []
