"""The container images that an endpoint can run: a union of variants by their one key, each with its own fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from hfops.kinds.base import Spec
from hfops.kinds.values import SecretValue, Text
from hfops.manifest.strict import Complaint

MANAGED = "huggingface"
"""The service's own image, which a new endpoint gets where its manifest names none."""

FRAMEWORKS = {"huggingface": "pytorch", "huggingfaceNeuron": "pytorch", "llamacpp": "llamacpp"}
DEFAULT_TYPE = "private"
"""Who may call a new endpoint whose manifest does not say: nobody else."""

HEALTH = "/health"
"""The route that answers 200 once an engine is ready, unless it is said to be another."""

Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Route = Annotated[str, Field(pattern=r"^/")]


class Credentials(Spec):
    """The login of a private registry. The service never shows it again."""

    username: Text = Field(description="The registry's user.")
    password: SecretValue = Field(description="The password or token, by reference only.")


class Managed(Spec):
    """The service's own image; it has no fields."""


class ManagedNeuron(Spec):
    """The service's own image for AWS Inferentia2."""

    neuron_cache: str | None = Field(default=None, description="The repository of compiled models.")
    batch_size: Count | None = Field(default=None, description="The batch size that is compiled for.")
    sequence_length: Count | None = Field(default=None, description="The sequence length compiled for.")


class Container(Spec):
    """What every container image has."""

    url: str = Field(min_length=1, description="The image, such as ghcr.io/acme/server:1.4.")
    port: Annotated[int, Field(ge=0, le=65535)] | None = Field(
        default=None, description="The port that the container listens on; default the engine's own."
    )
    health_route: Route | None = Field(
        default=None, description="The path that answers 200 once it is ready; default /health."
    )


class Custom(Container):
    """Any container."""

    credentials: Credentials | None = Field(default=None, description="The login of its registry.")


class _Tokens(Container):
    max_batch_prefill_tokens: Count | None = Field(default=None, description="Tokens of a batch's prefill.")
    max_batch_total_tokens: Count | None = Field(default=None, description="Tokens of a whole batch.")
    max_input_length: Count | None = Field(default=None, description="Tokens of one input.")
    max_total_tokens: Count | None = Field(default=None, description="Tokens of one input and its output.")


class Tgi(_Tokens):
    """Text Generation Inference."""

    disable_custom_kernels: bool | None = Field(default=None, description="Run without custom kernels.")
    quantize: Literal["awq", "bitsandbytes", "eetq", "gptq"] | None = Field(
        default=None, description="The quantization."
    )


class TgiNeuron(_Tokens):
    """Text Generation Inference for AWS Inferentia2."""

    hf_auto_cast_type: Literal["bf16", "fp16"] | None = Field(
        default=None, description="The type to cast to."
    )
    hf_num_cores: Count | None = Field(default=None, description="How many Neuron cores it uses.")


class Tei(Container):
    """Text Embeddings Inference."""

    max_batch_tokens: Count | None = Field(default=None, description="Tokens of a whole batch.")
    max_concurrent_requests: Count | None = Field(default=None, description="Requests served at a time.")
    pooling: str | None = Field(default=None, min_length=1, description="How token embeddings become one.")


class Llamacpp(Container):
    """llama.cpp's server. Environment variables named LLAMA_ARG_* are the service's own."""

    model_path: str = Field(min_length=1, description="The GGUF file inside the repository.")
    ctx_size: Count = Field(description="Tokens of the context.")
    n_parallel: Count = Field(description="Sequences decoded at a time.")
    threads_http: Count | None = Field(default=None, description="Threads that answer HTTP.")
    n_gpu_layers: int | None = Field(default=None, description="Layers that go to the GPU.")
    mmproj_model_path: str | None = Field(
        default=None, min_length=1, description="The file of a multimodal projector."
    )
    mode: Literal["embeddings", "reranking"] | None = Field(
        default=None, description="What it does instead of generating text."
    )
    pooling: Literal["mean", "cls", "last", "rank"] | None = Field(
        default=None, description="How token embeddings become one."
    )
    variant: str | None = Field(default=None, min_length=1, description="The build of the engine.")


class VLLM(Container):
    """vLLM."""

    tensor_parallel_size: Positive | None = Field(
        default=None, description="Accelerators that share each layer."
    )
    data_parallel_size: Positive | None = Field(default=None, description="Copies of the model in a replica.")
    kv_cache_dtype: Literal["auto", "fp8", "fp8_e5m2", "fp8_e4m3"] | None = Field(
        default=None, description="The type of the key-value cache."
    )
    max_num_batched_tokens: Count | None = Field(default=None, description="Tokens of one step.")
    max_num_seqs: Count | None = Field(default=None, description="Sequences of one step.")


class SGLang(Container):
    """SGLang."""

    tensor_parallel_size: Positive | None = Field(
        default=None, description="Accelerators that share each layer."
    )
    kv_cache_dtype: Literal["auto", "fp8_e5m2", "fp8_e4m3"] | None = Field(
        default=None, description="The type of the key-value cache."
    )
    chunked_prefill_size: int | None = Field(
        default=None, description="Tokens of a prefill's chunk; -1: in one piece."
    )
    max_prefill_tokens: Count | None = Field(default=None, description="Tokens of one prefill.")
    max_running_requests: Count | None = Field(default=None, description="Requests served at a time.")


class VLLMOmni(Container):
    """vLLM-Omni."""


class VLLMNeuron(Container):
    """vLLM for AWS Inferentia2."""


class HfServe(Container):
    """hf-serve."""


class Image(Spec):
    """Exactly one of the service's image variants, under the API's name."""

    huggingface: Managed | None = Field(default=None, description="The service's own image: {}.")
    huggingface_neuron: ManagedNeuron | None = Field(default=None, description="The same for Inferentia2.")
    custom: Custom | None = Field(default=None, description="Any container.")
    tgi: Tgi | None = Field(default=None, description="Text Generation Inference.")
    tgi_neuron: TgiNeuron | None = Field(default=None, description="The same for Inferentia2.")
    tei: Tei | None = Field(default=None, description="Text Embeddings Inference.")
    llamacpp: Llamacpp | None = Field(default=None, description="llama.cpp.")
    v_llm: VLLM | None = Field(default=None, alias="vLLM", description="vLLM.")
    v_llm_omni: VLLMOmni | None = Field(default=None, alias="vLLMOmni", description="vLLM-Omni.")
    v_llm_neuron: VLLMNeuron | None = Field(
        default=None, alias="vLLMNeuron", description="vLLM for Inferentia2."
    )
    sg_lang: SGLang | None = Field(default=None, alias="sGLang", description="SGLang.")
    hf_serve: HfServe | None = Field(default=None, description="hf-serve.")

    @model_validator(mode="after")
    def _one(self) -> Image:
        given = sorted(self.model_fields_set)
        if len(given) != 1:
            names = [type(self).model_fields[n].alias or n for n in given]
            said = f"{' and '.join(names)} at once" if names else "names no image"
            raise Complaint(said, "exactly one of " + ", ".join(VARIANTS))
        return self

    @property
    def variant(self) -> str:
        """The one key, as the API spells it."""
        (name,) = self.model_fields_set
        return type(self).model_fields[name].alias or name

    @property
    def fields(self) -> Managed | ManagedNeuron | Container:
        """What stands under it."""
        (name,) = self.model_fields_set
        found = getattr(self, name)
        assert isinstance(found, Managed | ManagedNeuron | Container)
        return found

    @property
    def credentials(self) -> Credentials | None:
        """The registry's login, where there is one."""
        return self.custom.credentials if self.custom else None


VARIANTS = tuple(f.alias or n for n, f in Image.model_fields.items())
"""The API's names of the variants."""

PORTS: Mapping[str, frozenset[int]] = {
    "custom": frozenset({80}),
    "tgi": frozenset({80}),
    "tgiNeuron": frozenset({80}),
    "tei": frozenset({80}),
    "llamacpp": frozenset({80, 8080}),
    "vLLM": frozenset({80, 8000}),
    "vLLMOmni": frozenset({80, 8000}),
    "vLLMNeuron": frozenset({80, 8000}),
    "sGLang": frozenset({80, 8000, 30000}),
    "hfServe": frozenset({80, 8000}),
}
"""Ports that the service, or the engine, may have filled in where a request named none."""

FILLED: Mapping[str, Any] = {"healthRoute": HEALTH, "disableCustomKernels": False, "kvCacheDtype": "auto"}
"""Other values that stand for nothing having been said."""


def framework_of(variant: str) -> str:
    """What a new endpoint with this image needs; any other runs as custom."""
    return FRAMEWORKS.get(variant, "custom")


def filled_in(variant: str, name: str, value: Any) -> bool:
    """Whether ``value`` is what the service shows of a field that nobody named."""
    if value is None or (name == "port" and value in PORTS.get(variant, ())):
        return True
    return name in FILLED and bool(FILLED[name] == value)


def said_of(image: Image) -> dict[str, Any]:
    """The fields that a manifest names, under the API's names; the registry's login apart."""
    return image.fields.model_dump(by_alias=True, exclude_unset=True, exclude={"credentials"})


def shown_of(image: Any) -> tuple[str, dict[str, Any]]:
    """Variant and fields of an image as the service shows it, without nulls and without the login's mask."""
    if not isinstance(image, Mapping) or len(image) != 1:
        return "", {}
    ((variant, fields),) = image.items()
    known = fields if isinstance(fields, Mapping) else {}
    return str(variant), {k: v for k, v in known.items() if v is not None and k != "credentials"}


def logs_in(image: Any) -> bool:
    """Whether a live image has a registry's login. It is shown as a mask, never as null."""
    fields = next(iter(image.values()), None) if isinstance(image, Mapping) else None
    return isinstance(fields, Mapping) and fields.get("credentials") is not None


def same_image(image: Image, live: Any) -> bool:
    """Whether a live image is the wanted one, the login apart, and what the service fills in left out."""
    variant, have = shown_of(live)
    wanted = said_of(image)
    if image.variant != variant:
        return False
    named = all(have.get(k) == v or (k not in have and filled_in(variant, k, v)) for k, v in wanted.items())
    return named and all(k in wanted or filled_in(variant, k, v) for k, v in have.items())
