"""The project file, ``hfops.yaml``: read, checked, and merged with one of its environments."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, PrivateAttr, field_validator

from hfops.manifest.bind import Complaint, bind
from hfops.manifest.document import Document, as_written
from hfops.manifest.files import PROJECT_FILE, absolute, read_text, shown_name
from hfops.manifest.settings import DEFAULT_LEDGER, UNNAMED, References, Safety, Settings
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

    name: str | None = Field(default=None, min_length=1)
    labels: Annotated[dict[str, str], _EMPTY] = Field(default_factory=dict)


class EnvironmentSpec(StrictModel):
    """What one environment has of its own; the rest is the project's."""

    namespace: str | None = None
    vars: Vars = Field(default_factory=dict)
    safety: Annotated[Safety, _EMPTY] = Field(default_factory=Safety)


class ProjectSpec(StrictModel):
    """The settings that hold for every environment."""

    namespace: str | None = None
    ledger: str = DEFAULT_LEDGER
    vars: Vars = Field(default_factory=dict)
    environments: Annotated[dict[str, Annotated[EnvironmentSpec, _EMPTY]], _EMPTY] = Field(
        default_factory=dict
    )
    prune: bool = False
    safety: Annotated[Safety, _EMPTY] = Field(default_factory=Safety)
    references: Annotated[References, _EMPTY] = Field(default_factory=References)
    unmanaged: Literal["report", "fail", "ignore"] = "report"
    ignore: Annotated[tuple[str, ...], _EMPTY_LIST] = ()
    policies: Annotated[tuple[Any, ...], _EMPTY_LIST] = ()

    @field_validator("ledger")
    @classmethod
    def _known_home(cls, value: str) -> str:
        if not _LEDGER.fullmatch(value):
            hint = "write hub://datasets/NAMESPACE/NAME or file://PATH"
            raise Complaint(f"not a ledger's address: {single(value)}", hint)
        return value


class Project(StrictModel):
    """``kind: Project``."""

    api_version: Literal["hfops/v1"]
    kind: Literal["Project"]
    metadata: Annotated[ProjectMetadata, _EMPTY] = Field(default_factory=ProjectMetadata)
    spec: Annotated[ProjectSpec, _EMPTY] = Field(default_factory=ProjectSpec)
    _document: Document | None = PrivateAttr(default=None)

    @property
    def document(self) -> Document | None:
        """Where it was read from, for marks; None for a project that was built in memory."""
        return self._document


def unenforced(project: Project) -> list[str]:
    """The guards that the file asks for and this version does not know, as the user wrote them."""
    spec = project.spec
    return [f"spec.{n}" for n in ("policies",) if n in spec.model_fields_set]


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
        policies=spec.policies,
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
