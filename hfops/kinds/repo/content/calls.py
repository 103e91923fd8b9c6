"""The calls that write card and files: large files first, then one commit. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hfops.hub.paths import RepoType, repo_path
from hfops.kinds.base import Ask, Sight
from hfops.kinds.repo.content.card import README
from hfops.kinds.repo.content.contrast import contrast
from hfops.kinds.repo.content.gather import inline
from hfops.kinds.repo.content.keys import FILES, is_content
from hfops.kinds.repo.content.proposals import pull_ref
from hfops.kinds.repo.content.readme import to_be
from hfops.kinds.repo.content.seen import FACT, Want, Wanted, content_of
from hfops.kinds.repo.fields import MAIN
from hfops.kinds.repo.live import LiveRepo
from hfops.kinds.repo.ref_calls import ref_calls, starting_from
from hfops.kinds.repo.tree import LiveContent, same, sized
from hfops.model.call import Call, Deferred, Repeat
from hfops.model.change import Difference, Op
from hfops.model.key import Key
from hfops.model.late import Inline, LocalFile

CREATION_LIMIT = 1_000_000
"""Bytes of files that creating a repository carries."""

SHOWN = 3
"""Paths named in a call's summary."""


def commits_late(sight: Sight, differences: Iterable[Difference]) -> bool:
    """Whether the commit comes after the refs: its branch is only made by this plan.

    Else it comes before them: tags and branches that start from the branch are to have it. Those that start from
    one that is only made come with the commit.
    """
    wanted: Wanted | None = sight.facts.get(FACT)
    return wanted is not None and any(d.key == ("branches", wanted.branch) for d in differences)


def after_commit(sight: Sight, differences: Sequence[Difference]) -> set[Key]:
    """The refs that start from a branch which this plan makes, and commits to before it makes them."""
    wanted: Wanted | None = sight.facts.get(FACT)
    if wanted is None or not commits_late(sight, differences):
        return set()
    live: LiveRepo | None = sight.live
    return starting_from(wanted.branch, differences, live.refs if live else None)


@dataclass(frozen=True, slots=True)
class _Writing:
    """What one commit changes: files to write, and paths to delete."""

    writes: tuple[Want, ...]
    deletes: tuple[str, ...]

    @property
    def large(self) -> tuple[Want, ...]:
        """The files that go into the large file storage first."""
        return tuple(w for w in self.writes if w.large)


def content_creation(
    ask: Ask, sight: Sight, differences: Sequence[Difference]
) -> tuple[dict[str, Any], tuple[str, ...]] | None:
    """What POST /api/repos/create can carry of card and files (``files``), and the differences that closes.

    None where there is nothing to carry, or it is too much: then a commit follows. Small files of this machine only.
    """
    wanted: Wanted | None = sight.facts.get(FACT)
    if wanted is None or sight.live is not None or wanted.branch != MAIN:
        return None
    writing = _writing(wanted, None, differences, _held(ask, wanted, None, differences))
    small = all(not w.large and isinstance(w.source, Inline | LocalFile) for w in writing.writes)
    size = sum(w.size or 0 for w in writing.writes)
    if not writing.writes or not small or size > CREATION_LIMIT:
        return None
    files = [{"path": w.path, "content": w.content, "encoding": "base64"} for w in writing.writes]
    return {"files": files}, _paths(differences, wanted)


def content_calls(
    repo_type: RepoType,
    ask: Ask,
    sight: Sight,
    differences: Sequence[Difference],
    *,
    restarts: bool = False,
) -> tuple[Call, ...]:
    """Uploads, then one commit, for the differences given; others of the manifest's are left as they are live.

    Refs that start from the branch follow, where that is only made by this plan.

    ``restarts``: whether a commit to main starts anew what runs. Calls: POST /preupload/{rev}, POST /commit/{rev}.
    """
    late = after_commit(sight, differences)
    refs = ref_calls(repo_type, ask.address, [d for d in differences if d.key in late])
    return (*_commit_calls(repo_type, ask, sight, differences, restarts=restarts), *refs)


def _commit_calls(
    repo_type: RepoType, ask: Ask, sight: Sight, differences: Sequence[Difference], *, restarts: bool
) -> tuple[Call, ...]:
    wanted: Wanted | None = sight.facts.get(FACT)
    if wanted is None or not any(is_content(d.key, wanted.front) for d in differences):
        return ()
    content = content_of(sight)
    proposal = content.proposal if content and wanted.proposes else None
    held = _held(ask, wanted, content, differences)
    target = proposal.content if proposal else content
    acting = contrast(ask, wanted, target).differences if proposal else differences
    writing = _writing(wanted, target, [d for d in acting if d.key not in held], held)
    if not writing.writes and not writing.deletes:
        return ()
    place = _Place(repo_type, ask.address.id, wanted, content, target)
    calls = [place.preupload(writing.large)] if writing.large else []
    starts = restarts and wanted.branch == MAIN and not place.proposes
    calls.append(place.commit(writing, _paths(differences, wanted), restarts=starts))
    if proposal and proposal.draft:
        calls.append(place.open_draft(proposal.number))
    return tuple(calls)


def _paths(differences: Iterable[Difference], wanted: Wanted) -> tuple[str, ...]:
    """The differences that the commit closes."""
    return tuple(d.path for d in differences if is_content(d.key, wanted.front))


def _held(
    ask: Ask, wanted: Wanted, content: LiveContent | None, differences: Sequence[Difference]
) -> set[Key]:
    """What differs and is not acted on: it stays as it is live."""
    return {d.key for d in contrast(ask, wanted, content).differences} - {d.key for d in differences}


def _writing(
    wanted: Wanted, target: LiveContent | None, differences: Sequence[Difference], held: set[Key]
) -> _Writing:
    acting = {d.key: d for d in differences if is_content(d.key, wanted.front)}
    files = {k[1]: d for k, d in acting.items() if k[0] == FILES}
    there = target.files if target else {}
    merged = wanted.readme is not None
    writes = [
        wanted.files[p] for p, d in files.items()
        if d.op is not Op.REMOVE and not (merged and p == README) and not _is_there(wanted.files[p], target)
    ]  # fmt: skip
    deletes = [p for p, d in files.items() if d.op is Op.REMOVE and p in there]
    readme = to_be(wanted, target, list(acting.values()), held)
    if readme is not None and (target is None or bytes(readme) != target.readme):
        writes.append(inline(README, bytes(readme), origin="card"))
    return _Writing(tuple(sorted(writes, key=lambda w: w.path)), tuple(sorted(deletes)))


def _is_there(want: Want, target: LiveContent | None) -> bool:
    have = target.files.get(want.path) if target else None
    return have is not None and bool(same(want, have))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a commit goes: a branch, or in pull-request mode a pull request, an open one or a new one."""

    repo_type: RepoType
    repo_id: str
    wanted: Wanted
    content: LiveContent | None
    target: LiveContent | None

    @property
    def proposes(self) -> bool:
        """Whether it is a pull request. A repository that is to be created is written directly."""
        return self.wanted.proposes and self.content is not None

    @property
    def _pull(self) -> int | None:
        proposal = self.content.proposal if self.content else None
        return proposal.number if proposal and self.proposes else None

    @property
    def _name(self) -> str:
        if self._pull is not None:
            return f"pull request #{self._pull}"
        return "a new pull request" if self.proposes else self.wanted.branch

    def _path(self, action: str) -> str:
        revision = self.wanted.branch if self._pull is None else pull_ref(self._pull)
        query = "?create_pr=1" if self.proposes and self._pull is None else ""
        return repo_path(self.repo_type, self.repo_id, action, revision) + query

    def preupload(self, large: Sequence[Want]) -> Call:
        """POST /preupload, which stands for moving the bytes of large files into the Hub's storage."""
        body = {"files": [{"path": w.path, "size": w.size or 0} for w in large]}
        summary = f"upload {_listed([w.path for w in large])} ({sized(sum(w.size or 0 for w in large))})"
        uploads = {w.path: w.content for w in large}
        return Call("POST", self._path("preupload"), body, summary, Repeat.SAME, uploads=uploads)

    def commit(self, writing: _Writing, achieves: tuple[str, ...], *, restarts: bool) -> Call:
        """POST /commit. Its parent is the commit that was looked at: what came since is never overwritten."""
        lines: list[dict[str, Any]] = [
            {"key": "header", "value": {"summary": self.wanted.message, "parentCommit": self._parent()}}
        ]
        # Deletions first: what was a file may become a folder, and the other way round.
        lines += [{"key": "deletedFile", "value": {"path": p}} for p in writing.deletes]
        lines += [_line(w) for w in writing.writes]
        changed = [*(w.path for w in writing.writes), *(f"-{p}" for p in writing.deletes)]
        summary = f"commit to {self._name}: {_listed(changed)}"
        # A second pull request would be another one; a second commit on the same parent is refused.
        repeat = Repeat.ONCE if self.proposes and self._pull is None else Repeat.CONFLICT
        return Call("POST", self._path("commit"), lines, summary, repeat, achieves, restarts=restarts)

    def _parent(self) -> str | Deferred:
        if self.target is not None:
            return self.target.commit
        branch = self.wanted.branch
        # Not the label that tags of this plan have for the same branch: theirs is the commit after this one.
        label = f"commit of {branch} before"
        pick = ("branches", ("name", branch), "targetCommit")
        return Deferred(label, repo_path(self.repo_type, self.repo_id, "refs"), pick)

    def open_draft(self, number: int) -> Call:
        """POST /discussions/{num}/status: a draft is not seen by those who are to merge it."""
        path = repo_path(self.repo_type, self.repo_id, "discussions", str(number), "status")
        return Call("POST", path, {"status": "open"}, f"open pull request #{number}", Repeat.SAME)


def _line(want: Want) -> dict[str, Any]:
    if want.large:
        value = {"path": want.path, "algo": "sha256", "oid": want.sha256, "size": want.size}
        return {"key": "lfsFile", "value": value}
    return {"key": "file", "value": {"path": want.path, "content": want.content, "encoding": "base64"}}


def _listed(paths: Sequence[str]) -> str:
    more = len(paths) - SHOWN
    return ", ".join(paths[:SHOWN]) + (f" and {more} more" if more > 0 else "")
