"""One run's ledger: read once, changed in memory by many threads, written in few steps."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from hfops.engine.ledger.format import Intention, LedgerForm, Owner, to_entry, to_record
from hfops.engine.ledger.hub import HubStore
from hfops.engine.ledger.merge import touched
from hfops.engine.ledger.neighbours import NeighbourError
from hfops.engine.ledger.store import LedgerError, NoStore, Store, dump
from hfops.model.address import Address
from hfops.model.record import Record

PLAN_LIFE = timedelta(hours=24)
"""How long a saved plan can be applied, unless it was made to hold longer."""

LONGEST = timedelta(days=30)
"""The longest that a saved plan can be made to hold: a pull request is read for days."""

REMEMBERED = LONGEST + timedelta(days=1)
"""How long the use of a saved plan is remembered at least: longer than any copy of it can be applied."""

SOMEBODY = "perhaps another project"
"""The owner in words, where a broken file keeps that from being known."""

SAVE_EVERY = 1.0
"""Seconds between two writes of a file while calls are running."""


class TakenOver(LedgerError):
    """Another run had the lease meanwhile, and has settled what this one set out to do."""


class Ledger:
    """The records of one project and environment. Every method may be called from any thread.

    On the Hub every write is a commit. What a run learns is gathered there, from its first ``intend`` to
    ``save(last=True)``: in between it goes with the next write that cannot wait, or with time (``due``).
    """

    def __init__(self, store: Store, project: str, environment: str | None) -> None:
        self.store = store
        self._hub = store if isinstance(store, HubStore) else None
        self._lock = threading.Lock()
        self._owner = Owner(project, environment)
        self._held = False
        self._written = time.monotonic()
        self._take(store.read())

    def _take(self, form: LedgerForm | None) -> None:
        """Begin from what is stored."""
        self._base, self._stored = form, _text(form)
        if form is None:
            form = LedgerForm(project=self._owner.project, environment=self._owner.environment)
        elif form.owner != self._owner:
            hint = "give this project a ledger of its own, spec.ledger in hfops.yaml or --ledger"
            said = f"this ledger belongs to {form.owner}, not to {self._owner}"
            raise LedgerError(f"{self.store.url}: {said}; {hint}")
        self.form = form
        self._records = {r.address: r for r in (to_record(a, e) for a, e in form.entries.items())}
        self._intentions = list(form.intentions)
        self._used = dict(form.used_plans)
        self._dirty = False

    @property
    def home(self) -> Address | None:
        """The repository that the ledger lives in: no resource to manage, to import, or to report as unmanaged."""
        return self._hub.home if self._hub else None

    def owner_of(self, address: Address) -> Owner | None:
        """The other project or environment of the same home that owns ``address``. A file knows no others.

        What is ours is nobody else's, whatever is the matter with their ledgers; of anything else, raises NeighbourError
        where one of those cannot be understood.
        """
        return self._hub.owner_of(address) if self._hub and self.get(address) is None else None

    def foreign(self, address: Address) -> str | None:
        """``owner_of`` in words, for what is left alone if it is another's: in doubt, it is."""
        try:
            owner = self.owner_of(address)
        except NeighbourError as error:
            if self._hub:
                self._hub.doubt(error)
            return SOMEBODY
        return str(owner) if owner else None

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
        """Note what is about to be sent, and write it down before it is. On the Hub, this takes or renews the lease."""
        with self._lock:
            added = list(intentions)
            self._intentions.extend(added)
            self._dirty = self._dirty or bool(added)
            try:
                if self._dirty or (self._hub and (not self._held or self._aged)):
                    self._write(claim=True)
            except LedgerError:  # nothing of it will be sent
                self._intentions = [i for i in self._intentions if not any(i is a for a in added)]
                raise

    def assure(self, address: Address) -> None:
        """Right before a call that would make a second thing where another run made it already: make sure that it is ours to make.

        On the Hub a lease that is getting old is renewed. Raises TakenOver where what was intended for ``address`` is
        settled already: this run was held up for longer than its lease lasts.
        """
        with self._lock:
            if self._hub is None:
                return
            if not self._held or self._aged:
                self._write(claim=True)
            if not any(i.address.casefold() == address.key for i in self._intentions):
                said = (
                    "another run took its place while this one was held up; nothing of it was sent: run again"
                )
                raise TakenOver(f"{self.store.url}: {address}: {said}, hfops looks what is there")

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
            self._used = {k: t for k, t in self._used.items() if now - t < REMEMBERED} | {plan_id: now}
            self._dirty = True

    def save(self, *, last: bool = False) -> None:
        """Write what changed, if anything did. ``last``: no calls follow, the lease is given back with the same write."""
        with self._lock:
            if self._held and not last and not self._is_due():
                return
            if self._dirty or self._held:
                self._write(claim=False, last=last)

    @property
    def gathering(self) -> bool:
        """Whether intentions should wait for company: the last write is too recent for another."""
        with self._lock:
            return self._hub is not None and self._held and self._age < self._hub.pace.gather

    def due(self) -> bool:
        """Whether it is time to write what was learnt, or to renew the lease."""
        with self._lock:
            return self._is_due()

    def rest(self) -> None:
        """Nothing is being sent for the time being: others may have the lease. ``intend`` takes it again."""
        with self._lock:
            idle = self._hub is not None and self._held and self._age > self._hub.pace.gather
            if idle:
                self._write(claim=False, last=True)

    @contextlib.contextmanager
    def lock(self, timeout: float) -> Iterator[None]:
        """The store's lock; on the way out a lease that is still held is given back."""
        with self.store.lock(timeout):
            try:
                yield
            finally:
                with contextlib.suppress(LedgerError):  # it ends by itself soon
                    if self._held:
                        self.save(last=True)

    @property
    def changed(self) -> bool:
        """Whether anything was put, dropped or settled that is not written yet."""
        with self._lock:
            return self._dirty

    def rehearsal(self) -> Ledger:
        """A ledger with the same content that is kept nowhere: what is done to it shows whether there is anything to note."""
        return Ledger(_Stage(self._base), self._owner.project, self._owner.environment)

    def unchanged(self) -> bool:
        """Whether the store still holds what this run read or wrote last. Ask while holding the lock."""
        return _text(self.store.read()) == self._stored

    def catch_up(self, about: Collection[Address] | None = None) -> tuple[str, ...]:
        """Take in what others wrote since this was read, while holding the lock and before anything is put.

        Where they changed something that the run is ``about`` (None: about everything), nothing is taken in: what that is
        is the answer. So it is where there was no ledger before, or is none any more.
        """
        with self._lock:
            theirs = self.store.read()
            if _text(theirs) == self._stored:
                return ()
            if theirs is None or self._base is None:
                return ("the whole of it",)
            changed = touched(self._base, theirs)
            keys = None if about is None else {a.key for a in about}
            clashes = tuple(n for k, n in changed.items() if keys is None or k in keys)
            if not clashes:
                self._take(theirs)
            return clashes

    @property
    def _age(self) -> float:
        return time.monotonic() - self._written

    @property
    def _aged(self) -> bool:
        """Whether the lease should be renewed."""
        return self._hub is not None and self._held and self._age > self._hub.pace.life / 2

    def _is_due(self) -> bool:
        every = self._hub.pace.every if self._hub else SAVE_EVERY
        return (self._dirty and self._age > every) or self._aged

    def _write(self, *, claim: bool, last: bool = False) -> None:
        """One write; the caller holds the lock of threads."""
        update = {
            "serial": self.form.serial + 1,
            "entries": {str(a): to_entry(r) for a, r in sorted(self._records.items())},
            "intentions": list(self._intentions),
            "used_plans": dict(self._used),
        }
        form = self.form.model_copy(update=update)
        if self._hub is None:
            self.store.write(form)
            self.form, self._base, self._stored, self._dirty = form, form, _text(form), False
        else:
            holds = claim or (self._held and not last)
            if holds or self._held:
                lease = self._hub.lease() if holds else self._hub.given_back()
                form = form.model_copy(update={"lease": lease})
            self._held = self._held and holds  # what cannot be given back now ends by itself
            self._take(self._hub.put(form, self._base, claim=claim))
            self._held = holds
        self._written = time.monotonic()


class _Stage(NoStore):
    """Holds what was read elsewhere."""

    def __init__(self, form: LedgerForm | None) -> None:
        self._form = form

    def read(self) -> LedgerForm | None:
        """What was handed in."""
        return self._form


def now() -> datetime:
    """The present in UTC, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def _text(form: LedgerForm | None) -> str | None:
    """A stored form's text: what is compared is what would be on disk."""
    return None if form is None else dump(form)
