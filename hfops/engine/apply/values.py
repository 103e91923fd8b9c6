"""Late values, filled in between two calls: read from the Hub, resolved on this machine, or made of a file's bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import Event
from typing import Any, Protocol

from hfops.hub.errors import HubError, Interrupted
from hfops.kinds.base import HubView, Reads
from hfops.kinds.registry import KINDS
from hfops.model.address import Address
from hfops.model.call import AnyCase, Api, Call, Deferred, Ending, pairs, segment
from hfops.model.late import Content, Hashed, Hidden, LocalFile, Reference, late_values
from hfops.model.plan import Plan
from hfops.model.problem import HfopsError, Problem, Problems
from hfops.model.source import Mark

PAUSES = (0.2, 0.4, 0.8, 1.6)
"""Seconds between looks: refs may lag a fraction of a second after a write."""


class Secrets(Protocol):
    """What knows values by reference (engine.vault)."""

    def value(self, reference: Reference) -> str:
        """The value; raises HfopsError."""

    def hashed(self, text: str) -> str:
        """What the ledger keeps of a value."""

    def place(self, reference: Reference, address: Address) -> tuple[Mark | None, str | None]:
        """Where the manifest of ``address`` names it, and the field's path."""


class Files(Protocol):
    """What knows the bytes of contents (engine.apply.contents)."""

    def base64(self, content: Content) -> str:
        """The bytes; raises HfopsError where they are not what was planned."""

    def check(self, content: Content) -> None:
        """Raise HfopsError where a local file is not what was planned any more."""


class Values:
    """The late values of one change. An answer is read once and shared until the next write."""

    def __init__(self, hub: HubView, stop: Event, secrets: Secrets, files: Files) -> None:
        self._hub = hub
        self._stop = stop
        self._secrets = secrets
        self._files = files
        self._answers: dict[tuple[str, Api], Any] = {}
        self._known: dict[Deferred, Any] = {}
        self._own: Any = None

    def made(self, answer: Any) -> None:
        """Take in what a call answered that shows the whole resource, such as the creating one, or would have."""
        self._own = answer

    def get(self, deferred: Deferred) -> Any:
        """The value; a value once read stays. Raises HubError where the Hub does not show it."""
        if deferred not in self._known:
            try:
                self._known[deferred] = self._look(deferred)
            except HubError as error:
                if not deferred.optional or isinstance(error, Interrupted):
                    raise
                self._known[deferred] = None
        return self._known[deferred]

    def _look(self, deferred: Deferred) -> Any:
        found = self._answered(deferred) if deferred.answer else self._read(deferred)
        if deferred.secret:
            self._hub.hide(str(found))
        return found

    def _answered(self, deferred: Deferred) -> Any:
        found = pick(self._own, deferred)
        if found is None and deferred.read:
            return self._read(deferred)
        if found is None:
            raise HubError(f"the Hub's answer does not hold the {deferred.label}")
        return found

    def _read(self, deferred: Deferred) -> Any:
        path = self._filled(deferred.read, deferred.of)
        key = (path, deferred.api)
        if key in self._answers:
            found = pick(self._answers[key], deferred)
            if found is not None:
                return found
        for pause in (*PAUSES, None):
            self._answers[key] = self._hub.reads.get(path, api=deferred.api)
            found = pick(self._answers[key], deferred)
            if found is not None:
                return found
            if pause is None:
                break
            if self._stop.wait(pause):
                raise Interrupted("interrupted")
        raise HubError(f"the Hub does not show the {deferred.label} (GET {path})")

    def written(self) -> None:
        """A call was made: what was read before it may be out of date. Values once taken stay."""
        self._answers.clear()

    def resolve(self, value: Any) -> Any:
        """``value`` with every late value in it replaced."""
        match value:
            case Mapping():
                return {k: self.resolve(v) for k, v in value.items()}
            case list() | tuple():
                return [self.resolve(v) for v in value]
            case Deferred() | Reference() | Hidden() | Hashed() | Content():
                return self._late(value)
        return value

    def _late(self, value: Deferred | Reference | Hidden | Hashed | Content) -> Any:
        match value:
            case Deferred():
                return self.get(value)
            case Reference() | Hidden():
                return self._value(value)
            case Hashed():
                return self._secrets.hashed(self._value(value.reference))
            case Content():
                return self._files.base64(value)

    def _value(self, reference: Reference | Hidden) -> str:
        if isinstance(reference, Hidden):
            return reference.text
        if reference.resource is not None:
            return str(self.get(exported(reference)))
        return self._secrets.value(reference)

    def path(self, call: Call) -> str:
        """The call's path with its slots filled."""
        return self._filled(call.path, call.slots.items())

    def _filled(self, path: str, slots: Iterable[tuple[str, Deferred]]) -> str:
        for name, deferred in slots:
            parts = str(self.get(deferred)).split("/")  # a slug is two segments: namespace/title-id
            path = path.replace("{" + name + "}", "/".join(map(segment, parts)))
        return path


def exported(reference: Reference) -> Deferred:
    """Where the value of another resource is read. Raises HubError for a field that its kind does not export."""
    address = Address.parse(reference.resource or "")
    found = KINDS[address.kind].export(address, reference.field or "")
    if found is None:
        raise HubError(f"{address.kind} has no field {reference.field!r} to refer to")
    return found


def exported_now(reads: Reads, reference: Reference) -> str | None:
    """The value of another resource as the Hub shows it now; None where it is not there (yet)."""
    found = exported(reference)
    value = pick(reads.get_or_none(found.read, api=found.api), found)
    return None if value is None else str(value)


def pick(answer: Any, deferred: Deferred) -> Any:
    """The value that ``deferred`` picks from a JSON answer, or None."""
    for step in deferred.pick:
        if isinstance(step, str):
            answer = answer.get(step) if isinstance(answer, Mapping) else None
        else:
            rows = [r for r in answer if isinstance(r, Mapping)] if isinstance(answer, list) else []
            answer = next((r for r in rows if all(_fits(r.get(k), v) for k, v in pairs(step))), None)
    return answer


def _fits(found: Any, wanted: str) -> bool:
    """Whether a row's value is the one to choose it by."""
    match wanted:
        case AnyCase():
            return isinstance(found, str) and found.casefold() == wanted.casefold()
        case Ending():
            return isinstance(found, str) and found.casefold().endswith(wanted.casefold())
    return bool(found == wanted)


def resolve_all(plan: Plan, secrets: Secrets, files: Files) -> None:
    """Resolve what this machine knows of everything that ``plan`` will send, before the first write.

    Raises Problems with all that cannot be resolved. The Hub's own files are read when they are sent.
    """
    problems: list[Problem] = []
    for change in plan.changes:
        for late in late_values([(c.body, tuple(c.uploads.values())) for c in change.calls]):
            try:
                if isinstance(late, Reference):
                    if late.resource is None:
                        secrets.value(late)
                elif isinstance(late.source, LocalFile):
                    files.check(late)
            except HfopsError as error:
                hint = getattr(error, "hint", None)
                where, path = change.where, None
                if isinstance(late, Reference):
                    where, path = secrets.place(late, change.address)
                problems.append(Problem(str(error), where, str(change.address), path, hint))
    if problems:
        raise Problems(problems)
