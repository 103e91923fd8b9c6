"""What a report says besides changes; the same of many resources once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NAMED = 5
"""How many resources are named of which the same is said."""
ALIKE = 3
"""From so many on, resources of which the same is said are one note."""


@dataclass(frozen=True, slots=True)
class Said:
    """Something worth saying that is no change. ``code`` is the notice's, for machines."""

    message: str
    address: str = ""
    code: str = ""

    members: tuple[str, ...] = ()
    """Several resources of which the same is said; ``address`` is then empty."""

    @property
    def about(self) -> str:
        """What it is about, in a few words."""
        if not self.members:
            return self.address
        more = f" and {len(self.members) - NAMED} more" if len(self.members) > NAMED else ""
        return f"{len(self.members)} resources, {', '.join(self.members[:NAMED])}{more}"


def once(notes: Sequence[Said]) -> tuple[Said, ...]:
    """The notes, each where its first stood; the same of ``ALIKE`` resources or more as one."""
    alike: dict[tuple[str, str], list[Said]] = {}
    for note in notes:
        alike.setdefault((note.code, note.message), []).append(note)
    out: list[Said] = []
    for note in notes:
        same = alike[note.code, note.message]
        if len(same) < ALIKE or not all(n.address for n in same):
            out.append(note)
        elif same[0] is note:
            out.append(Said(note.message, "", note.code, tuple(n.address for n in same)))
    return tuple(out)
