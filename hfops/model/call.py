"""A ``Call``: one HTTP request that apply will make, as data. Rendering and executing read the same object."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from hfops.model.late import Content, Hashed, Hidden, Reference


class Api(StrEnum):
    """Which service a path belongs to."""

    HUB = "hub"
    ENDPOINTS = "endpoints"


class Repeat(StrEnum):
    """What sending the same call again does; decides whether a lost answer may be answered by a retry.

    The classes follow the Hub's table of repeats (schemas/hub-api/openapi.json, ``x-idempotency``).
    """

    SAFE = "safe"
    """Reads: GET and HEAD."""
    SAME = "same"
    """The same result however often: PUT settings."""
    CONFLICT = "conflict"
    """A second one is refused (409 on create, 404 on delete): repeatable, but the refusal means *look*."""
    ONCE = "once"
    """A second one makes a second object, or is unknown: never repeated before a look."""


class AnyCase(str):
    """A value to choose a row by, which the Hub may spell in another case."""

    __slots__ = ()


class Ending(str):
    """How a value to choose a row by ends, in any case: a slug's id, whatever its text is by now."""

    __slots__ = ()


Pair = tuple[str, str]
Step = str | Pair | tuple[Pair, ...]
"""One step into a JSON answer: a name, or the values that choose a row of a list."""


def pairs(step: Pair | tuple[Pair, ...]) -> tuple[Pair, ...]:
    """The values that choose a row, one or several."""
    return (step,) if isinstance(step[0], str) else step


@dataclass(frozen=True, slots=True)
class Deferred:
    """A value that only exists while applying: read in between, from the Hub path ``read``.

    ``pick`` walks the JSON answer: names, and pairs such as ``("name", "main")`` that choose from a list by one key, or
    by several. ``label`` stands for the value in plans, e.g. ``commit of main``. An ``optional`` one is None where the
    Hub does not show it. With ``answer``, the value is in what the creating call of the same change answered, or the
    last call that ``shows`` as much; only where it is not there, ``read`` is read, if there is one. ``of`` fills the
    slots of ``read``. A ``secret`` one is masked from the moment it is read.
    """

    label: str
    read: str
    pick: tuple[Step, ...]
    optional: bool = False
    api: Api = Api.HUB
    answer: bool = False
    of: tuple[tuple[str, Deferred], ...] = ()
    secret: bool = False

    def to_json(self) -> dict[str, Any]:
        """The JSON form in plan files."""
        pick = [p if isinstance(p, str) else dict(pairs(p)) for p in self.pick]
        source: dict[str, Any] = {"answer": True} if self.answer else {}
        source |= {"read": self.read} if self.read else {}
        return {"$deferred": {"label": self.label, **source, "pick": pick}}


@dataclass(frozen=True, slots=True)
class Call:
    """One request. A list as ``body`` is sent as JSON, a commit's as NDJSON. ``path`` may hold ``{name}`` slots that ``slots`` fills with deferred values.

    ``achieves`` names the difference paths this call closes, ``undoes`` those it leaves worse than before (a tag
    deleted to be moved); ``lane`` serialises calls that the Hub cannot take at once (two creations by one user).
    ``restarts``: what runs is started anew. ``uploads`` are large files, by their path in the repository, whose bytes
    this call has moved into the Hub's storage; a later commit names them. ``shows``: the answer is the whole resource,
    as a creating call's is.
    """

    method: str
    path: str
    body: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    summary: str = ""
    repeat: Repeat = Repeat.SAME
    achieves: tuple[str, ...] = ()
    undoes: tuple[str, ...] = ()
    slots: Mapping[str, Deferred] = field(default_factory=dict)
    api: Api = Api.HUB
    lane: str | None = None
    restarts: bool = False
    uploads: Mapping[str, Content] = field(default_factory=dict)
    shows: bool = False

    def to_json(self) -> dict[str, Any]:
        """The JSON form in plan files and reports, keys in a fixed order, absent ones left out."""
        out: dict[str, Any] = {"method": self.method, "path": self.path}
        if self.api is not Api.HUB:
            out["api"] = self.api.value
        if self.body is not None:
            out["body"] = jsonable(self.body)
        if self.slots:
            out["slots"] = {name: d.to_json() for name, d in sorted(self.slots.items())}
        out |= {"summary": self.summary, "repeat": self.repeat.value}
        if self.achieves:
            out["achieves"] = list(self.achieves)
        if self.restarts:
            out["restarts"] = True
        return out

    def identity(self) -> str:
        """What makes two calls the same request: method, service, path, slots and body, as canonical JSON."""
        return identity(self.to_json())

    def __str__(self) -> str:
        path = self.path
        for name, deferred in self.slots.items():
            path = path.replace("{" + name + "}", f"({deferred.label})")
        return f"{self.method} {path}"


def identity(call: Mapping[str, Any]) -> str:
    """``Call.identity`` of a call in its JSON form."""
    kept = {k: call[k] for k in ("method", "path", "api", "body", "slots") if k in call}
    return json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def jsonable(value: Any) -> Any:
    """A body with what it holds by name in its JSON form."""
    if isinstance(value, Deferred | Reference | Hidden | Hashed | Content):
        return value.to_json()
    if isinstance(value, Mapping):
        return {k: jsonable(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(v) for v in value]
    return value


def segment(text: str) -> str:
    """``text`` as one URL path segment: a branch ``a/b`` is sent ``a%2Fb``."""
    return quote(text, safe="")
