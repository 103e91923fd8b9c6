"""Large files: moved by huggingface_hub, named by our commit, and only sent when they differ."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hfops.engine.apply.contents import Contents
from hfops.engine.apply.uploads import Target, Uploader
from hfops.hub.config import Settings
from hfops.hub.sources import fetch
from hfops.manifest.local import Local
from hfops.model.call import Call
from hfops.model.late import Content, LocalFile
from hfops.model.outcome import Status
from hfops.model.problem import HfopsError, Problems
from tests.kinds.case import Case
from tests.kinds.stage import Stage, set_stage

MANIFEST = """
apiVersion: hfops/v1
kind: Model
metadata: {name: acme/x}
spec:
  visibility: private
  files:
    - {path: weights/a.bin, from: {file: a.bin}}
    - {path: notes.txt, from: {inline: "small"}}
"""
# The client hands bytes to its HTTP library in a way that the library is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

BYTES = bytes(range(256)) * 40
SHA256 = hashlib.sha256(BYTES).hexdigest()


@contextmanager
def staged(folder: Path, manifests: str = MANIFEST, **more: Any) -> Iterator[Stage]:
    """A project with a binary file."""
    (folder / "a.bin").write_bytes(BYTES)
    with set_stage(Case(claim="uploads", manifests=manifests, **more), folder) as stage:
        yield stage


def applied(stage: Stage) -> list[tuple[str, str]]:
    """Apply, and what was sent: method and path."""
    ledger = stage.ledger()
    result = stage.apply(stage.plan(ledger), ledger)
    assert all(o.status is Status.APPLIED for o in result.outcomes), result.outcomes
    return sent(stage)


def sent(stage: Stage) -> list[tuple[str, str]]:
    """Method and path of every write."""
    return [(e.method, e.path) for e in stage.sandbox.exchanges if e.method not in ("GET", "HEAD")]


def test_bytes_first_then_the_commit(tmp_path: Path) -> None:
    """The plan shows the upload and the commit; afterwards the Hub has the file by its sha256, and nothing is left."""
    with staged(tmp_path) as stage:
        plan = stage.plan(stage.ledger()).plan
        assert [c.summary for c in plan.calls()][1:] == [
            "upload weights/a.bin (10.2 kB)",
            "commit to main: notes.txt, weights/a.bin",
        ]
        line = next(c for c in plan.calls() if "commit" in c.path).body[-1]  # type: ignore[index]
        assert line == {
            "key": "lfsFile",
            "value": {"path": "weights/a.bin", "algo": "sha256", "oid": SHA256, "size": len(BYTES)},
        }
        made = applied(stage)
        assert ("POST", "/api/models/acme/x/preupload/main") in made
        assert made[-1] == ("POST", "/api/models/acme/x/commit/main")
        repo = next(iter(stage.sandbox.hub.repos.values()))
        file = repo.head.files["weights/a.bin"]
        assert file.large is not None
        assert file.large.sha256 == SHA256
        assert stage.sandbox.hub.store.read(file) == BYTES
        assert stage.plan(stage.ledger()).plan.empty
        assert stage.entries()["Model/acme/x"]["applied"]["files"]["weights/a.bin"]["sha256"] == SHA256


def test_what_is_equal_is_not_moved(tmp_path: Path) -> None:
    """A large file that the repository has is compared by its sha256, and not sent again with its neighbours."""
    with staged(tmp_path) as stage:
        applied(stage)
        stage.sandbox.exchanges.clear()
        (tmp_path / "manifests.yaml").write_text(MANIFEST.replace("small", "other"), encoding="utf-8")
        assert applied(stage) == [("POST", "/api/models/acme/x/commit/main")]


def test_a_text_that_the_repository_tracks_is_large(tmp_path: Path) -> None:
    """What .gitattributes sends to the large file storage goes there, however small it is."""
    manifest = MANIFEST.replace("a.bin, from: {file: a.bin}", "t.safetensors, from: {inline: text}")
    with staged(tmp_path, manifest) as stage:
        applied(stage)
        repo = next(iter(stage.sandbox.hub.repos.values()))
        assert repo.head.files["weights/t.safetensors"].large is not None
        assert repo.head.files["notes.txt"].large is None
        assert stage.plan(stage.ledger()).plan.empty


def test_a_binary_that_the_hub_would_take_either_way(tmp_path: Path) -> None:
    """The plan says large: so it is stored, also where the Hub's own advice is another."""
    with staged(tmp_path) as stage:
        (tmp_path / "a.bin").write_bytes(b"\xff\xfe latin text without a zero")
        manifest = MANIFEST.replace("weights/a.bin", "weights/a.dat")
        (tmp_path / "manifests.yaml").write_text(manifest, encoding="utf-8")
        applied(stage)
        repo = next(iter(stage.sandbox.hub.repos.values()))
        assert repo.head.files["weights/a.dat"].large is not None
        assert stage.plan(stage.ledger()).plan.empty


def test_large_files_of_another_repository(tmp_path: Path) -> None:
    """A large file of the Hub is fetched from the commit that the plan pinned, and arrives with its sha256."""
    with staged(tmp_path) as stage:
        applied(stage)
        copy = """
apiVersion: hfops/v1
kind: Dataset
metadata: {name: acme/copy}
spec:
  visibility: private
  files: [{path: /, mirror: true, from: {huggingface: {repo_id: acme/x}}}]
"""
        (tmp_path / "copy.yaml").write_text(copy, encoding="utf-8")
        applied(stage)
        copied = next(r for r in stage.sandbox.hub.repos.values() if r.name == "copy")
        large = copied.head.files["weights/a.bin"].large
        assert large is not None
        assert large.sha256 == SHA256
        assert stage.plan(stage.ledger()).plan.empty


def test_a_file_that_changed_since_the_plan_is_not_sent(tmp_path: Path) -> None:
    """What was planned is sent, or nothing: the commit is not made."""
    with staged(tmp_path) as stage:
        ledger = stage.ledger()
        prepared = stage.plan(ledger)
        (tmp_path / "a.bin").write_bytes(b"\0 other")
        result = stage.apply(prepared, ledger)
        assert "changed since the plan" in result.outcomes[0].message
        assert not [p for _, p in sent(stage) if "commit" in p]


def test_progress_is_told(tmp_path: Path) -> None:
    """The bytes that have gone are told as they go."""
    told: list[int] = []
    with staged(tmp_path) as stage:
        stage.request("POST", "/api/repos/create", json={"name": "y", "organization": "acme"})
        path = tmp_path / "a.bin"
        content = Content(len(BYTES), "", SHA256, LocalFile(str(path.resolve())))
        call = Call("POST", "/api/models/acme/y/preupload/main", uploads={"a.bin": content})
        uploader_of(stage, tmp_path).upload(call, told.append)
    assert told == [len(BYTES)]


def uploader_of(stage: Stage, folder: Path) -> Uploader:
    """What moves bytes to the stage's Hub."""
    from hfops.hub.token import Token

    contents = Contents(Local(folder), stage.connections.reader, fetch)
    return Uploader(
        Settings(endpoint=stage.sandbox.url, no_progress=True), Token("hf_sandbox", "x"), contents
    )


def test_a_refusal_names_the_file(tmp_path: Path) -> None:
    """What the client raises becomes an error that says which file, and why."""
    with staged(tmp_path) as stage:
        content = Content(len(BYTES), "", SHA256, LocalFile(str((tmp_path / "a.bin").resolve())))
        call = Call("POST", "/api/models/acme/none/preupload/main", uploads={"a.bin": content})
        with pytest.raises(HfopsError, match=r"a\.bin: not uploaded"):
            uploader_of(stage, tmp_path).upload(call, lambda _: None)


def test_without_the_extra_the_plan_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing huggingface_hub is found while planning, with the command that installs it."""
    monkeypatch.setattr("hfops.kinds.repo.content.classify.find_spec", lambda _: None)
    with staged(tmp_path) as stage, pytest.raises(Problems, match=r"pip install 'hfops\[upload\]'"):
        stage.plan(stage.ledger())


def test_without_the_extra_nothing_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An extra that vanished since the plan is an error with the same way out."""
    with staged(tmp_path) as stage:
        ledger = stage.ledger()
        prepared = stage.plan(ledger)
        monkeypatch.setitem(sys.modules, "huggingface_hub", None)
        result = stage.apply(prepared, ledger)
        assert "pip install 'hfops[upload]'" in result.outcomes[0].message


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/api/models/acme/x/preupload/main", Target("model", "acme/x", "main", create_pr=False)),
        (
            "/api/spaces/acme/x.y/preupload/refs%2Fpr%2F3",
            Target("space", "acme/x.y", "refs/pr/3", create_pr=False),
        ),
        ("/api/datasets/a/b/preupload/main?create_pr=1", Target("dataset", "a/b", "main", create_pr=True)),
    ],
)
def test_where_a_call_leads(path: str, target: Target) -> None:
    """Repository and revision are read off the planned path: what is shown is what is done."""
    assert Target.of(Call("POST", path)) == target
