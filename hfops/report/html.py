"""The report as one HTML file that needs nothing else: no request leaves it, and what it shows cannot become markup."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from hfops.model.cost import HOURS_A_MONTH
from hfops.report.said import NAMED
from hfops.report.standing import explained
from hfops.report.svg import graph_of
from hfops.report.text import OP_SIGNS, SIGNS
from hfops.report.view import Verdict, View
from hfops.report.words import clean, cost_range, counted, unverified

TITLES = {
    Verdict.AGREES: "Nothing to do",
    Verdict.LEFT_ALONE: "Nothing to do",
    Verdict.STARTING: "Starting",
    Verdict.DOWN: "Down",
    Verdict.CHANGES: "Changes",
    Verdict.REFUSED: "Refused",
    Verdict.NO_DRIFT: "No drift",
    Verdict.DRIFT: "Drift",
}
ACTIONS = {
    "create": "create",
    "update": "update",
    "replace": "replace",
    "move": "rename",
    "delete": "delete",
    "forget": "forget",
    "none": "no call",
}


def html(view: View) -> str:
    """The file's text."""
    style, script = _source("report.css"), _source("report.js")
    page = _environment().get_template("report.html.j2")
    return page.render(
        view=view,
        title=TITLES[view.verdict],
        graph=graph_of(view),
        mark=explained(view.stops),
        style=Markup(style),  # noqa: S704 - ours, from the package
        script=Markup(script),  # noqa: S704 - ours, from the package
        policy=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; img-src data:; base-uri 'none'; form-action 'none'",
    )


@cache
def _environment() -> Environment:
    """Everything is escaped; what acts on a reader (controls, writing turned round) is shown as a replacement."""
    environment = Environment(
        loader=PackageLoader("hfops.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: clean(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "signs": SIGNS,
        "ops": OP_SIGNS,
        "actions": ACTIONS,
        "counted": counted,
        "unverified": unverified,
        "spans": _spans,
        "cost_range": cost_range,
        "month": HOURS_A_MONTH,
        "named": NAMED,
    }
    return environment


def _spans(text: str) -> Markup:
    """A message, with what stands in backticks as code."""
    parts = (escape(clean(part)) for part in text.split("`"))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else part for index, part in enumerate(parts)
    )


@cache
def _source(name: str) -> str:
    """A file of the package, as it stands."""
    loader = PackageLoader("hfops.report")
    return loader.get_source(_environment(), name)[0]


def _hash(text: str) -> str:
    """What a Content-Security-Policy calls this very text."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
