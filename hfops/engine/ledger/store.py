"""Where a ledger lives. ``FileStore`` is a local file: atomic replace, and an OS lock around a run's writes.

``engine.ledger.hub`` has the other home.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from pydantic import ValidationError

from hfops.engine.ledger.format import VERSION, LedgerForm
from hfops.hub.refusals import clean
from hfops.kinds.registry import KINDS
from hfops.model.address import Address
from hfops.model.problem import HfopsError

LEFT = "it was left as it is; restore it from its history or a backup, or move it away to start anew"
"""The way back from a ledger that cannot be used."""


class LedgerError(HfopsError):
    """A ledger that cannot be read, written or locked. It is never overwritten."""


class HeldError(LedgerError):
    """Another run writes the ledger, and did so for as long as this one was told to wait."""


class Store(Protocol):
    """A home for one ledger."""

    @property
    def url(self) -> str:
        """How users name it."""

    def read(self) -> LedgerForm | None:
        """What is stored, or None. Raises LedgerError for anything that is not a ledger of this version."""

    def write(self, form: LedgerForm) -> LedgerForm | None:
        """Replace what is stored, wholly or not at all. What is stored now, where that is more than ``form``."""

    def lock(self, timeout: float) -> contextlib.AbstractContextManager[None]:
        """Keep other runs from writing; waits up to ``timeout`` seconds in all, however often it is asked for."""


class Keeps(Store, Protocol):
    """A home whose ledger can be taken out and put back as it is (``hfops ledger pull``, ``push``, ``migrate``)."""

    def raw(self) -> str | None:
        """The text as it is stored, whatever it says; None where there is none."""

    def replace(self, form: LedgerForm) -> None:
        """Put ``form`` in the place of whatever ``raw`` gave last. Raises LedgerError where that has changed since."""


class FileStore:
    """A JSON file. Readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._waited = 0.0

    @property
    def real(self) -> Path:
        """Where a symlinked ledger lives: replaced there, and locked there, whatever name it goes by."""
        return Path(os.path.realpath(self.path))

    @property
    def url(self) -> str:
        """``file://`` and the path as given."""
        return f"file://{self.path}"

    def read(self) -> LedgerForm | None:
        """The file's content; None where there is no file."""
        text = self.raw()
        return None if text is None else parse(text, str(self.path))

    def raw(self) -> str | None:
        """The file's text; None where there is no file."""
        try:
            return self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise LedgerError(f"{self.path}: the ledger cannot be read: {_why(error)}; {LEFT}") from None

    def replace(self, form: LedgerForm) -> None:
        """Like ``write``; who looked at ``raw`` before holds the lock."""
        self.write(form)

    def write(self, form: LedgerForm) -> None:
        """Write beside it, flush to disk, rename over it."""
        text, target = dump(form), self.real
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".ledger-", suffix=".tmp")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                Path(temporary).replace(target)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except OSError as error:
            hint = "make its folder writable, or keep it elsewhere with --ledger file://PATH"
            raise LedgerError(f"{self.path}: the ledger cannot be written: {_why(error)}; {hint}") from None

    @contextlib.contextmanager
    def lock(self, timeout: float) -> Iterator[None]:
        """An OS lock on a file beside the ledger: it goes with the process that held it. The file says whose it is.

        Raises HeldError. What was waited in vain before counts.
        """
        path = self.real.with_name(self.real.name + ".lock")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = path.open("a+b")
        except OSError as error:
            hint = "make its folder writable, or keep the ledger elsewhere with --ledger file://PATH"
            raise LedgerError(f"{path}: the ledger cannot be locked: {_why(error)}; {hint}") from None
        with handle:
            deadline = time.monotonic() + max(0.0, timeout - self._waited)
            while not _try_lock(handle.fileno()):
                if time.monotonic() >= deadline:
                    self._waited = max(self._waited, timeout)
                    hint = "wait for it, or give it longer with --lock-timeout SECONDS"
                    said = f"another hfops run is writing this ledger{_who(path)}"
                    raise HeldError(f"{self.path}: {said}; {hint}")
                time.sleep(0.1)
            _sign(handle)
            yield


def _sign(handle: BinaryIO) -> None:
    """Say who holds the lock. Nothing depends on it: a full disk is noticed where it matters."""
    with contextlib.suppress(OSError):
        handle.truncate(0)
        handle.write(f"process {os.getpid()} on {socket.gethostname()[:100]}".encode())
        handle.flush()


def _who(path: Path) -> str:
    try:
        text = clean(path.read_bytes()[:200].decode(errors="replace"))
    except OSError:
        return ""  # some systems lock the file against readers, too
    return f" ({text})" if text else ""


def _try_lock(descriptor: int) -> bool:
    try:
        import fcntl  # noqa: PLC0415 - only on POSIX
    except ImportError:
        return _try_lock_windows(descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _try_lock_windows(descriptor: int) -> bool:
    import importlib  # noqa: PLC0415 - only on Windows

    msvcrt: Any = importlib.import_module("msvcrt")
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True


class NoStore:
    """``--no-ledger``: remembers nothing."""

    url = "none"

    def read(self) -> LedgerForm | None:
        """Nothing, ever."""
        return None

    def write(self, form: LedgerForm) -> None:
        """Kept nowhere."""

    @contextlib.contextmanager
    def lock(self, timeout: float) -> Iterator[None]:
        """Nothing to lock."""
        del timeout
        yield


def dump(form: LedgerForm) -> str:
    """The JSON text: sorted keys, one trailing newline, so that histories read well."""
    data = form.model_dump(mode="json", by_alias=True, exclude_none=False)
    if form.lease is None:
        del data["lease"]  # the file is what the first version wrote
    text = json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    # Half a character, which only an escape can write, is JSON's own escape too.
    return text.encode(errors="backslashreplace").decode()


def parse(text: str, name: str, left: str = LEFT) -> LedgerForm:
    """A ledger from its text. Raises LedgerError that says what is wrong and the way back (``left``)."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LedgerError(f"{name}: not a ledger: {error}; {left}") from None
    if not isinstance(data, dict) or not isinstance(data.get("version"), int):
        raise LedgerError(f"{name}: not a ledger: no version in it; {left}")
    if data["version"] > VERSION:
        message = (
            f"written by a newer hfops (ledger version {data['version']}, this one reads up to {VERSION})"
        )
        raise LedgerError(f"{name}: {message}; upgrade hfops")
    try:
        form = LedgerForm.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(p) for p in first["loc"])
        raise LedgerError(f"{name}: not a ledger: {where}: {first['msg']}; {left}") from None
    named = [*form.entries, *(i.address for i in form.intentions)]
    unknown = sorted({Address.parse(a).kind for a in named} - set(KINDS))
    if unknown:
        raise LedgerError(
            f"{name}: holds kinds that this hfops does not know ({', '.join(unknown)}); upgrade hfops"
        )
    return form


def _why(error: OSError | UnicodeDecodeError) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else "it is no UTF-8 text"
