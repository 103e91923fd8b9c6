"""``policies`` of the project file: rules over what a plan would make of the Hub. Their evaluation is review's."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

from jinja2 import TemplateSyntaxError, meta
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from hfops.manifest.guard import GuardedEnvironment
from hfops.manifest.strict import Complaint, StrictModel, none_as
from hfops.manifest.text import clip, did_you_mean, single

NAMES: Final = ("resource", "before", "after", "change", "cost")
"""What an expression may speak of; there is nothing else to see."""

_EMPTY_LIST = BeforeValidator(none_as(list))
_EMPTY = BeforeValidator(none_as(dict))
_NonEmpty = Annotated[str, Field(min_length=1)]
_Words = _NonEmpty | Annotated[tuple[_NonEmpty, ...], Field(min_length=1)]


@lru_cache(maxsize=256)
def mentioned(expression: str) -> frozenset[str]:
    """The names that an expression speaks of. Raises jinja2.TemplateSyntaxError."""
    environment = GuardedEnvironment({})
    environment.compile_expression(expression)
    found = meta.find_undeclared_variables(environment.parse("{{ (" + expression + ") }}"))
    return frozenset(found) - environment.globals.keys()


def _compiles(text: str) -> str:
    try:
        names = mentioned(text)
    except TemplateSyntaxError as error:
        raise Complaint(f"no expression: {clip((error.message or 'bad syntax').rstrip('.'), 200)}") from None
    except RecursionError:
        raise Complaint("no expression: nested too deep") from None
    for name in sorted(names - set(NAMES)):
        raise Complaint(f"{single(name)} is not defined", did_you_mean(name, NAMES, else_list="defined"))
    return text


LONGEST: Final = 10_000
"""Characters of an expression."""

Expression = Annotated[str, Field(min_length=1, max_length=LONGEST), AfterValidator(_compiles)]


class PolicyMatch(StrictModel):
    """Which resources a policy is about: all of these must hold."""

    kind: _Words | None = Field(default=None, description="One kind, or several; default all.")
    name: _Words | None = Field(
        default=None,
        description='Globs of namespace/name, such as "acme/*"; without a slash, in the project\'s namespace.',
    )
    labels: Annotated[dict[str, str], _EMPTY] = Field(
        default_factory=dict, description="Labels that a manifest must have."
    )


class PolicyRule(StrictModel):
    """A rule of the project's own: exactly one of ``require`` and ``deny``."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="What reports and waivers call it; used once."
    )
    match: Annotated[PolicyMatch, _EMPTY] = Field(
        default_factory=PolicyMatch, description="Which resources it is about; default all."
    )
    require: Expression | None = Field(
        default=None,
        description="A Jinja2 expression over resource, before, after, change and cost that must hold.",
    )
    deny: Expression | None = Field(
        default=None,
        description="A Jinja2 expression over resource, before, after, change and cost that must not hold.",
    )
    message: str | None = Field(
        default=None, min_length=1, description="What to tell whoever violates it; default the expression."
    )
    severity: Literal["error", "warning"] = Field(
        default="error", description="error: apply is refused (exit code 3); warning: reports say it."
    )
    until: date | None = Field(default=None, description="The last day on which it holds.")

    @model_validator(mode="after")
    def _one_side(self) -> PolicyRule:
        if self.require is not None and self.deny is not None:
            raise Complaint("require and deny at once", "keep one of the two", ("deny",))
        if self.require is None and self.deny is None:
            raise Complaint(
                "neither require nor deny", "write one: a Jinja2 expression over after and its kin"
            )
        return self

    @property
    def expression(self) -> str:
        """What is evaluated."""
        return self.require or self.deny or ""


class PolicyUse(StrictModel):
    """A shipped set of policies, as this project wants it."""

    use: Literal["recommended"] = Field(description="Its name.")
    severity: Literal["error", "warning", "off"] = Field(
        default="warning", description="For all of them: error, warning, or off."
    )
    except_: Annotated[tuple[_NonEmpty, ...], _EMPTY_LIST] = Field(
        default=(),
        alias="except",
        description="Ids of those to leave out, such as recommended/https-webhooks.",
    )


def _one_sort(value: Any) -> Any:
    """What is taken for which: an entry with ``use`` is a set, any other a rule."""
    if isinstance(value, dict) and "use" in value and "name" in value:
        raise Complaint("use and name at once", "use: takes a shipped set, name: writes a rule", ("use",))
    return value


PolicyEntry = Annotated[PolicyRule | PolicyUse, BeforeValidator(_one_sort)]


def refuse_twice(entries: tuple[PolicyRule | PolicyUse, ...]) -> None:
    """Raise Complaint for a name that two entries have."""
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        name = entry.name if isinstance(entry, PolicyRule) else f"use: {entry.use}"
        if name.casefold() in seen:
            raise Complaint(
                f"{single(name)} stands here twice", "each policy has a name of its own", (index,)
            )
        seen.add(name.casefold())
