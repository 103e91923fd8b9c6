"""A case of tests/cases: what is live, what the ledger knows, what the manifests say, and what must come of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

CASES = Path(__file__).parent.parent / "cases"
_PLACEHOLDER = re.compile(r"\$(id|commit|short|UPPER|now)\(([^()]*)\)")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)


class Options(_Part):
    """What the command line or the project file would say. ``token``: another user's of the seed."""

    prune: bool = False
    send_unverified: bool = Field(False, alias="sendUnverified")
    rotate: list[str] = []
    retry_failed: bool = Field(False, alias="retryFailed")
    today: date = date(2026, 6, 1)
    token: str = "hf_sandbox"


class Expected(_Part):
    """One address of the plan, in full: what is not written here must not be in the plan.

    ``calls`` are ``METHOD path {json}``, a deferred value in brackets: ``(commit of main)``. ``differences`` are
    compared by the keys written, ``notes`` one substring for each note, ``risks`` as their codes.
    """

    address: str
    action: Literal["create", "update", "replace", "move", "delete", "forget", "none"]
    calls: list[str] = []
    differences: list[dict[str, Any]] = []
    risks: list[str] = []
    notes: list[str] = []
    released: list[str] = []
    unverified: list[str] = []
    held: list[str] = []
    adopts: bool = False
    moved_from: str | None = Field(None, alias="movedFrom")
    protected: bool = False


class Look(_Part):
    """A GET after the apply: its status, and what the answer holds (mappings: at least; lists: exactly)."""

    get: str = Field(alias="GET")
    status: int = 200
    holds: Any = None


class Commit(_Part):
    """Somebody commits a file to a branch, or proposes to."""

    commit: str
    branch: str = "main"
    path: str = "file.txt"
    pull_request: bool = Field(False, alias="pullRequest")


class Case(_Part):
    """The whole file. ``happened`` are writes on the Hub since the seed, by the default user.

    ``env`` is the environment that references read, ``files`` what lies in the project besides the manifests.
    """

    claim: str
    hub: dict[str, Any] = {}
    happened: list[str | Commit] = []
    ledger: dict[str, dict[str, Any]] | Literal["none"] = {}
    intentions: list[dict[str, Any]] = []
    manifests: str
    env: dict[str, str] = {}
    files: dict[str, str] = {}
    options: Options = Options()
    problems: list[str] | None = None
    plan: list[Expected] | None = None
    notices: list[str] = []
    then: Literal["empty"] | None = None
    live: list[Look] = []
    after: dict[str, dict[str, Any] | None] = {}
    """Ledger entries after the apply, at least the keys written; null: no such entry."""


def read(path: Path) -> Case:
    """The case in a file. Raises ValidationError for one that is not in the form above."""
    case = Case.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    if (case.plan is None) is (case.problems is None) or (case.then is None) is not (case.plan is None):
        raise ValueError(f"{path.name}: either problems, or a plan and what comes then")
    return case


def filled(value: Any, look_up: Callable[[str, list[str]], str]) -> Any:
    """``value`` with every ``$id(…)``, ``$commit(…)``, ``$short(…)``, ``$UPPER(…)`` and ``$now()`` in it replaced."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda m: look_up(m[1], [p.strip() for p in m[2].split(",")]), value)
    if isinstance(value, dict):
        return {filled(k, look_up): filled(v, look_up) for k, v in value.items()}
    return [filled(v, look_up) for v in value] if isinstance(value, list) else value


def parsed_call(text: str) -> tuple[str, str, Any]:
    """``PUT /api/… {json}`` as method, path and body; a commit's body is a list of lines."""
    head, *body = re.split(r" (?=[{\[])", text, maxsplit=1)
    method, _, path = head.partition(" ")
    return method, path.strip(), json.loads(body[0]) if body else None


def holds(have: Any, wanted: Any) -> bool:
    """Whether an answer holds at least what is wanted of each mapping, and lists element by element."""
    if isinstance(wanted, dict):
        return isinstance(have, dict) and all(k in have and holds(have[k], v) for k, v in wanted.items())
    if isinstance(wanted, list):
        return isinstance(have, list) and len(have) == len(wanted) and all(map(holds, have, wanted))
    return bool(have == wanted) and type(have) is type(wanted)
