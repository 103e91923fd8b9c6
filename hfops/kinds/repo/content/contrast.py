"""How wanted card and files differ from what is on a branch. Pure.

README.md is one file with several parts: the keys of its front matter, its text, and, where a source provides it,
all the rest. Each part is a difference of its own, so that each can be held back by itself.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hfops.kinds.base import Ask
from hfops.kinds.repo.content.attributes import ATTRIBUTES
from hfops.kinds.repo.content.card import README, Readme, unix
from hfops.kinds.repo.content.classify import merges_readme
from hfops.kinds.repo.content.gather import problem
from hfops.kinds.repo.content.keys import FILES, METADATA, MIRRORS, TEMPLATE, body_digest
from hfops.kinds.repo.content.paths import clashes, covers
from hfops.kinds.repo.content.proposed import in_place
from hfops.kinds.repo.content.resolve import card_problem
from hfops.kinds.repo.content.seen import Want, Wanted
from hfops.kinds.repo.content.yaml import CardError, canonical
from hfops.kinds.repo.spec import RepoSpec
from hfops.kinds.repo.tree import SHORT, Entry, LiveContent, same, told
from hfops.kinds.threeway import Keyed, Verdict, cause, keyed
from hfops.model.change import Cause, Difference, Op
from hfops.model.key import Key
from hfops.model.problem import Problem
from hfops.model.record import MISSING, Origin, Record

DIFF_LINES = 20


@dataclass(slots=True)
class Contrast:
    """What comparing found."""

    differences: list[Difference] = field(default_factory=list)
    settled: dict[Key, Any] = field(default_factory=dict)
    released: list[Key] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """What the manifest dropped and somebody changed since: it stays as it is."""
    problems: list[Problem] = field(default_factory=list)

    def take(self, found: Keyed) -> None:
        """Add what comparing a keyed list found."""
        self.differences += found.differences
        self.settled |= found.settled
        self.released += found.released


@dataclass(frozen=True, slots=True)
class _Card:
    """README.md as it is: parsed, and its parts."""

    readme: Readme
    metadata: Mapping[str, Any]
    present: bool


def contrast(ask: Ask, wanted: Wanted, content: LiveContent | None) -> Contrast:
    """Everything that is not as wanted. ``content`` None: the repository is to be created, with nothing in it."""
    out = Contrast()
    assert ask.resource is not None
    spec = ask.resource.spec
    assert isinstance(spec, RepoSpec)
    record = in_place(ask.record, wanted.branch, content)
    if (broken := _broken_source(ask, wanted)) is not None:
        out.problems.append(broken)
        return out
    try:
        card = _card(content)
    except CardError as error:
        if not merges_readme(wanted):
            hint = "correct it on the Hub, or remove it there: it is written anew then"
            out.problems.append(
                card_problem_at(ask, f"README.md of the branch {wanted.branch}: {error}", hint)
            )
            return out
        card = _Card(Readme.of(b""), {}, present=True)
    if content is None or content.carded:
        _metadata(spec, wanted, card, record, out)
        _template(wanted, card, record, out)
    _front(wanted, card, content, record, out)
    if spec.files is not None:
        _files(wanted, card, content, record, out)
        out.problems += _in_the_way(ask, wanted, content, out.differences)
    if wanted.proposes and content is not None:
        out.differences = [replace(d, record=None) for d in out.differences]
    return out


def _in_the_way(
    ask: Ask, wanted: Wanted, content: LiveContent | None, differences: list[Difference]
) -> list[Problem]:
    """Files of others where a folder is to be made, and the other way round."""
    assert ask.resource is not None
    keys = {d.key: d.op for d in differences if d.key[0] == FILES}
    going = {k[1] for k, op in keys.items() if op is Op.REMOVE}
    adds = {k[1] for k, op in keys.items() if op is Op.ADD}
    stays = {p for p in (content.files if content else {}) if p not in going and p not in adds}
    out = []
    for path, file in sorted({*clashes(adds, stays), *clashes(stays, adds)}):
        new, old = (path, file) if path in adds else (file, path)
        hint = "delete it on the Hub, or choose another path"
        message = f"{new} cannot be written: {old} is there, and no file can have a folder's name"
        out.append(problem(ask.resource, wanted.files[new].entry, message, hint))
    return out


def _broken_source(ask: Ask, wanted: Wanted) -> Problem | None:
    """A README.md that a source provides, and that no card can be merged into."""
    try:
        _ = Readme.of(wanted.readme).metadata if wanted.readme is not None else None
    except CardError as error:
        assert ask.resource is not None
        want = wanted.files[README]
        return problem(ask.resource, want.entry, f"README.md from {want.origin}: {error}", "correct it there")
    return None


def _card(content: LiveContent | None) -> _Card:
    data = content.readme if content else None
    readme = Readme.of(data or b"")
    return _Card(readme, readme.metadata, present=data is not None)


def card_problem_at(ask: Ask, message: str, hint: str) -> Problem:
    """A problem with README.md as it is on the Hub."""
    assert ask.resource is not None
    found = card_problem(ask.resource, message, hint)
    return replace(found, where=ask.resource.mark(("spec", "card")), path="spec.card")


def _metadata(spec: RepoSpec, wanted: Wanted, card: _Card, record: Record | None, out: Contrast) -> None:
    if spec.card is None or spec.card.metadata is None:
        return
    known = dict(record.entries(METADATA)) if record else {}
    provided = _provided(wanted)
    for name in [n for n in known if n not in wanted.metadata]:
        have = card.metadata.get(name, MISSING)
        changed = have is not MISSING and not _equal(have, _value(known[name]))
        if name in provided or changed:
            del known[name]
            out.released.append((METADATA, name))
            if name not in provided:
                out.left.append(f"{METADATA}[{name}]")

    def judge(_: str, want: Any, live: Any, recorded: Any) -> Verdict:
        is_known = recorded is not MISSING
        if live is not MISSING and _equal(want, live):
            origin = recorded.get("origin", Origin.ADOPTED) if is_known else Origin.ADOPTED
            return Verdict(same=True, before=live, after=want, record={"value": want, "origin": origin})
        last = _value(recorded) if is_known else MISSING
        return Verdict(
            same=False, before=None if live is MISSING else live, after=want,
            record={"value": want, "origin": Origin.CREATED},
            author=is_known and not _equal(last, want), hub=is_known and not _equal(last, live),
        )  # fmt: skip

    live = {n: v for n, v in card.metadata.items() if n in wanted.metadata or n in known}
    out.take(keyed(METADATA, wanted.metadata, live, known, judge))


def _value(recorded: Any) -> Any:
    return recorded.get("value", MISSING) if isinstance(recorded, Mapping) else MISSING


def _equal(one: Any, other: Any) -> bool:
    if one is MISSING or other is MISSING:
        return one is other
    return canonical(one) == canonical(other)


def _provided(wanted: Wanted) -> Mapping[str, Any]:
    """The front matter that the source of README.md brings along."""
    return Readme.of(wanted.readme).metadata if wanted.readme is not None else {}


def _template(wanted: Wanted, card: _Card, record: Record | None, out: Contrast) -> None:
    if wanted.body is None:
        return
    key, want, live = (TEMPLATE,), body_digest(wanted.body), body_digest(unix(card.readme.body))
    if want == live and (card.present or not wanted.body):
        out.settled[key] = want
        return
    recorded = record.get(key) if record else MISSING
    known = recorded is not MISSING and recorded is not None
    why = cause(author=recorded != want, hub=recorded != live, recorded=known)
    out.differences.append(
        Difference(
            key, Op.CHANGE if card.readme.body else Op.ADD,
            _described(card.readme.body) if card.readme.body else None, _described(wanted.body), why,
            recorded if known else None, want, note=_unified(unix(card.readme.body), wanted.body),
        )
    )  # fmt: skip


def _described(body: str) -> str:
    count = len(body.splitlines())
    return f"{count} line{'' if count == 1 else 's'} ({body_digest(unix(body))[:SHORT]})"


def _unified(before: str, after: str) -> str:
    """The first lines of what changes, where there is something to change."""
    if not before:
        return ""
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1))[2:]
    more = [f"… {len(lines) - DIFF_LINES} more lines"] if len(lines) > DIFF_LINES else []
    return "\n".join([*lines[:DIFF_LINES], *more])


def _front(
    wanted: Wanted, card: _Card, content: LiveContent | None, record: Record | None, out: Contrast
) -> None:
    """Keys that are fields of the kind's own. Creation carries them; without a card there is nothing to keep equal."""
    for name, value in wanted.front.items():
        key = (name,)
        have = card.metadata.get(name, MISSING)
        if content is None or not content.carded or not card.present or _equal(have, value):
            out.settled[key] = value
            continue
        recorded = record.get(key) if record else MISSING
        known = recorded is not MISSING
        before = None if have is MISSING else have
        why = cause(author=recorded != value, hub=not _equal(recorded, have), recorded=known)
        op = Op.ADD if have is MISSING else Op.CHANGE
        out.differences.append(Difference(key, op, before, value, why, recorded if known else None, value))


def _files(
    wanted: Wanted, card: _Card, content: LiveContent | None, record: Record | None, out: Contrast
) -> None:
    """Below mirrored folders the manifest is the whole truth; elsewhere what others made is not looked at."""
    live = dict(content.files) if content else {}
    known = dict(record.entries(FILES)) if record else {}
    judge = _FileJudge(wanted, card)
    mirrored = {p for p in {*wanted.files, *live, *known} if any(covers(m, p) for m in wanted.mirrors)}
    _released_files(wanted, live, known, mirrored, out)
    elsewhere = {*wanted.files, *known} - mirrored
    cards_own = frozenset({README} if wanted.carded else ())
    parts = (
        (elsewhere, None, cards_own),
        (mirrored, _why_mirrored(wanted, record), cards_own | {ATTRIBUTES}),
    )
    for names, exclusive, keep in parts:
        found = keyed(
            FILES,
            {p: w for p, w in wanted.files.items() if p in names},
            {p: e for p, e in live.items() if p in names},
            {p: k for p, k in known.items() if p in names},
            judge,
            exclusive=exclusive,
            undeletable=keep,
        )
        found.differences = [_shown(d) for d in found.differences]
        out.take(found)
    if wanted.mirrors or (record is not None and MIRRORS in record.applied):
        out.settled[(MIRRORS,)] = _named(wanted.mirrors)


def _released_files(
    wanted: Wanted, live: Mapping[str, Entry], known: dict[str, Any], mirrored: set[str], out: Contrast
) -> None:
    """Files that the manifest dropped and somebody changed since are theirs now."""
    for path in [p for p in known if p not in wanted.files and p not in mirrored]:
        if path in live and not _is_recorded(live[path], known[path]):
            del known[path]
            out.released.append((FILES, path))
            out.left.append(f"{FILES}[{path}]")


def _is_recorded(live: Entry, recorded: Any) -> bool:
    if not isinstance(recorded, Mapping):
        return False
    last = Entry(None, str(recorded.get("blobId", "")), str(recorded.get("sha256", "")))
    return same(live, last) is not False


def _why_mirrored(wanted: Wanted, record: Record | None) -> Cause:
    """By whose doing a mirrored folder has too many files: the author's who made it a mirror, or somebody's since."""
    last = record.applied.get(MIRRORS, ()) if record else ()
    if set(_named(wanted.mirrors)) <= set(last):
        return Cause.DRIFT
    return cause(author=True, hub=False, recorded=record is not None)


def _named(mirrors: tuple[str, ...]) -> list[str]:
    """Folders as manifests write them."""
    return [folder or "/" for folder in mirrors]


def _shown(difference: Difference) -> Difference:
    before = difference.before
    if not isinstance(before, Entry):
        return difference
    note = (
        "not in the source, and the folder is mirrored" if "exclusive" in difference.note else difference.note
    )
    return replace(difference, before=told(before), note=note)


@dataclass(frozen=True, slots=True)
class _FileJudge:
    wanted: Wanted
    card: _Card

    def __call__(self, path: str, want: Want, live: Any, recorded: Any) -> Verdict:
        known = recorded if isinstance(recorded, Mapping) else {}
        if live is not MISSING and self._agrees(path, want, live):
            origin = known.get("origin", Origin.ADOPTED)
            ids = want.kept() if self._is_merged(path) else _ids(want, live)
            return Verdict(same=True, before=None, after=None, record={**ids, "origin": origin})
        last = Entry(None, str(known.get("blobId", "")), str(known.get("sha256", "")))
        author = bool(known) and not same(want, last)
        drifted = not author if self._is_merged(path) else live is not MISSING and same(live, last) is False
        hub = bool(known) and (live is MISSING or drifted)
        return Verdict(
            same=False, before=None if live is MISSING else told(live), after=_from(want),
            record={**want.kept(), "origin": Origin.CREATED}, author=author, hub=hub,
        )  # fmt: skip

    def _agrees(self, path: str, want: Want, live: Entry) -> bool:
        source = self.wanted.readme
        if source is not None and self._is_merged(path):
            return _is_merged_from(self.wanted, Readme.of(source), self.card.readme)
        return bool(same(want, live))

    def _is_merged(self, path: str) -> bool:
        return path == README and self.wanted.readme is not None


def _is_merged_from(wanted: Wanted, source: Readme, live: Readme) -> bool:
    """Whether a README.md is a source's but for what the card speaks of, however far that is in step."""
    return _rest(wanted, source) == _rest(wanted, live) or _as_live(wanted, source, live) == bytes(live)


def _rest(wanted: Wanted, readme: Readme) -> bytes:
    """A README.md without all that the card speaks of."""
    rest = readme if wanted.body is None else readme.with_body("\n")
    return bytes(rest.without([*wanted.metadata, *wanted.front]))


def _as_live(wanted: Wanted, source: Readme, live: Readme) -> bytes:
    """A source's README.md with the live values of all that the card speaks of, as a commit merges them."""
    have, managed = live.metadata, [*wanted.metadata, *wanted.front]
    merged = source.merged({k: have[k] for k in managed if k in have}, [k for k in managed if k not in have])
    return bytes(merged if wanted.body is None else merged.with_body(live.body))


def _ids(want: Want, live: Entry) -> dict[str, str]:
    """All ids known of a file that is as wanted."""
    ids = {"blobId": want.blob_id or live.blob_id, "sha256": want.sha256 or live.sha256}
    return {k: v for k, v in ids.items() if v}


def _from(want: Want) -> str:
    large = ", large file storage" if want.large else ""
    return f"{told(want)} from {want.origin}{large}"
