"""Trying again, as far as repeating the request is safe (see ``Repeat``)."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from hfops.hub.clock import Clock
from hfops.hub.errors import AMBIGUOUS, HubError, LostAnswer, NotSent
from hfops.hub.limits import MAX_WAIT, wait_asked
from hfops.hub.transport import Request, Response, Transport
from hfops.hub.wrappers import Wrapper
from hfops.model.call import Repeat


class Retrying(Wrapper):
    """Repeats what had surely no effect for every request, and what may have had one for the repeatable ones.

    ============================================================  =============================
    nothing happened: not sent, 429, 503 that names a time,       every request
    409 "another conflicting operation is in progress"
    unknown: no answer, 408, 500, 502, 503, 504                   all but ``Repeat.ONCE``
    anything else                                                 never
    ============================================================  =============================
    """

    ATTEMPTS: ClassVar[int] = 5
    SHORTEST: ClassVar[float] = 0.5
    LONGEST: ClassVar[float] = 8.0
    _BUSY: ClassVar[bytes] = b"another conflicting operation is in progress"

    def __init__(self, inner: Transport, clock: Clock | None = None) -> None:
        super().__init__(inner)
        self._clock = clock or Clock()

    def send(self, request: Request) -> Response:
        """The first answer that is worth no other try; ``uncertain`` where an earlier try may have worked."""
        doubt = False
        try:
            for attempt in range(1, self.ATTEMPTS):
                outcome = self._attempt(request)
                doubt = doubt or _may_have_worked(request, outcome)
                pause = self._pause(request, outcome, attempt)
                if pause is None:
                    return _finished(outcome, doubt=doubt)
                self._clock.sleep(pause)
            return _finished(self._attempt(request), doubt=doubt)
        except HubError as error:
            error.uncertain = doubt or (error.uncertain and request.repeat is not Repeat.SAFE)
            raise

    def _attempt(self, request: Request) -> Response | NotSent | LostAnswer:
        try:
            return self._inner.send(request)
        except (NotSent, LostAnswer) as error:
            return error

    def _pause(
        self, request: Request, outcome: Response | NotSent | LostAnswer, attempt: int
    ) -> float | None:
        """Seconds before the next attempt; None: there shall be none."""
        repeatable = request.repeat is not Repeat.ONCE
        backoff = self._clock.jitter(self.SHORTEST, min(self.LONGEST, self.SHORTEST * 2**attempt))
        if isinstance(outcome, NotSent):
            return None if outcome.lasting else backoff
        if isinstance(outcome, LostAnswer):
            return backoff if repeatable else None
        asked = wait_asked(outcome, self._clock.now())
        if asked is not None and asked > MAX_WAIT:
            return None
        if outcome.status == 429 or (outcome.status == 503 and asked is not None):
            return backoff if asked is None else asked
        if outcome.status == 409 and self._BUSY in outcome.body:
            return backoff
        return backoff if outcome.status in AMBIGUOUS and repeatable else None


def _may_have_worked(request: Request, outcome: Response | NotSent | LostAnswer) -> bool:
    """Whether an attempt that is to be repeated leaves the effect unknown. Reads have none."""
    if request.repeat is Repeat.SAFE or isinstance(outcome, NotSent):
        return False
    if isinstance(outcome, LostAnswer):
        return True
    refused = outcome.status == 503 and "Retry-After" in outcome.headers
    return outcome.status in AMBIGUOUS and not refused


def _finished(outcome: Response | NotSent | LostAnswer, *, doubt: bool) -> Response:
    if isinstance(outcome, Response):
        return replace(outcome, uncertain=doubt)
    raise outcome
