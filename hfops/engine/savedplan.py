"""Saved plans: compared with, never executed."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from hfops import __version__
from hfops.engine.ledger.session import PLAN_LIFE, Ledger
from hfops.model.address import Address
from hfops.model.call import Call, identity
from hfops.model.plan import Plan
from hfops.model.problem import HfopsError

FORMAT = "hfops-saved-plan/1"


class PlanDiffers(HfopsError):
    """Apply would make a call that the saved plan does not hold."""

    exit_code = 4


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan file: the plan's JSON form, what it was made of and when. Holds no secret and no consent."""

    id: str
    created: datetime
    expires: datetime
    endpoint: str
    scope: Mapping[str, Any]
    plan: Mapping[str, Any]
    version: str = field(default=__version__)

    def to_json(self) -> dict[str, Any]:
        """The file's content."""
        return {
            "format": FORMAT,
            "hfops": self.version,
            "id": self.id,
            "created": self.created.isoformat(),
            "expires": self.expires.isoformat(),
            "endpoint": self.endpoint,
            "scope": dict(self.scope),
            "plan": dict(self.plan),
        }


def make(plan: Plan, endpoint: str, scope: Mapping[str, Any], now: datetime) -> SavedPlan:
    """A plan file for ``plan``; ``scope`` is what the command line narrowed it to."""
    return SavedPlan(uuid.uuid4().hex, now, now + PLAN_LIFE, endpoint, scope, plan.to_json())


def write(saved: SavedPlan, path: Path) -> None:
    """Write the file. Raises HfopsError."""
    try:
        path.write_text(json.dumps(saved.to_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise HfopsError(f"{path}: the plan cannot be written: {error}") from None


def read(path: Path) -> SavedPlan:
    """Read a plan file. Raises HfopsError for anything else."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data.get("format") != FORMAT:
            raise HfopsError(f"{path}: not a saved plan of this version (format {data.get('format')!r}); make it anew")
        return SavedPlan(
            id=str(data["id"]),
            created=_aware(data["created"]),
            expires=_aware(data["expires"]),
            endpoint=str(data["endpoint"]),
            scope=_mapping(data["scope"]),
            plan=_checked(_mapping(data["plan"])),
            version=str(data["hfops"]),
        )
    except OSError as error:
        raise HfopsError(f"{path}: the plan cannot be read: {error}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise HfopsError(f"{path}: not a saved plan ({error!r}); make it with `hfops plan -o FILE`") from None


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone: {text}")
    return moment


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"expected an object, found {type(value).__name__}")
    return value


def _checked(plan: dict[str, Any]) -> dict[str, Any]:
    """The plan, once everything that will be read of it is there."""
    for change in plan["changes"]:
        Address.parse(change["address"])
        for call in change.get("calls", ()):
            if not isinstance(call["method"], str) or not isinstance(call["path"], str):
                raise TypeError("a call without method and path")
    return plan


def refuse_stale(saved: SavedPlan, endpoint: str, ledger: Ledger, now: datetime) -> None:
    """Raise HfopsError for a plan that expired, was used, or was made for another Hub."""
    again = "plan again with `hfops plan -o FILE`"
    if now > saved.expires or saved.expires - saved.created > PLAN_LIFE:
        raise HfopsError(f"the saved plan expired at {saved.expires.isoformat()}; {again}")
    if saved.endpoint != endpoint:
        raise HfopsError(f"the saved plan is for {saved.endpoint}, this run talks to {endpoint}; {again}")
    used = ledger.used(saved.id)
    if used is not None:
        raise HfopsError(f"the saved plan was used at {used.isoformat()} already; {again}")


@dataclass(frozen=True, slots=True)
class Compared:
    """Calls by address: ``extra`` are needed now and were not planned, ``gone`` were planned and are not needed."""

    extra: tuple[tuple[Address, Call], ...]
    gone: int


def compare(saved: SavedPlan, plan: Plan) -> Compared:
    """How ``plan``, made just now, relates to the saved one. A call counts only for the address it was planned for."""
    planned = Counter(
        (Address.parse(change["address"]).key, identity(call))
        for change in saved.plan["changes"]
        for call in change.get("calls", ())
    )
    extra = []
    for change in plan.changes:
        for call in change.calls:
            key = (change.address.key, call.identity())
            if planned[key]:
                planned[key] -= 1
            else:
                extra.append((change.address, call))
    return Compared(tuple(extra), planned.total())
