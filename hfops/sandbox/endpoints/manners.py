"""How this API refuses: ``VALIDATION_FAILED`` with the field in JSON, or plain text for a body that cannot be read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel
from starlette.responses import Response

from hfops.sandbox.manners import RefusalError

M = TypeVar("M", bound=BaseModel)


class Wire(BaseModel):
    """A JSON object in camelCase and nothing else: ``health_route`` is an unknown key, and unknown keys are dropped."""

    model_config = ConfigDict(strict=True, extra="ignore", alias_generator=to_camel, protected_namespaces=())


UNREADABLE = "Failed to parse the request body as JSON: "


class UnreadableError(RefusalError):
    """400 in plain text."""

    def __init__(self, message: str) -> None:
        super().__init__(400, UNREADABLE + message)

    def answer(self) -> Response:
        """The text alone."""
        return Response(self.message, self.status, media_type="text/plain")


def invalid(path: str, reason: str) -> RefusalError:
    """400 for a field; ``path`` may be empty."""
    return RefusalError(
        400, f"VALIDATION_FAILED: {path}: {reason}" if path else f"VALIDATION_FAILED: {reason}"
    )


def valid(model: type[M], data: Any, under: tuple[str, ...] = ()) -> M:
    """``data`` as ``model``; 400 for the first thing that is wrong."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise _told(first, under) from None


def _told(error: Mapping[str, Any], under: tuple[str, ...]) -> RefusalError:
    path = [*under, *(str(part) for part in error["loc"])]
    if error["type"] == "missing":
        return invalid(".".join(path[:-1]), f"missing field `{path[-1]}`")
    return invalid(".".join(path), error["msg"].removeprefix("Value error, "))


def read_object(body: bytes) -> dict[str, Any]:
    """A JSON object; 400 in plain text otherwise."""
    try:
        data = json.loads(body)
    except ValueError as error:
        raise UnreadableError(str(error)) from None
    if not isinstance(data, dict):
        raise UnreadableError("expected an object at line 1 column 1")
    return data


def refuse_null_task(body: bytes, data: Mapping[str, Any]) -> None:
    """Pass, or 400 for a creation that says ``"task": null``: absent is fine, null is not."""
    model = data.get("model")
    if isinstance(model, dict) and "task" in model and model["task"] is None:
        found = re.search(rb'"task"\s*:\s*null', body)
        raise UnreadableError(f"model.task: expected value at line 1 column {found.end() if found else 1}")
