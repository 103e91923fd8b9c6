"""Comparing the revision: a text in the manifest, a commit at the service, both in the ledger. Pure.

A revision is deployed as the commit that its text names when the text changes. A ref that moves afterwards is told,
and deployed with ``follow`` only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hfops.hub.paths import repo_path
from hfops.kinds.endpoint.normal import same
from hfops.kinds.endpoint.scene import Scene
from hfops.kinds.repo.names import is_full_commit
from hfops.kinds.scene import Found
from hfops.model.address import Address
from hfops.model.call import Deferred
from hfops.model.record import MISSING

REVISION, REPOSITORY = "model.revision", "model.repository"
MAIN = "main"
COMMITS = "commits"
"""The fact: which commits texts name in the wanted repository; None: it has no such revision (yet). A text that is
missing could not be looked up."""

FOREIGN = "foreign"
"""The fact: the repository is somebody else's, and out of this token's sight."""


def compare_revision(scene: Scene) -> Found:
    """By the commit that is deployed, and the one that the ledger remembers for the same text."""
    found, model = Found(), scene.spec.model
    text = model.revision if model else None
    if model is None or text is None:
        return found
    now = commit_of(scene, text)
    if scene.live is None:
        commit = _to_send(scene, text, now)
        after = {"revision": text, "commit": commit}
        if commit == text != now:
            found.notes.append(
                f"the Hub does not show {_repository(scene)} to this token: {text} is sent as it is"
            )
        found.differs(scene, REVISION, None, after, _record(text, commit), author=True, hub=False)
        return found
    have = scene.live.at("model", "revision")
    known = scene.recorded(REVISION)
    kept = known if isinstance(known, Mapping) else {}
    target = _target(scene, text, have, kept, now, follow=model.follow)
    if have in (target, text):
        # A service that reads the text back deploys what it names; so does one that shows its commit.
        found.settled[(REVISION,)] = {"revision": text, "commit": have if have != text else now}
        _tell_moved(found, text, have, now)
        return found
    if target is None:
        found.settled[(REVISION,)] = {"revision": text, "commit": have}
        found.unverified = [(REVISION,)]
        found.notes.append(f"revision not compared: the Hub does not show which commit {text} names")
        return found
    author = kept.get("revision") != text or have == kept.get("commit")
    before = {"revision": kept.get("revision"), "commit": have} if _is_kept(kept, have) else have
    after = {"revision": text, "commit": target}
    hub = known is not MISSING and have != kept.get("commit")
    moved = kept.get("revision") == text and not hub
    note = f"{text} moved" if moved else ""
    record = _record(text, target)
    found.differs(scene, REVISION, before, after, record, author=author, hub=hub, note=note)
    return found


def _record(text: str, commit: str | Deferred) -> dict[str, Any]:
    """What the ledger keeps; of a text that was sent as it is, the service alone knows the commit."""
    unknown = commit == text and not is_full_commit(text)
    return {"revision": text, "commit": None if unknown else commit}


def _target(
    scene: Scene, text: str, have: Any, kept: Mapping[str, Any], now: str | None, *, follow: bool
) -> str | Deferred | None:
    """The commit that is to be deployed; None where that cannot be told."""
    commit = kept.get("commit")
    if kept.get("revision") == text and not follow and not _elsewhere(scene):
        if commit in (None, have) or now == have:
            return str(have) if have is not None else None
        return str(commit)
    named = _later(scene, text) if _moves(scene, text) else now
    if named is not None:
        return named
    if kept.get("revision") == text and not _elsewhere(scene):
        return str(commit or have)
    if not kept and not _elsewhere(scene) and text not in scene.sight.facts.get(COMMITS, {}):
        return None
    return _to_send(scene, text, now)


def _moves(scene: Scene, text: str) -> bool:
    """Whether this very plan puts the ref on another commit, before the endpoint's turn comes."""
    namespace, _, name = _repository(scene).partition("/")
    return text in scene.ask.moving.get(Address("Model", namespace, name), ())


def _is_kept(kept: Mapping[str, Any], have: Any) -> bool:
    return bool(kept.get("revision")) and kept.get("commit") == have


def _elsewhere(scene: Scene) -> bool:
    """Whether another repository is to be served: its refs are others."""
    wanted = scene.spec.model.repository if scene.spec.model else None
    live = scene.live.at("model", "repository") if scene.live else None
    return wanted is not None and not same(REPOSITORY, wanted, live)


def _tell_moved(found: Found, text: str, have: Any, now: str | None) -> None:
    if now is not None and isinstance(have, str) and have not in (now, text):
        found.notes.append(f"{text} moved {have[:7]} → {now[:7]}, not deployed")


def commit_of(scene: Scene, text: str) -> str | None:
    """The commit that a text names, as far as that is known now."""
    if is_full_commit(text):
        return text.lower()
    if _moves(scene, text):
        return None
    found = scene.sight.facts.get(COMMITS, {}).get(text)
    return found if isinstance(found, str) else None


def _to_send(scene: Scene, text: str, now: str | None) -> str | Deferred:
    """What is sent for a text: its commit, read while applying where it does not exist yet, or the text itself."""
    if now is not None:
        return now
    return text if scene.sight.facts.get(FOREIGN) else _later(scene, text)


def _later(scene: Scene, text: str) -> Deferred:
    """The commit of a ref that is made before. Of main, the service itself takes the newest where nobody says more."""
    repository = _repository(scene)
    read = repo_path("model", repository, "revision", text)
    return Deferred(f"commit of {text} of {repository}", read, ("sha",), optional=text == MAIN)


def _repository(scene: Scene) -> str:
    model = scene.spec.model
    named = model.repository if model else None
    return named or str(scene.live.at("model", "repository") if scene.live else "")


def text_to_look_up(scene: Scene) -> tuple[str, str] | None:
    """The repository and the text whose commit is needed to compare; None where none is."""
    model = scene.spec.model
    if model is None:
        return None
    repository = _repository(scene)
    text = model.revision or (MAIN if scene.live is not None and _elsewhere(scene) else None)
    return None if not repository or text is None or is_full_commit(text) else (repository, text)


def follows_repository(scene: Scene) -> str | Deferred | None:
    """What to send as the revision with another repository whose manifest names none: the commit kept is not in it."""
    model = scene.spec.model
    if scene.live is None or (model is not None and model.revision is not None) or not _elsewhere(scene):
        return None
    return _to_send(scene, MAIN, commit_of(scene, MAIN))
