"""The spec of an Inference Endpoint: the fields of its create and update calls, under the API's names."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from hfops.kinds.base import Spec
from hfops.kinds.endpoint.images import Count, Image
from hfops.kinds.repo.names import bad_repo_id
from hfops.kinds.space.duration import Duration, seconds
from hfops.kinds.values import Secrets, Text
from hfops.manifest.strict import Complaint

FRAMEWORKS = ("custom", "pytorch", "llamacpp")
ENGINES = {
    "vllm": "vLLM",
    "sglang": "sGLang",
    "tgi": "tgi",
    "tei": "tei",
    "text-generation-inference": "tgi",
}
"""Engines that are often taken for frameworks, and their names as images."""

TASKS = (
    "text-classification",
    "zero-shot-classification",
    "token-classification",
    "question-answering",
    "fill-mask",
    "summarization",
    "translation",
    "text2text-generation",
    "text-generation",
    "feature-extraction",
    "image-classification",
    "automatic-speech-recognition",
    "audio-classification",
    "object-detection",
    "image-segmentation",
    "image-text-to-text",
    "table-question-answering",
    "conversational",
    "sentence-similarity",
    "sentence-embeddings",
    "sentence-ranking",
    "text-ranking",
    "text-to-image",
    "text-to-speech",
    "custom",
)
"""Tasks that are known; the service's list is longer, and grows."""

NONE: Literal["none"] = "none"
DEFAULT: Literal["default"] = "default"
TIMEOUT, SETTLE = 30 * 60, 30
"""Seconds that apply waits for an endpoint, and for which a state must stay to be believed after an update."""


def _framework(text: str) -> str:
    if text in FRAMEWORKS:
        return text
    engine = ENGINES.get(text.lower())
    hint = f"{text} is an engine: write it under image, as {engine}" if engine else None
    raise Complaint(f"unknown framework {text!r}", hint or f"one of {', '.join(FRAMEWORKS)}")


def _repo_id(text: str) -> str:
    why = bad_repo_id(text)
    if why:
        raise Complaint(f"bad repository id {text!r}: {why}")
    return text


def _minutes(written: int | str) -> int:
    if isinstance(written, int) or written.isdecimal():
        return int(written)
    found = seconds(written)
    if found % 60:
        raise Complaint(f"{written!r} is no whole number of minutes", "write minutes, or 15m, 1h")
    return found // 60


def _type(text: str) -> str:
    return "authenticated" if text == "protected" else text


class Model(Spec):
    """What is served, and by which engine."""

    repository: Annotated[str, AfterValidator(_repo_id)] | None = Field(
        default=None, description="The model repository: namespace/name."
    )
    revision: str | None = Field(
        default=None,
        min_length=1,
        description="A branch, tag or commit: deployed as the commit that it names when this text changes.",
    )
    follow: bool = Field(
        default=False, description="Whether a moved branch or tag is deployed too; else the plan tells of it."
    )
    task: str | None = Field(default=None, min_length=1, description="The task, such as text-generation.")
    framework: (
        Annotated[str, AfterValidator(_framework), Field(json_schema_extra={"enum": list(FRAMEWORKS)})] | None
    ) = Field(default=None, description="custom, pytorch or llamacpp; a new one has what its image needs.")
    image: Image | None = Field(default=None, description="The container image; default the service's own.")
    command: list[str] | None = Field(default=None, description="Replaces the container's entry point.")
    args: list[str] | None = Field(default=None, description="What is added to the entry point.")
    env: dict[str, Text] | None = Field(
        default=None, description="All environment variables that can be read back, by name."
    )
    secrets: Secrets | None = Field(
        default=None, description="All environment variables that nobody can read, by name, by reference."
    )


class Provider(Spec):
    """Where it runs. Another place is another endpoint: it is replaced."""

    vendor: str | None = Field(default=None, min_length=1, description="The cloud: aws, azure or gcp.")
    region: str | None = Field(default=None, min_length=1, description="Its region, such as us-east-1.")


Threshold = int | float | Literal["default"]


class Measure(Spec):
    """What the autoscaler goes by: one of the two."""

    hardware_usage: Threshold | None = Field(
        default=None, description="Percent of CPU or GPU in use; default: the service's own threshold."
    )
    pending_requests: Threshold | None = Field(
        default=None, description="Requests waiting for each replica; default: the service's own threshold."
    )

    @model_validator(mode="after")
    def _one(self) -> Measure:
        if len(self.model_fields_set) > 1:
            raise Complaint("hardwareUsage and pendingRequests at once", "keep one of the two")
        return self


class Scaling(Spec):
    """How many replicas there are."""

    min_replica: Count | None = Field(default=None, description="The fewest; 0 lets it scale to zero.")
    max_replica: Count | None = Field(default=None, description="The most.")
    scale_to_zero_timeout: (
        Annotated[int | str, AfterValidator(_minutes), Field(examples=[15, "15m", "1h"])] | None
    ) = Field(default=None, description="Idle minutes before it scales to zero, or 15m; needs minReplica 0.")
    measure: Measure | None = Field(default=None, description="What the autoscaler goes by.")

    @model_validator(mode="after")
    def _fits(self) -> Scaling:
        fewest, most = self.min_replica, self.max_replica
        if fewest is not None and most is not None and fewest > most:
            raise Complaint(f"minReplica {fewest} is more than maxReplica {most}", at=("minReplica",))
        return self


class Compute(Spec):
    """The hardware of each replica, one row of `hfops hardware --endpoint`, and how many there are."""

    accelerator: Literal["cpu", "gpu", "neuron", "zero_gpu"] | None = Field(
        default=None, description="The sort of hardware."
    )
    instance_type: str | None = Field(default=None, min_length=1, description="Such as nvidia-a10g.")
    instance_size: str | None = Field(default=None, min_length=1, description="Such as x1.")
    scaling: Scaling | None = Field(default=None, description="How many replicas.")


class Route(Spec):
    """An address of its own."""

    domain: str | None = Field(default=None, min_length=1, description="A domain of the namespace.")
    path: str | None = Field(default=None, pattern=r"^/", description="A path below it.")


class PrivateService(Spec):
    """AWS PrivateLink."""

    account_id: str = Field(min_length=1, description="The AWS account that may connect.")
    region: Literal["us-east-1", "eu-west-1"] | None = Field(
        default=None, description="Where the entry point is."
    )
    shared: bool | None = Field(default=None, description="Whether endpoints share one entry point.")


class CustomRouter(Spec):
    """A load balancer of one's own, a container beside each replica."""

    tag: str = Field(min_length=1, description="Its image.")
    env: dict[str, str] | None = Field(default=None, description="Its environment variables.")
    port: Annotated[int, Field(ge=1, le=65535)] | None = Field(
        default=None, description="The port it listens on; default 3000."
    )


class ExperimentalFeatures(Spec):
    """Switches that the service may change any day; those named are compared."""

    cache_http_responses: bool | None = Field(default=None, description="Cache answers for an hour.")
    kv_router: dict[str, Any] | None = Field(default=None, description="As the API takes it.")
    mcp_lb: Any = Field(default=None, description="As the API takes it.")
    skip_repo_download: bool | None = Field(default=None, description="Start without the model's files.")
    load_balancer: Any = Field(default=None, description="As the API takes it.")


class Wait(Spec):
    """How apply waits for it."""

    timeout: Duration = Field(default=TIMEOUT, description="Seconds, or 90s, 30m, 1h.")
    health: bool = Field(default=True, description="Whether it must answer on its health route, too.")
    on_timeout: Literal["leave", "pause"] = Field(
        default="leave", description="What becomes of one that is not ready in time."
    )
    settle: Duration = Field(
        default=SETTLE, description="For how long a state must stay to be believed right after an update."
    )


class EndpointSpec(Spec):
    """What can be said of an Inference Endpoint. A field that is absent is not managed."""

    model: Model | None = Field(default=None, description="What is served.")
    provider: Provider | None = Field(default=None, description="Where it runs.")
    compute: Compute | None = Field(default=None, description="What it runs on.")
    type: (
        Annotated[Literal["public", "authenticated", "private", "protected"], AfterValidator(_type)] | None
    ) = Field(
        default=None,
        description="Who may call it. A new one that names none is private; protected means authenticated.",
    )
    route: Route | Literal["none"] | None = Field(default=None, description="An address of its own, or none.")
    cache_http_responses: bool | None = Field(default=None, description="Whether answers are cached.")
    private_service: PrivateService | None = Field(default=None, description="AWS PrivateLink.")
    custom_router: CustomRouter | Literal["none"] | None = Field(
        default=None, description="A load balancer of one's own, or none."
    )
    experimental_features: ExperimentalFeatures | None = Field(
        default=None, description="Switches without a promise."
    )
    tags: list[str] | None = Field(default=None, description="All its tags; their order does not matter.")
    state: Literal["running", "paused", "scaledToZero"] | None = Field(
        default=None,
        description="running: up, or asleep where minReplica is 0; paused: stopped until somebody resumes it; "
        "scaledToZero: asleep until a request wakes it.",
    )
    wait: Wait | None = Field(default=None, description="How apply waits for it.")
