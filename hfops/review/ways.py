"""The ways past a refusal, as sentences. What is typed or written there stands in backticks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hfops.review.gate import Refusal

ON_PIPELINE: Final = "on the pipeline's command line: "
FIRST: Final = "in a pull request of its own, merged first"
WAIVER: Final = f"a waiver or another rule, {FIRST}"
LEDGER: Final = f"the change of the ledger {FIRST}"
UNPROTECT: Final = (
    "in two steps: first take `preventDestroy` out of its manifest, in a pull request of its own, merged and"
    " applied; then this one"
)
UNDESCRIBED: Final = "write manifests for them"
"""Describing what is there needs no other rule, so it helps wherever the rules come from."""

_OPTION: Final = "`--"


def allow(entries: str) -> str:
    """What consents in a ``Changes`` document, as code; ``entries`` as in its list."""
    return f"`allow: [{entries}]`"


def entry(risk: str, address: str) -> str:
    """One such entry, its reason left to be written."""
    return f"{{risk: {risk}, address: {address}, reason: …}}"


def consents(options: str, entries: str, wide: str = "") -> tuple[str, str]:
    """How to consent to a risk: by options, or in a document. ``wide`` is a word on consent that covers more."""
    return f"`{options}`{wide}", f"in a Changes document: {allow(entries)}{wide}"


def consents_of_base(options: str, entries: str, wide: str = "") -> tuple[str, str]:
    """The same where the rules of the base branch want it: what the tree at hand says does not count yet."""
    return (
        f"{ON_PIPELINE}`{options}`{wide}",
        f"consent {FIRST}: a Changes document with {allow(entries)}{wide}",
    )


def of_base(refusal: Refusal) -> tuple[str, ...]:
    """The ways past a refusal by the base branch: none is a change of the rules beside what they shall let through."""
    return tuple(_of_base(refusal))


def _of_base(refusal: Refusal) -> Iterator[str]:
    options, others = _parted(refusal.ways)
    if refusal.risk is not None and refusal.address is not None and options:
        yield from consents_of_base(options[0].strip("`"), entry(refusal.risk.value, str(refusal.address)))
        return
    yield from (ON_PIPELINE + way for way in options)
    if refusal.code in _SPECIAL:
        yield _SPECIAL[refusal.code]
        return
    yield from (way if way == UNDESCRIBED else f"{way}, {FIRST}" for way in others)


_SPECIAL: Final = {"policy": WAIVER, "prevent_destroy": UNPROTECT, "ledger_moved": LEDGER}
"""Refusals, by code, that have one way with the base branch, whatever ways the tree at hand has."""


def _parted(ways: Sequence[str]) -> tuple[list[str], list[str]]:
    """Options of the command line, and everything else."""
    return [w for w in ways if w.startswith(_OPTION)], [w for w in ways if not w.startswith(_OPTION)]
