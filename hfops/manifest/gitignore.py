"""``.gitignore`` lines, read as git reads them: the last rule that fits an entry decides."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_CLASSES: Final = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"\x21-\x7e",
    "lower": "a-z",
    "print": r"\x20-\x7e",
    "punct": r"!-/:-@\[-`{-~",
    "space": r" \t\n\r\f\v",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}
_TOKEN = re.compile(
    r"""(?P<above>(?:(?<=/)|^)(?:\*{2,}/)+)  # **/ spans any number of folders
      | (?P<below>(?:(?<=/)|^)\*{2,}$)       # /** is everything below
      | (?P<star>\*+)
      | (?P<any>\?)
      | \[(?P<not>[!^])?(?P<set>(?:\]|\\.|\[:[a-z]*:\]|[^\]\\])(?:\\.|\[:[a-z]*:\]|[^\]\\])*)\]
      | \\(?P<escaped>.)
      | (?P<broken>[\[\\])
      | (?P<plain>.)""",
    re.DOTALL | re.VERBOSE,
)
_MEMBER = re.compile(r"\[:(?P<name>[a-z]*):\]|(?P<low>\\.|.)(?:-(?P<high>\\.|.))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Rule:
    """One line. ``anchored``: it speaks of paths, not of names at any depth."""

    pattern: re.Pattern[str]
    negated: bool
    folders_only: bool
    anchored: bool

    def fits(self, path: str, *, folder: bool) -> bool:
        if self.folders_only and not folder:
            return False
        subject = path if self.anchored else path.rpartition("/")[2]
        return self.pattern.fullmatch(subject) is not None


class Rules:
    """The rules of one ``.gitignore``, or of a list of patterns. Lines that git would not understand fit nothing."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._rules = [rule for line in lines if (rule := _rule(line))]
        self._rules.reverse()

    def check(self, path: str, *, folder: bool) -> bool | None:
        """Whether the rules name ``path`` (from their own folder) itself; None where none speaks of it."""
        return next((not rule.negated for rule in self._rules if rule.fits(path, folder=folder)), None)


def lines_of(data: bytes) -> list[str]:
    """The lines of a file of patterns; bytes that are not UTF-8 stay what they are in file names."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="surrogateescape")
    return [line.removesuffix("\r") for line in text.split("\n")]


@lru_cache(maxsize=4096)
def _rule(line: str) -> _Rule | None:
    text = _without_trailing_spaces(line)
    if not text or text.startswith("#"):
        return None
    negated = text.startswith("!")
    text = text[negated:]
    folders_only = text.endswith("/")
    text = text[:-1] if folders_only else text
    anchored = "/" in text
    pattern = _compiled(text.removeprefix("/"), anchored=anchored)
    return _Rule(pattern, negated, folders_only, anchored) if pattern else None


def _without_trailing_spaces(line: str) -> str:
    """The line without spaces at its end, but for one behind a backslash."""
    bare = line.rstrip(" ")
    slashes = len(bare) - len(bare.rstrip("\\"))
    return bare + " " if slashes % 2 and len(bare) < len(line) else bare


def _compiled(text: str, *, anchored: bool) -> re.Pattern[str] | None:
    try:
        return re.compile("".join(_piece(m, anchored=anchored) for m in _TOKEN.finditer(text)), re.DOTALL)
    except ValueError:
        return None


def _piece(match: re.Match[str], *, anchored: bool) -> str:
    if match["broken"]:
        raise ValueError("a bracket without its end, or a backslash before nothing")
    if match["above"]:
        return "(?:.*/)?"
    if match["below"]:
        return ".+"
    if match["set"]:
        members = "".join(map(_member, _MEMBER.finditer(match["set"])))
        return f"(?!/)[{'^' if match['not'] else ''}{members}]"
    if match["star"]:
        return "[^/]*" if anchored else ".*"
    return "[^/]" if match["any"] else re.escape(match["escaped"] or match["plain"])


def _member(match: re.Match[str]) -> str:
    """One character, class or range of a set; a range that runs backwards holds its beginning."""
    if match["name"] is not None:
        if match["name"] not in _CLASSES:
            raise ValueError("an unknown class of characters")
        return _CLASSES[match["name"]]
    low, high = match["low"][-1], (match["high"] or match["low"])[-1]
    return f"{re.escape(low)}-{re.escape(high)}" if low <= high else re.escape(low)
