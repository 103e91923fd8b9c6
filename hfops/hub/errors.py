"""What can go wrong between hfops and the Hub.

HubError                  any failure of a request; ``uncertain``: it, or an earlier attempt, may have had its effect
├── NotSent               surely nothing happened: refused, unknown host, no connection in time
├── LostAnswer            sent, but no answer came: the effect is unknown
│   └── CutOff            the answer ended in the middle
├── BadAnswer             an answer that cannot be used: not JSON, a redirect or link that may not be followed
├── OfflineError          offline mode: nothing may leave
├── Interrupted           stopped by the user while waiting
└── StatusError           the service said no
    ├── Unauthorized      401
    ├── Forbidden         403
    ├── NotFound          404
    ├── Conflict          409
    ├── PreconditionFailed  412
    ├── RateLimited       429
    └── ServerError       5xx
"""

from __future__ import annotations

from typing import Any

from hfops.model.problem import HfopsError

AMBIGUOUS = frozenset({408, 500, 502, 503, 504, *range(520, 525)})
"""Statuses that do not tell whether the request had its effect; 520 to 524 are a proxy's own."""


class HubError(HfopsError):
    """Any failure of a request."""

    uncertain = False
    """True where this request, or an earlier attempt at it, may have changed the Hub: look before repeating."""


class NotSent(HubError):
    """Surely nothing happened. ``lasting``: trying again will not help (a bad certificate, an impossible URL)."""

    def __init__(self, message: str, *, lasting: bool = False) -> None:
        super().__init__(message)
        self.lasting = lasting


class LostAnswer(HubError):
    """The request left, and no answer came back."""

    uncertain = True


class CutOff(LostAnswer):
    """The answer began and ended early."""


class BadAnswer(HubError):
    """An answer that cannot be used."""


class OfflineError(HubError):
    """Offline mode forbids the request."""


class Interrupted(HubError):
    """The run was asked to stop while a request waited for its turn."""

    exit_code = 130


class StatusError(HubError):
    """The service answered with an error status.

    ``url`` is path and query without credentials, ``code`` the ``X-Error-Code``, ``said`` the service's own
    words, ``data`` the JSON body (a 409 may name the existing object's ``url`` or ``slug``).
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        method: str = "GET",
        url: str = "",
        said: str = "",
        code: str | None = None,
        request_id: str | None = None,
        data: Any = None,
        uncertain: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.method = method
        self.url = url
        self.message = message
        self.said = said
        self.code = code
        self.request_id = request_id
        self.data = data
        self.uncertain = uncertain or (status in AMBIGUOUS and method not in {"GET", "HEAD"})


class Unauthorized(StatusError):
    """401: no token, a bad one, or (without a token) a repository that is private or missing."""


class Forbidden(StatusError):
    """403: the token lacks the right."""


class NotFound(StatusError):
    """404: missing, or not visible to this token; the Hub does not tell which."""


class Conflict(StatusError):
    """409: exists already, or changed meanwhile. A conflict means look."""


class PreconditionFailed(StatusError):
    """412: the branch moved since it was read."""


class RateLimited(StatusError):
    """429: still over the limit after waiting as told."""


class ServerError(StatusError):
    """5xx: the service failed."""


_BY_STATUS: dict[int, type[StatusError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: PreconditionFailed,
    429: RateLimited,
}


def error_class(status: int) -> type[StatusError]:
    """The class for a status."""
    return _BY_STATUS.get(status, ServerError if status >= 500 else StatusError)
