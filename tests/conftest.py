"""What tests share: an embedded Hub, a project folder, and hfops run in this process."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# The official client reads these when it is imported: nothing may leave the machine, and no progress bars.
os.environ.update(
    HF_HUB_DISABLE_XET="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    HF_HUB_DISABLE_PROGRESS_BARS="1",
    HF_HUB_DISABLE_IMPLICIT_TOKEN="1",
    HF_HUB_DISABLE_UPDATE_CHECK="1",
)

import pytest
from hypothesis import settings

from hfops.cli.main import run
from hfops.engine import vault
from hfops.sandbox.server import Sandbox

# In CI the same commit gives the same verdict; elsewhere every run looks at new examples.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture(autouse=True)
def quick_hashes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes of secrets that cost next to nothing; what they really cost is tests/engine/test_vault.py's business."""
    if request.node.path.stem != "test_vault":
        monkeypatch.setattr(vault, "COST", (2**4, 8, 1))


@dataclass
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


@dataclass
class Project:
    """A folder of manifests, the current directory, with a Hub to talk to."""

    path: Path
    url: str
    token: str
    capture: pytest.CaptureFixture[str]

    def write(self, name: str, text: str) -> Path:
        """Write a file, dedented."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def run(self, *arguments: str) -> Ran:
        """Run hfops in this process."""
        self.capture.readouterr()
        code = run(arguments)
        captured = self.capture.readouterr()
        return Ran(code, captured.out, captured.err)

    def start(self, *arguments: str, **more: object) -> subprocess.Popen[str]:
        """Start hfops in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "hfops", *arguments],
            cwd=self.path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more,
        )  # fmt: skip


@pytest.fixture
def hub() -> Iterator[Sandbox]:
    """A fresh embedded Hub."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No token, endpoint or CI of the machine's."""
    hub_variables = [name for name in os.environ if name.startswith(("HF_", "HUGGING", "TRANSFORMERS_"))]
    for name in [*hub_variables, "CI", "NO_COLOR"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf-home"))


@pytest.fixture
def project(
    hub: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    clean_environment: None,
) -> Project:
    """An empty project with the default namespace acme, pointed at ``hub``."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_TOKEN", "hf_sandbox")
    made = Project(folder, hub.url, "hf_sandbox", capsys)
    made.write(
        "hfops.yaml",
        "{apiVersion: hfops/v1, kind: Project, metadata: {name: test}, spec: {namespace: acme}}\n",
    )
    return made
