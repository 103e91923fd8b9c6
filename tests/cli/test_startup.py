"""Starting: help is quick, and leads with examples."""

from __future__ import annotations

import json
import subprocess
import sys

import click
import pytest

from hfops.cli.main import COMMANDS, cli, run
from tests.conftest import Project

HEAVY = {
    "pydantic",
    "requests",
    "yaml",
    "jinja2",
    "rich",
    "deepdiff",
    "starlette",
    "uvicorn",
    "huggingface_hub",
}
PROBE = "import json, sys; from hfops.cli.main import run; run({arguments}); print('\\n' + json.dumps(sorted(sys.modules)))"


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["frobnicate"], ["plan", "--help"], ["sandbox", "-h"]],
    ids=" ".join,
)
def test_help_imports_little(arguments: list[str]) -> None:
    """What only shows help imports none of the libraries that take long."""
    code = PROBE.format(arguments=arguments)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "hfops.cli.main" in loaded
    assert loaded & HEAVY == set()


def test_help_as_a_module() -> None:
    """``python -m hfops --help`` imports no more than that."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "hfops", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "click" in imported
    assert imported & HEAVY == set()


def _commands() -> list[list[str]]:
    context = click.Context(cli)
    found = []
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None, name
        found.append([name])
        found += [[name, sub] for sub in getattr(command, "commands", ())]
    return found


@pytest.mark.parametrize("words", _commands(), ids=" ".join)
def test_help_leads_with_examples(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Every command's help shows how it is typed before it lists options."""
    assert run([*words, "--help"]) == 0
    text = capsys.readouterr().out
    if words == ["schema"]:
        assert "\n    hfops schema Model" in text
    example = f"\n    hfops {' '.join(words)}"
    assert example in text
    assert text.index(example) < text.index("Options:")


def test_the_list_of_commands_is_true() -> None:
    """Every command in the table has its module, and says in its help what the table says it is."""
    context = click.Context(cli)
    assert [name for name in COMMANDS if cli.get_command(context, name) is None] == []
    assert cli.list_commands(context) == list(COMMANDS)


def test_validate_needs_no_http(project: Project) -> None:
    """validate never imports what talks to the Hub."""
    project.write("a.yaml", "{apiVersion: hfops/v1, kind: Model, metadata: {name: x}}\n")
    code = PROBE.format(arguments=["validate"])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=project.path
    )
    assert "valid: 1 resource in 1 file" in done.stdout
    assert "requests" not in json.loads(done.stdout.splitlines()[-1])
