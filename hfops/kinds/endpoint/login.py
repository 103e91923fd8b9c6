"""Comparing the image and, with it, the login of its registry, which is never shown again. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hfops.kinds.endpoint.hidden import Judged, judge_secret, kept_text
from hfops.kinds.endpoint.images import Credentials, Image, logs_in, said_of, same_image, shown_of
from hfops.kinds.endpoint.scene import Scene
from hfops.kinds.scene import Found
from hfops.kinds.values import text_or_reference
from hfops.model.late import Hashed
from hfops.model.record import MISSING

IMAGE = "model.image"
LOGIN = "model.image.custom.credentials"
ROTATED = "password"
"""The name by which ``--rotate`` knows the login."""


def compare_image(scene: Scene) -> Found:
    """The image is replaced whole: naming one manages all of it."""
    found, image = Found(), scene.spec.model.image if scene.spec.model else None
    if image is None:
        return found
    after, record = body(scene, image), _record(scene, image)
    if scene.live is None:
        found.differs(scene, IMAGE, None, after, record, author=True, hub=False)
        return found
    live, known = scene.live.at("model", "image"), scene.recorded(IMAGE)
    if logs_in(live) and image.credentials is None and image.variant == "custom":
        message = "the live image logs in to its registry, and the manifest's has no credentials"
        hint = "name them here, by reference, or leave model.image out"
        found.problems.append(scene.problem(LOGIN, message, hint))
        return found
    judged = _judged_login(scene, image, live, known)
    same = same_image(image, live)
    if same and not judged.sends:
        found.settled[(IMAGE,)] = {image.variant: {**said_of(image), **_kept_login(scene, image, known)}}
        found.unverified = [(LOGIN,)] if judged.unverified else []
        if judged.uncompared:
            found.notes.append(f"registry credentials not compared: {', '.join(judged.uncompared)}")
        return found
    said = {image.variant: said_of(image)}
    author = judged.author or (known is not MISSING and _plain(known) != said)
    hub = judged.hub or (known is not MISSING and not _is_recorded(known, live))
    before = _before(live)
    note = ", ".join([*_removed(image, live), *judged.notes])
    found.differs(scene, IMAGE, before, after, record, author=author, hub=hub, note=note)
    return found


def body(scene: Scene, image: Image) -> dict[str, Any]:
    """The image as it is sent, the login by reference."""
    fields = said_of(image)
    if image.credentials is not None:
        folder = scene.resource.folder
        fields["credentials"] = {
            "username": text_or_reference(image.credentials.username, folder),
            "password": image.credentials.password.reference(folder),
        }
    return {image.variant: fields}


def _record(scene: Scene, image: Image) -> dict[str, Any]:
    """What the ledger keeps of an image that is sent."""
    fields = said_of(image)
    if image.credentials is not None:
        folder, login = scene.resource.folder, image.credentials
        fields["credentials"] = {
            "username": kept_text(text_or_reference(login.username, folder)),
            "password": {"hash": Hashed(login.password.reference(folder)), **_version(login)},
        }
    return {image.variant: fields}


def _kept_login(scene: Scene, image: Image, known: Any) -> dict[str, Any]:
    """What the ledger keeps of a login that is there already: what the manifest says, and hashes of what was sent."""
    if image.credentials is None:
        return {}
    old, login = _login_of(known), image.credentials
    user = text_or_reference(login.username, scene.resource.folder)
    name = {"value": user} if isinstance(user, str) else dict(old.get("username", {}))
    return {"credentials": {"username": name, "password": {**old.get("password", {}), **_version(login)}}}


def _version(login: Credentials) -> dict[str, str]:
    return {} if login.password.version is None else {"version": login.password.version}


def _judged_login(scene: Scene, image: Image, live: Any, known: Any) -> Judged:
    login = image.credentials
    if login is None:
        return Judged()
    old = _login_of(known)
    if not logs_in(live):
        judged = Judged(hub=bool(old), author=not old)
        judged.notes.append("the live image has no registry credentials")
        return judged
    judged = judge_secret(scene, ROTATED, login.password, old.get("password"))
    if _other_user(scene, login, old.get("username", {})):
        judged.ask("another username")
    return judged


def _other_user(scene: Scene, login: Credentials, kept: Mapping[str, Any]) -> bool:
    user, hashed = text_or_reference(login.username, scene.resource.folder), kept.get("hash")
    if isinstance(user, str):
        return bool(kept.get("value", user) != user)
    return isinstance(hashed, str) and scene.ask.vault.same(user, hashed) is False


def _login_of(known: Any) -> Mapping[str, Any]:
    """What the ledger knows of the login."""
    fields = next(iter(known.values()), None) if isinstance(known, Mapping) else None
    login = fields.get("credentials") if isinstance(fields, Mapping) else None
    return login if isinstance(login, Mapping) else {}


def _plain(known: Mapping[str, Any]) -> dict[str, Any]:
    """A recorded image without its login."""
    return {
        variant: {k: v for k, v in fields.items() if k != "credentials"}
        for variant, fields in known.items()
        if isinstance(fields, Mapping)
    }


def _is_recorded(known: Mapping[str, Any], live: Any) -> bool:
    """Whether a live image is what the ledger remembers, as far as that names its fields."""
    variant, have = shown_of(live)
    fields = _plain(known).get(variant)
    return fields is not None and all(have.get(k) == v for k, v in fields.items())


def _before(live: Any) -> dict[str, Any] | None:
    variant, have = shown_of(live)
    if not variant:
        return None
    return {variant: {**have, **({"credentials": {"password": None}} if logs_in(live) else {})}}


def _removed(image: Image, live: Any) -> list[str]:
    """What the new image has no more, in words."""
    variant, have = shown_of(live)
    if variant != image.variant:
        return [f"{variant} becomes {image.variant}"] if variant else []
    gone = sorted(set(have) - set(said_of(image)))
    return [f"removes {', '.join(gone)}"] if gone else []
