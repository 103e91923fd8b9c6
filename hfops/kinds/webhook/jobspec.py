"""The spec of a job that a webhook runs: the fields of the Hub's job spec."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from hfops.kinds.base import Spec
from hfops.kinds.repo.names import bad_repo_id
from hfops.kinds.values import Secrets
from hfops.manifest.strict import Complaint

_VARIABLE = re.compile(r"[a-zA-Z][_a-zA-Z0-9]+")
_SECRET = re.compile(r"[a-zA-Z][_a-zA-Z0-9]*")
_LABEL = re.compile(r"[a-zA-Z0-9._-]{1,100}")
_LABEL_VALUE = re.compile(r"[a-zA-Z0-9._-]{0,100}")
_Word = Annotated[str, Field(min_length=1)]
_Port = Annotated[int, Field(ge=1, le=65535)]


def _repo_id(text: str) -> str:
    why = bad_repo_id(text)
    if why:
        raise Complaint(f"bad repository id {text!r}: {why}")
    return text


class JobVolume(Spec):
    """Something mounted into the job's container."""

    type: Literal["bucket", "model", "dataset", "space"] = Field(description="What is mounted.")
    source: Annotated[str, AfterValidator(_repo_id)] = Field(description="namespace/name of what is mounted.")
    mount_path: str = Field(pattern=r"^/", description="Where the job sees it: an absolute path.")
    revision: str | None = Field(default=None, min_length=1, description="Of repositories; default main.")
    read_only: bool | None = Field(default=None, description="Buckets only; repositories always are.")
    path: str | None = Field(default=None, min_length=1, description="A folder of the source.")


class JobExpose(Spec):
    """Ports that can be reached from outside."""

    ports: list[_Port] = Field(description="Ports that are reached with a token.")
    ports_public: list[_Port] = Field(description="Those of them that anybody reaches.")

    @model_validator(mode="after")
    def _part_of_ports(self) -> JobExpose:
        missing = [port for port in self.ports_public if port not in self.ports]
        if missing:
            raise Complaint(f"port {missing[0]} is not among ports", "name it there too", ("portsPublic",))
        return self


class JobSsh(Spec):
    """Whether one can log in."""

    enabled: bool = Field(description="Whether one can log in by SSH.")


class JobNetwork(Spec):
    """A network that several jobs share."""

    group: _Word = Field(description="The network's name.")
    aliases: list[_Word] | None = Field(default=None, description="Names of this job in it.")


class Job(Spec):
    """A job that is run at each event, which it finds in WEBHOOK_PAYLOAD and its like."""

    docker_image: _Word | None = Field(default=None, description="The container image, or spaceId.")
    space_id: Annotated[str, AfterValidator(_repo_id)] | None = Field(
        default=None, description="A Space whose image is run."
    )
    command: list[_Word] | None = Field(default=None, min_length=1, description="What is run.")
    arguments: list[str] | None = Field(default=None, description="What the command is given.")
    environment: dict[str, str] | None = Field(
        default=None, description="Variables that can be read back; names have two characters or more."
    )
    secrets: Secrets | None = Field(default=None, description="Variables that nobody can read, by reference.")
    flavor: _Word = Field(description="The hardware, such as cpu-basic.")
    arch: Literal["amd64", "arm64"] | None = Field(default=None, description="The processor.")
    timeout_seconds: Annotated[int, Field(gt=0, le=2**53 - 1)] | None = Field(
        default=None, description="Seconds until it is ended."
    )
    attempts: Annotated[int, Field(ge=1)] | None = Field(default=None, description="How often it is tried.")
    labels: dict[str, str] | None = Field(default=None, description="Words to find its runs by.")
    volumes: list[JobVolume] | None = Field(default=None, min_length=1, description="What is mounted.")
    expose: JobExpose | None = Field(default=None, description="Ports that can be reached.")
    ssh: JobSsh | None = Field(default=None, description="Whether one can log in.")
    network: JobNetwork | None = Field(default=None, description="A network that jobs share.")
    resource_group_id: _Word | None = Field(default=None, description="The resource group that pays, by id.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Job:
        if self.docker_image is not None and self.space_id is not None:
            raise Complaint("dockerImage and spaceId at once", "keep one of the two", ("spaceId",))
        if self.docker_image is None and self.space_id is None:
            raise Complaint("says neither what is run nor where from", "name dockerImage or spaceId")
        for field, names, form, hint in (
            ("environment", self.environment, _VARIABLE, "a letter, then letters, digits and _: two or more"),
            ("secrets", self.secrets, _SECRET, "a letter, then letters, digits and _"),
            ("labels", self.labels, _LABEL, "up to 100 letters, digits, '.', '_' and '-'"),
        ):
            for name in names or ():
                if not form.fullmatch(name):
                    raise Complaint(f"bad name {name!r}", hint, (field, name))
        for name, value in (self.labels or {}).items():
            if not _LABEL_VALUE.fullmatch(value):
                hint = "up to 100 letters, digits, '.', '_' and '-'"
                raise Complaint(f"bad value {value!r}", hint, ("labels", name))
        return self
