"""The form of a saved plan's file, checked whole before anything of it is shown or compared."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from hfops.model.address import Address
from hfops.model.change import Action, Cause, Op
from hfops.model.risk import RiskKind

FORMAT = "hfops-saved-plan/1"

WHOLE = "*"
"""Stands for the plan as a whole among what was refused of it."""


def _address(text: str) -> str:
    Address.parse(text)
    return text


def _refused(text: str) -> str:
    return text if text == WHOLE else _address(text)


AddressText = Annotated[str, AfterValidator(_address)]
RefusedText = Annotated[str, AfterValidator(_refused)]


class _Form(BaseModel):
    """What is written; unknown keys pass, since only what is known is read."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class DeferredForm(_Form):
    """A value that only applying will know."""

    label: str


class SlotForm(_Form):
    """A deferred value in a path."""

    deferred: DeferredForm = Field(alias="$deferred")


class CallForm(_Form):
    """One request."""

    method: str
    path: str
    summary: str = ""
    slots: dict[str, SlotForm] = Field(default_factory=dict)


class CostForm(_Form):
    """US$ an hour."""

    low: float
    high: float


class BillForm(_Form):
    """What something costs before and after."""

    before: CostForm
    after: CostForm


class RiskForm(_Form):
    """One risk with its reason. ``code`` is empty in files of versions that wrote none."""

    risk: RiskKind
    code: str = ""
    reason: str


class DifferenceForm(_Form):
    """One field or entry."""

    path: str
    op: Op
    before: Any
    after: Any
    cause: Cause
    note: str = ""
    held: str = ""
    held_code: str = ""


class ChangeForm(_Form):
    """What was planned for one resource."""

    address: AddressText
    action: Action
    moved_from: AddressText | None = None
    where: str | None = None
    adopts: bool = False
    risks: list[RiskForm] = Field(default_factory=list)
    differences: list[DifferenceForm] = Field(default_factory=list)
    calls: list[CallForm] = Field(default_factory=list)
    released: list[str] = Field(default_factory=list)
    unverified: list[str] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    restarts: bool = False
    starting: str = ""
    failing: str = ""
    drift: str = ""
    cost: BillForm | None = None


class NoticeForm(_Form):
    """Something said besides."""

    message: str
    address: str | None = None


class PlanForm(_Form):
    """The plan itself, as ``plan --format json`` prints it."""

    changes: list[ChangeForm]
    cost: BillForm | None = None
    notices: list[NoticeForm] = Field(default_factory=list)
    unmanaged: list[AddressText] = Field(default_factory=list)


class ScopeForm(_Form):
    """What the command line narrowed the plan to."""

    paths: list[str] = Field(default_factory=list)
    env: str | None = None
    target: list[str] = Field(default_factory=list)
    exclude: list[str] = Field(default_factory=list)
    selector: list[str] = Field(default_factory=list)
    prune: bool | None = None
    send_unverified: bool = False
    rotate: list[str] = Field(default_factory=list)
    retry_failed: bool = False
    restart: list[str] = Field(default_factory=list)
    changed_since: str | None = None


class FileForm(_Form):
    """The whole file."""

    format: Literal["hfops-saved-plan/1"]
    hfops: str
    id: str = Field(min_length=1, max_length=64)
    created: AwareDatetime
    expires: AwareDatetime
    endpoint: str
    scope: ScopeForm
    plan: PlanForm
    resources: dict[AddressText, str] = Field(default_factory=dict)
    refused: list[RefusedText] = Field(default_factory=list)
