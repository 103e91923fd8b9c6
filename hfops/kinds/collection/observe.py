"""Observing collections with the fewest reads: by their ids where those are known, else by title in the list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from hfops.hub.errors import BadAnswer, Forbidden, NotFound, Unauthorized
from hfops.kinds.answers import absent
from hfops.kinds.base import Ask, HubView, Sight
from hfops.kinds.collection.leads import with_new_names
from hfops.kinds.collection.live import CUT, LiveCollection, parse_collection
from hfops.kinds.collection.ranks import with_ranks
from hfops.kinds.collection.slug import Slug, collection_path, parse_slug, tail
from hfops.kinds.collection.spec import CollectionSpec
from hfops.kinds.groups import with_groups
from hfops.model.address import Address

FEW = 5
"""Up to this many collections of a namespace are read one by one."""

PAGE = "100"
CLOSED = (Forbidden, Unauthorized, BadAnswer)


def observe_collections(asks: Sequence[Ask], hub: HubView) -> dict[Address, Sight]:
    """What is live for each ask. Calls: GET /api/collections[/{slug}], resource-groups, and repositories by what may be old names."""
    by_namespace: dict[str, list[Ask]] = defaultdict(list)
    for ask in asks:
        by_namespace[ask.address.namespace.casefold()].append(ask)
    sights: dict[Address, Sight] = {}
    for _, group in sorted(by_namespace.items()):
        sights |= _Search(group, hub).sights()
    return with_ranks(asks, with_new_names(asks, with_groups(asks, sights, hub), hub))


@dataclass
class _Search:
    """The collections of one namespace: those with an id, then those with nothing but a title."""

    asks: Sequence[Ask]
    hub: HubView
    taken: dict[str, set[Address]] = field(default_factory=lambda: defaultdict(set))
    """Ids that are spoken for, and by whom."""

    def sights(self) -> dict[Address, Sight]:
        """What is live for each."""
        found: dict[Address, Sight] = {}
        known: list[_Known] = []
        asked = {ask.address for ask in self.asks}
        for ask in self.asks[:1]:
            for hub_id, owner in ask.owned.items():
                if owner not in asked:  # the ledger knows it, and this run does not look at it
                    self.taken[hub_id].add(owner)
        for ask in self.asks:
            slug = _slug_of(ask)
            if isinstance(slug, Sight):
                found[ask.address] = slug
            elif slug is not None:
                known.append(_Known(ask, slug))
                self.taken[slug.id].add(_owner(ask))
        found |= self._by_id(known)
        searched = [one.ask for one in known if found[one.ask.address] == Sight() and not _is_pinned(one.ask)]
        searched += [ask for ask in self.asks if ask.address not in found]
        return found | self._by_title(searched)

    def _by_id(self, known: Sequence[_Known]) -> dict[Address, Sight]:
        """Each by itself; by the list where it is read anyway, or saves requests, and holds what is compared."""
        light = [one for one in known if not _surely_misses(one.ask)]
        listed = self.hub.whole or len(light) > (FEW if len(known) == len(self.asks) else 0)
        found: dict[Address, Sight] = {}
        rows = self._rows if listed else {}
        for one in light:
            row = rows.get(one.slug.id)
            if row is not None and not _misses(one.ask, row):
                found[one.ask.address] = _seen(one.ask, row)
        left = [one for one in known if one.ask.address not in found]
        for one, sight in zip(left, self.hub.map(lambda k: self._read(k.ask, k.name), left), strict=True):
            found[one.ask.address] = sight or self._again(one)
        return found

    def _read(self, ask: Ask, name: str) -> Sight | None:
        """One collection with all its items; None where there is none."""
        try:
            live = parse_collection(self.hub.reads.get(collection_path(ask.address.namespace, name)))
        except NotFound:
            return None
        except CLOSED as error:
            return Sight(problem=f"it cannot be read: {error}")
        return _seen(ask, live)

    def _again(self, one: _Known) -> Sight:
        """A 404 may be about the slug's text, which was made up. The list knows it, if there is such a collection."""
        row = self._rows.get(one.slug.id)
        if row is not None and row.name != one.name:
            return self._read(one.ask, row.name) or absent(one.ask, self.hub)
        return absent(one.ask, self.hub)

    def _by_title(self, asks: Sequence[Ask]) -> dict[Address, Sight]:
        """Each by its title, unless two have it, or somebody else is known to be meant."""
        found: dict[Address, Sight] = {}
        chosen: list[tuple[Ask, LiveCollection]] = []
        for ask in asks:
            row = self._choose(ask)
            if isinstance(row, Sight):
                found[ask.address] = row
            else:
                chosen.append((ask, row))
        for ask, row in chosen:
            self.taken[row.hub_id].add(_owner(ask))
        alone = [(ask, row) for ask, row in chosen if self.taken[row.hub_id] == {_owner(ask)}]
        found |= {a.address: self._taken(a, row) for a, row in chosen if (a, row) not in alone}
        whole = self.hub.map(lambda pair: self._whole(*pair), alone)
        return found | {a.address: sight for (a, _), sight in zip(alone, whole, strict=True)}

    def _choose(self, ask: Ask) -> LiveCollection | Sight:
        """The one that has the title; a sight where there is none, or more than one."""
        titles = _titles(ask)
        if titles and self._closed:
            return Sight(
                problem=f"the collections of {ask.address.namespace} cannot be listed: {self._closed}"
            )
        for title in titles:
            having = [row for row in self._rows.values() if row.title.strip() == title]
            free = [row for row in having if self.taken.get(row.hub_id, {_owner(ask)}) == {_owner(ask)}]
            free = free or having[:1]
            if len(free) > 1:
                slugs = ", ".join(sorted(row.id for row in free))
                hint = f"say which one is meant: spec.slug: {min(row.id for row in free)}"
                return Sight(problem=f"{len(free)} collections have the title {title!r}: {slugs}", hint=hint)
            if free:
                return free[0]
        return self._new(ask, titles)

    def _new(self, ask: Ask, titles: Sequence[str]) -> Sight:
        """It is to be created, and another one is to have its title, too: one could be taken for the other."""
        others = sorted({_owner(o) for o in self.asks if o.resource and _title(o) in titles} - {_owner(ask)})
        if ask.resource is None or not others:
            return Sight()
        message = f"{others[0]} has the title {_title(ask)!r}, too, and this one is new: one could be taken for the other"
        return Sight(problem=message, hint="give each a title of its own, or make them one manifest")

    def _taken(self, ask: Ask, row: LiveCollection) -> Sight:
        """What has the title is described by somebody else, or known to the ledger under another name."""
        others = sorted(a for a in self.taken[row.hub_id] if a != _owner(ask))
        new = next((_title(o) for o in self.asks if _owner(o) in others and o.resource), None)
        names = ", ".join(map(str, others))
        if new is not None and new != row.title.strip():
            message = f"its title is still that of {row.id}, {names}, which is to be called {new!r}"
            return Sight(problem=message, hint=f"rename that one first: hfops apply --target {others[0]}")
        hint = "give it a title or a slug of its own, or rename it with a moved entry of a Changes document"
        if new is None:
            hint += "; what is to be deleted goes in an apply before this one"
        return Sight(problem=f"the collection of its title, {row.id}, is {names}", hint=hint)

    def _whole(self, ask: Ask, row: LiveCollection) -> Sight:
        """A row of the list, or the whole collection where the row lacks what is compared."""
        return (self._read(ask, row.name) or Sight()) if _misses(ask, row) else Sight(row)

    @cached_property
    def _listing(self) -> tuple[dict[str, LiveCollection], str]:
        """The namespace's collections by id, and why there is no list."""
        params: dict[str, str | list[str]] = {"owner": self.asks[0].address.namespace, "limit": PAGE}
        try:
            pages = list(self.hub.reads.pages("/api/collections", params))
            rows = [parse_collection(row, listed=True) for page in pages for row in page]
        except NotFound:
            return {}, ""
        except CLOSED as error:
            return {}, str(error)
        for row in rows:
            self.hub.saw(Address("Collection", row.namespace, row.name), row.hub_id)
        return {row.hub_id: row for row in rows}, ""

    @property
    def _rows(self) -> dict[str, LiveCollection]:
        return self._listing[0]

    @property
    def _closed(self) -> str:
        return self._listing[1]


@dataclass(frozen=True, slots=True)
class _Known:
    """A collection whose id is known."""

    ask: Ask
    slug: Slug

    @property
    def name(self) -> str:
        """Its slug without the namespace, as far as that is known."""
        record, spec = self.ask.record, _spec(self.ask)
        title = record.applied.get("title") if record else None
        return tail(self.slug.id, self.slug.text, title or (spec.title if spec else None))


def _spec(ask: Ask) -> CollectionSpec | None:
    spec = ask.resource.spec if ask.resource else None
    return spec if isinstance(spec, CollectionSpec) else None


def _owner(ask: Ask) -> Address:
    """Who speaks for what is found: the manifest, wherever the resource may still be, else the ledger's name."""
    return ask.resource.address if ask.resource else ask.address


def _is_pinned(ask: Ask) -> bool:
    spec = _spec(ask)
    return spec is not None and spec.slug is not None


def _slug_of(ask: Ask) -> Slug | Sight | None:
    """The id that the manifest pins, or the ledger knows; a sight where they are two."""
    spec = _spec(ask)
    pin = parse_slug(spec.slug) if spec and spec.slug else None
    known = ask.record.hub_id if ask.record else None
    if pin and known and pin.id != known:
        hint = f"take spec.slug out, or run `hfops ledger forget {ask.address}`"
        return Sight(problem=f"spec.slug names {pin.id}, and the ledger knows it as {known}", hint=hint)
    return pin or (Slug(known) if known else None)


def _titles(ask: Ask) -> list[str]:
    """What it may be found by: what an interrupted run was about to call it, and what the manifest calls it."""
    spec = _spec(ask)
    meant = ask.intended.get(("title",)) if ask.record is None else None
    return [t for t in dict.fromkeys((meant, spec.title if spec else None)) if isinstance(t, str)]


def _title(ask: Ask) -> str | None:
    """The title that the manifest gives it."""
    spec = _spec(ask)
    return spec.title if spec else None


def _surely_misses(ask: Ask) -> bool:
    """Whether no list can hold what is compared."""
    spec = _spec(ask)
    if spec is None:
        return ask.closely
    return ask.closely or spec.position is not None or len(spec.items or ()) >= CUT


def _misses(ask: Ask, row: LiveCollection) -> bool:
    """Whether a row of a list lacks what is compared."""
    spec = _spec(ask)
    items = ask.closely or (spec is not None and spec.items is not None)
    return (items and row.items is None) or (spec is not None and spec.position is not None)


def _seen(ask: Ask, live: LiveCollection) -> Sight:
    if live.namespace.casefold() != ask.address.namespace.casefold():
        return Sight(problem=f"it belongs to {live.namespace} now: {live.id}", hint="describe it there")
    return Sight(live)
