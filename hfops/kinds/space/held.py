"""What a manifest's lifecycle leaves alone, as far as comparing can tell: the day that ends an ``until`` is not known here."""

from __future__ import annotations

from hfops.model.change import Cause, Difference
from hfops.model.resource import Lifecycle, OnDrift


def is_held(difference: Difference, lifecycle: Lifecycle) -> bool:
    """Whether a difference on what is there is not acted on, whatever day it is."""
    lasting = is_ignored(difference.path, lifecycle)
    return bool(difference.held) or lasting or _reported(difference, lifecycle)


def may_be_held(difference: Difference, lifecycle: Lifecycle) -> bool:
    """Whether it is not acted on, or perhaps not: something is ignored until a day."""
    ignored = any(i.covers(difference.path) for i in lifecycle.ignore_changes)
    return ignored or is_held(difference, lifecycle)


def is_ignored(path: str, lifecycle: Lifecycle) -> bool:
    """Whether whatever differs at ``path`` is left alone for good."""
    return any(i.covers(path) and i.until is None for i in lifecycle.ignore_changes)


def _reported(difference: Difference, lifecycle: Lifecycle) -> bool:
    return lifecycle.on_drift is OnDrift.REPORT and difference.cause in (Cause.DRIFT, Cause.BOTH)
