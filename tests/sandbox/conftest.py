"""The judge of the sandbox is the official client, with everything off that would leave the machine or sleep."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests
from huggingface_hub import HfApi
from huggingface_hub.utils import close_session

from hfops.sandbox.server import Sandbox
from tests.contract import check_request, check_response

Start = Callable[..., Sandbox]
SEED = {
    "users": [
        {"name": "ada", "token": "hf_ada", "orgs": [{"name": "acme", "role": "contributor"}]},
        {"name": "bob", "token": "hf_bob", "orgs": [{"name": "acme", "role": "read"}]},
        {"name": "mallory", "token": "hf_mallory"},
    ]
}
"""A contributor and a reader of acme, and a stranger."""


UNWRITTEN = re.compile(
    r"/spaces/[^/]+/[^/]+|/api/\w+/[^/]+/[^/]+/(like|likers|lfs-files)(/.*)?|/api/users/[^/]+/likes"
)
"""What the contract leaves out: pages, likes, the list of LFS files."""


def judge(sandbox: Sandbox) -> list[str]:
    """What the contract has against the exchanges: every answer, and every request but the refused ones."""
    found = []
    for exchange in sandbox.exchanges:
        if UNWRITTEN.fullmatch(exchange.path.partition("?")[0]):
            continue
        probe = "python-requests" in exchange.headers.get("user-agent", "") and exchange.status >= 400
        found += [] if probe or exchange.status in (400, 422) else check_request(exchange)
        found += check_response(exchange)
    return found


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts sandboxes; at the end every exchange of theirs has to be within the contract."""
    running: list[Sandbox] = []
    with ExitStack() as stack:

        def starter(seed: dict[str, Any] | None = None, **options: Any) -> Sandbox:
            running.append(stack.enter_context(Sandbox(seed, **options)))
            return running[-1]

        yield starter
        close_session()
    assert [problem for sandbox in running for problem in judge(sandbox)] == []


@pytest.fixture
def sandbox(start: Start) -> Sandbox:
    """A sandbox with some people in it."""
    return start(SEED)


@pytest.fixture
def api(sandbox: Sandbox) -> HfApi:
    """The official client as hfops-user, admin of acme."""
    return HfApi(endpoint=sandbox.url, token="hf_sandbox")


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[Callable[..., requests.Response]]:
    """Plain requests as hfops-user: ``http(method, path, token=…, **kwargs)``."""
    with requests.Session() as session:

        def send(
            method: str, path: str, token: str | None = "hf_sandbox", **kwargs: Any
        ) -> requests.Response:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            headers |= kwargs.pop("headers", {})
            kwargs.setdefault("allow_redirects", False)
            return session.request(method, sandbox.url + path, headers=headers, timeout=10, **kwargs)

        yield send
