"""Whether one policy asks for all that another does, whatever it is called, and however it is laid out. Pure."""

from __future__ import annotations

from functools import lru_cache

from jinja2 import Environment, TemplateSyntaxError

from hfops.review.policies.policy import Policy
from hfops.review.wider import beyond

_LEXER = Environment(autoescape=True)


def keeps(now: Policy, policy: Policy) -> bool:
    """Whether ``now`` holds the same of everything that ``policy`` is about. Words, severity and end do not count."""
    same = now.denies is policy.denies and _tokens(now.expression) == _tokens(policy.expression)
    return same and _about(now, policy)


def _about(now: Policy, policy: Policy) -> bool:
    kinds = not now.kinds or (bool(policy.kinds) and set(policy.kinds) <= set(now.kinds))
    labels = all(policy.labels.get(k) == v for k, v in now.labels.items())
    more = beyond(map(str.casefold, policy.names), map(str.casefold, now.names))
    return kinds and labels and (not now.names or (bool(policy.names) and not more))


@lru_cache(maxsize=1024)
def _tokens(expression: str) -> tuple[tuple[str, str], ...]:
    """An expression without the space between its parts. That within its texts counts."""
    try:
        found = list(_LEXER.lex("{{ " + expression + " }}"))
    except TemplateSyntaxError:
        return (("", expression),)
    return tuple((sort, text) for _, sort, text in found if sort != "whitespace")
