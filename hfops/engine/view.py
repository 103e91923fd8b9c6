"""The read side of the Hub for planning: a reader, who we are, and a small pool of threads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from time import monotonic
from typing import Any

from hfops.hub.connection import Reader
from hfops.hub.whoami import Identity, identity
from hfops.kinds.base import HubView
from hfops.manifest.local import NOWHERE, Local
from hfops.model.call import Api


def _shown(text: str) -> None:
    del text


def hub_view(
    reader: Reader, parallelism: int, local: Local = NOWHERE, hide: Callable[[str], None] = _shown
) -> HubView:
    """A view over ``reader``. Who the token belongs to is asked once, and only when it matters.

    ``hide`` is told what is read and must not be shown.
    """
    asking = Lock()
    known: list[Identity | None] = []

    def who() -> Identity | None:
        with asking:
            if not known:
                known.append(identity(reader))
        return known[0]

    def sees(namespace: str) -> bool:
        found = who()
        return found is not None and found.sees(namespace)

    def user() -> str | None:
        found = who()
        return found.name if found else None

    def concurrently(function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        todo = list(items)
        if len(todo) < 2:
            return [function(item) for item in todo]
        pool = ThreadPoolExecutor(max_workers=min(parallelism, len(todo)))
        patient = True
        try:
            return [f.result() for f in [pool.submit(function, item) for item in todo]]
        except KeyboardInterrupt:
            patient = False  # a read that hangs must not keep the run
            raise
        finally:
            pool.shutdown(wait=patient, cancel_futures=True)

    answers: dict[tuple[str, Api], tuple[float, Any]] = {}
    locks: dict[tuple[str, Api], Lock] = defaultdict(Lock)

    def recent(path: str, api: Api, age: float) -> Any:
        key = (path, api)
        with asking:
            lock = locks[key]
        with lock:
            at, answer = answers.get(key, (float("-inf"), None))
            asked = monotonic()
            if asked - at > age:
                answer = reader.get(path, api=api)
                answers[key] = (
                    asked,
                    answer,
                )  # as old as the question: what was written since may not be in it
            return answer

    return HubView(
        reads=reader, sees=sees, map=concurrently, local=local, recent=recent, user=user,
        hide=hide,
    )  # fmt: skip
