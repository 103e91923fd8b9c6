"""Settings from the environment, under the names and with the meanings that the Hub's own client gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from hfops.hub.urls import Origin, is_loopback, origin
from hfops.model.problem import HfopsError

HUB = "https://huggingface.co"
STAGING = "https://hub-ci.huggingface.co"
ENDPOINTS_API = "https://api.endpoints.huggingface.cloud/v2"


def truthy(value: str | None) -> bool:
    """``1``, ``on``, ``yes`` and ``true`` in any case are true, all else is false."""
    return (value or "").upper() in {"1", "ON", "YES", "TRUE"}


@dataclass(frozen=True)
class Settings:
    """Where the services are, and how the user wants to be spoken to."""

    endpoint: str = HUB
    endpoints_api: str = ENDPOINTS_API
    offline: bool = False
    debug: bool = False
    no_progress: bool = False
    no_color: bool = False

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the variables; raises ``HfopsError`` for an address that is none."""
        endpoint = _address(environ, "HF_ENDPOINT", HUB)
        # A sandbox serves both; what is meant for it must not leave the machine.
        api = f"{endpoint}/v2" if is_loopback(checked_origin(endpoint, "HF_ENDPOINT")) else ENDPOINTS_API
        return cls(
            endpoint=STAGING if truthy(environ.get("HUGGINGFACE_CO_STAGING")) else endpoint,
            endpoints_api=_address(environ, "HF_INFERENCE_ENDPOINTS_ENDPOINT", api),
            offline=truthy(environ.get("HF_HUB_OFFLINE") or environ.get("TRANSFORMERS_OFFLINE")),
            debug=truthy(environ.get("HF_DEBUG")),
            no_progress=truthy(environ.get("HF_HUB_DISABLE_PROGRESS_BARS")),
            no_color=bool(environ.get("NO_COLOR")),
        )

    @property
    def hub_origin(self) -> Origin:
        """Scheme, host and port of the Hub."""
        return checked_origin(self.endpoint, "HF_ENDPOINT")

    @property
    def is_sandbox(self) -> bool:
        """Whether the Hub is on this machine: an embedded one, whose states need no time to settle."""
        return is_loopback(self.hub_origin)

    @property
    def endpoints_origin(self) -> Origin:
        """Scheme, host and port of the Inference Endpoints API."""
        return checked_origin(self.endpoints_api, "HF_INFERENCE_ENDPOINTS_ENDPOINT")


def checked_origin(url: str, name: str) -> Origin:
    """The origin of a configured address; raises ``HfopsError`` naming the variable, never its user or password."""
    where = origin(url)
    if where is None or "?" in url or "#" in url:
        held = "an address with a user or password" if "@" in url else repr(url)
        raise HfopsError(f"{name}: {held} cannot be used; expected an address such as {HUB}")
    return where


def _address(environ: Mapping[str, str], name: str, default: str) -> str:
    url = environ.get(name, "").strip().rstrip("/") or default
    checked_origin(url, name)
    return url
