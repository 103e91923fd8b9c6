"""How an endpoint's start or update goes wrong: on demand, by a word.

The word stands in the endpoint's own ``model.env`` (``SANDBOX_FAIL: oom``) or among its tags
(``sandbox-fail:oom``), or is given by whoever tests. A text that is none of the words is the error itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hfops.sandbox.endpoints.catalogue import row_of

ENV = "SANDBOX_FAIL"
TAG = "sandbox-fail:"


@dataclass(frozen=True, slots=True)
class Failure:
    """``error`` is what ``errorMessage`` says in the end; ``stuck`` the state that a start never leaves instead.

    ``updates_only`` leaves starts alone. The texts may name ``{image}``, ``{memory}`` (GB), ``{health}``, ``{hardware}``.
    """

    error: str
    log: tuple[str, ...] = ()
    stuck: str | None = None
    updates_only: bool = False

    def about(self, config: Mapping[str, Any]) -> Failure:
        """The failure with its texts filled in for an endpoint's configuration."""
        facts = _facts(config)
        lines = tuple(line.format(**facts) for line in self.log)
        return Failure(self.error.format(**facts), lines, self.stuck, self.updates_only)


WORDS: Mapping[str, Failure] = {
    "capacity": Failure("", ("No capacity for {hardware}: waiting until there is",), stuck="pending"),
    "imagepull": Failure(
        "Failed to pull image {image}", ("Pulling {image}", "Failed to pull {image}: manifest unknown")
    ),
    "oom": Failure("Memory limit exceeded ({memory}G)", ("Loading the model from /repository", "Killed")),
    "cuda": Failure("CUDA out of memory", ("torch.OutOfMemoryError: CUDA out of memory",)),
    "storage": Failure("Workload evicted, storage limit exceeded", ("No space left on device",)),
    "exit": Failure("Container exited", ("The container exited with code 1",)),
    "health": Failure("", ("Readiness probe: GET {health} answered 503",), stuck="initializing"),
    "updatefailed": Failure("Container exited", ("The container exited with code 1",), updates_only=True),
}
"""By the word without hyphens, underscores and capitals: ``imagePull`` and ``image-pull`` are one."""


def failure(word: str, config: Mapping[str, Any]) -> Failure:
    """What a word stands for, said of an endpoint's configuration."""
    known = WORDS.get(word.lower().replace("-", "").replace("_", ""))
    return known.about(config) if known else Failure(word, (word,))


def told_by(config: Mapping[str, Any]) -> str | None:
    """The word in an endpoint's own configuration."""
    if word := config["model"]["env"].get(ENV):
        return str(word)
    return next((tag.removeprefix(TAG) for tag in config["tags"] if tag.startswith(TAG)), None)


def _facts(config: Mapping[str, Any]) -> dict[str, Any]:
    variant, fields = next(iter(config["model"]["image"].items()))
    row = row_of(config)
    return {
        "image": fields.get("url", f"the {variant} image"),
        "memory": row.memory if row else 16.0,
        "health": health_route(config),
        "hardware": row.id if row else config["compute"]["instanceType"],
    }


def health_route(config: Mapping[str, Any]) -> str:
    """The path that is asked whether the endpoint is ready."""
    fields = next(iter(config["model"]["image"].values()))
    return str(fields.get("healthRoute") or "/health")
