"""What a run of ``ci apply`` finds out on its way, and tells at its end, however it ends: on the page, in annotations, in comments."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from hfops.cli.applying import REFUSED
from hfops.cli.ci.host import Run, Service
from hfops.cli.ci.outcome import Outcome, post
from hfops.cli.ci.place import Place
from hfops.cli.ci.shared import BUG
from hfops.cli.ci.workflow import SUMMARY, add_summary, annotate
from hfops.cli.output import redact, say
from hfops.model.outcome import Result
from hfops.model.problem import HfopsError
from hfops.model.source import Mark
from hfops.report.annotations import Annotation, of_problems
from hfops.report.build import plan_view
from hfops.report.failed import not_applied, problems_of
from hfops.report.markdown import markdown
from hfops.report.model import Report, masked

UNSENT = "Nothing of it was applied."


@dataclass
class Account:
    """One run. ``pulls``: the requests that it is about. ``reasons``: why some of their plans do not count.

    ``earlier``: requests merged before whose plans still hold something, and the addresses in these.
    ``left``: something was not reviewed. ``places``: the manifests' lines, by address. ``quiet``: standard output is for
    programs.
    """

    run: Run
    place: Place
    comments: bool
    quiet: bool
    pulls: list[int] = field(default_factory=list)
    earlier: dict[int, frozenset[str]] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    left: bool = False
    places: dict[str, Mark | None] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)

    def leave(self) -> None:
        """Note that something is left, and say why plans do not count: where nothing is left, nobody would ask."""
        self.left = True
        for reason in self.reasons:
            say(f"warning: {reason}")

    def ended(self, code: int, made: Report) -> None:
        """Tell what became of it; ``made`` is what there was to do."""
        outcome = self._outcome(code, made)
        self._page(_page(outcome, made))
        self._annotate(outcome.annotations(self.places))
        if self.comments and not outcome.silent:
            about = {str(one["address"]) for one in outcome.told}
            earlier = [pull for pull, addresses in self.earlier.items() if addresses & about]
            post(self.run, self.place, [*self.pulls, *earlier], outcome.render)

    def failed(self, error: Exception) -> None:
        """Tell of an error that ended it: what an older run said would else be believed of this one."""
        known = error if isinstance(error, HfopsError) else HfopsError(BUG)
        problems = problems_of(known, redact)
        said = UNSENT if known is error else ""
        self._page(not_applied(problems, said=said))
        self._annotate(of_problems(problems))
        if self.comments:
            log = f"The [job]({self.run.url}) has the whole log." if self.run.url else ""
            said = " ".join(part for part in (said, log) if part)
            post(
                self.run, self.place, self.pulls,
                lambda marker, limit: not_applied(problems, marker=marker, said=said, limit=limit),
            )  # fmt: skip

    def _outcome(self, code: int, made: Report) -> Outcome:
        told = [one.to_json() for result in self.results for one in result.told]
        stopped = [result.error for result in self.results if result.error]
        refused = [str(r["message"]) for r in made.refusals] if code == REFUSED else []
        return Outcome(code, told, [*stopped, *refused], self.reasons if self.left else ())

    def _annotate(self, annotations: Sequence[Annotation]) -> None:
        if self.run.service is Service.GITHUB:
            annotate(self.place, annotations, err=self.quiet)

    def _page(self, text: str) -> None:
        """Add to the job's page; that it cannot be written changes nothing of what was done."""
        try:
            add_summary(os.environ, redact(text))
        except HfopsError as error:
            say(f"warning: {error}")


def _page(outcome: Outcome, made: Report) -> str:
    """The job's page: what became of it, and below that what was planned."""
    half = SUMMARY // 2
    view = plan_view(masked(made, redact))
    # Beside what was left, a plan of nothing would read as if all were well.
    left_alone = outcome.told and not any(group.acts for group in view.groups)
    plan = "" if left_alone else markdown(view, limit=half)
    return f"{outcome.page(half)}\n{plan}"
