"""Values by reference: read where they are, masked before anybody sees them, and in no message."""

import json
import os
import select
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest

from hfops.hub.redact import Redactor
from hfops.manifest.local import Local
from hfops.manifest.references import LIMIT, Once, Resolver, Unresolved
from hfops.model.late import Reference

CANARY = "s3cr3t-canary"
TOKEN = "hf_own_token_of_this_run"


class Stage:
    """A project's files, an environment, and what was masked."""

    def __init__(self, root, allowed=(), token=TOKEN, timeout=60.0, **environ):
        self.root = root
        self.masked = []
        self.resolver = Resolver(Local(root), environ, allowed, self.masked.append, token, timeout=timeout)

    def get(self, secret=True, run_commands=True, **reference):
        return self.resolver.value(Reference(**reference), secret=secret, run_commands=run_commands)

    def refusal(self, **reference):
        """The Unresolved that a reference ends in; it shows the canary nowhere, its causes neither."""
        with pytest.raises(Unresolved) as refused:
            self.get(**reference)
        error = refused.value
        told = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
        context = error
        while context := context.__cause__ or context.__context__:
            told += repr(context) + repr(vars(context)) + repr(context.args)
        assert CANARY not in told
        assert TOKEN not in told
        return error


def python(code):
    return (sys.executable, "-c", code)


def test_a_variable_is_read_as_it_is(tmp_path):
    """Spaces and line ends in a variable are part of it."""
    assert Stage(tmp_path, A=f" {CANARY}\n").get(env="A") == f" {CANARY}\n"


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"word\n", "word"),
        (b"word\r\n", "word"),
        (b"word", "word"),
        (b"word\n\n", "word\n"),
        (b"\xef\xbb\xbftwo words\n", "two words"),
        (b"word\r", "word\r"),
    ],
)
def test_one_line_end_of_files_and_commands_is_left_out(tmp_path, data, value):
    """Editors and ``echo`` put one there; a second one was meant. So is a byte order mark no part of the value."""
    (tmp_path / "f").write_bytes(data)
    stage = Stage(tmp_path)
    assert stage.get(file="f") == value
    assert stage.get(command=python(f"import sys; sys.stdout.buffer.write({data!r})")) == value


def test_every_value_is_masked_before_it_is_returned(tmp_path):
    """Also one that then turns out to be refused, and one outside secret fields."""
    (tmp_path / "f").write_text(f"file-{CANARY}")
    stage = Stage(tmp_path, ["A"], A=f"env-{CANARY}", T=TOKEN)
    stage.get(env="A", secret=False)
    stage.get(file="f")
    stage.get(command=python(f"print('command-{CANARY}')"))
    stage.refusal(env="T")
    assert stage.masked == [f"env-{CANARY}", f"file-{CANARY}", f"command-{CANARY}", TOKEN]
    redactor = Redactor()
    Resolver(Local(tmp_path), {"A": CANARY}, [], redactor.add, None).value(
        Reference(env="A"), secret=True, run_commands=False
    )
    assert redactor(f"it is {CANARY}") == "it is ***"


def test_a_variable_that_is_not_there_is_no_fault(tmp_path):
    """It may be set where apply runs; CI services set the secrets of a fork's runs to nothing."""
    stage = Stage(tmp_path, EMPTY="")
    missing = stage.refusal(env="A")
    assert (str(missing), missing.fault) == ("env A is not set", False)
    assert "export A=" in missing.hint
    empty = stage.refusal(env="EMPTY")
    assert (str(empty), empty.fault) == ("env EMPTY is empty", False)


def test_outside_secret_fields_variables_need_leave(tmp_path):
    """Globs of the project file; without leave nothing is read, nor masked."""
    stage = Stage(tmp_path, ["APP_*", "ONE"], APP_X="x-value", ONE="one-value", OTHER=CANARY)
    assert stage.get(env="APP_X", secret=False) == "x-value"
    assert stage.get(env="ONE", secret=False) == "one-value"
    refused = stage.refusal(env="OTHER", secret=False)
    assert refused.fault
    assert "references: {env: [OTHER]}" in refused.hint
    assert CANARY not in stage.masked
    assert stage.get(env="OTHER", secret=True) == CANARY


@pytest.mark.parametrize("secret", [True, False])
def test_the_token_in_use_is_refused_from_everywhere(tmp_path, secret):
    """In secret fields as in others, whatever spaces surround it."""
    (tmp_path / "f").write_text(f"  {TOKEN}\n")
    stage = Stage(tmp_path, ["*"], token=f"{TOKEN}\n", A=f"{TOKEN} ")
    for reference in ({"env": "A"}, {"file": "f"}, {"command": python(f"print('{TOKEN}')")}):
        refused = stage.refusal(**reference, secret=secret)
        assert "holds the token that hfops itself uses" in str(refused)
        assert refused.fault


def test_without_a_token_nothing_equals_it(tmp_path):
    """An empty token is no token: a value of spaces is a value."""
    assert Stage(tmp_path, token=None, A="    ").get(env="A") == "    "
    assert Stage(tmp_path, token="", A="    ").get(env="A") == "    "


def test_a_secret_that_no_output_could_hide_is_refused(tmp_path):
    """Three characters stand in half of all texts: masking them is no use, and leaving them is worse."""
    assert "too short" in str(Stage(tmp_path, A="abc").refusal(env="A"))
    assert Stage(tmp_path, ["A"], A="abc").get(env="A", secret=False) == "abc"


def test_bad_files_are_faults(tmp_path):
    """Too large, not text, empty, a folder, out of the root: no other machine makes these right."""
    (tmp_path / "large").write_text(CANARY * LIMIT)
    (tmp_path / "bytes").write_bytes(CANARY.encode() + b"\xff")
    (tmp_path / "nul").write_bytes(CANARY.encode() + b"\0")
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "folder").mkdir()
    for name in ("large", "bytes", "nul", "empty", "folder", "../outside", "/etc/hostname"):
        refused = Stage(tmp_path).refusal(file=name)
        assert refused.fault
        assert str(refused).startswith(f"file {name}")
    (tmp_path / "exact").write_text("x" * LIMIT)
    assert Stage(tmp_path).get(file="exact") == "x" * LIMIT


def test_a_secrets_file_may_be_missing_here(tmp_path):
    """It may lie on the deploying machine only; text that a manifest takes from a file is part of the project."""
    assert not Stage(tmp_path).refusal(file="key").fault
    plain = Stage(tmp_path).refusal(file="key", secret=False)
    assert plain.fault
    assert str(plain) == "file key: no such file: key"
    assert plain.hint.startswith("looked at ")


def test_commands_are_not_run_while_planning(tmp_path):
    """And the message names the option."""
    mark = tmp_path / "ran"
    refused = Stage(tmp_path).refusal(command=python(f"open({str(mark)!r}, 'w')"), run_commands=False)
    assert refused.hint == "plan never runs commands; --run-commands says otherwise"
    assert not refused.fault
    assert not mark.exists()


def test_a_command_runs_in_the_root_without_shell_or_input(tmp_path, monkeypatch):
    """Its environment is the process's; ``$`` and ``;`` are characters; it reads the end of input at once."""
    monkeypatch.setenv("FROM_OUTSIDE", "outer")
    code = "import json, os, sys; print(json.dumps([os.getcwd(), sys.argv[1:], os.environ['FROM_OUTSIDE'], sys.stdin.read()]))"
    out = Stage(tmp_path).get(command=(*python(code), "$HOME; ls", "*"))
    assert json.loads(out) == [str(tmp_path.resolve()), ["$HOME; ls", "*"], "outer", ""]
    script = tmp_path / "get"
    script.write_text("#!/bin/sh\necho found\n")
    script.chmod(0o755)
    assert Stage(tmp_path).get(command=("./get",)) == "found"


def test_a_command_runs_once(tmp_path):
    """However many ask, at whatever time, also where it fails."""
    count = "import os, sys; os.write(os.open('count', os.O_CREAT | os.O_APPEND | os.O_WRONLY), b'x'); print('value')"
    stage = Stage(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: stage.get(command=python(count)), range(16))) == {"value"}
    assert (tmp_path / "count").read_text() == "x"
    failing = python(count + "; sys.exit(1)")
    assert stage.refusal(command=failing) is not stage.refusal(command=failing)
    assert (tmp_path / "count").read_text() == "xx"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (f"import sys; print('{CANARY}'); print('{CANARY}', file=sys.stderr); sys.exit(3)", "exit code 3"),
        (
            f"import os, signal; print('{CANARY}', flush=True); os.kill(os.getpid(), signal.SIGTERM)",
            "signal 15",
        ),
        (f"import sys; sys.stdout.write('{CANARY}' * {LIMIT})", "prints more than 65,536 bytes"),
        (f"import sys; sys.stdout.buffer.write(b'{CANARY}\\xff')", "not UTF-8 text"),
        (f"print('{CANARY}' + chr(0))", "NUL character"),
        ("print()", "is empty"),
    ],
)
def test_what_a_command_does_wrong_is_said_without_its_words(tmp_path, capfd, code, message):
    """Neither output nor stderr is shown; whatever one machine's command does, the manifest may be right."""
    refused = Stage(tmp_path).refusal(command=python(code))
    assert message in str(refused)
    assert not refused.fault
    assert capfd.readouterr() == ("", "")


def test_a_command_that_is_not_there(tmp_path):
    """Not found, not executable, and not possible."""
    (tmp_path / "data").write_text("x")
    assert "was not found" in str(Stage(tmp_path).refusal(command=("no-such-program-anywhere",)))
    assert "cannot be run" in str(Stage(tmp_path).refusal(command=("./data",)))
    assert "cannot be run" in str(Stage(tmp_path).refusal(command=("true", "a\0b")))


@pytest.mark.parametrize("how", ["exec sleep 600", "sleep 600; true", "sleep 600 &"])
def test_a_command_that_hangs_is_ended_with_all_it_started(tmp_path, how):
    """After the time limit nothing of it is left: a pipe that all of it holds open for writing is at its end."""
    os.mkfifo(tmp_path / "life")
    life = os.open(tmp_path / "life", os.O_RDONLY | os.O_NONBLOCK)
    command = ("sh", "-c", f"exec 3>life; printf x >&3; echo {CANARY}; {how}")
    try:
        refused = Stage(tmp_path, timeout=2).refusal(command=command)
        os.set_blocking(life, True)
        assert os.read(life, 1) == b"x"
        assert select.select([life], [], [], 30)[0]
        assert os.read(life, 1) == b""
    finally:
        os.close(life)
    assert "did not end within 2 seconds" in str(refused)


def test_a_command_that_prints_for_ever_is_ended(tmp_path):
    """Long before the time limit, and without holding what it prints."""
    assert "prints more than" in str(Stage(tmp_path).refusal(command=("yes", CANARY)))


def test_values_of_other_resources_are_not_read_here(tmp_path):
    """They are known after apply."""
    refused = Stage(tmp_path).refusal(resource="InferenceEndpoint/acme/prod", field="url")
    assert str(refused) == "url of InferenceEndpoint/acme/prod is known after apply"


def test_once_asks_again_after_a_failure():
    """An interrupt leaves no answer behind."""
    once = Once()
    with pytest.raises(KeyboardInterrupt):
        once.get("k", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    assert once.get("k", lambda: 1) == 1
    assert once.get("k", lambda: 2) == 1


def test_a_variable_that_is_no_text(tmp_path):
    """Bytes that are not UTF-8, and more than a value may hold."""
    stage = Stage(tmp_path, BAD=f"{CANARY}\udcff", LONG=CANARY * LIMIT)
    assert str(stage.refusal(env="BAD")) == "env BAD is not UTF-8"
    assert "larger than" in str(stage.refusal(env="LONG"))
