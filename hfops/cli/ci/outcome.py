"""What became of an apply, told under the pull requests whose plans it went by: that is where reviewers look."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hfops.cli.ci.desk import Render, comment, stamped
from hfops.cli.ci.forge import Forge, forge
from hfops.cli.ci.host import Run
from hfops.cli.ci.place import Place
from hfops.cli.output import say
from hfops.model.problem import HfopsError
from hfops.model.source import Mark
from hfops.report.annotations import Annotation, Severity
from hfops.report.applied import LEFT, applied
from hfops.report.results import GOOD
from hfops.report.words import clean


@dataclass(frozen=True, slots=True)
class Outcome:
    """An apply's exit code, and what became of each resource, in its JSON form.

    ``errors``: what ended the run, or what it was refused for. ``reasons``: why plans did not count.
    """

    code: int
    told: Sequence[Mapping[str, Any]]
    errors: Sequence[str] = ()
    reasons: Sequence[str] = ()

    @property
    def silent(self) -> bool:
        """Whether there was nothing to do, which is no news to anybody."""
        return self.code == 0 and not self.told

    def page(self, limit: int) -> str:
        """It as Markdown."""
        return applied(self.code, self.told, limit, (*self.errors, *self.reasons))

    def render(self, marker: str, limit: int) -> str:
        """The comment."""
        return f"{marker}\n{self.page(limit - len(marker) - 1)}"

    def annotations(self, places: Mapping[str, Mark | None]) -> tuple[Annotation, ...]:
        """What is not as wanted; ``places`` are the manifests' lines, by address."""
        return (
            *(Annotation(Severity.ERROR, "apply", "hfops: apply", clean(text)) for text in self.errors),
            *(_annotation(one, places) for one in self.told if one["status"] not in GOOD),
            *(Annotation(Severity.WARNING, "unreviewed", "hfops: plan", clean(r)) for r in self.reasons),
        )


def _annotation(outcome: Mapping[str, Any], places: Mapping[str, Mark | None]) -> Annotation:
    status, address = str(outcome["status"]), str(outcome["address"])
    first = str(outcome.get("message", "")).split("\n", 1)[0]
    said = f"{address}: {status.replace('_', ' ')}" + (f": {first}" if first else "")
    severity = Severity.WARNING if status in LEFT | {"unready"} else Severity.ERROR
    return Annotation(severity, status, "hfops: apply", clean(said), places.get(address))


def post(run: Run, place: Place, pulls: Iterable[int], render: Render) -> None:
    """A comment of its own under each, brought up to date by the next run. That one fails changes nothing: a warning."""
    pulls = dict.fromkeys(pulls)
    if not pulls:
        return
    try:
        found = forge(run, os.environ)
        if found is None:
            return
        with found:
            for pull in pulls:
                _post_one(found, run, pull, place.applied, render)
    except HfopsError as error:
        say(f"warning: what became of it is not told under the {run.service.request}: {error}")


def _post_one(found: Forge, run: Run, pull: int, marker: str, render: Render) -> None:
    """The comment under one: that it cannot be told there, a locked one perhaps, keeps it from no other."""
    try:
        comment(found, pull, marker, stamped(render, run.head))
    except HfopsError as error:
        where = f"{run.service.request} {run.service.named(pull)}"
        say(f"warning: what became of it is not told under the {where}: {error}")
