"""Text with places: from a character's offset to ``file:line:column``, and what YAML cannot hold at all."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable

from hfops.model.problem import Problem
from hfops.model.source import Mark

_LINE_END = re.compile(r"\r\n|\n|\r")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Source:
    """The text of a file under the name users know it by; ``trace`` leads from its places to those shown.

    Lines are what editors show: only LF, CR and CRLF end one (YAML 1.1 also counts U+0085 and U+2028).
    """

    def __init__(self, text: str, file: str, trace: Callable[[Mark], Mark] | None = None) -> None:
        self.text = text.removeprefix("\ufeff")
        self.file = file
        self._trace = trace
        self._starts = [0, *(m.end() for m in _LINE_END.finditer(self.text))]

    def mark(self, offset: int) -> Mark:
        """The place of the character at ``offset``; past the end, the place after the last one."""
        at = min(max(offset, 0), len(self.text))
        line = bisect_right(self._starts, at)
        mark = Mark(self.file, line, at - self._starts[line - 1] + 1)
        return self._trace(mark) if self._trace else mark

    def at(self, offset: int) -> str:
        """The character at ``offset``, or an empty string at the end."""
        return self.text[offset : offset + 1]

    def unprintable(self) -> Problem | None:
        """The first character that no YAML file may hold, as a problem."""
        if not (match := _FORBIDDEN.search(self.text)):
            return None
        code = ord(match[0])
        name = "a NUL character" if code == 0 else f"the character U+{code:04X}"
        escape = None if 0xD800 <= code <= 0xDFFF else f'in double quotes, write it as "\\u{code:04x}"'
        hint = "is this a text file?" if code == 0 else escape
        return Problem(f"{name} is not allowed in YAML", self.mark(match.start()), hint=hint)
