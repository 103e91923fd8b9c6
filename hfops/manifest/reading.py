"""Bytes to text: UTF-8 or a problem that says which byte of which line is wrong."""

from __future__ import annotations

import stat
from pathlib import Path

from hfops.model.problem import Problem
from hfops.model.source import Mark

MAX_BYTES = 10 * 1024 * 1024
_OTHER = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


def read_text(path: Path, shown: str | None = None) -> str | Problem:
    """The text of a file, without its byte order mark. ``shown`` is the name for messages."""
    name = shown or str(path)
    try:
        info = path.stat()
        if not stat.S_ISREG(info.st_mode):
            return Problem("not a regular file", Mark(name))
        if info.st_size > MAX_BYTES:
            size = f"{info.st_size / 1024 / 1024:.1f} MB"
            return Problem(f"too large: {size}, at most {MAX_BYTES // 1024 // 1024} MB are read", Mark(name))
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return Problem(f"cannot be read: {reason}", Mark(name))
    return decode(data, name)


def decode(data: bytes, name: str) -> str | Problem:
    """The text of ``data``: UTF-8, with or without a byte order mark, and without NUL bytes."""
    if encoding := _OTHER.get(data[:2]):
        return Problem(f"not UTF-8: this is a {encoding} file", Mark(name), hint="save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
        message = f"not UTF-8: byte 0x{data[start]:02X} at offset {start}"
        return Problem(message, _place(data, start, name), hint="save it as UTF-8")
    if (at := data.find(b"\0")) >= 0:
        hint = "save it as UTF-8; is this a text file?"
        return Problem(f"a NUL byte at offset {at}", _place(data, at, name), hint=hint)
    return text


def _place(data: bytes, offset: int, name: str) -> Mark:
    """Line and column of a byte; what stands before it on its line is counted in characters."""
    before = data[:offset].removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    line_start = before.rfind(b"\n") + 1
    column = len(before[line_start:].decode("utf-8", "replace")) + 1
    return Mark(name, before.count(b"\n") + 1, column)
