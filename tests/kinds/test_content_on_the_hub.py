"""Card and files against a Hub: thrift, races, the official client, sources shared and pinned."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi, ModelCard

from hfops.engine.view import hub_view
from hfops.kinds.base import Ask, Comparison
from hfops.kinds.repo.content import compare_content, content_refers, observe_content
from hfops.kinds.repo.content.gather import blob_id
from hfops.kinds.repo.observe import observe_repos
from hfops.kinds.repo.spec import RepoSpec
from hfops.model.address import Address
from hfops.model.change import Cause
from hfops.model.outcome import Status
from hfops.model.problem import Problems
from hfops.model.record import Origin, Record
from hfops.model.resource import Resource
from hfops.model.source import Mark
from tests.kinds.case import Case
from tests.kinds.stage import Stage, set_stage


def manifest(spec: str, name: str = "x") -> str:
    """A model with this spec, in flow form."""
    return f"{{apiVersion: hfops/v1, kind: Model, metadata: {{name: acme/{name}}}, spec: {{{spec}}}}}\n"


def seeded(*files: tuple[str, str], name: str = "x") -> dict[str, Any]:
    """A model with these files."""
    found = [{"path": p, "inline": t} for p, t in files]
    return {"kind": "Model", "metadata": {"name": f"acme/{name}"}, "spec": {"files": found}}


def staged(folder: Path, manifests: str, *resources: dict[str, Any], **more: Any) -> Any:
    """A stage with these resources on the Hub."""
    return set_stage(Case(claim="", manifests=manifests, hub={"resources": list(resources)}, **more), folder)


def reads(stage: Stage) -> list[str]:
    """What was read, without queries, commits shortened."""
    found = []
    for exchange in stage.sandbox.exchanges:
        path = exchange.path.partition("?")[0]
        found.append(f"{exchange.method} " + "/".join("C" if len(p) == 40 else p for p in path.split("/")))
    return sorted(found)


def push(stage: Stage, path: str, text: str, name: str = "x") -> None:
    """Somebody else commits to main."""
    content = base64.b64encode(text.encode()).decode()
    lines = [
        {"key": "header", "value": {"summary": "theirs"}},
        {"key": "file", "value": {"path": path, "content": content, "encoding": "base64"}},
    ]
    data = "".join(json.dumps(line) + "\n" for line in lines)
    stage.request(
        "POST",
        f"/api/models/acme/{name}/commit/main",
        data=data,
        headers={"Content-Type": "application/x-ndjson"},
    )


def text_of(stage: Stage, path: str, name: str = "x") -> str:
    """A file of main."""
    repo = next(r for r in stage.sandbox.hub.repos.values() if r.name == name)
    return stage.sandbox.hub.store.read(repo.head.files[path]).decode()


FEW = "files: [{path: a.txt, from: {inline: a}}, {path: b.txt, from: {inline: b}}]"


def test_what_is_equal_costs_little(tmp_path: Path) -> None:
    """A few files that are equal cost one API request and a header each; nothing is downloaded."""
    with staged(tmp_path, manifest(FEW), seeded(("a.txt", "a"), ("b.txt", "b"))) as stage:
        stage.plan(stage.ledger())
        assert reads(stage) == [
            "GET /api/models/acme/x", "HEAD /acme/x/resolve/C/a.txt", "HEAD /acme/x/resolve/C/b.txt",
        ]  # fmt: skip


def test_no_card_no_head_of_main(tmp_path: Path) -> None:
    """Where neither card nor files are managed, nothing of them is asked for."""
    with staged(tmp_path, manifest("visibility: public"), seeded(("a.txt", "a"))) as stage:
        stage.plan(stage.ledger())
        assert [e.path for e in stage.sandbox.exchanges if "sha" in e.path] == []
        assert reads(stage) == ["GET /api/models/acme/x"]


def test_many_repositories_share_a_source(tmp_path: Path) -> None:
    """A revision is resolved once and its tree is listed once, however many resources draw on it."""
    spec = "files: [{path: in, from: {huggingface: {repo_id: acme/src}}}]"
    manifests = "---\n".join(manifest(spec, f"m{i}") for i in range(3))
    models = [seeded(("z.txt", "z"), name=f"m{i}") for i in range(3)]
    with staged(tmp_path, manifests, seeded(("a.txt", "a"), name="src"), *models) as stage:
        prepared = stage.plan(stage.ledger())
        seen = reads(stage)
        assert seen.count("GET /api/models/acme/src/revision/main") == 1
        assert seen.count("GET /api/models/acme/src/tree/C") == 1
        assert len(prepared.plan.acting) == 3


def test_a_source_that_moves_on_is_not_followed(tmp_path: Path) -> None:
    """What is written is what was planned, from the commit that the plan shows, whatever main is by then."""
    spec = "files: [{path: got.txt, from: {huggingface: {repo_id: acme/src, path: a.txt}}}]"
    with staged(tmp_path, manifest(spec), seeded(("a.txt", "old"), name="src"), seeded()) as stage:
        ledger = stage.ledger()
        prepared = stage.plan(ledger)
        push(stage, "a.txt", "new", "src")
        assert stage.apply(prepared, ledger).exit_code == 0
        assert text_of(stage, "got.txt") == "old"
        assert not stage.plan(stage.ledger()).plan.empty


def test_a_push_since_the_plan_is_never_overwritten(tmp_path: Path) -> None:
    """A human's change of the same file since the plan stays; the run says that somebody was faster."""
    spec = "card: {metadata: {license: mit}}"
    with staged(tmp_path, manifest(spec), seeded(("README.md", "# T\n"))) as stage:
        ledger = stage.ledger()
        prepared = stage.plan(ledger)
        push(stage, "README.md", "# Theirs\n")
        outcome = stage.apply(prepared, ledger).outcomes[0]
        assert outcome.status is Status.FAILED
        assert "updated" in outcome.message
        assert text_of(stage, "README.md") == "# Theirs\n"
        again = stage.ledger()
        assert stage.apply(stage.plan(again), again).exit_code == 0
        assert text_of(stage, "README.md") == "---\nlicense: mit\n---\n# Theirs\n"


def test_two_runs_at_once(tmp_path: Path) -> None:
    """Two runs with the same plan: the second finds done what it wanted, and nothing is written twice."""
    spec = "card: {metadata: {license: mit}}, " + FEW
    with staged(tmp_path, manifest(spec), seeded(("README.md", "# T\n"))) as stage:
        one, other = stage.ledger(), stage.ledger()
        first, second = stage.plan(one), stage.plan(other)
        assert stage.apply(first, one).exit_code == 0
        repo = next(iter(stage.sandbox.hub.repos.values()))
        head = repo.head.id
        assert stage.apply(second, other).exit_code == 0
        assert repo.head.id == head
        assert stage.plan(stage.ledger()).plan.empty


def test_an_answer_that_is_lost(tmp_path: Path) -> None:
    """A commit whose answer never came is looked for, found, and not made again."""
    with staged(tmp_path, manifest(FEW), seeded(("a.txt", "x"))) as stage:
        stage.sandbox.faults.add(
            {"match": {"method": "POST", "path": "*/commit/main"}, "nth": 1, "drop-response": True}
        )
        ledger = stage.ledger()
        result = stage.apply(stage.plan(ledger), ledger)
        assert result.exit_code == 0, result.outcomes
        repo = next(iter(stage.sandbox.hub.repos.values()))
        assert len(list(repo.git.log(repo.head))) == 2
        files = stage.entries()["Model/acme/x"]["applied"]["files"]
        assert {f["origin"] for f in files.values()} == {"created"}


@pytest.mark.parametrize("fault", [{"drop-response": True}, {"status": 502}, {"reset": True}])
def test_a_pull_request_is_opened_once(tmp_path: Path, fault: dict[str, Any]) -> None:
    """Whatever becomes of the answer: after at most one more run there is one pull request, and nothing left."""
    commit = "commit: {mode: pull-request, message: Sync from Git}"
    with staged(tmp_path, manifest(f"{commit}, {FEW}"), seeded()) as stage:
        stage.sandbox.faults.add({"match": {"method": "POST", "path": "*/commit/main"}, "nth": 1, **fault})
        for _ in range(2):
            ledger = stage.ledger()
            stage.apply(stage.plan(ledger), ledger)
        api = HfApi(endpoint=stage.sandbox.url, token="hf_sandbox")
        assert [d.title for d in api.get_repo_discussions("acme/x")] == ["Sync from Git"]
        assert stage.plan(stage.ledger()).plan.empty


def test_the_official_client_reads_the_same_card(tmp_path: Path) -> None:
    """What hfops wrote, the client's card class reads; what the client writes, hfops agrees with."""
    spec = 'card: {metadata: {license: mit, language: [en, "no"], tags: [a, b], pipeline_tag: text-classification}}'
    with staged(tmp_path, manifest(spec), seeded(("README.md", "# T\n"))) as stage:
        ledger = stage.ledger()
        stage.apply(stage.plan(ledger), ledger)
        card = ModelCard(text_of(stage, "README.md"), ignore_metadata_errors=False)
        assert card.data.to_dict() == {
            "license": "mit", "language": ["en", "no"], "tags": ["a", "b"], "pipeline_tag": "text-classification",
        }  # fmt: skip
        assert card.text == "# T\n"
        card.data["foreign"] = "kept"
        api = HfApi(endpoint=stage.sandbox.url, token="hf_sandbox")
        api.upload_file(path_or_fileobj=str(card).encode(), path_in_repo="README.md", repo_id="acme/x")
        assert stage.plan(stage.ledger()).plan.empty


def test_the_official_client_sees_the_files(tmp_path: Path) -> None:
    """The client lists and downloads what a mirrored directory put there."""
    spec = "files: [{path: /, mirror: true, from: {directory: src}}]"
    files = {"src/a.txt": "a\n", "src/sub/ü b.txt": "b\n"}
    with staged(tmp_path, manifest(spec), seeded(("old.txt", "o")), files=files) as stage:
        ledger = stage.ledger()
        stage.apply(stage.plan(ledger), ledger)
        api = HfApi(endpoint=stage.sandbox.url, token="hf_sandbox")
        assert sorted(api.list_repo_files("acme/x")) == [".gitattributes", "a.txt", "sub/ü b.txt"]
        got = api.hf_hub_download("acme/x", "sub/ü b.txt", local_dir=tmp_path / "got")
        assert Path(got).read_text(encoding="utf-8") == "b\n"
        assert stage.plan(stage.ledger()).plan.empty


def test_a_pull_request_that_is_merged_leaves_nothing(tmp_path: Path) -> None:
    """Proposed, merged by a human, and from then on managed as what hfops wrote: dropping it proposes its deletion."""
    commit = "commit: {mode: pull-request, message: Sync from Git}"
    with staged(tmp_path, manifest(f"{commit}, {FEW}"), seeded(("b.txt", "old"))) as stage:
        ledger = stage.ledger()
        stage.apply(stage.plan(ledger), ledger)
        api = HfApi(endpoint=stage.sandbox.url, token="hf_sandbox")
        api.merge_pull_request("acme/x", 1)
        ledger = stage.ledger()
        prepared = stage.plan(ledger)
        assert prepared.plan.empty
        stage.apply(prepared, ledger)
        assert text_of(stage, "b.txt") == "b"
        (tmp_path / "manifests.yaml").write_text(manifest(f"{commit}, files: []"), encoding="utf-8")
        dropped = stage.plan(stage.ledger()).plan.acting[0]
        assert [(d.path, d.op.value) for d in dropped.differences] == [
            ("spec.files[a.txt]", "remove"),
            ("spec.files[b.txt]", "remove"),
        ]


def test_a_pull_request_that_the_ledger_knows(tmp_path: Path) -> None:
    """Renamed on the Hub, it is still ours: its number is remembered."""
    commit = "commit: {mode: pull-request, message: Sync from Git}"
    with staged(tmp_path, manifest(f"{commit}, {FEW}"), seeded()) as stage:
        for _ in range(2):  # proposed, then its number noted
            ledger = stage.ledger()
            stage.apply(stage.plan(ledger), ledger)
        stage.request("POST", "/api/models/acme/x/discussions/1/title", json={"title": "Renamed by somebody"})
        plan = stage.plan(stage.ledger()).plan
        assert plan.empty
        assert plan.changes[0].notes == ("proposed in pull request #1, which is open",)


PROPOSES = "commit: {mode: pull-request, message: Sync from Git}"


def applied(stage: Stage, text: str | None = None) -> Any:
    """The plan for a manifest, after it was applied."""
    if text is not None:
        (stage.folder / "manifests.yaml").write_text(text, encoding="utf-8")
    ledger = stage.ledger()
    prepared = stage.plan(ledger)
    stage.apply(prepared, ledger)
    return prepared.plan


@pytest.mark.parametrize("seen", [True, False])
def test_a_closed_pull_request_is_not_opened_again(tmp_path: Path, seen: bool) -> None:
    """Whoever closes it said no to this content, whether or not its number is known; to another nobody said it yet."""
    api_path = "/api/models/acme/x/discussions"
    with staged(tmp_path, manifest(f"{PROPOSES}, {FEW}"), seeded()) as stage:
        for _ in range(2 if seen else 1):
            applied(stage)
        stage.request("POST", f"{api_path}/1/status", json={"status": "closed"})
        for _ in range(2):
            plan = applied(stage)
            assert plan.empty
            said = "pull request #1 was closed without merging: not proposed again until the content changes"
            assert plan.changes[0].notes == (said,)
        again = applied(stage, manifest(f"{PROPOSES}, files: [{{path: a.txt, from: {{inline: other}}}}]"))
        assert not again.empty
        stage.request("POST", f"{api_path}/2/status", json={"status": "closed"})
        assert stage.plan(stage.ledger()).plan.changes[0].notes[0].startswith("pull request #2 was closed")


def test_a_new_title_opens_no_second_pull_request(tmp_path: Path) -> None:
    """The one that is open is found by the title that it was opened with."""
    with staged(tmp_path, manifest(f"{PROPOSES}, {FEW}"), seeded()) as stage:
        applied(stage)
        plan = applied(stage, manifest(f"commit: {{mode: pull-request, message: Another}}, {FEW}"))
        assert plan.empty
        assert plan.changes[0].notes == ("proposed in pull request #1, which is open",)


def test_what_was_merged_and_dropped_at_once_is_ours(tmp_path: Path) -> None:
    """Between two plans a proposal is merged and its manifest emptied: what it brought is proposed to go."""
    with staged(tmp_path, manifest(f"{PROPOSES}, {FEW}"), seeded(("theirs.txt", "t"))) as stage:
        applied(stage)
        HfApi(endpoint=stage.sandbox.url, token="hf_sandbox").merge_pull_request("acme/x", 1)
        plan = applied(stage, manifest(f"{PROPOSES}, files: []"))
        paths = [(d.path, d.op.value) for d in plan.changes[0].differences]
        assert paths == [("spec.files[a.txt]", "remove"), ("spec.files[b.txt]", "remove")]


def test_a_source_that_is_managed_goes_first(tmp_path: Path) -> None:
    """Its dependent is applied after it, is told that the plan takes the commit before, and is right the second time."""
    staging = manifest("files: [{path: app.py, from: {inline: v2}}]", "z-staging")
    prod = manifest("files: [{path: /, mirror: true, from: {huggingface: {repo_id: acme/z-staging}}}]")
    before = (seeded(("app.py", "v1"), name="z-staging"), seeded(("app.py", "v0")))
    with staged(tmp_path, prod + "---\n" + staging, *before) as stage:
        first = applied(stage)
        assert [str(c.address) for c in first.changes] == ["Model/acme/z-staging", "Model/acme/x"]
        assert first.changes[1].after == (Address("Model", "acme", "z-staging"),)
        assert first.changes[1].notes == (
            "Model/acme/z-staging changes in this plan: run again to take its new commit",
        )
        second = applied(stage)
        assert [(str(c.address), c.notes) for c in second.acting] == [("Model/acme/x", ())]
        assert text_of(stage, "app.py") == "v2"
        assert stage.plan(stage.ledger()).plan.empty


def test_a_pinned_source_is_not_waited_for() -> None:
    """A commit does not change, whatever is planned for its branch."""
    address = Address("Model", "acme", "x")

    def waits_for(revision: str) -> list[Address]:
        source = {"huggingface": {"repo_id": "acme/src", "repo_type": "space", "revision": revision}}
        spec = RepoSpec.model_validate({"files": [{"path": "/", "from": source}]})
        return list(content_refers(Resource(address, spec, Mark("m.yaml"))))

    assert waits_for("main") == [Address("Space", "acme", "src")]
    assert waits_for("0" * 40) == []


PRIVATE = "url=https://user:canary@git.example\n"


@pytest.mark.parametrize(
    "spec",
    [
        "files: [{path: c, from: {file: .git/config}}]",
        "files: [{path: c, from: {file: link}}]",
        "files: [{path: c, from: {file: folder/config}}]",
        "files: [{path: c, from: {directory: folder}}]",
        "card: {template: link}",
    ],
)
def test_what_lies_in_git_is_never_published(tmp_path: Path, spec: str) -> None:
    """By no name, no symlink and no source."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text(PRIVATE, encoding="utf-8")
    (tmp_path / "link").symlink_to(".git/config")
    (tmp_path / "folder").symlink_to(".git")
    with (
        staged(tmp_path, manifest(spec), seeded()) as stage,
        pytest.raises(Problems, match=r"lies in \.git, which is never published"),
    ):
        stage.plan(stage.ledger())


def test_a_directory_leaves_out_what_is_private_by_its_real_path(tmp_path: Path) -> None:
    """Symlinks into git's and hfops's own folders, and the project file, are not part of what a folder holds."""
    for folder in (".git", ".hfops"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "config").write_text(PRIVATE, encoding="utf-8")
    (tmp_path / "app" / "sub").mkdir(parents=True)
    (tmp_path / "app" / "a.txt").write_text("a", encoding="utf-8")
    (tmp_path / "app" / "project").symlink_to("../hfops.yaml")
    (tmp_path / "app" / "sub" / "git").symlink_to("../../.git")
    (tmp_path / "app" / "config").symlink_to("../.hfops/config")
    with staged(tmp_path, manifest("files: [{path: /, from: {directory: app}}]"), seeded()) as stage:
        applied(stage)
        api = HfApi(endpoint=stage.sandbox.url, token="hf_sandbox")
        assert sorted(api.list_repo_files("acme/x")) == [".gitattributes", "a.txt"]


def test_a_directory_leaves_out_its_own_manifest(tmp_path: Path) -> None:
    """A folder that holds the manifest and the project file is published without them."""
    with staged(tmp_path, manifest("files: [{path: /, from: {directory: .}}]"), seeded()) as stage:
        (tmp_path / "a.txt").write_text("a", encoding="utf-8")
        applied(stage)
        api = HfApi(endpoint=stage.sandbox.url, token="hf_sandbox")
        assert sorted(api.list_repo_files("acme/x")) == [".gitattributes", "a.txt"]


def test_a_file_of_the_web_is_fetched_only_to_know_it(tmp_path: Path) -> None:
    """Where the Hub shows a blob id alone, the file is fetched once; the ledger remembers it from then on."""
    data = b"from the web\n"
    sha256 = hashlib.sha256(data).hexdigest()
    asked: list[str] = []

    def fetch(url: str, wanted: str) -> bytes:
        asked.append(url)
        assert wanted == sha256
        return data

    spec = {"files": [{"path": "w.txt", "from": {"url": "https://a.example/w", "sha256": sha256}}]}
    address = Address("Model", "acme", "x")
    resource = Resource(address, RepoSpec.model_validate(spec), Mark("m.yaml"))
    with staged(tmp_path, manifest("visibility: public"), seeded(("w.txt", data.decode()))) as stage:
        view = hub_view(stage.connections.reader, 4)

        def compared(record: Record | None) -> Comparison:
            asks = [Ask(address, resource, record)]
            sights = observe_content("model", asks, observe_repos("model", asks, view), view, fetch=fetch)
            return compare_content(asks[0], sights[address])

        first = compared(None)
        assert (first.differences, asked) == ((), ["https://a.example/w"])
        record = Record(address, Origin.ADOPTED)
        for key, value in first.settled.items():
            record = record.put(key, value)
        assert compared(record).differences == ()
        assert asked == ["https://a.example/w"]
        push(stage, "w.txt", "theirs")
        (difference,) = compared(record).differences
        assert difference.cause is Cause.DRIFT
        assert difference.after == f"13 bytes ({blob_id(data)[:7]}) from https://a.example/w"


def test_files_that_cannot_be_read_are_no_absence(tmp_path: Path) -> None:
    """A tree that the Hub refuses is a problem of the resource, not a reason to write everything again."""
    spec = "files: [{path: /, mirror: true, from: {directory: src}}]"
    with staged(tmp_path, manifest(spec), seeded(("a.txt", "a")), files={"src/a.txt": "a"}) as stage:
        stage.sandbox.faults.add({"match": {"path": "*/tree/*"}, "nth": 1, "status": 403})
        with pytest.raises(Problems, match="its files cannot be read"):
            stage.plan(stage.ledger())
