"""What a run goes by: the project file's settings, merged with the chosen environment's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import Field

from hfops.manifest.strict import StrictModel

UNNAMED: Final = "project"
"""What a project without a name is called in its ledger."""

DEFAULT_LEDGER: Final = "file://.hfops/ledger.json"


class Safety(StrictModel):
    """Limits on one apply. The increase is in dollars an hour; no value, no limit."""

    max_deletes: int = Field(default=5, ge=0)
    max_delete_percent: float = Field(default=25, ge=0, le=100)
    max_hourly_increase: float | None = Field(default=None, ge=0)
    webhook_hosts: tuple[str, ...] | None = None


class References(StrictModel):
    """Which environment variables may be read outside secret fields, as globs."""

    env: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settings:
    """The settings in effect. ``environment`` is None where the project declares none."""

    namespace: str | None = None
    ledger: str = DEFAULT_LEDGER
    vars: Mapping[str, Any] = field(default_factory=dict)
    prune: bool = False
    safety: Safety = field(default_factory=Safety)
    ignore: tuple[str, ...] = ()
    unmanaged: str = "report"
    references: References = field(default_factory=References)
    name: str = UNNAMED
    environment: str | None = None
    policies: tuple[Any, ...] = ()
