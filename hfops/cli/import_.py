"""``hfops import``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hfops.cli.options import CONNECT, LEDGER, MANIFEST, gathered, with_options

if TYPE_CHECKING:
    from hfops.cli.session import Session
    from hfops.engine.importing.ask import Order
    from hfops.engine.importing.harvest import Harvest, Lists
    from hfops.engine.importing.run import Home, Written

HELP = """Write manifests for what already lives on the Hub. `hfops plan` right after it is empty.

\b
  hfops import acme                          everything of an organisation, into this folder
  hfops import acme -o hub --split resource  one file each, into hub/
  hfops import Model/acme/sentiment          one resource
  hfops import https://huggingface.co/spaces/acme/demo
  hfops import acme --kind Model --only 'bert-*' --refs tags
  hfops import acme --group                  what many share becomes Defaults

Reads only. What manifests describe already is left out, and no file that is there is changed: running it again goes on
with what is missing. Secrets cannot be read: they are written as {env: NAME}.
"""


@click.command("import", help=HELP)
@click.argument("targets", nargs=-1, required=True, metavar="NAMESPACE|ADDRESS|URL...")
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only this kind, such as Model.")
@click.option("--only", multiple=True, metavar="GLOB", help="Only these names or addresses.")
@click.option("--skip", multiple=True, metavar="GLOB", help="All but these names or addresses.")
@click.option(
    "-o", "--out", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path(),
    help="The folder to write to (default: this one).",
)  # fmt: skip
@click.option(
    "--split", type=click.Choice(["kind", "resource", "group"]), default="kind", show_default=True,
    help="One file for each kind, resource, or resource group.",
)  # fmt: skip
@click.option(
    "--refs", type=click.Choice(["none", "tags", "all"]), default="none", show_default=True,
    help="Also tags, or tags and branches: one more request for each repository.",
)  # fmt: skip
@click.option(
    "--cards", is_flag=True, help="Also the front matter of README.md: one more request for each repository."
)
@click.option(
    "--label", "labels", multiple=True, metavar="LABEL=FIELD",
    help="Label each resource with one of its fields, as in team=resourceGroup.",
)  # fmt: skip
@click.option("--group", is_flag=True, help="Say what many resources share once, as Defaults.")
@click.option(
    "--schemas", type=click.Path(path_type=Path, file_okay=False),
    help="Where the schemas for editors are, or go (default: .schemas beside hfops.yaml).",
)  # fmt: skip
@with_options(MANIFEST, LEDGER, CONNECT)
def command(targets: tuple[str, ...], folder: Path, schemas: Path | None, **given: Any) -> int:
    """See HELP."""
    from hfops.cli.importing import progress, say_lists, say_result, say_stopped
    from hfops.cli.session import open_session
    from hfops.engine.importing.harvest import harvest, survey
    from hfops.engine.importing.run import write

    with open_session([folder], gathered(given)) as session:
        order = _order(session, targets, given)
        home = _home(session, folder, schemas)
        known = _known(session, home)
        lists = survey(order, known, session.view)
        say_lists(lists, known, session)
        _refuse_nothing(lists, order)
        with progress(len(lists.found), session) as tell:
            found = harvest(lists, _allowed(session, home), session.view, tell)
        written = _write(write, found, order, home)
        say_result(written, lists, found, home)
        if found.stopped is not None:
            return say_stopped(found.stopped, written)
    return _code(lists, found)


def _order(session: Session, targets: tuple[str, ...], given: dict[str, Any]) -> Order:
    """The command line, checked. Raises HfopsError."""
    from hfops.engine.importing.ask import Order
    from hfops.engine.importing.target import parse_targets

    return Order(
        targets=parse_targets(targets, session.hub_settings.endpoint),
        kinds=tuple(_kind(name) for name in given["kinds"]),
        only=given["only"],
        skip=given["skip"],
        refs=given["refs"],
        cards=given["cards"],
        split=given["split"],
        labels=tuple(_label(text) for text in given["labels"]),
        group=given["group"],
    )


def _kind(name: str) -> str:
    from hfops.kinds.registry import KINDS
    from hfops.manifest.bind import suggest
    from hfops.model.problem import HfopsError

    if name in KINDS:
        return name
    near = suggest(name, KINDS)
    hint = f"did you mean {near!r}?" if near else f"one of {', '.join(KINDS)}"
    raise HfopsError(f"--kind: unknown kind {name!r} ({hint})")


def _label(text: str) -> tuple[str, str]:
    from hfops.model.problem import HfopsError

    label, sign, field = text.partition("=")
    if not (label and sign and field):
        raise HfopsError(f"--label: expected LABEL=FIELD, as in team=resourceGroup, found {text!r}")
    return label, field


def _home(session: Session, folder: Path, schemas: Path | None) -> Home:
    """The project around the folder, with what its manifests describe. Raises Problems where they are wrong."""
    from hfops.engine.importing.run import Home
    from hfops.engine.importing.scaffold import SCHEMAS
    from hfops.manifest.files import PROJECT_FILE, absolute
    from hfops.manifest.settings import DEFAULT_LEDGER

    ledger = session.root / DEFAULT_LEDGER.removeprefix("file://")
    root, target = session.root, absolute(folder)
    # A ledger without a project file is an unnamed project's: one with a name would be refused its ledger.
    fresh = not (root / PROJECT_FILE).is_file() and not ledger.exists()
    where = absolute(schemas) if schemas else root / SCHEMAS
    if not target.is_dir() and fresh:
        return Home(root, target, where, fresh)
    target.mkdir(parents=True, exist_ok=True)
    found = session.inventory
    return Home(root, target, where, fresh, found.resources, found.defaults)


def _known(session: Session, home: Home) -> Any:
    """What is described already. Without a project there is no ledger to ask."""
    from hfops.engine.importing.known import Known, known

    if home.fresh and not home.described:
        return Known()
    records = {} if home.fresh else session.ledger.records
    where = None if home.fresh else session.ledger.home
    return known(home.described, records, session.view, session.vault, where)


def _allowed(session: Session, home: Home) -> Any:
    """Which variables may be read outside secret fields: a new project file allows those that it needs."""
    from hfops.manifest.globs import matches

    globs = session.settings.references.env
    return lambda name: home.fresh or any(matches(glob, name) for glob in globs)


def _refuse_nothing(lists: Lists, order: Order) -> None:
    """Raise HfopsError where nothing was found at all: a typing error, more likely than an empty namespace."""
    from hfops.model.problem import HfopsError

    if lists.stopped is not None and not lists.found:
        raise lists.stopped
    seen = lists.found or lists.described or lists.narrowed or lists.home
    if not seen and not lists.closed:
        named = ", ".join(
            t.namespace if t.kind is None else f"{t.kind}/{t.namespace}/{t.name}" for t in order.targets
        )
        raise HfopsError(
            f"nothing to import: {named} does not exist, is empty, or is not visible to this token"
        )


def _write(write: Any, found: Harvest, order: Order, home: Home) -> Written | None:
    return write(found, order, home) if found.done else None


def _code(lists: Lists, found: Harvest) -> int:
    """5 where something could not be read, 1 where nothing could."""
    wrong = lists.closed or lists.missing or found.failed
    return 0 if not wrong else 5 if found.done or lists.described else 1
