"""Reading: lists first, then what only closer looks show. What is complete is kept, whatever stops the run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from hfops.engine.importing.ask import ASIDE, LEDGERS, Order
from hfops.engine.importing.filenames import Names
from hfops.engine.importing.judge import Unwritable, judged
from hfops.engine.importing.known import Known
from hfops.hub.errors import BadAnswer, Forbidden, HubError, NotFound, Unauthorized
from hfops.kinds.base import HubView
from hfops.kinds.describe import Portrait, Sketch
from hfops.kinds.registry import KINDS
from hfops.model.address import Address

CLOSED = (Forbidden, Unauthorized, NotFound, BadAnswer)
BATCH = 32
"""Resources that are looked at before what is complete is counted."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something that is to be imported, under the address that its manifest will have."""

    address: Address
    sketch: Sketch


@dataclass(frozen=True, slots=True)
class Imported:
    """A resource as its manifest will say it."""

    address: Address
    portrait: Portrait
    whole: Mapping[str, Any] | None = None
    """The whole spec, where the portrait's leaves out what ``Defaults`` say."""

    @property
    def spec(self) -> Mapping[str, Any]:
        """What it is, wherever it is said."""
        return self.portrait.spec if self.whole is None else self.whole


@dataclass(slots=True)
class Lists:
    """What the lists showed. ``closed``: those that could not be read, and why; ``aside`` such as many cannot."""

    found: list[Found] = field(default_factory=list)
    described: int = 0
    unconcerned: int = 0
    narrowed: int = 0
    home: list[Address] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    stopped: BaseException | None = None

    @property
    def reads(self) -> int:
        """Requests that are still needed, at least."""
        return sum(one.sketch.reads for one in self.found)


@dataclass(slots=True)
class Harvest:
    """What became of it. ``failed``: resources that could not be read, or described, and why."""

    done: list[Imported] = field(default_factory=list)
    failed: dict[Address, str] = field(default_factory=dict)
    stopped: BaseException | None = None


def survey(order: Order, known: Known, hub: HubView) -> Lists:
    """Every list that the order asks for. Stops at what will not get better, and says so."""
    lists, sketches = Lists(), list[Sketch]()
    for kind, wish in order.wishes():
        try:
            seen = list(KINDS[kind].describe(wish, hub))
        except CLOSED as error:
            optional = kind in ASIDE and kind not in order.kinds and not wish.names
            said = f"{kind} in {wish.namespace}: {error}"
            (lists.aside if optional else lists.closed).append(said)
            continue
        except (HubError, KeyboardInterrupt) as error:
            lists.stopped = error
            break
        lists.missing += [f"{kind}/{wish.namespace}/{n}" for n in _missing(wish.names, seen)]
        sketches += seen
    _sort(_spelled(sketches), order, known, lists)
    return lists


def _spelled(sketches: Sequence[Sketch]) -> list[Sketch]:
    """With namespaces as the Hub spells them: of some, the command line's spelling is all that is known."""
    told = {
        s.address.namespace.casefold(): s.address.namespace for s in sketches if s.address.kind not in ASIDE
    }

    def spelled(one: Sketch) -> Sketch:
        address = one.address
        namespace = told.get(address.namespace.casefold(), address.namespace)
        return replace(one, address=Address(address.kind, namespace, address.name))

    return [spelled(one) for one in sketches]


def _missing(names: Sequence[str], seen: Sequence[Sketch]) -> Iterable[str]:
    """Names that were asked for one by one, where fewer were found."""
    if len(seen) >= len(names):
        return ()
    have = {s.address.name.casefold() for s in seen} | {(s.hub_id or "").casefold() for s in seen}
    return [n for n in names if n.casefold() not in have and n[-24:].casefold() not in have]


def _sort(sketches: Iterable[Sketch], order: Order, known: Known, lists: Lists) -> None:
    """Each once, named, and without what is not meant."""
    names, seen = Names(), set[tuple[str, str]]()
    for address in known.addresses:
        names.take(str(address))
    for sketch in sorted(sketches, key=lambda s: s.address):
        identity = (
            sketch.address.kind,
            sketch.hub_id if sketch.nameless and sketch.hub_id else sketch.address.key,
        )
        if identity in seen:
            continue
        seen.add(identity)
        if known.describes(sketch):
            lists.described += 1
        elif known.is_home(sketch.address) or _is_ledger(sketch.address, order):
            lists.home.append(sketch.address)
        elif not order.concerns(sketch):
            lists.unconcerned += 1
        else:
            address = Address.parse(names.take(str(sketch.address))) if sketch.nameless else sketch.address
            if order.covers(address):
                lists.found.append(Found(address, sketch))
            else:
                lists.narrowed += 1


def _is_ledger(address: Address, order: Order) -> bool:
    """Whether it is the ledger of some project, by its name, and nobody asked for it by that."""
    asked = any(
        t.kind == address.kind and (t.name or "").casefold() == address.name.casefold() for t in order.targets
    )
    return address.kind == "Dataset" and address.name.casefold() == LEDGERS and not asked


def harvest(
    lists: Lists, allowed: Callable[[str], bool], hub: HubView, tell: Callable[[int], None] = lambda _: None
) -> Harvest:
    """The portraits. Where something stops the run, those that are complete; ``tell`` is told how many are."""
    out = Harvest(stopped=lists.stopped)
    waiting = [one for one in lists.found if not (lists.stopped and one.sketch.reads)]
    try:
        for batch in _batches(waiting, BATCH):
            for one, drawn in zip(batch, hub.map(_drawn, batch), strict=True):
                _take(one, drawn, allowed, out)
            tell(len(out.done) + len(out.failed))
            if out.stopped is not None and out.stopped is not lists.stopped:
                break
    except KeyboardInterrupt as stop:
        out.stopped = stop
    return out


def _drawn(one: Found) -> Portrait | HubError:
    try:
        return one.sketch.draw(one.address)
    except HubError as error:
        return error


def _take(one: Found, drawn: Portrait | HubError, allowed: Callable[[str], bool], out: Harvest) -> None:
    if isinstance(drawn, CLOSED):
        out.failed[one.address] = str(drawn)
    elif isinstance(drawn, HubError):
        out.stopped = out.stopped or drawn
    else:
        try:
            out.done.append(Imported(one.address, judged(one.address, drawn, allowed)))
        except Unwritable as error:
            out.failed[one.address] = f"no manifest can describe it: {error}"


def _batches(items: Sequence[Found], size: int) -> Iterator[list[Found]]:
    left = iter(items)
    while batch := list(islice(left, size)):
        yield batch
