"""What the ledger keeps of card and files beside their entries: the branch they are on, and what is proposed. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hfops.kinds.repo.content.card import Readme
from hfops.kinds.repo.content.keys import COMMIT, FILES, METADATA, MIRRORS, PROPOSED, TEMPLATE, body_digest
from hfops.kinds.repo.content.seen import Wanted
from hfops.kinds.repo.content.yaml import CardError, canonical
from hfops.kinds.repo.fields import MAIN
from hfops.kinds.repo.tree import Entry, LiveContent, same
from hfops.model.change import Difference, Op
from hfops.model.record import Origin, Record

CREATED = Origin.CREATED.value


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows of a proposal: its number if it has been seen since, title and content (see ``digest``)."""

    pull: int | None
    title: str
    content: str


def known_proposal(record: Record | None) -> Known | None:
    """The proposal that is not known to be merged, if there is one."""
    entry = _entry(record)
    if not entry:
        return None
    pull = entry.get("pull")
    number = pull if isinstance(pull, int) and not isinstance(pull, bool) else None
    return Known(number, str(entry.get("title", "")), str(entry.get("content", "")))


def _entry(record: Record | None) -> Mapping[str, Any]:
    entry = record.applied.get(PROPOSED) if record else None
    return entry if isinstance(entry, Mapping) else {}


def known_paths(record: Record | None) -> set[str]:
    """The files that the ledger knows, also those that were only proposed."""
    return {*(record.entries(FILES) if record else ()), *_entries(_entry(record), FILES)}


def digest(differences: Iterable[Difference], wanted: Wanted) -> str:
    """What tells one proposal's content from another's."""
    said = sorted([d.path, d.op.value, _identity(d, wanted)] for d in differences)
    return hashlib.sha256(canonical(said).encode()).hexdigest()


def _identity(difference: Difference, wanted: Wanted) -> str:
    key = difference.key
    if difference.op is Op.REMOVE:
        return ""
    if key[0] == FILES:
        return canonical(wanted.files[key[1]].kept())
    if key[0] == METADATA:
        return canonical(wanted.metadata[key[1]])
    return body_digest(wanted.body or "") if key == (TEMPLATE,) else canonical(wanted.front.get(key[0]))


def kept(
    differences: Iterable[Difference], wanted: Wanted, pull: int | None, record: Record | None, *, more: bool
) -> dict[str, Any]:
    """The ledger's entry for what is proposed. ``more``: the pull request still holds what was proposed before."""
    found = list(differences)
    last = _entry(record) if more else {}
    adds = [d.key for d in found if d.op is not Op.REMOVE]
    files = {k[1]: {**wanted.files[k[1]].kept(), "origin": CREATED} for k in adds if k[0] == FILES}
    keys = {k[1]: {"value": wanted.metadata[k[1]], "origin": CREATED} for k in adds if k[0] == METADATA}
    return {
        "pull": pull,
        "title": wanted.message,
        "content": digest(found, wanted),
        FILES: {**last.get(FILES, {}), **files},
        METADATA: {**last.get(METADATA, {}), **keys},
    }


def branch_of(record: Record | None) -> str | None:
    """The branch that the ledger's entries are about."""
    found = record.applied.get(COMMIT) if record else None
    branch = found.get("branch") if isinstance(found, Mapping) else None
    return branch if isinstance(branch, str) else None


def is_of_another_branch(record: Record | None, branch: str) -> bool:
    """Whether what the ledger knows of card and files is about another branch."""
    return branch_of(record) not in (None, branch)


def in_place(record: Record | None, branch: str, content: LiveContent | None) -> Record | None:
    """What is known of card and files on a branch, or of a pull request for it.

    Nothing of what was written to another branch; and what was proposed and is there now is our doing.
    """
    if record is None:
        return None
    if is_of_another_branch(record, branch):
        names = (METADATA, TEMPLATE, FILES, MIRRORS)
        record = replace(record, applied={k: v for k, v in record.applied.items() if k not in names})
    entry = _entry(record)
    if content is None or not entry or branch != MAIN:
        return record
    files = {p: k for p, k in _entries(entry, FILES).items() if _is_file(content, p, k)}
    metadata = _metadata(content) if _entries(entry, METADATA) else {}
    keys = {n: k for n, k in _entries(entry, METADATA).items() if _is_key(metadata, n, k)}
    more = {
        name: {**arrived, **record.entries(name)}
        for name, arrived in ((FILES, files), (METADATA, keys))
        if arrived
    }
    return replace(record, applied={**record.applied, **more})


def _entries(entry: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = entry.get(name)
    return found if isinstance(found, Mapping) else {}


def _is_file(content: LiveContent, path: str, known: Mapping[str, Any]) -> bool:
    meant = Entry(None, str(known.get("blobId", "")), str(known.get("sha256", "")))
    return path in content.files and same(content.files[path], meant) is True


def _metadata(content: LiveContent) -> Mapping[str, Any]:
    try:
        return Readme.of(content.readme or b"").metadata
    except CardError:
        return {}


def _is_key(metadata: Mapping[str, Any], name: str, known: Mapping[str, Any]) -> bool:
    return name in metadata and canonical(metadata[name]) == canonical(known.get("value"))
