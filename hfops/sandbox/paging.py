"""Pages of a list. A cursor names the last item shown, so that a list may change between two pages."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from hfops.sandbox.manners import bad_request
from hfops.sandbox.web import Context

T = TypeVar("T")
Key = tuple[Any, ...]


def page_size(ctx: Context, largest: int, default: int | None = None) -> int:
    """``limit``, at most ``largest``, and ``default`` where none is asked; 400 for what is no positive number."""
    text = ctx.query.get("limit")
    if text is None:
        return default or largest
    if not text.isdecimal() or int(text) < 1:
        raise bad_request('"limit" must be a positive number')
    return min(int(text), largest)


def cut(
    ctx: Context, keyed: Sequence[tuple[Key, T]], largest: int, default: int | None = None
) -> tuple[list[T], dict[str, str]]:
    """One page of ``keyed`` (sorted by key), and the ``Link`` header where more follows."""
    size = page_size(ctx, largest, default)
    after = _decode(ctx.query.get("cursor"))
    rest = [pair for pair in keyed if after is None or pair[0] > after]
    page = rest[:size]
    if len(rest) <= size:
        return [item for _, item in page], {}
    return [item for _, item in page], link(ctx, cursor=_encode(page[-1][0]))


def link(ctx: Context, **changed: str) -> dict[str, str]:
    """The ``Link`` header to this request with other query values: an absolute URL."""
    kept = [(k, v) for k, v in ctx.query.multi_items() if k not in changed]
    query = urlencode([*kept, *changed.items()])
    return {"Link": f'<{ctx.base}{ctx.request.path}?{query}>; rel="next"'}


def _encode(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _decode(cursor: str | None) -> Key | None:
    if not cursor:
        return None
    try:
        return tuple(json.loads(base64.urlsafe_b64decode(cursor)))
    except (ValueError, TypeError):
        raise bad_request("Invalid cursor") from None
