"""An endpoint to compare, without a Hub: a manifest, what the ledger knows, and what is live."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hfops.hub.config import Settings
from hfops.hub.connection import open_connections
from hfops.hub.token import Token
from hfops.kinds.base import Ask, Comparison, Sight
from hfops.kinds.endpoint.catalogue import CATALOGUE, parse_catalogue
from hfops.kinds.endpoint.kind import EndpointKind
from hfops.kinds.endpoint.live import LiveEndpoint, parse
from hfops.kinds.endpoint.spec import EndpointSpec
from hfops.manifest.bind import bind
from hfops.manifest.document import Document
from hfops.manifest.local import NOWHERE
from hfops.model.address import Address
from hfops.model.call import Call
from hfops.model.change import Difference
from hfops.model.problem import Problem
from hfops.model.record import Origin, Record
from hfops.model.resource import Resource
from hfops.sandbox.server import Sandbox
from tests.kinds.case import Case
from tests.kinds.spaces import Safe
from tests.kinds.stage import PROJECT, Stage

ADDRESS = Address("InferenceEndpoint", "acme", "prod")
KIND = EndpointKind()
FOLDER = Path(__file__).parents[2] / "schemas" / "hub-api"
CONTRACT = json.loads((FOLDER / "endpoints-openapi.json").read_text(encoding="utf-8"))["components"]
EXAMPLES = {name: e["value"] for name, e in CONTRACT["examples"].items()}
SHA = EXAMPLES["state_running"]["model"]["revision"]
OTHER = "b" * 40
MADE = EXAMPLES["state_running"]["status"]["createdAt"]

PLACE = {"vendor": "aws", "region": "us-east-1"}
HARDWARE = {"accelerator": "gpu", "instanceType": "nvidia-l4", "instanceSize": "x1"}
NEW: dict[str, Any] = {
    "model": {"repository": "openai-community/gpt2"},
    "provider": PLACE,
    "compute": HARDWARE,
}
"""All that creation takes."""


def document(spec: Any) -> Document:
    """A manifest's document."""
    return Document("m.yaml", 0, {"spec": spec})


def resource(spec: Mapping[str, Any]) -> Resource:
    """A manifest's resource."""
    bound = bind(EndpointSpec, document(spec), ("spec",), str(ADDRESS))
    assert isinstance(bound, EndpointSpec), bound
    return Resource(ADDRESS, bound, document(spec).mark())


def refused(spec: Any) -> list[str]:
    """What the schema has against a manifest."""
    bound = bind(EndpointSpec, document(spec), ("spec",), str(ADDRESS))
    assert isinstance(bound, list), "nothing is wrong with it"
    return [str(p) for p in bound]


def merged(base: Any, change: Any) -> Any:
    """A nested mapping with other values in it; ``...`` takes a key out."""
    if not isinstance(change, Mapping) or not isinstance(base, Mapping):
        return change
    out = {**base}
    for key, value in change.items():
        if value is ...:
            out.pop(key, None)
        else:
            out[key] = merged(base.get(key), value)
    return out


def answer(state: str = "running", **change: Any) -> dict[str, Any]:
    """What the service says of an endpoint."""
    return merged(copy.deepcopy(EXAMPLES[f"state_{state}"]), {"name": "prod", **change})


def live(state: str = "running", **change: Any) -> LiveEndpoint:
    """A live endpoint."""
    return parse("acme", answer(state, **change))


@dataclass
class Looked:
    """An endpoint compared."""

    ask: Ask
    sight: Sight
    compared: Comparison

    @property
    def acting(self) -> list[Difference]:
        """What is not held."""
        return [d for d in self.compared.differences if not d.held]

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls that close it."""
        return KIND.calls(self.ask, self.sight, self.acting)

    @property
    def sent(self) -> list[str]:
        """The calls in short."""
        return [f"{c.method} {c.path.removeprefix('/endpoint/acme')}".strip() for c in self.calls]

    @property
    def body(self) -> Any:
        """The body of the only call that has one."""
        (found,) = [c.body for c in self.calls if c.body is not None]
        return found

    @property
    def paths(self) -> list[str]:
        """What differs."""
        return [d.path.removeprefix("spec.") for d in self.compared.differences]

    @property
    def only(self) -> Difference:
        """The one difference."""
        (found,) = self.compared.differences
        return found


def look(
    spec: Mapping[str, Any],
    there: LiveEndpoint | None,
    applied: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
    **asked: Any,
) -> Looked:
    """Compare. ``applied`` is what the ledger knows."""
    record = Record(ADDRESS, Origin.ADOPTED, MADE, applied) if applied is not None else None
    ask = Ask(ADDRESS, resource(spec), record, vault=Safe(asked.pop("env", {})), **asked)
    sight = Sight(there, facts or {})
    return Looked(ask, sight, KIND.compare(ask, sight))


def catalogue(**quota: int) -> dict[str, Any]:
    """The fact that the contract's example of a catalogue makes."""
    data = copy.deepcopy(EXAMPLES["providers"])
    for vendor in data["vendors"]:
        for row in (r for region in vendor["regions"] for r in region["computes"]):
            row["quota"] |= quota
    return {CATALOGUE: parse_catalogue(data)}


def problems(spec: Mapping[str, Any]) -> list[str]:
    """What check() finds."""
    return [str(p) for p in KIND.check(resource(spec), NOWHERE)]


def warnings(spec: Mapping[str, Any]) -> list[Problem]:
    """What warnings() finds."""
    return list(KIND.warnings(resource(spec)))


@contextmanager
def set_stage(case: Case, folder: Path, transition_time: float = 0.02) -> Iterator[Stage]:
    """A fresh Sandbox with its Endpoints API, and a project folder, in the state that ``case`` describes."""
    (folder / "hfops.yaml").write_text(PROJECT, encoding="utf-8")
    with Sandbox(case.hub, transition_time=transition_time) as sandbox:
        at = {"HF_ENDPOINT": sandbox.url, "HF_INFERENCE_ENDPOINTS_ENDPOINT": f"{sandbox.url}/v2"}
        with open_connections(Settings.from_env(at), Token("hf_sandbox", "the case")) as connections:
            stage = Stage(sandbox, connections, folder, case)
            stage.settle_in()
            yield stage
