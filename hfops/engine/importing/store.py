"""Writing files: whole or not at all, and never over what is there."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from hfops.model.problem import HfopsError


def write_new(folder: Path, stem: str, ending: str, text: str) -> Path:
    """A new file ``stem`` below ``folder``, or ``stem-2`` and so on where that is taken. Raises HfopsError."""
    number = 1
    while True:
        target = folder / (f"{stem}{ending}" if number == 1 else f"{stem}-{number}{ending}")
        _make_room(folder, target.parent)
        if not _is_taken(target) and create(target, text):
            return target
        number += 1


def create(target: Path, text: str) -> bool:
    """Write a file that is not there yet; whether that was so. Raises HfopsError."""
    with _written(target, text) as made:
        try:
            os.link(made, target)
        except FileExistsError:
            return False
        except OSError:  # a file system without links
            if target.exists():
                return False
            made.replace(target)
    return True


def replace_with(target: Path, text: str) -> None:
    """Write a file in one step, whatever was there. Raises HfopsError."""
    with _written(target, text) as made:
        made.replace(target)


@contextlib.contextmanager
def _written(target: Path, text: str) -> Iterator[Path]:
    """A file with the text beside its target, gone at the end unless it was moved."""
    try:
        handle, name = tempfile.mkstemp(prefix=".hfops-", dir=target.parent)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(name).chmod(0o666 & ~_umask())
    except OSError as error:
        raise HfopsError(f"{target}: cannot be written: {error.strerror}") from None
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _umask() -> int:
    now = os.umask(0o022)
    os.umask(now)
    return now


def _is_taken(target: Path) -> bool:
    """Whether there is a file of that name, in any spelling: on some systems they are one."""
    names = (entry.name.casefold() for entry in target.parent.iterdir())
    return target.name.casefold() in names


def make_folder(folder: Path) -> None:
    """The folder, made where it is missing. Raises HfopsError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HfopsError(f"{folder}: cannot be made: {error.strerror}") from None


def _make_room(root: Path, folder: Path) -> None:
    """The folder of a file below ``root``. Raises HfopsError where a symlink leads out of it."""
    make_folder(folder)
    if not folder.resolve().is_relative_to(root.resolve()):
        raise HfopsError(f"{folder} leads out of {root}")


def add_lines(target: Path, lines: Iterable[str]) -> list[str]:
    """Add the lines that a file lacks, at its end; the file is made where it is missing. What was added."""
    text = target.read_text(encoding="utf-8") if target.exists() else ""
    have = {line.strip() for line in text.splitlines()}
    missing = [line for line in lines if line not in have]
    if missing:
        joint = "\n" if text and not text.endswith("\n") else ""
        replace_with(target, text + joint + "".join(f"{line}\n" for line in missing))
    return missing
