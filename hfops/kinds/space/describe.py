"""Spaces as manifests: a repository, and what runs in it, by three reads each at most."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from hfops.hub.errors import BadAnswer, Forbidden, NotFound, Unauthorized
from hfops.hub.paths import repo_path
from hfops.kinds.base import HubView
from hfops.kinds.describe import TOKEN, Draft, Portrait, Sketch, Wish, last_set, secret_env
from hfops.kinds.repo.describe import (
    address_of,
    closer_reads,
    repo_rows,
    settings,
    with_card,
    with_refs,
)
from hfops.kinds.repo.live import parse_info
from hfops.kinds.repo.observe import EXPAND
from hfops.kinds.space.duration import worded
from hfops.kinds.space.live import (
    FREE,
    LiveSecret,
    LiveSpace,
    LiveVariable,
    LiveVolume,
    Runtime,
    parse_runtime,
    parse_secrets,
    parse_variables,
    space_of,
)
from hfops.kinds.space.sdk import STATIC
from hfops.kinds.space.volumes import MASKED
from hfops.model.address import Address

KIND = "Space"
READS = 3
"""Requests for each Space: /runtime, /secrets, /variables. A static one has no runtime to speak of."""

CLOSED = (Forbidden, Unauthorized, NotFound, BadAnswer)
PROTECTED = "or protected: the Hub does not tell the two apart"
T = TypeVar("T")


def sketch_spaces(wish: Wish, hub: HubView) -> Iterator[Sketch]:
    """Every Space, ready to be drawn. Calls: GET /api/spaces?author=…, or one read for each name."""
    for row in repo_rows("space", wish, hub, [*EXPAND["space"], "cardData"]):
        reads = READS - (row.get("sdk") == STATIC) + closer_reads(wish)
        draw = partial(_draw, row, wish, hub)
        yield Sketch(address_of(KIND, row), row.get("_id"), draw, reads)


def _draw(row: Mapping[str, Any], wish: Wish, hub: HubView, address: Address) -> Portrait:
    live, draft = space_of(parse_info(row, "space")), Draft()
    settings(live, draft)
    if live.veiled:
        draft.say(PROTECTED, "visibility")
    with_card("space", address, wish, draft, hub, without=("sdk",))
    with_sdk(live.sdk, row.get("cardData"), draft)
    live = _looked_at(live, draft, hub)
    running(live, draft)
    variables(live.variables or {}, live.secrets or {}, draft)
    secrets(live.secrets or {}, address, draft)
    repo = with_refs("space", live, wish.refs, draft, hub)
    return Portrait(draft.spec, repo, draft.comments)


def _looked_at(live: LiveSpace, draft: Draft, hub: HubView) -> LiveSpace:
    """The Space with its details, as far as this token may see them."""

    def read(what: str, parse: Callable[[Any], T]) -> T | None:
        try:
            return parse(hub.reads.get(repo_path("space", live.id, what)))
        except CLOSED as error:
            draft.say(f"not readable: {error}", what)
            return None

    details = None if live.sdk == STATIC else read("runtime", parse_runtime)
    found = replace(
        live,
        details=details,
        secrets=read("secrets", parse_secrets),
        variables=read("variables", parse_variables),
    )
    return replace(found, stage=details.stage, hardware=details.requested) if details else found


def with_sdk(sdk: str | None, card: Any, draft: Draft) -> None:
    """The sdk, where README.md says the same: hfops keeps the two equal, and would write what is missing there."""
    said = card.get("sdk") if isinstance(card, Mapping) else None
    if sdk is not None and said == sdk:
        draft.put("sdk", sdk)
    elif sdk is not None:
        draft.say(f"{sdk}, which its README.md does not say: writing it here would write it there", "sdk")


def running(live: LiveSpace, draft: Draft) -> None:
    """Hardware, sleep, storage, volumes, dev mode and a pause; what a new Space has anyway is left out."""
    details = live.details
    if details is None:
        return
    hardware = details.requested or FREE
    draft.put("hardware", hardware, unless=(FREE,))
    if hardware != FREE and details.sleep_time:
        draft.put("sleepTime", worded(details.sleep_time))
    draft.put("storage", details.storage, unless=(None, "none"))
    _volumes(live, details, draft)
    draft.put("devMode", details.dev_mode, unless=(False,))
    draft.put("state", "paused" if details.stage == "PAUSED" else None)


def _volumes(live: LiveSpace, details: Runtime, draft: Draft) -> None:
    hidden = [v.mount_path for v in details.volumes if v.source == MASKED]
    own = [v.mount_path for v in details.volumes if v.source.casefold() == live.id.casefold()]
    shown = [volume(v) for v in details.volumes if v.mount_path not in (*hidden, *own)]
    draft.put("volumes", shown, unless=([],))
    said = [f"{', '.join(hidden)}: the source is hidden from this token"] if hidden else []
    said += [f"{', '.join(own)}: it mounts itself"] if own else []
    if said:
        draft.say(f"left out: {'; '.join(said)}", "volumes")


def volume(found: LiveVolume) -> dict[str, Any]:
    """A volume as a manifest writes it: what is at its default is left out."""
    out: dict[str, Any] = {"type": found.type, "source": found.source, "mountPath": found.mount_path}
    if found.type == "bucket" and found.read_only:
        out["readOnly"] = True
    return out | {k: v for k, v in (("revision", found.revision), ("path", found.path)) if v is not None}


def variables(
    found: Mapping[str, LiveVariable], secret_names: Mapping[str, LiveSecret], draft: Draft
) -> None:
    """Variables with their values. A token among them belongs into no repository."""
    out: dict[str, Any] = {}
    for name, one in sorted(found.items()):
        if TOKEN.search(one.value):
            draft.say("left out: it holds what looks like a Hub token, for all to read", "variables", name)
        elif name in secret_names:
            draft.say("left out: there is a secret of this name, too", "variables", name)
        elif one.description:
            out[name] = {"value": one.value, "description": one.description}
        else:
            out[name] = one.value
    draft.put("variables", out, unless=({},))


def secrets(found: Mapping[str, LiveSecret], address: Address, draft: Draft) -> None:
    """Secrets by name, each with the variable to put its value into."""
    out: dict[str, Any] = {}
    for name, one in sorted(found.items()):
        out[name] = {"env": secret_env(name, address.name)}
        if one.description:
            out[name]["description"] = one.description
        draft.say(last_set(one.updated_at), "secrets", name)
    draft.put("secrets", out, unless=({},))
