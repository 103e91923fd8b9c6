"""``forEach``: one document that stands for a family of them, its strings expressions over ``each``, ``vars`` and ``env``."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from hfops.manifest.document import Document, as_written
from hfops.manifest.listing import list_or_map
from hfops.manifest.local import Local, LocalError, located
from hfops.manifest.scalars import resolve
from hfops.manifest.template import evaluate, render
from hfops.manifest.text import found
from hfops.model.problem import Problem
from hfops.model.source import Path

FIELD: Final = "forEach"
FORMATS: Final = ("csv", "yaml", "json")
MOST: Final = 10_000
"""Members of one family."""
_ONE: Final = re.compile(r"\s*\{\{(?P<expression>(?:(?!\{\{|\}\}).)*)\}\}\s*", re.DOTALL)
"""A string that is one expression and nothing else: it gives a value, not a text."""


class EachText(str):
    """A plain entry of a list: ``{{ each }}`` is its text, ``{{ each.value }}`` what it is, ``{{ each.key }}`` its number."""

    __slots__ = ("key", "value")
    key: str | int
    value: Any


@dataclass(frozen=True, slots=True)
class Member:
    """One entry: its number or key, and what it holds."""

    key: str | int
    value: Any

    @property
    def each(self) -> Any:
        """What expressions see: the fields of a mapping beside ``key`` and ``value``."""
        if isinstance(self.value, Mapping):
            return {"key": self.key, "value": dict(self.value), **self.value}
        text = EachText(self.value if isinstance(self.value, str) else json.dumps(self.value))
        text.key, text.value = self.key, self.value
        return text


def data_file(document: Document, folder: str) -> str | None:
    """The file that a family is made from, from the root; None where there is none, or its path cannot be."""
    source = document.data.get(FIELD)
    named = _named(source) if isinstance(source, Mapping) else None
    if named is None:
        return None
    try:
        return located(named[1], folder)
    except LocalError:
        return None


def family(
    document: Document, context: Mapping[str, Any], local: Local, folder: str
) -> tuple[list[Document], list[Problem]]:
    """The documents that ``document`` stands for: itself where it has no ``forEach``. Never raises.

    ``context`` are ``vars`` and ``env``; ``folder`` is the document's, from the root.
    """
    if FIELD not in document.data:
        return [document], []
    members = _members(document, context, local, folder)
    if isinstance(members, Problem):
        return [], [members]
    if len(members) > MOST:
        return [], [document.problem(f"{len(members):,} entries, at most {MOST:,}", (FIELD,))]
    made: list[Document] = []
    problems: list[Problem] = []
    data = {k: v for k, v in document.data.items() if k != FIELD}
    document = replace(document, family_file=data_file(document, folder))
    for member in members:
        filling = _Filling(document, {**context, "each": member.each})
        filled = filling.value(data, ())
        if filling.problem is not None:
            problems.append(filling.problem)
            break  # the others have the same mistake
        made.append(replace(document, data=filled, raw={}, member=str(member.key)))
    return made, problems


def _members(
    document: Document, context: Mapping[str, Any], local: Local, folder: str
) -> list[Member] | Problem:
    source = as_written(document, (FIELD,))
    if isinstance(source, str):
        filling = _Filling(document, context)
        source = filling.value(source, (FIELD,))
        if filling.problem is not None:
            return filling.problem
    named = _named(source) if isinstance(source, Mapping) else None
    if named is not None:
        try:
            source = _read(*named, local, folder)
        except LocalError as error:
            return document.problem(str(error), (FIELD, named[0]), error.hint)
        except ValueError as error:
            return document.problem(f"{named[1]}: {error}", (FIELD, named[0]))
    if isinstance(source, Mapping):
        return [Member(key, value) for key, value in source.items()]
    if isinstance(source, list):
        return [Member(index, value) for index, value in enumerate(source)]
    hint = "write a list, a mapping, or {csv: FILE}, {yaml: FILE}, {json: FILE}"
    return document.problem(f"expected a list or a mapping, found {found(source)}", (FIELD,), hint)


def _named(source: Mapping[str, Any]) -> tuple[str, str] | None:
    """The format and the file, where ``forEach`` names one."""
    if len(source) != 1:
        return None
    ((form, path),) = source.items()
    return (form, path) if form in FORMATS and isinstance(path, str) else None


def _read(form: str, written: str, local: Local, folder: str) -> Any:
    """The entries of a file. Raises LocalError, or ValueError with what is wrong in it."""
    text = local.text(located(written, folder))
    if form == "csv":
        return list(_rows(text))
    if form == "json":
        return json.loads(text)
    return list_or_map(text, written)


def _rows(text: str) -> Iterator[dict[str, Any]]:
    """Rows by the names of the header. ``true``, ``false`` and whole numbers are what they look like, all else is text."""
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        header = next(reader, [])
        if len(set(header)) != len(header) or not all(h.strip() for h in header):
            raise ValueError("the header needs a name for each column, no two the same")
        for row in reader:
            if not row:
                continue
            if len(row) != len(header):
                said = f"line {reader.line_num}: {len(row)} cells, the header has {len(header)}"
                raise ValueError(said)
            yield {name.strip(): _cell(cell) for name, cell in zip(header, row, strict=True)}
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: {error}") from None


def _cell(text: str) -> Any:
    value = resolve(text)
    plain = isinstance(value, bool) or (isinstance(value, int) and str(value) == text)
    return value if plain else text


class _Filling:
    """One member's strings. Stops at the first that cannot be filled in."""

    def __init__(self, document: Document, context: Mapping[str, Any]) -> None:
        self._document = document
        self._context = context
        self.problem: Problem | None = None

    def value(self, value: Any, path: Path) -> Any:
        """``value`` with every string in it filled in; keys of mappings too."""
        if self.problem is not None:
            return value
        if isinstance(value, str):
            return self._text(value, path)
        if isinstance(value, Mapping):
            return {self._key(k, (*path, k)): self.value(v, (*path, k)) for k, v in value.items()}
        if isinstance(value, Sequence):
            return [self.value(v, (*path, i)) for i, v in enumerate(value)]
        return value

    def _key(self, key: str, path: Path) -> str:
        return str(self._text(key, path)) if "{{" in key else key

    def _text(self, text: str, path: Path) -> Any:
        if "{" not in text:
            return text
        one = _ONE.fullmatch(text)
        where = self._document.mark(path)
        done = (
            evaluate(one["expression"], where, self._context)
            if one
            else render(text, where.file, self._context)
        )
        if isinstance(done, Problem):
            self.problem = replace(done, where=where, path=self._document.problem("", path).path)
            return text
        return done
