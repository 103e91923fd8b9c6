"""Where a value was written: every value of a manifest carries one of these from the loader on."""

from __future__ import annotations

from dataclasses import dataclass

Path = tuple[str | int, ...]
"""Keys and list indexes from the root of a document to a value, e.g. ``("spec", "tags", 0, "name")``."""


@dataclass(frozen=True, order=True, slots=True)
class Mark:
    """A place in a file. ``file`` is shown as the user would type it; ``line`` and ``column`` count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


def dotted(path: Path) -> str:
    """A path as users write it: ``spec.tags[0].name``."""
    out = ""
    for part in path:
        if isinstance(part, int):
            out += f"[{part}]"
        else:
            out += f".{part}" if out else str(part)
    return out
