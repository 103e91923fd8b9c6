"""How the Hub speaks: JSON bodies, errors whose machine code is a header, dates with milliseconds and a Z."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.responses import Response


class RefusalError(Exception):
    """An answer of 4xx or 5xx. ``code`` is the ``X-Error-Code``, ``extra`` further keys of the JSON body."""

    def __init__(self, status: int, message: str, code: str | None = None, **extra: Any) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.extra = status, message, code, extra

    def answer(self) -> Response:
        """The refusal on the wire: the text both in the body and in ``X-Error-Message``."""
        headers = {"X-Error-Message": header_text(self.message)}
        if self.code:
            headers["X-Error-Code"] = self.code
        return json_answer({"error": self.message} | self.extra, self.status, headers)


class MovedError(Exception):
    """The repository has another name now: the same request belongs at ``location`` (a path)."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location

    def answer(self) -> Response:
        """307, because it keeps method and body; relative, because the token must stay on this origin."""
        text = f"Temporary Redirect. Redirecting to {self.location}"
        return Response(text, 307, {"Location": self.location}, "text/plain")


def bad_request(message: str) -> RefusalError:
    """400, without a machine code."""
    return RefusalError(400, message)


def revision_not_found(rev: str) -> RefusalError:
    """404 for a branch, tag or commit that is not there."""
    return RefusalError(404, f"Invalid rev id: {rev}", "RevisionNotFound")


def entry_not_found(path: str, rev: str) -> RefusalError:
    """404 for a path that the revision does not hold."""
    return RefusalError(404, f"{path} does not exist on {rev!r}", "EntryNotFound")


def json_answer(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """``data`` as compact JSON."""
    content = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(content, status, dict(headers or {}), "application/json")


def header_text(text: str) -> str:
    """``text`` as one header value: one line, nothing outside latin-1."""
    return " ".join(text.split()).encode("latin-1", "replace").decode("latin-1")


def request_id() -> str:
    """A fresh ``X-Request-Id``: a trace root and a uuid."""
    return f"Root=1-{secrets.token_hex(4)}-{secrets.token_hex(12)};{uuid.uuid4()}"


def iso(moment: datetime) -> str:
    """A UTC moment as the Hub writes it: ``2026-05-01T10:00:00.000Z``."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
