"""README.md as a commit writes it: a card merged into what is there, or into what a source brings. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from hfops.kinds.repo.content.card import README, Readme
from hfops.kinds.repo.content.keys import FILES, METADATA, TEMPLATE, is_content
from hfops.kinds.repo.content.seen import Wanted
from hfops.kinds.repo.content.yaml import CardError
from hfops.kinds.repo.tree import LiveContent
from hfops.model.change import Difference, Op
from hfops.model.key import Key


def to_be(
    wanted: Wanted,
    target: LiveContent | None,
    differences: Sequence[Difference],
    held: Collection[Key] = frozenset(),
) -> Readme | None:
    """README.md with what is acted on changed, and with all that is held back as it is live.

    None where nothing of it is merged. Raises CardError where the front matter cannot be written.
    """
    acting = {d.key: d for d in differences if is_content(d.key, wanted.front)}
    merges = wanted.readme is not None and (FILES, README) in acting
    if not merges and all(k[0] == FILES for k in acting):
        return None
    return _merged(wanted, target, acting, held)


def _merged(
    wanted: Wanted, target: LiveContent | None, acting: Mapping[Key, Difference], held: Collection[Key]
) -> Readme:
    live = _parsed(target)
    have = live.metadata
    provides = wanted.readme is not None and ((FILES, README) in acting or target is None)
    base = Readme.of(wanted.readme) if provides and wanted.readme is not None else live
    values: dict[str, Any] = {}
    removed = [k[1] for k, d in acting.items() if k[0] == METADATA and d.op is Op.REMOVE]
    keys = [((METADATA, k), k, v) for k, v in wanted.metadata.items()]
    for key, name, value in (*keys, *(((k,), k, v) for k, v in wanted.front.items())):
        if key not in held:
            values[name] = value
        elif name in have:
            values[name] = have[name]
        else:
            removed.append(name)
    readme = base.merged(values, removed)
    if wanted.body is not None:
        readme = readme.with_body(live.body if (TEMPLATE,) in held else wanted.body)
    return readme


def _parsed(target: LiveContent | None) -> Readme:
    """The README.md that is there. One that cannot be read is only ever replaced by a source's."""
    try:
        readme = Readme.of((target.readme if target else None) or b"")
        _ = readme.metadata
    except CardError:
        return Readme.of(b"")
    return readme
