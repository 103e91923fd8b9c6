"""One way in which a rule became looser."""

from __future__ import annotations

from dataclasses import dataclass

from hfops.model.source import Mark


@dataclass(frozen=True, slots=True)
class Loosened:
    """What became looser: a stable code, in words, and where the tree at hand says so, if it says it anywhere."""

    code: str
    message: str
    where: Mark | None = None

    def to_json(self) -> dict[str, str]:
        """The JSON form in reports."""
        out = {"code": self.code, "message": self.message}
        return out | ({"where": str(self.where)} if self.where else {})
