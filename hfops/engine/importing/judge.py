"""The true plan as the judge: what a manifest cannot say, or would change at once, is left out and said. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hfops.engine.importing.emit import writable
from hfops.engine.importing.places import below, of_difference, of_problem, value_at, without
from hfops.kinds.base import Ask, Kind, Sight
from hfops.kinds.describe import At, Portrait
from hfops.kinds.registry import KINDS
from hfops.manifest.bind import bind
from hfops.manifest.document import Document
from hfops.manifest.local import NOWHERE
from hfops.model.address import Address
from hfops.model.resource import Resource
from hfops.model.source import Mark

UNWRITABLE = "a manifest cannot hold it"
DIFFERS = "hfops would change it"
FILE = "imported"
REMARKS = ("note", "message", "description")
"""Fields of a list's entries that these can do without."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong at which place of a spec; None: with all of it."""

    found: tuple[tuple[At | None, str], ...]

    @property
    def hopeless(self) -> str | None:
        """What cannot be helped by leaving something out."""
        return next((why for at, why in self.found if at is None), None)


class Unwritable(ValueError):
    """A resource that no manifest can describe; says why."""


def judged(address: Address, portrait: Portrait, allowed: Callable[[str], bool]) -> Portrait:
    """The portrait without what does not hold. Raises Unwritable.

    ``allowed`` tells which variables may be read outside secret fields.
    """
    kind = KINDS[address.kind]
    if why := kind.bad_name(address):
        raise Unwritable(why)
    drawn = _in_order(kind, portrait)
    refused = [
        (at, f"{name} may not be read: {_hint(name)}")
        for at, name in portrait.reads_env.items()
        if not allowed(name)
    ]
    drawn = _dropped(drawn, refused)
    while found := _wrong(kind, address, drawn):
        if found.hopeless:
            raise Unwritable(found.hopeless)
        drawn = _dropped(drawn, [(at, why) for at, why in found.found if at is not None])
    return drawn


def _hint(name: str) -> str:
    return f"allow it in hfops.yaml, under spec: references: {{env: [{name}]}}"


def _in_order(kind: Kind, portrait: Portrait) -> Portrait:
    """Fields in the order of the kind's own model."""
    names = [f.alias or n for n, f in kind.spec.model_fields.items()]
    spec = {n: portrait.spec[n] for n in names if n in portrait.spec}
    return replace(portrait, spec={**spec, **{k: v for k, v in portrait.spec.items() if k not in spec}})


def _wrong(kind: Kind, address: Address, drawn: Portrait) -> Findings | None:
    for look in (_unwritable, _invalid):
        if found := tuple(look(kind, address, drawn)):
            return Findings(found)
    return None


def _unwritable(kind: Kind, address: Address, drawn: Portrait) -> Iterator[tuple[At | None, str]]:
    """The innermost values that no YAML can hold."""
    del kind, address
    bad = [at for at, value in below(drawn.spec) if at and not writable(value)]
    for at in bad:
        if not any(other[: len(at)] == at and other != at for other in bad):
            yield at, UNWRITABLE
            return


def _invalid(kind: Kind, address: Address, drawn: Portrait) -> Iterator[tuple[At | None, str]]:
    """What the manifest's own rules refuse; where nothing is, what would differ."""
    document = Document(FILE, 0, {"spec": drawn.spec}, {(): Mark(FILE)})
    spec = bind(kind.spec, document, ("spec",))
    if isinstance(spec, list):
        yield from _first((of_problem(drawn.spec, p.path), p.message) for p in spec)
        return
    resource = Resource(address, spec, Mark(FILE))
    problems = [*kind.check(resource, NOWHERE)]
    if problems:
        yield from _first((of_problem(drawn.spec, p.path), p.message) for p in problems)
        return
    compared = kind.compare(Ask(address, resource), Sight(drawn.live))
    yield from _first((of_problem(drawn.spec, p.path), p.message) for p in compared.problems)
    yield from _first((of_difference(drawn.spec, d.key), DIFFERS) for d in compared.differences)


def _first(found: Iterator[tuple[At | None, str]]) -> Iterator[tuple[At | None, str]]:
    """One at a time: the places of the others may move."""
    for one in found:
        yield one
        return


def _dropped(drawn: Portrait, wrong: list[tuple[At, str]]) -> Portrait:
    """The portrait without the values at these places, and a comment in each one's place."""
    for at, why in wrong:
        drawn = _without(drawn, _whole_entry(at), why)
    return drawn


def _whole_entry(at: At) -> At:
    """An entry of a list goes as a whole, unless what is wrong is only a remark of its."""
    index = next((i for i, part in enumerate(at) if isinstance(part, int)), None)
    return at if index is None or at[-1] in REMARKS else at[: index + 1]


def _without(drawn: Portrait, at: At, why: str) -> Portrait:
    value = value_at(drawn.spec, at)
    spec: dict[str, Any] = without(drawn.spec, at) or {}
    kept = {p: text for p, text in drawn.comments.items() if not _moved(p, at)}
    place = _commented(spec, at)
    said = f"left out: {'' if place == at else f'{_brief(value)}: '}{why}"
    kept[place] = f"{kept[place]}; {said}" if place in kept else said
    if drawn.pin and at[0] in drawn.anchors and at[0] not in spec:
        spec = {**spec, drawn.pin[0]: drawn.pin[1]}
    return replace(drawn, spec=spec, comments=kept)


def _moved(path: At, at: At) -> bool:
    """Whether a comment is about what goes, or about an entry of the list that it goes from."""
    above = at[: next((i for i, part in enumerate(at) if isinstance(part, int)), len(at))]
    return path[: len(at)] == at or (
        len(above) < len(at) and len(path) > len(above) and path[: len(above)] == above
    )


def _commented(spec: Mapping[str, Any], at: At) -> At:
    """Where it can be said that something is missing: at its own place, or at the nearest thing around it that is left."""
    place = at[: next((i for i, part in enumerate(at) if isinstance(part, int)), len(at))]
    while len(place) > 1 and not _is_there(spec, place[:-1]):
        place = place[:-1]
    return place


def _is_there(spec: Any, at: At) -> bool:
    for part in at:
        if not isinstance(spec, Mapping) or part not in spec:
            return False
        spec = spec[part]
    return True


def _brief(value: Any) -> str:
    """A value in a comment; long ones are cut by the writer."""
    if isinstance(value, Mapping):
        return " ".join(str(v) for v in value.values() if isinstance(v, str | int))[:80]
    return str(value)[:80]
