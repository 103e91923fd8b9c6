"""A manifest document: plain data, and the place in the file of every key and value."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hfops.manifest.text import clip
from hfops.model.problem import Problem
from hfops.model.source import Mark, Path, dotted


@dataclass(frozen=True)
class Document:
    """One YAML document of a file.

    ``file`` is the name shown to users, ``index`` the document's number within it, from 0. ``marks`` has the
    place of every value (``()`` is the document), ``key_marks`` of every key. ``raw`` holds the source text of
    every plain scalar that did not resolve to a string (``1.10``), to suggest quoting. ``origin`` is the file
    on disk, absolute, where there is one: what relative paths in the document start from. ``member`` is the key of the
    entry of its ``forEach`` that it was made from, ``family_file`` the file of that, from the root, if it is one.
    """

    file: str
    index: int
    data: dict[str, Any]
    marks: Mapping[Path, Mark] = field(default_factory=dict)
    key_marks: Mapping[Path, Mark] = field(default_factory=dict)
    raw: Mapping[Path, str] = field(default_factory=dict)
    origin: pathlib.Path | None = None
    member: str | None = None
    family_file: str | None = None

    def mark(self, path: Path = ()) -> Mark:
        """The place of the value at ``path``, or of the nearest thing around it that was written."""
        for end in range(len(path), -1, -1):
            if found := self.marks.get(path[:end]):
                return found
        return Mark(self.file)

    def key_mark(self, path: Path) -> Mark:
        """The place of the key at ``path``; of the value where it has no key (list entries, the document)."""
        return self.key_marks.get(path) or self.mark(path)

    def problem(self, message: str, path: Path = (), hint: str | None = None) -> Problem:
        """A problem at the value of ``path``."""
        return Problem(message, self.mark(path), None, shown_path(path), hint)


def shown_path(path: Path) -> str | None:
    """A path for messages: ``spec.tags[0]``, strange keys made safe to print; None for the whole document."""
    return clip(dotted(path), 200) if path else None


def as_written(document: Document, at: Path = ()) -> Any:
    """The data at ``at``, with numbers that would print differently than written kept as text.

    Variables end up in text: ``version: 1.10`` must not become ``1.1`` on the way.
    """
    value: Any = document.data
    for part in at:
        value = value[part]
    return _as_written(document, at, value)


def _as_written(document: Document, at: Path, value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _as_written(document, (*at, k), v) for k, v in value.items()}
    if isinstance(value, list):
        return [_as_written(document, (*at, i), v) for i, v in enumerate(value)]
    raw = document.raw.get(at)
    return raw if isinstance(value, float) and raw is not None and raw != repr(value) else value
