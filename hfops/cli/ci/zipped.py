"""One file out of a zip that nobody vouches for."""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib

from hfops.cli.ci.forge import Unreadable

MAX_FILE = 64 * 1024 * 1024
"""Bytes that the file may have, unpacked."""
MAX_FILES = 10_000
"""Entries of the zip; its table of contents is read whole."""

_ENTRY = b"PK\x01\x02"
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError)
"""RuntimeError: encrypted, or packed in a way that Python does not know."""


def member(data: bytes, path: str, where: str) -> bytes | None:
    """The file called exactly ``path``; None where there is none. Raises Unreadable, which begins with ``where``.

    Nothing is written to a disk, and the size that the zip itself claims is not believed.
    """
    if data.count(_ENTRY) > MAX_FILES:
        raise Unreadable(f"{where}: holds more than {MAX_FILES:,} files; not read")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = [info for info in archive.infolist() if info.filename == path]
            if len(found) > 1:
                raise Unreadable(f"{where}: holds {path} {len(found)} times; not read")
            return _read(archive, found[0], where) if found else None
    except _BROKEN as error:
        raise Unreadable(f"{where}: {path} cannot be unpacked ({type(error).__name__})") from None


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str) -> bytes:
    with archive.open(info) as file:
        data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise Unreadable(f"{where}: {info.filename} is larger than {MAX_FILE:,} bytes unpacked; not read")
    return data
