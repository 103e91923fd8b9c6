"""Request bodies of discussions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from hfops.sandbox.bodies import Body

Title = Annotated[str, StringConstraints(min_length=3, max_length=200)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=65536)]


class DiscussionCreate(Body):
    """POST …/discussions."""

    title: Title
    description: str = Field(max_length=65536)
    pull_request: bool = False


class CommentCreate(Body):
    """POST …/comment."""

    comment: Text


class CommentEdit(Body):
    """POST …/comment/{id}/edit."""

    content: Text


class StatusSet(Body):
    """POST …/status."""

    status: Literal["open", "closed"]
    comment: Text | None = None


class TitleSet(Body):
    """POST …/title."""

    title: Title


class Merge(Body):
    """POST …/merge."""

    comment: Text | None = None


class PinSet(Body):
    """POST …/pin."""

    pinned: bool
