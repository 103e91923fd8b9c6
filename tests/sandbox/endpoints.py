"""What the tests of Inference Endpoints share: bodies, the contract's examples, a client that waits by hand."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from typing import Any

from tests.contract import FOLDER

ID = "acme/prod"
PATH = "/v2/endpoint/acme/prod"
OLD, NEW = "a" * 40, "b" * 40


@cache
def _document() -> dict[str, Any]:
    return json.loads((FOLDER / "endpoints-openapi.json").read_text(encoding="utf-8"))


def example(name: str) -> Any:
    """One of the contract's examples."""
    return deepcopy(_document()["components"]["examples"][name]["value"])


def examples(prefix: str) -> list[str]:
    return [name for name in _document()["components"]["examples"] if name.startswith(prefix)]


def body(model: dict | None = None, scaling: dict | None = None, **rest: Any) -> dict[str, Any]:
    """A creation: a T4 that may scale to zero, unless told otherwise."""
    return {
        "name": "prod",
        "type": "authenticated",
        "provider": {"vendor": "aws", "region": "us-east-1"},
        "compute": {
            "accelerator": "gpu",
            "instanceType": "nvidia-t4",
            "instanceSize": "x1",
            "scaling": {"minReplica": 0, "maxReplica": 2} | (scaling or {}),
        },
        "model": {
            "repository": "acme/sentiment",
            "framework": "pytorch",
            "image": {"huggingface": {}},
        }
        | (model or {}),
    } | rest


def failing(word: str) -> dict[str, Any]:
    """The model part that makes every start and update fail so."""
    return {"env": {"SANDBOX_FAIL": word}}
