"""``hfops explain``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hfops.cli.completing import complete_field

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hfops.engine.explain import Brief, Explanation

HELP = """Say what a document or a field is: type, values, default, limits, and the call of the Hub behind it.

\b
  hfops explain                            all documents
  hfops explain Space                      its fields
  hfops explain Space.volumes.mountPath    one of them
  hfops explain lifecycle                  what all kinds share (or Model.lifecycle)
  hfops explain Project.policies --format json
"""
WIDTH = 100


@click.command(help=HELP)
@click.argument("what", metavar="KIND[.FIELD…]", required=False, shell_complete=complete_field)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(what: str | None, form: str) -> int:
    """See HELP."""
    from hfops.cli.output import out, out_json
    from hfops.engine.explain import documents, explain

    if what is None:
        found = documents()
        if form == "json":
            out_json([d.to_json() for d in found], indent=2)
        else:
            out("\n".join(_listed(found)))
        return 0
    explanation = explain(what)
    if form == "json":
        out_json(explanation.to_json(), indent=2)
    else:
        out("\n".join(_lines(explanation)))
    return 0


def _lines(found: Explanation) -> Iterator[str]:
    import textwrap

    from hfops.report.words import value_text

    yield f"{found.path}{'  (required)' if found.required else ''}"
    yield from textwrap.wrap(found.description, WIDTH, initial_indent="  ", subsequent_indent="  ")
    facts = {
        "type": found.type,
        "values": ", ".join(value_text(v) for v in found.values),
        "default": "" if found.default is None else value_text(found.default),
        "limits": "; ".join(found.limits),
        "Hub": found.hub,
    }
    yield ""
    yield from (f"  {name:<8} {text}" for name, text in facts.items() if text)
    if found.fields:
        yield ""
        yield from _forms(found) if found.either else _listed(found.fields)


def _forms(found: Explanation) -> Iterator[str]:
    """The fields of each form by themselves: what one requires, the others need not have."""
    known = {f.name: f for f in found.fields}
    width = max(map(len, known))
    for index, names in enumerate(found.either):
        yield "or" if index else "either"
        yield from _listed([known[n] for n in names], width)


def _listed(fields: Sequence[Brief], width: int = 0) -> Iterator[str]:
    width = width or max(len(f.name) for f in fields)
    for field in fields:
        sort = "" if field.type == "document" else f"{field.type}{', required' if field.required else ''}: "
        yield f"  {field.name:<{width}}  {sort}{field.description}"
