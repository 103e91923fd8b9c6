"""The spec that models and datasets share. Field names are those of PUT /api/{type}s/{id}/settings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hfops.kinds.base import Spec
from hfops.kinds.repo.fields import Card, CommitSettings, FileEntry, RefName

READABLE = ("visibility", "gated")
"""Settings that the info call shows."""

UNREADABLE = (
    "discussionsDisabled",
    "discussionsSorting",
    "gatedNotificationsEmail",
    "gatedNotificationsMode",
    "orgMembersGated",
)
"""Settings that no call shows; PUT settings alone echoes them."""

EMAIL = r"^[A-Za-z0-9_'+-]([A-Za-z0-9_'+.-]*[A-Za-z0-9_+-])?@([A-Za-z0-9][A-Za-z0-9-]*\.)+[A-Za-z]{2,}$"


class Branch(Spec):
    """A branch. Where it starts is resolved once, when it is created; later pushes move it freely."""

    name: RefName = Field(description="The branch's name, any name git allows but refs/….")
    from_: Annotated[str, Field(alias="from", min_length=1)] = Field(
        default="main",
        alias="from",
        description="A branch, tag or commit; only read when the branch is created.",
    )


class Tag(Spec):
    """A tag. It moves when its ``revision`` text changes, or when it strays from the commit it was put on."""

    name: RefName = Field(description="The tag's name, any name git allows.")
    revision: str = Field(
        default="main",
        min_length=1,
        description="A branch, tag or commit. A branch or tag is resolved when the tag is made.",
    )
    message: str | None = Field(default=None, description="The annotation. The Hub does not show it again.")


class RepoSpec(Spec):
    """What can be said of a model or dataset repository. A field that is absent is not managed."""

    visibility: Literal["public", "private"] | None = Field(
        default=None, description="Who can see the repository. A new one that names none is created private."
    )
    gated: Literal["auto", "manual", False] | None = Field(
        default=None, description="Whether access must be asked for: auto, manual, or false."
    )
    gated_notifications_mode: Literal["bulk", "real-time"] | None = Field(
        default=None, description="How access requests are mailed: bulk (daily) or real-time. Not readable."
    )
    gated_notifications_email: str | None = Field(
        default=None, pattern=EMAIL, description="Where access requests are mailed. Not readable."
    )
    org_members_gated: bool | None = Field(
        default=None, description="Whether members of the organisation must ask for access too. Not readable."
    )
    discussions_disabled: bool | None = Field(
        default=None, description="Turns the community tab off. Not readable."
    )
    discussions_sorting: Literal["recently-created", "trending", "reactions"] | None = Field(
        default=None, description="The community tab's order. Not readable."
    )
    resource_group: str | None = Field(
        default=None, min_length=1, description="The organisation's resource group, by name or id, or none."
    )
    branches: list[Branch] | None = Field(default=None, description="Branches to exist, by name.")
    tags: list[Tag] | None = Field(default=None, description="Tags to exist, by name.")
    card: Card | None = Field(
        default=None, description="README.md: its front matter, key by key, and its text."
    )
    files: list[FileEntry] | None = Field(
        default=None, description="Files to be kept in step with where they come from."
    )
    commit: CommitSettings | None = Field(default=None, description="How card and files are written.")
    exclusive: list[Literal["branches", "tags"]] | None = Field(
        default=None, description="Lists of which the manifest is the whole truth: other entries are deleted."
    )


def manages_content(spec: object) -> bool:
    """Whether a spec says something of card or files."""
    return isinstance(spec, RepoSpec) and (spec.card is not None or spec.files is not None)


def commit_settings(spec: RepoSpec) -> CommitSettings:
    """How card and files are written."""
    return spec.commit or CommitSettings()
