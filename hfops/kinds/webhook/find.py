"""Which of a user's webhooks a manifest is about. The Hub gives them ids only: they are found by what is known.

In this order: the ledger's id; what an interrupted run was about to make; ``spec.id``; the URL, where one webhook has
it; URL and what is watched. A job is found by the job and what is watched; one that was copied from another job by
an id alone, for the Hub does not show what it is a copy of. What somebody else's manifest has claimed by then is left out.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from hfops.kinds.base import Ask, Sight, Vault
from hfops.kinds.webhook.job import JOB, SOURCE, normal, said, same_job
from hfops.kinds.webhook.live import Row, url_digest
from hfops.kinds.webhook.scene import Scene
from hfops.kinds.webhook.spec import DOMAINS, WebhookSpec
from hfops.kinds.webhook.watched import Place, places, rows, worded
from hfops.model.address import Address
from hfops.model.key import Key
from hfops.model.late import Hidden, Named

PIN = "write the id of the one that is meant: spec.id: {}"
_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Found:
    """The webhook of one ask, or why there is none to speak of."""

    row: Row | None = None
    sight: Sight = field(default_factory=Sight)


@dataclass(frozen=True, slots=True)
class _Sought:
    """One manifest that no id leads to a webhook: what it would be known by."""

    ask: Ask
    key: tuple[str, ...] | None
    """Whom it tells, or what it runs; None where that is not known now, or not said."""

    watched: frozenset[Place] | None

    @property
    def spec(self) -> WebhookSpec:
        """The manifest's spec."""
        return self.scene.spec

    @property
    def scene(self) -> Scene:
        """The manifest, with nothing seen yet."""
        return Scene(self.ask, Sight())

    def has_target(self, row: Row) -> bool:
        """Whether a webhook tells, or runs, the same."""
        spec, live = self.spec, row.live
        if spec.job is not None:
            return live.job is not None and same_job(said(spec.job), live.job)
        if spec.job_source_id is not None:  # the Hub does not show what a job was copied from
            return live.job is not None and set(live.domains) == set(spec.domains or DOMAINS)
        return live.url is not None and self.key == ("url", live.url.digest.hex())

    def watches(self, row: Row) -> bool:
        """Whether a webhook watches the same."""
        return self.watched is not None and places(row.live.watched) == self.watched


def find(asks: Sequence[Ask], hooks: Sequence[Row]) -> dict[Address, Found]:
    """What belongs to whom, of all ``hooks`` that the user has."""
    asked = {ask.address for ask in asks}
    others = {i: a for ask in asks for i, a in ask.owned.items() if a not in asked}
    search = _Search(hooks, others=others)
    for step in (search.by_record, search.by_intention, search.without_manifest, search.by_pin):
        for ask in asks:
            if ask.address not in search.found and (found := step(ask)):
                search.found[ask.address] = found
    search.by_content([a for a in asks if a.address not in search.found], asks)
    return search.found


@dataclass(slots=True)
class _Search:
    """The webhooks, and who has claimed which."""

    hooks: Sequence[Row]
    found: dict[Address, Found] = field(default_factory=dict)
    owner: dict[str, Address] = field(default_factory=dict)
    others: Mapping[str, Address] = field(default_factory=dict)
    """What the ledger knows to be somebody's whom this run does not look at."""

    def take(self, ask: Ask, row: Row) -> Found:
        """It is this one's from now on. What an interrupted run was about to make is known by its intention only."""
        self.owner.setdefault(row.live.hub_id, ask.address)
        if _nameless(ask.intended):
            row = replace(row, live=replace(row.live, foreign=True))
        return Found(row)

    def free(self, fits: Callable[[Row], bool]) -> list[Row]:
        """Those that nobody has claimed and that fit."""
        taken = self.owner.keys() | self.others.keys()
        return [r for r in self.hooks if r.live.hub_id not in taken and fits(r)]

    def by_record(self, ask: Ask) -> Found | None:
        """The ledger's id. Both names of one that is being renamed lead to it."""
        known, pin = ask.record.hub_id if ask.record else None, _pin(ask)
        row = self._with_id(known)
        if row is None:
            return None
        ask = replace(ask, intended={})  # noted before the run ended
        if pin is not None and pin != known:
            message = f"spec.id is {pin}, and the ledger knows it as {known}"
            hint = f"take spec.id out, or run `hfops ledger forget {ask.address}`"
            return Found(sight=Sight(problem=message, hint=hint))
        return self.take(ask, row)

    def by_intention(self, ask: Ask) -> Found | None:
        """What an interrupted run made, whatever the manifest says by now; of several, the newest."""
        wanted = _nameless(ask.intended)
        if not wanted:
            return None
        fitting = self.free(lambda row: _fits(row, wanted))
        told = [(row, _is_told(row, wanted, ask.vault)) for row in fitting]
        made = [row for row, sure in told if sure]
        newest = max(made, key=lambda r: (r.live.created_at or _BEGINNING, r.live.hub_id), default=None)
        if newest is not None:
            return self.take(replace(ask, intended={}), newest)
        maybe = [row for row, sure in told if sure is None]
        if not maybe or _pin(ask) is not None:
            return None
        message = (
            f"an interrupted run may have made one of these, whose url cannot be compared: {_listed(maybe)}"
        )
        hint = f"set HFOPS_LEDGER_KEY as that run had it, or {PIN.format(maybe[0].live.hub_id)}"
        return Found(sight=Sight(problem=message, hint=hint))

    def by_pin(self, ask: Ask) -> Found | None:
        """The manifest's ``spec.id``."""
        pin = _pin(ask)
        if pin is None:
            return None
        row = self._with_id(pin)
        if row is None:
            hint = "`hfops show` has the ids that the ledger knows; without spec.id, it is found or created"
            return Found(sight=Sight(problem=f"the user has no webhook with the id {pin}", hint=hint))
        if pin in self.owner:
            return Found(sight=Sight(problem=f"spec.id: {pin} belongs to {self.owner[pin]}"))
        return self.take(ask, row)

    def without_manifest(self, ask: Ask) -> Found | None:
        """Nothing is left to find it by; where the ledger knew its id, it is gone."""
        if ask.resource is not None:
            # The old name of a rename: what has no entry in the ledger was never anything.
            return Found() if ask.resource.address != ask.address else None
        if (ask.record is not None and ask.record.hub_id is not None) or ask.intended:
            return Found()
        message = "the Hub gives webhooks no names, and the ledger does not know its id"
        return Found(sight=Sight(problem=message, hint="describe it, with spec.id, and run that first"))

    def _with_id(self, hub_id: str | None) -> Row | None:
        return next((r for r in self.hooks if r.live.hub_id == hub_id), None)

    def by_content(self, asks: Sequence[Ask], everyone: Sequence[Ask]) -> None:
        """By whom it tells and what it watches."""
        sought = [_sought(a) for a in asks]
        twins = _twins(everyone)
        for one in sought:
            others = twins.get((one.key, one.watched), []) if one.key else []
            if others := [a for a in others if a != one.ask.address]:
                message = (
                    f"{others[0]} has the same target and watches the same: one could be taken for the other"
                )
                self.found[one.ask.address] = Found(
                    sight=Sight(problem=message, hint="make them one manifest")
                )
        groups: dict[tuple[str, ...], list[_Sought]] = defaultdict(list)
        for one in [s for s in sought if s.ask.address not in self.found]:
            if one.spec.url is None:
                self.found[one.ask.address] = self._exactly(one)
            elif one.key is None:
                self.found[one.ask.address] = self._blindly(one)
            else:
                groups[one.key].append(one)
        for group in groups.values():
            self._by_url(group)

    def _exactly(self, one: _Sought) -> Found:
        """A job that is found whole, or not at all. What is to be a copy of another is never guessed."""
        fitting = [row for row in self.free(one.has_target) if one.watches(row)]
        if not fitting:
            return Found()
        if one.spec.job is None:
            message = f"what a job is a copy of is not shown, and this may be it already: {_listed(fitting)}"
            return Found(sight=Sight(problem=message, hint=PIN.format(fitting[0].live.hub_id)))
        return self.take(one.ask, fitting[0]) if len(fitting) == 1 else _ambiguous(fitting, "its job")

    def _blindly(self, one: _Sought) -> Found:
        """The URL is not known now. What watches the same may be it, and a second one must not be made."""
        maybe = self.free(lambda row: row.live.url is not None and one.watches(row))
        if not maybe:
            return Found()
        url = one.scene.url
        label = "" if isinstance(url, str | None) else f" ({one.scene.ask.vault.why(url)})"
        message = f"its url is not known now{label}, and this may be it already: {_listed(maybe)}"
        return Found(sight=Sight(problem=message, hint=PIN.format(maybe[0].live.hub_id)))

    def _by_url(self, group: list[_Sought]) -> None:
        """A URL that one manifest names and one webhook has will do; else what is watched decides."""
        left = list(group)
        interrupted = any(one.ask.intended for one in group)
        if interrupted or len(group) > 1 or len(self.free(group[0].has_target)) > 1:
            for one in group:
                exact = [row for row in self.free(one.has_target) if one.watches(row)]
                if len(exact) == 1:
                    self.found[one.ask.address] = self.take(one.ask, exact[0])
                    left.remove(one)
        candidates = self.free(group[0].has_target)
        for one in left:
            if not candidates or one.ask.intended:
                # After an interruption only some are looked at, and what has the same url may be another's.
                self.found[one.ask.address] = Found()
            elif len(candidates) == 1 and len(left) == 1:
                self.found[one.ask.address] = self.take(one.ask, candidates[0])
            else:
                self.found[one.ask.address] = _ambiguous(candidates, "its url")


def _sought(ask: Ask) -> _Sought:
    scene = Scene(ask, Sight())
    spec, watched = scene.spec, scene.spec.watched
    seen = None if watched is None else places(rows(watched))
    if spec.job is not None:
        return _Sought(ask, (JOB, json.dumps(normal(said(spec.job)), sort_keys=True)), seen)
    if spec.job_source_id is not None:
        return _Sought(ask, (SOURCE, spec.job_source_id), seen)
    url: str | Named | None = scene.url
    text = None if url is None else scene.text(url)
    return _Sought(ask, None if text is None else ("url", url_digest(text).hex()), seen)


def _twins(asks: Sequence[Ask]) -> Mapping[tuple[Any, Any], list[Address]]:
    """Manifests that nothing but an id would tell apart."""
    out: dict[tuple[Any, Any], list[Address]] = defaultdict(list)
    for ask in asks:
        if ask.resource is not None and ask.resource.address == ask.address:
            one = _sought(ask)
            out[one.key, one.watched].append(ask.address)
    return out


def _nameless(intended: Mapping[Key, Any]) -> dict[str, Any]:
    """What an interrupted run was about to make, by field; nothing where it was about something else."""
    wanted = {key[0]: value for key, value in intended.items() if len(key) == 1}
    return {"domains": list(DOMAINS), "secret": None} | wanted if "watched" in wanted else {}


def _fits(row: Row, wanted: Mapping[str, Any]) -> bool:
    """Whether what can be seen of a webhook is as an interrupted run would have made it."""
    return all(_agrees(row, name, value) for name, value in wanted.items())


def _agrees(row: Row, name: str, value: Any) -> bool:
    live = row.live
    match name:
        case "watched":
            return places(live.watched) == places(value)
        case "domains":
            return isinstance(value, list) and set(live.domains) == set(value)
        case "secret":
            return live.has_secret is (value is not None)
        case "url" | "job" | "jobSourceId":
            return _is_target(row, name, value)
    return True


def _is_target(row: Row, name: str, value: Any) -> bool:
    """Whom it tells, or what it runs. What a job was copied from is not shown."""
    live = row.live
    if name == "url":
        return live.url is not None and isinstance(value, Mapping) and _is_url(row, value)
    return live.job is not None and (
        name != JOB or (isinstance(value, Mapping) and same_job(value, live.job))
    )


def _is_url(row: Row, noted: Mapping[str, Any]) -> bool:
    """Of a URL with a query the note has what is shown and a hash, of one by reference a hash only."""
    assert row.live.url is not None
    if isinstance(whole := noted.get("value"), str):
        return row.live.url.digest == url_digest(whole)
    return noted.get("shown") in (None, row.live.url.shown) and isinstance(noted.get("hash"), str)


def _is_told(row: Row, wanted: Mapping[str, Any], vault: Vault) -> bool | None:
    """Whether what is hidden is what was noted, too; None where its hash cannot be compared: it has another key."""
    texts = {"url": row.url, "secret": row.secret}
    hashes = {name: value.get("hash") for name, value in wanted.items() if isinstance(value, Mapping)}
    same = {
        name: vault.same(Hidden("", text), hashed)
        for name, text in texts.items()
        if text is not None and isinstance(hashed := hashes.get(name), str)
    }
    return False if False in same.values() else None if same.get("url", True) is None else True


def _pin(ask: Ask) -> str | None:
    return Scene(ask, Sight()).spec.id if ask.resource is not None else None


def _ambiguous(fitting: Sequence[Row], what: str) -> Found:
    have = f"{len(fitting)} webhooks have" if len(fitting) > 1 else "one webhook has"
    message = f"{have} {what}, and whether it is this one's cannot be told: {_listed(fitting)}"
    return Found(sight=Sight(problem=message, hint=PIN.format(fitting[0].live.hub_id)))


def _listed(fitting: Sequence[Row]) -> str:
    return "; ".join(_line(r) for r in sorted(fitting, key=lambda r: r.live.hub_id))


def _line(row: Row) -> str:
    return f"{row.live.hub_id} (watches {worded(row.live.watched)})"
