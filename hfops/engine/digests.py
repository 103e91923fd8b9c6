"""What a saved plan remembers of each manifest: a digest that tells whether it was changed since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from hfops.kinds.registry import KINDS
from hfops.model.resource import Resource

LENGTH = 16
"""Hex digits: enough to tell a change, and no fingerprint to guess values by."""


def digests(resources: Iterable[Resource]) -> dict[str, str]:
    """A digest of every resource's spec and lifecycle, by address. Texts that no output may show are not in it."""
    return {str(r.address): digest(r) for r in resources}


def digest(resource: Resource) -> str:
    """One resource's. Defaults are left out, so that a newer hfops with another default finds the same."""
    spec = resource.spec.model_dump(mode="json", by_alias=True, exclude_unset=True)
    life = resource.lifecycle
    ignored = [[i.path, i.reason, str(i.until)] for i in life.ignore_changes]
    whole = [spec, [life.prevent_destroy, ignored, life.on_drift.value]]
    text = json.dumps(whole, sort_keys=True, ensure_ascii=False)
    for hidden in KINDS[resource.address.kind].hidden(resource):
        text = text.replace(json.dumps(hidden, ensure_ascii=False)[1:-1], "***")
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:LENGTH]
