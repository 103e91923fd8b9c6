"""``load``: the paths of a command line to documents, and everything wrong with the files, at once."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hfops.manifest.document import Document
from hfops.manifest.files import absolute, is_manifest, read_text, scan, shown_name
from hfops.manifest.settings import Settings
from hfops.manifest.template import Tracer, render_traced
from hfops.manifest.yaml import parse
from hfops.model.problem import Problem

_NAMES_A_FILE = frozenset(("file", "yaml", "json", "csv", "template"))


@dataclass(frozen=True)
class Loaded:
    """What was read, and what could not be.

    ``whole_root``: the paths cover all of the root, so what is not in the documents is not in the project.
    """

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]
    files: tuple[str, ...]
    whole_root: bool


@dataclass(frozen=True)
class _File:
    path: pathlib.Path
    shown: str
    documents: list[Document]
    problems: list[Problem]


def load(
    paths: Sequence[pathlib.Path],
    root: pathlib.Path,
    settings: Settings,
    variables: Mapping[str, Any],
    *,
    data: Sequence[pathlib.Path] = (),
) -> Loaded:
    """Read every manifest under ``paths`` (default: the root). Never raises for what files hold.

    Files that documents name as data, and those in ``data`` (files of variables), are not manifests
    unless the command line names them.
    """
    found = scan(paths, root, settings.ignore)
    context = {"vars": dict(variables)}
    read = [_read(path, shown_name(path, root), context) for path in found.files]
    apart = {os.path.realpath(p) for p in data} | _named_as_data(read, root)
    kept = [f for f in read if f.path in found.named or not _among(f.path, apart)]
    return Loaded(
        documents=tuple(d for f in kept for d in f.documents),
        problems=(*found.problems, *(p for f in kept for p in f.problems)),
        files=tuple(f.shown for f in kept),
        whole_root=_covers(paths, root),
    )


def _read(path: pathlib.Path, shown: str, context: Mapping[str, Any]) -> _File:
    text = read_text(path, shown)
    if isinstance(text, Problem):
        return _File(path, shown, [], [text])
    trace: Tracer | None = None
    if path.name.endswith(".j2"):
        rendered = render_traced(text, shown, context)
        if isinstance(rendered, Problem):
            return _File(path, shown, [], [rendered])
        text, trace = rendered.text, Tracer(text, rendered)
    documents, problems = parse(text, shown, trace)
    return _File(path, shown, [replace(d, origin=path) for d in documents], problems)


def _named_as_data(files: Iterable[_File], root: pathlib.Path) -> set[str]:
    """What documents name as files: in their own folder, else from the root. No document names itself away."""
    out: set[str] = set()
    for file in files:
        around = {os.path.realpath(p) for p in (file.path, *file.path.parents)}
        for name in (n for d in file.documents for n in _file_names(d.data)):
            places = [os.path.realpath(base / name) for base in (file.path.parent, absolute(root))]
            out |= {next(filter(os.path.exists, places), places[0])} - around
    return out


def _file_names(data: Any) -> list[str]:
    out, work = list[str](), [data]
    while work:
        value = work.pop()
        if isinstance(value, list):
            work += value
        elif isinstance(value, dict):
            work += value.values()
            out += [v for k, v in value.items() if isinstance(v, str) and _names_data(k, v)]
    return out


def _names_data(key: str, value: str) -> bool:
    if "\0" in value:
        return False
    return key == "directory" or (key in _NAMES_A_FILE and is_manifest(pathlib.PurePath(value).name))


def _among(path: pathlib.Path, names: set[str]) -> bool:
    """Whether a file, or a folder around it, is among ``names``."""
    real = pathlib.Path(os.path.realpath(path))
    return any(str(p) in names for p in (real, *real.parents))


def _covers(paths: Sequence[pathlib.Path], root: pathlib.Path) -> bool:
    real = pathlib.Path(os.path.realpath(root))
    return not paths or any(real.is_relative_to(os.path.realpath(p)) for p in paths)
