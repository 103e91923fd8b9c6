"""The table of shipped policies in docs/policies.md. ``python -m hfops.review.policies.listing`` prints it."""

from __future__ import annotations

from hfops.review.policies.recommended import RECOMMENDED


def table() -> str:
    """Markdown: each policy with its kind and what it says."""
    rows = (f"| `{p.id}` | {', '.join(p.kinds)} | {p.message} |" for p in RECOMMENDED)
    return "\n".join(["| Id | Kind | Says |", "|---|---|---|", *rows])


if __name__ == "__main__":
    print(table())
