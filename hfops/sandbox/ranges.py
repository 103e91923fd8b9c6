"""Sending content: byte ranges and ETags."""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.responses import Response

from hfops.sandbox.manners import RefusalError


def content_answer(asked: Headers, data: bytes, headers: Mapping[str, str]) -> Response:
    """200 with all of ``data``, 206 with the range asked for, 304 where the caller has it; 416 for a bad range."""
    common = dict(headers) | {"Accept-Ranges": "bytes"}
    if asked.get("if-none-match") == common.get("ETag", object()):
        return Response(b"", 304, common)
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", asked.get("range", ""))
    if not found or found.groups() == ("", ""):
        return Response(data, 200, common, "application/octet-stream")
    first, last = _bounds(found[1], found[2], len(data))
    if first > last or first >= len(data):
        raise RefusalError(416, f"Requested range not satisfiable: {len(data)} bytes")
    common["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    return Response(data[first : last + 1], 206, common, "application/octet-stream")


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1
