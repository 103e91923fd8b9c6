"""Durations as manifests write them: seconds, or ``90s``, ``30m``, ``1h``, ``2d``."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, WithJsonSchema

from hfops.manifest.strict import Complaint

NEVER: Literal["never"] = "never"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
"""Seconds."""

_WRITTEN = re.compile(r"([0-9]{1,9})([smhd]?)")
_FORMS = "write seconds, or 90s, 30m, 1h, 2d"


def seconds(written: int | str) -> int:
    """``written`` in seconds, at least one. Raises Complaint."""
    found = _WRITTEN.fullmatch(str(written))
    if not found:
        raise Complaint(f"{written!r} is no duration", _FORMS)
    amount = int(found[1]) * UNITS[found[2] or "s"]
    if amount == 0:
        raise Complaint(f"{written!r} is no time at all, expected at least a second", _FORMS)
    return amount


def seconds_or_never(written: int | str) -> int | str:
    """``written`` in seconds, or ``never``. Raises Complaint."""
    if written == NEVER:
        return NEVER
    try:
        return seconds(written)
    except Complaint as error:
        raise Complaint(str(error), f"{_FORMS}, or never") from None


def worded(amount: int) -> str:
    """Seconds as a person would write them: ``1h``, ``90s``."""
    unit = next(u for u in "dhms" if amount % UNITS[u] == 0)
    return f"{amount // UNITS[unit]}{unit}"


_SECONDS = {"type": "integer", "minimum": 1}
_TEXT = "^[0-9]{1,9}[smhd]?$"

Duration = Annotated[
    int | str,
    AfterValidator(seconds),
    WithJsonSchema(
        {"anyOf": [_SECONDS, {"type": "string", "pattern": _TEXT}], "examples": [90, "30m", "1h"]}
    ),
]
"""A length of time; an int of seconds once it is validated."""

DurationOrNever = Annotated[
    int | str,
    AfterValidator(seconds_or_never),
    WithJsonSchema(
        {
            "anyOf": [_SECONDS, {"const": NEVER}, {"type": "string", "pattern": _TEXT}],
            "examples": ["1h", NEVER],
        }
    ),
]
"""The same, or ``never``."""
