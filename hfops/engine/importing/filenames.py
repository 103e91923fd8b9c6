"""File names out of whatever strings the Hub holds: safe on every file system, and taken by nobody."""

from __future__ import annotations

import hashlib
import re
import unicodedata

LONGEST = 80
"""Characters of a name before its ending."""

_OTHER = re.compile(r"[^A-Za-z0-9._-]+")
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
_OURS = ("hfops", "git")
"""What names without their dots must not be: the project file, and git's folder."""


def safe(text: str, otherwise: str = "unnamed") -> str:
    """A name for a file or a folder, without its ending: no slashes, no dots at its ends, no device of any system."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = _OTHER.sub("-", plain).strip("-. ") or otherwise
    if len(name) > LONGEST:
        name = f"{name[: LONGEST - 9]}-{hashlib.sha256(text.encode(errors='replace')).hexdigest()[:8]}"
    name = name.rstrip("-. ")
    if _DEVICES.fullmatch(name) or name.casefold() in _OURS or name.casefold().startswith("hfops."):
        return f"{name.partition('.')[0]}_{name.partition('.')[1]}{name.partition('.')[2]}"
    return name


class Names:
    """Hands out names, each once, whatever the case of its letters."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, name: str) -> str:
        """``name``, or ``name-2`` and so on where that is taken."""
        found, number = name, 1
        while found.casefold() in self._taken:
            number += 1
            found = f"{name}-{number}"
        self._taken.add(found.casefold())
        return found
