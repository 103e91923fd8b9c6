"""Many Spaces at once: batches, the first failure, resuming; secrets that show nowhere; two hands on one README."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd, HfApi

from hfops.sandbox.repos import Kind
from hfops.sandbox.server import Sandbox
from tests.conftest import Project, Ran

COUNT = 40
CANARY = "CaNaRy-{}-0123456789"


@pytest.fixture
def hub() -> Iterator[Sandbox]:
    """A Hub whose starts take a moment, so that several would be under way at once."""
    with Sandbox(transition_time=0.1) as sandbox:
        yield sandbox


def spaces(count: int, **secrets: str) -> str:
    """``count`` Spaces with an app and these secrets, by the environment variables they come from."""
    held = ", ".join(f"{key}: {{env: {name}}}" for key, name in secrets.items())
    return "".join(
        f"""---
apiVersion: hfops/v1
kind: Space
metadata: {{name: acme/app-{n:02}}}
spec:
  visibility: private
  sdk: gradio
  secrets: {{{held}}}
  files: [{{path: app.py, from: {{inline: "print()"}}}}]
"""
        for n in range(count)
    )


def rotated(hub: Sandbox, value: str) -> set[str]:
    """The Spaces that hold ``value``."""
    return {
        repo.name
        for repo in hub.hub.repos.values()
        if repo.kind is Kind.SPACE and repo.facets["space"].secrets["KEY"].value == value
    }


class Watch:
    """How many Spaces were starting again at once, at most: looked at on every request."""

    def __init__(self, hub: Sandbox) -> None:
        self.hub = hub
        self.most = 0

    def __call__(self, _: object) -> None:
        found = [r.facets["space"] for r in list(self.hub.hub.repos.values()) if r.kind is Kind.SPACE]
        self.most = max(self.most, sum(s.stage not in ("RUNNING", "RUNTIME_ERROR") for s in found))


@pytest.mark.usefixtures("hub")
def test_a_rotation_in_batches_stops_at_the_first_failure_and_resumes(
    project: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At most five restart at a time, the first failure stops the rest, a second run does what is left and no more."""
    project.write("spaces.yaml", spaces(COUNT, KEY="KEY"))
    monkeypatch.setenv("KEY", "the-first-value")
    assert project.run("apply", "--yes").code == 0
    before = sum(r.facets["space"].restarts for r in hub.hub.repos.values())
    monkeypatch.setenv("KEY", "the-second-value")
    watch = Watch(hub)
    hub._recorder._observer = watch  # looks at every exchange
    with hub.hub.lock:
        hub.hub.fail_starts["acme/app-12"] = [("RUNTIME_ERROR", "out of memory")]
    ran = project.run("apply", "--yes", "--batch", "5", "--max-failures", "1")
    assert ran.code == 5, ran.out + ran.err
    assert "out of memory" in ran.out
    assert "because 1 failed (--max-failures)" in ran.out
    assert 1 <= watch.most <= 5
    done = rotated(hub, "the-second-value")
    assert "app-12" in done
    assert len(done) < COUNT
    again = project.run("apply", "--yes", "--batch", "5")
    assert again.code == 0, again.out + again.err
    assert watch.most <= 5
    assert len(rotated(hub, "the-second-value")) == COUNT
    restarts = sum(r.facets["space"].restarts for r in hub.hub.repos.values()) - before
    assert restarts == COUNT
    assert project.run("plan", "--detailed-exitcode").code == 0


def canaries(count: int) -> dict[str, str]:
    """So many environment variables with values that must show nowhere."""
    return {f"CANARY_{n}": CANARY.format(n) for n in range(count)}


def nowhere(project: Project, ran: Ran) -> None:
    """No canary in what was printed, nor in any file of the project."""
    assert "CaNaRy" not in ran.out
    assert "CaNaRy" not in ran.err
    for path in project.path.rglob("*"):
        if path.is_file():
            assert b"CaNaRy" not in path.read_bytes(), path


def fail(hub: Sandbox, nth: int, fault: dict[str, object], *said: int) -> None:
    """Let the n-th write fail, and the Hub repeat the values that it was sent."""
    text = " and ".join(CANARY.format(n) for n in said)
    body = {"body": json.dumps({"error": f"cannot take {text}"})} if "status" in fault else {}
    hub.faults.add({"match": {"method": "POST"}, "nth": nth, **fault, **body})


WRITES = 6
"""How many the larger of the two applies makes."""


@pytest.mark.parametrize("nth", range(1, WRITES + 1))
@pytest.mark.parametrize(
    "fault",
    [{"status": 500}, {"status": 400}, {"truncate": True}],
    ids=lambda f: next(iter(f)),
)
def test_a_canary_in_every_secret_shows_nowhere(
    project: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch, nth: int, fault: dict[str, object]
) -> None:
    """With HF_DEBUG and a failure at every write in turn: neither output, nor file, nor ledger holds a value."""
    monkeypatch.setenv("HF_DEBUG", "1")
    for name, value in canaries(6).items():
        monkeypatch.setenv(name, value)
    project.write("a.yaml", spaces(2, A="CANARY_0", B="CANARY_1"))
    fail(hub, nth, fault, 0, 1)
    nowhere(project, project.run("apply", "--yes", "--json"))
    hub.faults.clear()
    project.write("a.yaml", spaces(2, A="CANARY_2", B="CANARY_3", C="CANARY_4"))
    fail(hub, nth, fault, 2, 3)
    nowhere(project, project.run("plan", "-o", "plan.json"))
    nowhere(project, project.run("apply", "--yes"))
    hub.faults.clear()
    last = project.run("apply", "--yes")
    nowhere(project, last)
    assert last.code == 0, last.out + last.err
    held = {
        (r.name, k): s.value for r in hub.hub.repos.values() for k, s in r.facets["space"].secrets.items()
    }
    assert set(held.values()) == {CANARY.format(n) for n in (2, 3, 4)}
    assert project.run("plan", "--detailed-exitcode").code == 0


CARD = """
apiVersion: hfops/v1
kind: Model
metadata: {name: acme/card}
spec:
  visibility: private
  card: {metadata: {WORD: mit}}
"""


TURNS = 4
"""How often each of two projects writes; somebody else writes twice as often."""


def test_two_runs_and_a_push_on_one_readme_lose_nothing(
    hub: Sandbox, project: Project, tmp_path: Path
) -> None:
    """Two projects and a human write the same README at once, again and again: every line of every hand is there."""
    api = HfApi(endpoint=hub.url, token="hf_sandbox")
    api.create_repo("acme/card", private=True)
    push(api, "---\nlicense: mit\n---\nbody\n")
    ready = threading.Barrier(3)
    codes: dict[str, list[int]] = {"one": [], "two": []}

    def hfops(name: str) -> None:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "hfops.yaml").write_text(
            f"{{apiVersion: hfops/v1, kind: Project, metadata: {{name: {name}}}}}\n", encoding="utf-8"
        )
        ready.wait()
        for turn in range(TURNS):
            (folder / "m.yaml").write_text(CARD.replace("WORD", f"{name}_{turn}"), encoding="utf-8")
            for _ in range(20):
                process = project.start("apply", "--yes", str(folder))
                process.communicate()
                codes[name].append(process.returncode)
                if process.returncode == 0:
                    break

    def human() -> None:
        ready.wait()
        for turn in range(2 * TURNS):
            edit(api, f"line {turn}\n")

    threads = [threading.Thread(target=hfops, args=(n,)) for n in codes] + [threading.Thread(target=human)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    text = readme(api)
    assert [line for line in text.splitlines() if line.startswith("line ")] == [
        f"line {n}" for n in range(2 * TURNS)
    ]
    # A run takes its own last key away with the next turn: what it dropped is its own to drop.
    assert f"one_{TURNS - 1}: mit" in text
    assert f"two_{TURNS - 1}: mit" in text
    assert text.count("_0: mit") == 0
    assert "license: mit" in text
    assert {c for found in codes.values() for c in found} <= {0, 5}


def readme(api: HfApi) -> str:
    """The README as it is now."""
    return Path(api.hf_hub_download("acme/card", "README.md", force_download=True)).read_text(
        encoding="utf-8"
    )


def push(api: HfApi, text: str, parent: str | None = None) -> None:
    """Commit the README on top of ``parent``."""
    api.create_commit(
        "acme/card",
        [CommitOperationAdd("README.md", text.encode())],
        commit_message="edit",
        parent_commit=parent,
    )


def edit(api: HfApi, line: str) -> None:
    """Append a line as a careful human does: on the commit that was read, again where somebody was faster."""
    for _ in range(100):
        parent = api.model_info("acme/card").sha
        assert parent
        text = Path(
            api.hf_hub_download("acme/card", "README.md", revision=parent, force_download=True)
        ).read_text(encoding="utf-8")
        try:
            push(api, text + line, parent)
        except Exception as error:
            if "412" not in str(error):
                raise
        else:
            return
    raise AssertionError("never got a turn")
