"""Comparing a repository: settings, resource group, refs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hfops.hub.paths import RepoType, repo_path
from hfops.kinds.base import Ask, Comparison, Sight
from hfops.kinds.groups import compare_group
from hfops.kinds.repo.content.keys import OWN
from hfops.kinds.repo.live import LiveRepo
from hfops.kinds.repo.refs import compare_refs
from hfops.kinds.repo.spec import READABLE, UNREADABLE, RepoSpec
from hfops.kinds.threeway import scalar
from hfops.model.change import Cause, Difference, Op
from hfops.model.key import Key
from hfops.model.problem import Problem
from hfops.model.record import MISSING, Origin, Record
from hfops.model.resource import Resource
from hfops.model.risk import Risk, RiskCode, RiskKind

VISIBILITY_RANK = {"private": 0, "protected": 1, "public": 2}
UNVERIFIED = "unverified"
"""In the ledger, ``{"unverified": value}`` is what a manifest said of a setting that was not sent."""

CREATING = "creating"
"""In the ledger, ``{"creating": value}`` is a visibility that creation was to end with, and has not reached."""

HIDDEN = "the Hub does not show the present value"
GATED_RANK = {"manual": 0, "auto": 1, False: 2}


def managed(resource: Resource) -> dict[str, Any]:
    """The fields the manifest names, under the Hub's names."""
    spec = resource.spec
    fields = type(spec).model_fields
    return {fields[n].alias or n: getattr(spec, n) for n in sorted(spec.model_fields_set)}


def compare_repo(repo_type: RepoType, ask: Ask, sight: Sight) -> Comparison:
    """The whole comparison of one repository. Nothing live: it is to be created."""
    assert ask.resource is not None
    live: LiveRepo | None = sight.live
    spec = ask.resource.spec
    assert isinstance(spec, RepoSpec)
    wanted = managed(ask.resource)
    settings = _new(wanted) if live is None else _existing(wanted, live, ask)
    group, group_problems = compare_group(wanted.get("resourceGroup"), live, sight, ask)
    # A repository that moves is compared as it is now, under the id it has now.
    refs = compare_refs(
        spec, ask.record, None if live is None else live.refs, repo_path(repo_type, ask.address.id, "refs")
    )
    lists = refs.lists
    parts = (settings.settled, group.settled, _exclusive(wanted), *(x.settled for x in lists))
    settled = {k: v for part in parts for k, v in part.items()}
    return Comparison(
        differences=(*settings.differences, *group.differences, *refs.differences),
        settled=settled,
        released=(*_released(wanted, ask.record), *(k for x in lists for k in x.released)),
        unverified=settings.unverified,
        foreign=tuple(k for x in lists for k in x.foreign),
        notes=settings.notes,
        problems=(*group_problems, *_unknown_revisions(ask.resource, refs.unknown, live is None)),
    )


def _exclusive(wanted: dict[str, Any]) -> dict[Key, Any]:
    """Noted in the ledger: what is too many in a list that was exclusive before, somebody added."""
    return {("exclusive",): sorted(wanted["exclusive"])} if "exclusive" in wanted else {}


def _new(wanted: dict[str, Any]) -> Comparison:
    """Everything the manifest names is sent; what a new repository has anyway is only noted in the ledger."""
    names = [n for n in (*READABLE, *UNREADABLE) if n in wanted]
    settled: dict[Key, Any] = {}
    found = []
    for name in names:
        if name == "gated" and wanted[name] is False:
            settled[(name,)] = False
            continue
        found.append(Difference((name,), Op.ADD, None, wanted[name], record=wanted[name]))
    if opens_last(wanted.get("visibility"), wanted.get("gated")):
        settled[("visibility",)] = {CREATING: wanted["visibility"]}
    notes = () if "visibility" in wanted else ("the manifest names no visibility: created private",)
    return Comparison(tuple(found), settled, notes=notes)


def opens_last(visibility: str | None, gated: Any) -> bool:
    """Whether a new repository is created private and opened at the end: creation cannot carry the gate."""
    return visibility not in (None, "private") and gated not in (None, False)


@dataclass(slots=True)
class _Found:
    """What comparing the settings of an existing repository found."""

    differences: list[Difference] = field(default_factory=list)
    settled: dict[Key, Any] = field(default_factory=dict)
    unverified: list[Key] = field(default_factory=list)


def _existing(wanted: dict[str, Any], live: LiveRepo, ask: Ask) -> Comparison:
    out = _Found()
    for name, want in ((n, wanted[n]) for n in (*READABLE, *UNREADABLE) if n in wanted):
        recorded = ask.record.get((name,)) if ask.record else MISSING
        if name in READABLE and not _veiled(name, want, live, recorded):
            _readable(name, want, getattr(live, name), recorded, out)
        else:
            _unreadable(name, want, recorded, ask, out)
    return Comparison(tuple(out.differences), out.settled, unverified=tuple(out.unverified))


def _veiled(name: str, want: Any, live: LiveRepo, recorded: Any) -> bool:
    """Whether the Hub does not tell what is from what is wanted, as it may not of a Space."""
    if name == "gated":
        return live.gated is None
    begun = isinstance(recorded, Mapping) and CREATING in recorded
    return live.veiled and want != "public" and recorded != "public" and not begun


def _readable(name: str, want: Any, now: Any, recorded: Any, out: _Found) -> None:
    begun = recorded.get(CREATING) if isinstance(recorded, Mapping) else None
    difference = scalar(name, want, now, MISSING if begun else recorded)
    if difference is None:
        out.settled[(name,)] = want
    else:
        # Creating something as written is no exposure, also when it takes two runs.
        out.differences.append(difference if begun == want else _with_risk(difference))


def _unreadable(name: str, want: Any, recorded: Any, ask: Ask, out: _Found) -> None:
    """The ledger stands in for the Hub. Without a word from it, an adopted repository is left as it is.

    What the manifest said meanwhile is kept as unverified: when it says something else, somebody wants a change.
    """
    key = (name,)
    assumed = recorded.get(UNVERIFIED, MISSING) if isinstance(recorded, Mapping) else MISSING
    ours = ask.record is not None and ask.record.origin is Origin.CREATED
    if recorded == want:
        out.settled[key] = want
    elif assumed is not MISSING and assumed != want:
        note = f"{HIDDEN}; the manifest said {_word(assumed)}, which was never sent"
        out.differences.append(
            _with_risk(Difference(key, Op.CHANGE, None, want, Cause.CHANGE, None, want, note=note))
        )
    elif recorded is not MISSING and assumed is MISSING:
        out.differences.append(
            _with_risk(Difference(key, Op.CHANGE, recorded, want, Cause.CHANGE, recorded, want))
        )
    elif ours or ask.send_unverified:
        difference = Difference(key, Op.ADD, None, want, record=want, note=HIDDEN)
        # What hfops created has the Hub's defaults: there is no gate to lose.
        out.differences.append(difference if ours else _with_risk(difference))
    else:
        out.unverified.append(key)
        out.settled[key] = {UNVERIFIED: want}


def _with_risk(difference: Difference) -> Difference:
    risks = tuple(_exposes(difference.key[0], difference.before, difference.after))
    return replace(difference, risks=risks) if risks else difference


def _exposes(name: str, before: Any, after: Any) -> Iterator[Risk]:
    if name == "visibility" and VISIBILITY_RANK[after] > VISIBILITY_RANK.get(before, 0):
        rise = f"visibility rises from {before or 'private'} to {after}"
        yield Risk(RiskKind.EXPOSURE, RiskCode.VISIBILITY_RAISED, rise)
    elif name == "gated" and GATED_RANK[after] > GATED_RANK.get(before, 0):
        loosening = f"gating loosens from {_word(before)} to {_word(after)}"
        yield Risk(RiskKind.EXPOSURE, RiskCode.GATING_LOOSENED, loosening)
    elif name == "orgMembersGated" and before is not False and after is False:
        entry = "members of the organisation no longer have to ask for access"
        yield Risk(RiskKind.EXPOSURE, RiskCode.ORG_MEMBERS_LET_IN, entry)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _released(wanted: dict[str, Any], record: Record | None) -> Iterable[Key]:
    if record is None:
        return ()
    return tuple((name,) for name in sorted(record.applied) if name not in wanted and name not in OWN)


def _unknown_revisions(resource: Resource, unknown: dict[Key, str], new: bool) -> list[Problem]:
    return [_unknown_revision(resource, key, text, new) for key, text in sorted(unknown.items())]


def _unknown_revision(resource: Resource, key: Key, text: str, new: bool) -> Problem:
    listing, name = key[0], key[1]
    entries = getattr(resource.spec, listing) or ()
    index = next((i for i, entry in enumerate(entries) if entry.name == name), 0)
    field = "from" if listing == "branches" else "revision"
    hint = "a new repository has only main" if new else "it is no branch, tag or commit of this repository"
    return _problem(
        resource,
        ("spec", listing, index, field),
        f"spec.{listing}[{name}].{field}",
        f"no revision {text!r}",
        hint,
    )


def _problem(
    resource: Resource | None, at: tuple[str | int, ...], path: str, message: str, hint: str
) -> Problem:
    where = resource.mark(at) if resource else None
    return Problem(message, where, str(resource.address) if resource else None, path, hint)
