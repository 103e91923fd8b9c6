"""Strategies for stories: a small world, so that everybody keeps meeting everybody else."""

from __future__ import annotations

from itertools import chain
from typing import Any

from hypothesis import strategies as st

from tests.ownership.runs import ENVIRON
from tests.ownership.story import Apply, Both, Disturbed, Edit, Kill, Meddle, Moment, Step

NAMES = ["one", "red-1", "blue-1"]
PATTERNS = [("red-*", "blue-*"), ("blue-*", "red-*")]
REPOS = ["Model", "Dataset", "Space"]
KINDS = [*REPOS, "Collection", "Webhook"]
BRANCHES, TAGS = ["dev", "rel"], ["v1", "v2"]
KEYS, SECRETS = ["A", "B"], ["S", "T"]
PAPERS = [f"2307.0000{n}" for n in range(1, 5)]
TITLES = {name: f"About {name}" for name in NAMES}
URLS = {name: f"https://{name}.example/hook" for name in NAMES}
VISIBILITY = ["public", "private"]

Kinds = st.SearchStrategy[str]
anywhere = st.sampled_from(NAMES)


def sublist(of: list[str]) -> st.SearchStrategy[list[str]]:
    """Some of them, in some order."""
    return st.lists(st.sampled_from(of), unique=True, max_size=len(of))


@st.composite
def repo_specs(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """A repository's spec; tags are put on main or on branches of the same manifest."""
    optional: dict[str, st.SearchStrategy[Any]] = {
        "visibility": st.sampled_from(VISIBILITY),
        "gated": st.sampled_from(["auto", "manual", False]),
        "discussionsDisabled": st.booleans(),
    }
    if kind == "Space":
        optional["variables"] = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["1", "2"]))
        references = st.sampled_from([{"env": name} for name in ENVIRON])
        optional["secrets"] = st.dictionaries(st.sampled_from(SECRETS), references)
    spec: dict[str, Any] = draw(st.fixed_dictionaries({}, optional=optional))
    spec |= {"sdk": "docker"} if kind == "Space" else {}
    if draw(st.booleans()):
        spec["branches"] = [{"name": n} for n in draw(sublist(BRANCHES))]
    if draw(st.booleans()):
        starts = st.sampled_from(["main", *(b["name"] for b in spec.get("branches", ()))])
        spec["tags"] = [{"name": n, "revision": draw(starts)} for n in draw(sublist(TAGS))]
    listed = [name for name in ("branches", "tags", "variables", "secrets") if name in spec]
    if listed and draw(st.integers(0, 4)) == 4:
        spec["exclusive"] = [draw(st.sampled_from(listed))]
    return spec


@st.composite
def collection_specs(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """A collection's spec; its title goes with its name."""
    optional: dict[str, st.SearchStrategy[Any]] = {
        "description": st.sampled_from(["", "What it is about"]),
        "visibility": st.sampled_from(VISIBILITY),
        "theme": st.sampled_from(["blue", "pink"]),
        "items": sublist(PAPERS).map(lambda ids: [{"type": "paper", "id": i} for i in ids]),
    }
    spec: dict[str, Any] = draw(st.fixed_dictionaries({}, optional=optional))
    for item in spec.get("items", ()):
        if draw(st.integers(0, 3)) == 3:
            item["note"] = draw(st.sampled_from(["", "worth reading"]))
    return {"title": TITLES[name], **spec}


@st.composite
def webhook_specs(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """A webhook's spec; its URL goes with its name."""
    watched = st.sampled_from([[{"type": "org", "name": "acme"}], [{"type": "model", "name": "acme/x"}]])
    optional: dict[str, st.SearchStrategy[Any]] = {
        "domains": st.sampled_from([["repo"], ["discussion"], ["repo", "discussion"]]),
        "enabled": st.booleans(),
    }
    spec: dict[str, Any] = draw(st.fixed_dictionaries({"watched": watched}, optional=optional))
    return {"url": URLS[name], **spec}


def specs(kind: str, name: str) -> st.SearchStrategy[dict[str, Any]]:
    """A valid spec."""
    if kind == "Collection":
        return collection_specs(name)
    return webhook_specs(name) if kind == "Webhook" else repo_specs(kind)


@st.composite
def lifecycles(draw: st.DrawFn, spec: dict[str, Any]) -> dict[str, Any]:
    """Most have none."""
    which = draw(st.integers(0, 9))
    if which == 7:
        return {"preventDestroy": True}
    if which == 8:
        return {"onDrift": "report"}
    fields = sorted(set(spec) - {"title", "url", "watched", "sdk", "exclusive"})
    return {"ignoreChanges": [f"spec.{draw(st.sampled_from(fields))}"]} if which == 9 and fields else {}


@st.composite
def describes(draw: st.DrawFn, kinds: Kinds, names: Kinds) -> Edit:
    """A manifest."""
    kind, name = draw(kinds), draw(names)
    spec = draw(specs(kind, name))
    return Edit("describe", (kind, name, spec, draw(lifecycles(spec))))


def weighted(*given: tuple[int, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """One of these, as often as their weights say. (``one_of`` looks through itself, and counts leaves.)"""
    ways = [way for weight, way in given for _ in range(weight)]
    return st.integers(0, len(ways) - 1).flatmap(ways.__getitem__)


FIELDS = ["visibility", "gated", "branches", "tags", "variables", "items", "description", "enabled"]


def edits(kinds: Kinds, names: Kinds) -> st.SearchStrategy[Edit]:
    """What an author does."""
    patterns, actions = st.one_of(names, st.just("red-*")), st.sampled_from(["delete", "forget"])
    return weighted(
        (5, describes(kinds, names)),
        (2, st.builds(lambda *a: Edit("drop_field", a), kinds, names, st.sampled_from(FIELDS))),
        (3, st.builds(lambda *a: Edit("shorten", a), kinds, names)),
        (2, st.builds(lambda *a: Edit("drop", a), kinds, names)),
        (3, st.builds(lambda *a: Edit("remove", a), kinds, patterns, actions, st.booleans())),
        (3, st.builds(lambda *a: Edit("rename", a), kinds, names, anywhere)),
        (1, st.builds(lambda kind, both: Edit("rename", (kind, *both)), kinds, st.sampled_from(PATTERNS))),
        (1, st.just(Edit("tidy"))),
    )


def _meddle(what: str, *given: st.SearchStrategy[Any]) -> st.SearchStrategy[Meddle]:
    return st.builds(lambda *a: Meddle(what, a), *given)


branches, tags, keys = st.sampled_from(BRANCHES), st.sampled_from(TAGS), st.sampled_from(KEYS)
revisions = st.sampled_from(["main", *BRANCHES])
papers = st.sampled_from(PAPERS)
settings = st.sampled_from(
    [{"gated": "auto"}, {"gated": False}, {"visibility": "public"}, {"visibility": "private"}]
)
facts = st.sampled_from(
    [
        {"description": "Theirs"},
        {"private": True},
        {"private": False},
        {"theme": "green"},
        {"title": "Theirs"},
    ]
)


def on_repos(repos: Kinds, names: Kinds) -> st.SearchStrategy[Meddle]:
    """What people do to repositories."""
    return st.one_of(
        _meddle("create", repos, names, st.sampled_from(VISIBILITY)),
        _meddle("delete", repos, names),
        _meddle("remake", repos, names, st.sampled_from(VISIBILITY)),
        _meddle("rename", repos, names, anywhere),
        _meddle("settings", repos, names, settings),
        _meddle("branch", repos, names, branches),
        _meddle("unbranch", repos, names, branches),
        _meddle("tag", repos, names, tags, revisions),
        _meddle("untag", repos, names, tags),
        _meddle("retag", repos, names, tags, revisions),
        _meddle("push", repos, names, revisions),
    )


def on_spaces(names: Kinds) -> st.SearchStrategy[Meddle]:
    """What people do to the environments of Spaces."""
    return st.one_of(
        _meddle("set_variable", names, keys, st.sampled_from(["1", "theirs"])),
        _meddle("drop_variable", names, keys),
        _meddle("set_secret", names, st.sampled_from(SECRETS), st.just("their-value")),
    )


def on_collections(names: Kinds) -> st.SearchStrategy[Meddle]:
    """What people do to collections."""
    titles, notes = names.map(TITLES.__getitem__), st.sampled_from(["", "theirs"])
    return st.one_of(
        _meddle("collect", titles),
        _meddle("scatter", titles),
        _meddle("edit", titles, facts),
        _meddle("put", titles, papers, notes),
        _meddle("take", titles, papers),
        _meddle("shift", titles, papers, st.integers(0, 3)),
        _meddle("note", titles, papers, notes),
    )


def on_webhooks(names: Kinds) -> st.SearchStrategy[Meddle]:
    """What people do to webhooks."""
    urls = names.map(URLS.__getitem__)
    return st.one_of(
        _meddle("hook", urls),
        _meddle("unhook", urls),
        _meddle("rehook", urls, st.sampled_from([["repo"], ["discussion"]])),
        _meddle("silence", urls),
    )


moments = weighted(
    (3, st.builds(Moment, st.integers(1, 10))), (1, st.builds(Moment, st.integers(1, 20), st.just(True)))
)


def meddles(cast: list[str], names: Kinds) -> st.SearchStrategy[Meddle]:
    """What other people do to these kinds."""
    repos = [kind for kind in cast if kind in REPOS]
    ways = [(3, on_repos(st.sampled_from(repos), names))] if repos else []
    others = {"Space": on_spaces, "Collection": on_collections, "Webhook": on_webhooks}
    return weighted(*ways, *((2, way(names)) for kind, way in others.items() if kind in cast))


@st.composite
def arcs(draw: st.DrawFn, kind: str, name: str) -> list[Step]:
    """What makes a resource one's own, what shakes that, and what depends on it, in that order."""
    one, here = st.just(kind), st.just(name)
    theirs = meddles([kind], here)
    describe, run = describes(one, here), st.just(Apply(max_deletes=10))
    gone = st.sampled_from(
        [
            Edit("shorten", (kind, name)),
            Edit("drop", (kind, name)),
            Edit("remove", (kind, name, "delete", False)),
        ]
    )
    killed = st.builds(Kill, moments, st.booleans(), st.booleans())
    before = draw(st.lists(theirs, max_size=2))
    if kind in REPOS and draw(st.booleans()):
        before = [Meddle("create", (kind, name, "private")), Meddle("branch", (kind, name, "dev")), *before]
        spec = {"branches": [{"name": "dev"}]} | ({"sdk": "docker"} if kind == "Space" else {})
        describe = st.one_of(describe, st.just(Edit("describe", (kind, name, spec, {}))))
    shaken = [Meddle("remake", (kind, name, "private"))] if kind in REPOS and draw(st.booleans()) else []
    after: list[Step] = draw(st.lists(weighted((2, theirs), (1, killed), (1, describe)), max_size=1))
    kind, name, spec, lifecycle = draw(describe).given
    lifecycle = {"preventDestroy": True} if draw(st.integers(0, 3)) == 3 else lifecycle
    described = Edit("describe", (kind, name, spec, lifecycle))
    begun = draw(st.lists(killed, max_size=1))
    return [
        *before,
        described,
        *begun,
        draw(run),
        *shaken,
        *after,
        draw(gone),
        Apply(draw(st.booleans()), 10),
    ]


@st.composite
def stories(draw: st.DrawFn, shortest: int = 3, longest: int = 14) -> list[Step]:
    """A story about one or two kinds and few names, so that much happens to each. It begins with some manifests."""
    cast = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=2, unique=True))
    kinds, names = st.sampled_from(cast), st.sampled_from(NAMES[: draw(st.integers(1, len(NAMES)))])
    theirs = meddles(cast, names)
    steps: st.SearchStrategy[Step] = weighted(
        (6, edits(kinds, names)),
        (5, theirs),
        (4, st.builds(Apply, st.booleans(), st.sampled_from([0, 2, 10]))),
        (3, st.builds(Kill, moments, st.booleans(), st.booleans())),
        (1, st.builds(Both, moments, st.booleans(), st.sampled_from([0.0, 60.0]))),
        (2, st.builds(Disturbed, moments, theirs, st.booleans())),
    )
    first = draw(st.lists(describes(kinds, names), min_size=0, max_size=3))
    alone = st.tuples(steps).map(list)
    whole = st.tuples(kinds, names).flatmap(lambda pair: arcs(*pair))
    parts = draw(st.lists(weighted((6, alone), (1, whole)), min_size=shortest, max_size=longest))
    return [*first, *(step for part in parts for step in part)]


def lives() -> st.SearchStrategy[list[Step]]:
    """One or two arcs of one resource."""
    return st.tuples(st.sampled_from(KINDS), st.sampled_from(NAMES)).flatmap(
        lambda pair: st.lists(arcs(*pair), min_size=1, max_size=2).map(lambda parts: [*chain(*parts)])
    )
