"""The calls that make, move and delete refs, and which of them wait for a commit of the same plan. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hfops.hub.paths import RepoType, repo_path
from hfops.kinds.repo.live import Refs
from hfops.kinds.repo.refs import in_order
from hfops.model.address import Address
from hfops.model.call import Call, Deferred, Repeat, segment
from hfops.model.change import Difference, Op
from hfops.model.key import Key


def ref_calls(repo_type: RepoType, address: Address, differences: Iterable[Difference]) -> list[Call]:
    """What is to be made or moved, then what is to go."""
    return [c for d in in_order(differences) for c in _ref_calls(repo_type, address, d)]


def _ref_calls(repo_type: RepoType, address: Address, difference: Difference) -> list[Call]:
    listing, name = difference.key
    if listing == "branches":
        path = repo_path(repo_type, address.id, "branch", name)
        if difference.op is Op.REMOVE:
            return [Call("DELETE", path, None, f"delete branch {name}", Repeat.CONFLICT, (difference.path,))]
        start = difference.after["commit"]
        summary = f"create branch {name} at {_shown(difference.after['from'], start)}"
        return [Call("POST", path, {"startingPoint": start}, summary, Repeat.CONFLICT, (difference.path,))]
    calls = []
    if difference.op is not Op.ADD:
        gone = (difference.path,) if difference.op is Op.REMOVE else ()
        summary = f"delete tag {name}" + ("" if gone else " (to move it)")
        path = repo_path(repo_type, address.id, "tag", name)
        undoes = () if gone else (difference.path,)
        calls.append(Call("DELETE", path, None, summary, Repeat.CONFLICT, gone, undoes))
    if difference.op is not Op.REMOVE:
        calls.append(_create_tag(repo_type, address, name, difference))
    return calls


def _create_tag(repo_type: RepoType, address: Address, name: str, difference: Difference) -> Call:
    after = difference.after
    commit, base = after["commit"], repo_path(repo_type, address.id, "tag")
    body = {"tag": name} | ({"message": after["message"]} if "message" in after else {})
    summary = f"create tag {name} at {_shown(after['revision'], commit)}"
    if isinstance(commit, Deferred):
        slots = {"commit": commit}
        return Call(
            "POST", base + "/{commit}", body, summary, Repeat.CONFLICT, (difference.path,), slots=slots
        )
    return Call("POST", f"{base}/{segment(commit or '')}", body, summary, Repeat.CONFLICT, (difference.path,))


def _shown(text: str, commit: str | Deferred | None) -> str:
    if not isinstance(commit, str) or commit.startswith(text):
        return text[:12]
    return f"{text} ({commit[:7]})"


def commit_of(branch: str, refs_path: str) -> Deferred:
    """The commit of a branch while applying."""
    return Deferred(f"commit of {branch}", refs_path, ("branches", ("name", branch), "targetCommit"))


def starting_from(branch: str, differences: Sequence[Difference], refs: Refs | None) -> set[Key]:
    """The refs to be put on what ``branch`` points to, perhaps by way of others that are put there."""
    puts = {d.key: _start(d.after) for d in differences if is_put(d)}
    have = refs or Refs()
    known = {*puts, *(("branches", n) for n in have.branches), *(("tags", n) for n in have.tags)}
    known.add(("branches", branch))
    found: set[Key] = set()
    while True:
        there = found | {("branches", branch)}
        more = {k for k, text in puts.items() if k not in there and _meant(text, k, known) in there}
        if not more:
            return found
        found |= more


def is_put(difference: Difference) -> bool:
    """Whether a ref is made or moved."""
    is_ref = difference.key[0] in ("branches", "tags")
    return is_ref and difference.op is not Op.REMOVE and isinstance(difference.after, Mapping)


def _start(after: Mapping[str, str]) -> str:
    return str(after.get("revision", after.get("from", "")))


def _meant(text: str, key: Key, known: set[Key]) -> Key | None:
    """The ref that a revision names: a branch before a tag, and not what ``key`` is to be itself."""
    named: dict[str, tuple[Key, ...]] = {
        "refs/heads/": (("branches", text.removeprefix("refs/heads/")),),
        "refs/tags/": (("tags", text.removeprefix("refs/tags/")),),
    }
    both: tuple[Key, ...] = (("branches", text), ("tags", text))
    choices = next((keys for prefix, keys in named.items() if text.startswith(prefix)), both)
    return next((k for k in choices if k != key and k in known), None)
