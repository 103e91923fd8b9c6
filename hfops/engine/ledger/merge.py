"""Two runs changed one ledger: what each of them touched, and the ledger that holds both. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from hfops.engine.ledger.format import Entry, Intention, LedgerForm
from hfops.model.address import Address

Part = tuple[Entry | None, tuple[Intention, ...]]
"""All that a ledger says of one address."""

NOTHING: Part = (None, ())


class Clash(Exception):
    """The same addresses were changed by both, and differently."""

    def __init__(self, addresses: tuple[str, ...]) -> None:
        self.addresses = addresses
        super().__init__(", ".join(addresses))


def touched(before: LedgerForm | None, after: LedgerForm | None) -> dict[str, str]:
    """The addresses of which ``after`` says something else than ``before``: as compared, and as written."""
    old, new = _parts(before), _parts(after)
    names = _names(before) | _names(after)
    return {k: names[k] for k in sorted(old.keys() | new.keys()) if old.get(k) != new.get(k)}


def claims(before: LedgerForm | None, after: LedgerForm) -> list[Address]:
    """The addresses that ``after`` speaks of and ``before`` does not."""
    known = _parts(before)
    return [Address.parse(name) for key, name in sorted(_names(after).items()) if key not in known]


def merge(base: LedgerForm | None, ours: LedgerForm, theirs: LedgerForm | None) -> LedgerForm:
    """``theirs`` with what we changed since ``base``, one write later. Raises Clash for what both changed."""
    if theirs is None or theirs == base:
        return ours
    mine, found = touched(base, ours), _parts(theirs)
    wanted, both = _parts(ours), touched(base, theirs)
    clashes = tuple(
        n for k, n in mine.items() if k in both and wanted.get(k, NOTHING) != found.get(k, NOTHING)
    )
    if clashes:
        raise Clash(clashes)
    entries = {a: e for a, e in theirs.entries.items() if Address.parse(a).key not in mine}
    entries |= {a: e for a, e in ours.entries.items() if Address.parse(a).key in mine}
    intentions = [i for i in theirs.intentions if Address.parse(i.address).key not in mine]
    intentions += [i for i in ours.intentions if Address.parse(i.address).key in mine]
    return ours.model_copy(
        update={
            "serial": theirs.serial + 1,
            "entries": dict(sorted(entries.items())),
            "intentions": intentions,
            "used_plans": _used(base, ours, theirs),
        }
    )


def _used(base: LedgerForm | None, ours: LedgerForm, theirs: LedgerForm) -> Mapping[str, object]:
    """Plans that anybody used, without those that we forgot because they are old."""
    forgotten = set(base.used_plans if base else ()) - set(ours.used_plans)
    return {k: v for k, v in (theirs.used_plans | ours.used_plans).items() if k not in forgotten}


def _parts(form: LedgerForm | None) -> dict[str, Part]:
    if form is None:
        return {}
    out: dict[str, Part] = {Address.parse(a).key: (e, ()) for a, e in form.entries.items()}
    for intention in form.intentions:
        key = Address.parse(intention.address).key
        entry, open_ = out.get(key, NOTHING)
        out[key] = (entry, (*open_, intention))
    return out


def _names(form: LedgerForm | None) -> dict[str, str]:
    if form is None:
        return {}
    named = (*(i.address for i in form.intentions), *form.entries)
    return {Address.parse(a).key: a for a in named}
