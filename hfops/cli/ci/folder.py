"""The folder that a run saves into: emptied of what an older run left, never through a link that a tree brought along."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hfops.cli.ci.place import Place
from hfops.model.problem import HfopsError

PLAN = "plan.json"
REPORT = "report.json"
MARKDOWN = "report.md"
HTML = "report.html"
QUALITY = "gl-code-quality-report.json"
COUNTS = "tfplan.json"
NAMES = (PLAN, REPORT, MARKDOWN, HTML, QUALITY, COUNTS)
"""All that ``ci plan`` ever writes."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Where files go. A tree may hold a folder of that name itself, and a machine may keep an older run's."""

    place: Place
    path: Path

    def clear(self) -> None:
        """Remove what is there under our names: what a run does not write itself is no result of its. Raises HfopsError."""
        self._refuse_links()
        try:
            for name in NAMES:
                (self.path / name).unlink(missing_ok=True)
        except NotADirectoryError:
            raise self._broken("it is no folder") from None
        except OSError as error:
            raise self._broken(f"{error.filename}: {error.strerror}") from None

    def write(self, texts: Mapping[str, str]) -> list[Path]:
        """Files by name, each whole or not at all; their absolute paths. Raises HfopsError."""
        self._refuse_links()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            return [self._write(name, text) for name, text in texts.items()]
        except OSError as error:
            raise self._broken(str(error.strerror)) from None

    def _write(self, name: str, text: str) -> Path:
        """Renamed into its place, so that a link of that name is replaced and not followed."""
        path = self.path.absolute() / name
        temporary = path.with_name(f".{name}.{secrets.token_hex(8)}.tmp")
        try:
            # Names of files may be no Unicode; a report of them is all the same.
            with temporary.open("x", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        return path

    def _refuse_links(self) -> None:
        if link := self.place.link_to(self.path):
            raise self._broken(
                f"{link} is a link inside the checkout, and is not followed; name a real folder"
            )

    def _broken(self, why: str) -> HfopsError:
        return HfopsError(f"--out {self.path}: {why}")
