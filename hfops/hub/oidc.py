"""Trusted publishers: a CI job proves who it is and gets a token for an hour (RFC 8693, POST /oauth/token)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from hfops.hub.clock import Clock
from hfops.hub.config import Settings
from hfops.hub.errors import HubError
from hfops.hub.refusals import refused
from hfops.hub.retrying import Retrying
from hfops.hub.transport import Request, RequestsTransport, Transport
from hfops.hub.urls import is_loopback, origin
from hfops.hub.wrappers import Offline
from hfops.model.call import Repeat
from hfops.model.problem import HfopsError

_NO_PROOF = (
    "HF_OIDC_RESOURCE is set, but this job has no id token to exchange: on GitHub Actions give the job "
    "`permissions: {id-token: write}`; elsewhere put the job's id token into HF_OIDC_ID_TOKEN"
)


def exchanged(environ: Mapping[str, str], transport: Transport | None, clock: Clock | None) -> str:
    """A short-lived token for HF_OIDC_RESOURCE. Any failure raises: asking for it was explicit."""
    settings = Settings.from_env(environ)
    if settings.hub_origin[0] == "http" and not is_loopback(settings.hub_origin):
        raise HfopsError(
            "HF_OIDC_RESOURCE: an id token is not sent over plain http; give HF_ENDPOINT an https address"
        )
    inner = transport or (Offline() if settings.offline else RequestsTransport(1))
    try:
        return _exchange(environ, settings.endpoint, Retrying(inner, clock))
    except HubError as error:
        raise HfopsError(f"HF_OIDC_RESOURCE: no token was given in exchange: {error}") from error
    finally:
        if transport is None:
            inner.close()


def _exchange(environ: Mapping[str, str], endpoint: str, transport: Transport) -> str:
    body = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "subject_token": environ.get("HF_OIDC_ID_TOKEN", "").strip() or _minted(environ, endpoint, transport),
        "resource": environ["HF_OIDC_RESOURCE"].strip(),
    }
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    url = f"{endpoint}/oauth/token"
    # A second exchange gives a second token and changes nothing.
    request = Request("POST", url, headers, json.dumps(body).encode(), Repeat.SAME)
    return _string(_answer(request, transport), "access_token")


def _minted(environ: Mapping[str, str], audience: str, transport: Transport) -> str:
    """An id token from the runner of GitHub Actions, made out for the Hub."""
    url, key = environ.get("ACTIONS_ID_TOKEN_REQUEST_URL"), environ.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    if environ.get("GITHUB_ACTIONS") != "true" or not url or not key:
        raise HfopsError(_NO_PROOF)
    where = origin(url)
    if where is None or (where[0] != "https" and not is_loopback(where)):
        raise HfopsError("ACTIONS_ID_TOKEN_REQUEST_URL: expected an https address")
    joined = f"{url}{'&' if '?' in url else '?'}{urlencode({'audience': audience})}"
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
    return _string(_answer(Request("GET", joined, headers), transport), "value")


def _answer(request: Request, transport: Transport) -> Any:
    response = transport.send(request)
    if not 200 <= response.status < 300:
        raise refused(request, response)
    return response.json()


def _string(data: Any, name: str) -> str:
    found = data.get(name) if isinstance(data, Mapping) else None
    if not isinstance(found, str) or not found:
        raise HfopsError(f"HF_OIDC_RESOURCE: the answer holds no {name!r}")
    return found
