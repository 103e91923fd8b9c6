"""What a Space says of itself is masked where its secrets are known here, and withheld where they are not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hfops.sandbox.repos import Kind
from hfops.sandbox.server import Sandbox
from tests.cli.conftest import on_the_hub
from tests.conftest import Project

SECRET = "CaNaRy-0123456789"
SPACE = """
apiVersion: hfops/v1
kind: Space
metadata: {name: acme/app}
spec:
  visibility: private
  sdk: gradio
  variables: {WORD: one}
  secrets: {API: REFERENCE}
  files: [{path: app.py, from: {inline: "print()"}}]
"""


@pytest.fixture
def hub() -> Iterator[Sandbox]:
    """A Hub whose starts are quick."""
    with Sandbox(transition_time=0.05) as sandbox:
        yield sandbox


def chatty(project: Project, hub: Sandbox, reference: str) -> None:
    """A Space that was applied, and from now on fails with its secret in its message and its log."""
    project.write("a.yaml", SPACE.replace("REFERENCE", reference))
    assert project.run("apply", "--yes").code == 0
    repo = hub.hub.find(Kind.SPACE, "acme/app")
    assert repo is not None
    with hub.hub.lock:
        repo.facets["space"].fail_with = ("RUNTIME_ERROR", f"boom {SECRET}")


def test_a_secret_of_the_environment_is_masked(
    project: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In apply, in wait and in the next plan: the message is quoted, the value is not."""
    monkeypatch.setenv("API", SECRET)
    chatty(project, hub, "{env: API}")
    on_the_hub(hub, "/api/spaces/acme/app/restart", "POST")
    for command in (["wait"], ["wait", "--json"], ["plan"], ["apply", "--yes", "--retry-failed"]):
        ran = project.run(*command)
        assert "boom ***" in ran.out, command
        assert SECRET not in ran.out + ran.err


def test_a_secret_that_is_not_known_here_keeps_the_words_back(project: Project, hub: Sandbox) -> None:
    """A command's output is known to the run that sends it, and to no other."""
    (project.path / "secret.txt").write_text(SECRET, encoding="utf-8")
    chatty(project, hub, "{command: [cat, secret.txt]}")
    on_the_hub(hub, "/api/spaces/acme/app/restart", "POST")
    for command in (["wait"], ["plan"]):
        ran = project.run(*command)
        assert "withheld" in ran.out, (command, ran.out)
        assert SECRET not in ran.out + ran.err


def test_a_failed_space_stays_a_failure(
    project: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Running the job again does not turn it green: no call, exit 5, and the way out."""
    monkeypatch.setenv("API", SECRET)
    chatty(project, hub, "{env: API}")
    project.write(
        "a.yaml", SPACE.replace("REFERENCE", "{env: API}").replace("one", "two") + "  state: running\n"
    )
    assert project.run("apply", "--yes").code == 5
    sent = len([e for e in hub.exchanges if e.method == "POST"])
    again = project.run("apply", "--yes")
    assert again.code == 5
    assert "--retry-failed starts it again" in again.out
    assert len([e for e in hub.exchanges if e.method == "POST"]) == sent
    assert project.run("plan", "--detailed-exitcode").code == 0
