"""The files of a folder as a commit of Git has them, written where they can be read like any others.

Only blobs are taken, as they were committed: no hook, filter, textconv or submodule has a part in it. What is written
never leads out of the folder that it is written to.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hfops.engine.git import Git
from hfops.manifest.files import MAX_BYTES, is_manifest
from hfops.manifest.text import clip
from hfops.model.problem import HfopsError

MOST_FILES: Final = 100_000
MOST_BYTES: Final = 256 * 1024 * 1024
"""Bytes of all files together; those that are too large to be read anyway do not count."""
_GULP: Final = 16 * 1024 * 1024
"""Bytes that git is asked for at a time."""
_STEPS: Final = 200
"""Parts of a path that are followed, links on the way included."""
_LINK, _MODULE = "120000", "160000"


@dataclass(frozen=True, slots=True)
class _Entry:
    mode: str
    object_id: str
    size: int
    path: str


def has_file(git: Git, commit: str, path: str) -> bool:
    """Whether there is a file at ``path``, from the repository's top."""
    done = git.run("cat-file", "-t", f"{commit}:{path}")
    return done.returncode == 0 and done.stdout.strip() == b"blob"


def followed(git: Git, commit: str, path: str) -> str:
    """``path``, from the repository's top, with the links on its way followed as they were at ``commit``.

    Raises HfopsError where they lead out of the repository, or nowhere.
    """
    done, todo = list[str](), path.split("/") if path else []
    for _ in range(_STEPS):
        if not todo:
            return "/".join(done)
        part = todo.pop(0)
        if part == ".." and done:
            done.pop()
        elif part == ".." or (part == "" and not done):
            break
        elif part not in ("", "."):
            target = _target(git, commit, "/".join([*done, part]))
            if target is None:
                done.append(part)
            else:
                todo = [*target.split("/"), *todo]
                done = [] if target.startswith("/") else done
    raise HfopsError(f"{clip(path)}: a symlink that leads outside the repository, or in a circle")


def _target(git: Git, commit: str, path: str) -> str | None:
    """What a symlink says; None for anything else."""
    found = git.names("ls-tree", "-z", "--full-tree", commit, "--", path)
    if not found or not found[0].startswith(_LINK):
        return None
    return git.text("cat-file", "blob", f"{commit}:{path}", why=f"git: {clip(path)}")


def file_of(git: Git, commit: str, path: str) -> bytes | None:
    """What a file holds; None where there is none, or too much."""
    done = git.run("cat-file", "-s", f"{commit}:{path}")
    if not has_file(git, commit, path) or int(done.stdout) > MAX_BYTES:
        return None
    return git.output("cat-file", "blob", f"{commit}:{path}", why=f"git: {clip(path)}")


def lay_out(git: Git, commit: str, folder: str, target: Path) -> None:
    """Write what ``folder`` (from the repository's top) holds at ``commit`` below ``target``, an empty folder.

    A file of more than MAX_BYTES is there with its size and without its content: nobody reads such a one. Links that
    lead out of ``target`` are left out. Raises HfopsError for too much, and for a manifest that is such a link.
    """
    done = git.run("cat-file", "-t", f"{commit}:{folder}")
    if done.returncode or done.stdout.strip() != b"tree":
        return
    entries = list(_entries(git, commit, folder))
    _refuse_too_much(entries)
    links = [e for e in entries if e.mode == _LINK]
    files = [e for e in entries if e.mode not in (_LINK, _MODULE)]
    for entry in files:
        if entry.size > MAX_BYTES:
            _write(target, entry.path, b"")
            os.truncate(target / entry.path, entry.size)
    for entry, data in _contents(git, [e for e in files if e.size <= MAX_BYTES]):
        _write(target, entry.path, data)
    # Last of all, so that nothing is ever written through one.
    for entry, data in _contents(git, links):
        _link(target, entry.path, data)
    _drop_escapes(target, [e.path for e in links])


def _entries(git: Git, commit: str, folder: str) -> Iterator[_Entry]:
    listed = git.names("ls-tree", "-r", "-l", "-z", "--full-tree", f"{commit}:{folder}")
    for line in listed:
        head, _, path = line.partition("\t")
        mode, _, object_id, size = head.split()
        _refuse_bad(path)
        yield _Entry(mode, object_id, 0 if size == "-" else int(size), path)


def _refuse_bad(path: str) -> None:
    parts = path.split("/")
    if any(p in ("", ".", "..") or p.casefold() == ".git" or os.sep in p for p in parts):
        raise HfopsError(f"{clip(path)}: no path that Git would make")


def _refuse_too_much(entries: Sequence[_Entry]) -> None:
    size = sum(e.size for e in entries if e.size <= MAX_BYTES)
    if len(entries) > MOST_FILES or size > MOST_BYTES:
        most = f"at most {MOST_FILES:,} and {MOST_BYTES // 1024 // 1024} MiB are looked at"
        raise HfopsError(f"{len(entries):,} files with {size // 1024 // 1024:,} MiB: {most}")


def _contents(git: Git, entries: Sequence[_Entry]) -> Iterator[tuple[_Entry, bytes]]:
    """Each entry with its bytes, some at a time."""
    gulp: list[_Entry] = []
    for entry in entries:
        gulp.append(entry)
        if sum(e.size for e in gulp) > _GULP or len(gulp) >= 1_000:
            yield from _gulp(git, gulp)
            gulp = []
    yield from _gulp(git, gulp)


def _gulp(git: Git, entries: Sequence[_Entry]) -> Iterator[tuple[_Entry, bytes]]:
    asked = "".join(f"{e.object_id}\n" for e in entries).encode()
    rest = memoryview(git.output("cat-file", "--batch", why="git failed", given=asked)) if entries else b""
    at = 0
    for entry in entries:
        end = bytes(rest[at : at + 200]).find(b"\n")
        head = bytes(rest[at : at + end]).split()
        if head[1:] != [b"blob", str(entry.size).encode()]:
            raise HfopsError(f"{clip(entry.path)}: this clone does not hold it; fetch the whole commit")
        begin = at + end + 1
        yield entry, bytes(rest[begin : begin + entry.size])
        at = begin + entry.size + 1


def _write(target: Path, path: str, data: bytes) -> None:
    file = target / path
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as opened:
            opened.write(data)
    except OSError as error:
        raise HfopsError(f"{clip(path)}: cannot be written: {error.strerror}") from None


def _link(target: Path, path: str, data: bytes) -> None:
    file = target / path
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.symlink_to(os.fsdecode(data))
    except (OSError, ValueError) as error:
        raise HfopsError(f"{clip(path)}: cannot be written: {error}") from None


def _drop_escapes(target: Path, links: Sequence[str]) -> None:
    """Take away the links that lead out, once all are there: one may lead out through another."""
    real = Path(os.path.realpath(target))
    out = [p for p in links if not Path(os.path.realpath(target / p)).is_relative_to(real)]
    for path in out:
        name = path.rpartition("/")[2]
        if is_manifest(name):
            raise HfopsError(f"{clip(path)}: a symlink that leads outside the project's root")
    for path in out:
        (target / path).unlink()
