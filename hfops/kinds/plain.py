"""What a kind answers where it has nothing of its own to say. Implements that part of ``kinds.base.Kind``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hfops.kinds.base import Launch, Waiter
from hfops.manifest.local import Local
from hfops.model.address import Address
from hfops.model.call import Deferred
from hfops.model.key import Key
from hfops.model.problem import Problem
from hfops.model.record import Record
from hfops.model.resource import Resource


class Plain:
    """A kind without files, secrets of its own, entries, exports, or anything that runs."""

    def data_files(self, spec: Mapping[str, Any]) -> Iterable[str]:
        """None: it has no files."""
        del spec
        return ()

    def check(self, resource: Resource, local: Local) -> Iterable[Problem]:
        """Nothing: its schema says all."""
        del resource, local
        return ()

    def warnings(self, resource: Resource) -> Iterable[Problem]:
        """None."""
        del resource
        return ()

    def hidden(self, resource: Resource) -> Iterable[str]:
        """None: every secret is a reference."""
        del resource
        return ()

    def own(self, live: Any) -> Mapping[str, Any]:
        """Nothing: its calls go by its name."""
        del live
        return {}

    def arrived(self, record: Record, key: Key, intended: Any, live: Any) -> Record | None:
        """No field has entries of its own: the next comparison tells."""
        del key, intended, live
        return record

    def export(self, address: Address, name: str) -> Deferred | None:
        """Nothing: what others could take of it is in its manifest."""
        del address, name
        return None

    def waiter(self, resource: Resource, launch: Launch) -> Waiter | None:
        """None: it is there once it is made."""
        del resource, launch
        return None
