"""The tree between YAML events and data: aliases still point at the node they name, merges are still links."""

from __future__ import annotations

from dataclasses import dataclass, field

from hfops.manifest.scalars import Value
from hfops.model.problem import Problem
from hfops.model.source import Mark

MAX_DEPTH = 100
MAX_ALIASED = 200_000
"""How many values aliases and merges may add to a file: beyond it is a bomb, not a manifest."""


class Stop(Exception):
    """Nothing after this place of the file can be read."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


@dataclass(slots=True)
class Budget:
    """The values aliases may still add; shared by the documents of a file."""

    left: int = MAX_ALIASED

    def spend(self, count: int, mark: Mark) -> None:
        """Take ``count`` from the budget; ``Stop`` where it is used up."""
        self.left -= count
        if self.left < 0:
            message = f"aliases expand to more than {MAX_ALIASED:,} values"
            raise Stop(Problem(message, mark, hint="write the values out, or use a *.yaml.j2 template"))


@dataclass(slots=True)
class Scalar:
    """A string, number, bool or null; ``raw`` is the source text of a plain one that is not a string."""

    mark: Mark
    value: Value
    raw: str | None = None
    plain: bool = False


@dataclass(slots=True)
class Edge:
    """From a collection to a value in it; ``mark`` is where the value (or its alias) stands."""

    node: Node
    mark: Mark
    aliased: bool = False
    key_mark: Mark | None = None


@dataclass(slots=True)
class Sequence:
    """A list. ``open`` until its end was read: an alias to an open node is a loop."""

    mark: Mark
    items: list[Edge] = field(default_factory=list)
    open: bool = True


@dataclass(slots=True)
class Map:
    """A mapping: its own entries first, then what ``<<`` adds."""

    mark: Mark
    entries: dict[str, Edge] = field(default_factory=dict)
    open: bool = True


Node = Scalar | Sequence | Map


def too_deep(mark: Mark) -> Stop:
    """The end of a file that nests without end."""
    return Stop(Problem(f"nested more than {MAX_DEPTH} levels deep", mark))
