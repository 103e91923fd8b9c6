"""GitHub Actions' own channels: annotations, the job's summary, and the outputs of a step."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import click

from hfops.cli.ci.place import Place, placed
from hfops.model.problem import HfopsError
from hfops.report.annotations import Annotation, Severity

SHOWN = 10
"""Annotations of one severity that GitHub shows of a step."""

SUMMARY = 300_000
"""UTF-16 code units of a job's summary: at three bytes each, within GitHub's 1 MiB."""


def commands(annotations: Sequence[Annotation]) -> Iterator[str]:
    """The runner's commands, the first ones of each severity and a word on the rest."""
    for severity in Severity:
        alike = [a for a in annotations if a.severity is severity]
        yield from map(_command, alike[:SHOWN] if len(alike) <= SHOWN else alike[: SHOWN - 1])
        if len(alike) > SHOWN:
            more = f"{len(alike) - SHOWN + 1} more of this kind; the job's summary has them"
            yield _command(Annotation(severity, "more", "hfops", more))


def annotate(place: Place, annotations: Sequence[Annotation], *, err: bool = False) -> None:
    """Print them as commands; ``err``: where standard output is for programs."""
    for line in commands(placed(place, annotations)):
        # Not through ``out``: these are commands to the runner, each made harmless in its parts.
        click.echo(line, err=err)


def _command(annotation: Annotation) -> str:
    where = annotation.where
    properties = {"file": where.file, "line": where.line, "col": where.column} if where else {}
    text = ",".join(f"{k}={_property(str(v))}" for k, v in (properties | {"title": annotation.title}).items())
    return f"::{annotation.severity.value} {text}::{_data(annotation.message)}"


def _data(text: str) -> str:
    # A file's name need not be text.
    text = text.encode("utf-8", "backslashreplace").decode()
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def add_summary(environ: Mapping[str, str], text: str) -> None:
    """Add to the page of the job."""
    _append(environ, "GITHUB_STEP_SUMMARY", lambda: f"{text}\n")


def set_outputs(environ: Mapping[str, str], outputs: Iterable[tuple[str, str]]) -> None:
    """Outputs of the step. No value can end its own block: how it ends is drawn by lot."""

    def block() -> str:
        end = f"end_{secrets.token_hex(16)}"
        return "".join(f"{name}<<{end}\n{value}\n{end}\n" for name, value in outputs)

    _append(environ, "GITHUB_OUTPUT", block)


def _append(environ: Mapping[str, str], name: str, text: Callable[[], str]) -> None:
    if path := environ.get(name, ""):
        try:
            with Path(path).open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text())
        except OSError as error:
            raise HfopsError(f"{name}: {path}: {error.strerror}") from None
