"""The report of a fork's manifests: written by a job that runs the fork's tree, read by one that trusts nothing of it."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

FORMAT: Literal["hfops-validation/1"] = "hfops-validation/1"


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Finding(_Form):
    """One error of a manifest."""

    LONGEST: ClassVar[int] = 2_000
    """Characters of a message."""

    where: str = Field(
        default="", max_length=1_000, description="file:line:column, from the repository's top."
    )
    message: str = Field(max_length=LONGEST, description="What is wrong, and what to do.")


class Validation(_Form):
    """What `hfops ci plan` found in a fork's pull request. It is rendered as text, whatever it says."""

    format: Literal["hfops-validation/1"]
    id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")] = Field(description="Which comment it belongs into.")
    resources: int = Field(ge=0, le=10_000_000, description="Resources that are described.")
    files: int = Field(ge=0, le=10_000_000, description="Files that describe them.")
    errors: list[Finding] = Field(default_factory=list, max_length=10_000)
