"""Rate limits: fixed windows per caller and bucket, and the two headers that every answer carries."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from hfops.sandbox.manners import RefusalError

UNLIMITED = 1_000_000
BUCKETS = ("api", "resolvers", "pages")


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests per window and bucket, None for no limit; the window in seconds."""

    api: int | None = None
    resolvers: int | None = None
    pages: int | None = None
    window: int = 300


@dataclass(frozen=True, slots=True)
class Share:
    """What a caller has left in a bucket: ``left`` of ``quota`` requests, for ``reset`` seconds yet."""

    bucket: str
    quota: int
    left: int
    reset: int
    window: int
    over: bool

    def headers(self) -> dict[str, str]:
        """``RateLimit`` and ``RateLimit-Policy``."""
        return {
            "RateLimit": f'"{self.bucket}";r={self.left};t={self.reset}',
            "RateLimit-Policy": f'"fixed window";"{self.bucket}";q={self.quota};w={self.window}',
        }

    def check(self) -> None:
        """Pass, or 429."""
        if self.over:
            raise RefusalError(
                429, f"Too many requests: {self.quota} in {self.window} seconds, wait {self.reset}"
            )


@dataclass(slots=True)
class Quota:
    """The counts of the windows that are open."""

    limits: Limits = field(default_factory=Limits)
    _began: float = field(default_factory=time.monotonic)
    _window: int = 0
    _used: dict[tuple[str, str], int] = field(default_factory=dict)

    def take(self, who: str, path: str) -> Share:
        """Count one request of ``who``."""
        bucket = bucket_of(path)
        length = self.limits.window
        elapsed = time.monotonic() - self._began
        if int(elapsed // length) != self._window:
            self._window = int(elapsed // length)
            self._used.clear()
        used = self._used[who, bucket] = self._used.get((who, bucket), 0) + 1
        quota: int = getattr(self.limits, bucket) or UNLIMITED
        reset = math.ceil(length - elapsed % length)
        return Share(bucket, quota, max(0, quota - used), reset, length, over=used > quota)


def bucket_of(path: str) -> str:
    """Which quota a path counts against."""
    if "/resolve/" in path:
        return "resolvers"
    return "api" if path.startswith("/api/") or path == "/api" else "pages"
