"""What the tests of ``hfops ci`` share: a project in Git under review on GitHub, and after its merge."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hfops.sandbox.server import Sandbox
from tests.ci.forges import GitHub
from tests.ci.github import zipped
from tests.cli.test_changed import commit, git
from tests.conftest import Project, Ran

NUMBER = 7


@dataclass
class Review:
    """``acme/hub``: ``main`` on GitHub, a branch with a change, and jobs that run for it."""

    project: Project
    github: GitHub
    hub: Sandbox
    monkeypatch: pytest.MonkeyPatch
    folder: Path
    base: str = ""
    summary: Path = field(init=False)
    output: Path = field(init=False)

    def __post_init__(self) -> None:
        self.summary, self.output = self.folder / "summary.md", self.folder / "output"

    def begin(self, **files: str) -> None:
        """What ``main`` holds."""
        git(self.project.path, "init", "-q")
        self.write(**files)
        self.base = commit(self.project.path)

    def write(self, **files: str) -> None:
        """Files by name, ``a__b`` for ``a/b`` and no suffix for YAML; None of them committed."""
        for name, text in files.items():
            self.project.write(f"{name.replace('__', '/')}.yaml", textwrap.dedent(text))

    def plan(
        self, *arguments: str, source: str = "acme/hub", event: str = "pull_request", **more: str
    ) -> Ran:
        """Commit everything, push, and run the job of the pull request."""
        head = commit(self.project.path)
        self.github.add_pull(NUMBER, head=head, base=self.base, source=source)
        self._job(event, sha=head, **more)
        return self.project.run("ci", "plan", *arguments)

    def keep(self, name: str = "") -> None:
        """The artefact that the plan's job uploads."""
        folder = self.project.path / "hfops-report"
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        artefact = name or self.outputs()["artifact"]
        self.github.add_artefact(artefact, files, head=git(self.project.path, "rev-parse", "HEAD"))

    def apply(self, *arguments: str, merged: bool = True, **more: str) -> Ran:
        """Merge the pull request, and run the job of the push."""
        head = git(self.project.path, "rev-parse", "HEAD")
        if merged:
            self.github.add_pull(NUMBER, head=head, base=self.base, state="merged", commits=(head,))
        self._job("push", sha=head, commits=(head,), **more)
        return self.project.run("ci", "apply", *arguments)

    def comment_job(self) -> None:
        """The job of the workflow that runs after the pull request's."""
        self._job("workflow_run", sha=self.base)

    def said(self) -> list[str]:
        """The comments on the pull request."""
        return [c.body for c in self.github.comments if c.number == NUMBER]

    def outputs(self) -> dict[str, str]:
        """The step's outputs, as the runner reads them."""
        lines, found = iter(self.output.read_text().splitlines()), {}
        for line in lines:
            name, _, end = line.partition("<<")
            value: list[str] = []
            for inner in lines:
                if inner == end:
                    break
                value.append(inner)
            found[name] = "\n".join(value)
        return found

    def _job(self, event: str, *, sha: str, commits: tuple[str, ...] = (), **more: str) -> None:
        made = self.github.environ(
            event, number=NUMBER, sha=sha, commits=commits, workspace=self.project.path
        )
        self.summary.write_text("")
        self.output.write_text("")
        made |= {"GITHUB_STEP_SUMMARY": str(self.summary), "GITHUB_OUTPUT": str(self.output)} | more
        for name, value in made.items():
            self.monkeypatch.setenv(name, value)


@pytest.fixture
def review(
    project: Project, hub: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Review]:
    """A repository whose ``main`` is to be set up with ``begin``."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    project.write(".gitignore", ".hfops/\nhfops-report/\n")
    folder = tmp_path / "forge"
    folder.mkdir()
    with GitHub(folder) as github:
        yield Review(project, github, hub, monkeypatch, folder)


__all__ = ["NUMBER", "Review", "zipped"]
