"""Putting new texts of manifests in place."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from hfops.engine.accepting.outcome import AGAIN, AGAIN_HINT, Acceptance, Rewrite
from hfops.model.problem import Problem, Problems
from hfops.model.source import Mark


def write(acceptance: Acceptance) -> None:
    """Put the new texts in place, each at once and with the file's own mode.

    Raises Problems, and writes nothing, where a file is not as it was read; OSError where one cannot be written.
    """
    stale = [f for f in acceptance.files if _bytes(f.path) != f.before]
    if stale:
        raise Problems([Problem(AGAIN, Mark(f.file), hint=AGAIN_HINT) for f in stale])
    for file in acceptance.files:
        _put(file)


def _bytes(path: Path) -> bytes | None:
    """What a file holds; None where it is gone, or is another file's name by now."""
    try:
        return None if path.is_symlink() else path.read_bytes()
    except OSError:
        return None


def _put(file: Rewrite) -> None:
    handle, name = tempfile.mkstemp(prefix=".", suffix=f".{file.path.name}.tmp", dir=file.path.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(file.after)
            out.flush()
            os.fsync(out.fileno())
        Path(name).chmod(stat.S_IMODE(file.path.stat().st_mode))
        Path(name).replace(file.path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise
