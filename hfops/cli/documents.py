"""Reports as documents: Markdown and HTML, to stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hfops.report.view import View

DOCUMENTS = ("markdown", "html")
FORMATS = ("text", "json", *DOCUMENTS)


def print_document(form: str, view: View) -> None:
    """Print ``view``, whose texts are masked already, in one of ``DOCUMENTS``."""
    from hfops.cli.output import out
    from hfops.report.html import html
    from hfops.report.markdown import markdown

    out((markdown(view) if form == "markdown" else html(view)).rstrip("\n"))
