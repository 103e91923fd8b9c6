"""Branches and tags, over random repositories, manifests and ledgers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hfops.kinds.registry import KINDS
from hfops.kinds.repo.live import Refs
from hfops.kinds.repo.refs import RefsCompared, compare_refs, in_order
from hfops.kinds.repo.spec import RepoSpec
from hfops.manifest.local import NOWHERE
from hfops.model.address import Address
from hfops.model.call import Deferred
from hfops.model.change import Difference, Op
from hfops.model.record import Origin, Record
from hfops.model.resource import Resource
from hfops.model.source import Mark

ADDRESS = Address("Model", "acme", "x")
COMMITS = [c * 40 for c in "abc"]
NAMES = ["main", "dev", "v1", "v2"]
COMMIT = st.sampled_from(COMMITS)
REVISION = st.sampled_from([*NAMES, *COMMITS, "aaaaaaa", "BBBBBBB"])
ORIGIN = st.sampled_from([Origin.CREATED.value, Origin.ADOPTED.value])
SUBSET = st.lists(st.sampled_from(NAMES), unique=True)


@dataclass
class World:
    """What is live, what is remembered, what is wanted."""

    branches: dict[str, str]
    tags: dict[str, str]
    record: Record | None
    spec: RepoSpec

    def refs(self) -> Refs:
        """The live refs; every commit of the pool can be looked up, shortened too."""
        found = {
            text: next(c for c in COMMITS if c.startswith(text.lower()))
            for text in (*COMMITS, "aaaaaaa", "BBBBBBB")
        }
        return Refs(dict(self.branches), dict(self.tags), found=found)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Any state that passes the manifest's own checks."""
    branches = {"main": draw(COMMIT)} | draw(st.dictionaries(st.sampled_from(NAMES), COMMIT))
    tags = draw(st.dictionaries(st.sampled_from(NAMES), COMMIT))
    data: dict[str, Any] = {}
    if draw(st.booleans()):
        data["branches"] = [{"name": n, "from": draw(REVISION)} for n in draw(SUBSET)]
    if draw(st.booleans()):
        data["tags"] = [{"name": n, "revision": draw(REVISION)} | draw(MESSAGE) for n in draw(SUBSET)]
    if draw(st.booleans()):
        data["exclusive"] = draw(st.lists(st.sampled_from(["branches", "tags"]), unique=True))
    spec = RepoSpec.model_validate(data)
    assume(not list(KINDS["Model"].check(Resource(ADDRESS, spec, Mark("m")), NOWHERE)))
    return World(branches, tags, draw(st.none() | records()), spec)


MESSAGE = st.sampled_from([{}, {"message": "one"}, {"message": "two"}])


@st.composite
def records(draw: st.DrawFn) -> Record:
    """Any memory of branches and tags."""
    branch = st.fixed_dictionaries({"from": REVISION, "commit": st.none() | COMMIT, "origin": ORIGIN})
    tag = st.fixed_dictionaries({"revision": REVISION, "commit": COMMIT, "origin": ORIGIN})
    applied = {
        "branches": draw(st.dictionaries(st.sampled_from(NAMES), branch)),
        "tags": draw(st.dictionaries(st.sampled_from(NAMES), st.builds(lambda a, b: a | b, tag, MESSAGE))),
    }
    return Record(ADDRESS, Origin.CREATED, "id", applied)


def compared(world: World) -> RefsCompared:
    """The comparison, where every revision is known."""
    found = compare_refs(world.spec, world.record, world.refs(), "/refs")
    assume(not found.unknown)
    return found


@dataclass
class Hands:
    """Makes the differences true, as apply does, one after the other."""

    world: World
    moved: list[str] = field(default_factory=list)

    def value(self, value: Any) -> Any:
        """A deferred commit is read when it is needed."""
        if isinstance(value, Deferred):
            listing, (_, name), _ = value.pick
            return getattr(self.world, str(listing))[name]
        return {k: self.value(v) for k, v in value.items()} if isinstance(value, dict) else value

    def make(self, difference: Difference) -> None:
        """One difference. What a call would be refused for fails here too."""
        listing, name = difference.key
        have = getattr(self.world, listing)
        record = self.world.record
        assert record is not None
        after, kept = self.value(difference.after), self.value(difference.record)
        assert (name in have) is (difference.op is not Op.ADD)
        have.pop(name, None)
        if difference.op is Op.REMOVE:
            self.world.record = record.drop(difference.key)
        else:
            have[name] = after["commit"]
            self.world.record = record.put(difference.key, kept)


def applied(world: World, found: RefsCompared) -> World:
    """The world after all of it."""
    record = world.record or Record(ADDRESS, Origin.ADOPTED, "id")
    for part in found.lists:
        for key in part.released:
            record = record.drop(key)
        for key, value in part.settled.items():
            record = record.put(key, value)
    hands = Hands(replace(world, branches=dict(world.branches), tags=dict(world.tags), record=record))
    for difference in in_order(found.differences):
        hands.make(difference)
    return hands.world


@settings(max_examples=400, deadline=None)
@given(worlds())
def test_nothing_is_left_once_it_is_done(world: World) -> None:
    """The differences, made true in order, leave nothing to do, and every wanted entry is remembered."""
    after = applied(world, compared(world))
    again = compare_refs(after.spec, after.record, after.refs(), "/refs")
    assert again.differences == []
    assert not any(part.released for part in again.lists)
    assert after.record is not None
    for listing in ("branches", "tags"):
        wanted = {e.name for e in getattr(after.spec, listing) or ()}
        assert wanted <= after.record.entries(listing).keys()


@settings(max_examples=300, deadline=None)
@given(worlds())
def test_nothing_of_somebody_elses_goes(world: World) -> None:
    """A ref goes only if hfops made it, or the list is exclusive; main never; a branch is never reset."""
    known = {name: world.record.entries(name) if world.record else {} for name in ("branches", "tags")}
    for difference in compared(world).differences:
        listing, name = difference.key
        assert difference.key != ("branches", "main")
        if difference.op is Op.REMOVE:
            ours = known[listing].get(name, {}).get("origin") == "created"
            assert ours or listing in (world.spec.exclusive or ())
        if listing == "branches":
            assert difference.op is not Op.CHANGE


@settings(max_examples=300, deadline=None)
@given(worlds())
def test_a_tag_moves_for_a_reason(world: World) -> None:
    """A tag that is live moves only if its text or message changed, it strayed, or it is pinned to another commit."""
    known = world.record.entries("tags") if world.record else {}
    tags = {t.name: t for t in world.spec.tags or ()}
    for difference in compared(world).differences:
        if difference.key[0] != "tags" or difference.op is not Op.CHANGE:
            continue
        tag, last, now = tags[difference.key[1]], known.get(difference.key[1]), world.tags[difference.key[1]]
        pinned = tag.revision.lower()[:1] in "abc" and len(tag.revision) >= 7
        strayed = last is not None and last["commit"] != now
        rewritten = last is not None and last["revision"] != tag.revision
        reworded = last is not None and tag.message not in (None, last.get("message"))
        assert strayed or rewritten or reworded or (pinned and not now.startswith(tag.revision.lower()))


@settings(max_examples=300, deadline=None)
@given(worlds(), st.randoms(use_true_random=False))
def test_in_order(world: World, random: Any) -> None:
    """What is made comes as written, what goes comes last, tags before branches; only main's commit is read later."""
    differences = compared(world).differences
    random.shuffle(differences)
    found = [d.key for d in in_order(differences)]
    assert sorted(found) == sorted(d.key for d in differences)
    by_key = {d.key: d for d in differences}
    makes = [k for k in found if by_key[k].op is not Op.REMOVE]
    assert found[: len(makes)] == makes
    assert [k[0] for k in found[len(makes) :]] == sorted((k[0] for k in found[len(makes) :]), reverse=True)
    starts = [by_key[k].after["commit"] for k in makes]
    assert all(s.label == "commit of main" for s in starts if isinstance(s, Deferred))


def test_a_new_repository_has_only_main() -> None:
    """Of a repository to be created main is known, deferred; its tags and commits are not."""
    spec = RepoSpec.model_validate(
        {"branches": [{"name": "main"}, {"name": "dev"}], "tags": [{"name": "v1", "revision": "a" * 40}]}
    )
    found = compare_refs(spec, None, None, "/refs")
    assert found.unknown == {("tags", "v1"): "a" * 40}
    assert [d.key for d in found.differences] == [("branches", "dev"), ("tags", "v1")]
    assert isinstance(found.differences[0].after["commit"], Deferred)
