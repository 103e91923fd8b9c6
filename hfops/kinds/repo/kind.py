"""The kinds ``Model`` and ``Dataset``: one repository each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from pydantic import BaseModel

from hfops.hub.paths import RepoType
from hfops.kinds.accept import Answer
from hfops.kinds.base import Ask, Comparison, HubView, Seen, Sight
from hfops.kinds.describe import Sketch, Wish
from hfops.kinds.plain import Plain
from hfops.kinds.repo.accept import accept_repo
from hfops.kinds.repo.calls import delete_call, move_call, repo_calls
from hfops.kinds.repo.census import all_repos
from hfops.kinds.repo.compare import compare_repo
from hfops.kinds.repo.content import (
    check_content,
    compare_content,
    content_arrived,
    content_files,
    content_refers,
    observe_content,
    together,
)
from hfops.kinds.repo.describe import sketch_repos
from hfops.kinds.repo.live import LiveRepo
from hfops.kinds.repo.names import bad_id_part
from hfops.kinds.repo.naming import naming_repos
from hfops.kinds.repo.observe import observe_repos
from hfops.kinds.repo.spec import RepoSpec
from hfops.manifest.local import Local
from hfops.model.address import Address
from hfops.model.call import Call
from hfops.model.change import Difference
from hfops.model.key import Key
from hfops.model.problem import Problem
from hfops.model.record import OBJECT_ID, Record
from hfops.model.resource import Resource
from hfops.model.risk import Risk, RiskCode, RiskKind


@dataclass(frozen=True)
class RepoKind(Plain):
    """A kind of repository; ``repo_type`` is the Hub's word for it."""

    name: str
    repo_type: RepoType
    spec: type[BaseModel] = RepoSpec

    def bad_name(self, address: Address) -> str | None:
        """The Hub's rule for the parts of a repository id."""
        for what, text in (("namespace", address.namespace), ("name", address.name)):
            why = bad_id_part(text)
            if why:
                return f"bad {what} {text!r}: it {why}"
        return None

    def data_files(self, spec: Mapping[str, Any]) -> Iterable[str]:
        """What card and files name."""
        return content_files(spec)

    def check(self, resource: Resource, local: Local) -> Iterable[Problem]:
        """Entries named twice, refs that start from each other, files that are not there."""
        for listing in ("branches", "tags"):
            yield from _check_twice(resource, listing)
        yield from _check_exclusive(resource)
        yield from _check_cycle(resource)
        yield from check_content(resource, local)

    def refers(self, resource: Resource) -> Iterable[Address]:
        """The repositories that its files come from."""
        return content_refers(resource)

    def observe(self, asks: Sequence[Ask], hub: HubView) -> Mapping[Address, Sight]:
        """See observe.py and content/observe.py."""
        return observe_content(self.repo_type, asks, observe_repos(self.repo_type, asks, hub), hub)

    def compare(self, ask: Ask, sight: Sight) -> Comparison:
        """See compare.py and content/compare.py."""
        repo = compare_repo(self.repo_type, ask, sight)
        return together(self.repo_type, ask, sight, repo, compare_content(ask, sight))

    def calls(self, ask: Ask, sight: Sight, differences: Sequence[Difference]) -> tuple[Call, ...]:
        """See calls.py."""
        return repo_calls(self.repo_type, ask, sight, differences)

    def accept(self, resource: Resource, difference: Difference) -> Answer:
        """See accept.py."""
        return accept_repo(resource, difference)

    def delete(self, address: Address, live: Any) -> tuple[tuple[Call, ...], tuple[Risk, ...]]:
        """Deleting takes the files, their history and every ref along."""
        del live
        reason = f"the {self.repo_type}, its files and their history are deleted"
        return (delete_call(self.repo_type, address),), (
            Risk(RiskKind.DATA_LOSS, RiskCode.REPO_DELETED, reason),
        )

    def move(self, source: Address, target: Address) -> tuple[tuple[Call, ...], tuple[Risk, ...]]:
        """A rename; the Hub redirects the old id."""
        return (move_call(self.repo_type, source, target),), ()

    def made(self, answer: Any) -> str | None:
        """The ``_id`` in a create call's answer, if it is one."""
        found = answer.get("id") if isinstance(answer, Mapping) else None
        return found if isinstance(found, str) and OBJECT_ID.fullmatch(found) else None

    def census(self, namespace: str, hub: HubView) -> Iterable[Seen]:
        """See census.py."""
        return all_repos(self.repo_type, self.name, namespace, hub)

    def describe(self, wish: Wish, hub: HubView) -> Iterable[Sketch]:
        """See describe.py."""
        return sketch_repos(self.repo_type, self.name, wish, hub)

    def naming(self, old: Address, hub: HubView) -> Iterable[Seen]:
        """See naming.py."""
        return naming_repos(self.repo_type, self.name, old, hub)

    def arrived(self, record: Record, key: Key, intended: Any, live: Any) -> Record | None:
        """A ref, a key of the card or a file is there as meant (as far as that was known), or it is gone."""
        assert isinstance(live, LiveRepo)
        if key[0] not in ("branches", "tags"):
            return content_arrived(record, key, intended, live.content)
        if live.refs is None:
            return None
        have: Mapping[str, str] = live.refs.branches if key[0] == "branches" else live.refs.tags
        now = have.get(key[-1])
        if now is None:
            return record.drop(key)
        meant = intended.get("commit") if isinstance(intended, Mapping) else None
        if intended is None or (key[0] == "tags" and meant not in (None, now)):
            return record
        return record.put(key, {**intended, "commit": meant or now})


def _check_twice(resource: Resource, listing: str) -> Iterable[Problem]:
    seen: dict[str, int] = {}
    for index, entry in enumerate(getattr(resource.spec, listing) or ()):
        first = seen.setdefault(entry.name, index)
        if first != index:
            where = resource.mark(("spec", listing, index))
            line = resource.mark(("spec", listing, first)).line
            message = f"{entry.name!r} is listed twice, first at line {line}"
            yield Problem(message, where, str(resource.address), f"spec.{listing}[{index}]")


def _check_exclusive(resource: Resource) -> Iterable[Problem]:
    """The whole truth about a list that the manifest does not hold is a mistake, not an empty list."""
    for index, listing in enumerate(getattr(resource.spec, "exclusive", None) or ()):
        if getattr(resource.spec, listing) is None:
            where = resource.mark(("spec", "exclusive", index))
            hint = f"add {listing}: [] if there shall be none"
            message = f"exclusive names {listing}, and the manifest has no {listing}"
            yield Problem(message, where, str(resource.address), f"spec.exclusive[{index}]", hint)


def _check_cycle(resource: Resource) -> Iterable[Problem]:
    spec = resource.spec
    assert isinstance(spec, RepoSpec)
    starts = {("branches", b.name): b.from_ for b in spec.branches or ()}
    starts |= {("tags", t.name): t.revision for t in spec.tags or ()}
    starts.pop(("branches", "main"), None)  # always there; a tag called main is not what others start from
    # What starts from its own name starts from what is there already, a branch that is not managed.
    graph = {
        k: [n for n in (("branches", s), ("tags", s)) if s != "main" and n in starts and n != k][:1]
        for k, s in starts.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        chain = " → ".join(f"{k[0]}[{k[1]}]" for k in error.args[1])
        path = f"spec.{error.args[1][0][0]}"
        where = resource.mark(("spec", error.args[1][0][0]))
        hint = "start one of them from main"
        yield Problem(f"refs that start from each other: {chain}", where, str(resource.address), path, hint)
