"""Observing card and files: sources first, then the branch as far as the manifest and the ledger speak of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hfops.hub.errors import BadAnswer, Forbidden, NotFound
from hfops.hub.paths import RepoType, repo_path, resolve_path
from hfops.hub.sources import fetch as fetch_from_web
from hfops.kinds.base import Ask, HubView, Sight
from hfops.kinds.repo.content.attributes import ATTRIBUTES
from hfops.kinds.repo.content.card import README
from hfops.kinds.repo.content.classify import Classifier, merges_readme, remembered
from hfops.kinds.repo.content.contrast import contrast
from hfops.kinds.repo.content.downloads import Downloads, Fetch
from hfops.kinds.repo.content.paths import parents
from hfops.kinds.repo.content.proposals import closed_pull, open_pull, pull_ref
from hfops.kinds.repo.content.proposed import Known, digest, known_paths, known_proposal
from hfops.kinds.repo.content.reading import heads, tree_entries
from hfops.kinds.repo.content.resolve import resolved
from hfops.kinds.repo.content.seen import FACT, Wanted
from hfops.kinds.repo.content.sources import Trees, read_trees
from hfops.kinds.repo.content.stale import with_stale
from hfops.kinds.repo.fields import MAIN, DirectorySource, HubSource
from hfops.kinds.repo.live import LiveRepo
from hfops.kinds.repo.refs import compare_refs
from hfops.kinds.repo.spec import RepoSpec, manages_content
from hfops.kinds.repo.tree import LiveContent, Proposal, same
from hfops.model.address import Address
from hfops.model.problem import Problem

FEW = 5
"""Up to this many files are looked at one by one; for more, the tree is read."""

Front = Callable[[Ask], Mapping[str, Any]]
"""Keys of the front matter that a kind keeps equal to fields of its own, which the info call shows too."""


def no_front_matter(ask: Ask) -> Mapping[str, Any]:
    """A kind that keeps none."""
    del ask
    return {}


def observe_content(
    repo_type: RepoType,
    asks: Sequence[Ask],
    sights: Mapping[Address, Sight],
    hub: HubView,
    front_matter: Front = no_front_matter,
    *,
    fetch: Fetch = fetch_from_web,
) -> dict[Address, Sight]:
    """The sights with what is wanted of card and files (``facts``), and what is live of them (``live.content``).

    Calls: those of sources.py, reading.py and proposals.py, and GET /revision/{branch}.
    """
    concerned = [a for a in asks if _concerned(a, sights[a.address], front_matter(a))]
    specs = [a.resource.spec for a in concerned if a.resource and isinstance(a.resource.spec, RepoSpec)]
    coming = frozenset(a.address for a in asks if a.resource is not None and sights[a.address].live is None)
    look = _Look(repo_type, hub, read_trees(specs, hub, coming), Downloads(hub, fetch))

    def one(ask: Ask) -> tuple[Address, Sight]:
        try:
            return ask.address, look.at(ask, sights[ask.address], front_matter(ask))
        except (Forbidden, NotFound, BadAnswer) as error:
            return ask.address, Sight(problem=f"its files cannot be read: {error}")

    return with_stale(concerned, {**sights, **dict(hub.map(one, concerned))})


def _concerned(ask: Ask, sight: Sight, front: Mapping[str, Any]) -> bool:
    if sight.problem or sight.renamed_to:
        return False
    if ask.resource is None:
        return ask.closely and sight.live is not None
    return manages_content(ask.resource.spec) or _strays(front, sight.live)


def _strays(front: Mapping[str, Any], live: LiveRepo | None) -> bool:
    """Whether what the info call says of the front matter is not as wanted: only then the card itself is read."""
    return live is not None and any(getattr(live, name, None) != value for name, value in front.items())


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at some repositories of a type, with what their manifests draw on."""

    repo_type: RepoType
    hub: HubView
    trees: Trees
    downloads: Downloads

    def at(self, ask: Ask, sight: Sight, front: Mapping[str, Any]) -> Sight:
        live: LiveRepo | None = sight.live
        if ask.resource is None:
            assert live is not None
            content = self._read(live.id, MAIN, self._main(live), (), whole=True, carded=True)
            return replace(sight, live=replace(live, content=content))
        resource = ask.resource
        if live is not None and ask.record is not None and ask.record.hub_id not in (None, live.hub_id):
            ask = replace(ask, record=None)  # another repository took the name
        recorded = ask.record.entries("files") if ask.record else {}
        wanted = remembered(resolved(resource, front, self.hub, self.trees), recorded)
        if live is None:
            problems = _missing_branch(ask, wanted)
            wanted = self._complete(ask, replace(wanted, problems=(*wanted.problems, *problems)), None)
            return replace(sight, facts={**sight.facts, FACT: wanted})
        found = self._content(ask, live, wanted)
        if found is None:
            problems = (*wanted.problems, *_missing_branch(ask, wanted))
            return replace(sight, facts={**sight.facts, FACT: replace(wanted, problems=problems)})
        wanted = self._complete(ask, wanted, found)
        if not wanted.problems and (wanted.proposes or known_proposal(ask.record)):
            found = self._with_proposal(ask, live, wanted, found)
        return replace(sight, live=replace(live, content=found), facts={**sight.facts, FACT: wanted})

    def _complete(self, ask: Ask, wanted: Wanted, content: LiveContent | None) -> Wanted:
        if wanted.problems:
            return wanted
        assert ask.resource is not None
        attributes = content.attributes if content else None
        return Classifier(ask.resource, content, attributes, self.downloads).complete(wanted)

    def _content(self, ask: Ask, live: LiveRepo, wanted: Wanted) -> LiveContent | None:
        """What is on the branch; None where there is no such branch, and none is to be made."""
        head, fresh = self._head(ask, live, wanted.branch)
        if head is None:
            return None
        carded = _reads_card(ask, live, wanted)
        paths = wanted.files.keys() | known_paths(ask.record) if _manages_files(ask) else frozenset[str]()
        content = self._read(
            live.id, wanted.branch, head, paths, whole=ask.closely or _reads_tree(ask, wanted, len(paths)),
            carded=carded,
        )  # fmt: skip
        return replace(content, fresh=fresh, attributes=self._attributes(live, wanted, content))

    def _read(
        self, repo_id: str, branch: str, commit: str, paths: Collection[str], *, whole: bool, carded: bool
    ) -> LiveContent:
        if whole:
            files = tree_entries(self.repo_type, repo_id, commit, "", self.hub.reads)
        else:
            files = heads(self.repo_type, repo_id, commit, paths, self.hub)
            above = {folder for path in paths if path not in files for folder in parents(path)}
            files |= heads(self.repo_type, repo_id, commit, above - {*paths}, self.hub)
        absent = whole and README not in files
        readme = self._bytes(repo_id, commit, README) if carded and not absent else None
        return LiveContent(branch, commit, files, whole, readme, carded)

    def _bytes(self, repo_id: str, commit: str, path: str) -> bytes | None:
        return self.hub.reads.content(resolve_path(self.repo_type, repo_id, commit, path))

    def _attributes(self, live: LiveRepo, wanted: Wanted, content: LiveContent) -> str | None:
        """.gitattributes, where a file is to be written that it could speak of."""
        if ATTRIBUTES in wanted.files or (content.whole and ATTRIBUTES not in content.files):
            return None
        writes = [
            w for p, w in wanted.files.items()
            if p != README and not (p in content.files and same(w, content.files[p]))
        ]  # fmt: skip
        if all(w.large or w.size == 0 for w in writes):
            return None
        found = self._bytes(live.id, content.commit, ATTRIBUTES)
        return "" if found is None else found.decode("utf-8", errors="replace")

    def _main(self, live: LiveRepo) -> str:
        return live.sha or self._commit(live, MAIN)

    def _commit(self, live: LiveRepo, revision: str) -> str:
        answer = self.hub.reads.get(repo_path(self.repo_type, live.id, "revision", revision))
        sha = answer.get("sha") if isinstance(answer, Mapping) else None
        if not isinstance(sha, str):
            raise BadAnswer(f"the Hub names no commit of {revision}")
        return sha

    def _head(self, ask: Ask, live: LiveRepo, branch: str) -> tuple[str | None, bool]:
        """The commit of a branch, or the one that this plan makes it from."""
        if branch == MAIN:
            return self._main(live), False
        branches = live.refs.branches if live.refs else {}
        if branch in branches:
            return branches[branch], False
        assert ask.resource is not None
        spec = ask.resource.spec
        assert isinstance(spec, RepoSpec)
        made = compare_refs(spec, ask.record, live.refs, "").differences
        start = next((d.after["commit"] for d in made if d.key == ("branches", branch) and d.after), None)
        return (start, True) if isinstance(start, str) else (None, False)

    def _with_proposal(self, ask: Ask, live: LiveRepo, wanted: Wanted, content: LiveContent) -> LiveContent:
        """With the pull request of ours that something is or was to be proposed in."""
        known = known_proposal(ask.record)
        found = contrast(ask, wanted, content)
        if not wanted.proposes or not (found.differences or found.problems):
            return replace(content, unwanted=self._unwanted(live, known)) if known else content
        titles = {wanted.message} | ({known.title} if known else set())
        pull = open_pull(self.repo_type, live.id, titles, known.pull if known else None, self.hub)
        if pull is not None:
            return replace(content, proposal=self._proposal(ask, live, wanted, content, pull))
        if known is None or known.content != digest(found.differences, wanted):
            return content
        return replace(content, closed=self._closed(ask, live, wanted, content, known))

    def _closed(
        self, ask: Ask, live: LiveRepo, wanted: Wanted, content: LiveContent, known: Known
    ) -> int | None:
        """The number of a pull request that was closed, and proposed all that is wanted."""
        number = closed_pull(self.repo_type, live.id, known, self.hub)
        if number is None:
            return None
        try:
            is_same = self._proposal(ask, live, wanted, content, (number, False)).equal
        except NotFound:
            is_same = known.pull is not None  # its commits are gone: the ledger has to be believed
        return number if is_same else None

    def _unwanted(self, live: LiveRepo, known: Known) -> int | None:
        """The number of a pull request that is still open, though nothing of it is wanted."""
        try:
            found = open_pull(self.repo_type, live.id, {known.title}, known.pull, self.hub)
        except (Forbidden, NotFound):
            return None  # without discussions there is none
        return found[0] if found else None

    def _proposal(
        self, ask: Ask, live: LiveRepo, wanted: Wanted, content: LiveContent, pull: tuple[int, bool]
    ) -> Proposal:
        number, draft = pull
        head = self._commit(live, pull_ref(number))
        # A pull request is looked at as a whole: what it takes away is part of it.
        pulled = self._read(live.id, pull_ref(number), head, (), whole=True, carded=content.carded)
        equal = not contrast(ask, wanted, pulled).differences
        return Proposal(number, pulled, equal=equal, draft=draft)


def _manages_files(ask: Ask) -> bool:
    return ask.resource is not None and getattr(ask.resource.spec, "files", None) is not None


def _reads_tree(ask: Ask, wanted: Wanted, count: int) -> bool:
    spec = ask.resource.spec if ask.resource else None
    entries = spec.files or () if isinstance(spec, RepoSpec) else ()
    trees = any(isinstance(e.from_, DirectorySource | HubSource) for e in entries)
    return trees or bool(wanted.mirrors) or count > FEW


def _reads_card(ask: Ask, live: LiveRepo, wanted: Wanted) -> bool:
    """Whether README.md is merged, so that its text is needed."""
    assert ask.resource is not None
    spec = ask.resource.spec
    carded = isinstance(spec, RepoSpec) and spec.card is not None
    return carded or _strays(wanted.front, live) or merges_readme(wanted)


def _missing_branch(ask: Ask, wanted: Wanted) -> tuple[Problem, ...]:
    """The branch is not there, and the manifest does not make it."""
    assert ask.resource is not None
    spec = ask.resource.spec
    assert isinstance(spec, RepoSpec)
    if wanted.branch == MAIN or wanted.branch in {b.name for b in spec.branches or ()}:
        return ()
    where = ask.resource.mark(("spec", "commit", "branch"))
    hint = f"add it: branches: [{{name: {wanted.branch}}}]"
    message = f"there is no branch {wanted.branch!r} to keep card and files on"
    return (Problem(message, where, str(ask.resource.address), "spec.commit.branch", hint),)
