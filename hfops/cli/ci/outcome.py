"""What became of an apply, told under the pull requests whose plans it went by: that is where reviewers look."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hfops.cli.ci.desk import comment, stamped
from hfops.cli.ci.forge import forge
from hfops.cli.ci.host import Run
from hfops.cli.ci.place import Place
from hfops.cli.output import say
from hfops.model.problem import HfopsError
from hfops.report.applied import applied


@dataclass(frozen=True, slots=True)
class Outcome:
    """An apply's exit code, and what became of each resource, in its JSON form."""

    code: int
    told: Sequence[Mapping[str, Any]]

    @property
    def silent(self) -> bool:
        """Whether there was nothing to do, which is no news to anybody."""
        return self.code == 0 and not self.told

    def render(self, marker: str, limit: int) -> str:
        """The comment."""
        return f"{marker}\n{applied(self.code, self.told, limit - len(marker) - 1)}"


def post(run: Run, place: Place, pulls: Sequence[int], outcome: Outcome) -> None:
    """A comment of its own under each, brought up to date by the next run. The work is done: that one fails is a warning."""
    if outcome.silent or not pulls:
        return
    try:
        found = forge(run, os.environ)
        if found is None:
            return
        with found:
            for pull in pulls:
                comment(found, pull, place.applied, stamped(outcome.render, run.head))
    except HfopsError as error:
        say(f"warning: what became of it is not told under the pull request: {error}")
