"""The Hub's contract as a judge of exchanges: requests by the strict file, answers by the open one.

``check_request(exchange)`` and ``check_response(exchange)`` return what is wrong, in words; nothing for a good one. An
exchange is anything with ``method``, ``path`` (raw, with the query), ``headers``, ``body``, ``status``,
``response_headers`` and ``response_body``; status 0 means that no answer was sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, parse_qsl, quote, unquote

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

FOLDER = Path(__file__).parent.parent / "schemas" / "hub-api"
OUTSIDE = ("/_storage/", "/_endpoints/")
"""Paths that belong to no contract: the object store behind the Hub's links, and what endpoints serve."""

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


class Exchange(Protocol):
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    response_headers: Mapping[str, str]
    response_body: bytes


@dataclass(frozen=True)
class Found:
    """An operation, the pointer to it in its document, and the slots of the path."""

    operation: Mapping[str, Any]
    pointer: str
    slots: Mapping[str, str]
    shared: tuple[Any, ...]


class Contract:
    """One OpenAPI 3.1 document; validators are compiled when first used. ``prefix`` stands before its paths."""

    def __init__(self, path: Path, prefix: str = "") -> None:
        self.document = json.loads(path.read_text(encoding="utf-8"))
        self.uri = f"urn:{path.name}"
        resource = Resource.from_contents(self.document, default_specification=DRAFT202012)
        self._registry: Registry = Registry().with_resource(self.uri, resource)
        self._validators: dict[str, Draft202012Validator] = {}
        templates = sorted(self.document["paths"], key=lambda t: -len(re.sub(r"\{\w+\}", "", t)))
        self._templates = [(_pattern(prefix, t), t) for t in templates]

    def find(self, method: str, raw_path: str) -> Found | None:
        for pattern, template in self._templates:
            match = pattern.fullmatch(raw_path)
            item = self.document["paths"][template]
            if match and method.lower() in item:
                pointer = f"/paths/{escape(template)}/{method.lower()}"
                slots = {k: unquote(v) for k, v in match.groupdict().items()}
                return Found(item[method.lower()], pointer, slots, tuple(item.get("parameters", ())))
        return None

    def deref(self, node: Mapping[str, Any], pointer: str) -> tuple[Any, str]:
        """A node and its pointer, a ``$ref`` in its place followed."""
        while "$ref" in node:
            pointer = node["$ref"].removeprefix("#")
            node = self.document
            for part in pointer.split("/")[1:]:
                node = node[part.replace("~1", "/").replace("~0", "~")]
        return node, pointer

    def errors(self, pointer: str, value: Any) -> Iterator[str]:
        """What the schema at ``pointer`` has against ``value``."""
        if pointer not in self._validators:
            schema = {"$ref": f"{self.uri}#{quote(pointer, safe='/~')}"}
            self._validators[pointer] = Draft202012Validator(schema, registry=self._registry)
        validator = self._validators[pointer]
        if not validator.is_valid(value):
            error = best_match(validator.iter_errors(value))
            yield f"{error.json_path}: {error.message}"


@cache
def contracts() -> tuple[tuple[Contract, Contract], ...]:
    """The documents for requests and for answers, in pairs; a path belongs to the first pair that has it."""
    endpoints = Contract(FOLDER / "endpoints-openapi.json")
    hub = Contract(FOLDER / "openapi.strict.json"), Contract(FOLDER / "openapi.json")
    return (hub, (endpoints, endpoints))


def check_request(exchange: Exchange) -> list[str]:
    """What the contract has against a request: route, path, query, body."""
    path, _, query = exchange.path.partition("?")
    if path.startswith(OUTSIDE):
        return []
    for contract, _ in contracts():
        if found := contract.find(exchange.method, path):
            problems = [*_parameters(contract, found, query), *_body(contract, found, exchange)]
            return [f"{exchange.method} {path}: {p}" for p in problems]
    return [f"{exchange.method} {path}: not in the contract"]


def check_response(exchange: Exchange) -> list[str]:
    """What the contract has against an answer: headers that every one carries, content type, body."""
    path = exchange.path.partition("?")[0]
    if path.startswith(OUTSIDE) or exchange.status == 0:
        return []
    problems = [
        f"no {name} header"
        for name in ("RateLimit", "RateLimit-Policy")
        if name not in exchange.response_headers
    ]
    for _, contract in contracts():
        if found := contract.find(exchange.method, path):
            problems += _answer(contract, found, exchange)
            break
    else:
        problems += [] if exchange.status in (401, 404) else ["not in the contract, and answered"]
    return [f"{exchange.method} {path} -> {exchange.status}: {p}" for p in problems]


def _parameters(contract: Contract, found: Found, query: str) -> Iterator[str]:
    declared = [*found.shared, *found.operation.get("parameters", ())]
    offset = len(found.shared)
    known = []
    for number, node in enumerate(declared):
        shared = number < offset  # those of the path stand beside its operations
        owner = found.pointer.rpartition("/")[0] if shared else found.pointer
        pointer = f"{owner}/parameters/{number if shared else number - offset}"
        parameter, pointer = contract.deref(node, pointer)
        known.append((parameter, f"{pointer}/schema"))
    sent: dict[str, list[str]] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        sent.setdefault(key, []).append(value)
    queries = {p["name"]: (p, pointer) for p, pointer in known if p["in"] == "query"}
    for key, values in sent.items():
        parameter, pointer = queries.get(key) or queries.get(key.removesuffix("[]")) or (None, "")
        if parameter is None:
            yield f"unknown query key {key!r}"
        else:
            schema = contract.deref(parameter["schema"], pointer)[0]
            for problem in contract.errors(pointer, _typed(schema, values)):
                yield f"query {key}: {problem}"
    for parameter, pointer in known:
        if parameter["in"] == "query" and parameter.get("required") and parameter["name"] not in sent:
            yield f"query {parameter['name']} is missing"
        if parameter["in"] == "path":
            for problem in contract.errors(pointer, found.slots[parameter["name"]]):
                yield f"path {parameter['name']}: {problem}"


def _typed(schema: Mapping[str, Any], values: list[str]) -> Any:
    if schema.get("type") == "array":
        return values
    value = values[-1]
    if schema.get("type") == "boolean":
        return {"true": True, "false": False}.get(value, value)
    return (
        int(value) if schema.get("type") in ("integer", "number") and value.lstrip("-").isdecimal() else value
    )


def _body(contract: Contract, found: Found, exchange: Exchange) -> Iterator[str]:
    declared = found.operation.get("requestBody")
    if declared is None:
        if exchange.body.strip() not in (b"", b"{}"):
            yield "a body where the contract has none"
        return
    body, pointer = contract.deref(declared, f"{found.pointer}/requestBody")
    if not exchange.body:
        if body.get("required"):
            yield "the body is missing"
        return
    kind = _media(exchange.headers)
    if kind not in body["content"]:
        yield f"content type {kind!r}, expected one of {', '.join(body['content'])}"
        return
    content = body["content"][kind]["schema"]
    if line_schema := content.get("x-line-schema"):
        yield from _lines(contract, line_schema.removeprefix("#"), exchange.body)
        return
    try:
        value = _parsed(kind, exchange.body)
    except ValueError as error:
        yield f"body: {error}"
        return
    yield from (f"body {p}" for p in contract.errors(f"{pointer}/content/{escape(kind)}/schema", value))


def _lines(contract: Contract, pointer: str, body: bytes) -> Iterator[str]:
    lines = [json.loads(line) for line in body.splitlines() if line.strip()]
    if not lines or lines[0].get("key") != "header":
        yield "the first line is no header"
    for number, line in enumerate(lines, 1):
        yield from (f"line {number} {p}" for p in contract.errors(pointer, line))


def _parsed(kind: str, body: bytes) -> Any:
    if kind == "application/x-www-form-urlencoded":
        form = parse_qs(body.decode(), keep_blank_values=True)
        return {key: values if len(values) > 1 else values[0] for key, values in form.items()}
    return json.loads(body)


def _answer(contract: Contract, found: Found, exchange: Exchange) -> Iterator[str]:
    responses = found.operation["responses"]
    status = 200 if exchange.status == 206 else exchange.status  # a part of what 200 would give
    key = str(status) if str(status) in responses else "default"
    if key not in responses or (key == "default" and exchange.status < 400):
        if exchange.status < 300:
            yield f"status {exchange.status} is not in the contract"
        return
    response, pointer = contract.deref(responses[key], f"{found.pointer}/responses/{escape(key)}")
    if exchange.method == "HEAD" or _cut_off(exchange) or "content" not in response:
        return
    kind = _media(exchange.response_headers)
    if kind not in response["content"]:
        if exchange.status < 300:
            yield f"content type {kind!r}, expected one of {', '.join(response['content'])}"
        return
    if kind.endswith("json"):
        schema = f"{pointer}/content/{escape(kind)}/schema"
        yield from contract.errors(schema, json.loads(exchange.response_body))
    elif kind == "text/plain":
        schema = f"{pointer}/content/{escape(kind)}/schema"
        yield from contract.errors(schema, exchange.response_body.decode())


def _cut_off(exchange: Exchange) -> bool:
    length = exchange.response_headers.get("content-length")
    return length is not None and int(length) != len(exchange.response_body)


def _media(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _pattern(prefix: str, template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", prefix + template)
    slots = {"path": ".+", "repo": "[^/]+?"}
    text = (f"(?P<{p}>{slots.get(p, '[^/]+')})" if i % 2 else re.escape(p) for i, p in enumerate(parts))
    return re.compile("".join(text))


def escape(part: str) -> str:
    """A key as one step of a JSON pointer."""
    return part.replace("~", "~0").replace("/", "~1")
