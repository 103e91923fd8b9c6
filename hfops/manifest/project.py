"""The project file, ``hfops.yaml``: read, checked, and merged with one of its environments."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, PrivateAttr, field_validator

from hfops.manifest.bind import Complaint, bind
from hfops.manifest.document import Document, as_written
from hfops.manifest.files import PROJECT_FILE, absolute, read_text, shown_name
from hfops.manifest.policies import PolicyEntry, PolicyRule, PolicyUse, refuse_twice
from hfops.manifest.settings import DEFAULT_LEDGER, UNNAMED, Placed, References, Safety, Settings
from hfops.manifest.strict import StrictModel, none_as
from hfops.manifest.text import clip, did_you_mean, one_of, single
from hfops.manifest.yaml import parse
from hfops.model.problem import Problem, Problems
from hfops.model.source import Mark

_Item = TypeVar("_Item", bound=StrictModel)
_EMPTY = BeforeValidator(none_as(dict))
_EMPTY_LIST = BeforeValidator(none_as(list))
Vars = Annotated[dict[str, Any], _EMPTY]

_LEDGER = re.compile(r"hub://datasets/[^/\s]+/[^/\s]+(/[^\s]*)?|file://[^\s].*")


class ProjectMetadata(StrictModel):
    """The project's name: what the ledger files its resources under."""

    name: str | None = Field(
        default=None, min_length=1, description="What the ledger files its resources under; default project."
    )
    labels: Annotated[dict[str, str], _EMPTY] = Field(
        default_factory=dict, description="Words for whoever reads the file."
    )


class EnvironmentSpec(StrictModel):
    """What one environment has of its own; the rest is the project's."""

    namespace: str | None = Field(
        default=None, description="The namespace of names written without one, in this environment."
    )
    vars: Vars = Field(default_factory=dict, description="Its variables, over the project's, key by key.")
    safety: Annotated[Safety, _EMPTY] = Field(
        default_factory=Safety, description="Its limits, over the project's, key by key."
    )


class ProjectSpec(StrictModel):
    """The settings that hold for every environment."""

    namespace: str | None = Field(default=None, description="The namespace of names written without one.")
    ledger: str = Field(
        default=DEFAULT_LEDGER,
        description="Where the ledger lives: hub://datasets/NAMESPACE/NAME (a private dataset) or file://PATH.",
    )
    vars: Vars = Field(
        default_factory=dict,
        description="Variables of templates and forEach; --var and --var-file override them.",
    )
    environments: Annotated[dict[str, Annotated[EnvironmentSpec, _EMPTY]], _EMPTY] = Field(
        default_factory=dict, description="Environments by name; where there are some, --env chooses one."
    )
    prune: bool = Field(
        default=False, description="Whether what this project created and its manifests dropped is deleted."
    )
    safety: Annotated[Safety, _EMPTY] = Field(default_factory=Safety, description="Limits on one apply.")
    references: Annotated[References, _EMPTY] = Field(
        default_factory=References, description="What may be read from this machine outside secret fields."
    )
    unmanaged: Literal["report", "fail", "ignore"] = Field(
        default="report",
        description="What live resources that no manifest describes are: told of, a refusal, or nothing.",
    )
    ignore: Annotated[tuple[str, ...], _EMPTY_LIST] = Field(
        default=(), description="Globs of files and folders that hold no manifests, from the root."
    )
    policies: Annotated[tuple[PolicyEntry, ...], _EMPTY_LIST] = Field(
        default=(), description="Rules that plans must keep, and the shipped sets in use."
    )

    @field_validator("policies")
    @classmethod
    def _named_once(cls, value: tuple[PolicyRule | PolicyUse, ...]) -> tuple[PolicyRule | PolicyUse, ...]:
        refuse_twice(value)
        return value

    @field_validator("ledger")
    @classmethod
    def _known_home(cls, value: str) -> str:
        if not _LEDGER.fullmatch(value):
            hint = "write hub://datasets/NAMESPACE/NAME or file://PATH"
            raise Complaint(f"not a ledger's address: {single(value)}", hint)
        return value


class Project(StrictModel):
    """What holds for all manifests of a project: hfops.yaml at its root."""

    api_version: Literal["hfops/v1"] = Field(description="The version of this form: hfops/v1.")
    kind: Literal["Project"] = Field(description="Project.")
    metadata: Annotated[ProjectMetadata, _EMPTY] = Field(
        default_factory=ProjectMetadata, description="The project's name."
    )
    spec: Annotated[ProjectSpec, _EMPTY] = Field(default_factory=ProjectSpec, description="Its settings.")
    _document: Document | None = PrivateAttr(default=None)

    @property
    def document(self) -> Document | None:
        """Where it was read from, for marks; None for a project that was built in memory."""
        return self._document


def load_project(root: Path) -> Project | None:
    """The project file of ``root``, or None where there is none. Raises Problems, all at once."""
    path = absolute(root) / PROJECT_FILE
    if not path.exists():
        return None
    document = _only_document(path, shown_name(path, root))
    project = bind(Project, document, data=_vars_as_written(document))
    if isinstance(project, list):
        raise Problems(project)
    project._document = document  # noqa: SLF001 - its own class's, set once, here
    return project


def effective(project: Project | None, env: str | None) -> Settings:
    """The settings for one run. Raises Problems."""
    if project is None:
        if env is not None:
            raise Problems([_no_environments(env, None)])
        return Settings()
    spec, chosen = project.spec, _environment(project, env)
    return Settings(
        namespace=chosen.namespace or spec.namespace,
        ledger=spec.ledger,
        vars={**spec.vars, **chosen.vars},
        prune=spec.prune,
        safety=_overlaid(spec.safety, chosen.safety),
        ignore=spec.ignore,
        unmanaged=spec.unmanaged,
        references=spec.references,
        name=project.metadata.name or UNNAMED,
        environment=env,
        policies=_placed(project),
    )


def _placed(project: Project) -> tuple[Placed, ...]:
    document = project.document
    return tuple(
        Placed(entry, document.mark(("spec", "policies", i)) if document else None)
        for i, entry in enumerate(project.spec.policies)
    )


def _only_document(path: Path, shown: str) -> Document:
    text = read_text(path, shown)
    if isinstance(text, Problem):
        raise Problems([text])
    documents, problems = parse(text, shown)
    if not documents and not problems:
        problems = [
            Problem(
                "the project file is empty", Mark(shown), hint="it begins with apiVersion and kind: Project"
            )
        ]
    problems += [d.problem("the project file holds one document only") for d in documents[1:]]
    if problems:
        raise Problems(problems)
    first = documents[0]
    return Document(shown, first.index, first.data, first.marks, first.key_marks, first.raw, path)


def _vars_as_written(document: Document) -> dict[str, Any]:
    """The data, with ``vars`` that print as they were written: ``1.10`` stays 1.10."""
    data, spec = document.data, document.data.get("spec")
    if not isinstance(spec, dict):
        return data
    spec = dict(spec)
    if "vars" in spec:
        spec["vars"] = as_written(document, ("spec", "vars"))
    if isinstance(named := spec.get("environments"), dict):
        spec["environments"] = {
            name: {**own, "vars": as_written(document, ("spec", "environments", name, "vars"))}
            if isinstance(own, dict) and "vars" in own
            else own
            for name, own in named.items()
        }
    return {**data, "spec": spec}


def _environment(project: Project, env: str | None) -> EnvironmentSpec:
    declared = project.spec.environments
    if env is None and not declared:
        return EnvironmentSpec()
    if env is None:
        where = project.document.mark(("spec", "environments")) if project.document else None
        hint = f"add --env {one_of(declared)}"
        raise Problems([Problem("this project has environments, and none was chosen", where, hint=hint)])
    if not declared:
        raise Problems([_no_environments(env, project.document)])
    if env not in declared:
        where = project.document.mark(("spec", "environments")) if project.document else None
        near = did_you_mean(env, declared, else_list="declared")
        raise Problems([Problem(f"--env: unknown environment {single(env)}", where, hint=near)])
    return declared[env]


def _no_environments(env: str, document: Document | None) -> Problem:
    where = document.mark(("spec",)) if document else None
    message = f"--env {clip(env)}: this project declares no environments"
    return Problem(
        message, where, hint="declare them under spec.environments in hfops.yaml, or leave --env out"
    )


def _overlaid(base: _Item, over: _Item) -> _Item:
    """``base`` with the fields that ``over`` was given."""
    return base.model_copy(update={name: getattr(over, name) for name in over.model_fields_set})
