"""Faults on demand: which request meets which misfortune."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from starlette.responses import Response

from hfops.model.problem import Problem, Problems
from hfops.model.source import Mark
from hfops.sandbox.manners import header_text


class Match(BaseModel):
    """Which requests: a method (any when absent) and a glob on the path (``*`` spans slashes, no query)."""

    model_config = ConfigDict(extra="forbid")

    method: str | None = None
    path: str = "*"


class Fault(BaseModel):
    """One fault: what it meets, when, and what it does.

    ``nth`` counts matching requests from 1, absent means every one. ``status`` answers that instead of the Hub, or
    with ``after`` when the Hub has done its work. ``reset`` drops the connection before the work, ``drop_response``
    after it, ``truncate`` in the middle of the answer. ``delay`` is in seconds.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    match: Match = Field(default_factory=Match)
    nth: int | None = Field(None, ge=1)
    status: int | None = Field(None, ge=400, le=599)
    reset: bool = False
    drop_response: bool = Field(False, alias="drop-response")
    truncate: bool = False
    delay: float = Field(0.0, ge=0)
    after: bool = False
    headers: dict[str, str] = {}
    body: Any = None

    @model_validator(mode="before")
    @classmethod
    def _texts(cls, data: Any) -> Any:
        """Header values as text: YAML reads ``Retry-After: 3`` as a number."""
        if isinstance(data, Mapping) and isinstance(data.get("headers"), Mapping):
            return {**data, "headers": {str(k): str(v) for k, v in data["headers"].items()}}
        return data

    @model_validator(mode="after")
    def _one_end(self) -> Fault:
        ends = [self.status is not None, self.reset, self.drop_response, self.truncate]
        if sum(ends) > 1:
            raise ValueError("only one of status, reset, drop-response, truncate")
        if self.after and self.status is None:
            raise ValueError("after needs a status")
        if not any(ends) and not self.delay and not self.headers:
            raise ValueError("does nothing: give status, reset, drop-response, truncate, delay or headers")
        return self

    def meets(self, method: str, path: str) -> bool:
        """Whether a request (raw path) is one of those meant."""
        wanted = self.match
        if wanted.method is not None and wanted.method.upper() != method:
            return False
        return fnmatchcase(path, wanted.path) or fnmatchcase(unquote(path), wanted.path)

    def answer(self) -> Response:
        """The answer that stands in for the Hub's."""
        body = self.body if self.body is not None else {"error": f"Injected fault: {self.status}"}
        text = body if isinstance(body, str) else json.dumps(body)
        kind = "text/plain" if isinstance(body, str) else "application/json"
        message = (
            {"X-Error-Message": header_text(body["error"])}
            if isinstance(body, dict) and "error" in body
            else {}
        )
        return Response(text, self.status or 500, message | self.headers, kind)


@dataclass(slots=True)
class _Counted:
    fault: Fault
    seen: int = 0


class Faults:
    """All faults of a sandbox with their counts."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._faults = [_Counted(fault) for fault in faults]

    def add(self, fault: Mapping[str, Any]) -> None:
        """One more fault while the sandbox runs; its count starts now."""
        with self._lock:
            self._faults += [_Counted(f) for f in read_faults([fault], "fault")]

    def clear(self) -> None:
        """No faults any more."""
        with self._lock:
            self._faults.clear()

    def meet(self, method: str, path: str) -> Fault | None:
        """The first fault that this request meets; every matching one counts it."""
        with self._lock:
            due = [c for c in self._faults if c.fault.meets(method, path)]
            for counted in due:
                counted.seen += 1
            return next((c.fault for c in due if c.fault.nth in (None, c.seen)), None)


def read_faults(data: Any, source: str) -> list[Fault]:
    """The faults of a parsed file; Problems with the entry and the field otherwise."""
    if not isinstance(data, list):
        raise Problems(
            [Problem("expected a list of faults", Mark(source), hint="each with match and what happens")]
        )
    found, problems = [], []
    for number, entry in enumerate(data):
        try:
            found.append(Fault.model_validate(entry))
        except ValidationError as error:
            problems += [told(e, source, (number,)) for e in error.errors()]
    if problems:
        raise Problems(problems)
    return found


def told(error: Mapping[str, Any], source: str, under: tuple[int | str, ...] = ()) -> Problem:
    """A pydantic error as a Problem about a file."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in (*under, *error["loc"]))
    found = "" if error["type"] == "missing" else f", found {error['input']!r}"
    return Problem(
        f"{error['msg'].removeprefix('Value error, ')}{found}", Mark(source), path=path.lstrip(".") or None
    )
