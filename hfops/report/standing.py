"""What stands between a plan and apply, with the exact words that let it through; many alike as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hfops.report.folding import FOLD_FROM
from hfops.report.view import POLICY, Stop
from hfops.review.rules import BASE_MEANS, BY_BASE
from hfops.review.ways import consents, consents_of_base, entry

NAMED = 5
"""How many resources a folded refusal names; the plan above names all."""

SPELT = 12
"""Up to this many resources the way out names each: consent is for what was shown."""


def stops(refusals: Sequence[Mapping[str, Any]]) -> tuple[Stop, ...]:
    """Each refusal with its ways out."""
    return tuple(_stops(refusals))


def explained(found: Sequence[Stop]) -> str:
    """What the mark of the base branch's refusals means; empty where none has it."""
    return f"{BY_BASE.strip()}: {BASE_MEANS}" if any(s.message.endswith(BY_BASE) for s in found) else ""


def _stops(refusals: Sequence[Mapping[str, Any]]) -> Iterator[Stop]:
    for group in _alike(refusals):
        if len(group) >= FOLD_FROM:
            yield _said(group)
        else:
            yield from (Stop(r["message"], tuple(r["ways"])) for r in group)


def _alike(refusals: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """By risk or policy, reason, kind and namespace; guards and protections each alone."""
    groups: dict[Any, list[Mapping[str, Any]]] = {}
    for index, refusal in enumerate(refusals):
        address = refusal.get("address", "")
        key = (
            (refusal.get("risk"), refusal.get("reason"), address.rpartition("/")[0], refusal.get("base"))
            if "risk" in refusal or refusal["code"] == POLICY
            else index
        )
        groups.setdefault(key, []).append(refusal)
    return list(groups.values())


def _said(group: Sequence[Mapping[str, Any]]) -> Stop:
    first = group[0]
    risk, family = first.get("risk", POLICY), first["address"].rpartition("/")[0]
    names = ", ".join(r["address"].rpartition("/")[2] for r in group[:NAMED])
    more = f" and {len(group) - NAMED} more" if len(group) > NAMED else ""
    message = f"{risk}: {len(group)} times, {family}/: {names}{more}: {first['reason']}"
    if "risk" not in first:
        return Stop(message, tuple(first["ways"]))
    options, entries, wide = _consent(risk, [r["address"] for r in group], family)
    ways = consents_of_base if first.get("base") else consents
    return Stop(message, ways(options, entries, wide))


def _consent(risk: str, addresses: Sequence[str], family: str) -> tuple[str, str, str]:
    """What consents on the command line and in a document, and a word on it where that covers more than these."""
    if len(addresses) <= SPELT:
        entries = ", ".join(entry(risk, a) for a in addresses)
        return " ".join(f"--allow {risk}={a}" for a in addresses), entries, ""
    pattern = f"{family}/*"
    wide = f"  (this consents for everything of {family}/, not only for these {len(addresses)})"
    return f"--allow '{risk}={pattern}'", entry(risk, f'"{pattern}"'), wide
