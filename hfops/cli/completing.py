"""What a shell completes: fields to explain, and the addresses that the manifests here describe."""

from __future__ import annotations

import click


def complete_field(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Documents, then fields, one step at a time; those of ``spec`` with that word and without, as they are taken."""
    del ctx, param
    from hfops.engine.explain import SPEC, paths

    depth = incomplete.count(".")
    wanted = incomplete.casefold()
    forms = (form for p in paths() for form in (p, p.replace(f".{SPEC}.", ".", 1)))
    return list(dict.fromkeys(f for f in forms if f.count(".") == depth and f.casefold().startswith(wanted)))


def complete_address(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Addresses that the manifests of the current folder describe. What is wrong with them is no matter here."""
    del param
    from hfops.cli.options import Options
    from hfops.cli.session import open_session
    from hfops.model.problem import HfopsError

    try:
        found = open_session((), Options(env=ctx.params.get("env"))).inventory.resources
    except HfopsError:
        return []
    return [str(r.address) for r in found if str(r.address).casefold().startswith(incomplete.casefold())]
