"""``hfops schema``."""

from __future__ import annotations

import json
from pathlib import Path

import click

HELP = """Print or write the JSON Schemas of all documents, for editors and checks.

\b
  hfops schema Model                 print one
  hfops schema -o schemas            write all

In an editor with the YAML language server, a manifest's first line can name its schema:

\b
  # yaml-language-server: $schema=schemas/manifest.schema.json
"""


@click.command(help=HELP)
@click.argument("name", required=False)
@click.option(
    "-o", "--out", "folder", type=click.Path(path_type=Path, file_okay=False), help="Write all into a folder."
)
def command(name: str | None, folder: Path | None) -> int:
    """See HELP."""
    from hfops.cli.output import out
    from hfops.engine.schema import schemas
    from hfops.manifest.bind import suggest
    from hfops.model.problem import HfopsError

    found = schemas()
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for key, schema in found.items():
            (folder / f"{key}.schema.json").write_text(schema_text(schema), encoding="utf-8")
        out(f"wrote {len(found)} schemas to {folder}")
        return 0
    if name is None:
        out("\n".join(found))
        return 0
    if name not in found:
        near = suggest(name, found)
        raise HfopsError(
            f"no schema {name!r}" + (f" (did you mean {near!r}?)" if near else f"; one of {', '.join(found)}")
        )
    out(schema_text(found[name]).rstrip())
    return 0


def schema_text(schema: object) -> str:
    """The file's text."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
