"""A webhook as the Hub shows it. Its secret, and what may be one, is not kept: only a digest to compare by."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hfops.hub.errors import BadAnswer
from hfops.kinds.webhook.urls import as_sent, host_of, normal, secrets_in, shown, veiled
from hfops.model.address import Address
from hfops.model.call import segment
from hfops.model.record import OBJECT_ID

BASE = "/api/settings/webhooks"
SUSPENDED = "suspended-after-failure"
"""What the Hub does to one that fails again and again."""

_KEY = os.urandom(32)
"""Of this process alone: a digest that got out would tell nothing."""

_MASKED = re.compile(r"[*•●.…]+")


def digest(text: str) -> bytes:
    """What two equal texts have in common, as long as this process lives."""
    return hashlib.blake2b(text.encode(errors="surrogatepass"), key=_KEY).digest()


def url_digest(url: str) -> bytes:
    """The same for URLs, however they are spelt."""
    return digest(normal(url))


@dataclass(frozen=True, slots=True)
class LiveUrl:
    """A URL: what may be seen of it. ``whole`` is None where some of it may not."""

    shown: str
    origin: str
    host: str
    whole: str | None
    digest: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class LiveWebhook:
    """A webhook. ``secret`` is a digest, None where there is no secret, or where it is ``masked``.

    ``forlorn``: there is a secret that no manifest names and no ledger knows; ``untold``: so it is with its job.
    ``foreign``: it is surely not what an interrupted run of this project made.
    """

    hub_id: str
    watched: tuple[Mapping[str, str], ...] = ()
    domains: tuple[str, ...] = ()
    disabled: bool | str = False
    url: LiveUrl | None = None
    job: Mapping[str, Any] | None = field(default=None, repr=False)
    secret: bytes | None = field(default=None, repr=False)
    masked: bool = False
    forlorn: bool = False
    untold: bool = False
    foreign: bool = False

    @property
    def id(self) -> str:
        """The Hub gives webhooks no names."""
        return self.hub_id

    @property
    def created_at(self) -> datetime | None:
        """When it was made, to the second: ids begin with that. None where that is to prove nothing."""
        if self.foreign or not OBJECT_ID.fullmatch(self.hub_id):
            return None
        return datetime.fromtimestamp(int(self.hub_id[:8], 16), UTC)

    @property
    def has_secret(self) -> bool:
        """Whether deliveries carry one."""
        return self.masked or self.secret is not None

    @property
    def path(self) -> str:
        """Where it is read, and updated."""
        return webhook_path(self.hub_id)


@dataclass(frozen=True, slots=True)
class Row:
    """A webhook with the texts that it holds, for as long as they are looked at."""

    live: LiveWebhook
    url: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)


def webhook_path(*parts: str) -> str:
    """``/api/settings/webhooks/<id>/enable``."""
    return "/".join([BASE, *map(segment, parts)])


def address_of(user: str, live: LiveWebhook) -> Address:
    """What one is called that no manifest gives a name."""
    return Address("Webhook", user, live.hub_id)


def parse(data: Any, hide: Callable[[str], None]) -> list[Row]:
    """The answer of the list call; ``hide`` is told at once what no output may show. Raises BadAnswer."""
    if not isinstance(data, list):
        raise BadAnswer("the Hub's list of webhooks is no list")
    return [_row(row, hide) for row in data]


def _row(data: Any, hide: Callable[[str], None]) -> Row:
    row = data if isinstance(data, Mapping) else {}
    url, secret = _text(row.get("url")), _text(row.get("secret"))
    for text in (*(secrets_in(url) if url else ()), *([secret] if secret else [])):
        hide(text)
    hub_id, job, disabled = row.get("id"), row.get("job"), row.get("disabled")
    if not isinstance(hub_id, str) or not hub_id:
        raise BadAnswer("the Hub's list of webhooks holds one without an id")
    masked = secret is not None and bool(_MASKED.fullmatch(secret))
    live = LiveWebhook(
        hub_id,
        watched=tuple(_watched(row.get("watched"))),
        domains=tuple(d for d in _list(row.get("domains")) if isinstance(d, str)),
        disabled=disabled if isinstance(disabled, bool | str) else False,
        url=_url(url) if url else None,
        job=job if isinstance(job, Mapping) and job else None,
        secret=None if secret is None or masked else digest(secret),
        masked=masked,
    )
    return Row(live, url, None if masked else secret)


def _url(url: str) -> LiveUrl:
    whole = as_sent(url)
    return LiveUrl(
        shown(url), veiled(url), host_of(url), whole if isinstance(whole, str) else None, url_digest(url)
    )


def _watched(found: Any) -> list[dict[str, str]]:
    rows = [row for row in _list(found) if isinstance(row, Mapping)]
    return [{"type": str(row.get("type")), "name": str(row.get("name"))} for row in rows]


def _text(value: Any) -> str | None:
    """A text that is there; the Hub may write none as an empty one."""
    return value if isinstance(value, str) and value else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
