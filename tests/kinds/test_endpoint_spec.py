"""An endpoint's manifest: every field of the service's calls, and what is refused offline."""

from __future__ import annotations

from typing import Any

import pytest

from hfops.kinds.endpoint.images import VARIANTS, Image
from hfops.kinds.endpoint.spec import (
    Compute,
    CustomRouter,
    EndpointSpec,
    ExperimentalFeatures,
    Model,
    PrivateService,
    Provider,
    Route,
    Scaling,
)
from hfops.model.address import Address
from tests.kinds.endpoints import CONTRACT, KIND, merged, problems, refused, resource, warnings

SCHEMAS = CONTRACT["schemas"]
OURS = {"EndpointSpec": {"state", "wait"}, "Model": {"follow"}}
"""Fields that the service does not have."""

LEFT_OUT = {
    "EndpointCreate": {"name", "network", "notifications", "accountId"},
    "EndpointCompute": {"id"},
    "EndpointScaling": {"metric", "threshold"},
}
"""Fields of the service that are no manifest's: named elsewhere, of unknown shape, or deprecated."""

PAIRS = [
    (EndpointSpec, "EndpointCreate"),
    (Model, "EndpointModel"),
    (Provider, "EndpointProvider"),
    (Compute, "EndpointCompute"),
    (Scaling, "EndpointScaling"),
    (Route, "Route"),
    (PrivateService, "PrivateService"),
    (CustomRouter, "CustomRouter"),
    (ExperimentalFeatures, "ExperimentalFeatures"),
]


def names(model: Any) -> set[str]:
    """A model's fields, as manifests write them."""
    return {f.alias or n for n, f in model.model_fields.items()}


@pytest.mark.parametrize(("model", "schema"), PAIRS, ids=[s for _, s in PAIRS])
def test_every_field_of_the_calls_is_a_field_of_the_manifest(model: Any, schema: str) -> None:
    """The spec has the contract's fields, no fewer and no others but its own."""
    theirs = set(SCHEMAS[schema]["properties"]) - LEFT_OUT.get(schema, set())
    assert names(model) - OURS.get(model.__name__, set()) == theirs


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_image_has_the_fields_of_the_contract(variant: str) -> None:
    """Fields, which of them must be there, and their values are the contract's."""
    union = {next(iter(o["properties"])): o for o in SCHEMAS["EndpointModelImage"]["oneOf"]}
    assert set(VARIANTS) == set(union)
    schema = SCHEMAS[union[variant]["properties"][variant]["$ref"].rsplit("/", 1)[1]]
    model: Any = next(f for n, f in Image.model_fields.items() if (f.alias or n) == variant).annotation
    fields = next(a for a in model.__args__ if a is not type(None))
    assert names(fields) == set(schema["properties"])
    required = {f.alias or n for n, f in fields.model_fields.items() if f.is_required()}
    assert required == set(schema.get("required", ()))
    told = fields.model_json_schema()
    for name, theirs in schema["properties"].items():
        if "enum" in theirs:
            ours = told["properties"][name]["anyOf"][0]["enum"]
            assert set(ours) == {v for v in theirs["enum"] if v is not None}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"model": {"image": {"vllm": {"url": "x"}}}}, "did you mean 'vLLM'?"),
        ({"model": {"image": {"custom": {"url": "x", "health_route": "/h"}}}}, "did you mean 'healthRoute'?"),
        ({"model": {"image": {"custom": {"url": "x", "tensorParallelSize": 2}}}}, "tensorParallelSize"),
        ({"model": {"image": {"vLLM": {"tensorParallelSize": 8}}}}, "spec.model.image.vLLM"),
        ({"model": {"image": {"tgi": {"url": "x"}, "tei": {"url": "y"}}}}, "tei and tgi at once"),
        ({"model": {"image": {}}}, "names no image"),
        ({"model": {"framework": "vllm"}}, "write it under image, as vLLM"),
        ({"model": {"framework": "tensorflow"}}, "one of custom, pytorch, llamacpp"),
        ({"model": {"repository": "gpt2"}}, "expected namespace/name"),
        ({"model": {"secrets": {"API_KEY": "abc"}}}, "secrets are never written down"),
        (
            {
                "model": {
                    "image": {"custom": {"url": "x", "credentials": {"username": "ci", "password": "s"}}}
                }
            },
            "secrets are never written down",
        ),
        (
            {"compute": {"scaling": {"minReplica": 3, "maxReplica": 2}}},
            "minReplica 3 is more than maxReplica 2",
        ),
        ({"compute": {"scaling": {"scaleToZeroTimeout": "90s"}}}, "no whole number of minutes"),
        (
            {"compute": {"scaling": {"measure": {"hardwareUsage": 80, "pendingRequests": 2}}}},
            "keep one of the two",
        ),
        ({"type": "secret"}, "public"),
        ({"state": "stopped"}, "paused"),
        ({"route": {"path": "sentiment"}}, "spec.route"),
        ({"wait": {"onTimeout": "delete"}}, "leave"),
        ({"compute": {"scaling": {"minReplica": "1"}}}, "a whole number"),
        ({"tag": ["x"]}, "did you mean 'tags'?"),
    ],
)
def test_what_the_schema_refuses(spec: Any, said: str) -> None:
    """What the service would drop or refuse is an error with a way out."""
    found = refused(spec)
    assert any(said in text for text in found), found


def test_words_are_normalised() -> None:
    """Protected is authenticated; idle time is in minutes however it is written."""
    spec: Any = resource({"type": "protected", "compute": {"scaling": {"scaleToZeroTimeout": "1h"}}}).spec
    assert spec.type == "authenticated"
    assert spec.compute.scaling.scale_to_zero_timeout == 60
    plain: Any = resource({"compute": {"scaling": {"scaleToZeroTimeout": 15}}}).spec
    assert plain.compute.scaling.scale_to_zero_timeout == 15


@pytest.mark.parametrize(
    ("name", "good"),
    [("prod", True), ("a" * 32, True), ("a" * 33, False), ("Prod", False), ("a_b", False), ("a.b", False)],
)
def test_names(name: str, good: bool) -> None:
    """Lower-case letters, digits and hyphens, at most 32."""
    assert (KIND.bad_name(Address("InferenceEndpoint", "acme", name)) is None) is good


LLAMA = {"llamacpp": {"url": "x", "modelPath": "m.gguf", "ctxSize": 1, "nParallel": 1}}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"model": {"image": LLAMA, "env": {"LLAMA_ARG_CTX_SIZE": "1"}}}, "LLAMA_ARG_* is the service's own"),
        ({"model": {"image": LLAMA, "secrets": {"LLAMA_ARG_KEY": {"env": "K"}}}}, "spec.model.secrets"),
        ({"model": {"env": {"1A": "x"}}}, "no variable's name"),
        ({"model": {"env": {"A": "x"}, "secrets": {"A": {"env": "K"}}}}, "a secret as well"),
        ({"model": {"revision": "a b"}}, "bad revision"),
        ({"model": {"revision": "3f2a91c", "follow": True}}, "a commit never moves"),
        ({"model": {"follow": True}}, "nothing to follow"),
        ({"route": {}}, "neither domain nor path"),
    ],
)
def test_what_is_wrong_offline(spec: Any, said: str) -> None:
    """Contradictions are found without a Hub."""
    (found,) = problems(spec)
    assert said in found


def test_a_good_manifest_has_no_problem() -> None:
    """What is right is passed, with and without llama.cpp's reserved names."""
    assert problems({"model": {"env": {"LLAMA_ARG_X": "1"}, "revision": "v1.0", "follow": True}}) == []


GPUS = {"compute": {"accelerator": "gpu", "instanceType": "nvidia-h200", "instanceSize": "x8"}}


def engine(name: str, **fields: int) -> dict[str, Any]:
    """An engine on eight accelerators."""
    return merged(GPUS, {"model": {"image": {name: {"url": "x", **fields}}}})


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"model": {"task": "text-genration"}}, "did you mean 'text-generation'?"),
        ({"compute": {"scaling": {"minReplica": 1, "scaleToZeroTimeout": 30}}}, "has no effect"),
        ({"state": "scaledToZero", "compute": {"scaling": {"minReplica": 2}}}, "may be woken at once"),
        ({"compute": {"scaling": {"minReplica": 0, "maxReplica": 0}}}, "write state: paused"),
        (engine("vLLM"), "tensorParallelSize: 8"),
        (engine("sGLang"), "tensorParallelSize: 8"),
        (engine("vLLM", tensorParallelSize=4, dataParallelSize=4), "4 times 4 parallel parts"),
        (engine("sGLang", tensorParallelSize=4), "their product should be 8"),
    ],
)
def test_what_may_be_a_mistake(spec: Any, said: str) -> None:
    """What the service says late, or never, is a warning."""
    (found,) = warnings(spec)
    assert said in str(found)


@pytest.mark.parametrize(
    "spec",
    [
        {"model": {"task": "text-generation"}},
        {"compute": {"scaling": {"minReplica": 0, "scaleToZeroTimeout": 30}}, "state": "scaledToZero"},
        engine("vLLM", tensorParallelSize=4, dataParallelSize=2),
        engine("sGLang", tensorParallelSize=8),
        engine("tei"),
    ],
)
def test_what_is_no_mistake(spec: Any) -> None:
    """Good manifests are not warned about."""
    assert warnings(spec) == []


def test_what_it_refers_to() -> None:
    """The model that it serves, and every resource whose value it takes."""
    url = {"resource": "Space/acme/app", "field": "url"}
    found = KIND.refers(resource({"model": {"repository": "acme/sentiment", "env": {"APP": url}}}))
    assert [str(a) for a in found] == ["Model/acme/sentiment", "Space/acme/app"]
