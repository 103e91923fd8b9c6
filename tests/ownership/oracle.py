"""What must be: whose each thing is, what a run may touch, and how the Hub and the ledger stand after a quiet one.

It knows the rules of docs/ledger.md and the manifests, and nothing of how hfops goes about it. Where a run was killed
or disturbed, what it did may or may not be known to the next one: such things are ``EITHER``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hfops.engine.ledger.format import Entry, LedgerForm
from tests.ownership.author import Author, Doc, fits
from tests.ownership.runs import ENVIRON
from tests.ownership.things import REPOS, Home, Thing, Things

US, THEM, EITHER = "us", "them", "either"
LISTED = ("branches", "tags", "variables", "secrets", "items")
UNSEEN = ("discussionsDisabled",)
"""Settings that the Hub does not show: sent where hfops made the repository, else only where a record differs."""

Note = tuple[str, str, str]
"""An entry of a list: uid, list, name."""


class Wrong(AssertionError):
    """Something that must not be."""


@dataclass
class Oracle:
    """Everything known so far. ``made``: whose each thing is; ``entries``: whose each entry of a list is."""

    home: Home
    made: dict[str, str] = field(default_factory=dict)
    entries: dict[Note, str] = field(default_factory=dict)
    pins: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    """Text and commit that a tag was put on, by uid and name."""
    touched: set[str] = field(default_factory=set)
    """What somebody changed since it was applied."""
    protected: dict[str, bool] = field(default_factory=dict)
    """By uid: whether preventDestroy surely holds."""

    # Somebody acted

    def somebody(self, before: Things, after: Things, form: LedgerForm | None) -> None:
        """Take note of what another person did."""
        open_ = {i.address.casefold() for i in form.intentions} if form else set()
        known = {e.hub_id: (a, e) for a, e in form.entries.items()} if form else {}
        for uid, thing in after.items():
            old = before.get(uid)
            if old == thing:
                continue
            self.touched.add(uid)
            if old is None:
                self.made[uid] = EITHER if open_ else THEM
            elif open_ and uid not in known and self.made.get(uid) == US:
                self.made[uid] = EITHER  # made by a run that was killed, and not as it left it
            address, entry = known.get(uid, ("", None))
            for note in _notes(thing):
                if old is not None and note[2] in old.lists.get(note[1], {}):
                    continue
                sure = not _recorded(entry, note) and address.casefold() not in open_ and not open_
                self.entries[note] = THEM if sure else EITHER
        self._bury(after)

    def _bury(self, after: Things) -> None:
        for uid in set(self.made) - set(after):
            self.made.pop(uid)
            self.protected.pop(uid, None)
            self.touched.discard(uid)
        alive = {note for thing in after.values() for note in _notes(thing)}
        self.entries = {note: whose for note, whose in self.entries.items() if note in alive}

    def doubled(self, before: Things, after: Things) -> None:
        """Two runs, and a lease that held neither back: of what has no name on the Hub, each may have made one."""
        nameless = {u for u in set(after) - set(before) if after[u].kind in ("Collection", "Webhook")}
        self.made |= dict.fromkeys(nameless, EITHER)

    # hfops ran

    def ran(
        self, before: Things, after: Things, author: Author, ledgers: tuple[LedgerForm | None, ...],
        *, prune: bool, complete: bool, planned: Things | None = None,
    ) -> None:  # fmt: skip
        """Judge what a run did, and take note of it. ``ledgers`` are the ledger before and after it.

        ``planned`` is what was live when it began, where that is not ``before``.
        """
        then, now = ledgers
        planned = before if planned is None else planned
        judge = _Judge(self, before, after, author, then, prune=prune)
        for uid in {**before, **after}:
            judge.one(uid)
            if uid in planned and uid in before and uid in after:
                judge.ignored(uid)
        for uid, thing in after.items():
            if uid not in before:
                self.made[uid] = US
            self._note_entries(uid, before.get(uid), thing)
        self._forgotten(author, then, now, after, prune=prune)
        self._bury(after)
        self._note_docs(author, now, after, complete=complete)

    def _note_entries(self, uid: str, old: Thing | None, thing: Thing) -> None:
        for note in _notes(thing):
            if old is None or note[2] not in old.lists.get(note[1], {}):
                self.entries[note] = US

    def _forgotten(
        self, author: Author, then: LedgerForm | None, now: LedgerForm | None, after: Things, *, prune: bool
    ) -> None:
        """What left the ledger and lives on was to be forgotten."""
        had, has = (_by_uid(f) for f in (then, now))
        for uid in set(had) - set(has):
            address = had[uid]
            self.protected.pop(uid, None)
            if uid not in after:
                continue
            meant = any(fits(address, e.pattern) for e in author.removed)
            taken = address in author.docs and address in set(has.values())
            if not meant and not taken and not (prune and address not in author.docs):
                raise Wrong(f"{address} ({uid}) lives, and left the ledger without a word")
            self.made[uid] = THEM
            for note in _notes(after[uid]):
                self.entries[note] = THEM
        ids = [e.hub_id for e in now.entries.values()] if now else []
        self.made |= {
            uid: EITHER for uid in has if ids.count(uid) > 1
        }  # renamed on the Hub, and described anew
        for uid in set(had) & set(has):
            if had[uid] != has[uid] and any(fits(had[uid], e.pattern) for e in author.removed):
                self.made[uid] = EITHER  # forgotten under one name, and described under another
        for uid, address in has.items():
            self.made.setdefault(uid, THEM)
            if uid in after and had.get(uid) is None and self.made[uid] == EITHER and address:
                origin = next(e.origin for a, e in now.entries.items() if e.hub_id == uid) if now else ""
                self.made[uid] = US if origin == "created" else THEM

    def _note_docs(self, author: Author, now: LedgerForm | None, after: Things, *, complete: bool) -> None:
        """What manifests say from now on of what the ledger owns."""
        for uid, address in _by_uid(now).items():
            doc, thing = author.docs.get(address), after.get(uid)
            if doc is None or thing is None:
                continue
            says = bool(doc.lifecycle.get("preventDestroy"))
            if complete:
                self.protected[uid] = says
                self.touched -= {uid} if doc.lifecycle.get("onDrift") != "report" else set()
            elif not says:
                self.protected.pop(uid, None)
            self._note_lists(uid, doc, thing, complete=complete)
            self._note_pins(uid, doc, thing, complete=complete)

    def _note_lists(self, uid: str, doc: Doc, thing: Thing, *, complete: bool) -> None:
        """A list that is managed no more is released, and an entry that is not in it is nobody's of ours."""
        for note in _notes(thing):
            listed = note[1] in doc.spec
            if not listed:
                self.entries[note] = THEM if complete else EITHER
            else:
                self.entries.setdefault(note, THEM)

    def _note_pins(self, uid: str, doc: Doc, thing: Thing, *, complete: bool) -> None:
        texts = {t["name"]: t.get("revision", "main") for t in doc.spec.get("tags", ())}
        if complete:
            self.pins = {k: v for k, v in self.pins.items() if k[0] != uid}
            held = {t for t in texts if not _ignored(doc, "tags")}
            for name in held & set(thing.lists.get("tags", {})):
                self.pins[uid, name] = (texts[name], thing.lists["tags"][name])
        else:
            for key in [k for k in self.pins if k[0] == uid]:
                if texts.get(key[1]) != self.pins[key][0]:
                    del self.pins[key]

    # After a quiet run

    def agrees(
        self, after: Things, before: Things, author: Author, form: LedgerForm | None, *, prune: bool
    ) -> None:
        """The Hub equals the manifests for everything managed, and the ledger equals what is owned."""
        entries = dict(form.entries) if form else {}
        if form and form.intentions:
            raise Wrong(f"open intentions after a quiet run: {form.intentions}")
        uids = [e.hub_id for e in entries.values() if e.hub_id]
        described = [e.hub_id for a, e in entries.items() if e.hub_id and a in author.docs]
        if len(described) != len(set(described)):
            raise Wrong(f"one thing is managed under two addresses: {entries}")
        for address, doc in author.docs.items():
            self._managed(address, doc, entries.get(address), after, before, author)
        for address, entry in entries.items():
            self._owned(address, entry, author, after, prune=prune)
        for uid, whose in self.made.items():
            if whose == US and uid in after and uid not in uids:
                raise Wrong(f"{after[uid].kind} {after[uid].name} ({uid}) is ours, and not in the ledger")

    def _owned(self, address: str, entry: Entry, author: Author, after: Things, *, prune: bool) -> None:
        if address in author.docs:
            return
        alive = after.get(entry.hub_id or "")
        for said in author.removed:
            if fits(address, said.pattern):
                raise Wrong(f"{address} is still in the ledger, and was to be {said.action}d")
        if prune:
            raise Wrong(f"{address} is still in the ledger, and was to be pruned or released ({alive})")

    def _managed(
        self, address: str, doc: Doc, entry: Entry | None, after: Things, before: Things, author: Author
    ) -> None:
        report = doc.lifecycle.get("onDrift") == "report"
        if entry is None and report and any(fits(address, target) for _, target in author.moved):
            return  # what it was moved from may be gone, which is only reported
        if entry is None:
            raise Wrong(f"{address} is described, and not in the ledger")
        thing = after.get(entry.hub_id or "")
        if thing is None:
            if not report:
                raise Wrong(f"{address} is described, and the ledger's {entry.hub_id} is not there")
            return
        kind, _, name = address.split("/")
        if kind in REPOS.values() and (thing.kind, thing.name.lower()) != (kind, name.lower()):
            raise Wrong(f"{address} is {thing.kind} {thing.name} in the ledger")
        whose = self.made.get(thing.uid, THEM)
        if whose != EITHER and (entry.origin == "created") is not (whose == US):
            raise Wrong(f"{address} is {entry.origin} in the ledger, and was made by {whose}")
        if report and thing.uid in self.touched | {u for u in before if before[u] != after.get(u)}:
            return
        for field_, wanted in doc.spec.items():
            if not _ignored(doc, field_):
                self._field(address, doc, thing, field_, wanted)

    def _field(self, address: str, doc: Doc, thing: Thing, name: str, wanted: Any) -> None:
        found = _expected(name, wanted)
        if found is None or (name in UNSEEN and self.made.get(thing.uid) != US):
            return
        for what, want, have in found(thing):
            if want != have:
                raise Wrong(f"{address}: {what} is {have!r}, and the manifest says {want!r}")
        if name in LISTED:
            self._list(address, doc, thing, name, wanted)

    def _list(self, address: str, doc: Doc, thing: Thing, name: str, wanted: Any) -> None:
        named = _names(name, wanted)
        more = set(thing.lists[name]) - set(named) - {"main" if name == "branches" else ""}
        exclusive = name in doc.spec.get("exclusive", ())
        ours = {n for n in more if self.entries.get((thing.uid, name, n)) == US}
        if exclusive and more:
            raise Wrong(f"{address}: {name} is exclusive, and has {more}")
        if ours:
            raise Wrong(f"{address}: {name} has {ours}, which hfops made and the manifest dropped")
        if name == "secrets":
            for key, reference in wanted.items():
                value, sure = thing.lists[name].get(key), self.entries.get((thing.uid, name, key)) == US
                if sure and value != ENVIRON[reference["env"]] and thing.uid not in self.touched:
                    raise Wrong(f"{address}: the secret {key} is not what was sent")


@dataclass
class _Judge:
    """One run's effects, thing by thing."""

    oracle: Oracle
    before: Things
    after: Things
    author: Author
    then: LedgerForm | None
    prune: bool

    def __init__(
        self, oracle: Oracle, before: Things, after: Things, author: Author, then: LedgerForm | None,
        *, prune: bool,
    ) -> None:  # fmt: skip
        self.oracle, self.before, self.after = oracle, before, after
        self.author, self.then, self.prune = author, then, prune
        self.known = _by_uid(then)

    def one(self, uid: str) -> None:
        """Judge what became of one thing."""
        old, new = self.before.get(uid), self.after.get(uid)
        if old is None or old == new:
            return
        if new is None:
            self._deleted(uid, old)
        elif not self._may_touch(uid, old):
            raise Wrong(f"foreign {old.kind} {old.name} ({uid}) was changed: {old} -> {new}")
        else:
            self._entries(uid, old, new)

    def _may_touch(self, uid: str, old: Thing) -> bool:
        """What the ledger knows, what a manifest is about, and what may be ours."""
        if uid in self.known or self.oracle.made.get(uid) in (US, EITHER):
            return True
        return self._meant(old)

    def _meant(self, old: Thing) -> bool:
        if old.kind in ("Collection", "Webhook"):
            field_ = "title" if old.kind == "Collection" else "url"
            docs = (d for a, d in self.author.docs.items() if a.startswith(f"{old.kind}/"))
            return any(d.spec.get(field_) == old.fields[field_] for d in docs)
        address = self.oracle.home.address(old.kind, old.name)
        return address in self.author.docs or any(address == source for source, _ in self.author.moved)

    def _deleted(self, uid: str, old: Thing) -> None:
        address, whose = self.known.get(uid), self.oracle.made.get(uid, THEM)
        where = f"{old.kind} {old.name} ({uid}, {address}, made by {whose})"
        if self.oracle.protected.get(uid) and not self._overridden(address):
            raise Wrong(f"{where} was protected, and deleted")
        if address is None and whose == THEM:
            raise Wrong(f"{where} was never ours, and deleted")
        names = {address, *self._intended(), self.oracle.home.address(old.kind, old.name)} - {None}
        asked = any(
            fits(str(name), e.pattern) for name in names for e in self.author.removed if e.action == "delete"
        )
        pruned = self.prune and whose in (US, EITHER) and not all(n in self.author.docs for n in names)
        if not asked and not pruned:
            raise Wrong(f"{where} was deleted, and nobody asked for it")

    def _intended(self) -> set[str]:
        return {i.address for i in self.then.intentions} if self.then else set()

    def _overridden(self, address: str | None) -> bool:
        return any(e.override and fits(str(address), e.pattern) for e in self.author.removed)

    def _doc(self, uid: str, old: Thing) -> Doc | None:
        """The manifest of a thing, by the ledger's name, through renames, or by its own."""
        names = [self.known.get(uid), self.oracle.home.address(old.kind, old.name)]
        now = self.after.get(uid)
        names += [self.oracle.home.address(now.kind, now.name)] if now else []
        for name in [n for n in names if n]:
            for source, target in self.author.moved:
                if fits(name, source):
                    head, _, tail = source.partition("*")
                    shared = name[len(head) : len(name) - len(tail)]
                    names.append(target.replace("*", shared) if "*" in source else target)
        docs = (self.author.docs.get(n) for n in names if n)
        return next((d for d in docs if d), None)

    def _entries(self, uid: str, old: Thing, new: Thing) -> None:
        """Entries of lists: nobody else's goes, unless the list is exclusive; no wanted one goes; tags keep their place."""
        doc = self._doc(uid, old)
        for listing, had in old.lists.items():
            has = new.lists.get(listing, {})
            exclusive = doc is not None and listing in doc.spec.get("exclusive", ())
            wanted = _names(listing, doc.spec.get(listing, ())) if doc else []
            for name in set(had) - set(has):
                if listing == "tags" and name in wanted:
                    continue  # on its way elsewhere, and the run was killed in between
                if name in wanted:
                    raise Wrong(f"{new.name}: {listing}[{name}] is wanted, and was deleted")
                if self.oracle.entries.get((uid, listing, name), THEM) == THEM and not exclusive:
                    raise Wrong(f"{new.name}: {listing}[{name}] is somebody else's, and was deleted")
            for name in set(had) & set(has):
                if had[name] != has[name] and name not in wanted:
                    raise Wrong(f"{new.name}: {listing}[{name}] is not in the manifest, and was changed")
        self._tags(uid, old, new, doc)

    def _tags(self, uid: str, old: Thing, new: Thing, doc: Doc | None) -> None:
        texts = {t["name"]: t.get("revision", "main") for t in (doc.spec.get("tags", ()) if doc else ())}
        for name, commit in new.lists.get("tags", {}).items():
            if old.lists["tags"].get(name) == commit or name not in texts:
                continue
            pin = self.oracle.pins.get((uid, name))
            if pin and pin[0] == texts[name]:
                if commit != pin[1]:
                    raise Wrong(
                        f"{new.name}: the tag {name} was put on {commit[:7]}, and belongs on {pin[1][:7]}"
                    )
                continue
            heads = {t.lists[k].get(texts[name]) for t in (old, new) for k in ("branches", "tags")}
            if commit not in heads and not (doc and _ignored(doc, "branches")):
                raise Wrong(
                    f"{new.name}: the tag {name} was put on {commit[:7]}, and {texts[name]} is {heads}"
                )

    def ignored(self, uid: str) -> None:
        """What a manifest says to ignore stays as it was, once the resource is there."""
        old, new = self.before[uid], self.after[uid]
        doc = self._doc(uid, old)
        for name in [n for n in (doc.spec if doc else {}) if doc and _ignored(doc, n)]:
            same = old.lists.get(name) == new.lists.get(name) and old.fields.get(name) == new.fields.get(name)
            if not same:
                raise Wrong(f"{new.name}: {name} is ignored, and was changed")


def _by_uid(form: LedgerForm | None) -> dict[str, str]:
    return {e.hub_id: a for a, e in form.entries.items() if e.hub_id} if form else {}


def _notes(thing: Thing) -> Iterator[Note]:
    return ((thing.uid, listing, name) for listing, names in thing.lists.items() for name in names)


def _recorded(entry: Entry | None, note: Note) -> bool:
    return entry is not None and note[2] in str(entry.applied.get(note[1], ""))


def _ignored(doc: Doc, name: str) -> bool:
    return f"spec.{name}" in doc.lifecycle.get("ignoreChanges", ())


def _names(listing: str, wanted: Any) -> list[str]:
    if isinstance(wanted, Mapping):
        return list(wanted)
    return [entry["id" if listing == "items" else "name"] for entry in wanted]


Facts = Iterator[tuple[str, Any, Any]]


def _expected(name: str, wanted: Any) -> Callable[[Thing], Facts] | None:
    """What a field says must be live, as (what, wanted, found)."""
    if name in ("sdk", "exclusive"):
        return None
    if name in LISTED:
        return lambda thing: _listed(thing, name, wanted)
    if name == "watched":
        return lambda t: iter([(name, sorted((w["type"], w["name"]) for w in wanted), t.fields[name])])
    if name == "domains":
        return lambda t: iter([(name, sorted(wanted), t.fields[name])])
    return lambda t: iter([(name, wanted, t.fields[name])])


def _listed(thing: Thing, listing: str, wanted: Any) -> Facts:
    names, have = _names(listing, wanted), thing.lists[listing]
    yield f"the presence of {listing}", dict.fromkeys(names, True), {n: n in have for n in names}
    if listing == "variables":
        yield listing, wanted, {n: have.get(n) for n in names}
    if listing == "items":
        yield "the order of items", names, [n for n in thing.fields["order"] if n in names]
        said = {i["id"]: i["note"] for i in wanted if "note" in i}
        yield "the notes of items", said, {n: have.get(n) for n in said}
