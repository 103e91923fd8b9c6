"""What a run goes by: the project file's settings, merged with the chosen environment's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import Field

from hfops.manifest.policies import PolicyRule, PolicyUse
from hfops.manifest.strict import StrictModel
from hfops.model.source import Mark

UNNAMED: Final = "project"
"""What a project without a name is called in its ledger."""

DEFAULT_LEDGER: Final = "file://.hfops/ledger.json"


class Safety(StrictModel):
    """Limits on one apply. The increase is in dollars an hour; no value, no limit."""

    max_deletes: int = Field(default=5, ge=0, description="How many resources may be deleted.")
    max_delete_percent: float = Field(
        default=25, ge=0, le=100,
        description="How much of what the project owns may be, in percent; counts from 10 resources up.",
    )  # fmt: skip
    max_hourly_increase: float | None = Field(
        default=None, ge=0, description="By how many US$ an hour the bill may rise; default no limit."
    )
    webhook_hosts: tuple[str, ...] | None = Field(
        default=None, description="Globs of hosts that webhooks may be sent to without being asked about."
    )


class References(StrictModel):
    """Which environment variables may be read outside secret fields, as globs."""

    env: tuple[str, ...] = Field(default=(), description="Globs of environment variables' names.")


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry of ``policies``, and where it was written."""

    entry: PolicyRule | PolicyUse
    where: Mark | None = None


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
    policies: tuple[Placed, ...] = ()
