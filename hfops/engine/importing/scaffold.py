"""What a project has besides its manifests: hfops.yaml, .gitignore, and schemas for editors."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hfops.engine.importing.emit import document
from hfops.engine.importing.store import add_lines, create, make_folder
from hfops.engine.schema import schemas
from hfops.kinds.describe import At
from hfops.manifest.envelope import API_VERSION
from hfops.manifest.files import PROJECT_FILE

IGNORED = (".hfops/", "plan.json", ".env", "hfops-report/")
"""What belongs into no repository: the local ledger, saved plans, values of secrets."""

SCHEMAS = ".schemas"
"""Where the schemas go: manifests are not looked for in folders with a dot."""

ANY, PROJECT = "manifest", "Project"
SHARED = "hub://datasets/{}/hfops-ledger  # shared with a team and with CI; without it, a local file"


def schema_line(file: Path, folder: Path, kinds: Sequence[str]) -> str | None:
    """Where the schema of a file with documents of these kinds is, from the file. None where there is none."""
    known = schemas()
    if any(kind not in known for kind in kinds):
        return None
    name = kinds[0] if len(kinds) == 1 else ANY
    return Path(os.path.relpath(folder / f"{name}.schema.json", file.parent)).as_posix()


def add_schemas(folder: Path, kinds: Iterable[str]) -> None:
    """Write the schemas of these kinds that are not there yet. Raises HfopsError."""
    known, wanted = schemas(), list(kinds)
    names = {*known} if len(wanted) > 1 else {*wanted}
    make_folder(folder)
    for name in sorted((names | {PROJECT}) & known.keys() - {"ledger"}):
        create(folder / f"{name}.schema.json", json.dumps(known[name], indent=2, ensure_ascii=False) + "\n")


def project_text(name: str, namespace: str | None, schema: str | None, variables: Sequence[str] = ()) -> str:
    """The text of hfops.yaml. ``variables`` may be read outside secret fields."""
    spec: dict[str, Any] = {"namespace": namespace} if namespace else {}
    spec |= {"references": {"env": sorted(variables)}} if variables else {}
    data = {"apiVersion": API_VERSION, "kind": PROJECT, "metadata": {"name": name}, "spec": spec}
    comments: dict[At, str] = {("spec", "ledger"): SHARED.format(namespace or "NAMESPACE")}
    head = f"# yaml-language-server: $schema={schema}\n" if schema else ""
    return head + document(data, comments)


def add_project(root: Path, text: str) -> bool:
    """Write hfops.yaml where there is none; whether that was so."""
    return create(root / PROJECT_FILE, text)


def add_ignored(root: Path) -> list[str]:
    """Add to .gitignore what it lacks; what was added."""
    target = root / ".gitignore"
    return [] if target.is_symlink() else add_lines(target, IGNORED)
