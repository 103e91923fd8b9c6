"""The container images: a union of variants by their one key, each with its fields.

A key that is none is refused by name; a field that a variant does not have is dropped without a word.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from hfops.sandbox.endpoints.manners import Wire, invalid, valid

Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]


class _Managed(Wire):
    """The service's own image."""


class _Neuron(Wire):
    neuron_cache: str | None = None
    batch_size: Count | None = None
    sequence_length: Count | None = None


class _Container(Wire):
    url: str = Field(min_length=1)
    port: Annotated[int, Field(ge=0, le=65535)] | None = None
    health_route: str | None = None


class _Credentials(Wire):
    username: str
    password: str | None = None


class _Custom(_Container):
    credentials: _Credentials | None = None


class _Tokens(_Container):
    max_batch_prefill_tokens: Count | None = None
    max_batch_total_tokens: Count | None = None
    max_input_length: Count | None = None
    max_total_tokens: Count | None = None


class _Tgi(_Tokens):
    disable_custom_kernels: bool | None = None
    quantize: Literal["awq", "bitsandbytes", "eetq", "gptq"] | None = None


class _TgiNeuron(_Tokens):
    hf_auto_cast_type: Literal["bf16", "fp16"] | None = None
    hf_num_cores: Count | None = None


class _Tei(_Container):
    max_batch_tokens: Count | None = None
    max_concurrent_requests: Count | None = None
    pooling: str | None = None


class _Llamacpp(_Container):
    model_path: str
    ctx_size: Count
    n_parallel: Count
    threads_http: Count | None = None
    n_gpu_layers: int | None = None
    mmproj_model_path: str | None = None
    mode: Literal["embeddings", "reranking"] | None = None
    pooling: Literal["mean", "cls", "last", "rank"] | None = None
    variant: str | None = None


class _VLLM(_Container):
    tensor_parallel_size: Positive | None = None
    data_parallel_size: Positive | None = None
    kv_cache_dtype: Literal["auto", "fp8", "fp8_e5m2", "fp8_e4m3"] | None = None
    max_num_batched_tokens: Count | None = None
    max_num_seqs: Count | None = None


class _SGLang(_Container):
    tensor_parallel_size: Positive | None = None
    kv_cache_dtype: Literal["auto", "fp8_e5m2", "fp8_e4m3"] | None = None
    chunked_prefill_size: int | None = None
    max_prefill_tokens: Count | None = None
    max_running_requests: Count | None = None


VARIANTS: Mapping[str, type[Wire]] = {
    "huggingface": _Managed,
    "huggingfaceNeuron": _Neuron,
    "custom": _Custom,
    "tgi": _Tgi,
    "tgiNeuron": _TgiNeuron,
    "tei": _Tei,
    "llamacpp": _Llamacpp,
    "vLLM": _VLLM,
    "vLLMOmni": _Container,
    "vLLMNeuron": _Container,
    "sGLang": _SGLang,
    "hfServe": _Container,
}

DEFAULTS: Mapping[str, Mapping[str, Any]] = {"tgi": {"port": 80, "disableCustomKernels": False}}
"""What the service fills in where the request leaves a field out."""

MASKED = {"username": "", "password": None}
PATH = ("model", "image")


def stored(image: Mapping[str, Any]) -> dict[str, Any]:
    """An image as it is kept: known fields, without nulls, with defaults. 400 for one that cannot be."""
    where = ".".join(PATH)
    for key in image:
        if key not in VARIANTS:
            names = ", ".join(f"`{name}`" for name in VARIANTS)
            raise invalid(where, f"unknown variant `{key}`, expected one of {names}")
    if len(image) != 1:
        raise invalid(where, f"expected one variant, found {len(image)}")
    key, fields = next(iter(image.items()))
    asked = valid(VARIANTS[key], fields, (*PATH, key)).model_dump(by_alias=True, exclude_none=True)
    return {key: {**DEFAULTS.get(key, {}), **asked}}


def shown(image: Mapping[str, Any]) -> dict[str, Any]:
    """An image as it is read back: registry credentials are a mask."""
    key, fields = next(iter(image.items()))
    return {key: {**fields, "credentials": dict(MASKED)} if "credentials" in fields else dict(fields)}


def check_parallelism(image: Mapping[str, Any], accelerator: str, count: int) -> None:
    """Pass, or 400 for an engine that is not told how to use the several accelerators that it gets."""
    key, fields = next(iter(image.items()))
    if key not in ("vLLM", "sGLang") or accelerator == "cpu" or count < 2:
        return
    where = ".".join((*PATH, key))
    sizes = [fields[name] for name in ("tensorParallelSize", "dataParallelSize") if name in fields]
    if not sizes:
        raise invalid(where, f"tensorParallelSize is required on an instance with {count} accelerators")
    product = 1
    for size in sizes:
        product *= size
    if count % product:
        raise invalid(where, f"{product} parallel parts do not fit {count} accelerators")
