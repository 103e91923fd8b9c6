"""What came of an interrupted commit: a key of the card, or a file, held against what is on the branch. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hfops.kinds.repo.content.card import Readme
from hfops.kinds.repo.content.keys import FILES, METADATA
from hfops.kinds.repo.content.yaml import CardError, canonical
from hfops.kinds.repo.tree import Entry, LiveContent, same
from hfops.model.key import Key
from hfops.model.record import MISSING, Record


def content_arrived(record: Record, key: Key, intended: Any, content: LiveContent | None) -> Record | None:
    """``record`` with what came of the intention to have ``intended`` (None: nothing) at ``key``.

    None where the branch was not read closely enough to tell. For keys of card and files only.
    """
    assert key[0] in (METADATA, FILES)
    if content is None or not (
        content.carded if key[0] == METADATA else content.whole or key[1] in content.files
    ):
        return None
    found = _metadata(key[1], content) if key[0] == METADATA else content.files.get(key[1], MISSING)
    if found is MISSING:
        return record.drop(key)
    if not isinstance(intended, Mapping) or not _is(found, intended):
        return record
    return record.put(key, intended)


def _metadata(name: str, content: LiveContent) -> Any:
    try:
        return Readme.of(content.readme or b"").metadata.get(name, MISSING)
    except CardError:
        return MISSING


def _is(found: Any, intended: Mapping[str, Any]) -> bool:
    if isinstance(found, Entry):
        meant = Entry(None, str(intended.get("blobId", "")), str(intended.get("sha256", "")))
        return bool(same(found, meant))
    return canonical(found) == canonical(intended.get("value"))
