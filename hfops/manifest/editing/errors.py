"""What cannot be edited, in words."""

from __future__ import annotations


class EditError(Exception):
    """An edit that was not made: the text is as it was. ``hint`` says what to do instead."""

    def __init__(self, reason: str, hint: str | None = None) -> None:
        self.reason = reason
        self.hint = hint
        super().__init__(f"{reason} ({hint})" if hint else reason)


BY_HAND = "edit it by hand"
