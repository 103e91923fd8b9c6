"""One run's ledger: read once, changed in memory by many threads, written in few steps."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from hfops.engine.ledger.format import Intention, LedgerForm, to_entry, to_record
from hfops.engine.ledger.store import LedgerError, NoStore, Store, dump
from hfops.model.address import Address
from hfops.model.record import Record

PLAN_LIFE = timedelta(hours=24)
"""How long a saved plan can be applied, and how long its use is remembered at least."""


class Ledger:
    """The records of one project and environment. Every method may be called from any thread."""

    def __init__(self, store: Store, project: str, environment: str | None) -> None:
        self.store = store
        self._lock = threading.Lock()
        form = store.read()
        self._stored = _text(form)
        if form is None:
            form = LedgerForm(project=project, environment=environment)
        elif (form.project, form.environment) != (project, environment):
            theirs, ours = _whose(form.project, form.environment), _whose(project, environment)
            hint = "give this project a ledger of its own, spec.ledger in hfops.yaml or --ledger"
            raise LedgerError(f"{store.url}: this ledger belongs to {theirs}, not to {ours}; {hint}")
        self.form = form
        self._records = {r.address: r for r in (to_record(a, e) for a, e in form.entries.items())}
        self._intentions = list(form.intentions)
        self._used = dict(form.used_plans)
        self._dirty = False

    @property
    def keeps(self) -> bool:
        """Whether anything is remembered at all."""
        return not isinstance(self.store, NoStore)

    @property
    def records(self) -> Mapping[Address, Record]:
        """A copy of all records, by address."""
        with self._lock:
            return dict(self._records)

    @property
    def intentions(self) -> tuple[Intention, ...]:
        """What runs set out to do and never reported back on."""
        with self._lock:
            return tuple(self._intentions)

    def get(self, address: Address) -> Record | None:
        """The record of one resource."""
        with self._lock:
            return self._records.get(address)

    def put(self, record: Record) -> None:
        """Remember ``record`` in place of what was known of its address."""
        with self._lock:
            if self._records.get(record.address) == record:
                return
            self._records[record.address] = record
            self._dirty = True

    def drop(self, address: Address) -> None:
        """Forget a resource."""
        with self._lock:
            self._dirty = self._records.pop(address, None) is not None or self._dirty

    def intend(self, intentions: Iterable[Intention]) -> None:
        """Note what is about to be sent, and write it down before it is."""
        with self._lock:
            added = list(intentions)
            self._intentions.extend(added)
            self._dirty = self._dirty or bool(added)
        try:
            self.save()
        except LedgerError:
            with self._lock:  # nothing of it will be sent
                self._intentions = [i for i in self._intentions if not any(i is a for a in added)]
            raise

    def settle(self, address: Address) -> None:
        """What was intended for ``address`` is known now."""
        with self._lock:
            kept = [i for i in self._intentions if i.address.casefold() != address.key]
            self._dirty = self._dirty or len(kept) != len(self._intentions)
            self._intentions = kept

    def used(self, plan_id: str) -> datetime | None:
        """When a saved plan was used, if it was."""
        with self._lock:
            return self._used.get(plan_id)

    def use(self, plan_id: str, now: datetime) -> None:
        """Remember that a saved plan was used, and forget the ones that expired long since."""
        with self._lock:
            self._used = {k: t for k, t in self._used.items() if now - t < 2 * PLAN_LIFE} | {plan_id: now}
            self._dirty = True

    def save(self) -> None:
        """Write what changed, if anything did."""
        with self._lock:
            if not self._dirty:
                return
            entries = {str(a): to_entry(r) for a, r in sorted(self._records.items())}
            self.form = self.form.model_copy(
                update={
                    "serial": self.form.serial + 1,
                    "entries": entries,
                    "intentions": list(self._intentions),
                    "used_plans": dict(self._used),
                }
            )
            self.store.write(self.form)
            self._stored = _text(self.form)
            self._dirty = False

    def unchanged(self) -> bool:
        """Whether the store still holds what this run read or wrote last. Ask while holding the lock."""
        return _text(self.store.read()) == self._stored


def now() -> datetime:
    """The present in UTC, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def _text(form: LedgerForm | None) -> str | None:
    """A stored form's text: what is compared is what would be on disk."""
    return None if form is None else dump(form)


def _whose(project: str, environment: str | None) -> str:
    return f"project {project!r}" + (f", environment {environment!r}" if environment else "")
