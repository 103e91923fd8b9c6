"""Branches and tags: what they should point to, and the three-way compare of both lists. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hfops.kinds.repo.live import Refs
from hfops.kinds.repo.names import is_full_commit, looks_like_commit
from hfops.kinds.repo.spec import Branch, RepoSpec, Tag
from hfops.kinds.threeway import Keyed, Verdict, cause, keyed
from hfops.model.call import Deferred
from hfops.model.change import Cause, Difference, Op
from hfops.model.key import Key
from hfops.model.record import MISSING, Origin, Record
from hfops.model.risk import Risk, RiskCode, RiskKind

Commit = str | Deferred | None


@dataclass(slots=True)
class Resolver:
    """Turns revision texts into commits. ``unknown`` collects misses.

    ``pending`` are refs this plan makes or moves, with the text or commit they are put on: what starts from them starts
    from that. ``refs`` is None for a repository that does not exist yet: there, main is known only while applying.
    """

    refs_path: str
    refs: Refs | None
    pending: Mapping[Key, str] = field(default_factory=dict)
    unknown: dict[Key, str] = field(default_factory=dict)

    def commit(self, text: str, key: Key) -> Commit:
        """The commit that ``text`` names, or a deferred read where only applying can tell, or None if unknown."""
        found = self._named(text, key)
        if found is None and self.refs is not None:
            found = lookup(text, self.refs)
        if found is None:
            self.unknown[key] = text
        return found

    def _named(self, text: str, key: Key) -> Commit:
        """A branch before a tag of that name, as the Hub does; what ``key`` will be is not what it starts from."""
        have = self.refs or Refs()
        for listing, live in (("branches", have.branches), ("tags", have.tags)):
            ref = (listing, text)
            if ref != key and ref in self.pending:
                start = self.pending[ref]
                return start if is_full_commit(start) else self.commit(start, ref)
            if self.refs is None and ref == ("branches", "main"):
                return Deferred(
                    "commit of main", self.refs_path, ("branches", ("name", "main"), "targetCommit")
                )
            if text in live:
                return live[text]
        return None


def lookup(text: str, refs: Refs) -> str | None:
    """The commit a revision text names among known refs; None if only the Hub could tell."""
    named = refs.branches.get(text) or refs.tags.get(text)
    if named:
        return named
    for prefix, names in (("refs/heads/", refs.branches), ("refs/tags/", refs.tags)):
        if text.startswith(prefix):
            return names.get(text.removeprefix(prefix))
    if text.startswith("refs/convert/"):
        return refs.converts.get(text.removeprefix("refs/convert/"))
    if is_full_commit(text) and text.lower() in {*refs.branches.values(), *refs.tags.values()}:
        return text.lower()
    return refs.found.get(text)


def points_at(commit: str, text: str) -> bool:
    """Whether ``text`` is (the start of) ``commit``."""
    return looks_like_commit(text) and commit.startswith(text.lower())


@dataclass(slots=True)
class RefsCompared:
    """Both lists compared. ``unknown`` are revisions, by entry, that nothing known resolves."""

    lists: list[Keyed]
    unknown: dict[Key, str]

    @property
    def differences(self) -> list[Difference]:
        """All differences, of branches and of tags."""
        return [d for found in self.lists for d in found.differences]


def compare_refs(spec: RepoSpec, record: Record | None, refs: Refs | None, refs_path: str) -> RefsCompared:
    """Compare the managed ones of ``branches`` and ``tags``. ``refs`` None means: the repository is to be created."""
    branches = {b.name: b for b in spec.branches or ()}
    tags = {t.name: t for t in spec.tags or ()}
    resolver = Resolver(refs_path, refs, _pending(branches, tags, record, refs))
    exclusive = exclusive_lists(spec, record)
    live = refs or Refs()
    lists = []
    if spec.branches is not None:
        known = record.entries("branches") if record else {}
        judge = _BranchJudge(resolver)
        # A new repository has its main from the start.
        have = live.branches if refs else {"main": MISSING}
        lists.append(
            keyed(
                "branches", branches, have, known, judge,
                exclusive=exclusive.get("branches"), undeletable=frozenset({"main"}),
            )
        )  # fmt: skip
    if spec.tags is not None:
        known = record.entries("tags") if record else {}
        lists.append(
            keyed("tags", tags, live.tags, known, _TagJudge(resolver), exclusive=exclusive.get("tags"))
        )
    for found in lists:
        found.differences = [_with_risk(d, live) for d in found.differences]
    return RefsCompared(lists, resolver.unknown)


def exclusive_lists(spec: RepoSpec, record: Record | None) -> dict[str, Cause]:
    """The lists of which the manifest is the whole truth. Once it was, what is too many was added on the Hub."""
    last = record.applied.get("exclusive", ()) if record else ()
    fresh = cause(author=True, hub=False, recorded=record is not None)
    return {name: Cause.DRIFT if name in last else fresh for name in spec.exclusive or ()}


def _pending(
    branches: Mapping[str, Branch], tags: Mapping[str, Tag], record: Record | None, refs: Refs | None
) -> dict[Key, str]:
    """What cannot be taken for what it is now: refs to be made, tags to be moved, on purpose or back."""
    live = refs or Refs(branches={"main": ""})
    known = record.entries("tags") if record else {}
    made: dict[Key, str] = {("branches", n): b.from_ for n, b in branches.items() if n not in live.branches}
    for name, tag in tags.items():
        now, last = live.tags.get(name), known.get(name) or {}
        if last.get("commit") and last.get("revision") == tag.revision:
            put = str(last["commit"])  # pinned: it stays, or goes back, where it was put
        elif now is not None and not last and not names_commit(tag.revision, live):
            continue  # adopted as it is
        else:
            put = tag.revision
        if now is None or not points_at(now, put):
            made["tags", name] = put
    return made


def names_commit(text: str, refs: Refs) -> bool:
    """Whether a revision text is a commit's id: spelt like one, and no branch or tag is called so."""
    return looks_like_commit(text) and text not in refs.branches and text not in refs.tags


@dataclass(frozen=True, slots=True)
class _BranchJudge:
    resolver: Resolver

    def __call__(self, name: str, wanted: Branch, live: Any, recorded: Any) -> Verdict:
        known = recorded if recorded is not MISSING else {}
        if live is not MISSING or (name == "main" and self.resolver.refs is None):
            kept = {
                "from": wanted.from_,
                "commit": known.get("commit"),
                "origin": known.get("origin", Origin.ADOPTED),
            }
            return Verdict(same=True, before=live, after=live, record=kept)
        start = self.resolver.commit(wanted.from_, ("branches", name))
        after = {"from": wanted.from_, "commit": start}
        return Verdict(
            same=False, before=None, after=after, record={**after, "origin": Origin.CREATED},
            author=known.get("from", wanted.from_) != wanted.from_, hub=bool(known),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _TagJudge:
    resolver: Resolver

    def __call__(self, name: str, wanted: Tag, live: Any, recorded: Any) -> Verdict:
        known = recorded if recorded is not MISSING else {}
        said = wanted.message is None or wanted.message == known.get("message")
        author = bool(known) and (known.get("revision") != wanted.revision or not said)
        if live is not MISSING and not known and self._adoptable(wanted, live):
            return self._same(wanted, live, {"origin": Origin.ADOPTED})
        commit = self._target(name, wanted, live, known)
        if commit == live and (said or not known):
            return self._same(wanted, live, known)
        after = {"revision": wanted.revision, "commit": commit}
        after |= {"message": wanted.message} if wanted.message is not None else {}
        before = None if live is MISSING else {"commit": live}
        hub = bool(known) and known.get("commit") != (None if live is MISSING else live)
        return Verdict(
            same=False, before=before, after=after, record={**after, "origin": Origin.CREATED},
            author=author, hub=hub,
        )  # fmt: skip

    def _adoptable(self, wanted: Tag, live: str) -> bool:
        """A tag nobody here made stands as it is, unless the manifest pins another commit."""
        return points_at(live, wanted.revision) or not self._is_commit(wanted.revision)

    def _is_commit(self, text: str) -> bool:
        refs = self.resolver.refs or Refs()
        made = {("branches", text), ("tags", text)} & self.resolver.pending.keys()
        return not made and names_commit(text, refs)

    def _target(self, name: str, wanted: Tag, live: Any, known: Mapping[str, Any]) -> Commit:
        if self._is_commit(wanted.revision) and live is not MISSING and points_at(live, wanted.revision):
            return str(live)
        pinned = known.get("commit")
        if pinned and known.get("revision") == wanted.revision:
            return str(pinned)
        return self.resolver.commit(wanted.revision, ("tags", name))

    def _same(self, wanted: Tag, live: str, known: Mapping[str, Any]) -> Verdict:
        kept: dict[str, Any] = {"revision": wanted.revision, "commit": live}
        kept |= {"message": wanted.message} if wanted.message is not None else {}
        kept["origin"] = known.get("origin", Origin.ADOPTED)
        return Verdict(same=True, before=live, after=live, record=kept)


def _with_risk(difference: Difference, refs: Refs) -> Difference:
    """Losing the last ref to a commit loses the commit."""
    if difference.op is Op.ADD:
        return difference
    commit = leaving(difference)
    if commit is None or commit in refs.reachable:
        return difference
    what = (
        f"commit {commit[:7]} of {difference.key[0]}[{difference.key[1]}] was found on no other branch or tag"
    )
    return replace(difference, risks=(Risk(RiskKind.DATA_LOSS, RiskCode.COMMITS_LOST, what),))


def leaving(difference: Difference) -> str | None:
    """The commit that a removed or moved ref no longer points to."""
    before = difference.before
    commit = before.get("commit") if isinstance(before, Mapping) else before
    after = difference.after.get("commit") if isinstance(difference.after, Mapping) else None
    return commit if isinstance(commit, str) and commit != after else None


def in_order(differences: Iterable[Difference]) -> list[Difference]:
    """Refs to make or move, as given, then refs to remove, tags first: what goes may hold what is made from it.

    What is made waits for nothing: whatever it starts from is a commit by now, or main's, which is always there.
    """
    found = list(differences)
    removes = sorted((d for d in found if d.op is Op.REMOVE), key=lambda d: (d.key[0] != "tags", d.key))
    return [d for d in found if d.op is not Op.REMOVE] + removes
