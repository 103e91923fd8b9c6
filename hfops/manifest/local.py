"""The project's own files: named from its root, and never outside it."""

from __future__ import annotations

import hashlib
import os
import posixpath
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Final

from hfops.manifest.gitignore import Rules, lines_of
from hfops.manifest.reading import MAX_BYTES, decode
from hfops.manifest.text import clip
from hfops.model.problem import HfopsError, Problem

NEVER: Final = (".git", ".hfops", ".env", "__pycache__")
"""Names that are left out of every walk: they are no part of what a project publishes."""
MAX_ENTRIES: Final = 100_000
"""Files and folders in one walk; symlinks may name the same folder many times over."""
_CHUNK: Final = 1024 * 1024


class LocalError(HfopsError):
    """A path that no manifest may name, or a file that is not there (``missing``) or not to be read."""

    def __init__(self, message: str, hint: str | None = None, *, missing: bool = False) -> None:
        super().__init__(message)
        self.hint = hint
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Digest:
    """A file by what is in it: ``size`` in bytes, git's sha1 of the blob, and the sha256 of the bytes."""

    size: int
    blob_id: str
    sha256: str


def located(written: str, folder: str) -> str:
    """The root-relative posix path of what a manifest in ``folder`` (root-relative) calls ``written``.

    ``./x`` and ``../x`` lie beside the manifest, everything else is named from the root; the root itself is ``.``.
    Nothing is looked up. Raises LocalError for paths that are absolute, begin with ``~``, or leave the root.
    """
    if written.startswith("~"):
        raise LocalError(f"a home folder is no place of this project: {clip(written)}", _UNDER_ROOT)
    return _normal(f"{folder}/{written}" if folder and _beside(written) else written, written)


def folder_of(file: Path, root: Path) -> str:
    """The folder of a file, from the root; empty for the root itself, and for what is not below it."""
    folder, top = file.parent.resolve(), root.resolve()
    found = folder.relative_to(top).as_posix() if folder.is_relative_to(top) else "."
    return "" if found == "." else found


def check_written(written: str) -> None:
    """Raise LocalError for what ``located`` refuses wherever the manifest lies."""
    if not _beside(written) or "\0" in written:
        located(written, "")


def _beside(written: str) -> bool:
    return written in (".", "..") or written.startswith(("./", "../"))


_UNDER_ROOT: Final = "write a path under the project's root, or ./x for a file beside the manifest"


def _normal(path: str, written: str) -> str:
    if not path:
        raise LocalError("an empty path", _UNDER_ROOT)
    if "\0" in path:
        raise LocalError(f"a NUL character in a path: {clip(written)}")
    if path.startswith("/"):
        raise LocalError(f"an absolute path: {clip(written)}", _UNDER_ROOT)
    normal = posixpath.normpath(path)
    if normal == ".." or normal.startswith("../"):
        raise LocalError(f"a path that leaves the project's root: {clip(written)}", _UNDER_ROOT)
    return normal


class Local:
    """The files under one root. Names are root-relative posix paths, as ``located`` gives them; any thread may ask."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.realpath(root))
        self._lock = Lock()
        self._digests: dict[tuple[str, int, int, int], Digest] = {}

    def path(self, name: str) -> Path:
        """The real path of a file or folder, symlinks resolved. Raises LocalError."""
        full = self.root / _normal(name, name)
        try:
            real = Path(os.path.realpath(full))
            if not real.is_relative_to(self.root):
                raise LocalError(
                    f"{clip(name)}: a symlink that leads outside the project's root, {self.root}"
                )
            mode = real.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            raise self._missing(name, full) from None
        except (OSError, ValueError) as error:
            raise _unreadable(name, error) from None
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise LocalError(f"{clip(name)}: neither a regular file nor a folder")
        return real

    def exists(self, name: str) -> bool:
        """Whether it is a file or folder under the root."""
        try:
            self.path(name)
        except LocalError:
            return False
        return True

    def is_folder(self, name: str) -> bool:
        """Whether it is a folder under the root."""
        return self.exists(name) and self.path(name).is_dir()

    def read(self, name: str, limit: int = MAX_BYTES) -> bytes:
        """The bytes of a file, of which there may be at most ``limit``. Raises LocalError."""
        with self._open(name) as file:
            data = _read(file, limit + 1, name)
        if len(data) > limit:
            raise LocalError(f"{clip(name)}: too large, at most {limit:,} bytes are read")
        return data

    def text(self, name: str, limit: int = MAX_BYTES) -> str:
        """The text of a UTF-8 file, without its byte order mark. Raises LocalError."""
        text = decode(self.read(name, limit), clip(name))
        if isinstance(text, Problem):
            raise LocalError(f"{text.where}: {text.message}", text.hint)
        return text

    def digest(self, name: str) -> Digest:
        """A file's size and hashes; it is read once, and again only if it was written to. Raises LocalError."""
        with self._open(name) as file:
            key = (os.path.realpath(file.name), *_state(file))
            with self._lock:
                known = self._digests.get(key)
            if known is None:
                known = digest_of(file, name)
                with self._lock:
                    self._digests[key] = known
        return known

    def walk(self, name: str, include: Sequence[str] = (), ignore: Sequence[str] = ()) -> dict[str, str]:
        """The files below a folder: their path in it to their root-relative name, sorted.

        ``.gitignore`` files count from the root down, though a folder that is named here is walked even where they
        name it. ``include`` (none: all) and ``ignore`` are patterns of the same form, from the folder; ``ignore``
        has the last word. Symlinked folders are followed. Raises LocalError.
        """
        return _Walk(self, _normal(name, name), Rules(include) if include else None, Rules(ignore)).files()

    def _open(self, name: str) -> BinaryIO:
        real = self.path(name)
        if real.is_dir():
            raise LocalError(f"{clip(name)}: a folder, expected a file")
        try:
            return real.open("rb")
        except OSError as error:
            raise _unreadable(name, error) from None

    def _missing(self, name: str, full: Path) -> LocalError:
        if full.is_symlink():
            return LocalError(f"{clip(name)}: a symlink that leads nowhere", missing=True)
        beside = "write ./x for a file beside the manifest"
        return LocalError(f"no such file: {clip(name)}", f"looked at {full}; {beside}", missing=True)


def digest_of(file: BinaryIO, name: str) -> Digest:
    """The digest of an open file. Raises LocalError where it cannot be read, or changes meanwhile."""
    before = _state(file)
    size = before[-1]
    blob, sha256 = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False), hashlib.sha256()
    count = 0
    # One that grows faster than it is read would be read for ever.
    while count <= size and (chunk := _read(file, _CHUNK, name)):
        count += len(chunk)
        blob.update(chunk)
        sha256.update(chunk)
    if count != size or _state(file) != before:
        raise LocalError(f"{clip(name)}: changed while it was being read", "run again when it is complete")
    return Digest(size, blob.hexdigest(), sha256.hexdigest())


def _state(file: BinaryIO) -> tuple[int, int, int]:
    info = os.fstat(file.fileno())
    return info.st_mtime_ns, info.st_ctime_ns, info.st_size


def _read(file: BinaryIO, count: int, name: str) -> bytes:
    try:
        return file.read(count)
    except OSError as error:
        raise _unreadable(name, error) from None


def _unreadable(name: str, error: OSError | ValueError) -> LocalError:
    return LocalError(f"{clip(name)}: cannot be read: {getattr(error, 'strerror', None) or 'a bad name'}")


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder that is to be walked: its path in the walk (``a/``), the real folders around it, what covers it."""

    path: str
    around: frozenset[str]
    levels: tuple[tuple[str, Rules], ...]
    included: bool


class _Walk:
    """One walk below one folder, ``name``."""

    def __init__(self, local: Local, name: str, include: Rules | None, ignore: Rules) -> None:
        self._local = local
        self._prefix = "" if name == "." else f"{name}/"
        self._name = name
        self._include = include
        self._ignore = ignore
        self._found: dict[str, str] = {}
        self._entries = 0

    def files(self) -> dict[str, str]:
        """The files, sorted."""
        if not self._local.is_folder(self._name):
            self._local.path(self._name)
            raise LocalError(f"{clip(self._name)}: a file, expected a folder")
        stack = [_Folder("", frozenset(), self._above(), self._include is None)]
        while stack:
            folder = self._entered(stack.pop())
            if folder is not None:
                stack += [below for entry in self._scan(folder) if (below := self._visit(folder, entry))]
        return dict(sorted(self._found.items()))

    def _above(self) -> tuple[tuple[str, Rules], ...]:
        """The rules that hold above the folder, the root's first."""
        parts = self._prefix.split("/")[:-1]
        folders = ["".join(f"{p}/" for p in parts[:end]) for end in range(len(parts))]
        return tuple((f, rules) for f in folders if (rules := self._rules(f)))

    def _rules(self, folder: str) -> Rules | None:
        path = self._local.root / f"{folder}.gitignore"
        # As git does it: a symlink in this place counts for nothing.
        if path.is_symlink() or not path.is_file():
            return None
        return Rules(lines_of(self._local.read(f"{folder}.gitignore")))

    def _entered(self, folder: _Folder) -> _Folder | None:
        """The folder with its own rules; None where a symlink led back into a folder around it."""
        full = self._prefix + folder.path
        real = os.path.realpath(self._local.root / full)
        if real in folder.around:
            return None
        own = self._rules(full)
        levels = (*folder.levels, (full, own)) if own else folder.levels
        return _Folder(folder.path, folder.around | {real}, levels, folder.included)

    def _scan(self, folder: _Folder) -> list[os.DirEntry[str]]:
        full = self._prefix + folder.path
        try:
            with os.scandir(self._local.root / full) as entries:
                kept = [e for e in entries if e.name not in NEVER]
        except OSError as error:
            raise _unreadable(full, error) from None
        self._entries += len(kept)
        if self._entries > MAX_ENTRIES:
            hint = "leave some out with ignore, or name a smaller folder"
            raise LocalError(f"{clip(self._name)}: more than {MAX_ENTRIES:,} files and folders", hint)
        return sorted(kept, key=lambda e: e.name)

    def _visit(self, folder: _Folder, entry: os.DirEntry[str]) -> _Folder | None:
        """Note a file; give back a folder that is to be walked too."""
        path, is_folder = folder.path + entry.name, entry.is_dir()
        if self._ignored(folder, path, is_folder=is_folder):
            return None
        included = self._included(folder, path, is_folder=is_folder)
        if is_folder or included:
            self._check(path, entry)
        if is_folder:
            return _Folder(f"{path}/", folder.around, folder.levels, included)
        if included:
            self._found[path] = self._prefix + path
        return None

    def _included(self, folder: _Folder, path: str, *, is_folder: bool) -> bool:
        said = self._include.check(path, folder=is_folder) if self._include else None
        return folder.included if said is None else said

    def _ignored(self, folder: _Folder, path: str, *, is_folder: bool) -> bool:
        said = self._ignore.check(path, folder=is_folder)
        full = self._prefix + path
        for above, rules in reversed(folder.levels):
            if said is None:
                said = rules.check(full.removeprefix(above), folder=is_folder)
        return bool(said)

    def _check(self, path: str, entry: os.DirEntry[str]) -> None:
        """Raise LocalError for an entry that may not be read, or whose name the Hub could not take."""
        full = self._prefix + path
        try:
            entry.name.encode("utf-8")
        except UnicodeEncodeError:
            raise LocalError(f"{clip(full)}: a name that is not UTF-8", "rename it, or ignore it") from None
        if entry.is_symlink() or not (entry.is_file() or entry.is_dir()):
            self._local.path(full)


NOWHERE: Final = Local(Path(os.devnull))
"""Files where there are none: below a device nothing exists, so that every access is a LocalError."""
