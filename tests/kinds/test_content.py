"""Card and files, compared and written: for any state, what is written leaves nothing but what was held back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hfops.kinds.base import Ask, Sight
from hfops.kinds.repo.content import content_calls, content_creation, content_files
from hfops.kinds.repo.content.arrive import content_arrived
from hfops.kinds.repo.content.card import README, Readme
from hfops.kinds.repo.content.contrast import Contrast, contrast
from hfops.kinds.repo.content.gather import blob_id, inline
from hfops.kinds.repo.content.keys import FILES, METADATA
from hfops.kinds.repo.content.seen import FACT, Wanted
from hfops.kinds.repo.live import LiveRepo
from hfops.kinds.repo.spec import RepoSpec
from hfops.kinds.repo.tree import Entry, LiveContent
from hfops.model.address import Address
from hfops.model.change import Op
from hfops.model.late import Content, Inline
from hfops.model.record import Origin, Record
from hfops.model.resource import Resource
from hfops.model.source import Mark

ADDRESS = Address("Model", "acme", "x")
PATHS = ["a.txt", "sub/b.txt", "sub/c.txt", ".gitattributes", README]
DATA = st.sampled_from([b"", b"one\n", b"two\n"])
CARDS = st.sampled_from(
    [
        b"# T\n",
        b"---\nlicense: mit\n---\n# T\n",
        b"---\nlicense: bsd\ntags: [a]\n# c\nother: 1\n---\n# U\n",
        b"",
        b"---\nlicense: mit\n---",
        b"---\r\n# c\r\n---\r\n# V\r\n",
        b"---\n---\n---\nx: 1\n---\n",
        b"---\n{}\n---\n",
        b"---\n{license: bsd, x: 1}\n---\n# W\n",
    ]
)
KEYS = ["license", "tags", "sdk"]
VALUES = st.sampled_from(["mit", "bsd", ["a"], 1, True])

Tree = dict[str, bytes]


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """The files of a branch."""
    found = {p: draw(DATA) for p in draw(st.sets(st.sampled_from(PATHS[:-1])))}
    return found | ({README: draw(CARDS)} if draw(st.booleans()) else {})


@st.composite
def manifests(draw: st.DrawFn) -> tuple[RepoSpec, Wanted]:
    """A spec, and what it wants once its sources are read."""
    files = draw(trees())
    metadata = {k: draw(VALUES) for k in draw(st.sets(st.sampled_from(KEYS[:2])))}
    front = {"sdk": draw(VALUES)} if draw(st.booleans()) else {}
    body = draw(st.sampled_from([None, "", "# ours\n"]))
    card: dict[str, Any] = {"metadata": metadata} if draw(st.booleans()) else {}
    wanted = Wanted(
        branch="main", proposes=False, message="m",
        files={p: inline(p, d, 0) for p, d in sorted(files.items())},
        mirrors=draw(st.sampled_from([(), ("",), ("sub/",)])),
        metadata=card.get("metadata", {}),
        card=True, front=front, body=body,
    )  # fmt: skip
    if wanted.carded and README in files:
        wanted = with_readme(wanted, files[README])
    managed = {"card": card} | ({"files": []} if draw(st.booleans()) or files or wanted.mirrors else {})
    return RepoSpec.model_validate(managed), wanted


def with_readme(wanted: Wanted, data: bytes) -> Wanted:
    """With the README.md that a source brings."""
    return Wanted(**{n: getattr(wanted, n) for n in wanted.__slots__} | {"readme": data})


@st.composite
def records(draw: st.DrawFn) -> Record | None:
    """What the ledger may know: true, out of date, or of what nobody wants any more."""
    if draw(st.booleans()):
        return None
    origin = st.sampled_from([Origin.CREATED, Origin.ADOPTED])
    files = {
        p: {"blobId": blob_id(draw(DATA)), "origin": draw(origin)}
        for p in draw(st.sets(st.sampled_from(PATHS)))
    }
    metadata = {
        k: {"value": draw(VALUES), "origin": draw(origin)} for k in draw(st.sets(st.sampled_from(KEYS)))
    }
    return Record(ADDRESS, Origin.ADOPTED, "1", {FILES: files, METADATA: metadata})


def live(tree: Tree) -> LiveContent:
    """A branch with these files, read as a whole."""
    entries = {p: Entry(len(d), blob_id(d)) for p, d in tree.items()}
    return LiveContent("main", "0" * 40, entries, whole=True, readme=tree.get(README), carded=True)


def ask_of(spec: RepoSpec, record: Record | None) -> Ask:
    """A manifest with this spec."""
    return Ask(ADDRESS, Resource(ADDRESS, spec, Mark("m.yaml")), record)


def sight_of(wanted: Wanted, content: LiveContent | None) -> Sight:
    """What observing gives."""
    found = None if content is None else LiveRepo("acme/x", "1", "public", False, content=content)
    return Sight(found, {FACT: wanted})


def committed(tree: Tree, lines: list[Mapping[str, Any]]) -> Tree:
    """The files after a commit."""
    out = dict(tree)
    for line in lines[1:]:
        value = line["value"]
        if line["key"] == "deletedFile":
            assert value["path"] in out, "deletes what is not there"
            del out[value["path"]]
        else:
            out[value["path"]] = bytes_of(value["content"])
    return out


def bytes_of(content: Content) -> bytes:
    """What a plan holds."""
    assert isinstance(content.source, Inline)
    return content.source.data


def noted(record: Record | None, found: Contrast, held: set[Any]) -> Record:
    """The ledger after an apply."""
    out = record or Record(ADDRESS, Origin.ADOPTED, "1")
    for key in found.released:
        out = out.drop(key)
    for key, value in found.settled.items():
        out = out.put(key, value)
    for difference in found.differences:
        if difference.key in held:
            continue
        gone = difference.op is Op.REMOVE
        out = out.drop(difference.key) if gone else out.put(difference.key, difference.record)
    return out


@given(manifests(), trees(), records(), st.data())
def test_nothing_is_left_but_what_was_held_back(
    manifest: tuple[RepoSpec, Wanted], tree: Tree, record: Record | None, more: st.DataObject
) -> None:
    """One commit closes all differences that are acted on; a second plan finds only those that were held back."""
    (spec, wanted), content = manifest, live(tree)
    found = contrast(ask_of(spec, record), wanted, content)
    if found.problems:
        return
    keys = [d.key for d in found.differences]
    held = set(more.draw(st.lists(st.sampled_from(keys), unique=True))) if keys else set()
    acting = [d for d in found.differences if d.key not in held]
    calls = content_calls("model", ask_of(spec, record), sight_of(wanted, content), acting)
    assert len(calls) <= 1
    assert bool(calls) is bool(acting)
    after = committed(tree, calls[0].body) if calls else tree  # type: ignore[arg-type]
    assert {d.path for d in acting} == {p for c in calls for p in c.achieves}
    again = contrast(ask_of(spec, noted(record, found, held)), wanted, live(after))
    assert {d.key for d in again.differences} <= held
    assert not again.released
    if not held:
        forgetful = contrast(ask_of(spec, None), wanted, live(after))
        assert not forgetful.differences


@given(manifests(), trees(), records())
def test_what_nobody_named_stays(
    manifest: tuple[RepoSpec, Wanted], tree: Tree, record: Record | None
) -> None:
    """Files that neither the manifest nor the ledger knows stay, but below mirrors; .gitattributes stays there too."""
    (spec, wanted), content = manifest, live(tree)
    found = contrast(ask_of(spec, record), wanted, content)
    calls = content_calls("model", ask_of(spec, record), sight_of(wanted, content), found.differences)
    after = committed(tree, calls[0].body) if calls else tree  # type: ignore[arg-type]
    known = record.entries(FILES) if record else {}
    for path, data in tree.items():
        if path in wanted.files or path in known or path == README:
            continue
        mirrored = spec.files is not None and any(path.startswith(m) for m in wanted.mirrors)
        if not mirrored or path == ".gitattributes":
            assert after[path] == data


@given(manifests())
def test_creation_carries_everything(manifest: tuple[RepoSpec, Wanted]) -> None:
    """What creating carries is all there is: the new repository is as wanted."""
    spec, wanted = manifest
    found = contrast(ask_of(spec, None), wanted, None)
    carried = content_creation(ask_of(spec, None), sight_of(wanted, None), found.differences)
    files = carried[0]["files"] if carried else []
    made = {f["path"]: bytes_of(f["content"]) for f in files}
    assert not contrast(ask_of(spec, None), wanted, live(made)).differences
    if found.differences:
        assert carried is not None
        assert set(carried[1]) == {d.path for d in found.differences}


@given(manifests(), trees())
def test_intentions_are_known_for_what_came_of_them(manifest: tuple[RepoSpec, Wanted], tree: Tree) -> None:
    """After a commit that nobody noted, every intention is found there; before it, none that adds something is."""
    (spec, wanted), content = manifest, live(tree)
    found = contrast(ask_of(spec, None), wanted, content)
    intended = [d for d in found.differences if len(d.key) == 2]
    calls = content_calls("model", ask_of(spec, None), sight_of(wanted, content), found.differences)
    after = live(committed(tree, calls[0].body)) if calls else content  # type: ignore[arg-type]
    for difference in intended:
        if difference.key == (FILES, README) and wanted.readme is not None:
            continue  # a merged file has no bytes of its own
        meant = None if difference.op is Op.REMOVE else difference.record
        empty = Record(ADDRESS, Origin.ADOPTED, "1")
        seen = content_arrived(empty, difference.key, meant, after)
        assert seen is not None
        assert seen.get(difference.key) == (meant or empty.get(difference.key))
        before = content_arrived(empty, difference.key, meant, content)
        assert before == empty


def test_what_was_not_read_closely_is_not_told() -> None:
    """Of a file that was not looked for, and a card that was not read, nothing is concluded."""
    shallow = LiveContent("main", "0" * 40)
    record = Record(ADDRESS, Origin.ADOPTED, "1")
    assert content_arrived(record, (FILES, "a"), {"blobId": "1"}, shallow) is None
    assert content_arrived(record, (METADATA, "a"), {"value": "1"}, shallow) is None
    assert content_arrived(record, (FILES, "a"), None, None) is None


def test_data_files_of_any_spec() -> None:
    """What card and files name is told of a spec however broken, and never raises."""
    spec = {
        "card": {"template": "./t.j2"},
        "files": [
            {"from": {"file": "a"}},
            {"from": {"directory": "b"}},
            {"from": 1},
            2,
            {"from": {"file": 3}},
        ],
    }
    assert list(content_files(spec)) == ["./t.j2", "a", "b"]
    assert list(content_files({"card": [], "files": {}})) == []


def test_a_readme_merged_from_a_source_keeps_held_values() -> None:
    """A key that is held back keeps its live value in a README.md that a source replaces."""
    spec = RepoSpec.model_validate({"card": {"metadata": {"license": "mit"}}, "files": []})
    source = b"---\ntitle: T\n---\n# New\n"
    wanted = with_readme(
        Wanted(
            "main",
            proposes=False,
            message="m",
            files={README: inline(README, source, 0)},
            metadata={"license": "mit"},
            card=True,
        ),
        source,
    )
    content = live({README: b"---\nlicense: bsd\n---\n# Old\n"})
    found = contrast(ask_of(spec, None), wanted, content)
    acting = [d for d in found.differences if d.key[0] == FILES]
    calls = content_calls("model", ask_of(spec, None), sight_of(wanted, content), acting)
    after = committed({}, calls[0].body)  # type: ignore[arg-type]
    assert Readme.of(after[README]).metadata == {"title": "T", "license": "bsd"}
    assert Readme.of(after[README]).body == "# New\n"
