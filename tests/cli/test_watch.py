"""``hfops watch`` as a command: what it refuses, how it says that it is ready, and how it ends."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from hfops.cli.main import run
from hfops.sandbox.server import Sandbox
from tests.cli.conftest import model, on_the_hub, until
from tests.cli.test_signals import hang
from tests.cli.watching import PATH, SECRET, delivery
from tests.conftest import Project

SIGNALS = [signal.SIGINT, signal.SIGTERM]
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def applied(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """One model, applied; the secret is in HOOK."""
    monkeypatch.setenv("HOOK", SECRET)
    project.write("a.yaml", model("a", gated="manual"))
    assert project.run("apply", "--yes").code == 0
    return project


@pytest.fixture
def watch(applied: Project) -> Iterator[Start]:
    """Starts the command in a process of its own, which is gone at the end."""
    with contextlib.ExitStack() as stack:

        def start(*arguments: str, **more: object) -> subprocess.Popen[str]:
            words = ("watch", "--secret-env", "HOOK", "--debounce", "0", *arguments)
            process = stack.enter_context(applied.start(*words, **more))
            stack.callback(process.kill)
            return process

        yield start


def ready(process: subprocess.Popen[str]) -> str:
    """Wait until it listens; where."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("hfops watch listening on http://127.0.0.1:"), line
    return line.split()[-1]


def deliver(url: str, secret: str = SECRET) -> int:
    """Tell it of a change of acme/a; the status."""
    headers = {"X-Webhook-Secret": secret}
    return requests.post(url, json=delivery("acme/a"), headers=headers, timeout=10).status_code


def health(url: str) -> requests.Response:
    """How it is."""
    return requests.get(url.removesuffix(PATH) + "/healthz", timeout=10)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give one of --secret-env NAME, --secret-file PATH, or --no-secret"),
        (["--secret-env", "HOOK", "--no-secret"], "give one of"),
        (["--secret-env", "HOOK", "--secret-file", "s.txt"], "give one of"),
        (["--secret-env", "NOT_SET"], "--secret-env NOT_SET: not set; set it where hfops runs"),
        (["--secret-env", "SHORT"], "--secret-env SHORT: shorter than 4 characters"),
        (["--secret-env", "EMPTY"], "--secret-env EMPTY: shorter than 4 characters"),
        (["--secret-env", "UMLAUT"], "printable ASCII"),
        (["--secret-file", "missing.txt"], "--secret-file missing.txt: cannot be read: No such file"),
        (["--secret-file", "binary.txt"], "--secret-file binary.txt: not text"),
        (["--secret-env", "HF_TOKEN"], "the token that hfops itself uses"),
        (["--no-secret", "--host", "0.0.0.0"], "whoever reaches 0.0.0.0 could deliver"),
        (["--secret-env", "HOOK", "--path", "hooks"], "--path hooks: expected a path such as /hooks/hf"),
        (["--secret-env", "HOOK", "--path", "/x/{y}"], "expected a path such as"),
        (["--secret-env", "HOOK", "--path", "/healthz"], "and not /healthz"),
        (["--secret-env", "HOOK", "--debounce", "nan"], "--debounce: expected a number of seconds"),
        (["--secret-env", "HOOK", "--max-wait", "inf"], "--max-wait: expected a number of seconds"),
        (["--secret-env", "HOOK", "--debounce", "-1"], "--debounce"),
        (["--secret-env", "HOOK", "--every", "often"], "--every"),
        (["--secret-env", "HOOK", "--report", "http://ci.acme.example/"], "over plain http"),
        (["--secret-env", "HOOK", "--report-as", "file"], "--report URL"),
        (["--secret-env", "HOOK", "--no-ledger"], "leave out --no-ledger"),
        (["--secret-env", "HOOK", "--target", "Model/acme/nope"], "no manifest describes such an address"),
        (["--secret-env", "HOOK", "empty"], "leave no resource to watch"),
        (["--secret-env", "HOOK", "bad"], "bad/bad.yaml:1:"),
        (["--secret-env", "HOOK", "--host", "nowhere.invalid"], "cannot listen on nowhere.invalid:0"),
    ],
)
def test_refused(
    applied: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    """What cannot work ends with 1 and a word about it; the Hub is not asked, and no secret is shown."""
    for name, value in (("SHORT", "abc"), ("EMPTY", ""), ("UMLAUT", "sécret-umlaut")):
        monkeypatch.setenv(name, value)
    (applied.path / "binary.txt").write_bytes(b"\xff\xfe\xfd\xfc")
    (applied.path / "s.txt").write_text(SECRET)
    (applied.path / "empty").mkdir()
    if "bad" in arguments:
        applied.write("bad/bad.yaml", "kind: Modle\n")
    hub.exchanges.clear()
    ran = applied.run("watch", *arguments)
    assert ran.code == 1
    assert said in ran.err
    assert ran.out == ""
    assert list(hub.exchanges) == []
    assert SECRET not in ran.err
    assert "hf_sandbox" not in ran.err
    assert "umlaut" not in ran.err


def test_port_in_use(applied: Project) -> None:
    """A port that is taken is an error that says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ran = applied.run("watch", "--secret-env", "HOOK", "--port", port)
    assert ran.code == 1
    assert f"cannot listen on 127.0.0.1:{port}" in ran.err
    assert "--port" in ran.err


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_without_the_extra(
    applied: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    """Where the extra is not installed, the message names it."""
    for name in [n for n in sys.modules if n.startswith("hfops.cli.watching")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    for name in [n for n in sys.modules if n.startswith(f"{missing}.")]:
        monkeypatch.delitem(sys.modules, name)
    assert run(["watch", "--secret-env", "HOOK"]) == 1
    assert "pip install 'hfops[watch]'" in capsys.readouterr().err


def test_a_secret_from_a_file(applied: Project, watch: Start) -> None:
    """The file's text without the line's end is the secret."""
    path = applied.write("secret.txt", "from-a-file\n")
    process = applied.start("watch", "--secret-file", str(path), "--debounce", "0")
    with process:
        url = ready(process)
        assert (deliver(url, "from-a-file"), deliver(url, SECRET)) == (202, 401)
        process.terminate()
        assert process.wait(20) == 0


@pytest.mark.parametrize("number", SIGNALS)
def test_stops_in_order(watch: Start, number: int) -> None:
    """Idle, it ends at once with 0, and says nothing beyond what it said."""
    process = watch()
    url = ready(process)
    assert health(url).json()["status"] == "ok"
    process.send_signal(number)
    asked = time.monotonic()
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "")
    assert time.monotonic() - asked < 5
    assert "stopping" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("number", SIGNALS)
def test_the_running_look_ends(watch: Start, hub: Sandbox, number: int) -> None:
    """A look that is under way is finished and told; health says meanwhile that it is stopping."""
    assert on_the_hub(hub, "/api/models/acme/a/settings", "PUT", gated="auto").ok
    hangs = hang(hub, "GET", "/api/models/*", seconds=4)
    process = watch()
    url = ready(process)
    assert deliver(url) == 202
    until(hangs, "the look")
    process.send_signal(number)
    until(lambda: health(url).status_code == 503, "stopping")
    assert deliver(url) == 503
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "gated: auto on the Hub, manual in the manifest" in out


HASTY = (
    "import runpy; from hfops.cli.watching import station; assert station.GRACE == 10; station.GRACE = 0.5;"
    "runpy.run_module('hfops', run_name='__main__', alter_sys=True)"
)
"""hfops with half a second of grace instead of ten."""


def test_a_look_that_hangs_is_given_up(applied: Project, hub: Sandbox) -> None:
    """When the grace is over the process ends all the same, with 0."""
    hangs = hang(hub, "GET", "/api/models/*")
    words = [sys.executable, "-c", HASTY, "watch", "--secret-env", "HOOK", "--debounce", "0"]
    with subprocess.Popen(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert deliver(ready(process)) == 202
        until(hangs, "the look")
        process.terminate()
        _, err = process.communicate(timeout=40)
    assert process.returncode == 0
    assert "did not end within 0.5 seconds; given up" in err


def test_a_second_signal_stops_at_once(watch: Start, hub: Sandbox) -> None:
    """Nobody waits for a look that hangs after having asked twice."""
    hangs = hang(hub, "GET", "/api/models/*")
    process = watch()
    assert deliver(ready(process)) == 202
    until(hangs, "the look")
    process.terminate()
    assert process.stderr is not None
    while "stopping" not in process.stderr.readline():
        pass
    asked = time.monotonic()
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 130
    assert time.monotonic() - asked < 5


def test_json(watch: Start, hub: Sandbox) -> None:
    """Standard output is JSON lines, from the first on; the first says where it listens, and stderr does so too."""
    process = watch("--format", "json")
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    assert first["type"] == "listening"
    assert deliver(first["url"]) == 202
    second = json.loads(process.stdout.readline())
    assert (second["type"], second["addresses"]) == ("agrees", ["Model/acme/a"])
    hub.faults.add({"match": {"path": "/api/models/*"}, "status": 403})
    assert deliver(first["url"]) == 202
    third = json.loads(process.stdout.readline())
    assert third["type"] == "error"
    until(
        lambda: "403" in (health(first["url"]).json()["lastError"] or ""),
        "the health route to tell of the error",
    )
    process.terminate()
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "")
    assert f"hfops watch listening on {first['url']}" in err


def test_every_so_often(watch: Start, hub: Sandbox) -> None:
    """With --every, what drifted before the start is found without an event."""
    assert on_the_hub(hub, "/api/models/acme/a/settings", "PUT", gated="auto").ok
    process = watch("--every", "1h", "--format", "json")
    assert process.stdout is not None
    process.stdout.readline()
    found = json.loads(process.stdout.readline())
    assert (found["type"], found["event"], found["addresses"]) == ("drift", None, ["Model/acme/a"])


def test_nobody_reads(applied: Project, watch: Start) -> None:
    """A reader that goes away ends it, as it does any command."""
    process = watch()
    url = ready(process)
    assert process.stdout is not None
    process.stdout.close()
    assert deliver(url) == 202
    assert process.wait(20) == 1


def test_nothing_secret_is_shown(watch: Start, hub: Sandbox) -> None:
    """Neither secret nor token, given right or wrong, in any output, also with HF_DEBUG."""
    environment = {
        **os.environ,
        "HF_DEBUG": "1",
        "HFOPS_WATCH_REPORT": "http://127.0.0.1:9/canary-path?t=canary",
    }
    process = watch("--report-field", "token=canary-field", env=environment)
    url = ready(process)
    assert deliver(url, "canary-wrong") == 401
    assert on_the_hub(hub, "/api/models/acme/a/settings", "PUT", gated="auto").ok
    headers = {"X-Webhook-Secret": SECRET, "Authorization": "Bearer canary-header"}
    body = delivery("acme/a", note=f"canary-body {SECRET}", secret=SECRET)
    assert requests.post(f"{url}?canary=1", json=body, headers=headers, timeout=10).status_code == 202
    until(lambda: health(url).json()["runs"] == 1, "the look")
    error = health(url).json()["lastError"]
    assert error.startswith("report not delivered to http://127.0.0.1:9: ")
    process.terminate()
    out, err = process.communicate(timeout=20)
    assert "curl" in err
    for text in ("canary", SECRET, "hf_sandbox"):
        assert text not in out + err + error


def test_other_folders(applied: Project, watch: Start, hub: Sandbox, tmp_path: Path) -> None:
    """Paths narrow it to what is in them; what they leave out is nothing to do."""
    applied.write("more/b.yaml", model("b", gated="manual"))
    process = watch("more")
    url = ready(process)
    assert deliver(url) == 202
    assert process.stderr is not None
    line = ""
    while "nothing to do" not in line:
        line = process.stderr.readline()
    assert "no manifest describes Model/acme/a" in line
