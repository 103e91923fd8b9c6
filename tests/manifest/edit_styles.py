"""Documents written in every style that people write: for data, a text with comments, and where each value stands."""

from __future__ import annotations

import json
import random
import re
from typing import Any

from hfops.manifest.scalars import resolve

Path = tuple[str | int, ...]
PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./ -]*[A-Za-z0-9]|[A-Za-z]")
NICE = re.compile(r"[!-~][ -~]*[!-~]|[!-~]")


class Writer:
    """Writes one document. ``spans`` has, for each value in block style, its offsets from key or dash to its end."""

    def __init__(self, rng: random.Random, newline: str = "\n") -> None:
        self.rng = rng
        self.newline = newline
        self.text = ""
        self.comments = 0
        self.spans: dict[Path, tuple[int, int]] = {}
        self.flows: set[Path] = set()
        self.dashed: set[Path] = set()

    def document(self, data: dict[str, Any]) -> str:
        """The whole text."""
        self._between(0)
        self._mapping(data, 0, (), inline=False)
        self._between(0)
        return self.text

    def _put(self, text: str) -> None:
        self.text += text

    def _comment(self) -> str:
        self.comments += 1
        return f"# c{self.comments}: - x"

    def _between(self, indent: int) -> None:
        while self.rng.random() < 0.3:
            pad = " " * (indent if self.rng.random() < 0.8 else 0)
            self._put((pad + self._comment() if self.rng.random() < 0.7 else "") + self.newline)

    def _end_line(self) -> None:
        if self.rng.random() < 0.3:
            self._put(" " * self.rng.randint(1, 3) + self._comment())
        self._put(self.newline)

    def _mapping(self, data: dict[str, Any], indent: int, path: Path, *, inline: bool) -> None:
        for number, (key, value) in enumerate(data.items()):
            if number or not inline:
                self._between(indent)
                self._put(" " * indent)
            else:
                self.dashed.add((*path, key))
            start = len(self.text)
            self._put(self._scalar(key, flow=False) + ":")
            self._value(value, indent, (*path, key), start)

    def _listing(self, data: list[Any], indent: int, path: Path, *, inline: bool) -> None:
        for number, value in enumerate(data):
            if number or not inline:
                self._between(indent)
                self._put(" " * indent)
            else:
                self.dashed.add((*path, number))
            start = len(self.text)
            self._put("-")
            self._value(value, indent, (*path, number), start)

    def _value(self, value: Any, indent: int, path: Path, start: int) -> None:
        """What comes after a colon or a dash, up to the end of its line."""
        if not isinstance(value, dict | list) or not value:
            self._leaf(value, indent, path, start)
            return
        if self.rng.random() < 0.35:
            self.flows.add(path)
            self._put(" " + self._flow(value, indent + 2))
            self.spans[path] = (start, len(self.text))
            self._end_line()
            return
        in_list = isinstance(path[-1], int)
        inline = in_list and self.rng.random() < 0.6
        below = indent + 2
        if inline:
            self._put(" ")
        else:
            self._end_line()
            step = (
                self.rng.choice((1, 2, 4))
                if in_list or isinstance(value, dict)
                else self.rng.choice((0, 2, 4))
            )
            below = indent + step
        (self._mapping if isinstance(value, dict) else self._listing)(value, below, path, inline=inline)
        self.spans[path] = (start, max(end for p, (_, end) in self.spans.items() if p[: len(path)] == path))

    def _leaf(self, value: Any, indent: int, path: Path, start: int) -> None:
        lines = value.removesuffix("\n").split("\n") if isinstance(value, str) and "\n" in value else []
        if lines and all(NICE.fullmatch(line) for line in lines) and self.rng.random() < 0.7:
            self._put(" |" + ("" if value.endswith("\n") else "-"))
            self._end_line()
            pad = " " * (indent + self.rng.choice((1, 2, 4)))
            self._put(self.newline.join(pad + line for line in lines))
            self.spans[path] = (start, len(self.text))
            self._put(self.newline)
            return
        if value is None and self.rng.random() < 0.5:
            self.spans[path] = (start, len(self.text))
            self._end_line()
            return
        self._put(" " * self.rng.choice((1, 1, 1, 3)))
        self._put(
            self._flow(value, indent + 2)
            if isinstance(value, dict | list)
            else self._scalar(value, flow=False)
        )
        self.spans[path] = (start, len(self.text))
        self._end_line()

    def _flow(self, value: Any, indent: int) -> str:
        if not isinstance(value, dict | list):
            return self._scalar(value, flow=True)
        parts = (
            [f"{self._scalar(k, flow=True)}: {self._flow(v, indent + 2)}" for k, v in value.items()]
            if isinstance(value, dict)
            else [self._flow(v, indent + 2) for v in value]
        )
        first, last = "{}" if isinstance(value, dict) else "[]"
        style = self.rng.random()
        if style < 0.6 or not parts:
            gap = self.rng.choice(("", " ")) if parts else ""
            return first + gap + self.rng.choice((", ", ",  ")).join(parts) + gap + last
        lines = [
            part + ("," if number + 1 < len(parts) or style < 0.8 else "") + self._tail()
            for number, part in enumerate(parts)
        ]
        pad = self.newline + " " * indent
        return first + self._tail() + "".join(pad + line for line in lines) + pad + last

    def _tail(self) -> str:
        return "  " + self._comment() if self.rng.random() < 0.3 else ""

    def _scalar(self, value: Any, *, flow: bool) -> str:
        if not isinstance(value, str):
            return json.dumps(value)
        if (
            self.rng.random() < 0.7
            and PLAIN.fullmatch(value)
            and resolve(value) == value
            and "  " not in value
        ):
            return value
        if self.rng.random() < 0.5 and re.fullmatch(r"[ -~é😀]*", value):
            return "'" + value.replace("'", "''") + "'"
        del flow
        return json.dumps(value, ensure_ascii=False)
