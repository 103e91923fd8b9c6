"""Saved plans: compared with, never executed."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hfops import __version__
from hfops.engine.digests import digest, digests
from hfops.engine.ledger.session import LONGEST, PLAN_LIFE, Ledger
from hfops.engine.planform import FORMAT, WHOLE, FileForm, ScopeForm
from hfops.model.address import Address
from hfops.model.call import Call, identity
from hfops.model.change import Action, Change
from hfops.model.plan import Plan
from hfops.model.problem import HfopsError
from hfops.model.resource import Resource

LARGEST = 64 * 1024 * 1024
"""Bytes: no plan that somebody can review is larger."""

SKEW = timedelta(minutes=5)
"""How far the clocks of the machines that plan and apply may be apart."""

FORGET = "forget"

AGAIN = "plan again with `hfops plan -o FILE`"


class PlanDiffers(HfopsError):
    """Apply would make a call that the saved plan does not hold."""

    exit_code = 4


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan file: the plan's JSON form, what it was made of and when. Holds no secret and no consent.

    ``resources`` are the digests of the manifests that it was made of. ``refused`` are the addresses whose changes the
    rules refused when it was made, ``WHOLE`` among them where they refused it as a whole.
    """

    id: str
    created: datetime
    expires: datetime
    endpoint: str
    scope: ScopeForm
    plan: Mapping[str, Any]
    version: str = field(default=__version__)
    resources: Mapping[str, str] = field(default_factory=dict)
    refused: tuple[str, ...] = ()

    def refused_keys(self) -> frozenset[str]:
        """The addresses, in the form to compare, of what was planned and the rules refused."""
        planned = frozenset(change["address"].casefold() for change in self.plan["changes"])
        return planned if WHOLE in self.refused else planned & {a.casefold() for a in self.refused}

    def to_json(self) -> dict[str, Any]:
        """The file's content."""
        return {
            "format": FORMAT,
            "hfops": self.version,
            "id": self.id,
            "created": self.created.isoformat(),
            "expires": self.expires.isoformat(),
            "endpoint": self.endpoint,
            "scope": self.scope.model_dump(by_alias=True),
            "resources": dict(self.resources),
            "refused": list(self.refused),
            "plan": dict(self.plan),
        }


def make(
    plan: Plan,
    endpoint: str,
    scope: ScopeForm,
    now: datetime,
    mask: Callable[[str], str] = str,
    *,
    resources: Iterable[Resource] = (),
    life: timedelta = PLAN_LIFE,
    refused: Iterable[str] = (),
) -> SavedPlan:
    """A plan file for ``plan``; ``scope`` is what the command line narrowed it to, ``resources`` what it was made of.

    It holds for ``life``; raises HfopsError where that is longer than ``LONGEST`` or no time at all. ``mask`` takes secrets out of what people read. Calls are left as they are: they hold references by name.
    """
    if not timedelta() < life <= LONGEST:
        raise HfopsError(
            f"a plan cannot be valid for {life}: expected more than nothing, at most {LONGEST.days} days"
        )
    data = plan.to_json()
    changes = [
        {k: v if k in _COMPARED else _masked(v, mask) for k, v in change.items()}
        for change in data["changes"]
    ]
    data = {**data, "changes": changes, "notices": _masked(data["notices"], mask)}
    return SavedPlan(
        uuid.uuid4().hex, now, now + life, endpoint, scope, data,
        resources=digests(resources), refused=tuple(dict.fromkeys(refused)),
    )  # fmt: skip


_COMPARED = ("address", "action", "movedFrom", "calls", "dependsOn")


def _masked(value: Any, mask: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {k: _masked(v, mask) for k, v in value.items()}
    return [_masked(v, mask) for v in value] if isinstance(value, list) else value


def write(saved: SavedPlan, path: Path) -> None:
    """Write the file, whole or not at all. Raises HfopsError; what is there and is no saved plan is not replaced."""
    if path.exists() and not (path.is_file() and _is_plan(path)):
        raise HfopsError(f"{path}: exists and is no saved plan; name another file")
    temporary = path.with_name(f".{path.name}.{saved.id}.tmp")
    try:
        temporary.write_text(json.dumps(saved.to_json(), indent=2) + "\n", encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise HfopsError(f"{path}: the plan cannot be written: {error.strerror}") from None


def looks_like_one(path: Path) -> bool:
    """Whether a file is meant as a saved plan: by its name, or where that is a manifest's, by its first words."""
    if not path.is_file():
        return False
    if not path.name.endswith((".yaml", ".yml", ".j2")):
        return True
    return _is_plan(path)


def _is_plan(path: Path) -> bool:
    with path.open("rb") as file:
        return FORMAT.partition("/")[0].encode() in file.read(200)


def read(path: Path) -> SavedPlan:
    """Read a plan file. Raises HfopsError for anything else."""
    data = _data(path)
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        found = data.get("format") if isinstance(data, dict) else None
        said = f"its format is {str(found)[:40]!r}, expected {FORMAT!r}" if found else "it names no format"
        raise HfopsError(f"{path}: not a saved plan of this version: {said}; {AGAIN}")
    try:
        form = FileForm.model_validate(data)
    except (ValidationError, RecursionError) as error:
        raise HfopsError(f"{path}: not a saved plan, or changed by hand: {_first(error)}; {AGAIN}") from None
    return SavedPlan(
        id=form.id,
        created=form.created,
        expires=form.expires,
        endpoint=form.endpoint,
        scope=form.scope,
        plan={"notices": [], **data["plan"]},
        version=form.hfops,
        resources=form.resources,
        refused=tuple(form.refused),
    )


def _data(path: Path) -> Any:
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise HfopsError(
                f"{path}: not a saved plan: {size // 2**20} MiB, at most {LARGEST // 2**20}; {AGAIN}"
            )
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise HfopsError(f"{path}: the plan cannot be read: {error.strerror}") from None
    except RecursionError:
        raise HfopsError(f"{path}: not a saved plan: JSON nested too deep; {AGAIN}") from None
    except UnicodeDecodeError:
        raise HfopsError(f"{path}: not a saved plan: it is no UTF-8 text; {AGAIN}") from None
    except ValueError as error:
        raise HfopsError(f"{path}: not a saved plan: not JSON, or cut off ({error}); {AGAIN}") from None


def _first(error: ValidationError | RecursionError) -> str:
    """The first thing wrong, with its place."""
    if isinstance(error, RecursionError):
        return "nested too deep"
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(p) for p in first['loc'])}: {first['msg']}"


def refuse_stale(saved: SavedPlan, endpoint: str, ledger: Ledger, now: datetime) -> None:
    """Raise HfopsError for a plan that expired, was used, or was made for another Hub."""
    if why := stale(saved, endpoint, ledger, now):
        raise HfopsError(f"{why}; {AGAIN}")


def stale(saved: SavedPlan, endpoint: str, ledger: Ledger, now: datetime) -> str:
    """Why a plan cannot be gone by any more, empty if it can: it expired, was used, or was made for another Hub."""
    if now > saved.expires:
        return f"the saved plan expired at {saved.expires.isoformat()}"
    if saved.expires - saved.created > LONGEST or saved.created > now + SKEW:
        said = f"made {saved.created.isoformat()}, expires {saved.expires.isoformat()}"
        return f"the saved plan's times cannot be ({said}), a plan holds for at most {LONGEST.days} days"
    if saved.endpoint != endpoint:
        return f"the saved plan is for {saved.endpoint}, this run talks to {endpoint}"
    used = ledger.used(saved.id)
    return "" if used is None else f"the saved plan was used at {used.isoformat()} already"


@dataclass(frozen=True, slots=True)
class Compared:
    """Steps by address: ``extra`` are needed now and were not planned, ``gone`` were planned and are not needed.

    A step is a call, or None: forgetting the resource.
    """

    extra: tuple[tuple[Address, Call | None], ...]
    gone: int


def compare(saved: SavedPlan, plan: Plan) -> Compared:
    """How ``plan``, made just now, relates to the saved one. A step counts only for the address it was planned for."""
    planned = planned_steps([saved])
    extra = [(change.address, call) for change in plan.changes for call in unplanned(change, planned)]
    return Compared(tuple(extra), planned.total())


Steps = Counter[tuple[str, str]]
"""How often each step was planned: an address in the form to compare, and the call's identity, or ``FORGET``."""


def planned_steps(saved: Sequence[SavedPlan]) -> Steps:
    """The steps of several saved plans together, refused or not."""
    return _steps(change for one in saved for change in one.plan["changes"])


def reviewed_steps(saved: Sequence[SavedPlan]) -> Steps:
    """Those of them that no rule refused when they were planned."""
    return _steps(change for one in saved for change in _unrefused(one))


def _unrefused(saved: SavedPlan) -> list[Mapping[str, Any]]:
    refused = saved.refused_keys()
    return [change for change in saved.plan["changes"] if change["address"].casefold() not in refused]


def _steps(changes: Iterable[Mapping[str, Any]]) -> Steps:
    return Counter(
        (change["address"].casefold(), step)
        for change in changes
        for step in (*_forgotten(change["action"]), *map(identity, change.get("calls", ())))
    )


def unplanned(change: Change, planned: Steps) -> list[Call | None]:
    """The steps of ``change`` that are not planned, None for forgetting it. Those that are, are taken off ``planned``."""
    extra: list[Call | None] = []
    steps: list[Call | None] = [*(None for _ in _forgotten(change.action)), *change.calls]
    for call in steps:
        key = (change.address.key, call.identity() if call else FORGET)
        if planned[key]:
            planned[key] -= 1
        else:
            extra.append(call)
    return extra


def why_differs(saved: SavedPlan, address: Address, resource: Resource | None) -> str:
    """Why a step is planned now and was not then, as far as the manifest's digest tells."""
    then = next((d for a, d in saved.resources.items() if a.casefold() == address.key), None)
    if resource is None:
        return "" if then is None else "its manifest is gone"
    if then is None:
        return "its manifest is new" if saved.resources else ""
    return "the Hub, a file or a value changed" if digest(resource) == then else "its manifest was changed"


def _forgotten(action: str) -> tuple[str, ...]:
    """Forgetting a resource is no call, and is a step all the same."""
    return (FORGET,) if action == Action.FORGET else ()
