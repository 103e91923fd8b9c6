"""Comparing card and files: what differs, what is settled, and what an open pull request proposes already. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hfops.hub.paths import RepoType, repo_path
from hfops.kinds.base import Ask, Comparison, Sight
from hfops.kinds.repo.content.contrast import FILES, METADATA, TEMPLATE, Contrast, contrast
from hfops.kinds.repo.content.proposals import PROPOSED
from hfops.kinds.repo.content.seen import FACT, Wanted
from hfops.kinds.repo.live import LiveRepo
from hfops.kinds.repo.spec import RepoSpec
from hfops.kinds.repo.tree import LiveContent
from hfops.model.call import Deferred
from hfops.model.change import Difference
from hfops.model.key import Key
from hfops.model.record import Record


def compare_content(ask: Ask, sight: Sight, front_matter: Mapping[str, Any] | None = None) -> Comparison:
    """The part of a repository's comparison that is about card and files.

    ``front_matter`` are keys that the kind keeps equal to fields of its own, as they were given to
    ``observe_content``; where the card was not read they count as settled.
    """
    assert ask.resource is not None
    spec = ask.resource.spec
    assert isinstance(spec, RepoSpec)
    released = tuple(_released(spec, ask.record))
    wanted: Wanted | None = sight.facts.get(FACT)
    if wanted is None:
        settled: dict[Key, Any] = {(k,): v for k, v in (front_matter or {}).items()}
        return Comparison(settled=settled, released=released)
    if wanted.problems:
        return Comparison(problems=wanted.problems)
    content = content_of(sight)
    found = contrast(ask, wanted, content)
    if found.problems:
        return Comparison(problems=tuple(found.problems))
    compared = Comparison(
        differences=tuple(found.differences),
        settled=found.settled,
        released=(*released, *found.released),
        notes=(*wanted.notes, *_left(found)),
    )
    return _proposal(compared, wanted, content, ask.record) if wanted.proposes else compared


def content_of(sight: Sight) -> LiveContent | None:
    """What was read of a branch; None for a repository that is to be created."""
    live: LiveRepo | None = sight.live
    return live.content if live is not None else None


def _released(spec: RepoSpec, record: Record | None) -> list[Key]:
    """Fields that were managed and are not named any more."""
    applied = record.applied if record else {}
    named = {
        METADATA: spec.card is not None and spec.card.metadata is not None,
        TEMPLATE: spec.card is not None and spec.card.template is not None,
        FILES: spec.files is not None,
    }
    return [(name,) for name, is_named in named.items() if name in applied and not is_named]


def _left(found: Contrast) -> list[str]:
    """One note for all that was dropped and changed since."""
    if not found.left:
        return []
    return [f"no longer in the manifest, and changed on the Hub since: left alone: {', '.join(found.left)}"]


def _proposal(
    compared: Comparison, wanted: Wanted, content: LiveContent | None, record: Record | None
) -> Comparison:
    """In pull-request mode: what is proposed already is no change. Creating is done directly."""
    if content is None:
        return compared
    proposal = content.proposal
    key = (PROPOSED,)
    if not compared.differences:
        known = record is not None and PROPOSED in record.applied
        return replace(compared, settled={**compared.settled, key: {}}) if known else compared
    settled = {**compared.settled, key: {"pull": proposal.number if proposal else None}}
    if proposal is None:
        note = f"to be proposed in a pull request: {wanted.message!r}"
    elif proposal.equal:
        state = "a draft: open it there" if proposal.draft else "open"
        note = f"proposed in pull request #{proposal.number}, which is {state}"
    else:
        note = f"pull request #{proposal.number} is to be brought up to date"
    differences = () if proposal and proposal.equal else compared.differences
    return replace(compared, differences=differences, settled=settled, notes=(*compared.notes, note))


def together(
    repo_type: RepoType, ask: Ask, sight: Sight, repo: Comparison, content: Comparison
) -> Comparison:
    """A repository's comparison with that of its card and files.

    What starts from the branch that is committed to starts from that commit: a tag for a release of files holds them.
    """
    wanted: Wanted | None = sight.facts.get(FACT)
    live: LiveRepo | None = sight.live
    differences = repo.differences
    if content.differences and wanted is not None and not wanted.proposes and live is not None and live.refs:
        head = live.refs.branches.get(wanted.branch)
        path = repo_path(repo_type, ask.address.id, "refs")
        differences = tuple(_after_commit(d, wanted.branch, head, path) for d in differences)
    return replace(
        repo,
        differences=(*differences, *content.differences),
        settled={**repo.settled, **content.settled},
        released=(*repo.released, *content.released),
        notes=(*repo.notes, *content.notes),
        problems=(*repo.problems, *content.problems),
    )


def _after_commit(difference: Difference, branch: str, head: str | None, path: str) -> Difference:
    """A ref to be put on the head of ``branch``, to be put on the head it has then."""
    after, record = difference.after, difference.record
    if difference.key[0] not in ("branches", "tags") or not isinstance(after, Mapping):
        return difference
    if head is None or after.get("commit") != head or _start(after) not in (branch, f"refs/heads/{branch}"):
        return difference
    then = Deferred(f"commit of {branch}", path, ("branches", ("name", branch), "targetCommit"))
    return replace(difference, after={**after, "commit": then}, record={**record, "commit": then})


def _start(after: Mapping[str, Any]) -> Any:
    return after.get("revision", after.get("from"))
