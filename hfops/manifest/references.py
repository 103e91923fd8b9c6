"""Values by reference, read where they are: the environment, a file, a command's output.

HfopsError
└── Unresolved      a reference whose value cannot be had; never says anything of the value
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from threading import Lock, Thread
from typing import IO, Final, Generic, TypeVar

from hfops.manifest.globs import matches
from hfops.manifest.local import Local, LocalError
from hfops.manifest.text import clip
from hfops.model.late import Reference
from hfops.model.problem import HfopsError

LIMIT: Final = 64 * 1024
"""Bytes of a value."""
TIMEOUT: Final = 60.0
"""Seconds that a command may take."""
_GRACE: Final = 5.0
"""Seconds until a killed command counts as gone."""
_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class Unresolved(HfopsError):
    """A value that cannot be had. ``fault``: the manifest is wrong, it could be had nowhere and never."""

    def __init__(self, message: str, hint: str | None = None, *, fault: bool = False) -> None:
        super().__init__(message)
        self.hint = hint
        self.fault = fault


class Once(Generic[_Key, _Value]):
    """Answers that are made once for each key, by whichever thread asks first; the others wait for it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._locks: dict[_Key, Lock] = {}
        self._made: dict[_Key, _Value] = {}

    def get(self, key: _Key, make: Callable[[], _Value]) -> _Value:
        """The answer for ``key``. One that could not be made (``make`` raised) is tried again by the next."""
        with self._lock:
            lock = self._locks.setdefault(key, Lock())
        with lock:
            if key not in self._made:
                self._made[key] = make()
            return self._made[key]


SHORTEST = 4
"""Characters of a secret: a shorter one would mask half of every text (hub.redact), or none."""


class Resolver:
    """Reads values by reference, and has every one of them masked before anybody sees it. Any thread may ask.

    ``allowed_env`` are globs of the variables that may be read outside secret fields; ``base_env`` those that the base
    branch allows, where there is one: then a variable must be among both. ``token`` is the one that hfops itself
    works with: nothing may send it anywhere. ``timeout`` is that of one command, in seconds.
    """

    def __init__(
        self,
        root: Local,
        environ: Mapping[str, str],
        allowed_env: Sequence[str],
        add_secret: Callable[[str], object],
        token: str | None,
        *,
        base_env: Sequence[str] | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._root = root
        self._environ = environ
        self._allowed_env = tuple(allowed_env)
        self._base_env = None if base_env is None else tuple(base_env)
        self._add_secret = add_secret
        self.token = (token or "").strip()
        self._timeout = timeout
        self._commands = Once[tuple[str, ...], "bytes | Unresolved"]()

    def value(self, reference: Reference, *, secret: bool, run_commands: bool) -> str:
        """The value. ``secret`` tells that it stands in a secret field. Raises Unresolved."""
        text = self._read(reference, secret=secret, run_commands=run_commands)
        self._add_secret(text)
        if self.token and text.strip() == self.token:
            hint = "make a token of its own for this purpose, with no more rights than it needs"
            raise Unresolved(f"{reference.label} holds the token that hfops itself uses", hint, fault=True)
        if not text:
            # CI services set the secrets of a fork's runs to nothing: unknown there, and no mistake.
            raise Unresolved(f"{reference.label} is empty", fault=reference.file is not None)
        if secret and len(text) < SHORTEST:
            message = f"{reference.label} is too short for a secret: it could not be kept out of any output"
            raise Unresolved(message, f"use at least {SHORTEST} characters", fault=True)
        return text

    def _read(self, reference: Reference, *, secret: bool, run_commands: bool) -> str:
        if reference.env is not None:
            return self._variable(reference.env, secret=secret)
        if reference.file is not None:
            return _text(self._file(reference.file, secret=secret), reference.label, fault=True)
        if not reference.command:
            raise Unresolved(f"{reference.label} is known after apply")
        if not run_commands:
            raise Unresolved(
                f"{reference.label} was not run", "plan never runs commands; --run-commands says otherwise"
            )
        return _text(self._output(reference.command), reference.label, fault=False)

    def _refuse_forbidden(self, name: str) -> None:
        """Raise Unresolved for a variable that may not be read outside secret fields."""
        message = f"env {clip(name)} may not be read outside secret fields"
        if not any(matches(glob, name) for glob in self._allowed_env):
            raise Unresolved(
                message, f"allow it in hfops.yaml, under spec: references: {{env: [{name}]}}", fault=True
            )
        if self._base_env is not None and not any(matches(glob, name) for glob in self._base_env):
            hint = "the base branch's hfops.yaml does not allow it yet: allow it in a pull request of its own, merged first"
            raise Unresolved(message, hint, fault=True)

    def _variable(self, name: str, *, secret: bool) -> str:
        if not secret:
            self._refuse_forbidden(name)
        value = self._environ.get(name)
        if value is None:
            raise Unresolved(f"env {clip(name)} is not set", f"set it where hfops runs: export {name}=…")
        if not _is_utf8(value):
            raise Unresolved(f"env {name} is not UTF-8")
        if len(value.encode()) > LIMIT:
            raise Unresolved(f"env {name} is larger than {LIMIT:,} bytes")
        return value

    def _file(self, name: str, *, secret: bool) -> bytes:
        try:
            return self._root.read(name, LIMIT)
        except LocalError as error:
            # A secret's file may be there on the deploying machine only.
            known = not (secret and error.missing)
            raise Unresolved(f"file {clip(name)}: {error}", error.hint, fault=known) from None

    def _output(self, command: tuple[str, ...]) -> bytes:
        output = self._commands.get(command, lambda: _tried(command, str(self._root.root), self._timeout))
        if isinstance(output, Unresolved):
            raise Unresolved(str(output), output.hint)
        return output


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _text(data: bytes, label: str, *, fault: bool) -> str:
    """The value that ``data`` holds, without the line end at its end."""
    text = _decoded(data)
    # Raised out here: the decoder's own error holds the bytes, and would hang on to this one.
    if text is None:
        raise Unresolved(f"{label} is not UTF-8 text", fault=fault)
    if "\0" in text:
        raise Unresolved(f"{label} holds a NUL character, expected text", fault=fault)
    return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text


def _decoded(data: bytes) -> str | None:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _tried(command: tuple[str, ...], folder: str, timeout: float) -> bytes | Unresolved:
    """What a command prints, or why there is nothing. What it says on stderr may hold secrets, so nobody sees it."""
    label = f"command {clip(command[0])}"
    try:
        with subprocess.Popen(  # noqa: S603 - the manifest's own command, and no shell
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            bufsize=0, start_new_session=True,
        ) as process:  # fmt: skip
            output = _heard(process, timeout)
    except FileNotFoundError:
        return Unresolved(f"{label} was not found", "is it installed, and on the PATH?")
    except (OSError, ValueError) as error:
        return Unresolved(f"{label} cannot be run: {getattr(error, 'strerror', None) or 'bad arguments'}")
    except subprocess.TimeoutExpired:
        return Unresolved(f"{label} did not end within {timeout:g} seconds")
    if len(output) > LIMIT:
        return Unresolved(f"{label} prints more than {LIMIT:,} bytes")
    if code := process.returncode:
        how = f"ended with exit code {code}" if code > 0 else f"was ended by signal {-code}"
        return Unresolved(f"{label} {how}", "run it by hand to see what it says: hfops does not show it")
    return output


def _heard(process: subprocess.Popen[bytes], timeout: float) -> bytes:
    """All that a command prints, or one byte more than the limit; then it is gone. Raises TimeoutExpired."""
    pieces = list[bytes]()
    # A thread, for not every system can wait for a pipe with a time limit.
    listener = Thread(target=_listen, args=(process.stdout, pieces), daemon=True)
    listener.start()
    try:
        _end(process, listener, pieces, timeout)
    except BaseException:
        _kill(process)
        listener.join(_GRACE)
        raise
    return b"".join(pieces)


def _end(process: subprocess.Popen[bytes], listener: Thread, pieces: list[bytes], timeout: float) -> None:
    until = time.monotonic() + timeout
    listener.join(timeout)
    if listener.is_alive():
        raise subprocess.TimeoutExpired((), timeout)
    if sum(map(len, pieces)) > LIMIT:
        _kill(process)
    else:
        process.wait(max(0.0, until - time.monotonic()))


def _listen(pipe: IO[bytes], pieces: list[bytes]) -> None:
    left = LIMIT + 1
    while left > 0 and (piece := pipe.read(left)):
        pieces.append(piece)
        left -= len(piece)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a command and whatever it started."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
