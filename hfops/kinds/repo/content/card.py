"""README.md as front matter and body. Merging changes the text only where a key changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from yaml.nodes import MappingNode, Node, ScalarNode

from hfops.kinds.repo.content.yaml import CardError, canonical, key_of, plain, tree, why_anew, written

README = "README.md"
BOM = "\ufeff"

_FRONT = re.compile(
    r"\A(\ufeff?\s*---[ \t]*(?:\r\n|\n))(.*?)(^---[ \t]*(?:\r\n|\n|\Z))", re.DOTALL | re.MULTILINE
)
_FENCE = "---"


@dataclass(frozen=True, slots=True)
class Readme:
    """The text in four parts: up to the front matter, the front matter, the line that ends it, the rest.

    Without front matter ``head`` is at most a byte order mark, and ``foot`` is empty. ``newline`` is the line end.
    """

    head: str
    front: str
    foot: str
    body: str
    newline: str
    anew: str = field(default="", compare=False)
    """Why the front matter was written as a whole, and not line by line."""

    @classmethod
    def of(cls, data: bytes) -> Self:
        """The parts of a file. Raises CardError for what is not UTF-8."""
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise CardError("it is not UTF-8 text") from None
        newline = "\r\n" if "\r\n" in text.partition("\n")[0] + "\n" else "\n"
        found = _FRONT.match(text)
        if found is None:
            mark = BOM if text.startswith(BOM) else ""
            return cls(mark, "", "", text.removeprefix(BOM), newline)
        return cls(found[1], found[2], found[3], text[found.end() :], newline)

    def __bytes__(self) -> bytes:
        return f"{self.head}{self.front}{self.foot}{self.body}".encode()

    @property
    def metadata(self) -> dict[str, Any]:
        """The front matter as JSON. Raises CardError."""
        return plain(tree(self.front))

    def merged(self, wanted: Mapping[str, Any], removed: Iterable[str] = ()) -> Readme:
        """With these values, and without these keys; what is so already stays as it is written."""
        have = self.metadata
        changed = {k: v for k, v in wanted.items() if k not in have or canonical(have[k]) != canonical(v)}
        going = [k for k in removed if k in have]
        if not changed and not going:
            return self
        expected = {k: v for k, v in have.items() if k not in going} | changed
        front = _edited(self.front, changed, going, expected, self.newline)
        if front is not None:
            return self._with_front(front, expected)
        return replace(self._with_front(_whole(expected, self.newline), expected), anew=why_anew(self.front))

    def without(self, keys: Iterable[str]) -> Readme:
        """What is left when these keys are not looked at: two files that differ in them alone are the same so."""
        left = self.merged({}, keys)
        return left.bare() if left.foot and not left.front.strip() else left

    def _with_front(self, front: str, expected: Mapping[str, Any]) -> Readme:
        if not expected and not front.strip():
            return self.bare()
        if self.foot:
            return replace(self, front=front)
        fence = _FENCE + self.newline
        return replace(self, head=self.head + fence, front=front, foot=fence)

    def bare(self) -> Readme:
        """Without front matter; an empty one is kept where the body would be taken for one."""
        without = Readme.of((BOM if self.head.startswith(BOM) else "").encode() + self.body.encode())
        return replace(self, front="{}" + self.newline) if without.foot else without

    def with_body(self, body: str) -> Readme:
        """With another body, in this file's line ends."""
        text = unix(body).replace("\n", self.newline)
        foot = self.foot
        if foot and text and not foot.endswith("\n"):
            foot += self.newline
        return replace(self, foot=foot, body=text)


def unix(text: str) -> str:
    """``text`` with one kind of line end."""
    return text.replace("\r\n", "\n")


class _TooHardError(Exception):
    """A place that no edit of lines can change."""


def _edited(
    front: str, changed: Mapping[str, Any], removed: Iterable[str], expected: Mapping[str, Any], newline: str
) -> str | None:
    """The front matter's text, edited line by line; None where lines are not what it is made of."""
    try:
        text = front
        for key in removed:
            text = _without(text, key)
        for key, value in changed.items():
            text = _with(text, key, value, newline)
        if canonical(plain(tree(text))) == canonical(expected):
            return text
    except (_TooHardError, CardError):
        pass
    return None


def _whole(expected: Mapping[str, Any], newline: str) -> str:
    """A front matter written anew. Raises CardError where it would not be read as what was written."""
    text = written(expected).replace("\n", newline) if expected else ""
    if canonical(plain(tree(text))) != canonical(expected):
        raise CardError("its front matter holds values that YAML cannot hold")
    return text


@dataclass(frozen=True, slots=True)
class _Place:
    """The whole lines of one key: from the key to the last line of its value. ``indent`` is the mapping's own."""

    start: int
    end: int
    indent: str
    value: Node


def _with(text: str, key: str, value: Any, newline: str) -> str:
    place = _place(text, key)
    lines = written({key: value})
    if place is None:
        indent = _indent(text)
        gap = "" if not text or text.endswith("\n") else newline
        return text + gap + _laid_out(lines, indent, newline)
    if single := _on_one_line(text, place, lines):
        start, end = place.value.start_mark.index, place.value.end_mark.index
        return text[:start] + single + text[end:]
    block = _laid_out(lines, place.indent, newline)
    return text[: place.start] + block + text[place.end :]


def _without(text: str, key: str) -> str:
    place = _place(text, key)
    if place is None:
        raise _TooHardError  # it comes from a merge (<<)
    return text[: place.start] + text[place.end :]


def _on_one_line(text: str, place: _Place, lines: str) -> str | None:
    """The new value, where it and the old one each take one line: a comment behind it stays."""
    node = place.value
    single = (
        isinstance(node, ScalarNode)
        and node.style not in ("|", ">")
        and node.start_mark.index > place.start
        and node.start_mark.line == node.end_mark.line
        and node.start_mark.index < node.end_mark.index
        and "\n" not in text[place.start : node.start_mark.index]
    )
    head, colon, value = lines.rstrip("\n").partition(": ")
    del head
    return value if single and colon and "\n" not in lines.rstrip("\n") else None


def _laid_out(lines: str, indent: str, newline: str) -> str:
    return "".join(f"{indent}{line}{newline}" if line else newline for line in lines.rstrip("\n").split("\n"))


def _indent(text: str) -> str:
    root = tree(text)
    if root is None or not root.value:
        return ""
    return _block(text, root)


def _block(text: str, root: MappingNode) -> str:
    """The indentation of a mapping in block style."""
    first = root.value[0][0].start_mark.index if root.value else 0
    indent = text[text.rfind("\n", 0, first) + 1 : first]
    if root.flow_style or indent.strip(" "):
        raise _TooHardError
    return indent


def _place(text: str, key: str) -> _Place | None:
    root = tree(text)
    if root is None:
        return None
    indent = _block(text, root)
    starts = [k.start_mark.index - len(indent) for k, _ in root.value] + [len(text)]
    for number, (key_node, value) in enumerate(root.value):
        if key_of(key_node) != key:
            continue
        start, end = starts[number], starts[number + 1]
        if text[start : start + len(indent)] != indent or (start and text[start - 1] != "\n"):
            raise _TooHardError
        return _Place(start, start + _kept(text[start:end], len(indent)), indent, value)
    return None


def _kept(block: str, indent: int) -> int:
    """The length without the blank lines and comments at the end, which belong to what comes next."""
    lines = re.findall(r"[^\n]*\n|[^\n]+", block)
    while len(lines) > 1 and _is_between(lines[-1], indent):
        lines.pop()
    return sum(map(len, lines))


def _is_between(line: str, indent: int) -> bool:
    stripped = line.lstrip(" ")
    return not line.strip() or (stripped.startswith("#") and len(line) - len(stripped) <= indent)
