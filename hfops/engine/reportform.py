"""The forms of what programs read: ``plan --format json``, and the lines of ``apply --json``.

They are written down for their schemas. A key that is new here is no new format; one that changes its meaning is.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel
from pydantic.alias_generators import to_camel

from hfops.engine.planform import AddressText, BillForm
from hfops.model.change import Action, Cause, HeldCode, Op
from hfops.model.outcome import EventType, Status
from hfops.model.risk import RiskCode, RiskKind

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]
"""A reason as a stable word for machines."""


class _Form(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid")


class ReportRisk(_Form):
    """One risk of a change, with its reason as a code and in words."""

    risk: RiskKind
    code: RiskCode = Field(description="The reason, for programs; docs/risks.md has them all.")
    reason: str


class ReportDifference(_Form):
    """One field or entry. Values that are named and not written down are objects with one key that begins with $."""

    path: str
    op: Op
    before: Any
    after: Any
    cause: Cause = Field(description="Who made the difference, as far as the ledger tells.")
    recorded: Any = Field(
        default=None, description="What was last applied, where somebody changed it on the Hub."
    )
    risks: list[ReportRisk] = Field(default_factory=list)
    note: str = ""
    held: str = Field(default="", description="Why it is not acted on; absent where it is.")
    held_code: HeldCode | None = Field(default=None, description="The same for programs.")


class ReportCall(_Form):
    """One request that apply would make. Secrets are references by name."""

    method: str
    path: str = Field(description="May hold {name} slots, which apply fills in.")
    api: Literal["endpoints"] | None = Field(default=None, description="Absent: the Hub's own API.")
    body: Any = None
    slots: dict[str, Any] = Field(default_factory=dict)
    summary: str = ""
    repeat: Literal["safe", "same", "conflict", "once"]
    achieves: list[str] = Field(default_factory=list, description="The differences that it closes, by path.")
    restarts: Literal[True] | None = None


class ReportChange(_Form):
    """What is planned for one resource."""

    address: AddressText
    action: Action
    moved_from: AddressText | None = None
    where: str | None = Field(default=None, description="file:line:column of its manifest.")
    adopts: bool = False
    risks: list[ReportRisk] = Field(default_factory=list)
    differences: list[ReportDifference] = Field(default_factory=list)
    calls: list[ReportCall] = Field(default_factory=list)
    released: list[str] = Field(default_factory=list)
    unverified: list[str] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    depends_on: list[AddressText] = Field(default_factory=list)
    restarts: bool = False
    starting: str = ""
    failing: str = ""
    drift: str = ""
    cost: BillForm | None = None


class ReportNotice(_Form):
    """Something said that is no change."""

    code: Code
    message: str
    address: AddressText | None = None


class ReportRefusal(_Form):
    """What apply would be refused for, with the exact lines that let it through."""

    code: Code
    message: str
    ways: list[str]
    risk: RiskKind | None = None
    codes: list[RiskCode] = Field(default_factory=list, description="The reasons of a risk, each once.")
    address: AddressText | None = None
    reason: str = ""
    base: bool = Field(
        default=False,
        description="Whether the base branch's rules refuse it: then no change of these manifests lets it through.",
    )


class ReportLoosened(_Form):
    """Where the rules of this tree are looser than those of the branch that it shall go into."""

    code: Code
    message: str
    where: str | None = Field(default=None, description="file:line:column of what says so.")


class ReportUsage(_Form):
    """Requests that planning took, and what the Hub says is left of the quota."""

    requests: int = 0
    left: int | None = None
    limit: int | None = None
    reset_seconds: int | None = None


class PlanReport(BaseModel):
    """What `hfops plan --format json` prints. Policies' findings and the like are keys beside these."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    format: Literal["hfops-plan/1"]
    project: str
    environment: str | None = None
    cost: BillForm | None = None
    unmanaged: list[AddressText] = Field(default_factory=list)
    summary: dict[str, int] = Field(
        description="Resources by action; calls, restarts and unverified fields in all."
    )
    changes: list[ReportChange]
    notices: list[ReportNotice]
    guard_loosened: list[ReportLoosened] = Field(
        default_factory=list, description="Only where the plan was held against a base branch's rules."
    )
    refusals: list[ReportRefusal]
    hub: str
    usage: ReportUsage = Field(description="The one part that differs from run to run.")


class PlanEvent(PlanReport):
    """First: the plan that is about to be applied."""

    type: Literal["plan"]


class CallCount(_Form):
    """Calls of a change: made, and planned."""

    done: int
    total: int


class ReportOutcome(_Form):
    """How one change ended."""

    address: AddressText
    action: Action
    status: Status
    calls: CallCount
    state: str = Field(default="", description="The state it was last seen in, in the Hub's word.")
    message: str = ""


class ApplyEvent(_Form):
    """One moment of an apply; outcomes' keys are there where a change has ended."""

    type: EventType
    address: AddressText | None = None
    method: str | None = None
    path: str | None = None
    summary: str | None = None
    state: str = ""
    size: int = Field(default=0, description="Bytes of the call's large files moved so far.")
    action: Action | None = None
    status: Status | None = None
    calls: CallCount | None = None
    message: str = ""


class ResultEvent(_Form):
    """Last, however the run ends: the exit code, and what became of every change."""

    type: Literal["result"]
    exit_code: int
    message: str = ""
    outcomes: list[ReportOutcome] = Field(default_factory=list)


class Event(RootModel[PlanEvent | ApplyEvent | ResultEvent]):
    """One line of `hfops apply --json`."""
