"""``Link: <url>; rel="next"``: the next page of a list."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from hfops.hub.errors import BadAnswer
from hfops.hub.transport import Response
from hfops.hub.urls import Origin, joined, origin, shown

_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_NEXT = re.compile(r';\s*rel\s*=\s*"?next"?(?=[\s;,]|$)', re.IGNORECASE)


def next_page(response: Response, home: Origin | None, seen: AbstractSet[str]) -> str | None:
    """The next page's URL, None after the last; raises ``BadAnswer`` for another origin than ``home``, and for a loop."""
    links = _LINK.findall(response.headers.get("Link", ""))
    target = next((target for target, rest in links if _NEXT.search(rest)), None)
    if target is None:
        return None
    url = joined(response.url, target)
    if origin(url) is None or origin(url) != home:
        raise BadAnswer(
            f"GET {shown(response.url)}: the next page is said to be on another host; not followed"
        )
    if url in seen:
        raise BadAnswer(f"GET {shown(response.url)}: the next page is one that was read already")
    return url
