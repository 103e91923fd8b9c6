"""One import: what was read becomes files, beside what is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hfops.engine.importing import scaffold
from hfops.engine.importing.ask import Order
from hfops.engine.importing.grouping import grouped
from hfops.engine.importing.harvest import Harvest, Imported
from hfops.engine.importing.layout import ENDING, File, files
from hfops.engine.importing.store import make_folder, write_new
from hfops.manifest.defaults import Default
from hfops.manifest.files import PROJECT_FILE
from hfops.model.resource import Resource

DEFAULTS_FILE = "defaults"


@dataclass(frozen=True, slots=True)
class Home:
    """Where manifests go: ``folder``, below ``root``. ``fresh``: there is no project yet, neither its file nor a ledger."""

    root: Path
    folder: Path
    schemas: Path
    fresh: bool
    described: tuple[Resource, ...] = ()
    defaults: tuple[Default, ...] = ()


@dataclass(slots=True)
class Written:
    """What was written: files with how many resources of which kind they describe, and what else."""

    manifests: list[tuple[Path, dict[str, int]]] = field(default_factory=list)
    project: bool = False
    ignored: list[str] = field(default_factory=list)


def write(harvest: Harvest, order: Order, home: Home) -> Written:
    """Write all that is complete, each file whole or not at all. Raises HfopsError."""
    out = Written()
    make_folder(home.folder)
    made = list(_files(harvest, order, home))
    if home.fresh:
        out.project = scaffold.add_project(home.root, _project(harvest, order, home))
    out.ignored = scaffold.add_ignored(home.root)
    if made:
        scaffold.add_schemas(home.schemas, dict.fromkeys(kind for file in made for kind in file.kinds))
    for file in made:
        schema = scaffold.schema_line(home.folder / f"{file.stem}{ENDING}", home.schemas, file.kinds)
        path = write_new(home.folder, file.stem, ENDING, file.text(schema))
        out.manifests.append((path, _counts(file)))
    return out


def _files(harvest: Harvest, order: Order, home: Home) -> Sequence[File]:
    """The files; with Defaults where they are asked for, and everything they would be about was read."""
    if not order.group or harvest.stopped is not None:
        return list(files(harvest.done, order))
    lean, defaults = grouped(harvest.done, home.described, home.defaults)
    shared = [File(DEFAULTS_FILE, tuple(defaults))] if defaults else []
    return [*shared, *files(lean, order)]


def _project(harvest: Harvest, order: Order, home: Home) -> str:
    told = {one.address.namespace.casefold(): one.address.namespace for one in harvest.done}
    named = [told.get(t.namespace.casefold(), t.namespace) for t in order.targets]
    namespaces = list(dict.fromkeys(named))
    alone = namespaces[0] if len(namespaces) == 1 else None
    schema = scaffold.schema_line(home.root / PROJECT_FILE, home.schemas, [scaffold.PROJECT])
    variables = sorted({name for one in harvest.done for name in _variables(one)})
    return scaffold.project_text(alone or "-".join(namespaces)[:60], alone, schema, variables)


def _variables(one: Imported) -> list[str]:
    """The variables that its manifest reads outside secret fields."""
    return list(one.portrait.reads_env.values())


def _counts(file: File) -> dict[str, int]:
    return {kind: sum(doc.count for doc in file.docs if doc.kind == kind) for kind in file.kinds}
