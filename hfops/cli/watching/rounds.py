"""One round: look, print, report. Whatever goes wrong in it is said, and the next round comes all the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hfops.cli.bug import report_bug
from hfops.cli.output import out_json, print_lines, redact, safe
from hfops.cli.watching.debounce import Batch
from hfops.cli.watching.findings import Finding, Standing, caused, finding_lines, named, why
from hfops.cli.watching.looking import Project, look
from hfops.cli.watching.sending import Sender, Undelivered
from hfops.cli.watching.worker import stamp
from hfops.model.problem import HfopsError, Problems
from hfops.report.words import json_text

LONGEST = 300
"""Characters of an error that the health route shows."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """What the worker calls for each batch. ``say`` writes messages, each with its time."""

    project: Project
    sender: Sender | None
    say: Callable[[str], None]
    as_json: bool = False
    standing: Standing = field(default_factory=Standing)

    def __call__(self, batch: Batch) -> str:
        """Make one round; what went wrong, empty where nothing did. Raises BrokenPipeError where nobody reads."""
        try:
            return self._round(batch)
        except BrokenPipeError:
            raise
        except Problems as error:
            return self._failed(batch, [str(p) for p in error.problems])
        except HfopsError as error:
            return self._failed(batch, [str(error)])
        except Exception as error:  # noqa: BLE001 - a bug in one round must not end all of them
            report_bug(error)
            return self._failed(batch, [f"a bug in hfops: {type(error).__name__}"])

    def _round(self, batch: Batch) -> str:
        found = look(self.project, batch)
        if found is None:
            self.say(f"{why(batch)}: nothing to do: no manifest describes {named(batch.addresses)}")
            return ""
        if found.strange:
            self.say(f"nothing to do: no manifest describes {named(found.strange)}")
        finding = self.standing.found(found, batch, datetime.now(UTC))
        if self.as_json:
            out_json(finding.to_json())
        else:
            print_lines(finding_lines(finding))
        error = self._report(finding)
        if not error:
            self.standing.told(finding)
        return error

    def _report(self, finding: Finding) -> str:
        """Tell somebody far away; what went wrong."""
        if self.sender is None or not finding.news:
            return ""
        try:
            self.sender.send(redact(json_text(finding.to_json())))
        except Undelivered as error:
            self.say(f"error: {error}; it goes out again with the next event")
            return safe(str(error))
        return ""

    def _failed(self, batch: Batch, lines: Sequence[str]) -> str:
        about = named(batch.addresses) or "everything"
        for line in lines:
            self.say(f"error: {about}: {line}")
        self.say(f"{about}: looked at again with the next event")
        if self.as_json:
            out_json(_error(batch, lines))
        return safe(lines[0].partition("\n")[0])[:LONGEST]


def _error(batch: Batch, lines: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "error",
        "at": stamp(datetime.now(UTC)),
        "addresses": [str(a) for a in batch.addresses],
        "errors": list(lines),
        **caused(batch),
    }
