"""Card and files of a Space: those of every repository, with the sdk kept equal in the card, and copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hfops.hub.errors import BadAnswer, Forbidden, NotFound
from hfops.hub.paths import repo_path
from hfops.kinds.base import Ask, Comparison, HubView, Sight
from hfops.kinds.repo.content import compare_content, content_calls, content_creation, observe_content
from hfops.kinds.repo.fields import MAIN
from hfops.kinds.repo.live import parse_info
from hfops.kinds.repo.observe import EXPAND
from hfops.kinds.repo.spec import commit_settings, manages_content
from hfops.kinds.space.scene import Scene
from hfops.kinds.space.spec import SpaceSpec
from hfops.model.address import Address
from hfops.model.call import Call, Deferred
from hfops.model.change import Difference, Op

SOURCE_SDK, COPIED = "sourceSdk", "copied"
"""Facts about what a new Space is to be a copy of: its sdk, and the sight of its files."""


def front_matter(ask: Ask) -> Mapping[str, Any]:
    """The keys of the card that are fields of the manifest."""
    sdk = getattr(ask.resource.spec, "sdk", None) if ask.resource else None
    return {} if sdk is None else {"sdk": sdk}


def with_content(asks: Sequence[Ask], sights: Mapping[Address, Sight], hub: HubView) -> dict[Address, Sight]:
    """The sights with what is wanted and live of card and files."""
    return observe_content("space", asks, sights, hub, front_matter)


def with_copies(asks: Sequence[Ask], sights: dict[Address, Sight], hub: HubView) -> dict[Address, Sight]:
    """What new Spaces are to be copies of: their files are the copy's first ones. Nothing where that is not there yet."""
    copying = [a for a in asks if _source(a, sights[a.address])]

    def read(ask: Ask) -> tuple[Address, Sight]:
        sight = sights[ask.address]
        try:
            copied = _copied(ask, sight, hub)
        except (Forbidden, NotFound, BadAnswer):
            return ask.address, sight
        facts = {SOURCE_SDK: copied.live.sdk, COPIED: copied} if copied.live is not None else {}
        return ask.address, replace(sight, facts={**sight.facts, **facts})

    return {**sights, **dict(hub.map(read, copying))}


def _source(ask: Ask, sight: Sight) -> str | None:
    spec = ask.resource.spec if ask.resource else None
    fresh = sight.live is None and not sight.problem and not sight.renamed_to
    return spec.duplicate_from if isinstance(spec, SpaceSpec) and fresh else None


def _copied(ask: Ask, sight: Sight, hub: HubView) -> Sight:
    source = Address.parse(f"Space/{_source(ask, sight)}")
    answer = hub.reads.get(repo_path("space", source.id), {"expand": [*EXPAND["space"], "sha"]})
    there = Ask(source, ask.resource)
    return with_content([there], {source: Sight(parse_info(answer, "space"))}, hub)[source]


def compare_files(scene: Scene) -> Comparison:
    """Card and files, and the sdk of a Space that is there. A copy is compared with what it is a copy of."""
    copying = scene.live is None and scene.spec.duplicate_from is not None
    if copying and not _copies(scene):
        return _of_nothing(scene)
    found = compare_content(_asked(scene), _seen(scene), front_matter(scene.ask))
    if scene.live is None:
        return replace(found, settled={k: v for k, v in found.settled.items() if k != ("sdk",)})
    return _with_sdk(scene, found)


def _of_nothing(scene: Scene) -> Comparison:
    """A copy of what does not exist yet: nobody knows which files it will have."""
    if not manages_content(scene.spec):
        return Comparison()
    source = scene.spec.duplicate_from
    message = f"card and files of a copy can be planned once {source} is there"
    return Comparison(problems=(scene.problem(("duplicateFrom",), message, f"apply Space/{source} first"),))


def _with_sdk(scene: Scene, found: Comparison) -> Comparison:
    """A card that is missing says nothing of the sdk; the Hub does."""
    live, wanted, key = scene.live, scene.spec.sdk, ("sdk",)
    agreed = live is None or wanted is None or live.sdk in (None, wanted)
    if agreed or found.problems or any(d.key == key for d in found.differences) or key not in found.settled:
        return found
    settled = {k: v for k, v in found.settled.items() if k != key}
    missing = Difference(key, Op.CHANGE, live.sdk if live else None, wanted, record=wanted)
    return replace(found, settled=settled, differences=(*found.differences, missing))


def _copies(scene: Scene) -> bool:
    """Whether the Space is to be created as a copy of what was looked at."""
    return scene.live is None and COPIED in scene.sight.facts


def _seen(scene: Scene) -> Sight:
    seen: Sight = scene.sight.facts[COPIED] if _copies(scene) else scene.sight
    return seen


def _asked(scene: Scene) -> Ask:
    """What is known of one that is gone is nothing to compare its successor with."""
    return replace(scene.ask, record=None) if _copies(scene) else scene.ask


def restarts_on_commit(spec: SpaceSpec) -> bool:
    """Whether what is committed gets built: it goes to main, directly."""
    settings = commit_settings(spec)
    return settings.branch == MAIN and settings.mode == "direct"


def carried_files(
    scene: Scene, differences: Sequence[Difference]
) -> tuple[dict[str, Any], tuple[str, ...]] | None:
    """What the creating call carries of card and files, if it can; a copy's comes after it."""
    if scene.spec.duplicate_from:
        return None
    return content_creation(scene.ask, scene.sight, differences)


def file_calls(scene: Scene, differences: Sequence[Difference], *, restarts: bool) -> tuple[Call, ...]:
    """Uploads and the commit."""
    calls = content_calls("space", _asked(scene), _seen(scene), differences, restarts=restarts)
    if not _copies(scene):
        return calls
    return tuple(_on_the_copy(scene, c) for c in calls)


def _on_the_copy(scene: Scene, call: Call) -> Call:
    """A commit planned on the source's head: the copy has commits of its own."""
    if not isinstance(call.body, Sequence):
        return call
    branch = commit_settings(scene.spec).branch
    read = repo_path("space", scene.ask.address.id, "refs")
    parent = Deferred(f"commit of {branch} before", read, ("branches", ("name", branch), "targetCommit"))
    header, *lines = call.body
    header = {**header, "value": {**header["value"], "parentCommit": parent}}
    return replace(call, body=[header, *lines])
