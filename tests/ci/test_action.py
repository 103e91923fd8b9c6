"""What other repositories copy or use: the action, the workflows, GitLab's template, the hooks. Valid, and their scripts run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from hfops.cli.main import COMMANDS
from tests.cli.test_changed import commit, git

TOP = Path(__file__).parents[2]
ACTION = yaml.safe_load((TOP / "action.yml").read_text())
WORKFLOWS = sorted((TOP / "examples/ci/github").glob("*.yml"))
GITLAB = TOP / "examples/ci/gitlab/hfops.gitlab-ci.yml"
HOOKS = yaml.safe_load((TOP / ".pre-commit-hooks.yaml").read_text())


def step(name: str) -> dict[str, Any]:
    (found,) = (s for s in ACTION["runs"]["steps"] if s.get("name", "").startswith(name))
    return found


def bash(script: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """As GitHub's runner does for ``shell: bash``."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=cwd, env={**os.environ, **environ}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def step_run(folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """The action's main step, with a program that prints what it is given in place of hfops."""
    programs = folder / "temp/hfops/bin"
    programs.mkdir(parents=True)
    (programs / "hfops").write_text('#!/bin/bash\nprintf "%s\\n" "$@"\n')
    (programs / "hfops").chmod(0o755)
    (programs / "python").symlink_to(sys.executable)
    return bash(step("hfops $")["run"], folder, RUNNER_TEMP=str(folder / "temp"), **environ)


@pytest.mark.parametrize(
    ("schema", "files"),
    [("github-actions", [TOP / "action.yml"]), ("github-workflows", WORKFLOWS), ("gitlab-ci", [GITLAB])],
)
def test_they_are_what_their_hosts_take(schema: str, files: list[Path], tmp_path: Path) -> None:
    """By the published schemas; the place where an owner's name goes is filled in."""
    filled = []
    for file in files:
        filled.append(tmp_path / file.name)
        filled[-1].write_text(file.read_text().replace("OWNER/hfops@REF", "acme/hfops@v1"))
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *map(str, filled)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_script_holds_an_expression() -> None:
    """What GitHub pastes into a script before bash reads it is code; inputs arrive as variables."""
    workflows = [yaml.safe_load(file.read_text()) for file in WORKFLOWS]
    steps = [
        *ACTION["runs"]["steps"],
        *(s for w in workflows for j in w["jobs"].values() for s in j["steps"]),
    ]
    assert [s["run"] for s in steps if "${{" in s.get("run", "")] == []


def test_workflows_ask_for_no_more_than_they_need() -> None:
    """No workflow may write code, and only jobs that apply, for a push and in an environment, name the token that writes."""
    for file in WORKFLOWS:
        text, workflow = file.read_text(), yaml.safe_load(file.read_text())
        assert (
            workflow["permissions"]["contents"] == "read" if "contents" in workflow["permissions"] else True
        )
        assert {k for k, v in workflow["permissions"].items() if v == "write"} <= {"pull-requests"}
        assert "pull_request_target" not in text
        for job in workflow["jobs"].values():
            applies = any(s.get("with", {}).get("command") == "apply" for s in job["steps"])
            assert ("HF_TOKEN_WRITE" in str(job)) == applies == ("environment" in job)
            assert (
                not applies or list(workflow[True]) == ["push"] or job["if"] == "github.event_name == 'push'"
            )
            checkouts = [s for s in job["steps"] if s.get("uses", "").startswith("actions/checkout")]
            assert all(s["with"]["persist-credentials"] is False for s in checkouts)
            assert bool(checkouts) == (file.name != "hfops-comment.yml")


def test_environments_do_not_hinder_one_another(tmp_path: Path) -> None:
    """Each is planned and applied under its own name, goes on where the other fails, and waits for itself alone."""
    workflow = yaml.safe_load((TOP / "examples/ci/github/hfops-environments.yml").read_text())
    for name, job in workflow["jobs"].items():
        assert job["strategy"] == {"fail-fast": False, "matrix": {"environment": ["staging", "prod"]}}
        assert job["concurrency"]["cancel-in-progress"] is (name == "plan")
        inputs = job["steps"][-1]["with"]
        groups, run = set(), []
        for chosen in ("staging", "prod"):
            folder = tmp_path / name / chosen
            folder.mkdir(parents=True)
            filled = inputs["arguments"].replace("${{ matrix.environment }}", chosen)
            groups.add(job["concurrency"]["group"].replace("${{ matrix.environment }}", chosen))
            run.append(step_run(folder, COMMAND=inputs["command"], ARGUMENTS=filled).stdout.split()[:4])
        assert len(groups) == 2
        assert run == [["ci", name, "--env", "staging"], ["ci", name, "--env", "prod"]]


@pytest.mark.parametrize(
    ("command", "arguments", "expected"),
    [
        ("plan", "", ["ci", "plan"]),
        ("apply", "--env prod --var 'a=b c'", ["ci", "apply", "--env", "prod", "--var", "a=b c"]),
        (
            "validate",
            "$(touch pwned) ; `touch pwned` *",
            ["validate", "$(touch", "pwned)", ";", "`touch", "pwned`", "*"],
        ),
        ("plan", "  \n ", ["ci", "plan"]),
        ("plan", "--env prod\n--key ''\n", ["ci", "plan", "--env", "prod", "--key", ""]),
    ],
)
def test_arguments_arrive_as_they_are_quoted(
    command: str, arguments: str, expected: list[str], tmp_path: Path
) -> None:
    """And nothing in them is run by the shell."""
    done = step_run(tmp_path, COMMAND=command, ARGUMENTS=arguments)
    assert done.stdout.splitlines() == expected, done.stderr
    assert not (tmp_path / "pwned").exists()


def test_arguments_that_are_half_understood_run_nothing(tmp_path: Path) -> None:
    """Without the part that cannot be read, the same command would do more than it was told to."""
    done = step_run(tmp_path, COMMAND="apply", ARGUMENTS="--target Model/acme/a --key 'x")
    assert done.returncode == 1
    assert done.stdout.startswith("::error ")
    assert "apply" not in done.stdout


def test_no_module_is_taken_out_of_the_checkout(tmp_path: Path) -> None:
    """A pull request may bring a file ``shlex.py``, ``venv.py`` or ``pip/__main__.py``: it must not run, with all tokens at hand."""
    (tmp_path / "shlex.py").write_text("open('pwned', 'w')\n")
    done = step_run(tmp_path, COMMAND="plan", ARGUMENTS="--env prod")
    assert done.stdout.splitlines() == ["ci", "plan", "--env", "prod"], done.stderr
    assert not (tmp_path / "pwned").exists()
    scripts = "\n".join(s.get("run", "") for s in ACTION["runs"]["steps"])
    started = re.findall(r"python\"? (-\S+)", scripts)
    assert len(started) == 3
    assert set(started) == {"-I"}


def test_only_files_that_this_run_wrote_are_kept() -> None:
    """Not the folder: it may hold an older run's plan, or what the tree of a fork brought along, links too."""
    upload = step("Keep")
    assert upload["with"]["path"] == "${{ steps.hfops.outputs.files }}"
    assert "steps.hfops.outputs.files != ''" in upload["if"]


def test_an_unknown_command_is_an_error(tmp_path: Path) -> None:
    """And is said as an annotation."""
    done = step_run(tmp_path, COMMAND="destroy", ARGUMENTS="")
    assert done.returncode == 1
    assert done.stdout.startswith("::error ")


def test_the_base_is_fetched_into_a_shallow_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One commit, and nothing where it is there already."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    server = tmp_path / "server/acme/hub"
    server.mkdir(parents=True)
    git(server, "init", "-q")
    git(server, "config", "uploadpack.allowAnySHA1InWant", "true")
    (server / "hfops.yaml").write_text("base")
    base = commit(server)
    (server / "hfops.yaml").write_text("head")
    commit(server)
    git(tmp_path, "clone", "-q", "--depth=1", server.as_uri(), "checkout")
    environ = {
        "BASE": base,
        "GITHUB_TOKEN": "t",
        "GITHUB_SERVER_URL": (tmp_path / "server").as_uri(),
        "GITHUB_REPOSITORY": "acme/hub",
    }
    for _ in range(2):
        done = bash(step("Fetch")["run"], tmp_path / "checkout", **environ)
        assert done.returncode == 0, done.stderr
    assert git(tmp_path / "checkout", "show", f"{base}:hfops.yaml") == "base"


def test_hooks_run_commands_that_exist() -> None:
    """With the keys that pre-commit asks for."""
    for hook in HOOKS:
        assert hook.keys() >= {"id", "name", "entry", "language", "pass_filenames"}
        program, command, *_ = hook["entry"].split()
        assert program == "hfops"
        assert command in COMMANDS


def test_what_the_template_runs_exists() -> None:
    """Its artefacts are the files that ``ci plan`` writes on GitLab."""
    jobs = yaml.safe_load(GITLAB.read_text())
    assert jobs["hfops-plan"]["artifacts"]["reports"] == {
        "codequality": "hfops-report/gl-code-quality-report.json", "terraform": "hfops-report/tfplan.json",
    }  # fmt: skip
    run = {name: " ".join(job["script"]) for name, job in jobs.items() if "script" in job}
    assert "hfops ci plan" in run["hfops-plan"]
    assert "hfops ci apply" in run["hfops-apply"]
    assert "HF_TOKEN_WRITE" not in run["hfops-plan"]
