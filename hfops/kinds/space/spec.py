"""The spec of a Space: all of a repository's fields, and what runs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from hfops.kinds.base import Spec
from hfops.kinds.repo.names import bad_id_part
from hfops.kinds.repo.spec import RepoSpec
from hfops.kinds.space.duration import Duration, DurationOrNever
from hfops.kinds.values import Secrets, Text
from hfops.manifest.strict import Complaint

SDKS = ("gradio", "docker", "static")
WAIT = 20 * 60
"""Seconds that apply waits for a Space to come up, unless the manifest says otherwise."""


def _sdk(text: str) -> str:
    if text == "streamlit":
        raise Complaint(
            "the Hub has had no sdk 'streamlit' since 2025-04-30",
            "use sdk: docker, with a Dockerfile that starts it",
        )
    if text not in SDKS:
        raise Complaint(f"unknown sdk {text!r}", f"one of {', '.join(SDKS)}")
    return text


def _repo_id(text: str) -> str:
    parts = text.split("/")
    if len(parts) != 2:
        raise Complaint(f"{text!r} is no namespace/name")
    for part in parts:
        why = bad_id_part(part)
        if why:
            raise Complaint(f"bad id {text!r}: {part!r} {why}")
    return text


def _mount(text: str) -> str:
    if not text.startswith("/"):
        raise Complaint(f"{text!r} is no absolute path", f"write /{text.removeprefix('./')}")
    if any(part in (".", "..") for part in text.split("/")) or "//" in text or text == "/":
        raise Complaint(f"{text!r} names no folder of its own", "write a path such as /data")
    return text.rstrip("/")


RepoId = Annotated[str, AfterValidator(_repo_id)]


class Volume(Spec):
    """A bucket or a repository that the app sees as a folder."""

    type: Literal["bucket", "model", "dataset", "space"] = Field(description="What is mounted.")
    source: RepoId = Field(description="Its id: namespace/name.")
    mount_path: Annotated[str, AfterValidator(_mount)] = Field(
        description="Where the app sees it: an absolute path, each used once."
    )
    read_only: bool | None = Field(
        default=None, description="Repositories are always read-only; buckets unless true are written to."
    )
    revision: str | None = Field(
        default=None, min_length=1, description="A branch, tag or commit, of repositories only; default main."
    )
    path: str | None = Field(
        default=None, min_length=1, description="A folder of the source, to mount only that."
    )


class Variable(Spec):
    """A variable with its description."""

    value: Text = Field(
        description="The value, or where to find it. Everybody who sees the Space can read it."
    )
    description: str | None = Field(default=None, description="What it is for; shown beside it.")


class Wait(Spec):
    """How long apply waits for the Space to come up."""

    timeout: Duration = Field(default=WAIT, description="Seconds, or 90s, 30m, 1h.")


class SpaceSpec(RepoSpec):
    """What can be said of a Space. A field that is absent is not managed."""

    visibility: Literal["public", "protected", "private"] | None = Field(  # type: ignore[assignment]  # one word more than other repositories have
        default=None,
        description="Who can see it; protected: the app is public, its files are not. A new one that names none is created private.",
    )
    sdk: Annotated[str, AfterValidator(_sdk), Field(json_schema_extra={"enum": list(SDKS)})] | None = Field(
        default=None, description="What it is built with; kept equal in the card."
    )
    duplicate_from: RepoId | None = Field(
        default=None, description="A Space to create this one as a copy of. Read only when it is created."
    )
    hardware: str | None = Field(
        default=None, min_length=1, description="The hardware's name, such as cpu-basic or t4-small."
    )
    sleep_time: DurationOrNever | None = Field(
        default=None, description="How long it may be idle before it sleeps: seconds, 30m, 1h, 2d, or never."
    )
    storage: Literal["small", "medium", "large", "none"] | None = Field(
        default=None, description="The former persistent storage. Withdrawn by the Hub: use volumes."
    )
    volumes: list[Volume] | None = Field(default=None, description="What is mounted, by mountPath.")
    variables: dict[str, Text | Variable] | None = Field(
        default=None, description="Environment variables that everybody can read, by name."
    )
    secrets: Secrets | None = Field(
        default=None, description="Environment variables that nobody can read, by name, by reference only."
    )
    state: Literal["running", "paused"] | None = Field(
        default=None,
        description="running: started again where it was paused; paused: stopped until somebody restarts it.",
    )
    dev_mode: bool | None = Field(default=None, description="Whether dev mode is on. Needs a paid plan.")
    wait: Wait | None = Field(default=None, description="How long apply waits until it runs.")
    exclusive: list[Literal["branches", "tags", "secrets", "variables", "volumes"]] | None = Field(  # type: ignore[assignment]  # more lists than other repositories have
        default=None, description="Lists of which the manifest is the whole truth: other entries are deleted."
    )


def said_sdk(spec: SpaceSpec) -> str | None:
    """The sdk that a manifest names, as a field or as a key of the card."""
    named = ((spec.card.metadata if spec.card else None) or {}).get("sdk")
    return spec.sdk or (named if isinstance(named, str) else None)
