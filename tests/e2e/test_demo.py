"""``hfops demo``: the README's first command."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hfops.cli.main import run

STORY = [
    "$ hfops plan\n",
    "Plan: 3 to create; 7 calls.",
    "$ hfops apply --yes",
    "Apply: 3 applied.",
    "$ hfops plan --detailed-exitcode",
    "Nothing to do: the Hub agrees with the manifests.",
    "Meanwhile, somebody opens the gate",
    "gated: false → manual   [changed on the Hub since the last apply]",
    "(exit code 2)",
    "Apply: 1 applied.",
    "Nothing to do: the Hub agrees with the manifests.",
]


def test_the_story(
    capsys: pytest.CaptureFixture[str], clean_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan, an apply, an empty plan, a change made by somebody else, the drift, the repair; exit 0, nothing left."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_TOKEN", "hf_of_the_user")
    before = dict(os.environ)
    assert run(["demo"]) == 0
    printed = capsys.readouterr().out
    for step in STORY:
        assert step in printed
        printed = printed.partition(step)[2]
    assert dict(os.environ) == before


def test_the_example_can_be_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], clean_environment: None
) -> None:
    """``--keep`` copies the example to a new folder, and never over what is there."""
    assert run(["demo", "--keep", str(tmp_path / "hub")]) == 0
    assert run(["validate", str(tmp_path / "hub")]) == 0
    assert "valid: 3 resources in 2 files" in capsys.readouterr().out
    assert run(["demo", "--keep", str(tmp_path / "hub")]) == 1
