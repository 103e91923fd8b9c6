"""Globs over ``/``-separated names: ``*`` and ``?`` stay within one part, ``**`` spans any number of them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_PIECES = re.compile(r"\*\*/|\*\*|\*|\?|\[(?P<not>!?)(?P<chars>\]?[^\]/]+)\]|.", re.DOTALL)
_WILD: Final = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def matches(pattern: str, name: str) -> bool:
    """Whether ``name`` (a root-relative posix path, or an address) matches the whole of ``pattern``."""
    return _compiled(pattern).fullmatch(name) is not None


def covers(pattern: str, name: str) -> bool:
    """Whether ``pattern`` matches ``name`` or a folder around it, so that ``vendor`` and ``vendor/**`` both ignore it."""
    bare = pattern.removeprefix("./").removesuffix("/")
    folder = bare.removesuffix("/**")
    parts = name.split("/")
    heads = ("/".join(parts[:end]) for end in range(1, len(parts) + 1))
    return matches(bare, name) or any(matches(folder, head) for head in heads)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    simple = re.sub(r"(\*\*/)+", "**/", pattern)
    try:
        return re.compile("".join(_piece(m) for m in _PIECES.finditer(simple)), re.DOTALL)
    except re.error:  # such as the range in [z-a]: then the pattern stands for itself
        return re.compile(re.escape(pattern))


def _piece(match: re.Match[str]) -> str:
    whole, negated, chars = match[0], match["not"], match["chars"]
    if chars is not None:
        inner = re.escape(chars).replace("\\-", "-")
        return f"(?!/)[{'^' if negated else ''}{inner}]"
    return _WILD.get(whole) or re.escape(whole)
