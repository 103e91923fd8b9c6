"""What comparing a wanted file takes beyond what its source says: ids that are missing, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any, TypeVar

from hfops.hub.sources import SourceError
from hfops.kinds.repo.content.attributes import (
    ATTRIBUTES,
    COMMIT_LIMIT,
    FRESH,
    REGULAR_LIMIT,
    Tracked,
    is_text,
)
from hfops.kinds.repo.content.card import README
from hfops.kinds.repo.content.downloads import Downloads
from hfops.kinds.repo.content.gather import problem
from hfops.kinds.repo.content.seen import Want, Wanted
from hfops.kinds.repo.tree import LiveContent, same, sized
from hfops.manifest.local import LocalError
from hfops.model.late import Download, HubFile
from hfops.model.problem import Problem
from hfops.model.resource import Resource

EXTRA = "huggingface_hub"

T = TypeVar("T")


def merges_readme(wanted: Wanted) -> bool:
    """Whether a source provides the README.md that the card is merged into."""
    return wanted.carded and README in wanted.files


def remembered(wanted: Wanted, recorded: Mapping[str, Any]) -> Wanted:
    """Files from the web with the blob ids they had when the ledger saw them last."""
    files = {p: _remembered(w, recorded.get(p)) for p, w in wanted.files.items()}
    return replace(wanted, files=files)


def _remembered(want: Want, known: Any) -> Want:
    if not isinstance(want.source, Download) or not isinstance(known, Mapping):
        return want
    blob = known.get("blobId")
    return (
        replace(want, blob_id=blob) if known.get("sha256") == want.sha256 and isinstance(blob, str) else want
    )


@dataclass(frozen=True, slots=True)
class Classifier:
    """Completes the files of one manifest. ``content`` is None for a repository that is to be created."""

    resource: Resource
    content: LiveContent | None
    attributes: str | None
    downloads: Downloads

    def complete(self, wanted: Wanted) -> Wanted:
        """With every file that differs known by its bytes, and sent the way the Hub wants it."""
        problems: list[Problem] = []
        tracked = self._tracked(wanted, problems)
        files = {
            p: self._tried(w, problems, lambda w: self._completed(w, tracked))
            for p, w in wanted.files.items()
        }
        readme = None
        if merges_readme(wanted):
            readme = self._tried(wanted.files[README], problems, self.downloads.bytes_of)
        if problems:
            return replace(wanted, problems=(*wanted.problems, *problems))
        wanted = replace(wanted, files={p: w for p, w in files.items() if w}, readme=readme)
        return replace(wanted, problems=tuple(self._limits(wanted)))

    def _tried(self, want: Want, problems: list[Problem], read: Callable[[Want], T]) -> T | None:
        """What reading a source gave; None, and a problem of its entry, where it cannot be read."""
        try:
            return read(want)
        except (SourceError, LocalError) as error:
            problems.append(problem(self.resource, want.entry, str(error), error.hint))
            return None

    def _tracked(self, wanted: Wanted, problems: list[Problem]) -> Tracked:
        """What the .gitattributes will say: the manifest's own, the live one, or a new repository's."""
        if ATTRIBUTES in wanted.files:
            data = self._tried(wanted.files[ATTRIBUTES], problems, self.downloads.bytes_of) or b""
            return Tracked(data.decode("utf-8", errors="replace"))
        return Tracked(FRESH if self.content is None else self.attributes or "")

    def _completed(self, want: Want, tracked: Tracked) -> Want:
        equal = self._equal(want)
        if equal is None:
            want = self.downloads.identified(want)
            equal = self._equal(want)
        return want if equal else self._sent(want, tracked)

    def _equal(self, want: Want) -> bool | None:
        live = self.content.files.get(want.path) if self.content else None
        return False if live is None else same(want, live)

    def _sent(self, want: Want, tracked: Tracked) -> Want:
        """The file as it will be written: whole if small text, else by way of the large file storage."""
        if isinstance(want.source, Download):
            want = self.downloads.identified(want)
        if want.size == 0:
            return replace(want, large=False)
        if want.large or want.path in tracked or (want.size or 0) > REGULAR_LIMIT:
            return replace(want if want.sha256 else self.downloads.identified(want), large=True)
        if isinstance(want.source, HubFile):
            return want  # it is regular where it comes from
        return replace(want, large=not is_text(self.downloads.bytes_of(want)))

    def _limits(self, wanted: Wanted) -> list[Problem]:
        writes = [w for w in wanted.files.values() if not self._equal(w)]
        large = [w for w in writes if w.large]
        regular = sum(w.size or 0 for w in writes if not w.large)
        out = []
        if large and find_spec(EXTRA) is None:
            message = f"{large[0].path} goes into the Hub's large file storage, which needs huggingface_hub"
            out.append(problem(self.resource, large[0].entry, message, "pip install 'hfops[upload]'"))
        if regular > COMMIT_LIMIT:
            where = self.resource.mark(("spec", "files"))
            message = f"{sized(regular)} of small files in one commit, at most {sized(COMMIT_LIMIT)} are sent"
            hint = "spread them over several applies, or send large ones through .gitattributes (filter=lfs)"
            out.append(Problem(message, where, str(self.resource.address), "spec.files", hint))
        return out
