"""``hfops init``."""

from __future__ import annotations

from pathlib import Path

import click

HELP = """Begin a project: hfops.yaml, .gitignore, and an example manifest with a word on every field. Nothing is sent.

\b
  hfops init --namespace acme        in this folder
  hfops init hub --namespace acme    in another one

Nothing that is there is overwritten. To begin with what already lives on the Hub: hfops import acme
"""

PLACEHOLDER = "my-namespace"
EXAMPLE = "models.yaml"
MANIFEST = """\
apiVersion: hfops/v1
kind: Model
metadata:
  name: {namespace}/hello            # the repository's id
  labels:
    team: demo                       # for --selector; never sent to the Hub
spec:
  visibility: private                # or public
  gated: false                       # or auto, manual: who downloads it has to ask for access
  # resourceGroup: research          # one of the organisation's resource groups, by name
  # tags:
  #   - {{name: v1.0, revision: main}}
  # card:
  #   metadata: {{license: apache-2.0, pipeline_tag: text-classification}}
  # files:
  #   - {{path: config.json, from: {{file: ./config.json}}}}
# lifecycle:
#   preventDestroy: true             # deleting it is refused
"""


@click.command(help=HELP)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option("--namespace", metavar="NAME", help="Your user name, or an organisation's.")
@click.option("--name", metavar="NAME", help="The project's name (default: the namespace).")
def command(folder: Path, namespace: str | None, name: str | None) -> int:
    """See HELP."""
    from hfops.cli.output import out, say
    from hfops.engine.importing import scaffold
    from hfops.engine.importing.store import create
    from hfops.manifest.files import PROJECT_FILE

    home = namespace or PLACEHOLDER
    _check(folder, home)
    schemas = folder / scaffold.SCHEMAS
    scaffold.add_schemas(schemas, ["Model"])
    scaffold.add_ignored(folder)
    line = scaffold.schema_line(folder / PROJECT_FILE, schemas, [scaffold.PROJECT])
    scaffold.add_project(folder, scaffold.project_text(name or home, home, line))
    head = f"# yaml-language-server: $schema={scaffold.schema_line(folder / EXAMPLE, schemas, ['Model'])}\n"
    create(folder / EXAMPLE, head + MANIFEST.format(namespace=home))
    out(f"wrote {folder / PROJECT_FILE}, {folder / '.gitignore'}, {folder / EXAMPLE}")
    if namespace is None:
        say(f"note: replace {PLACEHOLDER} in both files by your user name, or an organisation's")
    out(f"Next: hfops plan{'' if folder == Path() else f' {folder}'}")
    return 0


def _check(folder: Path, namespace: str) -> None:
    """Raise HfopsError before anything is written."""
    from hfops.kinds.repo.names import bad_id_part
    from hfops.manifest.files import PROJECT_FILE
    from hfops.model.problem import HfopsError

    if why := bad_id_part(namespace):
        raise HfopsError(f"--namespace {namespace!r}: it {why}")
    for file in (PROJECT_FILE, EXAMPLE):
        if (folder / file).exists():
            raise HfopsError(f"{folder / file} is there already: nothing was written")
