"""``load``: the paths of a command line to documents, and everything wrong with the files, at once."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hfops.manifest import each
from hfops.manifest.document import Document
from hfops.manifest.files import read_text, scan, shown_name
from hfops.manifest.local import Local, folder_of
from hfops.manifest.settings import Settings
from hfops.manifest.template import Tracer, render_traced
from hfops.manifest.yaml import parse
from hfops.model.problem import Problem


@dataclass(frozen=True)
class Loaded:
    """What was read, and what could not be.

    ``whole_root``: the paths cover all of the root, so what is not in the documents is not in the project.
    """

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]
    files: tuple[str, ...]
    whole_root: bool
    asked: frozenset[str] = frozenset()
    """The files that the paths cover; where the whole root was read besides, fewer than ``files``."""


@dataclass(frozen=True)
class _File:
    path: pathlib.Path
    shown: str
    documents: list[Document]
    problems: list[Problem]
    data: tuple[pathlib.Path, ...] = ()
    """Files that families of its documents are made from."""


def load(
    paths: Sequence[pathlib.Path],
    root: pathlib.Path,
    settings: Settings,
    variables: Mapping[str, Any],
    *,
    data: Sequence[pathlib.Path] = (),
    whole: bool = False,
    names: Callable[[Document], Iterable[pathlib.Path]] = lambda _: (),
) -> Loaded:
    """Read every manifest under ``paths`` (default: the root). Never raises for what files hold.

    With ``whole``, everything else in the root is read too: what is asked about may refer to it. The files in
    ``data`` (files of variables), and those that a document ``names`` as data, are not manifests unless the command
    line names them.
    """
    asked = scan(paths, root, settings.ignore)
    found = scan([*paths, root], root, settings.ignore) if whole and paths else asked
    context = {"vars": dict(variables), "env": settings.environment or ""}
    local = Local(root)
    apart = {os.path.realpath(p) for p in data}
    files = [p for p in found.files if p in found.named or not _among(p, apart)]
    read = [_expanded(_read(path, shown_name(path, root), context), context, local) for path in files]
    kept = _manifests(read, found.named, names)
    return Loaded(
        documents=tuple(d for f in kept for d in f.documents),
        problems=(*found.problems, *(p for f in kept for p in f.problems)),
        files=tuple(f.shown for f in kept),
        whole_root=_covers(paths, root),
        asked=frozenset(shown_name(p, root) for p in asked.files),
    )


def _manifests(
    read: Sequence[_File],
    asked_by_name: set[pathlib.Path],
    names: Callable[[Document], Iterable[pathlib.Path]],
) -> list[_File]:
    """The files that no manifest names as data. What such data names in turn does not count."""

    def named_by(files: Iterable[_File]) -> set[str]:
        named = {p for f in files for d in f.documents for p in names(d)}
        return {os.path.realpath(p) for p in (*named, *(p for f in files for p in f.data))}

    def without(named: set[str]) -> list[_File]:
        return [f for f in read if f.path in asked_by_name or not _among(f.path, named)]

    return without(named_by(without(named_by(read))))


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


def _expanded(file: _File, context: Mapping[str, Any], local: Local) -> _File:
    """The file with every family (``forEach``) in the place of the document that stands for it."""
    if not any(each.FIELD in d.data for d in file.documents):
        return file
    folder = folder_of(file.path, local.root)
    made = [each.family(d, context, local, folder) for d in file.documents]
    named = [n for d in file.documents if (n := each.data_file(d, folder))]
    return replace(
        file,
        documents=[d for documents, _ in made for d in documents],
        problems=[*file.problems, *(p for _, problems in made for p in problems)],
        data=tuple(local.root / n for n in named),
    )


def _among(path: pathlib.Path, names: set[str]) -> bool:
    """Whether a file, or a folder around it, is among ``names``."""
    real = pathlib.Path(os.path.realpath(path))
    return any(str(p) in names for p in (real, *real.parents))


def _covers(paths: Sequence[pathlib.Path], root: pathlib.Path) -> bool:
    real = pathlib.Path(os.path.realpath(root))
    return not paths or any(real.is_relative_to(os.path.realpath(p)) for p in paths)
