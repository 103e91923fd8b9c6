"""One policy's expression, compiled once and held against many resources, in the sandbox that templates run in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Undefined
from jinja2.exceptions import SecurityError

from hfops.manifest.guard import Limit
from hfops.manifest.policies import mentioned
from hfops.manifest.text import clip
from hfops.review.policies.bench import Bench
from hfops.review.policies.policy import Policy

ENOUGH = 3
"""How often an expression may be stopped; after that it is not begun again."""


class Checker:
    """Holds resources against one policy. Not for several threads at once."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._seen: dict[str, Any] = {}
        self._bench = Bench(self._seen)
        self._stopped = 0
        self._holds = self._bench.compile_expression(policy.expression, undefined_to_none=False)
        names = mentioned(policy.expression)
        self.looks_ahead_only = "after" in names and "change" not in names
        """Whether it is about what will be, whatever was done: of what goes away, it has nothing to say."""

    def violated(self, facts: Mapping[str, Any]) -> str | None:
        """Why the policy is violated: its own words, and what went wrong where it could not be told. None: kept."""
        try:
            holds = self._told(facts)
        except Exception as error:  # noqa: BLE001 - an expression can make any filter or operator fail, in its own way
            self._stopped += isinstance(error, Limit | MemoryError | RecursionError)
            return f"{self.policy.said} (could not be told: {_why(error)})"
        return self.policy.said if holds is self.policy.denies else None

    def _told(self, facts: Mapping[str, Any]) -> bool:
        """Whether the expression holds. Raises whatever it makes fail."""
        if self._stopped >= ENOUGH:
            raise Limit("as on the resources before")
        self._seen.clear()
        self._seen.update(facts)
        self._bench.rewind()
        return bool(_known(self._holds(**facts)))


def _known(value: Any) -> Any:
    if isinstance(value, Undefined):
        str(value)
    return value


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deep"
    if isinstance(error, Limit | MemoryError):
        return f"stopped: {str(error) or 'too much memory'}"
    text = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
    text = text.replace("'None' has no attribute", "null has no field")
    return ("not allowed: " if isinstance(error, SecurityError) else "") + clip(text, 200)
