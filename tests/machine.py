"""What a run takes from a machine, for tests: an environment, files under a root, and uploads that are not expected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from hfops.engine.apply.contents import Contents
from hfops.engine.apply.run import Machine
from hfops.engine.apply.uploads import Uploader
from hfops.engine.apply.values import exported_now
from hfops.engine.inventory import Inventory
from hfops.engine.vault import RunVault
from hfops.hub.config import Settings
from hfops.hub.connection import Connections
from hfops.hub.redact import Redactor
from hfops.hub.sources import fetch
from hfops.hub.token import Token
from hfops.kinds.base import HubView
from hfops.manifest.local import NOWHERE, Local
from hfops.manifest.references import Resolver


def vault_of(
    inventory: Inventory,
    environ: Mapping[str, str],
    *,
    view: HubView | None = None,
    local: Local = NOWHERE,
    token: str = "hf_sandbox",
    allowed: tuple[str, ...] = ("APP_*",),
    redact: Callable[[str], object] | None = None,
) -> RunVault:
    """The values of a run with this environment."""
    resolver = Resolver(local, environ, allowed, redact or Redactor().add, token)
    return RunVault(
        resolver,
        inventory.resources,
        run_commands=False,
        ledger_key=None,
        exports=lambda reference: exported_now(view.reads, reference) if view else None,
    )


def machine_of(vault: RunVault, connections: Connections, url: str, local: Local = NOWHERE) -> Machine:
    """The whole machine."""
    settings = Settings(endpoint=url, endpoints_api=f"{url}/v2")
    contents = Contents(local, connections.reader, fetch)
    return Machine(vault, contents, Uploader(settings, Token("hf_sandbox", "test"), contents))


def root_of(folder: Path) -> Local:
    """The files of a project folder."""
    return Local(folder)
