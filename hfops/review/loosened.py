"""Where a tree's rules are looser than those of the branch that it shall go into. Pure.

What cannot be judged, such as another expression of a policy, counts. What is stricter, or only stands elsewhere, does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from hfops.manifest.globs import covers
from hfops.model.directives import Allowance, Removal
from hfops.model.source import Mark, Path
from hfops.review.loosened_lifecycle import lifecycles
from hfops.review.loosened_policies import policies
from hfops.review.loosening import Loosened
from hfops.review.rules import Rules
from hfops.review.wider import beyond, outlasts, within

__all__ = ["Loosened", "loosened"]

SAFETY = (
    ("max_deletes", "maxDeletes", ""),
    ("max_delete_percent", "maxDeletePercent", " %"),
    ("max_hourly_increase", "maxHourlyIncrease", " US$/h"),
)
"""Limits: the field, what it is called in the project file, its unit."""


def loosened(base: Rules, head: Rules, today: date) -> tuple[Loosened, ...]:
    """Everything by which ``head`` is looser than ``base``. ``today`` ends policies, consent and waivers."""
    found = _Found(base, head, today)
    return (
        *policies(base, head, today),
        *found.limits(),
        *found.hosts(),
        *found.settings(),
        *found.allowed(),
        *found.removed(),
        *lifecycles(base, head, today),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    base: Rules
    head: Rules
    today: date

    def limits(self) -> Iterator[Loosened]:
        """Limits that rise, or are dropped."""
        for name, shown, unit in SAFETY:
            before = getattr(self.base.settings.safety, name)
            after = getattr(self.head.settings.safety, name)
            where = self._safety(shown)
            code = f"{name}_raised"
            if before is not None and after is None:
                yield Loosened(code, f"safety.{shown} is dropped, it was {before:g}{unit}", where)
            elif before is not None and after > before:
                yield Loosened(code, f"safety.{shown} rises from {before:g} to {after:g}{unit}", where)

    def hosts(self) -> Iterator[Loosened]:
        """Hosts that webhooks may be sent to without a word."""
        before, after = self.base.settings.safety.webhook_hosts, self.head.settings.safety.webhook_hosts
        where, code = self._safety("webhookHosts"), "webhook_hosts_widened"
        if before is not None and after is None:
            yield Loosened(code, f"safety.webhookHosts is dropped, it was {_list(before)}", where)
        elif more := beyond(map(str.lower, after or ()), map(str.lower, before or ())):
            yield Loosened(code, f"safety.webhookHosts also trusts {_list(more)}", where)

    def settings(self) -> Iterator[Loosened]:
        """What else the project file decides."""
        base, head = self.base.settings, self.head.settings
        if more := beyond(head.references.env, base.references.env):
            said = f"references.env also lets {_list(more)} be read outside secret fields"
            yield Loosened("references_widened", said, self._spec("references", "env"))
        if base.unmanaged == "fail" != head.unmanaged:
            said = f"unmanaged is {head.unmanaged}, it was fail"
            yield Loosened("unmanaged_lowered", said, self._spec("unmanaged"))
        if head.prune and not base.prune:
            yield Loosened(
                "prune_on", "prune is switched on: what manifests drop is deleted", self._spec("prune")
            )
        if head.ledger != base.ledger and not self.base.absent:
            yield Loosened(
                "ledger_moved", f"ledger is {head.ledger}, it was {base.ledger}", self._spec("ledger")
            )
        if head.name != base.name and not self.base.absent:
            said = f"the project is called {head.name}, it was {base.name}: what the ledger has under that name counts no more"
            yield Loosened("project_renamed", said, self.head.mark(("metadata", "name")))
        if more := [g for g in head.ignore if g not in base.ignore and self._hides(g)]:
            yield Loosened("ignore_added", f"ignore leaves out {_list(more)}, too", self._spec("ignore"))
        if None not in (self.base.place, self.head.place) and self.base.place != self.head.place:
            said = f"the project's root is {self.head.place or '.'}, it was {self.base.place or '.'}"
            yield Loosened("root_moved", said, self._spec())

    def _hides(self, glob: str) -> bool:
        """Whether a file of the base has a manifest that this takes out of sight."""
        return any(covers(glob, r.where.file) for r in self.base.resources.values())

    def allowed(self) -> Iterator[Loosened]:
        """Consent that is new, wider or longer."""
        for entry in self.head.directives.allow:
            over = entry.until is not None and self.today > entry.until
            known = [a for a in self.base.directives.allow if a.risk is entry.risk]
            if over or any(_consents(a, entry) and not outlasts(entry.until, a.until) for a in known):
                continue
            if any(_consents(a, entry) for a in known):
                code, said = "allow_prolonged", "lasts longer"
            elif any(_consents(entry, a) for a in known):
                code, said = "allow_widened", "covers more"
            else:
                code, said = "allow_added", "is new"
            yield Loosened(code, f"allow {_consent(entry)} {said}", entry.where)

    def removed(self) -> Iterator[Loosened]:
        """Removals that are new, and protection that is overridden."""
        for entry in self.head.directives.removed:
            known = [r for r in self.base.directives.removed if _covers(r, entry)]
            if not known:
                yield Loosened("removed_added", f"removed: {_removal(entry)} is new", entry.where)
            if entry.override_protection and not any(r.override_protection for r in known):
                said = f"removed: {entry.pattern} overrides its protection"
                yield Loosened("protection_overridden", said, entry.where)

    def _spec(self, *path: str) -> Mark | None:
        return self.head.mark(("spec", *path))

    def _safety(self, name: str) -> Mark | None:
        """An environment's own limit, else the project's."""
        common: Path = ("spec", "safety", name)
        environment = self.head.settings.environment
        if environment is None:
            return self.head.mark(common)
        return self.head.mark(("spec", "environments", environment, "safety", name), common)


def _consents(wider: Allowance, entry: Allowance) -> bool:
    return wider.pattern is None or (entry.pattern is not None and _inside(entry.pattern, wider.pattern))


def _covers(wider: Removal, entry: Removal) -> bool:
    return wider.action is entry.action and _inside(entry.pattern, wider.pattern)


def _inside(pattern: str, wider: str) -> bool:
    """Addresses are the same in capitals."""
    return within(pattern.casefold(), wider.casefold())


def _consent(entry: Allowance) -> str:
    until = f" until {entry.until}" if entry.until else ""
    return f"{entry.risk.value} at {entry.pattern or 'every address'}{until}"


def _removal(entry: Removal) -> str:
    return f"{entry.action.value} {entry.pattern}"


def _list(words: Any) -> str:
    return ", ".join(words) or "nothing"
