"""A ledger in a private dataset repository: one file for each project and environment, shared by many runs.

A write is a commit on the commit that was read (``parentCommit``); where somebody was faster, what both changed is
merged and written again. The lease in the file is advisory: nothing is lost without it, it keeps two runs from doing
the same work.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

from hfops.engine.ledger import lease as leases
from hfops.engine.ledger.format import Lease, LedgerForm, Owner
from hfops.engine.ledger.lease import Holder
from hfops.engine.ledger.merge import Clash, claims, merge, touched
from hfops.engine.ledger.neighbours import Neighbours, file_name
from hfops.engine.ledger.repo import LedgerRepo, Look
from hfops.engine.ledger.store import HeldError, LedgerError, dump, parse
from hfops.engine.ledger.transfer import handed_over
from hfops.hub.refusals import clean
from hfops.model.address import Address

TRIES = 12
"""How often a write is tried while others keep writing."""

DOUBTS = 2
"""How often a write is tried of which nobody knows what became."""

NAMED = 5
"""Addresses named in a message."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the repository is asked, in seconds.

    ``life``: how long a lease holds; ``gather``: how long intentions wait for company; ``every``: how often outcomes are
    written; ``poll``: between two looks whether a lease is free; ``pause``: before a write is tried again, and more each
    time.
    """

    life: float = leases.LIFE.total_seconds()
    gather: float = 5.0
    every: float = 15.0
    poll: float = 2.0
    pause: float = 0.1


@dataclass(frozen=True, slots=True)
class Around:
    """What a store takes from its run: who it is, whom to tell, what the token surely sees, and concurrency.

    ``wait`` waits so many seconds, and says whether the run was asked to stop.
    """

    holder: Holder
    warn: Callable[[str], None]
    sees: Callable[[str], bool] = lambda _: False
    map: Callable[[Callable[[Any], Any], Iterable[Any]], list[Any]] = lambda f, items: [f(i) for i in items]
    wait: Callable[[float], bool] = lambda seconds: Event().wait(seconds)


class WaitEndedError(LedgerError):
    """The run was asked to stop while it waited for its turn."""

    exit_code = 130


class HubStore:
    """The ledger of ``owner`` in ``repo``."""

    def __init__(self, repo: LedgerRepo, owner: Owner, around: Around, pace: Pace | None = None) -> None:
        self.repo = repo
        self.owner = owner
        self.pace = pace or Pace()
        self.path = file_name(owner)
        self.verb = "apply"
        """The command, for the titles of commits."""
        self._around = around
        self._neighbours = Neighbours(repo, self.path, around.map)
        self._cached: tuple[str | None, LedgerForm | None] = (None, None)
        self._unused: Look | None = None
        self._latest: Look | None = None
        self._patience = 0.0
        self._skew: timedelta | None = None
        self._waited = 0.0
        self._warned: set[str] = set()

    @property
    def url(self) -> str:
        """``hub://datasets/`` and the repository's id."""
        return self.repo.url

    @property
    def name(self) -> str:
        """The repository and the file."""
        return f"{self.url}: {self.path}"

    @property
    def home(self) -> Address:
        """The repository as a resource, which nobody manages."""
        return self.repo.address

    # Reading

    def read(self) -> LedgerForm | None:
        """The file as it is now; None where there is none yet. What ``lock`` has just seen is not asked for again."""
        look, self._unused = self._unused, None
        look = look or self._look()
        return self._at(look) if look else None

    def raw(self) -> str | None:
        """The file's text, whatever it says."""
        look = self._look()
        return self.repo.read(look, self.path) if look else None

    def raw_at(self, revision: str) -> str | None:
        """The file's text at a commit of the repository's history; None where there is none."""
        return self.repo.read_at(revision, self.path) if self._look() else None

    def owner_of(self, address: Address) -> Owner | None:
        """The other project or environment that owns ``address`` or set out to make it, as of the last look.

        Raises NeighbourError where a ledger that cannot be understood may say so.
        """
        look = self._latest or self._look()
        return self._neighbours.owner_of(address, look) if look else None

    def doubt(self, error: LedgerError) -> None:
        """Say once what keeps others' resources from being told apart."""
        self._warn(f"{error}; until then, what is not in this project's ledger is left alone")

    def _warn(self, said: str) -> None:
        if said not in self._warned:
            self._warned.add(said)
            self._around.warn(f"warning: {said}")

    def _look(self) -> Look | None:
        self._latest = self.repo.look()
        if self._latest is None and not self._around.sees(self.home.namespace):
            said = "there is no such repository, or this token may not see it"
            self._warn(
                f"{self.url}: {said}: hfops goes on as if nothing were owned; "
                "before anything is sent, apply makes it, or finds that it cannot"
            )
        return self._latest

    def _at(self, look: Look) -> LedgerForm | None:
        """What the file says at the commit looked at."""
        if self.path not in look.files:
            return None
        blob = look.files[self.path]
        if blob is None or self._cached[0] != blob:
            text = self.repo.read(look, self.path)
            if text is None:
                raise LedgerError(f"{self.name}: the Hub lists it and does not give it out; run again")
            self._cached = (blob, self._parsed(text))
        return self._cached[1]

    def _parsed(self, text: str) -> LedgerForm:
        back = (
            "it was left as it is; the repository's history has earlier ones: "
            "hfops ledger pull FILE --revision COMMIT, then hfops ledger push FILE --force"
        )
        form = parse(text, self.name, back)
        if form.owner != self.owner:
            raise LedgerError(
                f"{self.name}: this ledger belongs to {form.owner}, not to {self.owner}; {back}"
            )
        return form

    # Writing

    def write(self, form: LedgerForm) -> LedgerForm:
        """``put``, on top of what was read last."""
        return self.put(form, self._cached[1])

    def put(self, form: LedgerForm, base: LedgerForm | None, *, claim: bool = False) -> LedgerForm:
        """Commit what ``form`` changes of ``base``, with all that others wrote since; what is stored then.

        ``claim``: calls are to follow, so the lease must be ours; waits for it as long as ``lock`` was told to.
        Raises LedgerError for what both changed, for addresses of other projects, and for a lease that is not free.
        """
        ours, doubts = self._parsed(dump(form)), 0
        sent: LedgerForm | None = None
        for attempt in range(TRIES):
            look = (self._turn(self._patience) if claim else self._look()) or self._create()
            theirs = self._at(look)
            if sent is not None and theirs == sent:
                return sent  # the answer was lost, and the write was not
            sent = self._merged(base, self._stamped(ours), theirs, look)
            if self._commit(look, {self.path: dump(sent)}, self._title(theirs, sent)):
                return sent
            doubts += bool(self.repo.doubt)
            if doubts >= DOUBTS:
                break
            time.sleep(self.pace.pause * attempt)
        why = self.repo.doubt or "others keep writing to the same repository; run again"
        raise LedgerError(f"{self.name}: the ledger cannot be written: {why}")

    def _stamped(self, form: LedgerForm) -> LedgerForm:
        """A lease of ours begins when it is written: only the look before that may have told the Hub's time."""
        lease = form.lease
        if lease is None or lease.expires is None or lease.holder != self._around.holder.id:
            return form
        return form.model_copy(update={"lease": self.lease()})

    def replace(self, form: LedgerForm) -> None:
        """Put ``form`` in the place of whatever was looked at last."""
        look = self._latest or self._create()
        self.commit_once(look, {self.path: dump(form)}, f"{len(form.entries)} entries")

    def hand_over(self, address: Address, target: HubStore, *, create: bool) -> None:
        """Move an entry to another ledger of the same repository: both files in one commit. Raises LedgerError."""
        look = self._turn(self._patience)
        mine = self._at(look) if look else None
        if look is None or mine is None:
            raise LedgerError(f"{self.name}: there is no ledger yet, and nothing to hand over")
        theirs = target._at(look)
        if theirs is None and not create:
            raise LedgerError(f"{self.url}: {self._unknown(target.owner, look)}")
        if theirs is not None and theirs.lease and self._is_anothers(theirs.lease, look):
            raise LedgerError(f"{target.name}: the ledger is {leases.held(theirs.lease)}; wait for it")
        left, taken = handed_over(mine, theirs, target.owner, address)
        files = {self.path: dump(left), target.path: dump(taken)}
        self.commit_once(look, files, f"{address} to {target.owner.path}")

    def _unknown(self, owner: Owner, look: Look) -> str:
        there = ", ".join(o.path for o in self._neighbours.owners(look))
        known = f"there are {there}" if there else "there is no other"
        return f"{owner} has no ledger here ({known}); if that is right, add --create"

    def commit_once(self, look: Look, files: Mapping[str, str], what: str) -> None:
        """One commit on top of ``look``. Raises LedgerError where somebody else was faster, or nobody knows."""
        if self._commit(look, files, what):
            return
        doubt, now = self.repo.doubt, self._look()
        if doubt and now and all(self.repo.read(now, p) == t for p, t in files.items()):
            return
        why = doubt or "another run wrote to the same repository just now; run again"
        raise LedgerError(f"{self.url}: the ledger cannot be written: {why}")

    def _commit(self, look: Look, files: Mapping[str, str], what: str) -> bool:
        holder = self._around.holder
        title = clean(f"hfops {self.verb}: {what} ({self.owner.path})")
        made = self.repo.commit(look, files, title, clean(leases.told(holder.lease(None))))
        if made is not None:
            self._latest = made
            self._cached = (made.files[self.path], self._parsed(files[self.path]))
        return made is not None

    def _create(self) -> Look:
        """The repository, made where there is none."""
        self.repo.create()
        for pause in (0.0, 0.2, 0.4, 0.8, 1.6):
            time.sleep(pause)
            if found := self.repo.look():
                self._latest = found
                return found
        raise LedgerError(
            f"{self.url}: it exists, and this token may not see it: give the token the right to read and write it,"
            " or keep the ledger elsewhere (spec.ledger in hfops.yaml)"
        )

    def _merged(
        self, base: LedgerForm | None, ours: LedgerForm, theirs: LedgerForm | None, look: Look
    ) -> LedgerForm:
        try:
            merged = merge(base, ours, theirs)
        except Clash as clash:
            raise LedgerError(f"{self.name}: {_clashed(clash, theirs)}") from None
        for address in claims(theirs, merged):
            if owner := self._neighbours.owner_of(address, look):
                raise LedgerError(f"{self.url}: {address}: {owner} owns it by now; nothing of it was written")
        mine = ours.lease is not None and ours.lease.holder == self._around.holder.id
        if theirs is not None and (not mine or self._is_anothers(theirs.lease, look)):
            return merged.model_copy(update={"lease": theirs.lease})
        return merged

    def _title(self, before: LedgerForm | None, after: LedgerForm) -> str:
        count = len(touched(before, after))
        if not count:
            return "lease"
        ahead = (
            after.intentions
            if before is None
            else [i for i in after.intentions if i not in before.intentions]
        )
        counted = f"{count} change" + ("" if count == 1 else "s")
        return f"{counted} to come" if ahead else counted

    # The lease

    @contextlib.contextmanager
    def lock(self, timeout: float) -> Iterator[None]:
        """Wait up to ``timeout`` seconds while another run holds the lease. Ours begins with the first write that claims it.

        Raises HeldError. What was waited in vain before counts.
        """
        self._patience = timeout
        try:
            self._unused = self._turn(max(0.0, timeout - self._waited))
        except HeldError:
            self._waited = max(self._waited, timeout)
            raise
        yield

    def lease(self) -> Lease:
        """A lease for this run, from now."""
        until = self._now(self._latest) + timedelta(seconds=self.pace.life)
        return self._around.holder.lease(until.replace(microsecond=0))

    def given_back(self) -> Lease:
        """What stands in its place when the run needs it no more: who wrote last."""
        return self._around.holder.lease(None)

    def others_lease(self) -> Lease | None:
        """The lease that another run holds now."""
        form, look = self.read(), self._latest
        return form.lease if form and look and self._is_anothers(form.lease, look) else None

    def end_lease(self, lease: Lease) -> None:
        """Take ``lease`` from whoever holds it. Raises LedgerError where that has changed meanwhile."""
        look = self._look()
        form = self._at(look) if look else None
        if look is None or form is None or form.lease is None or form.lease.holder != lease.holder:
            raise LedgerError(f"{self.name}: the lease changed hands just now; look again: hfops ledger list")
        ended = form.model_copy(update={"lease": self.given_back(), "serial": form.serial + 1})
        self.commit_once(look, {self.path: dump(ended)}, f"end the lease of {leases.told(lease)}")

    def _turn(self, timeout: float) -> Look | None:
        """The repository, as soon as nobody else holds the lease. Raises HeldError that says who does."""
        deadline = time.monotonic() + timeout
        while True:
            look = self._look()
            lease = form.lease if look and (form := self._at(look)) else None
            if look is None or lease is None or not self._is_anothers(lease, look):
                return look
            left = deadline - time.monotonic()
            if left <= 0:
                raise HeldError(f"{self.name}: the ledger is {leases.held(lease)}; {self._way()}")
            if self._around.wait(min(self.pace.poll, left)):
                raise WaitEndedError(
                    f"{self.name}: stopped while waiting for the ledger, {leases.held(lease)}"
                )

    def _way(self) -> str:
        """How to get past a lease: by waiting for as long as one lasts at most, where the command can be told to."""
        needed = leases.LONGEST.total_seconds()
        wait = f"wait for it: --lock-timeout {needed:g}"
        if self.verb.startswith("ledger "):
            wait = f"run again once that run has ended (one that was killed holds it for {needed:g} seconds)"
        if self._patience >= needed:
            wait = "it was renewed meanwhile, so that run goes on: give it longer"
        return f"{wait}; or, where that run is surely gone, end it: hfops ledger unlock"

    def _is_anothers(self, lease: Lease | None, look: Look) -> bool:
        if lease is None or lease.expires is None or lease.holder == self._around.holder.id:
            return False
        return leases.live(lease, self._now(look))

    def _now(self, look: Look | None) -> datetime:
        """The time by the Hub's clock, once that could be asked: the clocks of two machines may be far apart."""
        if self._skew is None and look is not None:
            there = self.repo.clock(look, self.path)
            self._skew = None if there is None else there - datetime.now(UTC)
        return datetime.now(UTC) + (self._skew or timedelta())


def _clashed(clash: Clash, theirs: LedgerForm | None) -> str:
    more = len(clash.addresses) - NAMED
    named = ", ".join(clash.addresses[:NAMED]) + (f" and {more} more" if more > 0 else "")
    who = f" ({leases.told(theirs.lease)})" if theirs and theirs.lease else ""
    return f"another run{who} changed {named} too; nothing of it was overwritten: run again, hfops looks"
