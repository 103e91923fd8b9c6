"""The spec of a webhook: the fields of its create and update calls, under the API's names."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from hfops.kinds.base import Spec
from hfops.kinds.values import SecretValue, Text
from hfops.kinds.webhook.jobspec import Job
from hfops.kinds.webhook.urls import BadUrl, parts
from hfops.kinds.webhook.watched import Watched
from hfops.manifest.strict import Complaint

DOMAINS = ("repo", "discussion")
"""All of them, which is what a new webhook gets that names none."""

TARGETS = {"url": "url", "job": "job", "job_source_id": "jobSourceId"}


def _url(value: Text) -> Text:
    if isinstance(value, str):
        try:
            parts(value)
        except BadUrl as error:
            raise Complaint(f"the URL {error}", "as in https://ci.acme.example/hooks/hf") from None
    return value


class WebhookSpec(Spec):
    """What can be said of a webhook. A field that is absent is not managed."""

    url: Annotated[Text, AfterValidator(_url)] | None = Field(
        default=None,
        description="Who is told, or where to find that. Of a URL that is written here, outputs show no query and no login.",
    )
    job: Job | None = Field(default=None, description="A job to run instead.")
    job_source_id: str | None = Field(
        default=None, min_length=1, description="The id of a job that is there, to run one like it instead."
    )
    watched: list[Watched] | None = Field(
        default=None, min_length=1, description="What is watched, all of it, in any order."
    )
    domains: list[Literal["repo", "discussion"]] | None = Field(
        default=None, min_length=1, description="What is told of it; a new one that names none is told all."
    )
    secret: SecretValue | None = Field(
        default=None,
        description="Sent along as X-Webhook-Secret, by which the receiver knows the Hub. ASCII only.",
    )
    enabled: bool | None = Field(
        default=None, description="Whether events are delivered; true also ends a suspension after failures."
    )
    id: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{24}$",
        description="Which of the user's webhooks it is, where that cannot be told otherwise.",
    )

    @model_validator(mode="after")
    def _one_target(self) -> WebhookSpec:
        given = [alias for name, alias in TARGETS.items() if getattr(self, name) is not None]
        if len(given) > 1:
            raise Complaint(f"{' and '.join(given)} at once", "keep one of them", (given[1],))
        return self

    @model_validator(mode="after")
    def _each_once(self) -> WebhookSpec:
        first: dict[tuple[str, str], int] = {}
        for index, item in enumerate(self.watched or ()):
            if first.setdefault(item.place, index) != index:
                raise Complaint(f"{item.type} {item.name} is watched twice", at=("watched", index))
        for index, domain in enumerate(self.domains or ()):
            if domain in (self.domains or ())[:index]:
                raise Complaint(f"{domain} stands here twice", at=("domains", index))
        return self
