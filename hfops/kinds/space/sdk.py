"""The sdk that a Space ends up with: a field, a key of the card, or what a README.md from elsewhere says.

A static Space shows its secrets to everybody, so each of the three ways there is an exposure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hfops.hub.errors import BadAnswer, Forbidden, NotFound
from hfops.hub.sources import SourceError, fetch
from hfops.kinds.base import Ask, HubView, Sight
from hfops.kinds.repo.content.card import README, Readme
from hfops.kinds.repo.content.downloads import Downloads
from hfops.kinds.repo.content.keys import FILES, METADATA
from hfops.kinds.repo.content.seen import FACT, Wanted
from hfops.kinds.repo.content.yaml import CardError
from hfops.kinds.repo.fields import MAIN
from hfops.kinds.repo.tree import same
from hfops.kinds.space.content import restarts_on_commit
from hfops.kinds.space.scene import COMMITTED_SDK, Scene
from hfops.manifest.local import LocalError
from hfops.model.address import Address
from hfops.model.change import Difference, Op
from hfops.model.key import Key
from hfops.model.risk import Risk, RiskCode, RiskKind

STATIC = "static"
SHOWN = Risk(
    RiskKind.EXPOSURE,
    RiskCode.SECRETS_ON_STATIC_SPACE,
    "a static Space shows its secrets to every visitor, in window.huggingface.variables",
)
UNREADABLE = (BadAnswer, Forbidden, LocalError, NotFound, SourceError)


def with_sdks(asks: Sequence[Ask], sights: Mapping[Address, Sight], hub: HubView) -> dict[Address, Sight]:
    """The sights with the sdk that the wanted README.md names. Calls: GET /resolve/… for one from another repository."""
    downloads = Downloads(hub, fetch)
    concerned = [a.address for a in asks if FACT in sights[a.address].facts]

    def one(address: Address) -> tuple[Address, Sight]:
        sight = sights[address]
        try:
            found = _named(sight.facts[FACT], sight, downloads)
        except UNREADABLE as error:
            return address, Sight(problem=f"the README.md to be committed cannot be read: {error}")
        facts = {**sight.facts, COMMITTED_SDK: found} if isinstance(found, str) else sight.facts
        return address, replace(sight, facts=facts)

    return {**sights, **dict(hub.map(one, concerned))}


def _named(wanted: Wanted, sight: Sight, downloads: Downloads) -> Any:
    """What the README.md of main will say; None where it stays what it says, or says nothing."""
    if wanted.problems or wanted.branch != MAIN:
        return None
    for said in (wanted.front, wanted.metadata):
        if "sdk" in said:
            return said["sdk"]
    want = wanted.files.get(README)
    content = sight.live.content if sight.live is not None else None
    if want is None or (content and README in content.files and same(want, content.files[README])):
        return None
    try:
        data = downloads.bytes_of(want) if wanted.readme is None else wanted.readme
        return Readme.of(data).metadata.get("sdk")
    except CardError:
        return None


def deciding(scene: Scene, differences: Sequence[Difference]) -> Difference | None:
    """The difference that makes it another sdk, if one does."""
    wanted: Wanted | None = scene.sight.facts.get(FACT)
    key: Key = (FILES, README)
    if scene.spec.sdk is not None:
        key = ("sdk",)
    elif wanted is not None and "sdk" in wanted.metadata:
        key = (METADATA, "sdk")
    changes = scene.live is not None and scene.sdk != scene.live.sdk
    return next((d for d in differences if d.key == key), None) if changes else None


def becomes_static(scene: Scene, acting: Sequence[Difference]) -> bool:
    """Whether ``acting`` differences make a static Space of one that runs: then nothing is started any more."""
    lands = scene.sdk == STATIC and restarts_on_commit(scene.spec)
    return lands and deciding(scene, acting) is not None


def possible(scene: Scene, differences: Sequence[Difference]) -> set[str | None]:
    """The sdks it may have once all is done: the present one stays where another is only proposed, or left alone."""
    if scene.live is None:
        return {scene.sdk}
    change = deciding(scene, differences)
    if change is not None and scene.holds(change):
        return {scene.live.sdk}
    stays = change is None or scene.may_hold(change) or not restarts_on_commit(scene.spec)
    return {scene.sdk, scene.live.sdk} if stays else {scene.sdk}


def with_exposure(scene: Scene, differences: tuple[Difference, ...]) -> tuple[Difference, ...]:
    """A static Space shows every secret that it is sent; one that becomes static, those that it has as well."""
    shows = STATIC in possible(scene, differences)
    change = deciding(scene, differences) if scene.sdk == STATIC and _has_secrets(scene) else None

    def exposes(d: Difference) -> bool:
        return d is change or (shows and d.key[0] == "secrets" and d.op is not Op.REMOVE)

    return tuple(replace(d, risks=(*d.risks, SHOWN)) if exposes(d) else d for d in differences)


def _has_secrets(scene: Scene) -> bool:
    """Whether there is something to show; what was not looked at may hold anything."""
    live = scene.live
    return bool(scene.spec.secrets) or live is None or live.secrets is None or bool(live.secrets)
