"""Taking over drift of a repository: which edits make its manifest say what is live. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hfops.kinds.accept import HIDDEN, Answer, Declined, field, is_extra, is_gone, removed, set_to
from hfops.kinds.repo.content.keys import FILES, METADATA, TEMPLATE
from hfops.kinds.repo.spec import UNREADABLE, RepoSpec
from hfops.manifest.edit import BY_HAND, Step
from hfops.model.change import Difference
from hfops.model.resource import Resource


def accept_repo(resource: Resource, difference: Difference) -> Answer:
    """Settings, resource group, refs, and the keys of the card; not the texts of files."""
    spec = resource.spec
    assert isinstance(spec, RepoSpec)
    match difference.key:
        case ("resourceGroup",):
            return set_to(("resourceGroup",), difference.before or "none")
        case (("branches" | "tags") as listing, name):
            return _ref(listing, name, difference)
        case (name, *_) if name in (METADATA, TEMPLATE, FILES):
            return _content(spec, difference)
        case (name,) if name in UNREADABLE:
            return Declined(HIDDEN, BY_HAND)
    return field(difference)


def _content(spec: RepoSpec, difference: Difference) -> Answer:
    """Keys of the card are written in the manifest; texts are elsewhere."""
    listing, *rest = difference.key
    if listing == METADATA:
        path: tuple[Step, ...] = ("card", "metadata", *rest)
        return removed(path) if is_gone(difference) else set_to(path, difference.before)
    if listing == TEMPLATE:
        return Declined("the text of the card is made from a template", f"{BY_HAND}: {_template(spec)}")
    hint = f"{BY_HAND}, or take it over with `hfops import`"
    return Declined("the content of files is not written in the manifest", hint)


def _template(spec: RepoSpec) -> str:
    return (spec.card.template if spec.card else None) or "card.template"


def _ref(listing: str, name: str, difference: Difference) -> Answer:
    """A ref deleted on the Hub goes; a moved tag is pinned where it is."""
    entry = (listing, (("name", name),))
    if is_gone(difference):
        return removed(entry)
    commit = _commit(difference.before)
    if listing == "branches" and is_extra(difference):
        return set_to(entry, {})
    if listing == "tags" and commit is not None:
        return set_to((*entry, "revision"), commit)
    return Declined("which commit it points to is not known", BY_HAND)


def _commit(before: Any) -> str | None:
    found = before.get("commit") if isinstance(before, Mapping) else before
    return found if isinstance(found, str) else None
