"""The base of every manifest model: camelCase in YAML, snake_case in Python, nothing unknown, nothing coerced."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, core_schema

_FORMS: Final = frozenset(("tuple", "set", "frozenset", "enum"))
"""Types YAML has no form of its own for: written as a list or a string, which strictness would refuse."""
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _parts(schema: Any, cls: type[BaseModel]) -> Iterator[dict[str, Any]]:
    """All schemas within ``schema``; other models are left out, for they have seen to themselves."""
    work = [schema]
    while work:
        part = work.pop()
        if isinstance(part, list | tuple):
            work += part
        elif isinstance(part, dict) and part.get("cls", cls) is cls:
            work += [v for k, v in part.items() if k != "metadata"]
            if isinstance(part.get("type"), str):
                yield part
        elif isinstance(part, dict) and part["type"] == "enum":
            yield part


def _iso_date(value: Any) -> Any:
    if not isinstance(value, str) or not _ISO_DATE.fullmatch(value):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        return value


class StrictModel(BaseModel):
    """A frozen model that knows all its fields; build one from YAML data with ``bind.bind``.

    Strict, but for what YAML cannot write: a list is taken for a tuple or set, a string for an enum's value
    and ``2026-12-31`` for a date. So validators that see the value first (``mode="before"``) change nothing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=to_camel)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Pydantic's schema, with YAML's forms accepted."""
        schema = handler(source)
        for part in list(_parts(schema, cls)):
            if part["type"] in _FORMS:
                part["strict"] = False
            elif part["type"] == "date":
                inner: Any = dict(part)
                part.clear()
                part.update(core_schema.no_info_before_validator_function(_iso_date, inner))
        return schema


class Complaint(ValueError):
    """Raised by a validator to say more than a message: a way out, and which part of its value is meant.

    ``at`` is the path from the validated value to that part, in YAML names.
    """

    def __init__(self, message: str, hint: str | None = None, at: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.hint = hint
        self.at = at


def none_as(default: Callable[[], Any]) -> Callable[[Any], Any]:
    """A before-validator: ``null`` where a section may be left out means the section is empty."""
    return lambda value: default() if value is None else value
