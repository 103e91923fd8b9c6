"""What a CI host or a forge tells, checked before it goes into a URL, a git command or a message."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hfops.hub.urls import origin
from hfops.model.problem import HfopsError

LARGEST_EVENT = 32 * 1024 * 1024
"""Bytes: GitHub cuts its events off long before."""

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NAME = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9_.-]{1,100}"
_OWNER = re.compile(_NAME)
_REPOSITORY = re.compile(f"{_NAME}/{_NAME}")
_BRANCH = re.compile(r"(?![-/.])(?!.*(?:\.\.|@\{|//))[^\x00-\x20\x7f~^:?*\[\\]{1,255}")
_NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Told:
    """Values by dotted name (``pull_request.head.sha``), and where they stand. Every reader raises HfopsError."""

    values: Mapping[str, Any]
    where: str = ""

    def get(self, name: str) -> Any:
        """The value as it is; None where a part of the name is missing."""
        found: Any = self.values
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found

    def has(self, name: str) -> bool:
        """Whether there is anything under the name: GitLab says "nothing" by an empty text."""
        found = self.get(name)
        return found is not None and found != ""

    def sha(self, name: str) -> str:
        """A commit id, SHA-1 or SHA-256."""
        return self._matching(name, _SHA, "a commit id (40 or 64 hexadecimal digits)")

    def owner(self, name: str) -> str:
        """The name of a user or an organisation."""
        return self._matching(name, _OWNER, "a user or organisation name")

    def repository(self, name: str) -> str:
        """``owner/name``."""
        return self._matching(name, _REPOSITORY, "a repository such as acme/hub")

    def branch(self, name: str) -> str:
        """A branch as git allows it: no option, no range, no blank."""
        return self._matching(name, _BRANCH, "a branch name")

    def number(self, name: str) -> int:
        """A whole number from 1; the environment spells it in digits."""
        found = self.get(name)
        if isinstance(found, str) and _NUMBER.fullmatch(found):
            return int(found)
        if type(found) is int and found > 0:
            return found
        raise self._absurd(name, "a whole number")

    def address(self, name: str, default: str = "") -> str:
        """A web address without query and without a slash at its end."""
        found = self.get(name) or default
        if isinstance(found, str) and origin(found) and not re.search(r"[?#]", found):
            return found.rstrip("/")
        raise self._absurd(name, "a web address")

    def _matching(self, name: str, pattern: re.Pattern[str], expected: str) -> str:
        found = self.get(name)
        if isinstance(found, str) and pattern.fullmatch(found):
            return found
        raise self._absurd(name, expected)

    def _absurd(self, name: str, expected: str) -> HfopsError:
        found = self.get(name)
        text = "nothing" if found is None else _shortened(repr(found))
        return HfopsError(f"{self.where}{name}: expected {expected}, found {text}")


def event_file(path: str) -> Told:
    """The event that GitHub Actions wrote down; without a path, an event that tells nothing. Raises HfopsError."""
    where = f"GITHUB_EVENT_PATH: {path}: "
    if not path:
        return Told({}, "GITHUB_EVENT_PATH is not set: ")
    data = _json(path, where)
    if not isinstance(data, Mapping):
        raise HfopsError(f"{where}expected a JSON object, found {type(data).__name__}")
    return Told(data, where)


def _json(path: str, where: str) -> Any:
    try:
        with Path(path).open("rb") as file:
            raw = file.read(LARGEST_EVENT + 1)
        if len(raw) > LARGEST_EVENT:
            raise HfopsError(f"{where}larger than {LARGEST_EVENT:,} bytes; not read")
        return json.loads(raw)
    except OSError as error:
        raise HfopsError(f"{where}cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise HfopsError(f"{where}not JSON; the runner writes this file, no step may change it") from None


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
