"""What an answer says about waiting: ``Retry-After``, and the Hub's ``RateLimit`` and ``RateLimit-Policy``.

RateLimit: "api";r=998;t=187                          r requests left, t seconds until the window ends
RateLimit-Policy: "fixed window";"api";q=1000;w=300   q requests in a window of w seconds
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from hfops.hub.transport import Response, http_date

MAX_WAIT = 330.0
"""Seconds: one whole five-minute window and some slack. Nobody is kept waiting longer for one request."""

_NAMED = re.compile(r'"([^"]{1,60})"((?:\s*;\s*[a-z]{1,8}\s*=\s*\d{1,9})+)', re.ASCII)
_PARAMETER = re.compile(r"([a-z]{1,8})\s*=\s*(\d{1,9})", re.ASCII)


@dataclass(frozen=True)
class Limit:
    """One bucket as an answer states it; ``limit`` is None where the answer names no policy."""

    bucket: str
    left: int
    reset_seconds: int
    limit: int | None = None


def parse_limits(headers: Mapping[str, str]) -> tuple[Limit, ...]:
    """Every bucket that the headers state; what cannot be read is left out."""
    policies = _named(headers.get("RateLimit-Policy", ""))
    stated = _named(headers.get("RateLimit", ""))
    return tuple(
        Limit(name, values["r"], values["t"], policies.get(name, {}).get("q"))
        for name, values in stated.items()
        if "r" in values and "t" in values
    )


def wait_asked(response: Response, now: float) -> float | None:
    """Seconds that the answer asks to wait, None where it does not say.

    An exhausted window counts first (its end, and a second for rounding), then ``Retry-After``.
    """
    used_up = [limit.reset_seconds + 1.0 for limit in parse_limits(response.headers) if limit.left == 0]
    if response.status == 429 and used_up:
        return max(used_up)
    return _retry_after(response, now)


def _retry_after(response: Response, now: float) -> float | None:
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    when = http_date(text)
    if when is None:
        return None
    # The server's own clock is the one that its date was written by.
    started = response.date or datetime.fromtimestamp(now, UTC)
    return max(0.0, (when - started).total_seconds())


def _named(text: str) -> dict[str, dict[str, int]]:
    found = _NAMED.findall(text)
    return {name: {key: int(n) for key, n in _PARAMETER.findall(values)} for name, values in found}
