"""Where the token may go: the one rule, applied by origin."""

from __future__ import annotations

from collections.abc import Callable

from hfops.hub.config import Settings
from hfops.hub.urls import Origin, is_loopback, origin
from hfops.model.problem import HfopsError


def trusted(settings: Settings) -> Callable[[str], bool]:
    """Which URLs the token may go to: the Hub's origin, the Endpoints API's, and running endpoints over https.

    An Endpoints API on this machine gets it only where the Hub is on this machine too.
    """
    hub, endpoints = settings.hub_origin, settings.endpoints_origin
    known = {hub} if is_loopback(endpoints) and not is_loopback(hub) else {hub, endpoints}

    def trusts(url: str) -> bool:
        where = origin(url)
        return where is not None and (where in known or _is_running_endpoint(where))

    return trusts


def _is_running_endpoint(where: Origin) -> bool:
    return where[0] == "https" and where[1].endswith(".endpoints.huggingface.cloud") and where[2] == 443


def refuse_plain_http(settings: Settings) -> None:
    """Raise ``HfopsError`` where a token would cross the network in the clear."""
    for name, where in (
        ("HF_ENDPOINT", settings.hub_origin),
        ("HF_INFERENCE_ENDPOINTS_ENDPOINT", settings.endpoints_origin),
    ):
        if where[0] == "http" and not is_loopback(where):
            raise HfopsError(
                f"{name}: the token would go to {where[1]} over plain http, readable on the way; "
                "use https, or set HF_HUB_DISABLE_IMPLICIT_TOKEN=1 to go without a token"
            )
