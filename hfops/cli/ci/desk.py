"""Where a run's findings go: files, annotations, the job's page, a step's outputs, and the one comment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from hfops.cli.ci.folder import MARKDOWN, PLAN, QUALITY, Folder
from hfops.cli.ci.forge import Forge, Posted, forge
from hfops.cli.ci.host import Run, Service
from hfops.cli.ci.place import Place, placed
from hfops.cli.ci.widgets import code_quality
from hfops.cli.ci.workflow import SUMMARY, add_summary, annotate, set_outputs
from hfops.cli.output import redact, say
from hfops.model.problem import HfopsError
from hfops.report.annotations import Annotation
from hfops.report.markdown import LIMIT
from hfops.report.words import json_text

COMMENTS = ("always", "changes", "never")
"""When to comment. ``changes``: not where there is nothing to do, unless there is a comment to bring up to date."""

Render = Callable[[str, int], str]
"""Markdown that begins with a marker, within so many characters."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a run found. ``files`` are texts by name; ``empty``: there is nothing to do."""

    render: Render
    annotations: Sequence[Annotation] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """One run's channels. ``folder`` is where its files go, ``comments`` one of ``COMMENTS``.

    Call ``clear`` before anything that may fail: what an older run, or the tree itself, left in the folder would else
    be kept as this run's result.
    """

    run: Run
    place: Place
    folder: Path
    comments: str = "always"

    def clear(self) -> None:
        """Empty the folder of results that are none of this run's. Raises HfopsError."""
        self._folder.clear()

    def give(self, findings: Findings) -> None:
        """Everything to everywhere. Raises HfopsError at the end where a channel failed; the others were served."""
        saved: list[Path] = []
        files, outputs = partial(self._files, saved), partial(self._outputs, saved)
        channels = (files, self._annotate, outputs, self._page, self._comment)
        failed = [error for error in (_tried(channel, findings) for channel in channels) if error]
        for error in failed[1:]:
            say(f"error: {error}")
        if failed:
            raise failed[0]

    @property
    def _folder(self) -> Folder:
        return Folder(self.place, self.folder)

    def _files(self, saved: list[Path], findings: Findings) -> None:
        texts = dict(findings.files) | {MARKDOWN: redact(findings.render("", LIMIT))}
        if self.run.service is Service.GITLAB:
            texts[QUALITY] = json_file(code_quality(placed(self.place, findings.annotations)))
        saved += self._folder.write(texts)
        say(f"saved to {self.folder}: {', '.join(sorted(texts))}")

    def _annotate(self, findings: Findings) -> None:
        if self.run.service is Service.GITHUB:
            annotate(self.place, findings.annotations)

    def _page(self, findings: Findings) -> None:
        if self.run.service is Service.GITHUB:
            add_summary(os.environ, redact(findings.render("", SUMMARY)))

    def _outputs(self, saved: Sequence[Path], findings: Findings) -> None:
        """What the step tells the next ones: only files that this run wrote itself are there to be kept."""
        if self.run.service is not Service.GITHUB:
            return
        plan = str(self.folder / PLAN) if any(path.name == PLAN for path in saved) else ""
        kept = {
            "plan": plan,
            "artifact": self.place.artefact if saved else "",
            "files": "\n".join(map(str, saved)),
        }
        set_outputs(os.environ, {**findings.outputs, **kept}.items())

    def _comment(self, findings: Findings) -> None:
        if self.run.pull is None or self.comments == "never":
            return
        found = forge(self.run, os.environ)
        if found is None:
            say("warning: no comment: there is no token to comment with (docs/ci.md)")
            return
        create = self.comments == "always" or not findings.empty
        with found:
            render = stamped(findings.render, self.run.head)
            comment(found, self.run.pull, self.place.marker, render, create=create)


def stamped(render: Render, commit: str) -> Render:
    """With the commit that it is about, at the end: a reader sees whether it is the last one."""
    foot = f"\n<sub>For {commit}</sub>\n"
    return lambda marker, limit: render(marker, limit - len(foot)) + foot


def comment(found: Forge, number: int, marker: str, render: Render, *, create: bool = True) -> None:
    """Put what ``render`` makes into the one comment. Raises ForgeError."""
    # The marker holds no secret, and a secret that is a part of it must not make it another one.
    body = marker + redact(render(marker, found.limit).removeprefix(marker))
    posted = found.put_comment(number, marker, body, create=create)
    said = {
        Posted.CREATED: "posted",
        Posted.UPDATED: "brought up to date",
        Posted.SAME: "up to date already",
        Posted.NONE: "none is there, and none needed",
    }
    say(f"comment on {number}: {said[posted]}")


def _tried(channel: Callable[[Findings], None], findings: Findings) -> HfopsError | None:
    try:
        channel(findings)
    except HfopsError as error:
        return error
    return None


def json_file(data: Any) -> str:
    """A file for programs; its texts are masked already."""
    return json_text(data, indent=2) + "\n"
