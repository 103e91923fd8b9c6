"""Comparing the job that a webhook runs instead of telling a URL. Pure.

The Hub shows the job's spec, but nothing of its secrets, and not which job it was copied from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hfops.kinds.scene import Found
from hfops.kinds.threeway import Why
from hfops.kinds.values import SecretValue
from hfops.kinds.webhook.jobspec import Job
from hfops.kinds.webhook.scene import Scene
from hfops.model.change import Difference
from hfops.model.late import Hashed, Reference
from hfops.model.record import MISSING
from hfops.model.risk import Risk, RiskCode, RiskKind

JOB, SECRETS, SOURCE = "job", "job.secrets", "jobSourceId"
KEYS = tuple(f.alias or n for n, f in Job.model_fields.items() if n != "secrets")
WHOLE = ("dockerImage", "spaceId", "command", "arguments", "environment", "volumes")
"""What is run: of these, what the manifest does not name must not be there."""

READ_ONLY = ("timeout", "retry", "secrets")
"""Names that only reading has: of what is written under another one, and of what is never shown."""

DEFAULTS: Mapping[str, Any] = {"attempts": 1}
BARE: tuple[Any, ...] = (None, [], {})
HIDDEN = "the Hub does not show the present value"
TELLS = "tells a URL"
LOST = Risk(RiskKind.DATA_LOSS, RiskCode.JOB_SECRETS_LOST, "the job's secrets cannot be read back")


def said(job: Job) -> dict[str, Any]:
    """What a manifest says of a job, secrets aside."""
    return job.model_dump(by_alias=True, exclude_none=True, exclude={"secrets"})


def normal(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A job's spec, written or read back, without what is as good as not said."""
    out: dict[str, Any] = {}
    for key in KEYS:
        value = _value(spec, key)
        if value not in BARE and value != DEFAULTS.get(key):
            out[key] = value
    return out


def same_job(wanted: Mapping[str, Any], live: Mapping[str, Any]) -> bool:
    """Whether a live job is as wanted, in all that is named and in what is run."""
    want, have = normal(wanted), normal(live)
    return all(want.get(key) == have.get(key) for key in {*wanted, *WHOLE} if key in KEYS)


def _value(spec: Mapping[str, Any], key: str) -> Any:
    """One value; some have another name when they are read back."""
    if key == "timeoutSeconds":
        return spec.get(key, spec.get("timeout"))
    if key == "attempts" and key not in spec:
        return spec["retry"] + 1 if isinstance(spec.get("retry"), int) else None
    if key == "volumes":
        return [_volume(v) for v in spec.get(key) or () if isinstance(v, Mapping)]
    return spec.get(key)


def _volume(found: Mapping[str, Any]) -> dict[str, Any]:
    out = {k: v for k, v in found.items() if v is not None}
    if out.get("type") != "bucket":
        return {**out, "readOnly": True, "revision": out.get("revision", "main")}
    return {**out, "readOnly": bool(out.get("readOnly"))}


def compare_job(scene: Scene, found: Found) -> None:
    """The job, its secrets, or the job that it is copied from; at most one of first and last is named."""
    if scene.spec.job is not None:
        _compare_spec(scene, found, said(scene.spec.job))
        _compare_secrets(scene, found, scene.spec.job.secrets or {})
    elif scene.spec.job_source_id is not None:
        _compare_source(scene, found, scene.spec.job_source_id)


def _compare_spec(scene: Scene, found: Found, wanted: dict[str, Any]) -> None:
    known, live = scene.recorded(JOB), scene.live
    if live is None or live.job is None:
        before = None if live is None else TELLS
        hub = live is not None and known is not MISSING
        found.differs(scene, JOB, before, wanted, wanted, author=known != wanted, hub=hub)
    elif same_job(wanted, live.job):
        found.settled[(JOB,)] = wanted
    else:
        hub = isinstance(known, Mapping) and not same_job(known, live.job)
        present = {k: v for k, v in normal(live.job).items() if k in wanted or k in WHOLE}
        found.differs(scene, JOB, present, wanted, wanted, author=known != wanted, hub=hub)


def _compare_secrets(scene: Scene, found: Found, wanted: Mapping[str, SecretValue]) -> None:
    """Against the ledger's hashes. What is there already and was never sent is left, until somebody says more."""
    recorded = scene.recorded(SECRETS)
    known: Mapping[str, Any] = recorded if isinstance(recorded, Mapping) else {}
    judged = _judged(scene, wanted, known)
    gone = sorted(set(known) - set(wanted))
    kept = {n: {**known.get(n, {}), **_version(v)} for n, v in wanted.items()}
    if judged.sends or gone:
        references = {n: wanted[n].reference(scene.resource.folder) for n in judged.sent}
        sent = {n: {"hash": Hashed(r), **_version(wanted[n])} for n, r in references.items()}
        there = [] if _is_new(scene) else sorted({*judged.sent, *gone} & known.keys())
        risks = (LOST,) if gone and not _is_new(scene) else ()
        note = ", ".join([*judged.notes, *([f"removes {', '.join(gone)}"] if gone else [])])
        before = dict.fromkeys(there) or None
        record = kept | sent
        found.differs(
            scene, SECRETS, before, references, record, author=True, hub=False, risks=risks, note=note
        )
    elif wanted:
        found.settled[(SECRETS,)] = kept
    found.unverified += [(SECRETS, name) for name in judged.unverified]
    if judged.uncompared:
        found.notes.append(f"job secrets not compared: {', '.join(judged.uncompared)}")


@dataclass(slots=True)
class _Judged(Why):
    """What is to be said of several secrets, and which of them are ``sent``."""

    sent: list[str] = field(default_factory=list)
    uncompared: list[str] = field(default_factory=list)
    unverified: list[str] = field(default_factory=list)


def _is_new(scene: Scene) -> bool:
    """Whether there is no job whose secrets could be there."""
    return scene.live is None or scene.live.job is None


def _judged(scene: Scene, wanted: Mapping[str, SecretValue], known: Mapping[str, Any]) -> _Judged:
    judged = _Judged(author=_is_new(scene) and bool(wanted))
    for name, value in wanted.items():
        reference, entry, why = value.reference(scene.resource.folder), known.get(name), Why()
        _asked(scene, why, name, value, entry)
        changed = _other(scene, reference, entry)
        if changed:
            why.ask(f"{name}: another value ({reference.label})")
        if why.sends or _is_new(scene):
            judged.sent.append(name)
            judged.author |= why.author
            judged.notes += why.notes
        elif changed is None and entry and "hash" in entry:
            judged.uncompared.append(f"{name} ({reference.label})")
        elif changed is None:
            judged.unverified.append(name)
    return judged


def _asked(scene: Scene, why: Why, name: str, wanted: SecretValue, entry: Any) -> None:
    """What the manifest and the command line say outright."""
    if entry and wanted.version is not None and wanted.version != entry.get("version"):
        why.ask(f"{name}: version {entry.get('version') or 'none'} → {wanted.version}")
    if scene.ask.rotates(name):
        why.ask(f"{name}: rotation asked for")
    if not (entry and "hash" in entry) and scene.ask.send_unverified:
        why.ask(f"{name}: {HIDDEN}")


def _other(scene: Scene, reference: Reference, entry: Any) -> bool | None:
    """Whether the value is another than the one sent last; None where that cannot be told."""
    hashed = entry.get("hash") if isinstance(entry, Mapping) else None
    same = scene.ask.vault.same(reference, hashed) if isinstance(hashed, str) else None
    return None if same is None else not same


def _version(wanted: SecretValue) -> dict[str, str]:
    return {} if wanted.version is None else {"version": wanted.version}


def _compare_source(scene: Scene, found: Found, wanted: str) -> None:
    known, live = scene.recorded(SOURCE), scene.live
    if live is None or live.job is None:
        before = None if live is None else TELLS
        hub = live is not None and known is not MISSING
        found.differs(scene, SOURCE, before, wanted, wanted, author=known != wanted, hub=hub)
    elif known == wanted:
        found.settled[(SOURCE,)] = wanted
    elif known is not MISSING or scene.ask.send_unverified:
        note = "" if known is not MISSING else HIDDEN
        present = normal(live.job)
        found.differs(scene, SOURCE, present, wanted, wanted, author=True, hub=False, note=note)
    else:
        found.unverified.append((SOURCE,))


def sent_back(live: Mapping[str, Any]) -> dict[str, Any]:
    """A live job as an update has it: also what hfops does not know; what is read under another name is renamed."""
    unknown = {k: v for k, v in live.items() if k not in KEYS and k not in READ_ONLY}
    return {**unknown, **normal(live)}


def changed_job(wanted: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, Any]:
    """The job once it is as wanted: what the manifest does not name stays, but for what is run."""
    kept = {k: v for k, v in sent_back(live).items() if k not in wanted and k not in WHOLE}
    return {**kept, **wanted}


def sent_secrets(scene: Scene, planned: Difference | None) -> dict[str, Any]:
    """The secrets that go with a job. The Hub keeps those that are not named, and drops what is sent empty.

    ``planned`` is how they differ. Without that, or beside it, only what surely is there already is sent again.
    """
    recorded, job = scene.recorded(SECRETS), scene.spec.job
    if job is None:
        return {}
    named = {n: v.reference(scene.resource.folder) for n, v in (job.secrets or {}).items()}
    known: Mapping[str, Any] = recorded if isinstance(recorded, Mapping) and not _is_new(scene) else {}
    ours = {n: r for n, r in named.items() if _other(scene, r, known.get(n)) is False}
    if planned is None:
        return ours
    return {**ours, **planned.after, **dict.fromkeys(sorted(known.keys() - named.keys()), "")}
