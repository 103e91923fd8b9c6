"""Writing values back into manifests: the text around them stays as it is, to the byte.

The text is edited where the parser's marks say that a value stands, and is not printed anew: a library that keeps
comments still lays out again what nobody touched. Every edit is checked: read again, the document is the old data with
the edit, or nothing was changed.
"""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from hfops.manifest.document import Document
from hfops.manifest.editing.document import edited as edited_document
from hfops.manifest.editing.document import read
from hfops.manifest.editing.errors import BY_HAND, EditError
from hfops.manifest.editing.paths import REMOVED, Alike, Edit, Order, Select, Step, exact, same
from hfops.manifest.editing.splice import newline_of
from hfops.manifest.editing.tree import spans
from hfops.manifest.yaml import parse
from hfops.model.source import Mark

__all__ = [
    "BY_HAND",
    "REMOVED",
    "Alike",
    "Edit",
    "EditError",
    "Order",
    "Pages",
    "Select",
    "Step",
    "edited",
    "exact",
]


class Pages:
    """The text of one file, without its byte order mark, as its documents; each is edited by itself.

    Raises EditError for a text with errors. ``file`` is the name that its documents' marks carry.
    """

    def __init__(self, text: str, file: str) -> None:
        found, problems = parse(text, file)
        if problems:
            raise EditError(f"the file has errors: {problems[0]}", "correct them first")
        self._newline = newline_of(text)
        try:
            self._texts = [text[start:end] for start, end in spans(text)]
        except yaml.YAMLError as error:
            raise EditError(f"the file has errors: {error}", "correct them first") from None
        self.documents = {d.index: d for d in found}

    @property
    def text(self) -> str:
        """All documents together."""
        return "".join(self._texts)

    def at(self, place: Mark) -> Document | None:
        """The document, as it was at first, whose first key stands at ``place``."""
        return next((d for d in self.documents.values() if d.mark() == place), None)

    def edit(self, document: Document, edits: Sequence[Edit]) -> None:
        """Make all of ``edits``, or none. Raises EditError."""
        text = self._texts[document.index]
        for one in edits:
            text = edited_document(text, one, self._newline)
        self._texts[document.index] = text

    def data(self, document: Document) -> Document:
        """A document as it is now, by itself: its data are those of the whole file's, its marks are not."""
        return parse(self._texts[document.index], document.file)[0][0]

    def restore(self, document: Document, text: str) -> None:
        """Put back what ``written`` gave."""
        self._texts[document.index] = text

    def written(self, document: Document) -> str:
        """The text of one document."""
        return self._texts[document.index]

    def check(self) -> None:
        """Raise EditError unless all documents together read as they do one by one."""
        found, problems = parse(self.text, "")
        each = {d.index: read(self._texts[d.index]) for d in self.documents.values()}
        if (
            problems
            or {d.index for d in found} != each.keys()
            or not all(same(d.data, each[d.index]) for d in found)
        ):
            raise EditError("the file would not be read as it is meant", BY_HAND)


def edited(text: str, place: Mark, edits: Sequence[Edit]) -> str:
    """``text`` with ``edits`` made in the document whose first key stands at ``place`` (line and column).

    Raises EditError.
    """
    pages = Pages(text, place.file)
    document = pages.at(place)
    if document is None:
        raise EditError("no document begins there", "the file was changed meanwhile: run it again")
    pages.edit(document, edits)
    pages.check()
    return pages.text
