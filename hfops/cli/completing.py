"""What a shell completes: fields to explain, environments, risks, and the addresses that the manifests here describe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path


def complete_field(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Documents, then fields, one step at a time; those of ``spec`` with that word and without, as they are taken."""
    del ctx, param
    from hfops.engine.explain import SPEC, paths

    depth = incomplete.count(".")
    wanted = incomplete.casefold()
    forms = (form for p in paths() for form in (p, p.replace(f".{SPEC}.", ".", 1)))
    return list(dict.fromkeys(f for f in forms if f.count(".") == depth and f.casefold().startswith(wanted)))


def complete_environment(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The environments that hfops.yaml declares."""
    del param
    return [name for name in _environments(_paths(ctx)) if name.startswith(incomplete)]


def complete_risk(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The risks that can be consented to; after ``RISK=``, the addresses."""
    from hfops.model.risk import RiskKind

    risk, equals, address = incomplete.partition("=")
    if equals:
        return [f"{risk}={found}" for found in complete_address(ctx, param, address)]
    return [k.value for k in RiskKind if k.needs_consent and k.value.startswith(risk.casefold())]


def complete_address(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Addresses that the manifests of the current folder describe. What is wrong with them is no matter here.

    Where there are environments and none was named, those of the first: names differ between them by little.
    """
    del param
    from hfops.cli.options import Options
    from hfops.cli.session import open_session
    from hfops.model.problem import HfopsError

    paths = _paths(ctx)
    env = ctx.params.get("env") or next(iter(_environments(paths)), None)
    try:
        found = open_session(paths, Options(env=env)).inventory.resources
    except HfopsError:
        return []
    return [str(r.address) for r in found if str(r.address).casefold().startswith(incomplete.casefold())]


def _paths(ctx: click.Context) -> tuple[Path, ...]:
    """Where the command was told to look."""
    return tuple(ctx.params.get("paths") or ())


def _environments(paths: tuple[Path, ...]) -> list[str]:
    """As they are declared, the first one first; none where the project file cannot be read."""
    from pathlib import Path

    from hfops.manifest.files import find_root
    from hfops.manifest.project import load_project
    from hfops.model.problem import HfopsError

    try:
        project = load_project(find_root(paths[0] if paths else Path()))
    except HfopsError:
        return []
    return list(project.spec.environments) if project else []
