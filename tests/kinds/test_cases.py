"""Every tests/cases/<kind>/<case>.yaml: live state, ledger and manifests in, the whole plan out; then applied."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hfops.engine.ledger.session import Ledger
from hfops.engine.ledger.store import NoStore
from hfops.model.call import Call, Deferred
from hfops.model.change import Change
from hfops.model.late import Content, Reference
from hfops.model.plan import Plan
from hfops.model.problem import Problems
from tests.contract import check_request, check_response
from tests.kinds.case import CASES, Expected, holds, parsed_call, read
from tests.kinds.stage import Stage, sent_as, set_stage

FILES = sorted(CASES.glob("*/*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=[f"{p.parent.name}/{p.stem}" for p in FILES])
def test_case(path: Path, tmp_path: Path) -> None:
    """The claim that the case states."""
    case = read(path)
    with set_stage(case, tmp_path) as stage:
        if case.problems is not None:
            _refused(stage, case.problems)
            return
        wanted: list[dict[str, Any]] = stage.fill([_told_wanted(e) for e in case.plan or ()])
        looks = [look.model_copy(update={"holds": stage.fill(look.holds)}) for look in case.live]
        after = stage.fill(case.after)
        prepared = _planned(stage, wanted)
        _apply(stage, prepared, case.claim)
        kept = [p for e in stage.sandbox.exchanges for p in (*check_request(e), *check_response(e))]
        assert kept == [], "a request or an answer breaks the Hub's contract"
        for look in looks:
            have = stage.request("GET", look.get, look.status)
            assert look.holds is None or holds(have, look.holds), f"{case.claim}\nGET {look.get}: {have}"
        _remembered(stage, after)


def _refused(stage: Stage, expected: list[str]) -> None:
    """Exactly these problems, each holding its text; and nothing was written."""
    with pytest.raises(Problems) as caught:
        stage.plan(stage.ledger())
    found = [str(p) for p in caught.value.problems]
    texts = stage.fill(expected)
    assert len(found) == len(texts), found
    for text, problem in zip(texts, found, strict=True):
        assert text in problem, f"\n  {problem}\ndoes not hold\n  {text}"
    assert stage.writes() == []


def _planned(stage: Stage, wanted: list[dict[str, Any]]) -> Any:
    prepared = stage.plan(stage.ledger())
    assert stage.writes() == [], "planning wrote"
    told = [_told(c) for c in prepared.plan.changes if _is_shown(c)]
    # Keys of differences that the case does not write are not compared.
    for have, want in zip(told, wanted, strict=False):
        pairs = zip(have["differences"], want["differences"], strict=False)
        have["differences"] = [{k: v for k, v in h.items() if k in w} for h, w in pairs] + have[
            "differences"
        ][len(want["differences"]) :]
        have["notes"] = [
            w if w in h else h for h, w in zip(have["notes"], want["notes"], strict=False)
        ] + have["notes"][len(want["notes"]) :]
    assert _lines(told) == _lines(wanted)
    notices = [n.message for n in prepared.plan.notices]
    texts = stage.fill(stage.case.notices)
    assert len(notices) == len(texts), notices
    assert all(text in notice for text, notice in zip(texts, notices, strict=True)), notices
    again = stage.plan(stage.ledger())
    assert again.plan.to_json() == prepared.plan.to_json(), "the same inputs gave another plan"
    return prepared


def _apply(stage: Stage, prepared: Any, claim: str) -> None:
    """The calls sent are the plan's, no more; then nothing is left to do, with the ledger and without."""
    ledger = stage.ledger()
    result = stage.apply(prepared, ledger)
    down = {c.address for c in prepared.plan.failing}
    assert all(o.good or o.address in down for o in result.outcomes), (claim, result.outcomes)
    _sent_what_was_planned(stage, list(prepared.plan.calls()))
    left = stage.plan(stage.ledger()).plan
    assert left.empty, (claim, left.to_json())
    assert _quiet(left), f"{claim}\nthe second plan still speaks of {left.to_json()}"
    if not any(left.held()) and not stage.case.options.send_unverified:
        forgetful = stage.plan(Ledger(NoStore(), "test", None)).plan
        assert forgetful.empty, f"{claim}\nwithout the ledger: {forgetful.to_json()}"


def _quiet(plan: Plan) -> bool:
    forgetful = plan.owned == 0
    return all(
        not [d for d in c.differences if not d.held] and (forgetful or not c.adopts) and not c.released
        for c in plan.changes
    ) and not any(n.code == "settled" for n in plan.notices)


def _sent_what_was_planned(stage: Stage, planned: list[Call]) -> None:
    sent = stage.writes()
    assert len(sent) == len(planned), sent
    for method, path, body in sent:
        fits = [
            c for c in planned
            if c.method == method and sent_as(c).fullmatch(path) and _body_fits(body, c.body)
        ]  # fmt: skip
        assert fits, f"{method} {path} {body} was not planned"
        planned.remove(fits[0])


def _body_fits(sent: Any, planned: Any) -> bool:
    """Whether a body is the planned one, whatever its late values have become."""
    if isinstance(planned, Mapping):
        return (
            isinstance(sent, dict)
            and sent.keys() == planned.keys()
            and all(_body_fits(sent[k], v) for k, v in planned.items())
        )
    if isinstance(planned, list | tuple):
        return isinstance(sent, list) and len(sent) == len(planned) and all(map(_body_fits, sent, planned))
    return isinstance(planned, Deferred | Reference | Content) or bool(sent == planned)


def _remembered(stage: Stage, after: dict[str, Any]) -> None:
    entries = stage.entries()
    for address, wanted in after.items():
        if wanted is None:
            assert address not in entries, entries
        else:
            assert holds(entries.get(address), wanted), f"{address}: {entries.get(address)}"


def _is_shown(change: Change) -> bool:
    speaks = change.differences or change.notes or change.released or change.unverified
    return bool(change.acts or speaks or change.adopts or change.moved_from)


def _told(change: Change) -> dict[str, Any]:
    return {
        "address": str(change.address),
        "action": change.action.value,
        "calls": [_call(c) for c in change.calls],
        "differences": [_difference(d.to_json()) for d in change.differences],
        "risks": [r.code for r in change.risks],
        "notes": list(change.notes),
        "released": [_path(k) for k in change.released],
        "unverified": [_path(k) for k in change.unverified],
        "held": [d.path for d in change.differences if d.held],
        "adopts": change.adopts,
        "movedFrom": str(change.moved_from) if change.moved_from else None,
        "protected": change.prevent_destroy,
    }


def _told_wanted(expected: Expected) -> dict[str, Any]:
    told = expected.model_dump(by_alias=True)
    return told | {"calls": [list(parsed_call(c)) for c in expected.calls]}


def _difference(told: dict[str, Any]) -> dict[str, Any]:
    return {
        k: told.get(k)
        for k in ("path", "op", "cause", "before", "after", "recorded", "note", "held", "heldCode")
    } | {"after": _plain(told.get("after"))}


def _call(call: Call) -> list[Any]:
    method, _, path = str(call).partition(" ")
    return [method, path, _shown(call.body)]


def _shown(value: Any) -> Any:
    """A body with its late values in brackets: ``(commit of main)``, ``(env API_KEY)``, ``(12 bytes)``."""
    match value:
        case Deferred() | Reference():
            return f"({value.label})"
        case Content():
            return f"({value.size} bytes)"
        case Mapping():
            return {k: _shown(v) for k, v in value.items()}
        case list() | tuple():
            return [_shown(v) for v in value]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        deferred = value.get("$deferred")
        return f"({deferred['label']})" if deferred else {k: _plain(v) for k, v in value.items()}
    return value


def _lines(told: list[dict[str, Any]]) -> list[str]:
    """One line for each part of each change: what differs stands out."""
    parts = (
        (c["address"], k, e) for c in told for k, v in c.items() for e in (v if isinstance(v, list) else [v])
    )
    return [f"{address} {key}: {json.dumps(part, sort_keys=True)}" for address, key, part in parts if part]


def _path(key: tuple[str, ...]) -> str:
    return "spec." + key[0] + "".join(f"[{part}]" for part in key[1:])
