"""Which files are manifests: found under the paths of the command line, in an order that never varies."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hfops.manifest.globs import covers
from hfops.manifest.reading import MAX_BYTES, decode, read_text
from hfops.model.problem import Problem, Problems
from hfops.model.source import Mark

__all__ = [
    "MAX_BYTES",
    "PROJECT_FILE",
    "Found",
    "decode",
    "discover",
    "find_root",
    "read_text",
    "scan",
    "shown_name",
]

PROJECT_FILE = "hfops.yaml"
_SUFFIXES = (".yaml", ".yml", ".yaml.j2", ".yml.j2")


@dataclass
class Found:
    """Manifest files (absolute, in order), those the user named one by one, and what stood in the way."""

    files: list[Path] = field(default_factory=list)
    named: set[Path] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)


def find_root(start: Path) -> Path:
    """The nearest folder at or above ``start`` that holds ``hfops.yaml``, else ``start`` (or its folder)."""
    first = absolute(start)
    folder = first if first.is_dir() or not first.exists() else first.parent
    return next((f for f in (folder, *folder.parents) if (f / PROJECT_FILE).is_file()), folder)


def discover(paths: Sequence[Path], root: Path, ignore: Sequence[str]) -> list[Path]:
    """The manifest files under ``paths`` (default: the root), sorted. Raises Problems, all at once."""
    found = scan(paths, root, ignore)
    if found.problems:
        raise Problems(found.problems)
    return found.files


def scan(paths: Sequence[Path], root: Path, ignore: Sequence[str]) -> Found:
    """Like ``discover``, but what is wrong with one path does not hide the others."""
    walk = _Walk(absolute(root), tuple(ignore))
    for path in paths or [root]:
        walk.start(path)
    walk.follow()
    walk.found.files = _once(walk.found.files)
    return walk.found


def shown_name(path: Path, root: Path) -> str:
    """A file's name in messages: from the current directory where it is below it, else from the root."""
    for base in (Path.cwd(), absolute(root)):
        if path.is_relative_to(base):
            return path.relative_to(base).as_posix()
    return path.as_posix()


def absolute(path: Path) -> Path:
    """The path from ``/``, without ``..``, symlinks kept: names in messages stay the user's."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow symlinks, absolute() keeps '..'


def is_manifest(name: str) -> bool:
    """Whether a file of this name is read when it is found in a folder."""
    return name.endswith(_SUFFIXES) and not name.startswith(".") and name != PROJECT_FILE


class _Walk:
    """One search. Symlinked folders wait until all real ones were seen, so that each is read once, under its own name."""

    def __init__(self, root: Path, ignore: tuple[str, ...]) -> None:
        self.found = Found()
        self._root = root
        self._real_root = Path(os.path.realpath(root))
        self._ignore = ignore
        self._seen: set[str] = set()
        self._links: list[Path] = []

    def start(self, path: Path) -> None:
        """One path of the command line."""
        full, name = absolute(path), str(path)
        if "\0" in name or not os.path.lexists(full):
            self._wrong("no such file or folder", full, name)
        elif not full.exists():
            self._wrong("a symlink that leads nowhere", full, name)
        elif self._outside(full):
            self._wrong(f"outside the project's root, {self._root}", full, name)
        elif full.is_dir():
            self._folder(full)
        elif full.name != PROJECT_FILE:
            self.found.files.append(full)
            self.found.named.add(full)

    def follow(self) -> None:
        """Walk the symlinked folders, and those found on the way."""
        while self._links:
            self._folder(self._links.pop(0))

    def _folder(self, top: Path) -> None:
        stack = [top]
        while stack:
            folder = stack.pop()
            real = os.path.realpath(folder)
            if real in self._seen:
                continue
            self._seen.add(real)
            for entry in self._entries(folder):
                if entry.is_symlink():
                    self._symlink(Path(entry.path))
                elif entry.is_dir():
                    stack.append(Path(entry.path))
                elif is_manifest(entry.name):
                    self.found.files.append(Path(entry.path))

    def _entries(self, folder: Path) -> Iterable[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                kept = [e for e in entries if not e.name.startswith(".") and not self._ignored(Path(e.path))]
        except OSError as error:
            self._wrong(f"cannot be read: {error.strerror}", folder)
            return []
        return sorted(kept, key=lambda e: e.name)

    def _symlink(self, link: Path) -> None:
        if not link.is_dir() and not is_manifest(link.name):
            return
        if not link.exists():
            self._wrong("a symlink that leads nowhere, or in a circle", link)
        elif self._outside(link):
            self._wrong("a symlink that leads outside the project's root", link)
        elif link.is_dir():
            self._links.append(link)
        else:
            self.found.files.append(link)

    def _outside(self, path: Path) -> bool:
        return not Path(os.path.realpath(path)).is_relative_to(self._real_root)

    def _ignored(self, path: Path) -> bool:
        if not path.is_relative_to(self._root):
            return False
        name = path.relative_to(self._root).as_posix()
        return any(covers(pattern, name) for pattern in self._ignore)

    def _wrong(self, message: str, path: Path, name: str | None = None) -> None:
        self.found.problems.append(Problem(message, Mark(name or shown_name(path, self._root))))


def _once(files: list[Path]) -> list[Path]:
    """Sorted by posix path; a file reached twice is kept once, under its real name where that is among them."""
    chosen: dict[str, Path] = {}
    for path in sorted(set(files), key=lambda p: (p.is_symlink(), p.as_posix())):
        chosen.setdefault(os.path.realpath(path), path)
    return sorted(chosen.values(), key=Path.as_posix)
