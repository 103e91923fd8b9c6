"""Masking: once a value is known to be secret, no text that passes here shows it, in whatever spelling."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterable, Iterator
from threading import Lock
from urllib.parse import quote, quote_plus

MASK = "***"
SHORTEST = 4
"""Characters: a shorter value would mask half of every text, and is no secret."""
_SHORTEST_LINE = 8
_SHORTEST_PIECE = 6


class Redactor:
    """Replaces every registered secret by ``***``. Any thread may add and call."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._forms: frozenset[str] = frozenset()

    def add(self, secret: str) -> None:
        """Register a value, with the spellings that it may have in URLs, JSON, HTML and base64."""
        forms = {form for text in (secret, secret.strip()) for form in _forms(text)}
        with self._lock:
            self._forms |= forms

    def __call__(self, text: str) -> str:
        """``text`` without any of the secrets; where two overlap, both go whole."""
        out, done = [], 0
        for start, end in _merged(span for form in self._forms for span in _places(text, form)):
            out += [text[done:start], MASK]
            done = end
        return "".join([*out, text[done:]])


def _places(text: str, form: str) -> Iterator[tuple[int, int]]:
    start = text.find(form)
    while start >= 0:
        yield start, start + len(form)
        start = text.find(form, start + 1)


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order, overlapping ones made one."""
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if out and start < out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def _forms(secret: str) -> Iterator[str]:
    if len(secret) < SHORTEST:
        return
    yield secret
    raw = secret.encode("utf-8", errors="surrogatepass")
    yield from (quote(raw), quote(raw, safe=""), quote_plus(raw), html.escape(secret), repr(secret)[1:-1])
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    yield from _base64_forms(raw)
    # A key of many lines is often shown indented or line by line.
    lines = [line.strip() for line in secret.splitlines()]
    if len(lines) > 1:
        yield from (line for line in lines if len(line) >= _SHORTEST_LINE)


def _base64_forms(raw: bytes) -> Iterator[str]:
    """The secret in base64, alone and inside a longer text.

    Inside, it may begin at any of three places in a group, and the characters at its ends mix with the neighbours'.
    """
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(raw).decode()
        yield from (whole, whole.rstrip("="))
        for shift, lead in ((0, 0), (1, 2), (2, 3)):
            sure = (shift + len(raw)) * 8 // 6
            piece = encode(b"\0" * shift + raw).decode()[lead:sure]
            if len(piece) >= _SHORTEST_PIECE:
                yield piece
