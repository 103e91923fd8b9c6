"""Comparing card and files: what differs, what is settled, and what an open pull request proposes already. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hfops.hub.paths import RepoType, repo_path
from hfops.kinds.base import Ask, Comparison, Sight
from hfops.kinds.repo.content.contrast import Contrast, card_problem_at, contrast
from hfops.kinds.repo.content.keys import COMMIT, FILES, METADATA, MIRRORS, PROPOSED, TEMPLATE
from hfops.kinds.repo.content.proposed import branch_of, is_of_another_branch, kept
from hfops.kinds.repo.content.readme import to_be
from hfops.kinds.repo.content.seen import FACT, Wanted, content_of
from hfops.kinds.repo.content.yaml import CardError
from hfops.kinds.repo.live import LiveRepo
from hfops.kinds.repo.ref_calls import commit_of, is_put, starting_from
from hfops.kinds.repo.spec import RepoSpec
from hfops.kinds.repo.tree import LiveContent, Proposal
from hfops.model.call import Deferred
from hfops.model.change import Difference
from hfops.model.key import Key
from hfops.model.problem import Problem
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
    settled, moved = _branch(wanted, ask.record)
    laid_out = _laid_out(ask, wanted, content, found.differences)
    if isinstance(laid_out, Problem):
        return Comparison(problems=(laid_out,))
    compared = Comparison(
        differences=tuple(found.differences),
        settled={**settled, **found.settled},
        released=(*released, *found.released),
        notes=(*wanted.notes, *moved, *_left(found), *laid_out),
    )
    return _proposal(compared, wanted, content, ask.record)


def _laid_out(
    ask: Ask, wanted: Wanted, content: LiveContent | None, differences: Sequence[Difference]
) -> tuple[str, ...] | Problem:
    """What writing README.md costs: a note where its comments are lost; a problem where it cannot be written."""
    try:
        readme = to_be(wanted, content, differences)
        _ = bytes(readme) if readme is not None else b""
    except (CardError, UnicodeEncodeError) as error:
        hint = "write the value in another way, or correct README.md on the Hub"
        return card_problem_at(ask, f"README.md cannot be written: {error}", hint)
    if readme is None or not readme.anew:
        return ()
    return (f"README.md: the front matter is laid out anew, and comments in it are lost: {readme.anew}",)


def _branch(wanted: Wanted, record: Record | None) -> tuple[dict[Key, Any], tuple[str, ...]]:
    """The branch that the entries are about from now on. What is known of another one's is let go."""
    settled: dict[Key, Any] = {(COMMIT,): {"branch": wanted.branch}}
    if record is None or not is_of_another_branch(record, wanted.branch):
        return settled, ()
    empty: dict[str, Any] = {FILES: {}, METADATA: {}, TEMPLATE: None, MIRRORS: []}
    # In this order: what is settled on the new branch is put in again.
    settled = {(k,): v for k, v in empty.items() if k in record.applied} | settled
    before = branch_of(record)
    note = (
        f"kept on the branch {wanted.branch} now: what was written to {before} stays there, and is released"
    )
    return settled, (note,)


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
    """What is proposed already is no change. A repository that is to be created is written directly."""
    if content is None:
        return compared
    if not wanted.proposes or not compared.differences:
        return _nothing_proposed(compared, content, record)
    proposal, closed = content.proposal, content.closed
    number = proposal.number if proposal else closed
    entry = kept(
        compared.differences, wanted, number, record, more=proposal is not None and not proposal.equal
    )
    settled = {**compared.settled, (PROPOSED,): entry}
    is_done = closed is not None or (proposal is not None and proposal.equal)
    return replace(
        compared,
        differences=() if is_done else compared.differences,
        settled=settled,
        notes=(*compared.notes, _said(proposal, closed, wanted)),
    )


def _said(proposal: Proposal | None, closed: int | None, wanted: Wanted) -> str:
    if closed is not None:
        return (
            f"pull request #{closed} was closed without merging: not proposed again until the content changes"
        )
    if proposal is None:
        return f"to be proposed in a pull request: {wanted.message!r}"
    if not proposal.equal:
        return f"pull request #{proposal.number} is to be brought up to date"
    state = "a draft: open it there" if proposal.draft else "open"
    return f"proposed in pull request #{proposal.number}, which is {state}"


def _nothing_proposed(compared: Comparison, content: LiveContent, record: Record | None) -> Comparison:
    """What was proposed once is merged, or is not wanted any more."""
    entry = record.applied.get(PROPOSED) if record else None
    if entry is None:
        return compared
    if content.unwanted is None:
        return replace(compared, settled={**compared.settled, (PROPOSED,): {}})
    note = f"pull request #{content.unwanted} is still open, and nothing of it is wanted any more: close it there"
    settled = {**compared.settled, (PROPOSED,): {**entry, "pull": content.unwanted}}
    return replace(compared, settled=settled, notes=(*compared.notes, note))


def together(
    repo_type: RepoType, ask: Ask, sight: Sight, repo: Comparison, content: Comparison
) -> Comparison:
    """A repository's comparison with that of its card and files.

    What starts from the branch that is committed to starts from that commit: a tag for a release of files holds them.
    """
    wanted: Wanted | None = sight.facts.get(FACT)
    differences = repo.differences
    if content.differences and wanted is not None and not (wanted.proposes and sight.live is not None):
        then = commit_of(wanted.branch, repo_path(repo_type, ask.address.id, "refs"))
        differences = _after_commit(differences, wanted.branch, sight.live, then)
    return replace(
        repo,
        differences=(*differences, *content.differences),
        settled={**repo.settled, **content.settled},
        released=(*repo.released, *content.released),
        notes=(*repo.notes, *content.notes),
        problems=(*repo.problems, *content.problems),
    )


def _after_commit(
    differences: tuple[Difference, ...], branch: str, live: LiveRepo | None, then: Deferred
) -> tuple[Difference, ...]:
    """Refs to be put on the head of ``branch``, to be put on the head it has then."""
    refs = live.refs if live is not None else None
    made = next((d.after["commit"] for d in differences if d.key == ("branches", branch) and is_put(d)), None)
    head = made or (refs.branches.get(branch) if refs else None) or then
    late = starting_from(branch, differences, refs)
    return tuple(_put(d, then) if d.key in late and d.after["commit"] == head else d for d in differences)


def _put(difference: Difference, commit: Deferred) -> Difference:
    after, record = ({**part, "commit": commit} for part in (difference.after, difference.record))
    return replace(difference, after=after, record=record)
