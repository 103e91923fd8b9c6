"""Request bodies: what must be in them to be taken. Unknown keys are let pass, wrong values are not."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from hfops.sandbox.card import LICENSES
from hfops.sandbox.manners import bad_request
from hfops.sandbox.repos import Kind

AnyCaseId = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{24}$")]
EnvKey = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z][_a-zA-Z0-9]*$")]
Visibility = Literal["public", "private", "protected"]
Email = Annotated[
    str,
    StringConstraints(
        pattern=r"^[A-Za-z0-9_'+\-.]*[A-Za-z0-9_+\-]@([A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$"
    ),
]
HARDWARE = [
    "cpu-basic",
    "cpu-upgrade",
    "cpu-xl",
    "cpu-performance",
    "zero-a10g",
    "zerogpu",
    "t4-small",
    "t4-medium",
    "l4x1",
    "l4x4",
    "l40sx1",
    "l40sx4",
    "l40sx8",
    "a10g-small",
    "a10g-large",
    "a10g-largex2",
    "a10g-largex4",
    "a100-large",
    "a100x4",
    "a100x8",
    "h200",
    "h200x2",
    "h200x4",
    "h200x8",
    "rtx-pro-6000",
    "rtx-pro-6000x2",
    "rtx-pro-6000x4",
    "rtx-pro-6000x8",
    "inf2x6",
    "sprx8",
]


class Body(BaseModel):
    """A JSON object in the API's camelCase; values are never cast."""

    model_config = ConfigDict(strict=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class FileIn(Body):
    """A file given inline."""

    path: str
    content: str
    encoding: Literal["utf-8", "base64"] = "utf-8"


class EnvIn(Body):
    """A secret or variable of a Space."""

    key: EnvKey
    value: str
    description: str | None = None


class VolumeIn(Body):
    """Something a Space mounts."""

    type: Literal["bucket", "model", "dataset", "space"]
    source: str
    mount_path: Annotated[str, StringConstraints(pattern="^/.*")]
    revision: str | None = None
    read_only: bool | None = None
    path: str | None = None


class RepoCreate(Body):
    """POST /api/repos/create."""

    name: str
    type: Literal["model", "dataset", "space"] = "model"
    organization: str | None = None
    private: bool | None = None
    visibility: Visibility | None = None
    resource_group_id: AnyCaseId | None = None
    region: Literal["us", "eu"] | None = None
    license: str | None = None
    license_name: str | None = Field(None, alias="license_name", pattern=r"^[a-z0-9-.]+$")
    license_link: str | None = Field(None, alias="license_link")
    files: list[FileIn] = []
    sdk: Literal["gradio", "docker", "static"] | None = None
    sdk_version: str | None = None
    template: str | None = None
    short_description: str | None = Field(None, alias="short_description", max_length=60)
    hardware: str | None = None
    secrets: list[EnvIn] = []
    variables: list[EnvIn] = []
    sleep_time_seconds: int | None = Field(None, ge=-1)
    volumes: list[VolumeIn] = []
    dev_mode_enabled: bool | None = None
    storage_tier: Literal["small", "medium", "large"] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> RepoCreate:
        if self.license is not None and self.license not in LICENSES:
            raise ValueError('"license" must be a known license id')
        if self.private is not None and self.visibility is not None:
            raise ValueError('"private" and "visibility" do not go together')
        if self.visibility == "protected" and self.type != "space":
            raise ValueError('"visibility" protected is for Spaces only')
        if self.type == "space":
            self._space()
        return self

    def _space(self) -> None:
        if self.sdk is None:
            raise ValueError('"sdk" is required: one of [gradio, docker, static]')
        if self.hardware is not None and self.hardware not in HARDWARE:
            raise ValueError(f'"hardware" must be one of [{", ".join(HARDWARE)}]')
        if self.hardware in ("zero-a10g", "zerogpu") and self.sdk != "gradio":
            raise ValueError(f'"hardware" {self.hardware} needs sdk gradio')
        if self.sleep_time_seconds == 0:
            raise ValueError('"sleepTimeSeconds" must be positive, or -1')


class RepoDelete(Body):
    """DELETE /api/repos/delete."""

    name: str
    organization: str | None = None
    type: Kind = Field(Kind.MODEL, strict=False)


class RepoMove(Body):
    """POST /api/repos/move."""

    from_repo: str
    to_repo: str
    type: Kind = Field(Kind.MODEL, strict=False)


class RepoSettings(Body):
    """PUT …/settings: only the keys that are sent change."""

    private: bool | None = None
    visibility: Visibility | None = None
    gated: Literal[False, "auto", "manual"] | None = None
    org_members_gated: bool | None = None
    gated_notifications_mode: Literal["bulk", "real-time"] | None = None
    gated_notifications_email: Email | None = None
    discussions_disabled: bool | None = None
    discussions_sorting: Literal["recently-created", "trending", "reactions"] | None = None

    @model_validator(mode="after")
    def _no_nulls(self) -> RepoSettings:
        nulls = [to_camel(name) for name in self.model_fields_set if getattr(self, name) is None]
        if nulls:
            raise ValueError(f'"{nulls[0]}" must not be null')
        return self


class BranchCreate(Body):
    """POST …/branch/{name}."""

    starting_point: str | None = None
    empty_branch: bool = False
    overwrite: bool = False


class TagCreate(Body):
    """POST …/tag/{rev}."""

    tag: str
    message: str | None = None


class SuperSquash(Body):
    """POST …/super-squash/{branch}."""

    message: str = Field("", max_length=500)


class PathsInfo(Body):
    """POST …/paths-info/{rev}, from JSON or from a form."""

    paths: list[str] | str
    expand: bool = False


class PreuploadFile(Body):
    """A file somebody wants to commit; ``sample`` is base64 of its first bytes."""

    path: str
    size: float
    sample: str


class Preupload(Body):
    """POST …/preupload/{rev}."""

    files: list[PreuploadFile] = Field(max_length=1000)
    git_ignore: str | None = None


class LargeObject(Body):
    """One object of an LFS batch."""

    oid: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    size: int = Field(ge=0)


class LargeBatch(BaseModel):
    """POST ….git/info/lfs/objects/batch; the LFS protocol's own spelling."""

    model_config = ConfigDict(strict=True, extra="ignore")

    operation: Literal["upload", "download"]
    objects: list[LargeObject]


class LargeDeletion(Body):
    """Which objects go; the ids are those of the list."""

    sha: list[str] = Field(min_length=1, max_length=1000)
    rewrite_history: bool = True


class LargeDelete(Body):
    """POST …/lfs-files/batch."""

    deletions: LargeDeletion


class GroupSet(Body):
    """POST …/resource-group; null takes the repository out of its group."""

    resource_group_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{24}$")] | None


class ValidateYaml(Body):
    """POST /api/validate-yaml."""

    content: str
    repo_type: Literal["model", "dataset", "space", "kernel"]


M = TypeVar("M", bound=BaseModel)


def parse_json(body: bytes) -> Any:
    """The JSON of a body, an empty object for none; 400 for anything else."""
    try:
        return json.loads(body) if body.strip() else {}
    except ValueError as error:
        raise bad_request(f"Invalid JSON: {error}") from None


def checked(model: type[M], data: Any) -> M:
    """``data`` as ``model``; 400 with what is wrong and where."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise bad_request("; ".join(_told(e["loc"], e["msg"]) for e in error.errors())) from None


def _told(loc: tuple[int | str, ...], message: str) -> str:
    where = ".".join(str(part) for part in loc)
    return f'"{where}": {message}' if where else message.removeprefix("Value error, ")
